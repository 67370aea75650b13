//! Text brought to one form, so that two spellings of the same thing become the same letters.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest text looked at, in characters. A longer field is cut: nothing that tells people apart stands beyond it,
/// and the cost of one comparison stays bounded.
pub const MAX_CHARS: usize = 120;

/// Lower case, without accents, words separated by single spaces. The German and Nordic `ae`, `oe`, `ue` become the
/// plain vowel, so that "Groettner", "Gröttner" and "Grottner" agree. Apostrophes vanish ("O'Neil" is "oneil").
pub fn words(text: &str) -> String {
    let mut folded = String::with_capacity(text.len().min(MAX_CHARS * 2));
    let mut gap = false;
    for letter in text.chars().take(MAX_CHARS) {
        if letter.is_ascii() {
            push(&mut folded, &mut gap, letter);
        } else {
            for part in std::iter::once(letter).nfkd() {
                spell(&mut folded, &mut gap, part);
            }
        }
    }
    folded
}

/// Lower-case ASCII letters and digits only, accents folded: for what is compared as one run, such as a postcode.
pub fn run(text: &str) -> String {
    words(text).chars().filter(|letter| *letter != ' ').collect()
}

fn spell(folded: &mut String, gap: &mut bool, letter: char) {
    if is_combining_mark(letter) || matches!(letter, '’' | 'ʼ' | '‘' | '´') {
        return;
    }
    match transliterate(letter) {
        Some(spelling) => spelling.chars().for_each(|plain| push(folded, gap, plain)),
        None => letter
            .to_lowercase()
            .filter(|part| !is_combining_mark(*part))
            .for_each(|part| push(folded, gap, part)),
    }
}

fn push(folded: &mut String, gap: &mut bool, letter: char) {
    if matches!(letter, '\'' | '`') {
        return;
    }
    if !letter.is_alphanumeric() {
        *gap = true;
        return;
    }
    if *gap && !folded.is_empty() {
        folded.push(' ');
    }
    let letter = letter.to_ascii_lowercase();
    let umlaut = letter == 'e' && !*gap && matches!(folded.as_bytes().last(), Some(b'a' | b'o' | b'u'));
    *gap = false;
    if !umlaut {
        folded.push(letter);
    }
}

/// Letters that Unicode does not decompose, and the Cyrillic and Greek alphabets, in the Latin spelling that their
/// owners' mailboxes use.
fn transliterate(letter: char) -> Option<&'static str> {
    let lower = letter.to_lowercase().next()?;
    Some(match lower {
        'ß' => "ss",
        'ø' | 'œ' => "o",
        'æ' => "a",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        'а' | 'α' => "a",
        'б' => "b",
        'в' | 'β' => "v",
        'г' | 'γ' => "g",
        'д' | 'δ' => "d",
        'е' | 'э' | 'ё' | 'є' | 'ε' => "e",
        'ж' => "zh",
        'з' | 'ζ' => "z",
        'и' | 'й' | 'і' | 'ї' | 'ι' | 'η' => "i",
        'к' | 'κ' => "k",
        'л' | 'λ' => "l",
        'м' | 'μ' => "m",
        'н' | 'ν' => "n",
        'о' | 'ο' | 'ω' => "o",
        'п' | 'π' => "p",
        'р' | 'ρ' => "r",
        'с' | 'σ' | 'ς' => "s",
        'т' | 'τ' => "t",
        'у' | 'υ' => "u",
        'ф' | 'φ' => "f",
        'х' | 'χ' => "h",
        'ц' => "ts",
        'ч' => "ch",
        'ш' | 'щ' => "sh",
        'ъ' | 'ь' => "",
        'ы' => "y",
        'ю' => "yu",
        'я' => "ya",
        'θ' => "th",
        'ξ' => "x",
        'ψ' => "ps",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(one: &str, other: &str) {
        assert_eq!(words(one), words(other));
    }

    #[test]
    fn spellings_of_one_name_become_the_same_letters() {
        same("Gröttner", "Groettner");
        same("GRÖTTNER", "grottner");
        same("Ørsted", "Oersted");
        same("Przemysław", "PRZEMYSLAW");
        same("O'Neil", "O’Neil");
        same("Weiß", "WEISS");
        same("  van\u{a0}der   Berg ", "Van-der-Berg");
        same("Иван Петров", "Ivan Petrov");
        same("Jose\u{301}", "José");
    }

    #[test]
    fn other_alphabets_are_kept() {
        assert_eq!(words("山田 太郎"), "山田 太郎");
        assert_eq!(words("سارة"), "سارة");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(words(&"x".repeat(10_000)).len(), MAX_CHARS);
        assert!(
            words(&"\u{fdfa}".repeat(10_000)).len() < 40 * MAX_CHARS,
            "a ligature unfolds, the result stays bounded"
        );
    }

    #[test]
    fn a_run_has_no_gaps() {
        assert_eq!(run("N19 4DD"), "n194dd");
    }
}

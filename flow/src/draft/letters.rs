//! Comparing words as a reader would: without regard to case, accents and small slips.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Appends `word` to `out` in lower case and without accents: `Żółć` becomes `zolc`, `Straße` becomes `strasse`.
pub(super) fn fold_into(word: &str, out: &mut String) {
    if word.is_ascii() {
        out.extend(word.bytes().map(|b| char::from(b.to_ascii_lowercase())));
        return;
    }
    for c in word.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => out.push_str("ss"),
            'ł' => out.push('l'),
            'ø' => out.push('o'),
            'đ' | 'ð' => out.push('d'),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ı' => out.push('i'),
            '’' | '‘' | 'ʼ' => out.push('\''),
            // Lower-casing `İ` leaves a dot above behind.
            c if is_combining_mark(c) => {}
            c => out.push(c),
        }
    }
}

/// `word` in lower case and without accents.
pub(super) fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    fold_into(word, &mut out);
    out
}

/// The number of letters to insert, drop, change or swap with their neighbour to turn `a` into `b` (optimal string
/// alignment), or `None` when it takes more than `limit`.
pub(super) fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut row: Vec<usize> = vec![0; b.len() + 1];
    for i in 1..=a.len() {
        row[0] = i;
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        if row.iter().min().is_some_and(|least| *least > limit) {
            return None;
        }
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last.last().copied().filter(|d| *d <= limit)
}

/// The known word nearest to `word`, when near enough that it was probably meant: at most a third of its letters off.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .filter_map(|candidate| distance(word, candidate, limit).map(|d| (d, candidate)))
        .min_by_key(|(d, _)| *d)
        .map(|(_, candidate)| candidate)
}

/// Characters that a reader does not see or that change the order of what they see: controls other than line
/// break and tab, zero-width and bidirectional marks, tags, fillers.
pub(super) fn is_hidden(c: char) -> bool {
    if c < '\u{7F}' {
        return c < ' ' && c != '\n' && c != '\t' && c != '\r';
    }
    matches!(c,
        '\u{7F}'..='\u{9F}' | '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// `text` as one line: line breaks, tabs and runs of spaces become one space, hidden characters go. What comes out
/// cannot start a further mail header.
pub(super) fn one_line(text: &str, limit_chars: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit_chars * 4));
    let mut chars = 0;
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            space = !out.is_empty();
            continue;
        }
        if is_hidden(c) {
            continue;
        }
        let needed = 1 + usize::from(space);
        if chars + needed > limit_chars {
            break;
        }
        if std::mem::take(&mut space) {
            out.push(' ');
        }
        out.push(c);
        chars += needed;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_compare_without_case_and_accents() {
        for (word, folded) in [
            ("Żółć", "zolc"),
            ("Straße", "strasse"),
            ("GARANTÍA", "garantia"),
            ("İstanbul", "istanbul"),
            ("Œuvre", "oeuvre"),
            ("l’offre", "l'offre"),
        ] {
            assert_eq!(fold(word), folded);
        }
    }

    #[test]
    fn distance_counts_a_swap_as_one_and_stops_at_the_limit() {
        assert_eq!(distance("recieve", "receive", 2), Some(1));
        assert_eq!(distance("meier", "meyer", 1), Some(1));
        assert_eq!(distance("", "ab", 2), Some(2));
        assert_eq!(distance("kitten", "sitting", 2), None);
        assert_eq!(distance("kitten", "sitting", 3), Some(3));
    }

    #[test]
    fn one_line_leaves_nothing_to_start_a_header_with() {
        assert_eq!(one_line(" a\r\nBcc: x@y\u{200B}\u{2028}z\t\t b ", 99), "a Bcc: x@y z b");
        assert_eq!(one_line("äöü äöü", 5), "äöü ä");
    }
}

//! A person's name in parts: given names, family name, and what must be kept apart because its conflict tells two
//! people apart (middle initial, generational suffix).

use super::fold;
use super::nicknames::{self, Roots};

/// Father or son: the part after the name. Two different ones are two people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Generation {
    /// "Sr", "Senior".
    Senior,
    /// "Jr", "Junior", and "II": the two are used for the same son.
    Junior,
    /// "III".
    Third,
    /// "IV".
    Fourth,
}

/// A person's name, folded (see [`super::fold`]) and in parts. Empty parts were not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonName {
    /// Given names, separated by spaces, without titles and middle initials; may be a single initial.
    pub given: Box<str>,
    /// The family name with its particles ("van der berg"), without titles and suffixes.
    pub family: Box<str>,
    /// The first letter of a middle name, when one was given as an initial or as a name of its own.
    pub middle: Option<char>,
    /// "Jr", "Sr" and the like.
    pub generation: Option<Generation>,
    /// The families of nicknames that the first given name belongs to.
    pub roots: Roots,
}

/// A name as it was written, in as many parts as the source had. Absent parts are empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct RawName<'a> {
    /// The whole name in one field.
    pub full: &'a str,
    /// Given name or names.
    pub given: &'a str,
    /// Middle name or initial.
    pub middle: &'a str,
    /// Family name.
    pub family: &'a str,
}

const TITLES: [&str; 40] = [
    "dr",
    "drs",
    "prof",
    "professor",
    "doctor",
    "doktor",
    "mr",
    "mrs",
    "ms",
    "miss",
    "mister",
    "sir",
    "dame",
    "lord",
    "lady",
    "herr",
    "frau",
    "hr",
    "fr",
    "ing",
    "dipl",
    "mag",
    "mgr",
    "inz",
    "ir",
    "mme",
    "mlle",
    "monsieur",
    "madame",
    "sr",
    "sra",
    "srta",
    "sig",
    "dott",
    "dottore",
    "dhr",
    "mevr",
    "rev",
    "phd",
    "mba",
];

const PARTICLES: [&str; 42] = [
    "van", "von", "de", "der", "den", "del", "della", "di", "da", "do", "dos", "das", "du", "des", "la",
    "le", "les", "lo", "ten", "ter", "te", "op", "zu", "zum", "zur", "vom", "af", "av", "bin", "ibn",
    "binti", "al", "el", "abu", "mac", "st", "saint", "san", "santa", "y", "t", "het",
];

impl PersonName {
    /// Takes a name apart. One field with the whole name is split at its comma ("Hughes, Paige"), else before the
    /// family name's first particle or at its last word.
    pub fn read(raw: RawName<'_>) -> PersonName {
        let mut name = PersonName::default();
        let (given, family) = if raw.given.is_empty() && raw.family.is_empty() {
            split_full(raw.full)
        } else {
            (fold::words(raw.given), fold::words(raw.family))
        };
        let family = name.strip_family(&family);
        let given = name.strip_given(&given, !family.is_empty());
        if let Some(letter) = fold::words(raw.middle).chars().next() {
            name.middle = Some(letter);
        }
        name.roots = nicknames::roots(first_word(&given));
        name.given = given.into();
        name.family = family.into();
        name
    }

    /// Nothing was said about the name.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty() && self.family.is_empty()
    }

    /// The given name is only its first letter.
    pub fn is_initial(&self) -> bool {
        self.given.chars().count() == 1
    }

    /// Removes titles and the generational suffix from a family name, and remembers the latter. "Sr" is a title before
    /// a name (Spanish "señor") and a suffix after it.
    fn strip_family(&mut self, family: &str) -> String {
        let mut words: Vec<&str> = family.split(' ').filter(|word| !word.is_empty()).collect();
        while words.len() > 1 {
            let Some(generation) = words.last().copied().and_then(generation) else { break };
            self.generation = Some(generation);
            words.pop();
        }
        while words.len() > 1 && words.first().is_some_and(|word| TITLES.contains(word)) {
            words.remove(0);
        }
        words.join(" ")
    }

    /// Removes titles and middle initials from given names. A single letter stays when it is all there is.
    fn strip_given(&mut self, given: &str, family_known: bool) -> String {
        let mut words: Vec<&str> = given.split(' ').filter(|word| !word.is_empty()).collect();
        while words.len() > 1 && words.first().is_some_and(|word| TITLES.contains(word)) {
            words.remove(0);
        }
        if words.len() > 1
            && self.generation.is_none()
            && let Some(generation) = words.last().copied().and_then(generation)
        {
            self.generation = Some(generation);
            words.pop();
        }
        if words.len() == 1 && !family_known {
            return words.concat();
        }
        let mut kept: Vec<&str> = Vec::with_capacity(words.len());
        for (place, word) in words.iter().enumerate() {
            if place > 0 && word.chars().count() == 1 {
                self.middle = self.middle.or(word.chars().next());
            } else {
                kept.push(word);
            }
        }
        kept.join(" ")
    }
}

/// The first of several words.
pub fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

/// The family name without particles: "van der berg" is "berg". All of it when it is nothing but particles.
pub fn family_core(family: &str) -> &str {
    let mut core = family;
    while let Some((head, rest)) = core.split_once(' ') {
        if !PARTICLES.contains(&head) {
            break;
        }
        core = rest;
    }
    core
}

fn generation(word: &str) -> Option<Generation> {
    Some(match word {
        "sr" | "senior" | "sen" => Generation::Senior,
        "jr" | "junior" | "jun" | "jnr" | "ii" | "2nd" => Generation::Junior,
        "iii" | "3rd" => Generation::Third,
        "iv" | "4th" => Generation::Fourth,
        _ => return None,
    })
}

/// A whole name in two: given and family, folded.
fn split_full(full: &str) -> (String, String) {
    if let Some((family, given)) = full.split_once(',') {
        let (family, given) = (fold::words(family), fold::words(given));
        if generation(&given).is_some() {
            let (front, back) = split_words(&family);
            return (front, format!("{back} {given}"));
        }
        return (given, family);
    }
    split_words(&fold::words(full))
}

fn split_words(name: &str) -> (String, String) {
    let words: Vec<&str> = name.split(' ').filter(|word| !word.is_empty()).collect();
    if words.len() < 2 {
        return (String::new(), words.concat());
    }
    let mut last = words.len() - 1;
    while last > 1 && generation(words[last]).is_some() {
        last -= 1;
    }
    let particle = (1..last).find(|place| PARTICLES.contains(&words[*place]));
    let start = particle.unwrap_or(last);
    (words[..start].join(" "), words[start..].join(" "))
}

/// How a name sounds, in any European language: consonants by class, doubled ones once, vowels dropped except that a
/// leading vowel leaves a mark. At most eight classes; zero for no letters at all. Letters outside a to z stand for
/// themselves.
pub fn sound(word: &str) -> u64 {
    const CLASSES: usize = 8;
    let mut sound: u64 = 0;
    let mut count = 0;
    let mut last = 0u64;
    let letters = word.as_bytes();
    for (place, letter) in letters.iter().enumerate() {
        let next = letters.get(place + 1).copied();
        let class: u64 = match letter {
            b'b' => 1,
            b'p' if next == Some(b'h') => 2,
            b'p' => 1,
            b'f' | b'v' | b'w' => 2,
            b'c' if matches!(next, Some(b'e' | b'i' | b'y' | b'h')) => 3,
            b's' | b'z' | b'x' => 3,
            b'c' | b'k' | b'q' | b'g' => 4,
            b'd' | b't' => 5,
            b'l' => 6,
            b'm' => 7,
            b'n' => 8,
            b'r' => 9,
            b'a' | b'e' | b'i' | b'o' | b'u' | b'y' | b'j' if place == 0 => 10,
            b'a' | b'e' | b'i' | b'o' | b'u' | b'y' | b'j' | b'h' | b' ' => {
                last = 0;
                continue;
            }
            b'0'..=b'9' => 11,
            other => 12 + u64::from(*other & 3),
        };
        if class == last {
            continue;
        }
        last = class;
        sound = sound << 4 | class;
        count += 1;
        if count == CLASSES {
            break;
        }
    }
    sound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn parts(given: &str, family: &str) -> (String, String, Option<char>, Option<Generation>) {
        let name = PersonName::read(RawName { given, family, ..RawName::default() });
        (name.given.into(), name.family.into(), name.middle, name.generation)
    }

    #[track_caller]
    fn whole(full: &str) -> (String, String) {
        let name = PersonName::read(RawName { full, ..RawName::default() });
        (name.given.into(), name.family.into())
    }

    fn pair(given: &str, family: &str) -> (String, String) {
        (given.to_owned(), family.to_owned())
    }

    #[test]
    fn titles_suffixes_and_middle_initials_are_set_apart() {
        assert_eq!(parts("Wendy z.", "Dr. Mccarthy"), ("wendy".into(), "mccarthy".into(), Some('z'), None));
        assert_eq!(
            parts("Jessica", "Dr. Doyle Jr"),
            ("jessica".into(), "doyle".into(), None, Some(Generation::Junior))
        );
        assert_eq!(parts("I.", "Kronenberg"), ("i".into(), "kronenberg".into(), None, None));
        assert_eq!(parts("Prof. Dr. Élodie", "Benoît"), ("elodie".into(), "benoit".into(), None, None));
        assert_eq!(
            parts("Miss", "Li"),
            ("miss".into(), "li".into(), None, None),
            "a lone title word is a name"
        );
    }

    #[test]
    fn a_whole_name_is_split_where_the_family_name_begins() {
        assert_eq!(whole("Ludwig van Beethoven"), pair("ludwig", "van beethoven"));
        assert_eq!(whole("Hughes, Paige"), pair("paige", "hughes"));
        assert_eq!(whole("John Smith, Jr."), pair("john", "smith"));
        assert_eq!(whole("Maria Teresa Rossi"), pair("maria teresa", "rossi"));
        assert_eq!(whole("Madonna"), pair("", "madonna"));
        assert_eq!(whole(""), pair("", ""));
        assert_eq!(whole("山田 太郎"), pair("山田", "太郎"));
    }

    #[test]
    fn the_core_of_a_family_name_has_no_particles() {
        assert_eq!(family_core("van der zijl"), "zijl");
        assert_eq!(family_core("van"), "van");
        assert_eq!(family_core("garcia lopez"), "garcia lopez");
    }

    #[test]
    fn names_that_sound_alike_have_one_sound() {
        for (one, other) in
            [("huges", "hughes"), ("meyer", "maier"), ("schmidt", "schmit"), ("philipp", "filip")]
        {
            assert_eq!(sound(one), sound(other), "{one} {other}");
        }
        assert_ne!(sound("smith"), sound("miller"));
    }
}

//! Addresses: house number, street without its kind, postcode core.

use super::fold;

/// A street address in parts, folded. Empty parts were not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Street {
    /// The street's name with its kind ("ave", "strasse") in one spelling.
    pub name: Box<str>,
    /// The house number; letters stay ("12b").
    pub house: Box<str>,
    /// The flat, suite or unit.
    pub unit: Box<str>,
}

/// One spelling for each kind of street, folded ("avenue" loses its last letter); the first of a group stands for it.
const KINDS: [&[&str]; 34] = [
    &["street", "st", "str"],
    &["avenu", "ave", "av", "avda", "avenida"],
    &["road", "rd"],
    &["lane", "ln"],
    &["drive", "dr", "drv"],
    &["court", "ct", "crt"],
    &["place", "pl", "plac"],
    &["boulevard", "blvd", "bd", "bld", "boul"],
    &["terrace", "ter", "tce", "terr"],
    &["crescent", "cres", "cr", "crs"],
    &["close", "cl"],
    &["gardens", "gdns", "gdn"],
    &["square", "sq"],
    &["parade", "pde"],
    &["highway", "hwy"],
    &["circuit", "cct", "crct"],
    &["circle", "cir"],
    &["parkway", "pkwy"],
    &["grove", "gr", "grv"],
    &["way", "wy"],
    &["trail", "trl"],
    &["mount", "mt"],
    &["saint", "snt"],
    &["via", "v"],
    &["viale", "vle"],
    &["piazza", "pza", "pzza"],
    &["corso", "cso"],
    &["plaza", "plza"],
    &["calle", "c", "cl"],
    &["paseo", "po", "pso"],
    &["ru", "r"],
    &["chemin", "ch", "che"],
    &["ulica", "ul"],
    &["aleja", "al", "aleje"],
];

/// Words that announce a flat or suite; the word after them is its number.
const UNITS: [&str; 22] = [
    "apt",
    "apartment",
    "app",
    "flat",
    "unit",
    "suite",
    "ste",
    "room",
    "rm",
    "floor",
    "fl",
    "level",
    "lot",
    "appartement",
    "apto",
    "piso",
    "int",
    "interno",
    "lgh",
    "lgt",
    "m",
    "bus",
];

impl Street {
    /// Reads a street with its house number, in either order; `house` is the number when the source keeps it apart.
    pub fn read(street: &str, house: &str) -> Street {
        let mut read = Street { house: fold::run(house).into(), ..Street::default() };
        let mut words: Vec<String> = Vec::new();
        let folded = fold::words(&kinds_of_italian(street));
        let mut rest = folded.split(' ').filter(|word| !word.is_empty()).peekable();
        while let Some(word) = rest.next() {
            let number = word.starts_with(|letter: char| letter.is_ascii_digit());
            if UNITS.contains(&word)
                && rest
                    .peek()
                    .is_some_and(|next| next.len() <= 4 && next.bytes().any(|byte| byte.is_ascii_digit()))
            {
                read.unit = rest.next().unwrap_or_default().into();
            } else if number && read.house.is_empty() && house_like(word) {
                read.house = word.into();
            } else if number && read.unit.is_empty() && !words.is_empty() && house_like(word) {
                read.unit = word.into();
            } else {
                words.push(spelled(word));
            }
        }
        read.name = words.join(" ").into();
        read
    }

    /// Nothing was said about the street.
    pub fn is_empty(&self) -> bool {
        self.name.is_empty()
    }
}

/// "V.le" is written with a dot inside.
fn kinds_of_italian(street: &str) -> String {
    street
        .chars()
        .take(fold::MAX_CHARS)
        .collect::<String>()
        .replace("V.le", "Viale")
        .replace("v.le", "viale")
        .replace("c/", "calle ")
        .replace("C/", "calle ")
}

/// A house number is short and not an ordinal ("12b", not "5th").
fn house_like(word: &str) -> bool {
    let letters = word.trim_start_matches(|letter: char| letter.is_ascii_digit());
    word.len() <= 6 && letters.len() <= 1
}

/// A street's kind in its one spelling, also at the end of a German or Dutch compound ("junkstr" is "junkstrasse").
fn spelled(word: &str) -> String {
    if let Some(group) = KINDS.iter().find(|group| group.contains(&word)) {
        return group.first().copied().unwrap_or(word).to_owned();
    }
    for (short, long) in [
        ("strasse", "str"),
        ("straat", "str"),
        ("str", "str"),
        ("platz", "pl"),
        ("gatan", "g"),
        ("vagen", "v"),
    ] {
        if let Some(stem) = word.strip_suffix(short).filter(|stem| stem.len() >= 3) {
            return format!("{stem}{long}");
        }
    }
    word.to_owned()
}

/// The part of a postcode that stays when it is written shorter: no gaps, without the American four-digit addition.
pub fn postcode(postcode: &str) -> String {
    let whole = fold::words(postcode);
    let us_addition = whole.split_once(' ').filter(|(head, tail)| {
        head.len() == 5
            && tail.len() == 4
            && head.bytes().chain(tail.bytes()).all(|byte| byte.is_ascii_digit())
    });
    match us_addition {
        Some((head, _)) => head.to_owned(),
        None => whole.replace(' ', ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(one: &str, other: &str) {
        let (one, other) = (Street::read(one, ""), Street::read(other, ""));
        assert_eq!((&one.name, &one.house), (&other.name, &other.house));
        assert!(!one.house.is_empty() && !one.name.is_empty(), "{one:?}");
    }

    #[test]
    fn one_street_however_it_is_written() {
        same("392 Warner Ct", "392 warner court");
        same("Junkstraße 154", "Junkstr. 154");
        same("Middelkoopstraat 70", "70 middelkoopstr.");
        same("V.le Spring 43", "viale Spring 43");
        same("86 avenue De Oliveira", "86 av. De Oliveira");
        same("92 Rogers Way, Unit 19", "92 rogers way");
        same("C/ Hoyos 147", "Calle Hoyos 147");
        same("Suite 33 2598 Hill Place", "2598 Hill Pl");
    }

    #[test]
    fn the_flat_is_kept_apart() {
        assert_eq!(Street::read("150 School Ave, Flat 15", "").unit.as_ref(), "15");
        assert_eq!(Street::read("Gardengasse 32 /3", "").unit.as_ref(), "3");
        assert_eq!(Street::read("wallaby place", "7").house.as_ref(), "7");
        assert_eq!(Street::read("5th Avenue 12", "").house.as_ref(), "12");
    }

    #[test]
    fn postcodes_lose_gaps_and_the_american_addition() {
        assert_eq!(postcode("30122-9427"), "30122");
        assert_eq!(postcode("N19 4DD"), postcode("n194dd"));
        assert_eq!(postcode("68-360"), "68360");
    }
}

//! Which given names may be one person's: families of names, each with its short and pet forms. A name can stand in
//! several ("alex" is Alexander or Alexandra, "chris" Christopher or Christine), so a name has a *set* of roots and
//! two names are compatible when their sets meet.

use std::collections::HashMap;
use std::sync::LazyLock;

/// At most this many families for one name.
pub const MAX_ROOTS: usize = 10;

/// The families a name belongs to: indices into the table plus one, zero where there is none.
pub type Roots = [u16; MAX_ROOTS];

/// One family a line, in folded spelling (see [`super::fold`]: no accents, `ae`, `oe`, `ue` as the plain vowel).
const FAMILIES: &str = include_str!("nicknames.txt");

static BY_NAME: LazyLock<HashMap<&'static str, Roots>> = LazyLock::new(|| {
    let mut by_name: HashMap<&str, Roots> = HashMap::new();
    for (family, line) in (1u16..).zip(FAMILIES.lines().filter(|line| !line.starts_with('#'))) {
        for name in line.split_ascii_whitespace() {
            let roots = by_name.entry(name).or_default();
            if let Some(free) = roots.iter_mut().find(|root| **root == 0) {
                *free = family;
            }
        }
    }
    by_name
});

/// The families of a folded name; all zero for a name that stands in none.
pub fn roots(name: &str) -> Roots {
    BY_NAME.get(name).copied().unwrap_or_default()
}

/// Whether two sets of families meet.
pub fn meet(one: &Roots, other: &Roots) -> bool {
    one.iter().any(|root| *root != 0 && other.contains(root))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::fold;

    #[track_caller]
    fn compatible(one: &str, other: &str) -> bool {
        meet(&roots(&fold::words(one)), &roots(&fold::words(other)))
    }

    #[test]
    fn short_forms_meet_their_name_in_every_language() {
        for (short, long) in [
            ("Bill", "William"),
            ("Liz", "Elizabeth"),
            ("Peggy", "Margaret"),
            ("Hans", "Johannes"),
            ("Beppe", "Giuseppe"),
            ("Paco", "Francisco"),
            ("Kasia", "Katarzyna"),
            ("Henk", "Hendrik"),
            ("Sascha", "Alexander"),
            ("Manu", "Emmanuelle"),
            ("Lasse", "Lars"),
        ] {
            assert!(compatible(short, long), "{short} is {long}");
        }
    }

    #[test]
    fn a_name_of_two_families_does_not_join_them() {
        assert!(compatible("Alex", "Alexander") && compatible("Alex", "Alexandra"));
        assert!(!compatible("Christopher", "Christine"));
        assert!(!compatible("Robert", "William"));
    }

    #[test]
    fn the_table_is_folded_and_no_name_is_in_too_many_families() {
        let mut families: HashMap<&str, usize> = HashMap::new();
        for line in FAMILIES.lines().filter(|line| !line.starts_with('#')) {
            for name in line.split_ascii_whitespace() {
                assert_eq!(name, fold::words(name), "spelled as folded text");
                *families.entry(name).or_default() += 1;
            }
        }
        let crowded: Vec<_> = families.iter().filter(|(_, count)| **count > MAX_ROOTS).collect();
        assert!(crowded.is_empty(), "{crowded:?}");
    }
}

//! The facts that two identities are compared on, and the levels at which each can agree or conflict. A level's weight
//! is looked up by these names, and the evidence is told in them.

/// One fact: its name, and one or two axes of levels. With two axes the level is the combination, because facts that
/// depend on each other must be judged together (a family at one address shares its name and its telephone).
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    /// How evidence names it.
    pub field: &'static str,
    axes: [&'static [&'static str]; 2],
}

/// What comparing one fact gave: which fact, and which of its levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Finding {
    /// Index into [`FACTS`].
    pub fact: u8,
    /// Level on the first axis times the length of the second, plus level on the second.
    pub level: u8,
}

const ONE: &[&str] = &[""];

pub(super) const GIVEN: &[&str] = &[
    "same given name",
    "nickname",
    "part of it",
    "one letter off",
    "sounds alike",
    "initial",
    "no given name",
    "other given name",
];
pub(super) const FAMILY: &[&str] = &[
    "same family name",
    "one letter off",
    "sounds alike",
    "part of it",
    "no family name",
    "other family name",
];
pub(super) const CLASS: &[&str] = &[
    "same name",
    "similar name",
    "incomplete name",
    "other given name",
    "other family name",
    "other name",
    "no name",
];
pub(super) const RARITY: &[&str] = &[
    "shared by many",
    "shared by several",
    "shared by a few",
    "perhaps unique",
    "rare",
    "very rare",
    "extremely rare",
    "no common name",
];
pub(super) const NAMESAKES: &[&str] = &["none known", "one", "two", "three", "many", "no common name"];
pub(super) const AGREEMENT: &[&str] = &["same", "nearly the same", "different", "not known"];
pub(super) const GENERATION: &[&str] =
    &["same", "one says junior or senior", "junior and senior", "not known"];
pub(super) const MAILBOX: &[&str] = &[
    "same, one person's",
    "same, two people's",
    "same, many people's",
    "same role mailbox",
    "same name, other provider",
    "same name, domain misspelled",
    "one letter off",
    "two letters off",
    "three or four letters off",
    "same letters, other number",
    "both personal, different",
    "personal and work",
    "colleagues at one company",
    "work at two companies",
    "role and personal of one company",
    "role and personal",
    "two role mailboxes",
    "one not known",
    "not known",
];
pub(super) const MAILBOX_STATE: &[&str] = &[
    "same mailbox",
    "shared mailbox",
    "similar mailbox",
    "other personal mailbox",
    "other mailbox",
    "mailbox not known",
];
pub(super) const SPELLING: &[&str] = &[
    "whole name",
    "initial and family name",
    "family name",
    "given name",
    "another name",
    "nothing to compare",
];
pub(super) const PHONE: &[&str] = &[
    "same, one person's",
    "same, two people's",
    "same, many people's",
    "one digit off",
    "two mobiles",
    "mobile and landline",
    "two landlines",
    "different",
    "one not known",
    "not known",
];
pub(super) const PHONE_STATE: &[&str] =
    &["same phone", "shared phone", "similar phone", "other phone", "phone not known"];
pub(super) const ORGANISATION: &[&str] = &[
    "same domain",
    "same name",
    "name and domain agree",
    "part of the name",
    "one letter off",
    "initials",
    "different",
    "one not known",
    "not known",
];
pub(super) const SIZE: &[&str] = &["small", "middling", "large", "size not known"];
pub(super) const ORGANISATION_STATE: &[&str] =
    &["same company", "similar company", "other company", "company not known"];
pub(super) const STREET: &[&str] = &["same street", "similar street", "other street", "street not known"];
pub(super) const HOUSE: &[&str] =
    &["same house, one family's", "same house", "same house, other flat", "other house", "house not known"];
pub(super) const POSTCODE: &[&str] =
    &["same postcode", "one letter off", "other postcode", "postcode not known"];
pub(super) const CITY: &[&str] =
    &["same small town", "same town", "similar town", "other town", "town not known"];
pub(super) const PLACE_STATE: &[&str] =
    &["same address", "same town", "other address", "other town", "place not known"];
pub(super) const BORN: &[&str] = &[
    "same day",
    "one digit off",
    "day and month swapped",
    "two digits off",
    "same year",
    "same day of another year",
    "different",
    "not known",
];
pub(super) const LIFE_STATE: &[&str] = &["same birth", "similar birth", "other birth", "birth not known"];

const fn plain(field: &'static str, levels: &'static [&'static str]) -> Fact {
    Fact { field, axes: [levels, ONE] }
}

const fn cross(field: &'static str, one: &'static [&'static str], other: &'static [&'static str]) -> Fact {
    Fact { field, axes: [one, other] }
}

/// Every fact. The order is only used inside one build: weights are stored by name.
pub const FACTS: &[Fact] = &[
    plain("prior", ONE),
    cross("name", GIVEN, FAMILY),
    cross("name rarity", RARITY, CLASS),
    plain("others of this name, by mailbox", NAMESAKES),
    plain("others of this name, by phone", NAMESAKES),
    plain("middle initial", AGREEMENT),
    plain("generation", GENERATION),
    plain("names swapped", &["swapped", "in order"]),
    plain("mailbox", MAILBOX),
    plain("mailbox spells the other's name", SPELLING),
    plain("phone", PHONE),
    cross("company", ORGANISATION, SIZE),
    cross("address", STREET, HOUSE),
    cross("town", POSTCODE, CITY),
    plain("country", AGREEMENT),
    plain("born", BORN),
    plain("personal number", AGREEMENT),
    plain("birth place", AGREEMENT),
    plain("occupation", AGREEMENT),
    plain("gender", AGREEMENT),
    plain("state", AGREEMENT),
    cross("name and mailbox", CLASS, MAILBOX_STATE),
    cross("name and phone", CLASS, PHONE_STATE),
    cross("name and company", CLASS, ORGANISATION_STATE),
    cross("name and place", CLASS, PLACE_STATE),
    cross("name and birth", CLASS, LIFE_STATE),
    cross("birth and place", LIFE_STATE, PLACE_STATE),
    cross("birth and mailbox", LIFE_STATE, MAILBOX_STATE),
    plain("second address line", AGREEMENT),
    cross("mailbox and phone", MAILBOX_STATE, PHONE_STATE),
    cross("mailbox and company", MAILBOX_STATE, ORGANISATION_STATE),
    cross("mailbox and place", MAILBOX_STATE, PLACE_STATE),
    cross("phone and company", PHONE_STATE, ORGANISATION_STATE),
    cross("phone and place", PHONE_STATE, PLACE_STATE),
    cross("company and place", ORGANISATION_STATE, PLACE_STATE),
    cross("rarity and mailbox", RARITY, MAILBOX_STATE),
    cross("rarity and phone", RARITY, PHONE_STATE),
    cross("rarity and company", RARITY, ORGANISATION_STATE),
    cross("rarity and place", RARITY, PLACE_STATE),
];

impl Fact {
    /// How many levels it has.
    pub fn levels(&self) -> usize {
        self.axes[0].len() * self.axes[1].len()
    }

    /// A level in words.
    pub fn level_name(&self, level: usize) -> String {
        let second = self.axes[1].len();
        let (first, second) = (self.axes[0].get(level / second), self.axes[1].get(level % second));
        let words: Vec<&str> =
            [first, second].into_iter().flatten().copied().filter(|word| !word.is_empty()).collect();
        words.join(", ")
    }

    fn level(&self, first: usize, second: usize) -> u8 {
        u8::try_from(first * self.axes[1].len() + second).unwrap_or(u8::MAX)
    }
}

/// The facts by name, in the order of [`FACTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Subject {
    Prior,
    Name,
    Rarity,
    OthersByMailbox,
    OthersByPhone,
    Middle,
    Generation,
    Swapped,
    Mailbox,
    Spelling,
    Phone,
    Company,
    Address,
    Town,
    Country,
    Born,
    PersonalId,
    BirthPlace,
    Occupation,
    Gender,
    State,
    NameMailbox,
    NamePhone,
    NameCompany,
    NamePlace,
    NameBirth,
    BirthPlaces,
    BirthMailbox,
    Line2,
    MailboxPhone,
    MailboxCompany,
    MailboxPlace,
    PhoneCompany,
    PhonePlace,
    CompanyPlace,
    RarityMailbox,
    RarityPhone,
    RarityCompany,
    RarityPlace,
}

impl Subject {
    /// The finding at a level of the first axis and one of the second.
    pub(super) fn at(self, first: usize, second: usize) -> Finding {
        let fact = self as u8;
        let level = FACTS.get(usize::from(fact)).map_or(0, |known| known.level(first, second));
        Finding { fact, level }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_stand_in_the_order_of_their_names() {
        assert_eq!(FACTS.len(), Subject::RarityPlace as usize + 1);
        assert_eq!(FACTS[Subject::Phone as usize].field, "phone");
        assert_eq!(FACTS[Subject::CompanyPlace as usize].field, "company and place");
        assert!(FACTS.iter().all(|fact| fact.levels() <= 256));
    }

    #[test]
    fn levels_are_told_in_words() {
        assert_eq!(FACTS[Subject::Name as usize].level_name(6), "nickname, same family name");
        assert_eq!(FACTS[Subject::Country as usize].level_name(2), "different");
    }
}

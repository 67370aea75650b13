//! Two identities side by side: at which level each fact agrees or conflicts.

use std::borrow::Cow;

use super::fact::{Finding, Subject};
use super::identity::{Born, Identity};
use super::index::Index;
use super::keys::Keyring;
use super::mailbox::{Mailbox, MailboxKind};
use super::name::{self, Generation, PersonName};
use super::near::{alike, edits};
use super::nicknames;
use super::phone::Phone;

/// How two names relate as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameClass {
    /// Given (or nickname) and family name agree.
    Same,
    /// They agree but for misspellings or missing parts.
    Similar,
    /// An initial, or one of the two names missing, and the rest agrees.
    Incomplete,
    /// One family name, another given name.
    OtherGiven,
    /// One given name, another family name.
    OtherFamily,
    /// Nothing agrees.
    Other,
    /// One side has no name.
    NoName,
}

impl NameClass {
    /// The two names may be one person's.
    pub fn is_compatible(self) -> bool {
        matches!(self, NameClass::Same | NameClass::Similar | NameClass::Incomplete)
    }
}

/// What comparing two identities gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// One finding a fact.
    pub findings: Vec<Finding>,
    /// How the names relate.
    pub class: NameClass,
    /// How many independent facts tie the two together beside name and address: mailbox, telephone number, day of
    /// birth, personal number, a company that is not large.
    pub anchors: u8,
    /// The anchors, an address that no other first name uses, and a name that fewer than one other is expected to bear
    /// or whose bearer has the same mailbox.
    pub strong: u8,
    /// A fact that hardly changes in a life differs: day of birth, personal number, gender, middle initial, or a
    /// generational suffix on one side only.
    pub contradicted: bool,
    /// The same mailbox, which is one person's, and the same given name, but another family name: somebody married.
    pub renamed: bool,
    /// The same mailbox, which is one person's, and the names agree as far as they are said: one side says none, or
    /// only the given name, and that one agrees.
    pub same_mailbox_undisputed: bool,
    /// Why the two cannot be one person, whatever else agrees.
    pub veto: Option<Veto>,
}

/// A conflict that no agreement outweighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Veto {
    /// One says junior, the other senior.
    Generation,
    /// Two personal mailboxes, each spelling its owner's own given name.
    Mailboxes,
}

/// Compares two identities. `index` knows how many others share a value. Symmetric: swapping the two changes nothing.
pub fn compare(one: &Identity, other: &Identity, index: &impl Index, keyring: Keyring) -> Comparison {
    let names = Names::compare(&one.name, &other.name);
    let class = names.class();
    let rarity = rarity(one, other, &names, class, index, keyring);
    let seen = Seen { index, keyring, twice: is_counted_twice(one, other, class, keyring) };
    let mailbox = compare_mailboxes(one, other, &seen);
    let phone = compare_phones(one, other, &seen);
    let organisation = compare_organisations(one, other, index, keyring);
    let place = compare_places(one, other, &seen);
    let (born, birth_state) = compare_births(one.born, other.born);
    let personal_id = agreement(&one.personal_id, &other.personal_id);
    let generation = compare_generations(one.name.generation, other.name.generation);
    let spelling = compare_spellings(one, other);

    let class_at = class as usize;
    let findings = vec![
        Subject::Prior.at(0, 0),
        Subject::Name.at(names.given as usize, names.family as usize),
        Subject::Rarity.at(rarity, class_at),
        Subject::OthersByMailbox.at(others(one, other, class, index, keyring, Keyring::person_by_mailbox), 0),
        Subject::OthersByPhone.at(others(one, other, class, index, keyring, Keyring::person_by_phone), 0),
        Subject::Middle.at(compare_middles(one.name.middle, other.name.middle), 0),
        Subject::Generation.at(generation, 0),
        Subject::Swapped.at(usize::from(!names.swapped), 0),
        Subject::Mailbox.at(mailbox.level, 0),
        Subject::Spelling.at(spelling, 0),
        Subject::Phone.at(phone.level, 0),
        Subject::Company.at(organisation.level, organisation.size),
        Subject::Address.at(place.street, place.house),
        Subject::Town.at(place.postcode, place.city),
        Subject::Country.at(compare_countries(one.country, other.country), 0),
        Subject::Born.at(born, 0),
        Subject::PersonalId.at(personal_id, 0),
        Subject::BirthPlace.at(agreement(&one.birth_place, &other.birth_place), 0),
        Subject::Occupation.at(agreement(&one.occupation, &other.occupation), 0),
        Subject::Gender.at(compare_letters(one.gender, other.gender), 0),
        Subject::State.at(agreement(&one.state, &other.state), 0),
        Subject::NameMailbox.at(class_at, mailbox.state),
        Subject::NamePhone.at(class_at, phone.state),
        Subject::NameCompany.at(class_at, organisation.state),
        Subject::NamePlace.at(class_at, place.state),
        Subject::NameBirth.at(class_at, birth_state),
        Subject::BirthPlaces.at(birth_state, place.state),
        Subject::BirthMailbox.at(birth_state, mailbox.state),
        Subject::Line2.at(agreement(&one.line2, &other.line2), 0),
        Subject::MailboxPhone.at(mailbox.state, phone.state),
        Subject::MailboxCompany.at(mailbox.state, organisation.state),
        Subject::MailboxPlace.at(mailbox.state, place.state),
        Subject::PhoneCompany.at(phone.state, organisation.state),
        Subject::PhonePlace.at(phone.state, place.state),
        Subject::CompanyPlace.at(organisation.state, place.state),
        Subject::RarityMailbox.at(rarity, mailbox.state),
        Subject::RarityPhone.at(rarity, phone.state),
        Subject::RarityCompany.at(rarity, organisation.state),
        Subject::RarityPlace.at(rarity, place.state),
    ];
    let contact = [
        mailbox.state == 0 || (1..3).contains(&mailbox.level),
        phone.state <= 1,
        birth_state == 0,
        personal_id == 0,
    ];
    let named_mailbox = mailbox.level <= 1 && class == NameClass::Same;
    let anchors: u8 = contact.into_iter().map(u8::from).sum::<u8>()
        + u8::from(organisation.level <= 2 && organisation.size < 2);
    let at_home = place.state == 0 && place.house == 0;
    let veto = if generation == 2 {
        Some(Veto::Generation)
    } else if matches!(class, NameClass::OtherGiven | NameClass::Other) && two_owners(one, other) {
        Some(Veto::Mailboxes)
    } else {
        None
    };
    let contradicted = birth_state == 2
        || personal_id == 2
        || generation == 1
        || compare_letters(one.gender, other.gender) == 2
        || compare_middles(one.name.middle, other.name.middle) == 2;
    Comparison {
        findings,
        class,
        anchors,
        strong: anchors
            + u8::from(at_home)
            + u8::from(class == NameClass::Same && ((3..7).contains(&rarity) || named_mailbox)),
        renamed: class == NameClass::OtherFamily && names.given == Given::Same && mailbox.level == 0,
        contradicted,
        same_mailbox_undisputed: mailbox.level == 0 && !contradicted && names.agree_as_far_as_said(),
        veto,
    }
}

/// Levels of given names, in the order of `fact::GIVEN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Given {
    Same,
    Nickname,
    Part,
    OneOff,
    Sound,
    Initial,
    Missing,
    Other,
}

/// Levels of family names, in the order of `fact::FAMILY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Same,
    OneOff,
    Sound,
    Part,
    Missing,
    Other,
}

#[derive(Debug, Clone, Copy)]
struct Names {
    given: Given,
    family: Family,
    swapped: bool,
}

impl Names {
    /// Compares in order, and when that agrees on nothing, given name with family name.
    fn compare(one: &PersonName, other: &PersonName) -> Names {
        let straight = Names {
            given: compare_given(one, other),
            family: compare_family(&one.family, &other.family),
            swapped: false,
        };
        if straight.given != Given::Other || straight.family != Family::Other {
            return straight;
        }
        let crossed = [compare_family(&one.given, &other.family), compare_family(&one.family, &other.given)];
        let agree = |level: &Family| matches!(level, Family::Same | Family::OneOff);
        if crossed.iter().all(agree) {
            let exact = crossed.iter().all(|level| *level == Family::Same);
            let given = if exact { Given::Same } else { Given::OneOff };
            return Names { given, family: Family::Same, swapped: true };
        }
        straight
    }

    fn agree_as_far_as_said(&self) -> bool {
        let given = matches!(self.given, Given::Same | Given::Nickname | Given::Missing);
        let said_in_full = self.given != Given::Missing && self.family != Family::Missing;
        given && (self.family == Family::Missing || self.family == Family::Same) && !said_in_full
    }

    fn class(&self) -> NameClass {
        use {Family as F, Given as G};
        match (self.given, self.family) {
            (G::Missing, F::Missing) => NameClass::NoName,
            (G::Same | G::Nickname, F::Same) => NameClass::Same,
            (G::Other, F::Other | F::Missing) | (G::Missing, F::Other) => NameClass::Other,
            (G::Other, _) => NameClass::OtherGiven,
            (_, F::Other) => NameClass::OtherFamily,
            (G::Initial | G::Missing, _) | (_, F::Missing) => NameClass::Incomplete,
            _ => NameClass::Similar,
        }
    }
}

fn compare_given(one: &PersonName, other: &PersonName) -> Given {
    if one.given.is_empty() || other.given.is_empty() {
        return Given::Missing;
    }
    if one.given == other.given || squeezed_equal(&one.given, &other.given) {
        return Given::Same;
    }
    if one.is_initial() || other.is_initial() {
        return if one.given.chars().next() == other.given.chars().next() {
            Given::Initial
        } else {
            Given::Other
        };
    }
    let (first, second) = (name::first_word(&one.given), name::first_word(&other.given));
    if first == second || has_word(&one.given, second) || has_word(&other.given, first) {
        return Given::Part;
    }
    if nicknames::meet(&one.roots, &other.roots) {
        return Given::Nickname;
    }
    compare_spelled(first, second).unwrap_or_else(|| {
        let (short, long) = if first.len() < second.len() { (first, second) } else { (second, first) };
        if short.len() >= 3 && long.starts_with(short) { Given::Part } else { Given::Other }
    })
}

fn compare_spelled(one: &str, other: &str) -> Option<Given> {
    match edits(one, other, letters_off(one, other)) {
        Some(1) if one.len().min(other.len()) >= 3 => Some(Given::OneOff),
        Some(2..) => Some(Given::Sound),
        _ => (one.len().min(other.len()) >= 4 && name::sound(one) == name::sound(other))
            .then_some(Given::Sound),
    }
}

/// How many letters of a name may be wrong.
fn letters_off(one: &str, other: &str) -> u8 {
    match one.len().min(other.len()) {
        0..=5 => 1,
        6..=8 => 2,
        _ => 3,
    }
}

fn compare_family(one: &str, other: &str) -> Family {
    if one.is_empty() || other.is_empty() {
        return Family::Missing;
    }
    let (one, other) = (name::family_core(one), name::family_core(other));
    if one == other || squeezed_equal(one, other) {
        return Family::Same;
    }
    let shortest = one.len().min(other.len());
    match edits(one, other, letters_off(one, other)) {
        Some(1) if shortest >= 3 => return Family::OneOff,
        Some(2..) => return Family::Sound,
        _ => {}
    }
    if shortest >= 4 && name::sound(one) == name::sound(other) {
        return Family::Sound;
    }
    let common = one.split(' ').any(|word| word.len() >= 3 && has_word(other, word));
    if common { Family::Part } else { Family::Other }
}

fn squeezed_equal(one: &str, other: &str) -> bool {
    (one.contains(' ') || other.contains(' '))
        && one.bytes().filter(|byte| *byte != b' ').eq(other.bytes().filter(|byte| *byte != b' '))
}

fn has_word(words: &str, wanted: &str) -> bool {
    words.split(' ').any(|word| word == wanted)
}

/// How many others probably bear the name that the two share, from how common its parts are, in steps of a factor of
/// four: index into `fact::RARITY`.
fn rarity(
    one: &Identity,
    other: &Identity,
    names: &Names,
    class: NameClass,
    index: &impl Index,
    keyring: Keyring,
) -> usize {
    const NO_COMMON_NAME: usize = 7;
    if !class.is_compatible() && class != NameClass::OtherGiven {
        return NO_COMMON_NAME;
    }
    let everybody = f64::from(index.spread(keyring.everybody()).max(1));
    let share = |one: u64, other: u64| {
        let spread = index.spread(one).max(index.spread(other));
        (f64::from(spread) + 0.5) / everybody
    };
    let family = share(
        keyring.family(name::family_core(&one.name.family)),
        keyring.family(name::family_core(&other.name.family)),
    );
    let given = match names.given {
        Given::Missing | Given::Other => 1.0,
        Given::Initial => 0.08,
        _ => share(
            keyring.given(name::first_word(&one.name.given)),
            keyring.given(name::first_word(&other.name.given)),
        ),
    };
    let family = if names.family == Family::Missing { 1.0 } else { family };
    let expected = everybody * family * given;
    [16.0, 4.0, 1.0, 0.25, 0.0625, 0.015_625].iter().position(|bound| expected > *bound).unwrap_or(6)
}

/// The value a whole name is counted under, and the identity's own mailbox or number.
type NameAndOwn = (u64, Option<u64>);

/// How many other mailboxes or numbers than the two's own are known under their common name.
fn others(
    one: &Identity,
    other: &Identity,
    class: NameClass,
    index: &impl Index,
    keyring: Keyring,
    of: fn(Keyring, &Identity) -> Option<NameAndOwn>,
) -> usize {
    const NO_COMMON_NAME: usize = 5;
    if !matches!(class, NameClass::Same | NameClass::Similar) {
        return NO_COMMON_NAME;
    }
    let (Some((person, own)), Some((same_person, other_own))) = (of(keyring, one), of(keyring, other)) else {
        return NO_COMMON_NAME;
    };
    let known = index.spread(person).max(index.spread(same_person)) as usize;
    let theirs = usize::from(own.is_some()) + usize::from(other_own.is_some() && own != other_own);
    known.saturating_sub(theirs).min(NO_COMMON_NAME - 1)
}

fn compare_middles(one: Option<char>, other: Option<char>) -> usize {
    match (one, other) {
        (Some(one), Some(other)) => {
            if one == other {
                0
            } else {
                2
            }
        }
        _ => 3,
    }
}

fn compare_generations(one: Option<Generation>, other: Option<Generation>) -> usize {
    match (one, other) {
        (Some(one), Some(other)) => {
            if one == other {
                0
            } else {
                2
            }
        }
        (None, None) => 3,
        _ => 1,
    }
}

fn compare_countries(one: [u8; 2], other: [u8; 2]) -> usize {
    if one == [0, 0] || other == [0, 0] {
        3
    } else if one == other {
        0
    } else {
        2
    }
}

fn compare_letters(one: u8, other: u8) -> usize {
    if one == 0 || other == 0 {
        3
    } else if one == other {
        0
    } else {
        2
    }
}

/// Index into `fact::AGREEMENT` for two folded texts.
fn agreement(one: &str, other: &str) -> usize {
    if one.is_empty() || other.is_empty() {
        3
    } else if one == other {
        0
    } else if alike(one, other) {
        1
    } else {
        2
    }
}

/// A level and the coarse state that crosses are made of.
struct Level {
    level: usize,
    state: usize,
}

/// How many first names were seen with a value. Two spellings of one name, as these two may be, count once.
struct Seen<'a, I> {
    index: &'a I,
    keyring: Keyring,
    twice: bool,
}

impl<I: Index> Seen<'_, I> {
    fn people(&self, value: u64) -> u32 {
        self.index.spread(value).saturating_sub(u32::from(self.twice))
    }
}

/// Whether the two first names are one, and are nevertheless counted as two.
fn is_counted_twice(one: &Identity, other: &Identity, class: NameClass, keyring: Keyring) -> bool {
    let partners = keyring.given_partner(one).zip(keyring.given_partner(other));
    class.is_compatible() && partners.is_some_and(|(one, other)| one != other)
}

/// Zero for one person's, one for two people's, two for more.
fn sharing(people: u32) -> usize {
    match people {
        0 | 1 => 0,
        2 => 1,
        _ => 2,
    }
}

fn compare_mailboxes(one: &Identity, other: &Identity, seen: &Seen<'_, impl Index>) -> Level {
    let (Some(a), Some(b)) = (&one.mailbox, &other.mailbox) else {
        let level = if one.mailbox.is_none() && other.mailbox.is_none() { 18 } else { 17 };
        return Level { level, state: 5 };
    };
    if a.key == b.key {
        if a.kind == MailboxKind::Role {
            return Level { level: 3, state: 1 };
        }
        let shared = seen.keyring.mailbox(one).map_or(0, |value| sharing(seen.people(value)));
        return Level { level: shared, state: usize::from(shared > 0) };
    }
    use MailboxKind::{FreeMail, Role, Work};
    let same_domain = a.domain() == b.domain();
    let personal = a.is_personal() && b.is_personal();
    if personal && let Some(level) = similar_mailboxes(a, b, same_domain) {
        return Level { level, state: 2 };
    }
    match (a.kind, b.kind) {
        (FreeMail, FreeMail) => Level { level: 10, state: 3 },
        (FreeMail, Work) | (Work, FreeMail) => Level { level: 11, state: 4 },
        (Work, Work) if same_domain => Level { level: 12, state: 3 },
        (Work, Work) => Level { level: 13, state: 4 },
        (Role, Role) => Level { level: 16, state: 4 },
        _ if same_domain => Level { level: 14, state: 4 },
        _ => Level { level: 15, state: 4 },
    }
}

/// Index into `fact::MAILBOX` for two personal mailboxes that may be one, misspelled or moved.
fn similar_mailboxes(one: &Mailbox, other: &Mailbox, same_domain: bool) -> Option<usize> {
    let (a, b) = (one.local(), other.local());
    if a == b {
        if alike(one.domain(), other.domain()) {
            return Some(5);
        }
        return (a.len() >= 5).then_some(4);
    }
    if (same_domain || alike(one.domain(), other.domain())) && !digits_differ(a, b) {
        match edits(a, b, 2) {
            Some(1) if a.len() >= 5 => return Some(6),
            Some(2) if a.len() >= 8 => return Some(7),
            _ => {}
        }
    }
    if one.kind == MailboxKind::Work
        && other.kind == MailboxKind::Work
        && !same_domain
        && edits(&one.key, &other.key, 4).is_some()
    {
        return Some(8);
    }
    let letters = |local: &str| local.bytes().filter(u8::is_ascii_alphabetic).collect::<Vec<u8>>();
    let (a, b) = (letters(a), letters(b));
    (a.len() >= 5 && a == b).then_some(9)
}

/// A number in a mailbox's name tells namesakes apart, so that one wrong digit is not a small error.
fn digits_differ(one: &str, other: &str) -> bool {
    let digits = |local: &str| local.bytes().filter(u8::is_ascii_digit).collect::<Vec<u8>>();
    digits(one) != digits(other)
}

/// Whether the mailbox of one spells the name of the other: index into `fact::SPELLING`, the best of both ways. Only
/// asked where the mailboxes differ or one is missing; agreement is evidence already.
fn compare_spellings(one: &Identity, other: &Identity) -> usize {
    const NOTHING: usize = 5;
    let same = matches!((&one.mailbox, &other.mailbox), (Some(a), Some(b)) if a.key == b.key);
    if same {
        return NOTHING;
    }
    let ways = [(&one.mailbox, &other.name), (&other.mailbox, &one.name)];
    let spelled = ways.into_iter().filter_map(|(mailbox, name)| spelling(mailbox.as_ref()?, name));
    spelled.min().unwrap_or(NOTHING)
}

/// How a mailbox spells a name; `None` for role mailboxes and missing names.
fn spelling(mailbox: &Mailbox, name: &PersonName) -> Option<usize> {
    if !mailbox.is_personal() || name.family.is_empty() {
        return None;
    }
    let letters: &str = &mailbox.letters;
    let family: Cow<'_, str> = if name.family.contains(' ') {
        name.family.replace(' ', "").into()
    } else {
        Cow::Borrowed(&name.family)
    };
    let first = name::first_word(&name.given);
    let has_family = family.len() >= 3 && letters.contains(&*family);
    let has_given = first.len() >= 3 && letters.contains(first);
    Some(match (has_given, has_family) {
        (true, true) => 0,
        (false, true) => {
            let rest = letters.replacen(&*family, "", 1);
            let initial = first.chars().next().is_some_and(|initial| rest.starts_with(initial));
            if initial {
                1
            } else if rest.is_empty() {
                2
            } else {
                4
            }
        }
        (true, false) => 3,
        (false, false) => 4,
    })
}

/// Each has a personal mailbox that spells its own given name and not the other's.
fn two_owners(one: &Identity, other: &Identity) -> bool {
    let own = |identity: &Identity, stranger: &Identity| {
        let first = name::first_word(&identity.name.given);
        let strange = name::first_word(&stranger.name.given);
        identity.mailbox.as_ref().is_some_and(|mailbox| {
            mailbox.is_personal()
                && first.len() >= 3
                && mailbox.local().contains(first)
                && !(strange.len() >= 2 && mailbox.local().contains(strange))
        })
    };
    let different = matches!((&one.mailbox, &other.mailbox), (Some(a), Some(b)) if a.key != b.key);
    different && own(one, other) && own(other, one)
}

fn compare_phones(one: &Identity, other: &Identity, seen: &Seen<'_, impl Index>) -> Level {
    let (Some(a), Some(b)) = (one.phone, other.phone) else {
        let level = if one.phone.is_none() && other.phone.is_none() { 9 } else { 8 };
        return Level { level, state: 4 };
    };
    if same_number(a, b) {
        let shared = seen.keyring.phone(one).map_or(0, |value| sharing(seen.people(value)));
        return Level { level: shared, state: usize::from(shared > 0) };
    }
    if edits(digits(u64::from(a.tail), &mut [0; 20]), digits(u64::from(b.tail), &mut [0; 20]), 1).is_some() {
        return Level { level: 3, state: 2 };
    }
    let told = |phone: Phone| phone.e164.is_some() && !phone.is_north_american();
    let level = match (a.mobile, b.mobile) {
        (true, true) => 4,
        (true, false) if told(b) => 5,
        (false, true) if told(a) => 5,
        (false, false) if told(a) && told(b) => 6,
        _ => 7,
    };
    Level { level, state: 3 }
}

/// A number's decimal digits.
fn digits(mut number: u64, buffer: &mut [u8; 20]) -> &str {
    let mut start = buffer.len();
    for digit in buffer.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    buffer.get(start..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default()
}

/// One subscriber: the last nine digits agree, and the country codes do not contradict.
fn same_number(one: Phone, other: Phone) -> bool {
    one.tail == other.tail && one.e164.zip(other.e164).is_none_or(|(one, other)| one == other)
}

struct Organisation {
    level: usize,
    size: usize,
    state: usize,
}

fn compare_organisations(
    one: &Identity,
    other: &Identity,
    index: &impl Index,
    keyring: Keyring,
) -> Organisation {
    let known = |identity: &Identity| !identity.company.is_empty() || !identity.domain.is_empty();
    if !known(one) || !known(other) {
        let level = if known(one) || known(other) { 7 } else { 8 };
        return Organisation { level, size: 3, state: 3 };
    }
    let same_domain = !one.domain.is_empty() && one.domain == other.domain;
    let both_named = !one.company.is_empty() && !other.company.is_empty();
    let level = if same_domain {
        0
    } else if both_named && one.company == other.company {
        1
    } else if names_domain(&one.company, &other.domain) || names_domain(&other.company, &one.domain) {
        2
    } else if both_named && (name::first_word(&one.company) == name::first_word(&other.company)) {
        3
    } else if both_named && alike(&one.company, &other.company) {
        4
    } else if both_named
        && (is_initials(&one.company, &other.company) || is_initials(&other.company, &one.company))
    {
        5
    } else {
        6
    };
    let people = [one, other].into_iter().filter_map(|identity| keyring.organisation(identity));
    let people = people.map(|value| index.spread(value)).max().unwrap_or_default();
    let size = match people {
        0..=3 => 0,
        4..=9 => 1,
        _ => 2,
    };
    let state = match level {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    Organisation { level, size: if state == 2 { 3 } else { size }, state }
}

/// A domain's own label begins with the company's name, or the other way round.
fn names_domain(company: &str, domain: &str) -> bool {
    let label = domain.split('.').next().unwrap_or_default();
    let squeezed: String = company.chars().filter(|letter| *letter != ' ').collect();
    let label: String = label.chars().filter(|letter| letter.is_alphanumeric()).collect();
    label.len() >= 4 && squeezed.len() >= 4 && (label.starts_with(&squeezed) || squeezed.starts_with(&label))
}

fn is_initials(short: &str, long: &str) -> bool {
    super::organisation::initials(long).is_some_and(|initials| initials == short)
}

struct Place {
    street: usize,
    house: usize,
    postcode: usize,
    city: usize,
    state: usize,
}

fn compare_places(one: &Identity, other: &Identity, seen: &Seen<'_, impl Index>) -> Place {
    let (index, keyring) = (seen.index, seen.keyring);
    let street = match (&one.street.name, &other.street.name) {
        (a, b) if a.is_empty() || b.is_empty() => 3,
        (a, b) if a == b || squeezed_equal(a, b) => 0,
        (a, b) if alike(a, b) => 1,
        _ => 2,
    };
    let house = match (&one.street.house, &other.street.house) {
        (a, b) if a.is_empty() || b.is_empty() => 4,
        (a, b) if a == b => {
            let units = (&one.street.unit, &other.street.unit);
            let family_only = keyring.address(one).is_none_or(|value| seen.people(value) <= 1);
            if !units.0.is_empty() && !units.1.is_empty() && units.0 != units.1 {
                2
            } else {
                usize::from(!family_only)
            }
        }
        _ => 3,
    };
    let postcode = match (&one.postcode, &other.postcode) {
        (a, b) if a.is_empty() || b.is_empty() => 3,
        (a, b) if a == b => 0,
        (a, b) if edits(a, b, 1).is_some() => 1,
        _ => 2,
    };
    let city = match (&one.city, &other.city) {
        (a, b) if a.is_empty() || b.is_empty() => 4,
        (a, b) if a == b => {
            let people = keyring.city(one).map_or(0, |value| index.spread(value));
            usize::from(people.saturating_mul(200) > index.spread(keyring.everybody()))
        }
        (a, b) if alike(a, b) => 2,
        _ => 3,
    };
    let at_house = street <= 1 && house <= 2;
    let in_town = postcode <= 1 || city <= 2;
    let state = if at_house {
        0
    } else if in_town && street != 2 {
        1
    } else if street == 2 || postcode == 2 {
        2
    } else if city == 3 {
        3
    } else {
        4
    };
    Place { street, house, postcode, city, state }
}

/// Level in `fact::BORN` and state in `fact::LIFE_STATE`.
fn compare_births(one: Option<Born>, other: Option<Born>) -> (usize, usize) {
    let (Some(a), Some(b)) = (one, other) else { return (7, 3) };
    if a == b {
        return (0, 0);
    }
    let number =
        |born: Born| u64::from(born.year) * 10_000 + u64::from(born.month) * 100 + u64::from(born.day);
    match edits(digits(number(a), &mut [0; 20]), digits(number(b), &mut [0; 20]), 2) {
        Some(1) => (1, 1),
        _ if a.year == b.year && a.month == b.day && a.day == b.month => (2, 1),
        Some(2) => (3, 1),
        _ if a.year == b.year => (4, 2),
        _ if a.month == b.month && a.day == b.day => (5, 2),
        _ => (6, 2),
    }
}

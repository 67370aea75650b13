//! Under which keys a person is found again. Each key joins several facts into 64 bits, so that one typing error in
//! any one fact leaves other keys that still meet.

use super::identity::Identity;
use super::mailbox::{Mailbox, MailboxKind};
use super::name;

/// The version of the keys below. An index built with another version must be built again.
pub const VERSION: u32 = 2;

/// Makes the 64-bit keys: FNV-1a over a kind and its facts, mixed once more (the finaliser of splitmix64), starting
/// from a salt. The salt is a workspace's own, so that an index leaks nothing by itself and workspaces cannot be
/// compared; the hash is defined here and not the standard library's because stored keys must outlive a compiler.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keyring {
    salt: u64,
}

/// Whether rows that share this key are worth a comparison on that ground alone; otherwise they must share two.
pub fn is_whole(key: u64) -> bool {
    key & 1 == 1
}

/// A value to be counted and the different partners it was seen with; see [`Keyring::terms`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Term {
    /// The value: a name, a mailbox, an address.
    pub value: u64,
    /// Whom it was seen with.
    pub partner: u64,
}

/// What a key or term is about. The numbers are part of the hash and never change.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(super) enum About {
    Mailbox = 1,
    Phone = 2,
    Local = 3,
    Root = 4,
    Sound = 5,
    FamilyDomain = 6,
    FamilyCompany = 7,
    FamilyPostcode = 8,
    FamilyHouse = 9,
    GivenDomain = 10,
    GivenHouse = 11,
    GivenPostcode = 12,
    InitialFamilyCity = 13,
    InitialFamily = 22,
    GivenInitial = 23,
    LocalSound = 24,
    Born = 14,
    PersonalId = 15,
    PhoneHead = 16,
    PhoneTail = 17,
    BornName = 18,
    GivenCompany = 19,
    HousePostcode = 20,
    BornPlace = 21,
    HouseStreet = 25,
    StreetPostcode = 26,
    HouseNumberPostcode = 27,
    Line2Place = 28,
    NameHeadCity = 29,
    BornPart = 30,
    LocalHead = 31,
    StreetHead = 39,
    NameWord = 40,
    Given = 32,
    Family = 33,
    Address = 34,
    City = 35,
    Organisation = 36,
    Partner = 37,
    Person = 38,
}

impl Keyring {
    /// Keys of one workspace.
    pub fn new(salt: u64) -> Keyring {
        Keyring { salt }
    }

    /// One key.
    pub(super) fn key(self, about: About, parts: &[&[u8]]) -> u64 {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        let mut hash = (OFFSET ^ self.salt ^ about as u64).wrapping_mul(PRIME);
        for part in parts {
            for byte in *part {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
            }
            hash = (hash ^ 0xff).wrapping_mul(PRIME);
        }
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }

    /// A key worth a comparison by itself: its lowest bit is set.
    fn whole(self, about: About, parts: &[&[u8]]) -> u64 {
        self.key(about, parts) | 1
    }

    /// A key that many strangers share: only two of them together are worth a comparison. Its lowest bit is not set.
    fn hint(self, about: About, parts: &[&[u8]]) -> u64 {
        self.key(about, parts) & !1
    }

    /// The keys an identity is stored and looked up under, without doubles; empty for one with nothing to match on.
    pub fn keys(self, identity: &Identity) -> Vec<u64> {
        if identity.is_anonymous() {
            return Vec::new();
        }
        let mut keys = Vec::with_capacity(20);
        self.contact_keys(identity, &mut keys);
        self.name_keys(identity, &mut keys);
        self.place_keys(identity, &mut keys);
        self.life_keys(identity, &mut keys);
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn contact_keys(self, identity: &Identity, keys: &mut Vec<u64>) {
        let family = name::sound(name::family_core(&identity.name.family)).to_le_bytes();
        let initial = identity.name.given.chars().next().map(u32::from).unwrap_or_default().to_le_bytes();
        if let Some(mailbox) = &identity.mailbox {
            if mailbox.kind == MailboxKind::Role {
                keys.push(self.whole(About::Mailbox, &[mailbox.key.as_bytes(), &family]));
                keys.push(self.whole(About::Mailbox, &[mailbox.key.as_bytes(), &initial]));
            }
            keys.push(self.whole(About::Mailbox, &[mailbox.key.as_bytes()]));
            let letters: Vec<u8> = mailbox.local().bytes().filter(u8::is_ascii_alphanumeric).collect();
            if mailbox.is_personal() && letters.len() >= 5 {
                keys.push(self.whole(About::Local, &[&letters]));
                keys.push(
                    self.hint(About::LocalSound, &[&name::sound(&mailbox.letters).to_le_bytes(), &initial]),
                );
                let head = letters.get(..5).unwrap_or_default();
                keys.push(self.hint(About::Local, &[head, mailbox.domain().as_bytes(), &initial]));
                if let Some(head) = letters.get(..7) {
                    keys.push(self.hint(About::LocalHead, &[head]));
                }
                let head = letters.get(..3).unwrap_or_default();
                let domain = mailbox.domain().as_bytes();
                if mailbox.kind == MailboxKind::Work {
                    keys.push(self.hint(About::LocalHead, &[head, domain]));
                }
            }
        }
        if let Some(phone) = identity.phone {
            keys.push(self.whole(About::Phone, &[&phone.tail.to_le_bytes()]));
            keys.push(self.whole(About::PhoneHead, &[&(phone.tail / 10_000).to_le_bytes(), &family]));
            keys.push(self.whole(About::PhoneTail, &[&(phone.tail % 100_000).to_le_bytes(), &family]));
        }
    }

    fn name_keys(self, identity: &Identity, keys: &mut Vec<u64>) {
        let person = &identity.name;
        let family = name::family_core(&person.family);
        if family.is_empty() {
            let first = name::first_word(&person.given);
            if first.len() >= 3 {
                keys.push(self.hint(About::NameWord, &[&name::sound(first).to_le_bytes()]));
            }
            return;
        }
        let family_sound = name::sound(family);
        keys.push(self.hint(About::Family, &[family.as_bytes()]));
        let first = name::first_word(&person.given);
        for word in [family, first].into_iter().filter(|word| word.len() >= 3) {
            // Whichever of the names it is.
            keys.push(self.hint(About::NameWord, &[&name::sound(word).to_le_bytes()]));
        }
        if first.is_empty() {
            return;
        }
        keys.push(self.hint(About::InitialFamily, &[&[initial(first)], &family_sound.to_le_bytes()]));
        if person.is_initial() {
            return;
        }
        for root in person.roots.iter().filter(|root| **root != 0) {
            keys.push(self.whole(About::Root, &[&root.to_le_bytes(), &family_sound.to_le_bytes()]));
        }
        if let Some(spelled) = identity.mailbox.as_ref().and_then(|mailbox| spelled_beside(mailbox, first)) {
            // A family name that changed may live on in the mailbox.
            let (low, high) = unordered(name::sound(first), name::sound(&spelled));
            keys.push(self.whole(About::Sound, &[&low.to_le_bytes(), &high.to_le_bytes()]));
        }
        // Unordered, so that swapped names meet as well.
        let given_sound = name::sound(first);
        let (low, high) = unordered(given_sound, family_sound);
        keys.push(self.whole(About::Sound, &[&low.to_le_bytes(), &high.to_le_bytes()]));
        keys.push(self.hint(About::GivenInitial, &[&given_sound.to_le_bytes(), &[initial(family)]]));
    }

    fn place_keys(self, identity: &Identity, keys: &mut Vec<u64>) {
        let person = &identity.name;
        let given = name::first_word(&person.given);
        let house = [identity.street.house.as_bytes(), identity.street.name.as_bytes()];
        let housed = !identity.street.name.is_empty() && !identity.street.house.is_empty();
        for (word, domain, company, postcode, at_house) in [
            (
                name::family_core(&person.family),
                About::FamilyDomain,
                About::FamilyCompany,
                About::FamilyPostcode,
                About::FamilyHouse,
            ),
            (given, About::GivenDomain, About::GivenCompany, About::GivenPostcode, About::GivenHouse),
        ] {
            if word.is_empty() {
                continue;
            }
            let sound = name::sound(word).to_le_bytes();
            if !identity.domain.is_empty() {
                keys.push(self.whole(domain, &[&sound, identity.domain.as_bytes()]));
            }
            if !identity.company.is_empty() {
                let head = name::first_word(&identity.company);
                keys.push(self.hint(company, &[&sound, head.as_bytes()]));
            }
            if !identity.postcode.is_empty() {
                keys.push(self.hint(postcode, &[&sound, identity.postcode.as_bytes()]));
            }
            if housed {
                keys.push(self.whole(at_house, &[&sound, house[0], house[1]]));
            }
        }
        if housed && !identity.postcode.is_empty() {
            keys.push(
                self.whole(
                    About::HousePostcode,
                    &[house[0], identity.postcode.as_bytes(), &[initial(given)]],
                ),
            );
        }
        if !identity.city.is_empty() && !person.family.is_empty() {
            let family = name::family_core(&person.family);
            let parts = [&[initial(given)][..], family.as_bytes(), identity.city.as_bytes()];
            keys.push(self.whole(About::InitialFamilyCity, &parts));
        }
        self.bare_place_keys(identity, keys);
    }

    /// A place without a name, and a place with the beginning of one: for names too garbled to be of use. Strangers
    /// share these, so each is a hint.
    fn bare_place_keys(self, identity: &Identity, keys: &mut Vec<u64>) {
        let (street, postcode, city) =
            (&identity.street, identity.postcode.as_bytes(), identity.city.as_bytes());
        let (house, name) = (street.house.as_bytes(), street.name.as_bytes());
        if !house.is_empty() && !name.is_empty() {
            keys.push(self.hint(About::HouseStreet, &[house, name]));
        }
        if !postcode.is_empty() {
            if !name.is_empty() {
                keys.push(self.hint(About::StreetPostcode, &[name, postcode]));
            }
            if !house.is_empty() {
                keys.push(self.hint(About::HouseNumberPostcode, &[house, postcode]));
            }
        }
        let [street_head, line2_head, city_head] =
            [&street.name, &identity.line2, &identity.city].map(|text| squeezed_head(text));
        if street_head.len() >= 4 {
            keys.push(self.hint(About::StreetHead, &[&street_head]));
            if !house.is_empty() {
                keys.push(self.hint(About::StreetHead, &[street_head.get(..4).unwrap_or_default(), house]));
            }
        }
        if line2_head.len() >= 3 {
            keys.push(self.hint(About::Line2Place, &[&line2_head]));
        }
        if city.is_empty() {
            return;
        }
        if !house.is_empty() {
            keys.push(
                self.hint(About::NameHeadCity, &[city_head.get(..4).unwrap_or(&city_head), house, &[]]),
            );
        }
        for (word, tag) in
            [(name::first_word(&identity.name.given), 0u8), (name::family_core(&identity.name.family), 1)]
        {
            let head = word.as_bytes();
            if head.len() >= 2 {
                keys.push(self.hint(About::NameHeadCity, &[&[tag], head.get(..3).unwrap_or(head), city]));
            }
        }
    }

    fn life_keys(self, identity: &Identity, keys: &mut Vec<u64>) {
        if identity.personal_id.len() >= 4 {
            keys.push(self.whole(About::PersonalId, &[identity.personal_id.as_bytes()]));
        }
        let Some(born) = identity.born else { return };
        let given = name::first_word(&identity.name.given);
        let family = name::family_core(&identity.name.family);
        let day = [&born.year.to_le_bytes()[..], &[born.month, born.day]].concat();
        if born.month != 0 && born.day != 0 {
            let year = born.year.to_le_bytes();
            keys.push(self.hint(About::BornPart, &[&year, &[born.month]]));
            keys.push(self.hint(About::BornPart, &[&[born.month, born.day]]));
            keys.push(self.hint(About::BornPart, &[&[born.day, initial(given)], b"given"]));
            keys.push(self.hint(About::BornPart, &[&year, &[initial(given)], b"given"]));
            keys.push(self.hint(About::BornPart, &[&year, &[initial(family)], b"family"]));
            keys.push(self.hint(About::BornPart, &[&year, &[born.day], &[]]));
            if !identity.city.is_empty() {
                let month_of = [&[born.month][..], identity.city.as_bytes()].concat();
                keys.push(self.hint(About::BornPart, &[&month_of, &[born.day], &[], &[]]));
                keys.push(self.hint(About::BornPart, &[&year, identity.city.as_bytes(), &[], &[]]));
            }
            keys.push(self.hint(About::Born, &[&day]));
            keys.push(self.whole(About::Born, &[&day, &[initial(given)]]));
            keys.push(self.whole(About::Born, &[&day, &[initial(family)], &[]]));
            if !identity.postcode.is_empty() {
                keys.push(self.whole(About::BornPlace, &[&day, identity.postcode.as_bytes()]));
            }
            if !identity.city.is_empty() {
                keys.push(self.whole(About::BornPlace, &[&day, identity.city.as_bytes(), &[]]));
            }
        }
        for (word, tag) in [(given, 0u8), (family, 1)] {
            if !word.is_empty() {
                let sound = name::sound(word).to_le_bytes();
                keys.push(self.hint(About::BornName, &[&sound, &[tag], &born.year.to_le_bytes()]));
                keys.push(self.hint(About::BornName, &[&sound, &[tag], &[born.month, born.day]]));
            }
        }
    }

    /// What an identity adds to the counts that scoring looks up: how many different first names use a mailbox, a
    /// number, an address (its *sharing degree*: a switchboard has many, a mobile one), how many family names go with
    /// a given name, how many people live in a town. Distinct partners are counted, not rows, so that a person who
    /// writes ten times counts once.
    pub fn terms(self, identity: &Identity) -> Vec<Term> {
        let mut terms = Vec::with_capacity(10);
        let person = &identity.name;
        let family = name::family_core(&person.family);
        let given = self.given_partner(identity);
        let mut add = |value: u64, partner: u64| terms.push(Term { value, partner });
        if let Some(given) = given {
            for value in
                [self.mailbox(identity), self.phone(identity), self.address(identity)].into_iter().flatten()
            {
                add(value, given);
            }
        }
        if let Some(given) = given
            && let Some(whole) = self.person(identity)
        {
            add(self.family(family), given);
            add(self.given(name::first_word(&person.given)), self.key(About::Partner, &[family.as_bytes()]));
            for value in [self.city(identity), self.organisation(identity)].into_iter().flatten() {
                add(value, whole);
            }
            add(self.everybody(), whole);
            for (value, own) in
                [self.person_by_mailbox(identity), self.person_by_phone(identity)].into_iter().flatten()
            {
                own.into_iter().for_each(|own| add(value, own));
            }
        }
        terms
    }

    /// The values whose spreads a comparison with this identity asks for.
    pub fn values(self, identity: &Identity) -> Vec<u64> {
        let counted = [self.person_by_mailbox(identity), self.person_by_phone(identity)];
        let named = [
            self.family(name::family_core(&identity.name.family)),
            self.given(name::first_word(&identity.name.given)),
        ];
        let one = [
            self.mailbox(identity),
            self.phone(identity),
            self.address(identity),
            self.organisation(identity),
            self.city(identity),
        ];
        let counted = counted.into_iter().flatten().map(|(value, _)| value);
        one.into_iter().flatten().chain(counted).chain(named).collect()
    }

    /// The value under which a whole name's mailboxes are counted, and this identity's own.
    pub(super) fn person_by_mailbox(self, identity: &Identity) -> Option<(u64, Option<u64>)> {
        let own = identity.mailbox.as_ref().filter(|mailbox| mailbox.is_personal());
        let own = own.and_then(|_| self.mailbox(identity));
        Some((self.key(About::Person, &[b"mailbox", &self.person(identity)?.to_le_bytes()]), own))
    }

    /// The value under which a whole name's telephone numbers are counted, and this identity's own.
    pub(super) fn person_by_phone(self, identity: &Identity) -> Option<(u64, Option<u64>)> {
        Some((
            self.key(About::Person, &[b"phone", &self.person(identity)?.to_le_bytes()]),
            self.phone(identity),
        ))
    }

    /// A whole name as a partner.
    fn person(self, identity: &Identity) -> Option<u64> {
        let family = name::family_core(&identity.name.family);
        let given = self.given_partner(identity)?;
        (!family.is_empty()).then(|| self.key(About::Partner, &[family.as_bytes(), &given.to_le_bytes()]))
    }

    /// The first name as a partner: nicknames and misspellings of one name count once. Initials are not counted.
    pub(super) fn given_partner(self, identity: &Identity) -> Option<u64> {
        let first = name::first_word(&identity.name.given);
        if first.is_empty() || identity.name.is_initial() {
            return None;
        }
        let root = identity.name.roots[0];
        let partner = if root == 0 { name::sound(first) } else { u64::from(root) << 48 };
        Some(self.key(About::Partner, &[&partner.to_le_bytes()]))
    }

    pub(super) fn mailbox(self, identity: &Identity) -> Option<u64> {
        identity.mailbox.as_ref().map(|mailbox| self.key(About::Mailbox, &[mailbox.key.as_bytes()]))
    }

    pub(super) fn phone(self, identity: &Identity) -> Option<u64> {
        identity.phone.map(|phone| self.key(About::Phone, &[&phone.tail.to_le_bytes()]))
    }

    pub(super) fn address(self, identity: &Identity) -> Option<u64> {
        let street = &identity.street;
        let whole = !street.name.is_empty() && !street.house.is_empty();
        whole.then(|| self.key(About::Address, &[street.house.as_bytes(), street.name.as_bytes()]))
    }

    pub(super) fn organisation(self, identity: &Identity) -> Option<u64> {
        let name = if identity.domain.is_empty() { &identity.company } else { &identity.domain };
        (!name.is_empty()).then(|| self.key(About::Organisation, &[name.as_bytes()]))
    }

    pub(super) fn city(self, identity: &Identity) -> Option<u64> {
        (!identity.city.is_empty()).then(|| self.key(About::City, &[identity.city.as_bytes()]))
    }

    pub(super) fn family(self, family: &str) -> u64 {
        self.key(About::Family, &[family.as_bytes()])
    }

    pub(super) fn given(self, given: &str) -> u64 {
        self.key(About::Given, &[given.as_bytes()])
    }

    /// The term under which different whole names are counted: the number of people, roughly.
    pub(super) fn everybody(self) -> u64 {
        self.key(About::Person, &[])
    }
}

fn unordered(one: u64, other: u64) -> (u64, u64) {
    (one.min(other), one.max(other))
}

/// What a personal mailbox spells before or after a given name: the family name, usually.
fn spelled_beside(mailbox: &Mailbox, given: &str) -> Option<String> {
    if !mailbox.is_personal() || given.len() < 3 {
        return None;
    }
    let beside = mailbox.letters.strip_prefix(given).or_else(|| mailbox.letters.strip_suffix(given))?;
    (beside.len() >= 3).then(|| beside.to_owned())
}

/// The first six letters without spaces: what a slip of the finger further on leaves alone.
fn squeezed_head(text: &str) -> Vec<u8> {
    text.bytes().filter(|byte| *byte != b' ').take(6).collect()
}

fn initial(word: &str) -> u8 {
    word.bytes().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::identity::Fields;
    use super::super::name::RawName;
    use super::*;

    fn identity(given: &str, family: &str, email: &str, phone: &str) -> Identity {
        let name = RawName { given, family, ..RawName::default() };
        Identity::read(&Fields { name, email, phone, home_country: "US", ..Fields::default() })
    }

    #[track_caller]
    fn meet(one: &Identity, other: &Identity) -> bool {
        let keys = Keyring::new(7).keys(other);
        let one = Keyring::new(7).keys(one);
        let common: Vec<_> = one.iter().filter(|key| keys.contains(key)).collect();
        common.len() > 1 || common.iter().any(|key| is_whole(**key))
    }

    #[test]
    fn keys_are_the_same_in_every_version() {
        assert_eq!(Keyring::new(0).key(About::Mailbox, &[b"a@b.de"]), 0xbdbd0661d68beb05);
        let keys = Keyring::new(1).keys(&identity("Paige", "Hughes", "phughes79@aol.com", ""));
        assert_eq!(keys.len(), 11, "{keys:x?}");
    }

    #[test]
    fn another_salt_gives_other_keys() {
        let paige = identity("Paige", "Hughes", "phughes79@aol.com", "");
        let other = Keyring::new(2).keys(&paige);
        assert!(Keyring::new(1).keys(&paige).iter().all(|key| !other.contains(key)));
    }

    #[test]
    fn one_error_in_any_fact_leaves_a_common_key() {
        let paige = identity("Paige", "Hughes", "phughes79@aol.com", "(415) 902-2256");
        assert!(meet(&paige, &identity("Paige", "Huges", "", "")), "a family name misspelled");
        assert!(meet(&paige, &identity("Hughes", "Paige", "", "")), "names swapped");
        assert!(meet(&paige, &identity("", "", "phughes79@aol.com", "")), "only the mailbox");
        assert!(meet(&paige, &identity("", "", "", "415 902 2256")), "only the number");
        assert!(meet(&paige, &identity("", "Hughes", "", "415 902 2266")), "a digit misspelled");
        assert!(meet(&identity("William", "Rey", "", ""), &identity("Bill", "Rey", "", "")), "a nickname");
    }

    #[test]
    fn nothing_to_match_on_has_no_keys() {
        assert!(Keyring::new(0).keys(&identity("", "Hughes", "", "")).is_empty());
        assert!(Keyring::new(0).keys(&Identity::default()).is_empty());
    }
}

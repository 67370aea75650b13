//! Who an enquiry says it is from, normalised once. The enquiry itself keeps every original.

use super::fold;
use super::mailbox::{Mailbox, MailboxKind};
use super::name::{self, PersonName, RawName};
use super::organisation;
use super::phone::{self, Phone};
use super::place::{self, Street};

/// What a source said about a person, as it was written. Absent fields are empty; every field is only read up to
/// [`fold::MAX_CHARS`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Fields<'a> {
    /// The person's name.
    pub name: RawName<'a>,
    /// An e-mail address.
    pub email: &'a str,
    /// A telephone number.
    pub phone: &'a str,
    /// The company or employer.
    pub company: &'a str,
    /// The company's web address.
    pub website: &'a str,
    /// Street, with the house number unless that has its own field.
    pub street: &'a str,
    /// House number.
    pub house_number: &'a str,
    /// A second address line.
    pub line2: &'a str,
    /// Town or suburb.
    pub city: &'a str,
    /// Postal code.
    pub postcode: &'a str,
    /// State, province or region.
    pub state: &'a str,
    /// ISO 3166 two-letter code, or a name in English or the country's own language.
    pub country: &'a str,
    /// Date of birth, `YYYY-MM-DD`, `YYYYMMDD` or with the year last.
    pub born: &'a str,
    /// Sex or gender, in whatever words the source uses.
    pub gender: &'a str,
    /// A number that an authority or the source gave to this person alone.
    pub personal_id: &'a str,
    /// Town of birth.
    pub birth_place: &'a str,
    /// Occupation or job title.
    pub occupation: &'a str,
    /// The workspace's own country, tried for telephone numbers when nothing else tells (two-letter code).
    pub home_country: &'a str,
}

/// A calendar day of birth. A part that was not given or cannot be is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Born {
    /// Four digits.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// Everything matching compares, normalised. Empty text and `None` mean "not said".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Identity {
    /// The person's name.
    pub name: PersonName,
    /// The given name was not said in full, but the mailbox spells it.
    pub given_from_mailbox: bool,
    /// The mailbox.
    pub mailbox: Option<Mailbox>,
    /// The telephone number.
    pub phone: Option<Phone>,
    /// The company's name without legal form.
    pub company: Box<str>,
    /// The company's registered domain, from the web address or a work mailbox.
    pub domain: Box<str>,
    /// The street address.
    pub street: Street,
    /// The second address line, folded.
    pub line2: Box<str>,
    /// Town, folded.
    pub city: Box<str>,
    /// Postcode core.
    pub postcode: Box<str>,
    /// State or region, folded.
    pub state: Box<str>,
    /// Two-letter code; zeros when not said.
    pub country: [u8; 2],
    /// Day of birth.
    pub born: Option<Born>,
    /// `f`, `m` or another first letter; zero when not said.
    pub gender: u8,
    /// A number given to this person alone, folded to letters and digits.
    pub personal_id: Box<str>,
    /// Town of birth, folded.
    pub birth_place: Box<str>,
    /// Occupation, folded.
    pub occupation: Box<str>,
}

impl Identity {
    /// Normalises what a source said. Never fails: what cannot be read is treated as not said.
    pub fn read(fields: &Fields<'_>) -> Identity {
        let mailbox = Mailbox::read(fields.email);
        let website = organisation::company_domain(fields.website);
        let work = mailbox.as_ref().filter(|mailbox| mailbox.kind != MailboxKind::FreeMail);
        let domain =
            website.or_else(|| work.and_then(|mailbox| organisation::company_domain(mailbox.domain())));
        let domain = domain.unwrap_or_default();
        let country = country_code(fields.country);
        let phone = read_phone(fields, country, mailbox.as_ref(), &domain);
        let mut name = PersonName::read(fields.name);
        let given_from_mailbox = complete_given(&mut name, mailbox.as_ref(), fields.email);
        Identity {
            name,
            given_from_mailbox,
            mailbox,
            phone,
            company: organisation::company(fields.company).into(),
            domain: domain.into(),
            street: Street::read(fields.street, fields.house_number),
            line2: fold::words(fields.line2).into(),
            city: fold::words(fields.city).into(),
            postcode: place::postcode(fields.postcode).into(),
            state: fold::words(fields.state).into(),
            country: country.unwrap_or_default(),
            born: born(fields.born),
            gender: fold::words(fields.gender).bytes().next().unwrap_or_default(),
            personal_id: fold::run(fields.personal_id).into(),
            birth_place: fold::words(fields.birth_place).into(),
            occupation: fold::words(fields.occupation).into(),
        }
    }

    /// Nothing was said that could tell this person from another: such an enquiry is always new. One name alone is
    /// nothing; with a place, a company or a birthday it is little, but something.
    pub fn is_anonymous(&self) -> bool {
        let (given, family) = (!self.name.given.is_empty(), !self.name.family.is_empty());
        let beside = [&self.company, &self.domain, &self.street.name, &self.postcode, &self.city];
        let placed = self.born.is_some() || beside.into_iter().any(|text| !text.is_empty());
        let named = (given && family) || (placed && (given || family));
        self.mailbox.is_none() && self.phone.is_none() && self.personal_id.is_empty() && !named
    }
}

fn read_phone(
    fields: &Fields<'_>,
    country: Option<[u8; 2]>,
    mailbox: Option<&Mailbox>,
    domain: &str,
) -> Option<Phone> {
    if fields.phone.is_empty() {
        return None;
    }
    let mut regions: Vec<&str> = Vec::with_capacity(4);
    let said = country.and_then(|code| std::str::from_utf8(&code).ok().map(str::to_owned));
    regions.extend(said.as_deref());
    regions.extend(mailbox.and_then(|mailbox| phone::region_of_domain(mailbox.domain())));
    regions.extend(phone::region_of_domain(domain));
    if fields.home_country.len() == 2 {
        regions.push(fields.home_country);
    }
    regions.dedup();
    Phone::read(fields.phone, &regions)
}

/// When the given name is missing or only an initial, and a personal mailbox spells a name beside the family name,
/// takes the given name from there. Says whether it did.
fn complete_given(name: &mut PersonName, mailbox: Option<&Mailbox>, address: &str) -> bool {
    let family: String = name.family.chars().filter(|letter| *letter != ' ').collect();
    if !(name.given.is_empty() || name.is_initial())
        || family.len() < 2
        || !mailbox.is_some_and(Mailbox::is_personal)
    {
        return false;
    }
    let local = address.split('@').next().unwrap_or_default().split('+').next().unwrap_or_default();
    let parts: Vec<String> = local
        .split(|letter: char| !letter.is_alphabetic())
        .map(fold::run)
        .filter(|part| !part.is_empty())
        .collect();
    let spelled = match parts.as_slice() {
        [first, last] if *last == family => first.as_str(),
        [last, first] if *last == family => first.as_str(),
        [one] => one
            .strip_suffix(family.as_str())
            .or_else(|| one.strip_prefix(family.as_str()))
            .unwrap_or_default(),
        _ => return false,
    };
    let fits = name.given.chars().next().is_none_or(|initial| spelled.starts_with(initial));
    if spelled.len() < 3 || !fits {
        return false;
    }
    name.given = spelled.into();
    name.roots = super::nicknames::roots(name::first_word(spelled));
    true
}

/// A country as its two-letter code: taken as it is, or from the commonest names.
fn country_code(country: &str) -> Option<[u8; 2]> {
    let folded = fold::words(country);
    let code = match folded.as_str() {
        "uk" | "united kingdom" | "great britain" | "england" | "scotland" | "wales" => "gb",
        "usa" | "united states" | "united states of america" | "us of a" => "us",
        "germany" | "deutschland" => "de",
        "france" => "fr",
        "spain" | "espana" => "es",
        "italy" | "italia" => "it",
        "netherlands" | "the netherlands" | "nederland" | "holland" => "nl",
        "sweden" | "sverige" => "se",
        "poland" | "polska" => "pl",
        "austria" | "osterreich" => "at",
        "switzerland" | "schweiz" | "suisse" => "ch",
        "belgium" | "belgie" | "belgique" => "be",
        "australia" => "au",
        "canada" => "ca",
        "ireland" => "ie",
        other => other,
    };
    let [first, second] = code.as_bytes() else { return None };
    (first.is_ascii_lowercase() && second.is_ascii_lowercase())
        .then(|| [first.to_ascii_uppercase(), second.to_ascii_uppercase()])
}

/// A date of birth in the usual orders. Parts that cannot be read are zero; `None` when there is not even a year.
fn born(text: &str) -> Option<Born> {
    let text = text.get(..text.len().min(10)).unwrap_or_default();
    let parts: Vec<&str> =
        text.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<u16>().ok()).unwrap_or_default();
    let (year, month, day) = match parts.as_slice() {
        [run] if run.len() == 8 => (number(run.get(..4)), number(run.get(4..6)), number(run.get(6..))),
        [year] if year.len() == 4 => (number(Some(year)), 0, 0),
        [year, month, day] if year.len() == 4 => (number(Some(year)), number(Some(month)), number(Some(day))),
        [one, two, year] if year.len() == 4 => {
            let (one, two) = (number(Some(one)), number(Some(two)));
            if text.contains('/') && one <= 12 {
                (number(Some(year)), one, two)
            } else {
                (number(Some(year)), two, one)
            }
        }
        _ => return None,
    };
    let small = |number: u16| u8::try_from(number).unwrap_or_default();
    (year > 0).then(|| Born { year, month: small(month), day: small(day) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enquiry_is_normalised_once() {
        let identity = Identity::read(&Fields {
            name: RawName { given: "Margaret", family: "Ford", ..RawName::default() },
            email: "margaret@TamboriniCapital.com",
            phone: "(404) 562-5666",
            company: "Tamborini Capital S.p.A.",
            city: "Cilea Terme",
            country: "Italy",
            home_country: "US",
            ..Fields::default()
        });
        assert_eq!(identity.domain.as_ref(), "tamborinicapital.com");
        assert_eq!(identity.company.as_ref(), "tamborini capital");
        assert_eq!(&identity.country, b"IT");
        assert_eq!(
            identity.phone.unwrap().e164,
            Some(14_045_625_666),
            "the workspace's country, as Italy has no such number"
        );
        assert!(!identity.is_anonymous());
    }

    #[test]
    fn a_missing_given_name_is_taken_from_the_mailbox() {
        let read = |given, family, email| {
            let fields =
                Fields { name: RawName { given, family, ..RawName::default() }, email, ..Fields::default() };
            let identity = Identity::read(&fields);
            (identity.name.given.to_string(), identity.given_from_mailbox)
        };
        assert_eq!(read("", "Garcia", "kristagarcia@gmail.com"), ("krista".to_owned(), true));
        assert_eq!(read("T", "Robinson", "tina_robinson@gmx.de"), ("tina".to_owned(), true));
        assert_eq!(read("T", "Robinson", "hello@stellline.com"), ("t".to_owned(), false));
        assert_eq!(read("M", "Robinson", "tina.robinson@gmx.de"), ("m".to_owned(), false), "another initial");
        assert_eq!(read("Tina", "Robinson", "bob.robinson@gmx.de"), ("tina".to_owned(), false));
    }

    #[test]
    fn a_date_of_birth_in_the_usual_orders() {
        let day = Some(Born { year: 1971, month: 6, day: 24 });
        for text in
            ["1971-06-24", "19710624", "24.06.1971", "06/24/1971", "24/06/1971", "1971-06-24T00:00:00Z"]
        {
            assert_eq!(born(text), day, "{text}");
        }
        for text in ["", "n/a", "24.06.71", "ééééééééééé"] {
            assert_eq!(born(text), None, "{text}");
        }
    }

    #[test]
    fn nothing_to_match_on_is_anonymous() {
        let mut fields = Fields { city: "Berlin", company: "Acme", ..Fields::default() };
        assert!(Identity::read(&fields).is_anonymous(), "a company is not a person");
        fields.phone = "030 8524719";
        assert!(!Identity::read(&fields).is_anonymous());
    }

    #[test]
    fn absurd_input_is_bounded() {
        let long = "Ä ".repeat(10_000);
        let fields = Fields {
            name: RawName { full: &long, given: &long, middle: &long, family: &long },
            email: &long,
            phone: &long,
            company: &long,
            website: &long,
            street: &long,
            city: &long,
            postcode: &long,
            born: &long,
            ..Fields::default()
        };
        let identity = Identity::read(&fields);
        assert!(
            identity.name.family.len() <= fold::MAX_CHARS * 4
                && identity.street.name.len() <= fold::MAX_CHARS * 4
        );
    }
}

//! Raw inbound, whatever the channel, becomes an [`Enquiry`] with an idempotency key. Limits are here, so that every
//! door refuses the same things with the same words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::terms::{Attachment, Person};

/// Longest text in one field of an enquiry, in characters.
pub const FIELD_CHARS: usize = 10_000;
/// Longest text of a message, in characters; mail bodies may be longer than form fields.
pub const TEXT_CHARS: usize = 100_000;
/// Most extra fields one enquiry may bring.
pub const FIELDS: usize = 50;
/// Most attachments kept of one message.
pub const ATTACHMENTS: usize = 20;

/// The channel something came in on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A web form.
    Form,
    /// The JSON API.
    Api,
    /// E-mail.
    Email,
    /// A CSV import.
    Csv,
}

impl Source {
    /// The word in conditions, pages and API.
    pub const fn word(self) -> &'static str {
        match self {
            Source::Form => "form",
            Source::Api => "api",
            Source::Email => "email",
            Source::Csv => "csv",
        }
    }
}

/// Whether a person wrote an inbound message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Automatic {
    /// A person did.
    #[default]
    No,
    /// An out-of-office answer.
    OutOfOffice,
    /// A delivery report.
    Bounce,
    /// A list, newsletter or other bulk mail.
    Bulk,
}

/// What somebody said to us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// Channel it came on.
    pub channel: Source,
    /// Sender's address as the channel gave it.
    pub from: String,
    /// Subject line; empty where the channel has none.
    pub subject: String,
    /// The text, without quotes and signature where these could be told apart.
    pub text: String,
    /// The channel's own id, e.g. Message-ID without angle brackets.
    pub external_id: Option<String>,
    /// Message-IDs this answers, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// Files that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Not written by a person.
    #[serde(default)]
    pub automatic: Automatic,
    /// When the channel received it.
    pub received_at: Timestamp,
}

/// One delivery from outside: somebody would like something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enquiry {
    /// Channel.
    pub source: Source,
    /// What exactly delivered it: a form's name, an import file's name, a mailbox.
    pub origin: String,
    /// Who writes.
    pub person: Person,
    /// Company size, budget and whatever else a form asks.
    pub fields: BTreeMap<String, String>,
    /// What they say, if anything.
    pub message: Option<Inbound>,
    /// The same delivery twice carries the same key.
    pub delivery: String,
    /// When it came in.
    pub received_at: Timestamp,
}

/// Why a delivery cannot become an enquiry. Each names the field, so that a door can point at it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// Nobody could be answered.
    #[error("an e-mail address or a phone number is needed to answer; give at least one of `email`, `phone`")]
    Unreachable,
    /// Not an address.
    #[error("`{0}` is not an e-mail address; expected something like name@example.com")]
    BadEmail(String),
    /// Not a phone number.
    #[error("`{0}` is not a phone number; expected digits, spaces and an optional + in front")]
    BadPhone(String),
    /// Too much text.
    #[error("`{field}` has {chars} characters; at most {limit} are taken")]
    TooLong {
        /// Which field.
        field: String,
        /// How long it is.
        chars: usize,
        /// How long it may be.
        limit: usize,
    },
    /// Too many extra fields.
    #[error("{0} extra fields; at most 50 are taken")]
    TooManyFields(usize),
    /// Too many attachments.
    #[error("{0} attachments; at most 20 are taken")]
    TooManyAttachments(usize),
    /// A control character where none belongs.
    #[error("`{0}` contains a control character")]
    Control(String),
}

impl CaptureError {
    /// The field at fault, as doors name it.
    pub fn field(&self) -> &str {
        match self {
            CaptureError::Unreachable | CaptureError::BadEmail(_) => "email",
            CaptureError::BadPhone(_) => "phone",
            CaptureError::TooLong { field, .. } | CaptureError::Control(field) => field,
            CaptureError::TooManyFields(_) => "fields",
            CaptureError::TooManyAttachments(_) => "attachments",
        }
    }

    /// Whether the fault is size rather than meaning.
    pub const fn is_size(&self) -> bool {
        matches!(
            self,
            CaptureError::TooLong { .. }
                | CaptureError::TooManyFields(_)
                | CaptureError::TooManyAttachments(_)
        )
    }
}

impl Enquiry {
    /// Checks everything a door cannot know by itself and tidies what is safe to tidy: surrounding space, case of
    /// country and language.
    ///
    /// # Errors
    /// Every fault found, so that a person can mend all at once.
    pub fn checked(mut self) -> Result<Enquiry, Vec<CaptureError>> {
        let mut errors = Vec::new();
        let person = &mut self.person;
        for text in [
            &mut person.name,
            &mut person.email,
            &mut person.phone,
            &mut person.company,
            &mut person.country,
            &mut person.language,
        ] {
            *text = text.trim().to_owned();
        }
        person.country = country(&person.country);
        person.language = language(&person.language);
        for (field, value) in self.person.parts() {
            check_line(field, value, &mut errors);
        }
        if self.person.email.is_empty() && self.person.phone.is_empty() {
            errors.push(CaptureError::Unreachable);
        }
        if !self.person.email.is_empty() && !is_address(&self.person.email) {
            errors.push(CaptureError::BadEmail(clip(&self.person.email)));
        }
        if !self.person.phone.is_empty() && !is_phone(&self.person.phone) {
            errors.push(CaptureError::BadPhone(clip(&self.person.phone)));
        }
        if self.fields.len() > FIELDS {
            errors.push(CaptureError::TooManyFields(self.fields.len()));
        }
        for (name, value) in &self.fields {
            check_length(&format!("fields/{name}"), value, FIELD_CHARS, &mut errors);
        }
        if let Some(message) = &self.message {
            check_line("subject", &message.subject, &mut errors);
            let limit = if message.channel == Source::Email { TEXT_CHARS } else { FIELD_CHARS };
            check_length("message", &message.text, limit, &mut errors);
            if message.attachments.len() > ATTACHMENTS {
                errors.push(CaptureError::TooManyAttachments(message.attachments.len()));
            }
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }
}

fn check_length(field: &str, value: &str, limit: usize, errors: &mut Vec<CaptureError>) {
    // Bytes bound characters from above, so most values need no counting.
    if value.len() > limit {
        let chars = value.chars().count();
        if chars > limit {
            errors.push(CaptureError::TooLong { field: field.to_owned(), chars, limit });
        }
    }
}

fn check_line(field: &str, value: &str, errors: &mut Vec<CaptureError>) {
    check_length(field, value, FIELD_CHARS, errors);
    if value.chars().any(char::is_control) {
        errors.push(CaptureError::Control(field.to_owned()));
    }
}

fn clip(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Whether `text` can be an address: one `@`, something on both sides, no space, a dot in the domain. Delivery is
/// the only full check there is.
pub fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let clean = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;()[]\"\\@".contains(c))
    };
    clean(local)
        && clean(domain)
        && text.len() <= 254
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty() && label.len() <= 63)
}

/// Whether `text` can be a phone number: five to twenty digits and the usual punctuation.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let rest_is_usual = text
        .to_lowercase()
        .replace("ext", "x")
        .chars()
        .all(|c| c.is_ascii_digit() || " +-./()x#\u{a0}".contains(c));
    (5..=20).contains(&digits) && rest_is_usual
}

fn country(text: &str) -> String {
    if text.len() == 2 && text.is_ascii() { text.to_ascii_uppercase() } else { text.to_owned() }
}

/// The primary part of a language tag: `de-AT` is `de`.
fn language(text: &str) -> String {
    let primary = text.split(['-', '_']).next().unwrap_or_default();
    if (2..=3).contains(&primary.len()) && primary.is_ascii() {
        primary.to_ascii_lowercase()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enquiry(person: Person) -> Enquiry {
        Enquiry {
            source: Source::Api,
            origin: "api".into(),
            person,
            fields: BTreeMap::new(),
            message: None,
            delivery: "k".into(),
            received_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_address_or_a_phone_is_needed() {
        let errors = enquiry(Person { name: "Ana".into(), ..Person::default() }).checked().unwrap_err();
        assert_eq!(errors, [CaptureError::Unreachable]);
    }

    #[test]
    fn names_of_the_world_are_taken_as_they_are() {
        for name in ["Nguyễn Văn Ánh", "محمد الأحمد", "李小龍", "Łukasz Żółć", "O’Brien-Müller"]
        {
            let person = Person { name: name.into(), email: "a@b.example".into(), ..Person::default() };
            assert_eq!(enquiry(person).checked().unwrap().person.name, name);
        }
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let person = Person {
            name: "x".repeat(FIELD_CHARS + 1),
            email: "no at".into(),
            phone: "call me".into(),
            ..Person::default()
        };
        let errors = enquiry(person).checked().unwrap_err();
        let fields: Vec<_> = errors.iter().map(CaptureError::field).collect();
        assert_eq!(fields, ["name", "email", "phone"]);
        assert!(errors[0].is_size());
    }

    #[test]
    fn a_line_break_cannot_travel_in_a_single_line_field() {
        let person =
            Person { name: "A\r\nBcc: x@y.example".into(), email: "a@b.example".into(), ..Person::default() };
        assert_eq!(enquiry(person).checked().unwrap_err(), [CaptureError::Control("name".into())]);
    }

    #[test]
    fn addresses() {
        for good in ["a@b.co", "first.last+tag@mail.example.com", "ü@bücher.example"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "a", "a@b", "@b.co", "a@", "a b@c.co", "a@b..co", "a@b.co, c@d.co", "<a@b.co>"] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}

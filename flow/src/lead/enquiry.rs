//! What enquiries said, and what of it counts. The enquiries stay as they were; the lead's person is a view of them, so
//! that a merge can be undone to the letter.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::capture::Source;
use crate::fact::AccountRef;
use crate::ids::LeadId;
use crate::matching::{Card, fold};
use crate::terms::Person;

/// Different enquiries that a lead remembers of itself, and of each lead that was merged into it. When there are more,
/// the two oldest become one.
pub const ENQUIRY_NOTES: usize = 12;

/// What the state remembers of an enquiry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnquiryNote {
    /// The lead that brought it when it was merged in; none for the lead's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<LeadId>,
    /// The delivery's idempotency key.
    pub delivery: String,
    /// Channel.
    pub source: Source,
    /// Form, file or mailbox.
    pub origin: String,
    /// The person as this enquiry wrote it.
    pub person: Person,
    /// What else it said.
    pub fields: BTreeMap<String, String>,
    /// The account it was found to belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountRef>,
    /// When it last said so.
    pub at: Timestamp,
    /// How often the same was said.
    pub times: u32,
}

/// What became of a field: the value that counts, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor<'a> {
    /// The value, as somebody wrote it.
    pub value: &'a str,
    /// The enquiry it comes from.
    pub from: &'a EnquiryNote,
    /// Mail came from this very mailbox.
    pub verified: bool,
    /// How often it was said.
    pub times: u32,
    /// Another enquiry says something else.
    pub disputed: bool,
}

/// Adds what an enquiry said. The same again only counts.
pub(super) fn note(notes: &mut Vec<EnquiryNote>, new: EnquiryNote) {
    let same = |known: &&mut EnquiryNote| {
        known.of == new.of
            && known.source == new.source
            && known.person == new.person
            && known.fields == new.fields
    };
    if let Some(known) = notes.iter_mut().find(same) {
        known.times = known.times.saturating_add(1);
        known.at = known.at.max(new.at);
        return;
    }
    let of = new.of;
    notes.push(new);
    if notes.iter().filter(|note| note.of == of).count() > ENQUIRY_NOTES {
        fold_oldest(notes, of);
    }
}

/// Makes the two oldest notes of one lead one: what counted among the two stays.
fn fold_oldest(notes: &mut Vec<EnquiryNote>, of: Option<LeadId>) {
    let mut places = (0..notes.len()).filter(|place| notes.get(*place).is_some_and(|note| note.of == of));
    let (Some(first), Some(second)) = (places.next(), places.next()) else { return };
    let pair = [first, second].map(|place| notes.get(place).cloned());
    let [Some(older), Some(newer)] = pair else { return };
    let both = [older, newer];
    let folded = EnquiryNote {
        person: person(&both),
        fields: fields(&both),
        account: account(&both),
        at: both.iter().map(|note| note.at).max().unwrap_or_default(),
        times: both.iter().map(|note| note.times).fold(0, u32::saturating_add),
        ..both.into_iter().next().unwrap_or_else(|| notes.remove(first))
    };
    notes.remove(second);
    if let Some(place) = notes.get_mut(first) {
        *place = folded;
    }
}

/// The person that all enquiries together speak of, field by field.
pub fn person(notes: &[EnquiryNote]) -> Person {
    let field = |of: fn(&Person) -> &str, kind| {
        survivor(notes, kind, |note| of(&note.person)).map(|found| found.value.to_owned()).unwrap_or_default()
    };
    Person {
        name: field(|person| &person.name, Kind::Name),
        email: field(|person| &person.email, Kind::Mailbox),
        phone: field(|person| &person.phone, Kind::Number),
        company: field(|person| &person.company, Kind::Text),
        country: field(|person| &person.country, Kind::Text),
        language: field(|person| &person.language, Kind::Text),
    }
}

/// The extra fields that count.
pub fn fields(notes: &[EnquiryNote]) -> BTreeMap<String, String> {
    let names = notes.iter().flat_map(|note| note.fields.keys());
    let counts = |name: &String| {
        let found = survivor(notes, Kind::Text, |note| note.fields.get(name).map_or("", String::as_str))?;
        Some((name.clone(), found.value.to_owned()))
    };
    names.filter_map(counts).collect()
}

/// The account that the earliest enquiry was found to belong to; the lead's own before those merged in.
pub(super) fn account(notes: &[EnquiryNote]) -> Option<AccountRef> {
    let (own, brought): (Vec<_>, Vec<_>) = notes.iter().partition(|note| note.of.is_none());
    own.into_iter().chain(brought).find_map(|note| note.account.clone())
}

/// What later enquiries are compared with; each different card once.
pub fn cards(notes: &[EnquiryNote]) -> Vec<Card> {
    let mut all: Vec<Card> = Vec::new();
    for note in notes {
        let card = Card::of(&note.person, &note.fields);
        if !all.contains(&card) {
            all.push(card);
        }
    }
    all
}

/// How values of a field are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A person's name: part of a longer one, or its initials, is no other name.
    Name,
    /// An e-mail address.
    Mailbox,
    /// A telephone number.
    Number,
    /// Anything else.
    Text,
}

/// One value with everybody who said it.
struct Value<'a> {
    key: String,
    shown: &'a str,
    from: &'a EnquiryNote,
    verified: bool,
    latest: Timestamp,
    times: u32,
}

/// The value of one field that counts: verified before merely said, then the latest, then the most frequent, then the
/// longest. Two spellings of one value are one, shown as it was written in full.
pub fn survivor<'a>(
    notes: &'a [EnquiryNote],
    kind: Kind,
    of: impl Fn(&'a EnquiryNote) -> &'a str,
) -> Option<Survivor<'a>> {
    let mut values: Vec<Value<'a>> = Vec::new();
    for note in notes {
        let shown = of(note).trim();
        let key = kind.key(shown);
        if key.is_empty() {
            continue;
        }
        let verified = kind == Kind::Mailbox && note.source == Source::Email;
        let known = values.iter_mut().find(|value| kind.is_one(&value.key, &key));
        match known {
            Some(known) => known.hear(key, shown, note, verified),
            None => {
                values.push(Value { key, shown, from: note, verified, latest: note.at, times: note.times })
            }
        }
    }
    let disputed = values.len() > 1;
    let best = values.into_iter().max_by(|one, other| {
        let rank = |value: &Value<'_>| (value.verified, value.latest, value.times, value.shown.len());
        // Of equals the first said counts.
        rank(one).cmp(&rank(other)).then(std::cmp::Ordering::Greater)
    })?;
    Some(Survivor {
        value: best.shown,
        from: best.from,
        verified: best.verified,
        times: best.times,
        disputed,
    })
}

impl<'a> Value<'a> {
    /// The same value once more.
    fn hear(&mut self, key: String, shown: &'a str, from: &'a EnquiryNote, verified: bool) {
        let fuller = key.len() > self.key.len()
            || (key == self.key && is_mixed_case(shown) && !is_mixed_case(self.shown))
            || (verified && !self.verified);
        if fuller {
            (self.key, self.shown, self.from) = (key, shown, from);
        }
        self.verified |= verified;
        self.latest = self.latest.max(from.at);
        self.times = self.times.saturating_add(from.times);
    }
}

/// Neither shouted nor whispered.
fn is_mixed_case(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && text.chars().any(char::is_lowercase)
}

impl Kind {
    fn key(self, text: &str) -> String {
        match self {
            Kind::Name | Kind::Text => fold::words(text),
            Kind::Mailbox => text.to_lowercase(),
            Kind::Number => {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                // National and international spellings of one number end alike.
                let start = digits.len().saturating_sub(9);
                digits.get(start..).unwrap_or_default().to_owned()
            }
        }
    }

    fn is_one(self, one: &str, other: &str) -> bool {
        one == other || (self == Kind::Name && (is_part(one, other) || is_part(other, one)))
    }
}

/// Every word of `part` stands in `whole`, or is the first letter of a word there, each word once.
fn is_part(part: &str, whole: &str) -> bool {
    let mut rest: Vec<&str> = whole.split(' ').collect();
    part.split(' ').all(|word| {
        let is_initial = word.chars().count() == 1;
        let place = rest
            .iter()
            .position(|known| *known == word)
            .or_else(|| is_initial.then(|| rest.iter().position(|known| known.starts_with(word))).flatten());
        place.map(|place| rest.remove(place)).is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(seconds: i64, source: Source, name: &str, email: &str, phone: &str) -> EnquiryNote {
        EnquiryNote {
            of: None,
            delivery: seconds.to_string(),
            source,
            origin: "contact".into(),
            person: Person {
                name: name.into(),
                email: email.into(),
                phone: phone.into(),
                ..Person::default()
            },
            fields: BTreeMap::new(),
            account: None,
            at: Timestamp::from_second(seconds).unwrap(),
            times: 1,
        }
    }

    #[track_caller]
    fn counts(notes: &[EnquiryNote], expected: [&str; 3]) {
        let person = person(notes);
        assert_eq!([&*person.name, &*person.email, &*person.phone], expected);
    }

    #[test]
    fn a_mailbox_that_wrote_counts_before_one_that_was_only_named() {
        let notes = [
            said(1, Source::Email, "Ana López", "ana@x.example", ""),
            said(2, Source::Form, "Ana López", "ana@typo.example", ""),
        ];
        counts(&notes, ["Ana López", "ana@x.example", ""]);
        assert!(survivor(&notes, Kind::Mailbox, |note| &note.person.email).unwrap().disputed);
    }

    #[test]
    fn the_latest_counts_and_a_shorter_form_of_a_name_is_no_other() {
        let notes = [
            said(1, Source::Form, "Ana María López", "old@x.example", "030 1234567"),
            said(2, Source::Form, "A. LOPEZ", "new@x.example", "+49 30 1234567"),
        ];
        counts(&notes, ["Ana María López", "new@x.example", "030 1234567"]);
        assert!(!survivor(&notes, Kind::Number, |note| &note.person.phone).unwrap().disputed);
    }

    #[test]
    fn among_equals_the_frequent_then_the_long_one_counts() {
        let mut often = said(1, Source::Form, "", "a@x.example", "");
        often.times = 3;
        counts(&[said(1, Source::Form, "", "abc@x.example", ""), often], ["", "a@x.example", ""]);
        let two =
            [said(1, Source::Form, "", "a@x.example", ""), said(1, Source::Form, "", "ab@x.example", "")];
        counts(&two, ["", "ab@x.example", ""]);
    }

    #[test]
    fn notes_are_bounded_and_what_counts_survives_the_bound() {
        let mut notes = Vec::new();
        for number in 0..100 {
            let phone = if number == 0 { "+49 30 7654321".to_owned() } else { String::new() };
            note(&mut notes, said(number, Source::Form, "Ana", &format!("a{number}@x.example"), &phone));
            note(&mut notes, said(number, Source::Form, "Ana", &format!("a{number}@x.example"), &phone));
        }
        assert_eq!(notes.len(), ENQUIRY_NOTES);
        counts(&notes, ["Ana", "a99@x.example", "+49 30 7654321"]);
    }
}

//! What a condition may ask about: a closed table of names, and the values one lead gives them.

mod cel;
mod term;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use ::cel::common::types::CelMap;
use serde_json::Value as Json;

pub(super) use self::cel::HAS;
use self::cel::Words;
pub(super) use self::term::{Kind, Term};

/// Conditions read at most this much of a lead's text, in bytes.
pub const TEXT_MAX_BYTES: usize = 16 * 1024;
/// Every other text fact is cut to this length, in bytes.
pub const SHORT_TEXT_MAX_BYTES: usize = 1024;
/// At most this many of a lead's fields can be asked about, in order of name.
pub const FIELDS_MAX: usize = 64;
/// At most this many elements of a list in a field.
pub const FIELD_LIST_MAX: usize = 64;

/// What is known of a lead. Unknown texts are empty, unknown numbers are `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeadFacts {
    pub source: String,
    pub channel: String,
    /// ISO 3166 alpha-2; brought to capital letters.
    pub country: String,
    /// A BCP 47 tag; only its language is kept, in small letters.
    pub language: String,
    pub company: String,
    /// People employed.
    pub company_size: Option<i64>,
    /// `standard`, `high-value` or `strategic`.
    pub tier: String,
    /// Whole units of the workspace's currency.
    pub value: Option<i64>,
    pub email_domain: String,
    pub subject: String,
    pub text: String,
    /// What the form or the caller sent besides.
    pub fields: BTreeMap<String, Json>,
}

/// What is known of the lead's account. Without an account both are empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountFacts {
    pub name: String,
    /// `standard`, `high-value` or `strategic`.
    pub tier: String,
}

/// The time of the decision, in the workspace's zone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeFacts {
    /// `2026-05-03`
    pub date: String,
    /// `mon` … `sun`
    pub weekday: String,
    /// 0 to 23
    pub hour: i64,
}

/// The facts of one lead as conditions see them: normalised, bounded, made once and asked by every rule.
pub struct Facts {
    lead: LeadFacts,
    account: AccountFacts,
    time: TimeFacts,
    words: OnceLock<Words>,
    fields: OnceLock<CelMap<'static>>,
}

impl Facts {
    #[must_use]
    pub fn new(mut lead: LeadFacts, mut account: AccountFacts, time: TimeFacts) -> Facts {
        lead.country = lead.country.trim().to_ascii_uppercase();
        lead.language = primary_language(&lead.language);
        lead.email_domain = lead.email_domain.trim().to_lowercase();
        for text in [
            &mut lead.source,
            &mut lead.channel,
            &mut lead.country,
            &mut lead.language,
            &mut lead.company,
            &mut lead.tier,
            &mut lead.email_domain,
            &mut lead.subject,
            &mut account.name,
            &mut account.tier,
        ] {
            cut(text, SHORT_TEXT_MAX_BYTES);
        }
        cut(&mut lead.text, TEXT_MAX_BYTES);
        lead.fields = std::mem::take(&mut lead.fields).into_iter().take(FIELDS_MAX).collect();
        for value in lead.fields.values_mut() {
            bound(value);
        }
        Facts { lead, account, time, words: OnceLock::new(), fields: OnceLock::new() }
    }

    #[must_use]
    pub fn lead(&self) -> &LeadFacts {
        &self.lead
    }

    #[must_use]
    pub fn account(&self) -> &AccountFacts {
        &self.account
    }

    #[must_use]
    pub fn time(&self) -> &TimeFacts {
        &self.time
    }

    /// The text a name stands for; empty when it is not a text.
    pub(super) fn text(&self, term: Term) -> &str {
        match term {
            Term::Source => &self.lead.source,
            Term::Channel => &self.lead.channel,
            Term::Country => &self.lead.country,
            Term::Language => &self.lead.language,
            Term::Company => &self.lead.company,
            Term::Tier => &self.lead.tier,
            Term::EmailDomain => &self.lead.email_domain,
            Term::Subject => &self.lead.subject,
            Term::Text => &self.lead.text,
            Term::AccountName => &self.account.name,
            Term::AccountTier => &self.account.tier,
            Term::Date => &self.time.date,
            Term::Weekday => &self.time.weekday,
            Term::CompanySize | Term::Value | Term::Words | Term::Fields | Term::Hour => "",
        }
    }

    /// The number a name stands for, where it is known.
    pub(super) fn number(&self, term: Term) -> Option<i64> {
        match term {
            Term::CompanySize => self.lead.company_size,
            Term::Value => self.lead.value,
            Term::Hour => Some(self.time.hour),
            _ => None,
        }
    }

    /// What `has(…)` says of a name: a text is known when it is not empty.
    pub(super) fn knows(&self, term: Term) -> bool {
        match term.kind() {
            Kind::Text => !self.text(term).is_empty(),
            Kind::Number => self.number(term).is_some(),
            Kind::Words | Kind::Fields => true,
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Json> {
        self.lead.fields.get(name)
    }

    /// Whether the subject or the text has this word, given in lower case.
    pub(super) fn says(&self, word: &str) -> bool {
        self.words().0.contains(word)
    }

    fn words(&self) -> &Words {
        self.words.get_or_init(|| {
            let texts = [self.lead.subject.as_str(), self.lead.text.as_str()];
            Words(Arc::new(texts.iter().flat_map(|text| words(text)).collect()))
        })
    }
}

/// A text's words as `lead.words` has them: runs of letters and digits, in lower case.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// `de` of `de-AT`.
pub(super) fn primary_language(tag: &str) -> String {
    tag.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

fn cut(text: &mut String, max_bytes: usize) {
    if text.len() > max_bytes {
        let end = (0..=max_bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
}

/// Cuts a field's value to what conditions may read: a text, a number, a truth value, or a list of them.
fn bound(value: &mut Json) {
    match value {
        Json::String(text) => cut(text, SHORT_TEXT_MAX_BYTES),
        Json::Array(items) => {
            items.truncate(FIELD_LIST_MAX);
            for item in items {
                match item {
                    Json::Array(_) | Json::Object(_) => *item = Json::Null,
                    other => bound(other),
                }
            }
        }
        Json::Object(_) => *value = Json::Null,
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What a lead wrote does not belong in a log line.
        f.debug_struct("Facts").finish_non_exhaustive()
    }
}

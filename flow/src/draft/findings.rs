//! What is risky in a text, found by rule: the same text gives the same findings, each with its place and its reason.
//!
//! A finding is not a verdict. At level [`Level::Ask`] a person looks, whatever the class of the step; at
//! [`Level::Stop`] the desk does not let the text be approved until it is mended or the workspace's lists are.
//! The rules prefer a question too many to a promise too many, yet an ordinary letter passes without any: the tables
//! in the tests hold both.

mod attachment;
mod commitment;
mod dates;
pub(super) mod greeting;
mod language;
mod link;
mod lookalike;
mod names;
mod numbers;
pub(super) mod phrases;
mod placeholder;
mod recipient;
mod shape;
pub(super) mod sheet;
mod takeover;
mod vocabulary;

#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::letters::is_hidden;
use sheet::Sheet;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Shown to whoever looks; asks nobody.
    Note,
    /// A person decides, even where the class is automated.
    Ask,
    /// Cannot be approved as it stands.
    Stop,
}

/// Where a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    Recipient,
    Subject,
    Text,
    Attachment,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingId {
    /// Nothing to read.
    Empty,
    SubjectMissing,
    TooLong,
    AllCaps,
    /// Characters that are not seen, or that change the order of what is seen.
    HiddenCharacter,
    /// A word of letters from two alphabets that look alike.
    MixedScript,
    /// A line break or control character where a mail header would end.
    HeaderInjection,
    RecipientMissing,
    /// A recipient who is not on the lead.
    RecipientUnknown,
    /// A merge field or a note to oneself that was left in.
    Placeholder,
    /// The greeting ends where a name should be.
    MissingName,
    /// The greeting names somebody else.
    WrongName,
    /// Another customer is named.
    OtherName,
    Amount,
    Percentage,
    /// A discount, a waiver, something free of charge, a refund.
    Discount,
    Date,
    Guarantee,
    BankDetails,
    /// A link or address whose domain is not on the workspace's list.
    LinkUnlisted,
    /// A domain that looks like a listed one and is not.
    LinkLookalike,
    /// A link that hides where it goes.
    LinkDisguised,
    AttachmentMissing,
    /// The language differs from that of the lead's last message.
    Language,
    /// Reads as an instruction to a program, not as a letter.
    Instruction,
    /// Reads as a language model's talk about the letter.
    MachineTalk,
    /// A long passage copied from inbound mail.
    Copied,
}

impl FindingId {
    /// The name in the API and the record.
    pub const fn as_str(self) -> &'static str {
        match self {
            FindingId::Empty => "empty",
            FindingId::SubjectMissing => "subject-missing",
            FindingId::TooLong => "too-long",
            FindingId::AllCaps => "all-caps",
            FindingId::HiddenCharacter => "hidden-character",
            FindingId::MixedScript => "mixed-script",
            FindingId::HeaderInjection => "header-injection",
            FindingId::RecipientMissing => "recipient-missing",
            FindingId::RecipientUnknown => "recipient-unknown",
            FindingId::Placeholder => "placeholder",
            FindingId::MissingName => "missing-name",
            FindingId::WrongName => "wrong-name",
            FindingId::OtherName => "other-name",
            FindingId::Amount => "amount",
            FindingId::Percentage => "percentage",
            FindingId::Discount => "discount",
            FindingId::Date => "date",
            FindingId::Guarantee => "guarantee",
            FindingId::BankDetails => "bank-details",
            FindingId::LinkUnlisted => "link-unlisted",
            FindingId::LinkLookalike => "link-lookalike",
            FindingId::LinkDisguised => "link-disguised",
            FindingId::AttachmentMissing => "attachment-missing",
            FindingId::Language => "language",
            FindingId::Instruction => "instruction",
            FindingId::MachineTalk => "machine-talk",
            FindingId::Copied => "copied",
        }
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing to look at in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub id: FindingId,
    pub level: Level,
    pub place: Place,
    /// First byte and the byte after the last, in the subject or the text, both at character boundaries. None where
    /// the finding is about the whole, a recipient or an attachment.
    pub span: Option<(usize, usize)>,
    /// What stands there, shortened; hidden characters written as `U+200B`.
    pub excerpt: String,
    /// Why, in one plain sentence.
    pub words: String,
}

/// A text and what it is read against. What is not known stays empty; then the rules that need it ask or are silent,
/// as each says.
#[derive(Debug, Clone, Default)]
pub struct Reading<'a> {
    /// None where the channel has no subjects.
    pub subject: Option<&'a str>,
    pub text: &'a str,
    pub to: Vec<&'a str>,
    pub cc: Vec<&'a str>,
    /// File names.
    pub attachments: Vec<&'a str>,
    /// The addresses that may be written to: the lead's own, and those the workspace lets be copied in.
    pub lead_addresses: Vec<&'a str>,
    /// Names that belong to the lead: the person and their company.
    pub lead_names: Vec<&'a str>,
    /// The owner's and the workspace's own names.
    pub own_names: Vec<&'a str>,
    /// Names of other people and companies in the workspace; the first 500 are looked for.
    pub other_names: Vec<&'a str>,
    /// What the template itself says ([`super::Drafted::own_words`]); commitments in it are not found.
    pub template_words: Option<&'a str>,
    /// Domains that may be linked to, their subdomains included.
    pub link_domains: Vec<&'a str>,
    /// The language of the lead's last message, such as `de`; when unknown it is guessed from `inbound`.
    pub language: Option<&'a str>,
    /// The subject that is answered; repeating it promises nothing.
    pub answered_subject: Option<&'a str>,
    /// The lead's recent messages, newest first; the first 5 are read.
    pub inbound: Vec<&'a str>,
}

/// A text longer than this is not read to its end, in characters; it cannot be approved either.
pub const READ_LIMIT_CHARS: usize = 20_000;
/// A text longer than this is asked about, in characters.
pub const LONG_TEXT_CHARS: usize = 5_000;
/// No more findings than this are returned; the weightiest are kept.
pub const FINDINGS_LIMIT: usize = 100;
/// How many inbound messages are read, and how much of each, in characters.
const INBOUND_LIMIT: usize = 5;
const INBOUND_LIMIT_CHARS: usize = 20_000;
const EXCERPT_LIMIT_CHARS: usize = 80;

/// Everything risky in a text, in reading order: recipients, subject, text, attachments.
pub fn findings(reading: &Reading) -> Vec<Finding> {
    let mut found = Found::default();
    let inbound: Vec<&str> = reading
        .inbound
        .iter()
        .take(INBOUND_LIMIT)
        .map(|text| first_chars(text, INBOUND_LIMIT_CHARS))
        .collect();
    recipient::look(reading, &mut found);
    shape::look(reading, &mut found);
    let subject = reading.subject.map(|subject| Sheet::new(Place::Subject, readable(subject), &[]));
    let text = Sheet::new(Place::Text, readable(reading.text), &inbound);
    let template = reading.template_words.map(|words| Sheet::new(Place::Text, readable(words), &[]));
    for sheet in subject.iter().chain([&text]) {
        placeholder::look(sheet, &mut found);
        link::look(sheet, reading, &mut found);
        let repeats = sheet.place == Place::Subject && answers(sheet.text, reading);
        if !repeats {
            commitment::look(sheet, template.as_ref(), &mut found);
        }
        takeover::look_for_instructions(sheet, reading, &inbound, &mut found);
    }
    names::look(&text, subject.as_ref(), reading, &mut found);
    attachment::look(&text, reading, &inbound, &mut found);
    language::look(&text, reading, &inbound, &mut found);
    takeover::look_for_copies(&text, &inbound, template.as_ref(), &mut found);
    found.sorted()
}

/// The weightiest level among `findings`.
pub fn worst(findings: &[Finding]) -> Option<Level> {
    findings.iter().map(|finding| finding.level).max()
}

/// The language a text is written in, as two small letters, when its small words tell.
pub fn language_of(text: &str) -> Option<&'static str> {
    let sheet = Sheet::new(Place::Text, first_chars(text, INBOUND_LIMIT_CHARS), &[]);
    match language::guess(&sheet) {
        Some(language::Written::In(language)) => Some(language),
        Some(language::Written::Script(_)) | None => None,
    }
}

/// A stretch of a text and the finding that lies on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'t, 'f> {
    pub text: &'t str,
    pub finding: Option<&'f Finding>,
}

/// `text` cut where findings of `place` begin and end, for highlighting. The pieces joined are `text`; where findings
/// overlap, the weightiest is shown.
pub fn pieces<'t, 'f>(text: &'t str, place: Place, findings: &'f [Finding]) -> Vec<Piece<'t, 'f>> {
    let here: Vec<(usize, usize, &Finding)> = findings
        .iter()
        .filter(|finding| finding.place == place)
        .filter_map(|finding| finding.span.map(|(start, end)| (start, end, finding)))
        .filter(|(start, end, _)| start < end && text.get(*start..*end).is_some())
        .collect();
    let mut cuts: Vec<usize> = here.iter().flat_map(|(start, end, _)| [*start, *end]).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2)
        .map(|cut| {
            let on = here.iter().filter(|(start, end, _)| *start <= cut[0] && cut[1] <= *end);
            let finding = on.map(|(_, _, finding)| *finding).max_by_key(|finding| finding.level);
            Piece { text: &text[cut[0]..cut[1]], finding }
        })
        .collect()
}

/// Findings as they are gathered.
#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
}

impl Found {
    /// Adds a finding about a stretch of a sheet.
    fn add(
        &mut self,
        id: FindingId,
        level: Level,
        sheet: &Sheet,
        span: (usize, usize),
        words: impl Into<String>,
    ) {
        self.add_at(id, level, (sheet.place, sheet.text), span, words);
    }

    /// Adds a finding about a stretch of a text.
    fn add_at(
        &mut self,
        id: FindingId,
        level: Level,
        within: (Place, &str),
        span: (usize, usize),
        words: impl Into<String>,
    ) {
        let (place, text) = within;
        let excerpt = excerpt(text.get(span.0..span.1).unwrap_or_default());
        self.findings.push(Finding { id, level, place, span: Some(span), excerpt, words: words.into() });
    }

    /// Adds a finding about the whole of a place, or about something that stands in a list.
    fn add_whole(&mut self, id: FindingId, level: Level, place: Place, what: &str, words: impl Into<String>) {
        let excerpt = excerpt(what);
        self.findings.push(Finding { id, level, place, span: None, excerpt, words: words.into() });
    }

    fn sorted(mut self) -> Vec<Finding> {
        if self.findings.len() > FINDINGS_LIMIT {
            self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
            self.findings.truncate(FINDINGS_LIMIT);
        }
        self.findings.sort_by_key(|finding| (finding.place, finding.span, finding.id));
        self.findings
    }
}

/// What is read of a text.
fn readable(text: &str) -> &str {
    first_chars(text, READ_LIMIT_CHARS)
}

fn first_chars(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    text.char_indices().nth(limit).map_or(text, |(end, _)| &text[..end])
}

/// `text` on one line and short, with every hidden character written out.
fn excerpt(text: &str) -> String {
    let mut excerpt = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == EXCERPT_LIMIT_CHARS {
            excerpt.push('…');
            break;
        }
        match c {
            c if is_hidden(c) || c == '\r' => excerpt.push_str(&format!("U+{:04X}", u32::from(c))),
            '\n' | '\t' => excerpt.push(' '),
            c => excerpt.push(c),
        }
    }
    excerpt
}

/// Whether a subject only repeats the one it answers, give or take `Re:` and its like.
fn answers(subject: &str, reading: &Reading) -> bool {
    let bare = |subject: &str| {
        let mut rest = subject.trim();
        while let Some((prefix, after)) = rest.split_once(':') {
            let reply =
                ["re", "aw", "sv", "antw", "odp", "rif", "r", "res", "ref", "tr", "fwd", "fw", "wg", "vs"];
            if !reply.iter().any(|word| prefix.trim().eq_ignore_ascii_case(word)) {
                break;
            }
            rest = after.trim();
        }
        rest.to_lowercase()
    };
    reading.answered_subject.is_some_and(|answered| bare(answered) == bare(subject))
}

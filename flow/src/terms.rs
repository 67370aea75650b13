//! The nouns that every stage speaks of: persons, roles, tiers, stages, content. Values only, no behaviour beyond
//! reading themselves.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, AgentId, MemberId, WorkspaceId};

/// Whoever acted, and through which door; goes into the record with every fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who.
    pub who: Who,
    /// Through what.
    pub via: Via,
}

impl Actor {
    /// Lockkeeper itself, because a timer fired or a worker went about its round.
    pub const SYSTEM: Actor = Actor { who: Who::System, via: Via::Timer };
    /// Something that came in on a channel.
    pub const CHANNEL: Actor = Actor { who: Who::System, via: Via::Channel };

    /// The member who acted, if it was one.
    pub fn member(&self) -> Option<MemberId> {
        match self.who {
            Who::Member(id) => Some(id),
            Who::Agent(_) | Who::System => None,
        }
    }
}

/// A member, an agent, or Lockkeeper itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// A person who signed in or used a token of their own.
    Member(MemberId),
    /// A program with its own token; proposes, never decides.
    Agent(AgentId),
    /// Lockkeeper itself.
    System,
}

/// The door through which somebody acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// Signed in on the pages.
    Session,
    /// Signed with a passkey.
    Passkey,
    /// With an API token.
    Token,
    /// A timer or a worker's round.
    Timer,
    /// A delivery on a channel: form, mail, import.
    Channel,
}

/// What a member may do; the policy says the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Owns leads and answers them.
    Rep,
    /// Approves what commits the company.
    Manager,
    /// Sets the workspace up.
    Admin,
    /// Reads everything, changes nothing.
    Auditor,
}

impl Role {
    /// The word used in pages, API and policy.
    pub const fn word(self) -> &'static str {
        match self {
            Role::Rep => "rep",
            Role::Manager => "manager",
            Role::Admin => "admin",
            Role::Auditor => "auditor",
        }
    }

    /// Reads a role from its word.
    pub fn from_word(word: &str) -> Option<Role> {
        [Role::Rep, Role::Manager, Role::Admin, Role::Auditor].into_iter().find(|role| role.word() == word)
    }
}

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub id: MemberId,
    /// Their address, in lower case; also how the playbook names them.
    pub email: String,
    /// As pages show them.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

impl Member {
    /// The name a customer is addressed with in return: the first word of the full name.
    pub fn first_name(&self) -> &str {
        self.name.split_whitespace().next().unwrap_or(&self.name)
    }
}

/// How much an account matters, which decides how much a mistake on it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Everyone.
    #[default]
    Standard,
    /// Worth a second look.
    HighValue,
    /// Never handled without a person.
    Strategic,
}

impl Tier {
    /// The word used in pages, API, conditions and policy.
    pub const fn word(self) -> &'static str {
        match self {
            Tier::Standard => "standard",
            Tier::HighValue => "high-value",
            Tier::Strategic => "strategic",
        }
    }

    /// Reads a tier from its word.
    pub fn from_word(word: &str) -> Option<Tier> {
        [Tier::Standard, Tier::HighValue, Tier::Strategic].into_iter().find(|tier| tier.word() == word)
    }
}

/// A company that leads belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Which.
    pub id: AccountId,
    /// Its name as people write it.
    pub name: String,
    /// Its mail domains, in lower case.
    pub domains: Vec<String>,
    /// How much it matters.
    pub tier: Tier,
    /// Who keeps the relationship, if somebody does.
    pub owner: Option<MemberId>,
    /// Expected yearly value in whole units of the workspace's currency.
    pub value: u64,
}

/// Where a lead stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Came in; nobody has answered yet.
    #[default]
    New,
    /// Somebody answered.
    Working,
    /// Worth pursuing.
    Qualified,
    /// Became a customer.
    Won,
    /// Went elsewhere.
    Lost,
    /// Was never a lead.
    Disqualified,
    /// Was merged into another lead, which goes on for both.
    Merged,
}

impl Stage {
    /// All stages that somebody may move a lead to, in the order a lead travels.
    pub const ALL: [Stage; 6] =
        [Stage::New, Stage::Working, Stage::Qualified, Stage::Won, Stage::Lost, Stage::Disqualified];

    /// The word used in pages and API.
    pub const fn word(self) -> &'static str {
        match self {
            Stage::New => "new",
            Stage::Working => "working",
            Stage::Qualified => "qualified",
            Stage::Won => "won",
            Stage::Lost => "lost",
            Stage::Disqualified => "disqualified",
            Stage::Merged => "merged",
        }
    }

    /// Reads a stage from its word.
    pub fn from_word(word: &str) -> Option<Stage> {
        Stage::ALL.into_iter().chain([Stage::Merged]).find(|stage| stage.word() == word)
    }

    /// Whether the enquiry is over: nothing is prepared or counted any more.
    pub const fn is_closed(self) -> bool {
        matches!(self, Stage::Won | Stage::Lost | Stage::Disqualified | Stage::Merged)
    }
}

/// The person behind a lead, as they wrote it. Absent parts are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// Full name.
    pub name: String,
    /// Address, as written.
    pub email: String,
    /// Phone number, as written.
    pub phone: String,
    /// Company, as written.
    pub company: String,
    /// ISO 3166 alpha-2 country, upper case.
    pub country: String,
    /// ISO 639-1 language, lower case.
    pub language: String,
}

impl Person {
    /// What to call this person in a list: the name, or else how they can be reached.
    pub fn display(&self) -> &str {
        [&self.name, &self.email, &self.phone]
            .into_iter()
            .find(|text| !text.is_empty())
            .map_or("(no name)", |text| text)
    }

    /// The parts that are there.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("name", self.name.as_str()),
            ("email", &self.email),
            ("phone", &self.phone),
            ("company", &self.company),
            ("country", &self.country),
            ("language", &self.language),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
    }
}

/// A file that came with, or goes out with, a message. The bytes lie elsewhere, under their digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// File name, without folders.
    pub name: String,
    /// Media type.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Hex SHA-256 of the bytes.
    pub sha256: String,
}

/// Exactly what a channel is given, and what an approval commits to. The field names are those of the record's
/// content payload.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Kind of channel: `email`.
    pub channel: String,
    /// The sender, as an address or `Name <address>`.
    #[serde(default)]
    pub from: String,
    /// Recipients' addresses.
    #[serde(default)]
    pub to: Vec<String>,
    /// Copied recipients' addresses.
    #[serde(default)]
    pub cc: Vec<String>,
    /// Subject line.
    #[serde(default)]
    pub subject: Option<String>,
    /// Plain text.
    #[serde(default)]
    pub text: Option<String>,
    /// The same as HTML, made from the text.
    #[serde(default)]
    pub html: Option<String>,
    /// Files that go with it.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// Message-ID of the message it answers.
    #[serde(default)]
    pub in_reply_to: Option<String>,
}

impl Content {
    /// The subject, or nothing.
    pub fn subject(&self) -> &str {
        self.subject.as_deref().unwrap_or_default()
    }

    /// The plain text, or nothing.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }
}

/// A binding to some content, made by the record: equal commitments mean equal bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment(pub [u8; 32]);

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commitment({self})")
    }
}

/// Content with its commitment and the random bytes that blind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// What was sealed.
    pub content: Content,
    /// 32 random bytes, kept beside the record.
    #[serde(with = "bytes32")]
    pub blinding: [u8; 32],
    /// What stands in the record.
    #[serde(with = "commitment")]
    pub commitment: Commitment,
}

/// The record's commitment scheme, lent to the domain: `flow` names commitments and does not compute them.
pub trait Seal: Sync {
    /// Binds `content` under `blinding`.
    fn commit(&self, content: &Content, blinding: &[u8; 32]) -> Commitment;
}

/// Which workspace, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// Which.
    pub id: WorkspaceId,
    /// Short name, as in the record's origin line: lower-case letters, digits, hyphens.
    pub name: String,
}

/// 32 bytes as hex text in stored values.
pub mod bytes32 {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes hex.
    ///
    /// # Errors
    /// What the serializer says.
    pub fn serialize<S: Serializer>(bytes: &[u8; 32], out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&super::Commitment(*bytes).to_string())
    }

    /// Reads hex.
    ///
    /// # Errors
    /// Anything but 64 hex digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(input)?;
        parse(&text).ok_or_else(|| D::Error::custom("expected 64 hex digits"))
    }

    /// Reads 64 hex digits.
    pub fn parse(text: &str) -> Option<[u8; 32]> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(bytes)
    }
}

/// A commitment as hex text in stored values.
pub mod commitment {
    use super::{Commitment, bytes32};
    use serde::{Deserializer, Serializer};

    /// Writes hex.
    ///
    /// # Errors
    /// What the serializer says.
    pub fn serialize<S: Serializer>(value: &Commitment, out: S) -> Result<S::Ok, S::Error> {
        bytes32::serialize(&value.0, out)
    }

    /// Reads hex.
    ///
    /// # Errors
    /// Anything but 64 hex digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Commitment, D::Error> {
        bytes32::deserialize(input).map(Commitment)
    }
}

impl Account {
    /// The form in which company names are compared: lower case, single spaces.
    pub fn name_key(name: &str) -> String {
        name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

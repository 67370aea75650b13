//! A person's decision on a proposal. Everything a decision must satisfy is checked here, against the proposal as it
//! stands; nothing here can make content go out, it only says that a person decided.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fact::Judged;
use crate::ids::{ActionId, MemberId, MessageId, ProposalId};
use crate::step::Step;
use crate::terms::{Commitment, commitment};

pub use crate::draft::Substance;

/// The four ways to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// The content as it stands.
    Approve,
    /// Changed content.
    Edit,
    /// Not this.
    Reject,
    /// An answer in the approver's own words, in its place.
    Respond,
}

impl Choice {
    /// The word in API and record.
    pub const fn word(self) -> &'static str {
        match self {
            Choice::Approve => "approve",
            Choice::Edit => "edit",
            Choice::Reject => "reject",
            Choice::Respond => "respond",
        }
    }

    /// The state a proposal is in after this choice settled it.
    pub const fn state(self) -> ProposalState {
        match self {
            Choice::Approve => ProposalState::Approved,
            Choice::Edit => ProposalState::Edited,
            Choice::Reject => ProposalState::Rejected,
            Choice::Respond => ProposalState::Responded,
        }
    }

    /// Whether something goes out because of it.
    pub const fn releases(self) -> bool {
        !matches!(self, Choice::Reject)
    }
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProposalState {
    /// Waits for a person.
    Pending,
    /// Goes out as it stood.
    Approved,
    /// Goes out as changed.
    Edited,
    /// Does not go out.
    Rejected,
    /// Another text goes out in its place.
    Responded,
    /// Nobody decided in time.
    Expired,
    /// Taken back: stale or overtaken.
    Withdrawn,
}

impl ProposalState {
    /// The word in pages, API and store.
    pub const fn word(self) -> &'static str {
        match self {
            ProposalState::Pending => "pending",
            ProposalState::Approved => "approved",
            ProposalState::Edited => "edited",
            ProposalState::Rejected => "rejected",
            ProposalState::Responded => "responded",
            ProposalState::Expired => "expired",
            ProposalState::Withdrawn => "withdrawn",
        }
    }

    /// Reads a state from its word.
    pub fn from_word(word: &str) -> Option<ProposalState> {
        use ProposalState::*;
        [Pending, Approved, Edited, Rejected, Responded, Expired, Withdrawn]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

/// How a proposal was looked at before it was decided, as the page measured it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attention {
    /// Time in view, in milliseconds; zero where nothing measured it.
    pub seen_ms: u64,
    /// Whether the conversation was opened.
    #[serde(default)]
    pub thread_opened: bool,
}

/// An action that waits, or waited, for a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Which.
    pub id: ProposalId,
    /// The action it is for.
    pub action: ActionId,
    /// Its step.
    pub step: Step,
    /// Its class.
    pub class: String,
    /// Where it stands.
    pub state: ProposalState,
    /// When it was made.
    pub made_at: Timestamp,
    /// When a decision is due.
    pub deadline: Timestamp,
    /// When those who may decide are reminded.
    pub remind_at: Timestamp,
    /// Whether they were.
    #[serde(default)]
    pub reminded: bool,
    /// The frozen verdict: why it is here, what was found, how many must agree.
    pub verdict: Judged,
    /// Who may decide, as computed when it was made.
    pub eligible: Vec<MemberId>,
    /// The last inbound message the content knows of.
    pub basis: Option<MessageId>,
    /// The content proposed.
    #[serde(with = "option_commitment")]
    pub commitment: Option<Commitment>,
    /// What was decided, by whom; two where a quorum of two is asked.
    #[serde(default)]
    pub decisions: Vec<Decided>,
}

/// A decision signed with a passkey, as whoever took it in has verified it: the signature says who decided what on which
/// proposal, over which content. It goes into the record beside the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeySignature {
    /// The credential's id.
    pub credential: Vec<u8>,
    /// The browser's part of what was signed.
    pub client_data: Vec<u8>,
    /// The authenticator's part.
    pub authenticator_data: Vec<u8>,
    /// ECDSA, DER.
    pub signature: Vec<u8>,
    /// Used once.
    pub nonce: [u8; 32],
    /// The content that was signed for; none where none goes out.
    pub content: Option<Commitment>,
    /// The blinding under which changed content was committed to before it was signed.
    pub blinding: Option<[u8; 32]>,
}

/// One person's decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// Who.
    pub by: MemberId,
    /// What.
    pub choice: Choice,
    /// When.
    pub at: Timestamp,
    /// In their words.
    pub reason: Option<String>,
    /// How much an edit changed.
    pub substance: Option<Substance>,
    /// How it was looked at.
    pub attention: Attention,
    /// Whether it was signed with a passkey.
    #[serde(default)]
    pub signed: bool,
    /// The content that may go out because of it.
    #[serde(with = "option_commitment")]
    pub content: Option<Commitment>,
}

/// Why a decision cannot be taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DecisionError {
    /// Somebody was faster.
    #[error("this proposal is {state} already")]
    Settled {
        /// Where it stands.
        state: &'static str,
        /// By whom, if a person did it.
        by: Option<MemberId>,
    },
    /// The content is not the content that was seen.
    #[error("the content changed since you saw it; look at it again before you decide")]
    ContentChanged {
        /// The commitment as it is now.
        now: Option<Commitment>,
    },
    /// Not this person.
    #[error("{why}")]
    MayNot {
        /// In words.
        why: String,
    },
    /// The content has a finding that must be mended first.
    #[error("{words}")]
    MustMend {
        /// The finding in words.
        words: String,
        /// Its stable name.
        id: String,
    },
    /// A rejection without a reason, an edit without content …
    #[error("{0}")]
    Incomplete(&'static str),
    /// The same person twice.
    #[error("you have agreed to this already; a second person is needed")]
    SecondPerson,
    /// Policy demands a signature.
    #[error(
        "this decision must be signed with a passkey; take it at the desk, and add a passkey there if you have none"
    )]
    NeedsPasskey,
}

impl Proposal {
    /// Checks the state of the proposal and the content that was seen, before anything else is looked at.
    ///
    /// # Errors
    /// [`DecisionError::Settled`] or [`DecisionError::ContentChanged`], both of which a page answers with 409.
    pub fn open_for(&self, seen: Option<Commitment>) -> Result<(), DecisionError> {
        if self.state != ProposalState::Pending {
            let by = self.decisions.last().map(|decided| decided.by);
            return Err(DecisionError::Settled { state: self.state.word(), by });
        }
        let now = self.content_now();
        if now != seen {
            return Err(DecisionError::ContentChanged { now });
        }
        Ok(())
    }

    /// The commitment of the content that stands to be decided: an edit by the first of two people is what the second
    /// one decides on.
    pub fn content_now(&self) -> Option<Commitment> {
        self.decisions.last().map_or(self.commitment, |decided| decided.content)
    }

    /// Whether one more agreement settles it.
    pub fn settles_next(&self) -> bool {
        self.decisions.len() + 1 >= usize::from(self.verdict.quorum.max(1))
    }
}

mod option_commitment {
    use super::{Commitment, commitment};
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &Option<Commitment>, out: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => commitment::serialize(value, out),
            None => out.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Commitment>, D::Error> {
        #[derive(Deserialize)]
        struct Hex(#[serde(with = "commitment")] Commitment);
        Ok(Option::<Hex>::deserialize(input)?.map(|Hex(value)| value))
    }
}

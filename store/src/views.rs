//! The closed list of questions that pages, API and commands ask, with their answers. Typed helpers at the end keep the
//! matching of question and answer in one place.

use std::collections::BTreeMap;

use flow::approval::{Proposal, ProposalState};
use flow::capture::Inbound;
use flow::ids::{ActionId, LeadId, MemberId, MessageId, ProposalId};
use flow::matching::Card;
use flow::step::Step;
use flow::terms::{Account, Content, Member, Person, Stage, Tier};
use jiff::Timestamp;

use crate::{Signed, TokenHolder};

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; opaque; none at the end.
    pub next: Option<String>,
}

/// A question about a workspace's views.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// Leads, the most urgent first: open clocks by due time, then the last touched.
    Leads(LeadFilter),
    /// How many leads in which state, for the board's head.
    BoardCounts {
        /// The present, for what is due within the hour.
        now: Timestamp,
    },
    /// Leads that are worth a comparison because of the candidate keys they share (see
    /// [`flow::matching::index::worth_comparing`]), with the stamps to guard all of these keys by. Leads that rest in
    /// another are left out.
    Candidates {
        /// Which keys.
        keys: Vec<u64>,
    },
    /// With how many different partners each value was seen; and how many leads there are. A value never seen is left
    /// out.
    Spreads {
        /// Which values.
        values: Vec<u64>,
    },
    /// Proposals, earliest deadline and highest value first.
    Proposals(ProposalFilter),
    /// One proposal, settled or not.
    Proposal(ProposalId),
    /// How many proposals are pending, in all and for this member.
    PendingCount {
        /// For whom.
        member: Option<MemberId>,
    },
    /// The last settled proposals of a class, newest first.
    ClassHistory {
        /// Which class.
        class: String,
        /// At most so many.
        limit: usize,
    },
    /// One action.
    Action(ActionId),
    /// The actions of a lead, newest first.
    Actions {
        /// Whose.
        lead: LeadId,
        /// At most so many.
        limit: usize,
    },
    /// The conversation, newest first.
    Messages {
        /// Whose.
        lead: LeadId,
        /// At most so many.
        limit: usize,
    },
    /// The lead on which a message with this external id stands, in or out.
    MessageByExternalId(String),
    /// Facts, in order of the record, with bodies and content where they are not erased.
    Facts(FactFilter),
    /// Verdicts counted by step since a time.
    Verdicts {
        /// From then on.
        since: Timestamp,
    },
    /// The members.
    Members,
    /// A member by address, with the password's hash.
    MemberByEmail(String),
    /// Who a session's digest belongs to, if it has not ended.
    Session {
        /// Hex SHA-256 of the cookie's secret.
        digest: String,
        /// The present.
        now: Timestamp,
    },
    /// Whom a token's digest lets in.
    Token {
        /// Hex SHA-256 of the token.
        digest: String,
    },
    /// All accounts.
    Accounts,
    /// The account with this mail domain, else with this name (compared without case and legal form by the caller's
    /// normal form).
    AccountFor {
        /// Registrable mail domain; empty if none or free mail.
        domain: String,
        /// Normal form of the company name; empty if none.
        name: String,
    },
    /// Each member's number of open leads, and the teams' standings.
    Rota,
    /// The playbook in force, with its files.
    Playbook,
    /// An attachment's bytes, if it belongs to this lead.
    Blob {
        /// Whose.
        lead: LeadId,
        /// Hex SHA-256.
        sha256: String,
    },
    /// The boundary as it was last kept: the index of the first fact not in it, and its text.
    Ledger,
    /// A secret of the workspace.
    Secret(String),
    /// The last signed checkpoint.
    Checkpoint,
    /// The last checkpoint that witnesses have cosigned, with their signatures.
    Cosigned,
    /// A node of the record's tree, for proofs: complete subtrees only.
    Nodes {
        /// (level, index) pairs, level 0 being leaves.
        places: Vec<(u32, u64)>,
    },
    /// An idempotency key's answer.
    Once(String),
}

/// Which leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeadFilter {
    /// Words to be found in name, e-mail, company or phone, without regard to case.
    pub q: Option<String>,
    /// Of this owner.
    pub owner: Option<MemberId>,
    /// In the queue: without an owner.
    pub queued: bool,
    /// In this stage.
    pub stage: Option<Stage>,
    /// Of this tier.
    pub tier: Option<Tier>,
    /// With some sign of risk.
    pub at_risk: bool,
    /// Whose next clock is in this state: `running`, `warned`, `breached`.
    pub clock: Option<String>,
    /// Only stages that are not closed.
    pub open: bool,
    /// At most so many; 50 when zero, 500 at most.
    pub limit: usize,
    /// From here.
    pub cursor: Option<String>,
}

/// Which proposals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProposalFilter {
    /// In this state.
    pub state: Option<ProposalState>,
    /// That this member may decide.
    pub eligible: Option<MemberId>,
    /// On this lead.
    pub lead: Option<LeadId>,
    /// At most so many; 50 when zero, 500 at most.
    pub limit: usize,
    /// From here.
    pub cursor: Option<String>,
}

/// Which facts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactFilter {
    /// On this lead.
    pub lead: Option<LeadId>,
    /// About the workspace only.
    pub workspace_only: bool,
    /// Of these kinds; all when empty.
    pub kinds: Vec<String>,
    /// Done by this member or agent.
    pub actor: Option<uuid::Uuid>,
    /// On leads of the account with this name, as it is written there.
    pub account: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// From this index of the record on.
    pub from_index: Option<u64>,
    /// Before this index of the record; facts without a place are after all indexes.
    pub before_index: Option<u64>,
    /// Newest first instead of oldest first.
    pub newest_first: bool,
    /// Also facts that have no place in the tree yet (they come last, or first when newest first).
    pub unplaced: bool,
    /// At most so many; 100 when zero, 10,000 at most.
    pub limit: usize,
}

/// A lead in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadRow {
    /// Which.
    pub id: LeadId,
    /// Who.
    pub person: Person,
    /// Account's name.
    pub account: Option<String>,
    /// Its tier.
    pub tier: Tier,
    /// Its value.
    pub value: u64,
    /// Its owner.
    pub owner: Option<MemberId>,
    /// Its stage.
    pub stage: Stage,
    /// Channel it came in on.
    pub source: String,
    /// When it was captured.
    pub captured_at: Timestamp,
    /// When something last happened.
    pub touched_at: Timestamp,
    /// The next open clock: promise, state, start, due.
    pub clock: Option<ClockCell>,
    /// How many proposals wait.
    pub pending: u32,
    /// Signs of risk.
    pub risk: Vec<String>,
    /// The last subject or first words, for recognising it.
    pub subject: String,
}

/// A clock in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockCell {
    /// `first_response` or `next_response`.
    pub promise: String,
    /// `running`, `warned`, `breached`.
    pub state: String,
    /// When it started.
    pub started: Timestamp,
    /// When it is broken.
    pub due: Timestamp,
}

/// Numbers for the board's head.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BoardCounts {
    /// All leads.
    pub leads: u64,
    /// Not closed.
    pub open: u64,
    /// Without an owner.
    pub queued: u64,
    /// Next clock warned.
    pub warned: u64,
    /// Next clock breached.
    pub breached: u64,
    /// Due within an hour.
    pub due_soon: u64,
    /// With a sign of risk.
    pub at_risk: u64,
    /// Proposals pending.
    pub pending: u64,
}

/// A proposal in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposalRow {
    /// The proposal as it stands.
    pub proposal: Proposal,
    /// On which lead.
    pub lead: LeadId,
    /// Who is behind it.
    pub person: Person,
    /// Account's name.
    pub account: Option<String>,
    /// Tier.
    pub tier: Tier,
    /// Value.
    pub value: u64,
    /// Owner of the lead.
    pub owner: Option<MemberId>,
    /// Subject of the content proposed.
    pub subject: String,
    /// The content as it stands now, unless erased.
    pub content: Option<Content>,
    /// The content as first proposed, unless erased.
    pub proposed: Option<Content>,
}

/// An action in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionRow {
    /// Which.
    pub id: ActionId,
    /// On which lead.
    pub lead: LeadId,
    /// Its step.
    pub step: Step,
    /// Its class.
    pub class: String,
    /// The first verdict's word.
    pub verdict: String,
    /// Where it is: `pending`, `waiting`, `attempted`, `done` …
    pub state: String,
    /// When it was judged.
    pub at: Timestamp,
    /// Its proposal, if it has one.
    pub proposal: Option<ProposalId>,
}

/// A message with its text.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageRow {
    /// Which.
    pub id: MessageId,
    /// When.
    pub at: Timestamp,
    /// What it is.
    pub said: Said,
}

/// Who said it.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// The customer.
    In(Inbound),
    /// We did: the content, its action, how that ended, and who decided it (none when it ran by itself).
    Out {
        /// What went out.
        content: Content,
        /// By which action.
        action: ActionId,
        /// `attempted`, `done`, `failed`, `unknown`.
        state: String,
        /// The proposal it was approved at.
        proposal: Option<ProposalId>,
        /// Message-ID without angle brackets.
        external_id: String,
    },
}

/// A fact as it lies in the record.
#[derive(Debug, Clone, PartialEq)]
pub struct FactRow {
    /// Its place in the tree; none before it has one.
    pub index: Option<u64>,
    /// Canonical bytes of its leaf.
    pub leaf: Vec<u8>,
    /// Opening of its body: 32 random bytes and the canonical payload; none after erasure or without a body.
    pub body: Option<([u8; 32], Vec<u8>)>,
    /// Opening of its content.
    pub content: Option<([u8; 32], Vec<u8>)>,
}

/// How often the gate said what, of one step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerdictCount {
    /// Of which step.
    pub step: String,
    /// Ran.
    pub run: u64,
    /// Asked.
    pub ask: u64,
    /// Held.
    pub hold: u64,
    /// Refused.
    pub refuse: u64,
}

/// What routing must know of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RotaRows {
    /// Leads each member owns that are not closed.
    pub open_leads: Vec<(MemberId, u64)>,
    /// Each team's standing, as JSON of `flow::route::Standing`.
    pub standings: Vec<String>,
}

/// A lead that may be the same person.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Which.
    pub lead: LeadId,
    /// The cards that its enquiries left.
    pub cards: Vec<Card>,
    /// Its owner.
    pub owner: Option<MemberId>,
    /// Closed already.
    pub closed: bool,
    /// When it was captured.
    pub captured_at: Timestamp,
}

/// The answer to a [`Question`]; the variant is named after it.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Leads(Page<LeadRow>),
    BoardCounts(BoardCounts),
    Candidates { found: Vec<Candidate>, stamps: BTreeMap<u64, i64> },
    Spreads { counts: BTreeMap<u64, u32>, leads: u64 },
    Proposals(Page<ProposalRow>),
    Proposal(Option<Box<ProposalRow>>),
    PendingCount { all: u64, mine: u64 },
    ClassHistory(Vec<ProposalRow>),
    Action(Option<ActionRow>),
    Actions(Vec<ActionRow>),
    Messages(Vec<MessageRow>),
    MessageByExternalId(Option<(LeadId, MessageId)>),
    Facts(Vec<FactRow>),
    Verdicts(Vec<VerdictCount>),
    Members(Vec<Member>),
    MemberByEmail(Option<(Member, Option<String>)>),
    Session(Option<Signed>),
    Token(Option<TokenHolder>),
    Accounts(Vec<Account>),
    AccountFor(Option<Account>),
    Rota(RotaRows),
    Playbook(Option<(String, BTreeMap<String, String>)>),
    Blob(Option<Vec<u8>>),
    Ledger(Option<(u64, String)>),
    Secret(Option<Vec<u8>>),
    Checkpoint(Option<String>),
    Cosigned(Option<String>),
    Nodes(Vec<Option<[u8; 32]>>),
    Once(Option<([u8; 32], Vec<u8>)>),
}

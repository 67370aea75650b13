//! The port to durable storage.
//!
//! [`Store`] says what a backend must do, in terms of the domain: commit what a decision says, all or nothing; load a
//! lead; answer a closed list of [`Question`]s; hand out what is due; keep the record. Each backend does it in its
//! own SQL; [`conformance`] is the one suite that proves them; [`faulty`] wraps either and fails on purpose.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod columns;
mod erasing;
mod leaf;
mod lists;
mod migrations;
mod placing;
mod prepared;
mod note;
mod project;
mod rebuild;
mod rows;
mod tasks;
pub mod views;
pub mod sqlite;
pub mod postgres;
pub mod conformance;
pub mod faulty;

use std::collections::BTreeMap;

use async_trait::async_trait;
use flow::effect::{Effect, Timer};
use flow::ids::{ActionId, FactId, LeadId, MemberId, WorkspaceId};
use flow::lead::Lead;
use flow::matching::Term;
use flow::terms::{Role, Workspace};
use jiff::Timestamp;
use tokio::sync::broadcast;

pub use leaf::{LeafError, SealedEntry, Sealing, micros};
pub use note::{ledger_from, ledger_text, note};
pub use views::{Answer, Question};

/// Durable storage for workspaces. All methods may be called from many tasks at once; a future that is dropped leaves
/// either everything or nothing behind.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Writes one decision: facts, views, timers, outbox, idempotency key, side values; all of it or nothing, and
    /// durable (on disk, fsynced or replicated) when this answers.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the lead or a guarded key changed since it was read: load and decide again.
    /// [`StoreError::Unsure`] when the answer was lost: ask [`Store::has_fact`] before trying again.
    async fn commit(&self, commit: Commit) -> Result<Receipt, StoreError>;

    /// One lead's state and its version, as of the last commit that answered.
    async fn lead(&self, workspace: WorkspaceId, lead: LeadId) -> Result<Option<Held>, StoreError>;

    /// Answers a question about the views, consistently within one question.
    async fn ask(&self, workspace: WorkspaceId, question: Question) -> Result<Answer, StoreError>;

    /// Hands out what is due in the order it is due, each to one caller at a time until the lease ends.
    async fn claim(&self, wanted: Wanted) -> Result<Vec<Claim>, StoreError>;

    /// When the next timer or dispatch is due that nobody holds; none when nothing waits.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Whether a fact was written: how an [`StoreError::Unsure`] commit is resolved.
    async fn has_fact(&self, workspace: WorkspaceId, fact: FactId) -> Result<bool, StoreError>;

    /// Puts facts that have no place in the tree yet into it, in an order consistent with each lead's history, and
    /// keeps the signed checkpoint. At most one caller a workspace does it at a time. Answers how many were placed.
    async fn sequence(&self, workspace: WorkspaceId, sign: &dyn Signs) -> Result<u64, StoreError>;

    /// Makes a workspace, or finds it by its name.
    async fn workspace(&self, name: &str, make: Option<WorkspaceId>)
    -> Result<Option<Workspace>, StoreError>;

    /// What changes, as it is committed: for live pages and waiting workers. A slow reader loses the oldest.
    fn changes(&self) -> broadcast::Receiver<Change>;

    /// Builds every view again from the facts and compares it with the live one; the first difference, if any.
    async fn rebuild_check(
        &self,
        workspace: WorkspaceId,
        progress: &dyn Progress,
    ) -> Result<Option<Difference>, StoreError>;
}

/// Signs a tree head.
pub trait Signs: Send + Sync {
    /// The signed note for a tree of this size and root.
    fn checkpoint(&self, size: u64, root: [u8; 32]) -> String;
}

/// Told how far a long piece of work is.
pub trait Progress: Send + Sync {
    /// `done` of `all` units.
    fn at(&self, done: u64, all: u64);
}

/// One decision to be written.
#[derive(Debug, Clone)]
pub struct Commit {
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// The lead as it stands afterwards; none for facts about the workspace.
    pub lead: Option<LeadChange>,
    /// The facts, with their leaves made.
    pub entries: Vec<SealedEntry>,
    /// What the shell must do; [`Effect::Send`] is not for the store and is passed over.
    pub effects: Vec<Effect>,
    /// Candidate keys by which the lead is to be found when somebody alike comes in.
    pub keys: Vec<u64>,
    /// Values that the enquiry said, each with whom it was seen; counted once (see [`Question::Spreads`]).
    pub terms: Vec<Term>,
    /// Keys that were looked up for this decision, each with the stamp seen: if one changed, somebody alike came in.
    pub guards: Vec<Guard>,
    /// The same request twice is written once.
    pub once: Option<Once>,
    /// The timer or dispatch this carries out, to be crossed off.
    pub carried_out: Option<Ticket>,
    /// Values that are not facts.
    pub side: Vec<Side>,
    /// What is written together with this or not at all: one more lead of the same workspace, changed by the same
    /// decision. It brings no idempotency key and nothing further.
    pub and: Option<Box<Commit>>,
}

impl Default for Commit {
    /// An empty commit to no workspace, to be filled in; no store takes it as it is.
    fn default() -> Commit {
        Commit {
            workspace: WorkspaceId(uuid::Uuid::nil()),
            lead: None,
            entries: Vec::new(),
            effects: Vec::new(),
            keys: Vec::new(),
            terms: Vec::new(),
            guards: Vec::new(),
            once: None,
            carried_out: None,
            side: Vec::new(),
            and: None,
        }
    }
}

/// A lead's next state.
#[derive(Debug, Clone)]
pub struct LeadChange {
    /// The version it was decided on; none for a new lead.
    pub expected: Option<u64>,
    /// What it is now.
    pub state: Lead,
    /// Signs of risk, for the board.
    pub risk: Vec<&'static str>,
}

/// A candidate key and how its bucket looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Which key.
    pub key: u64,
    /// The stamp that [`views::Question::Candidates`] gave.
    pub stamp: i64,
}

/// An idempotency key with what was asked and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// Unique in the workspace.
    pub key: String,
    /// SHA-256 of the request, so that another request under the same key is seen.
    pub request: [u8; 32],
    /// The answer, given again to the same request.
    pub answer: Vec<u8>,
}

/// Values beside the facts: secrets, sessions, files. Written in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// A member's password, as an argon2 PHC string.
    Password {
        /// Whose.
        member: MemberId,
        /// The hash.
        phc: String,
    },
    /// A token, by the SHA-256 of its text.
    Token {
        /// Hex digest.
        digest: String,
        /// What it lets in.
        holder: TokenHolder,
    },
    /// Somebody signed in. The key is the SHA-256 of the cookie's secret.
    Session {
        /// Hex digest.
        digest: String,
        /// Who.
        member: MemberId,
        /// Ends then.
        until: Timestamp,
    },
    /// Somebody signed out.
    EndSession {
        /// Hex digest.
        digest: String,
    },
    /// The files of a playbook, by path.
    PlaybookFiles {
        /// Hex digest over all.
        digest: String,
        /// Their texts.
        files: BTreeMap<String, String>,
    },
    /// Bytes of an attachment, kept once, and known to belong to this lead.
    Blob {
        /// Whose.
        lead: LeadId,
        /// Hex SHA-256.
        sha256: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Where a team's rotation stands after an assignment. Kept only if its turn is later than the kept one's, so
    /// that assignments committed out of order do not turn it back.
    Standing {
        /// Which team.
        team: String,
        /// Turns taken so far.
        turn: u64,
        /// `flow::route::Standing` as JSON.
        json: String,
    },
    /// A checkpoint with witnesses' cosignatures; kept only if no larger one is.
    Cosigned {
        /// Leaves in its tree.
        size: u64,
        /// The signed note.
        note: String,
    },
    /// The boundary as folded from the facts before `next`; kept only if that is later than the kept one's.
    Ledger {
        /// The index of the first fact not folded.
        next: u64,
        /// As [`ledger_text`] writes it.
        text: String,
    },
    /// A named secret of the workspace, such as the log's signing key; written once: a later value is passed over, so whoever
    /// wrote one reads back which one is kept.
    Secret {
        /// Which.
        name: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

/// Whom a token lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenHolder {
    /// A program, by id and name.
    Agent(flow::ids::AgentId, String),
    /// A member's own.
    Member(MemberId),
}

/// What came of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// Written now.
    Written {
        /// The lead's new version, if a lead changed.
        version: u64,
    },
    /// The same request was written before; this was its answer. Nothing was written now.
    Already {
        /// As stored then.
        answer: Vec<u8>,
    },
    /// Another request was written under this key. Nothing was written now.
    OtherRequest,
}

/// A lead as loaded.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its state.
    pub lead: Lead,
    /// Its version, for [`LeadChange::expected`].
    pub version: u64,
}

/// A call for something that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Timers or dispatches.
    pub queue: Queue,
    /// The present.
    pub now: Timestamp,
    /// Until when the claim holds.
    pub lease_until: Timestamp,
    /// At most so many.
    pub limit: usize,
}

/// Where due things wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Actions to be dispatched.
    Outbox,
    /// Leads to be woken.
    Timers,
}

/// One due thing, held by one worker until its lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// On which lead.
    pub lead: LeadId,
    /// What.
    pub task: Task,
    /// When it was due.
    pub due: Timestamp,
    /// How often it was handed out before; more than zero means that a worker vanished.
    pub taken: u32,
    /// To cross it off with.
    pub ticket: Ticket,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Carry this action out.
    Dispatch(ActionId),
    /// Fire this timer.
    Fire(Timer),
}

/// Names a due row and the very claim on it: a worker that slept past its lease holds a ticket that no longer counts,
/// and its commit is a [`StoreError::Conflict`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Which queue.
    pub queue: Queue,
    /// On which lead.
    pub lead: LeadId,
    /// The row's key within the lead.
    pub key: String,
    /// The claim's number on that row.
    pub claim: i64,
    /// Cross the row off with the commit, or keep it claimed because more is to come (an attempt before its outcome).
    pub done: bool,
}

/// Something was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// On which lead.
    pub lead: Option<LeadId>,
    /// The kinds of facts, as in the record.
    pub kinds: Vec<&'static str>,
    /// Something may be due earlier than before.
    pub wakes: bool,
    /// Another node committed it: whatever this one remembers of it is old.
    pub elsewhere: bool,
}

/// The first place where a rebuilt view is not the live one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which view.
    pub view: String,
    /// Which row.
    pub row: String,
    /// As the facts make it.
    pub rebuilt: String,
    /// As it stands.
    pub live: String,
}

/// A session or token as found by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who.
    pub member: MemberId,
    /// With which role.
    pub role: Role,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// Why the store could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Something changed since it was read.
    #[error("somebody else changed this at the same moment; look again and retry")]
    Conflict,
    /// The answer was lost; it may or may not be written.
    #[error("the database did not answer, so this may or may not be saved: {0}")]
    Unsure(String),
    /// Certainly not written.
    #[error("the database cannot be used now: {0}")]
    Unavailable(String),
    /// Certainly not written, and nothing will be until there is room.
    #[error("the disk is full; free some space, then try again: {0}")]
    Full(String),
    /// The file is damaged, or not what it should be.
    #[error("the database is damaged or not Lockkeeper's: {0}; restore a backup")]
    Corrupt(String),
    /// A list was asked for from a place that no list gave.
    #[error("`{0}` is no place in this list; begin without a cursor")]
    Cursor(String),
    /// Written by a newer release.
    #[error("the database has schema {found}, this release knows up to {known}; use the newer release")]
    Newer {
        /// Found.
        found: u32,
        /// Known.
        known: u32,
    },
    /// A value could not be written or read back: a defect, reported and not hidden.
    #[error("a stored value could not be read: {0}")]
    Value(String),
}

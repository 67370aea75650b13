//! The heart: one lead's state, what can be asked of it, and what then happens. Here the stages meet.
//!
//! [`decide`] looks at the state, a [`Command`] and a [`Context`], and says which facts follow and what the shell
//! must do. [`evolve`] is the only way a state comes about: from facts, one after another.

mod action;
mod arrival;
mod decision;
mod departure;
mod erase;
pub mod enquiry;
mod evolve;
mod exceptions;
mod merge;
mod prepare;
mod sequence;
mod story;
mod timer;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::approval::{Attention, Choice, DecisionError, PasskeySignature, Proposal};
use crate::capture::{Automatic, Enquiry, Inbound, Source};
use crate::effect::{Effect, Timer};
use crate::fact::{
    AccountRef, ClockKind, Entry, ExceptionKind, Judged, Likeness, Outcome, Payload, WhyOwner,
};
use crate::gate::{Draw, Leave};
use crate::ids::{ActionId, ClockId, EnrolmentId, LeadId, MemberId, MessageId, Mint, ProposalId};
use crate::ledger::Ledger;
use crate::playbook::Playbook;
use crate::route::Assigns;
use crate::sequence::Enrolment;
use crate::step::Step;
use crate::terms::{Account, Actor, Commitment, Member, Person, Role, Seal, Sealed, Stage, Tier};

pub use enquiry::EnquiryNote;
pub use evolve::evolve;
pub use merge::{Absorbed, MergedInto, Own, Words, other_lead};
use story::Story;

/// Settled proposals and actions that a lead remembers beside the open ones; older ones live in the record and the
/// views.
pub const SETTLED_KEPT: usize = 20;
/// Most messages one lead keeps notes of; the texts of all of them live in the views.
pub const MESSAGE_NOTES: usize = 200;
/// Most open actions on one lead.
pub const OPEN_ACTIONS: usize = 50;
/// Longest excerpt of the last inbound text kept in the state, in characters.
pub const LAST_WORDS_CHARS: usize = 4_000;

/// One person's enquiry in progress: the state that facts have made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// Which.
    pub id: LeadId,
    /// The person behind it, as far as known.
    pub person: Person,
    /// Where it came in.
    pub source: Source,
    /// Form, file or mailbox.
    pub origin: String,
    /// What else deliveries said.
    pub fields: BTreeMap<String, String>,
    /// The account it belongs to.
    pub account: Option<AccountRef>,
    /// Where it stands.
    pub stage: Stage,
    /// The member responsible.
    pub owner: Option<MemberId>,
    /// Why it is theirs.
    pub why_owner: Option<WhyOwner>,
    /// When it was captured.
    pub captured_at: Timestamp,
    /// When something last happened.
    pub touched_at: Timestamp,
    /// What was said, newest last.
    pub messages: Vec<MessageNote>,
    /// The last inbound text, cut to [`LAST_WORDS_CHARS`].
    pub last_words: String,
    /// Promises that run or ran.
    pub clocks: Vec<Clock>,
    /// Actions on their way, and the last settled ones.
    pub actions: BTreeMap<ActionId, Action>,
    /// Proposals that wait, and the last settled ones.
    pub proposals: BTreeMap<ProposalId, Proposal>,
    /// The person does not want messages.
    pub opted_out: bool,
    /// Follow-up sequences it is or was in, newest last.
    #[serde(default)]
    pub enrolments: Vec<Enrolment>,
    /// The person's data was erased; nothing more happens here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erased>,
    /// What its enquiries said, and those of the leads merged into it: person, fields and account are a view of them.
    #[serde(default)]
    pub enquiries: Vec<EnquiryNote>,
    /// The leads that were merged into it, in that order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<Absorbed>,
    /// What is its own of that which merged leads change; only while there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Own>,
    /// The lead it was merged into, which goes on for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<MergedInto>,
    /// Leads that a person said are somebody else's.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub apart: BTreeSet<LeadId>,
    /// Leads into which it was merged once: their records hold a copy of what it said until then.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub traces: BTreeSet<LeadId>,
}

/// That a lead was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// When.
    pub at: Timestamp,
    /// Who decided it.
    pub by: Actor,
}

/// What the state remembers of a message; its text lives in the views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageNote {
    /// Which.
    pub id: MessageId,
    /// From the customer.
    pub inbound: bool,
    /// When.
    pub at: Timestamp,
    /// Subject line, cut to 200 characters.
    pub subject: String,
    /// The other side's address.
    pub address: String,
    /// The channel's own id.
    pub external_id: Option<String>,
    /// Not written by a person.
    pub automatic: Automatic,
}

/// A promise on a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Which.
    pub id: ClockId,
    /// What is promised.
    pub promise: ClockKind,
    /// The policy it follows.
    pub policy: String,
    /// The calendar it counts by.
    pub calendar: String,
    /// Open time allowed, in seconds.
    pub target_secs: i64,
    /// When it started.
    pub started: Timestamp,
    /// When it is warned about.
    pub warn_at: Timestamp,
    /// When it is broken.
    pub due: Timestamp,
    /// Where it stands.
    pub state: ClockState,
    /// Whether it was broken on the way, even if answered since.
    pub breached: bool,
    /// When it stopped.
    pub ended: Option<Timestamp>,
}

/// Where a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockState {
    /// Time is left.
    Running,
    /// Little time is left.
    Warned,
    /// No time is left, and nobody has answered.
    Breached,
    /// Answered.
    Met,
    /// No longer matters.
    Cancelled,
}

impl ClockState {
    /// The word in pages, API and store.
    pub const fn word(self) -> &'static str {
        match self {
            ClockState::Running => "running",
            ClockState::Warned => "warned",
            ClockState::Breached => "breached",
            ClockState::Met => "met",
            ClockState::Cancelled => "cancelled",
        }
    }
}

impl Clock {
    /// Whether it still waits for an answer.
    pub fn is_open(&self) -> bool {
        matches!(self.state, ClockState::Running | ClockState::Warned | ClockState::Breached)
    }
}

/// One instance of a step on this lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Which.
    pub id: ActionId,
    /// Its step.
    pub step: Step,
    /// Its class.
    pub class: String,
    /// Who wanted it.
    pub proposer: Actor,
    /// Why.
    pub why: String,
    /// What it would do.
    pub payload: Payload,
    /// What it would send.
    pub content: Option<Sealed>,
    /// The proposer's confidence in thousandths.
    pub confidence: Option<u16>,
    /// Words of the content that no template put there.
    #[serde(default)]
    pub words_new: u32,
    /// What the gate said when it was proposed.
    pub verdict: Judged,
    /// Where it is on its way.
    pub state: ActionState,
    /// Attempts to dispatch so far.
    pub attempts: u8,
    /// The last inbound message its content knows of.
    pub basis: Option<MessageId>,
    /// When it was judged.
    pub at: Timestamp,
}

/// Where an action is on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ActionState {
    /// Waits for a person.
    Pending {
        /// At which proposal.
        proposal: ProposalId,
    },
    /// May go, and has not been tried.
    Waiting {
        /// The proposal that was approved; none where the gate let it run.
        proposal: Option<ProposalId>,
    },
    /// Was handed to its channel; nothing is known yet.
    Attempted {
        /// The proposal that was approved.
        proposal: Option<ProposalId>,
        /// The outbound message.
        message: MessageId,
        /// Its Message-ID.
        external_id: String,
    },
    /// Carried out.
    Done,
    /// Certainly not carried out.
    Failed {
        /// Why.
        why: String,
    },
    /// May or may not have gone out; a person looks.
    Unknown {
        /// The proposal that was approved.
        proposal: Option<ProposalId>,
        /// The outbound message.
        message: MessageId,
        /// Its Message-ID.
        external_id: String,
        /// Why nobody can tell.
        why: String,
    },
    /// Refused by the gate, rejected by a person, expired, or taken back.
    Dropped {
        /// Which of these.
        how: Dropped,
    },
}

/// How an action ended without being carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dropped {
    /// By the gate.
    Refused,
    /// By a person.
    Rejected,
    /// Nobody decided.
    Expired,
    /// Overtaken.
    Withdrawn,
}

impl ActionState {
    /// The word in pages, API and store.
    pub const fn word(&self) -> &'static str {
        match self {
            ActionState::Pending { .. } => "pending",
            ActionState::Waiting { .. } => "waiting",
            ActionState::Attempted { .. } => "attempted",
            ActionState::Done => "done",
            ActionState::Failed { .. } => "failed",
            ActionState::Unknown { .. } => "unknown",
            ActionState::Dropped { how: Dropped::Refused } => "refused",
            ActionState::Dropped { how: Dropped::Rejected } => "rejected",
            ActionState::Dropped { how: Dropped::Expired } => "expired",
            ActionState::Dropped { how: Dropped::Withdrawn } => "withdrawn",
        }
    }

    /// Whether something may still come of it.
    pub const fn is_open(&self) -> bool {
        matches!(
            self,
            ActionState::Pending { .. }
                | ActionState::Waiting { .. }
                | ActionState::Attempted { .. }
                | ActionState::Unknown { .. }
        )
    }

    /// The proposal at which it was approved, for an action that was or is being carried out.
    pub const fn approval(&self) -> Option<ProposalId> {
        match self {
            ActionState::Waiting { proposal }
            | ActionState::Attempted { proposal, .. }
            | ActionState::Unknown { proposal, .. } => *proposal,
            _ => None,
        }
    }

    /// How the dispatch is allowed, if it is.
    fn leave(&self, content: Option<Commitment>) -> Option<Leave> {
        match self {
            ActionState::Waiting { proposal: Some(proposal) } => {
                Some(Leave::Approved { proposal: *proposal, content })
            }
            ActionState::Waiting { proposal: None } => Some(Leave::Ran),
            _ => None,
        }
    }
}

impl Action {
    /// Whether a person wrote the content in their own words.
    pub fn own_words(&self) -> bool {
        matches!(self.payload, Payload::Send { own_words: true, .. })
    }
}

impl Lead {
    /// The tier that counts: the account's, or standard.
    pub fn tier(&self) -> Tier {
        self.account.as_ref().map_or(Tier::Standard, |account| account.tier)
    }

    /// The account's value, or nothing.
    pub fn value(&self) -> u64 {
        self.account.as_ref().map_or(0, |account| account.value)
    }

    /// The last message a person wrote to us.
    pub fn last_inbound(&self) -> Option<&MessageNote> {
        self.messages.iter().rev().find(|note| note.inbound && note.automatic == Automatic::No)
    }

    /// The open clock that is due first.
    pub fn next_clock(&self) -> Option<&Clock> {
        self.clocks.iter().filter(|clock| clock.is_open()).min_by_key(|clock| clock.due)
    }

    /// Signs that this conversation is at risk, for the board and for the gate.
    pub fn risk(&self, playbook: &Playbook) -> Vec<&'static str> {
        let mut signs = playbook.risk.signs(&self.last_words);
        if self.clocks.iter().any(|clock| clock.state == ClockState::Breached) {
            signs.push("breach");
        }
        signs
    }

    fn proposal(&self, id: ProposalId) -> Result<&Proposal, Refusal> {
        self.proposals.get(&id).ok_or(Refusal::NoSuchProposal(id))
    }

    fn action(&self, id: ActionId) -> Result<&Action, Refusal> {
        self.actions.get(&id).ok_or(Refusal::NoSuchAction(id))
    }
}

/// What can be asked of a lead. Every door builds these and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A delivery came in: a new lead, or one more word from a known one.
    Capture(Enquiry),
    /// Somebody wrote to us about this lead.
    Receive(Inbound),
    /// Somebody wants a step taken.
    Propose(Request),
    /// A person decides on a proposal.
    Decide(DecisionMade),
    /// A worker is about to carry an action out.
    Attempt(ActionId),
    /// A worker did, or tried to.
    Settle {
        /// Which action.
        action: ActionId,
        /// What came of it.
        outcome: Outcome,
        /// It failed for a reason that may pass, so it may be tried again.
        temporary: bool,
    },
    /// A person found out what came of an unknown outcome.
    Resolve {
        /// Which action.
        action: ActionId,
        /// Whether it went out.
        sent: bool,
    },
    /// A timer is due.
    Fire(Timer),
    /// An automated action turned out wrong.
    Report {
        /// Which action.
        action: ActionId,
        /// What sign.
        sign: ExceptionKind,
        /// Whether it alone must stop the class.
        critical: bool,
        /// In words.
        note: String,
        /// Class and segment of the action, and when it ran by itself, as the views know them: the lead itself forgets
        /// what was settled long ago.
        known: Option<(String, Option<Timestamp>)>,
    },
    /// The person does not want messages any more.
    OptOut {
        /// How it is known.
        why: String,
    },
    /// A person undoes a merge.
    Unmerge {
        /// The other of the two leads: the one merged into this one, or the one this was merged into.
        other: LeadId,
        /// Why.
        why: String,
    },
    /// A member stops a follow-up sequence.
    StopSequence(EnrolmentId),
}

impl Command {
    /// Whether it is about what began before a merge, so that a lead merged into another still follows it.
    const fn concerns_the_past(&self) -> bool {
        matches!(
            self,
            Command::Attempt(_)
                | Command::Settle { .. }
                | Command::Resolve { .. }
                | Command::Fire(_)
                | Command::Report { .. }
                | Command::Unmerge { .. }
        )
    }
}

/// A step that somebody wants taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Which step.
    pub step: Step,
    /// The text to send, for a step that sends.
    pub text: Option<OutText>,
    /// What to do, for a step that does not.
    pub payload: Option<Payload>,
    /// Why.
    pub why: String,
    /// The proposer's confidence in thousandths.
    pub confidence: Option<u16>,
    /// Whether a person wrote the text in their own words.
    pub own_words: bool,
}

/// A text to send, as somebody wrote it; the rest of the content follows from the lead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutText {
    /// Subject line; none answers the last one.
    pub subject: Option<String>,
    /// Plain text.
    pub text: String,
    /// Recipients; empty means the person behind the lead.
    pub to: Vec<String>,
    /// Copied recipients.
    pub cc: Vec<String>,
}

/// A person's decision, as a door hands it in.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionMade {
    /// On which proposal.
    pub proposal: ProposalId,
    /// What.
    pub choice: Choice,
    /// The commitment of the content that was seen.
    pub seen: Option<Commitment>,
    /// The changed or new text, for edit and respond.
    pub text: Option<OutText>,
    /// Why, for reject; a remark otherwise.
    pub reason: Option<String>,
    /// How it was looked at.
    pub attention: Attention,
    /// The passkey's signature over it, verified by whoever takes it in.
    pub signature: Option<Box<PasskeySignature>>,
}

/// Everything outside the lead that a decision depends on, looked up by the shell beforehand, so that the same
/// decision can be made again later.
pub struct Context<'a> {
    /// The instant of deciding.
    pub now: Timestamp,
    /// Who asks.
    pub actor: Actor,
    /// 32 random bytes for ids and blinding.
    pub seed: [u8; 32],
    /// The playbook in force.
    pub playbook: &'a Playbook,
    /// The members of the workspace.
    pub members: &'a [Member],
    /// The account of the person captured, if known.
    pub account: Option<&'a Account>,
    /// Who is next.
    pub rota: &'a dyn Assigns,
    /// Where the classes and the reviewers stand.
    pub ledger: &'a Ledger,
    /// Draws the audits.
    pub draw: &'a dyn Draw,
    /// What matching says about a delivery.
    pub matched: Option<Matched>,
    /// The other lead of a merge; see [`other_lead`].
    pub other: Option<&'a Lead>,
    /// The record's commitment scheme.
    pub seal: &'a dyn Seal,
}

impl Context<'_> {
    /// Whether a class runs by itself now.
    fn is_automated(&self, step: Step, class: &str) -> bool {
        let setup = self.playbook.setup(step);
        !setup.is_floor(step) && self.ledger.is_automated(class, setup.starts)
    }

    /// The member who asks, if it is one.
    fn asking_member(&self) -> Option<&Member> {
        let id = self.actor.member()?;
        self.members.iter().find(|member| member.id == id)
    }
}

/// What matching says about a delivery: it is from a known lead's person, or may be.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    /// Which lead.
    pub lead: LeadId,
    /// Sure enough to join; otherwise a person is asked.
    pub sure: bool,
    /// That lead's owner, who keeps what comes back.
    pub owner: Option<MemberId>,
    /// The evidence.
    pub likeness: Likeness,
}

/// What follows from a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The state after all facts.
    pub lead: Lead,
    /// What happened, in order.
    pub entries: Vec<Entry>,
    /// What the shell must do.
    pub effects: Vec<Effect>,
    /// What follows for another lead. The two are written together or not at all.
    pub other: Option<Box<Decision>>,
}

/// Why a command cannot be followed. Nothing has happened then.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The command needs a lead that is there.
    #[error("there is no such lead")]
    NoLead,
    /// No such proposal on this lead.
    #[error("there is no proposal {0} on this lead")]
    NoSuchProposal(ProposalId),
    /// No such action on this lead, or it is too long ago.
    #[error("there is no open action {0} on this lead")]
    NoSuchAction(ActionId),
    /// The decision cannot be taken.
    #[error(transparent)]
    Decision(#[from] DecisionError),
    /// This member may only read.
    #[error("an auditor reads; ask a rep, a manager or an admin to act")]
    AuditorReads,
    /// Only a member decides.
    #[error("only a member who signed in may decide; an agent proposes")]
    OnlyMembersDecide,
    /// The lead was erased, and with it everything that could be continued.
    #[error("this lead was erased; nothing can be done on it any more")]
    Erased,
    /// The request lacks something or has too much.
    #[error("{0}")]
    Unfit(String),
    /// No such enrolment that is still under way.
    #[error("there is no sequence {0} under way on this lead")]
    NoSuchEnrolment(EnrolmentId),
    /// The lead cannot begin a sequence now.
    #[error(transparent)]
    Sequence(#[from] crate::sequence::NotNow),
    /// Too many actions are open on this lead.
    #[error("{OPEN_ACTIONS} actions are open on this lead; settle some first")]
    TooManyOpen,
    /// Not the moment: already attempted, already settled …
    #[error("action {action} is {state}, so this cannot be done to it")]
    NotNow {
        /// Which action.
        action: ActionId,
        /// Where it is.
        state: &'static str,
    },
    /// The lead rests in another one.
    #[error("this lead was merged into {0}; act there")]
    MergedInto(LeadId),
    /// The two cannot be merged.
    #[error("{0}")]
    CannotMerge(&'static str),
    /// Not all of it would be gone.
    #[error("this lead cannot be erased yet: {0}")]
    CannotErase(&'static str),
    /// There is nothing to undo.
    #[error("lead {0} and this one are not merged with each other")]
    NotMerged(LeadId),
    /// A time could not be computed.
    #[error("calendar `{calendar}`: {error}")]
    Calendar {
        /// Which calendar.
        calendar: String,
        /// What is wrong.
        error: String,
    },
}

/// Decides what follows from `command`. Pure: the same arguments give the same decision.
///
/// # Errors
/// A [`Refusal`] with the reason in words; nothing has happened then.
pub fn decide(lead: Option<&Lead>, command: Command, context: &Context<'_>) -> Result<Decision, Refusal> {
    if context.asking_member().is_some_and(|member| member.role == Role::Auditor) {
        return Err(Refusal::AuditorReads);
    }
    if lead.is_some_and(|lead| lead.erased.is_some()) {
        return Err(Refusal::Erased);
    }
    if let Command::Capture(enquiry) = command {
        return arrival::capture(lead, enquiry, context);
    }
    let lead = lead.ok_or(Refusal::NoLead)?;
    if let Some(into) = &lead.merged_into
        && !command.concerns_the_past()
    {
        return Err(Refusal::MergedInto(into.lead));
    }
    let mut story = Story::about(lead.clone(), context);
    match command {
        Command::Capture(_) => {}
        Command::Receive(inbound) => arrival::receive(&mut story, inbound)?,
        Command::Propose(request) => action::propose(&mut story, request)?,
        Command::Decide(made) => decision::decide(&mut story, made)?,
        Command::Attempt(id) => departure::attempt(&mut story, id)?,
        Command::Settle { action, outcome, temporary } => {
            departure::settle(&mut story, action, outcome, temporary)?
        }
        Command::Resolve { action, sent } => departure::resolve(&mut story, action, sent)?,
        Command::Fire(timer) => timer::fire(&mut story, timer)?,
        Command::Report { action, sign, critical, note, known } => {
            exceptions::report(&mut story, action, sign, critical, note, known)?
        }
        Command::OptOut { why } => arrival::opt_out(&mut story, why),
        Command::Unmerge { other, why } => merge::unmerge(&mut story, other, why)?,
        Command::StopSequence(enrolment) => sequence::stop_by_hand(&mut story, enrolment)?,
    }
    Ok(story.end())
}

/// The content that a decision would let out, sealed as it is to be signed, if the decision could be taken now. Nothing
/// is decided.
///
/// # Errors
/// As [`decide`] refuses it.
pub fn to_sign(lead: &Lead, made: &DecisionMade, context: &Context<'_>) -> Result<Option<Sealed>, Refusal> {
    if context.asking_member().is_some_and(|member| member.role == Role::Auditor) {
        return Err(Refusal::AuditorReads);
    }
    if lead.erased.is_some() {
        return Err(Refusal::Erased);
    }
    let mut story = Story::about(lead.clone(), context);
    let (proposal, judged) = decision::look(&story, made)?;
    decision::content(&mut story, made, &proposal, &judged)
}

/// Fresh ids for one decision.
fn mint(context: &Context<'_>) -> Mint {
    Mint::new(context.seed, context.now)
}

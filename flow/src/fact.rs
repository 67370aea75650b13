//! The closed list of things that happen, as they stand in the record. A fact is never changed; a new field gets a
//! serde default so that old facts still read.

mod likeness;
mod overtaken;
mod shown;
mod verdict;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::approval::{Attention, Choice, PasskeySignature, Proposal, Substance};
use crate::capture::{Inbound, Source};
use crate::ids::{
    AccountId, ActionId, AgentId, ClockId, EnrolmentId, FactId, LeadId, MemberId, MessageId, ProposalId,
};
use crate::ledger::{Declared, Moved, Weighed};
use crate::route::Turn;
use crate::sequence::{SequenceStep, Stop};
use crate::step::Step;
use crate::terms::{Account, Actor, Member, Person, Sealed, Stage, Tier};

pub use likeness::{Brought, Likeness, Told};
pub use overtaken::Overtaken;
pub use verdict::{Judged, Reason, VerdictKind};

/// One fact with who, when, on which lead: what the record hashes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Unique; the record's idempotency key.
    pub id: FactId,
    /// When it happened.
    pub at: Timestamp,
    /// Who made it happen.
    pub actor: Actor,
    /// On which lead; none for facts about the workspace.
    pub lead: Option<LeadId>,
    /// Hex digest of the playbook in force.
    pub playbook: Option<String>,
    /// The content it is about, if it is about one.
    pub content: Option<Sealed>,
    /// What happened.
    pub fact: Fact,
}

/// Why a lead has the owner it has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WhyOwner {
    /// The rule that matched, or `fallback`.
    pub rule: String,
    /// How the member was picked: `round_robin`, `by hand` … Empty where a rule named the member.
    pub strategy: String,
    /// The whole reason in one sentence.
    pub words: String,
    /// Who was passed over, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<String>,
    /// The queue it waits in, while it has no owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Nobody could take it: it belongs on the board, in red.
    #[serde(default)]
    pub alarm: bool,
}

/// What kind of promise a clock watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// From the first inbound to the first answer of a person.
    FirstResponse,
    /// From the oldest unanswered inbound to the next answer of a person.
    NextResponse,
}

impl ClockKind {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            ClockKind::FirstResponse => "first response",
            ClockKind::NextResponse => "next response",
        }
    }
}

/// What an action would do, beyond the content it would send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Payload {
    /// Send the sealed content.
    Send {
        /// The template it was drafted from, if any.
        #[serde(default)]
        template: Option<String>,
        /// The message it answers.
        #[serde(default)]
        answers: Option<MessageId>,
        /// A person wrote it in their own words.
        #[serde(default)]
        own_words: bool,
    },
    /// Give the lead an owner.
    Own {
        /// The new owner; none puts it in the queue.
        owner: Option<MemberId>,
    },
    /// Move it to a stage.
    Stage {
        /// Which.
        to: Stage,
    },
    /// Tell the owner.
    Remind {
        /// What about.
        about: String,
    },
    /// Bring it before somebody else.
    Escalate {
        /// The rung, counted from 1.
        rung: u8,
        /// Why.
        why: String,
    },
    /// Erase the personal data of the lead.
    Erase,
    /// Make two leads one.
    Merge {
        /// The other lead.
        with: LeadId,
        /// What matching says about the two, if it was asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        likeness: Option<Likeness>,
        /// Although a person said before that they are two.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        despite: bool,
    },
    /// Put the lead in a follow-up sequence.
    Enrol {
        /// The sequence's name.
        sequence: String,
    },
    /// A step this release carries out only by its record, e.g. `playbook.adopt`.
    Other,
}

/// What came of carrying an action out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It went out.
    Done {
        /// What the channel said: a file name, a server's answer.
        receipt: String,
    },
    /// It certainly did not go out.
    Failed {
        /// Why.
        why: String,
    },
    /// It may or may not have gone out; never sent again without a person.
    Unknown {
        /// Why nobody can tell.
        why: String,
    },
}

impl Outcome {
    /// The word in pages, API and record.
    pub const fn word(&self) -> &'static str {
        match self {
            Outcome::Done { .. } => "done",
            Outcome::Failed { .. } => "failed",
            Outcome::Unknown { .. } => "unknown",
        }
    }
}

/// Sign that an automated action was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExceptionKind {
    /// Somebody undid it.
    Undo,
    /// Somebody corrected it.
    Correction,
    /// The customer complained.
    Complaint,
    /// It bounced.
    Bounce,
    /// Somebody stepped in.
    Override,
}

/// Everything that can happen. The serialised name of a variant is the `kind` in the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body")]
pub enum Fact {
    /// A delivery became a lead.
    #[serde(rename = "lead.captured")]
    LeadCaptured {
        /// Channel.
        source: Source,
        /// Form, file or mailbox.
        origin: String,
        /// The delivery's idempotency key.
        delivery: String,
        /// Who.
        person: Person,
        /// What else the delivery said.
        fields: BTreeMap<String, String>,
        /// The account it belongs to, as known then.
        account: Option<AccountRef>,
        /// When the channel received it.
        received_at: Timestamp,
    },
    /// A delivery was found to be from a person already known.
    #[serde(rename = "lead.joined")]
    LeadJoined {
        /// Channel.
        source: Source,
        /// Form, file or mailbox.
        origin: String,
        /// The delivery's idempotency key.
        delivery: String,
        /// The person as this delivery wrote it.
        person: Person,
        /// What else the delivery said.
        fields: BTreeMap<String, String>,
        /// Why it is the same person.
        evidence: Vec<String>,
        /// The same in numbers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        likeness: Option<Likeness>,
    },
    /// Another lead of the same person was merged into this one.
    #[serde(rename = "lead.merged")]
    LeadMerged {
        /// The action that the gate or a person let run.
        action: ActionId,
        /// Which lead.
        other: LeadId,
        /// What it brings.
        brought: Brought,
    },
    /// This lead was merged into another; it rests until that is undone.
    #[serde(rename = "lead.merged_into")]
    LeadMergedInto {
        /// The action that the gate or a person let run.
        action: ActionId,
        /// Which lead goes on for both.
        into: LeadId,
    },
    /// A merge into this lead was undone; the two are told apart from now on.
    #[serde(rename = "lead.unmerged")]
    LeadUnmerged {
        /// Which lead stands on its own again.
        other: LeadId,
        /// Why.
        why: String,
    },
    /// The merge of this lead into another was undone; the two are told apart from now on.
    #[serde(rename = "lead.restored")]
    LeadRestored {
        /// Which lead it had been merged into.
        from: LeadId,
        /// Why.
        why: String,
    },
    /// A person said that this lead and another are two persons.
    #[serde(rename = "lead.told_apart")]
    LeadToldApart {
        /// The other lead.
        other: LeadId,
    },
    /// Somebody wrote to us.
    #[serde(rename = "message.received")]
    MessageReceived {
        /// Our id for it.
        message: MessageId,
        /// What they wrote.
        inbound: Inbound,
    },
    /// A lead got an owner, or went to the queue.
    #[serde(rename = "lead.assigned")]
    LeadAssigned {
        /// The action that the gate let run.
        action: ActionId,
        /// The owner; none is the queue.
        owner: Option<MemberId>,
        /// Why.
        why: WhyOwner,
        /// The turn it took in a team's rotation.
        #[serde(default)]
        turn: Option<Turn>,
    },
    /// A promise began to run.
    #[serde(rename = "clock.started")]
    ClockStarted {
        /// Which clock.
        clock: ClockId,
        /// Which promise.
        promise: ClockKind,
        /// The policy it follows.
        policy: String,
        /// The calendar it counts by.
        calendar: String,
        /// Open time allowed, in seconds.
        target_secs: i64,
        /// When it is to be warned about.
        warn_at: Timestamp,
        /// When it is broken.
        due: Timestamp,
    },
    /// Most of the time is used up.
    #[serde(rename = "clock.warned")]
    ClockWarned {
        /// Which clock.
        clock: ClockId,
    },
    /// The promise is broken.
    #[serde(rename = "clock.breached")]
    ClockBreached {
        /// Which clock.
        clock: ClockId,
    },
    /// The promise is kept (or kept late, after a breach).
    #[serde(rename = "clock.met")]
    ClockMet {
        /// Which clock.
        clock: ClockId,
        /// By which action.
        action: ActionId,
    },
    /// The promise no longer matters.
    #[serde(rename = "clock.cancelled")]
    ClockCancelled {
        /// Which clock.
        clock: ClockId,
    },
    /// The gate judged an action.
    #[serde(rename = "action.judged")]
    ActionJudged {
        /// Which action.
        action: ActionId,
        /// Of which step.
        step: Step,
        /// The class whose boundary it counts for.
        class: String,
        /// What it would do.
        payload: Payload,
        /// Why somebody wanted it.
        why: String,
        /// The proposer's own confidence in thousandths, where it gave one.
        #[serde(default)]
        confidence: Option<u16>,
        /// Words of the content that no template put there.
        #[serde(default)]
        words_new: u32,
        /// The verdict.
        verdict: Judged,
    },
    /// A text could not be prepared; the owner writes it.
    #[serde(rename = "draft.failed")]
    DraftFailed {
        /// For which step.
        step: Step,
        /// What was in the way.
        why: String,
    },
    /// An action waits for a person.
    #[serde(rename = "proposal.made")]
    ProposalMade {
        /// Which proposal.
        proposal: ProposalId,
        /// For which action.
        action: ActionId,
        /// Of which step.
        step: Step,
        /// Who may decide.
        eligible: Vec<MemberId>,
        /// When a decision is due.
        deadline: Timestamp,
        /// When those who may decide are reminded.
        remind_at: Timestamp,
        /// The last inbound message the content knows of.
        #[serde(default)]
        basis: Option<MessageId>,
    },
    /// Those who may decide were reminded.
    #[serde(rename = "proposal.reminded")]
    ProposalReminded {
        /// Which proposal.
        proposal: ProposalId,
    },
    /// A proposal was taken back.
    #[serde(rename = "proposal.withdrawn")]
    ProposalWithdrawn {
        /// Which proposal.
        proposal: ProposalId,
        /// Its action.
        action: ActionId,
        /// Why.
        why: Overtaken,
    },
    /// Nobody decided in time; silence is never consent.
    #[serde(rename = "proposal.expired")]
    ProposalExpired {
        /// Which proposal.
        proposal: ProposalId,
        /// Its action.
        action: ActionId,
    },
    /// A person decided.
    #[serde(rename = "approval.decided")]
    ApprovalDecided {
        /// On which proposal.
        proposal: ProposalId,
        /// For which action.
        action: ActionId,
        /// Of which step.
        step: Step,
        /// What.
        choice: Choice,
        /// In the approver's words.
        #[serde(default)]
        reason: Option<String>,
        /// How much an edit changed.
        #[serde(default)]
        substance: Option<Substance>,
        /// How it was looked at.
        attention: Attention,
        /// Whether this decision settles the proposal; the first of a quorum of two does not.
        settles: bool,
        /// The signature, which stands in the leaf and not in the body; known only while the decision is taken.
        #[serde(skip)]
        signature: Option<Box<PasskeySignature>>,
        /// What it says of the action's class, where it settles.
        #[serde(default)]
        weighed: Option<Weighed>,
    },
    /// An approved or automated action was taken back before it was tried.
    #[serde(rename = "action.withdrawn")]
    ActionWithdrawn {
        /// Which action.
        action: ActionId,
        /// Why.
        why: Overtaken,
    },
    /// An action that may run waits for a better time.
    #[serde(rename = "action.held")]
    ActionHeld {
        /// Which action.
        action: ActionId,
        /// Until when.
        until: Timestamp,
        /// Why.
        why: Reason,
    },
    /// A lead began a follow-up sequence.
    #[serde(rename = "sequence.enrolled")]
    SequenceEnrolled {
        /// The action that the gate let run.
        action: ActionId,
        /// Which enrolment.
        enrolment: EnrolmentId,
        /// The sequence's name.
        sequence: String,
        /// By which calendar it waits.
        calendar: String,
        /// Its steps, as they are now.
        steps: Vec<SequenceStep>,
        /// On whose behalf.
        sender: Option<MemberId>,
    },
    /// A step of a sequence is waited for.
    #[serde(rename = "sequence.waiting")]
    SequenceWaiting {
        /// Which enrolment.
        enrolment: EnrolmentId,
        /// The step that comes then, counted from 0.
        step: usize,
        /// Until when.
        until: Timestamp,
    },
    /// A step of a sequence became an action.
    #[serde(rename = "sequence.acted")]
    SequenceActed {
        /// Which enrolment.
        enrolment: EnrolmentId,
        /// Which step, counted from 0.
        step: usize,
        /// The action; for a message the sequence goes on when it was sent.
        action: ActionId,
        /// Whether it is waited for.
        waits: bool,
    },
    /// The lead is away, so its sequence rests.
    #[serde(rename = "sequence.paused")]
    SequencePaused {
        /// Which enrolment.
        enrolment: EnrolmentId,
        /// Until when.
        until: Timestamp,
    },
    /// Something stopped a sequence before its end.
    #[serde(rename = "sequence.stopped")]
    SequenceStopped {
        /// Which enrolment.
        enrolment: EnrolmentId,
        /// What.
        why: Stop,
    },
    /// A sequence is through.
    #[serde(rename = "sequence.finished")]
    SequenceFinished {
        /// Which enrolment.
        enrolment: EnrolmentId,
    },
    /// A step of a sequence could not be carried out.
    #[serde(rename = "sequence.failed")]
    SequenceFailed {
        /// Which enrolment.
        enrolment: EnrolmentId,
        /// Why.
        why: String,
    },
    /// The worker is about to hand the content to the channel.
    #[serde(rename = "dispatch.attempted")]
    DispatchAttempted {
        /// Which action.
        action: ActionId,
        /// The proposal that was approved; none where the gate let it run.
        proposal: Option<ProposalId>,
        /// Our id for the outbound message.
        message: MessageId,
        /// Message-ID it will carry, without angle brackets.
        external_id: String,
    },
    /// What came of it.
    #[serde(rename = "dispatch.settled")]
    DispatchSettled {
        /// Which action.
        action: ActionId,
        /// The proposal that was approved.
        proposal: Option<ProposalId>,
        /// The outbound message.
        message: MessageId,
        /// Done, failed or unknown.
        outcome: Outcome,
        /// It failed for a reason that may pass, and is tried again.
        #[serde(default)]
        again: bool,
        /// The class and segment, where the gate let it run.
        #[serde(default)]
        class: Option<String>,
    },
    /// The lead moved to another stage.
    #[serde(rename = "stage.changed")]
    StageChanged {
        /// The action that the gate let run.
        action: ActionId,
        /// Where it is now.
        to: Stage,
    },
    /// The owner was reminded.
    #[serde(rename = "owner.reminded")]
    OwnerReminded {
        /// The action that the gate let run.
        action: ActionId,
        /// Of what.
        about: String,
    },
    /// The lead was brought before the next rung.
    #[serde(rename = "lead.escalated")]
    LeadEscalated {
        /// The action that the gate let run.
        action: ActionId,
        /// Which rung.
        rung: u8,
        /// Why.
        why: String,
    },
    /// The person does not want messages any more.
    #[serde(rename = "lead.opted_out")]
    OptedOut {
        /// How it is known.
        why: String,
    },
    /// The personal data of the lead was erased: of the facts before only leaves are left, and this says what else.
    #[serde(rename = "lead.erased")]
    LeadErased {
        /// The action that was approved.
        action: ActionId,
        /// What is still known of the lead.
        residue: Box<Residue>,
    },
    /// An automated action turned out wrong.
    #[serde(rename = "exception.reported")]
    ExceptionReported {
        /// Which action.
        action: ActionId,
        /// What sign.
        sign: ExceptionKind,
        /// Whether it alone must stop the class.
        critical: bool,
        /// In words.
        note: String,
        /// Class and segment of the action.
        #[serde(default)]
        class: Option<String>,
        /// When it ran by itself; none where a person had approved it.
        #[serde(default)]
        ran_at: Option<Timestamp>,
    },

    /// A playbook came into force.
    #[serde(rename = "playbook.adopted")]
    PlaybookAdopted {
        /// Hex digest over its files.
        digest: String,
        /// Path and hex SHA-256 of each file.
        files: BTreeMap<String, String>,
        /// What it declares about step classes.
        #[serde(default, with = "crate::ledger::as_text")]
        boundary: Option<Declared>,
    },
    /// The boundary of a class moved, or is asked to.
    #[serde(rename = "boundary.moved")]
    BoundaryMoved {
        /// Which, how and why.
        moved: Moved,
    },
    /// Planted proposals were switched on or off.
    #[serde(rename = "probes.switched")]
    ProbesSwitched {
        /// On or off.
        on: bool,
        /// What the team was told.
        announcement: String,
    },
    /// A known-bad version of a proposal was put before a member; it is nothing that could be carried out.
    #[serde(rename = "probe.planted")]
    ProbePlanted {
        /// Before whom.
        member: MemberId,
        /// In the place of which proposal.
        proposal: ProposalId,
        /// Class and segment of that proposal.
        class: String,
        /// What is wrong with it.
        corruption: String,
    },
    /// A member decided on a planted proposal, or it was taken back undecided.
    #[serde(rename = "probe.decided")]
    ProbeDecided {
        /// In the place of which proposal it stood.
        proposal: ProposalId,
        /// Class and segment of that proposal.
        class: String,
        /// What was wrong with it.
        corruption: String,
        /// Whether it was rejected, or mended.
        caught: bool,
        /// How it was looked at.
        attention: Attention,
    },
    /// A person may sign in.
    #[serde(rename = "member.added")]
    MemberAdded {
        /// Who.
        member: Member,
    },
    /// A token was made for an agent or a member.
    #[serde(rename = "token.created")]
    TokenCreated {
        /// First eight characters of the token's digest, to tell tokens apart.
        mark: String,
        /// For which agent.
        #[serde(default)]
        agent: Option<(AgentId, String)>,
        /// Or for which member.
        #[serde(default)]
        member: Option<MemberId>,
    },
    /// A member made a passkey.
    #[serde(rename = "credential.enrolled")]
    CredentialEnrolled {
        /// Its id, base64.
        credential: String,
        /// Its public key: SPKI, base64.
        public_key: String,
        /// Whose.
        member: MemberId,
        /// What its owner calls it.
        name: String,
    },
    /// A passkey is good for nothing more.
    #[serde(rename = "credential.revoked")]
    CredentialRevoked {
        /// Its id, base64.
        credential: String,
        /// Whose.
        member: MemberId,
    },
    /// A company was made known, or what is known of it changed.
    #[serde(rename = "account.recorded")]
    AccountRecorded {
        /// As it stands now.
        account: Account,
    },
}

/// What stays known of an erased lead: nothing about the person, and enough to say that it was there and who decided
/// that it be erased.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Residue {
    /// Channel it came in on.
    pub source: Source,
    /// When it was captured.
    pub captured_at: Timestamp,
    /// Where it stood.
    pub stage: Stage,
    /// Who was responsible.
    pub owner: Option<MemberId>,
    /// Who asked for the erasure.
    pub asked_by: Actor,
    /// The proposal at which it was decided, without anybody's own words; none where no person was asked.
    pub proposal: Option<Proposal>,
}

/// An account as a lead saw it when it was captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRef {
    /// Which.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// How much it mattered.
    pub tier: Tier,
    /// Its value in whole units of the workspace's currency.
    pub value: u64,
}

//! A lead's story, told fact by fact, as decisions would tell it but without a playbook: enough of the domain to fill a
//! store with, and nothing that is not a fact.

use std::collections::BTreeMap;

use flow::approval::{Attention, Choice, Substance};
use flow::capture::{Automatic, Inbound, Source};
use flow::effect::{Effect, Timer};
use flow::fact::{
    AccountRef, ClockKind, Entry, Fact, Judged, Outcome, Overtaken, Payload, Reason, Residue, VerdictKind,
    WhyOwner,
};
use flow::ids::{ActionId, ClockId, LeadId, MemberId, MessageId, Mint, ProposalId, WorkspaceId};
use flow::lead::{Lead, evolve};
use flow::step::Step;
use flow::terms::{Actor, Content, Person, Seal, Sealed, Stage, Via, Who};
use jiff::{SignedDuration, Timestamp};

use crate::{Commit, LeadChange, SealedEntry, Sealing};

/// One lead's story so far.
#[derive(Clone)]
pub struct Story {
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// The lead.
    pub id: LeadId,
    /// The present; moves only when it is told to.
    pub now: Timestamp,
    /// What the facts made of the lead.
    pub state: Option<Lead>,
    version: Option<u64>,
    fresh: Vec<Entry>,
    effects: Vec<Effect>,
    mint: Mint,
}

impl Story {
    /// A story not begun. The same number tells the same ids.
    pub fn new(workspace: WorkspaceId, number: u64, now: Timestamp) -> Story {
        let mut seed = [1; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        let mut mint = Mint::new(seed, now);
        let id = mint.id();
        Story { workspace, id, now, state: None, version: None, fresh: Vec::new(), effects: Vec::new(), mint }
    }

    /// A story that begins with a form.
    pub fn captured(workspace: WorkspaceId, number: u64, now: Timestamp, person: Person) -> Story {
        Story::captured_for(workspace, number, now, person, None)
    }

    /// The same from somebody of a known company.
    pub fn captured_for(
        workspace: WorkspaceId,
        number: u64,
        now: Timestamp,
        person: Person,
        account: Option<AccountRef>,
    ) -> Story {
        let mut story = Story::new(workspace, number, now);
        story.tell(Fact::LeadCaptured {
            source: Source::Form,
            origin: "contact".into(),
            delivery: format!("delivery-{number}"),
            person,
            fields: BTreeMap::from([("employees".into(), "40".into())]),
            account,
            received_at: now,
        });
        story
    }

    /// What usually happens within one commit when an enquiry comes in: two actions run by themselves, a third waits
    /// for a person, and a clock runs.
    pub fn usual(
        workspace: WorkspaceId,
        number: u64,
        now: Timestamp,
        person: Person,
        owner: MemberId,
    ) -> Story {
        let mut story = Story::captured(workspace, number, now, person);
        story.receive("Pricing", "How much would forty seats cost us, and when could we start? Thank you.");
        story.run(Step::Assign);
        story.run(Step::Remind);
        let proposal = story.propose(Step::Reply, &[owner]).0;
        story.timer(Timer::Proposal { proposal }, 3_600);
        let clock = story.mint.id();
        story.timer(Timer::Clock { clock }, 1_800);
        story
    }

    /// One more fact.
    pub fn tell(&mut self, fact: Fact) {
        self.tell_by(Actor::SYSTEM, fact, None);
    }

    /// One more fact by somebody, perhaps about some content.
    pub fn tell_by(&mut self, actor: Actor, fact: Fact, content: Option<Sealed>) {
        let entry = Entry {
            id: self.mint.id(),
            at: self.now,
            actor,
            lead: Some(self.id),
            playbook: Some("0".repeat(64)),
            content,
            fact,
        };
        self.state = evolve(self.state.take(), &entry);
        self.fresh.push(entry);
    }

    /// Somebody wrote.
    pub fn receive(&mut self, subject: &str, text: &str) -> MessageId {
        let message: MessageId = self.mint.id();
        let inbound = Inbound {
            channel: Source::Email,
            from: "ana@example.com".into(),
            subject: subject.into(),
            text: text.into(),
            external_id: Some(format!("{message}@example.com")),
            answers: Vec::new(),
            attachments: Vec::new(),
            automatic: Automatic::No,
            received_at: self.now,
        };
        self.tell_by(Actor::CHANNEL, Fact::MessageReceived { message, inbound }, None);
        message
    }

    /// The lead got an owner, or none.
    pub fn assign(&mut self, owner: Option<MemberId>) {
        let action = self.run(Step::Assign);
        self.tell(Fact::LeadAssigned { action, owner, why: WhyOwner::default(), turn: None });
    }

    /// A promise runs for so many seconds.
    pub fn clock(&mut self, due_secs: i64) -> ClockId {
        let clock = self.mint.id();
        self.tell(Fact::ClockStarted {
            clock,
            promise: ClockKind::FirstResponse,
            policy: "standard".into(),
            calendar: "berlin".into(),
            target_secs: due_secs,
            warn_at: self.later(due_secs / 2),
            due: self.later(due_secs),
        });
        clock
    }

    /// The lead moved to a stage.
    pub fn stage(&mut self, to: Stage) {
        let action = self.run(Step::ChangeStage);
        self.tell(Fact::StageChanged { action, to });
    }

    /// An action that ran by itself.
    pub fn run(&mut self, step: Step) -> ActionId {
        self.judge(step, VerdictKind::Run, None)
    }

    /// An action that was judged.
    pub fn judge(&mut self, step: Step, kind: VerdictKind, content: Option<Sealed>) -> ActionId {
        let action = self.mint.id();
        let verdict = Judged {
            kind,
            reasons: vec![Reason::new("question.reversible", "It cannot be taken back.")],
            findings: Vec::new(),
            quorum: 1,
            passkey: false,
            mark: None,
        };
        let fact = Fact::ActionJudged {
            action,
            step,
            class: format!("{}/standard", step.name()),
            payload: Payload::Send { template: Some("first-answer".into()), answers: None, own_words: false },
            why: "The first inbound asks for a price.".into(),
            confidence: None,
            words_new: 0,
            verdict,
        };
        self.tell_by(Actor::SYSTEM, fact, content);
        action
    }

    /// A message that waits for one of these members.
    pub fn propose(&mut self, step: Step, eligible: &[MemberId]) -> (ProposalId, ActionId) {
        let sealed = self.seal("Re: Pricing", "Dear Ana, forty seats cost 1,200 a month. Kind regards, Mia");
        self.ask_people(step, eligible, Some(sealed))
    }

    /// An action without content that waits for one of these members.
    pub fn propose_plain(&mut self, step: Step, eligible: &[MemberId]) -> (ProposalId, ActionId) {
        self.ask_people(step, eligible, None)
    }

    fn ask_people(
        &mut self,
        step: Step,
        eligible: &[MemberId],
        sealed: Option<Sealed>,
    ) -> (ProposalId, ActionId) {
        let action = self.judge(step, VerdictKind::Ask, sealed.clone());
        let proposal = self.mint.id();
        let fact = Fact::ProposalMade {
            proposal,
            action,
            step,
            eligible: eligible.to_vec(),
            deadline: self.later(3_600),
            remind_at: self.later(1_800),
            basis: None,
        };
        self.tell_by(Actor::SYSTEM, fact, sealed);
        (proposal, action)
    }

    /// A member decided, with other words when the choice is to edit.
    pub fn decide(&mut self, proposal: ProposalId, by: MemberId, choice: Choice, settles: bool) {
        let Some(standing) = self.state.as_ref().and_then(|lead| lead.proposals.get(&proposal)).cloned()
        else {
            return;
        };
        let sealed = match choice {
            Choice::Edit | Choice::Respond => Some(self.seal("Re: Pricing", "Dear Ana, let us talk. Mia")),
            Choice::Approve | Choice::Reject => self
                .state
                .as_ref()
                .and_then(|lead| lead.actions.get(&standing.action))
                .and_then(|action| action.content.clone()),
        };
        let fact = Fact::ApprovalDecided {
            proposal,
            action: standing.action,
            step: standing.step,
            choice,
            reason: (choice == Choice::Reject).then(|| "Not now.".to_owned()),
            substance: (choice == Choice::Edit).then_some(Substance::Substantive),
            attention: Attention { seen_ms: 12_000, thread_opened: true },
            settles,
            signature: None,
            weighed: None,
        };
        let actor = Actor { who: Who::Member(by), via: Via::Session };
        self.tell_by(actor, fact, sealed.filter(|_| choice != Choice::Reject));
    }

    /// A proposal was overtaken.
    pub fn withdraw(&mut self, proposal: ProposalId, action: ActionId) {
        self.tell(Fact::ProposalWithdrawn { proposal, action, why: Overtaken::Closed });
    }

    /// The worker is about to send.
    pub fn attempt(&mut self, action: ActionId, proposal: Option<ProposalId>) -> MessageId {
        let message: MessageId = self.mint.id();
        let content =
            self.state.as_ref().and_then(|lead| lead.actions.get(&action)).and_then(|a| a.content.clone());
        let external_id = format!("{message}@lockkeeper.example");
        self.tell_by(
            Actor::SYSTEM,
            Fact::DispatchAttempted { action, proposal, message, external_id },
            content,
        );
        message
    }

    /// What came of it.
    pub fn settle(
        &mut self,
        action: ActionId,
        proposal: Option<ProposalId>,
        message: MessageId,
        outcome: Outcome,
    ) {
        self.tell(Fact::DispatchSettled { action, proposal, message, outcome, again: false, class: None });
    }

    /// A member had the lead erased.
    pub fn erase(&mut self, by: MemberId) {
        let (proposal, action) = self.propose_plain(Step::Erase, &[by]);
        self.decide(proposal, by, Choice::Approve, true);
        let Some(lead) = &self.state else { return };
        let residue = Residue {
            source: lead.source,
            captured_at: lead.captured_at,
            stage: lead.stage,
            owner: lead.owner,
            asked_by: Actor::SYSTEM,
            proposal: lead.proposals.get(&proposal).cloned(),
        };
        let actor = Actor { who: Who::Member(by), via: Via::Session };
        self.tell_by(actor, Fact::LeadErased { action, residue: Box::new(residue) }, None);
        self.ask(Effect::Erase);
    }

    /// A timer to be set.
    pub fn timer(&mut self, timer: Timer, secs: i64) {
        let due = self.later(secs);
        self.effects.push(Effect::SetTimer { timer, due });
    }

    /// Something the shell must do.
    pub fn ask(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// A fresh id of any kind.
    pub fn id<T: From<uuid::Uuid>>(&mut self) -> T {
        self.mint.id()
    }

    /// Some content, sealed.
    pub fn seal(&mut self, subject: &str, text: &str) -> Sealed {
        let content = Content {
            channel: "email".into(),
            from: "Mia <mia@acme.example>".into(),
            to: vec!["ana@example.com".into()],
            subject: Some(subject.into()),
            text: Some(text.into()),
            ..Content::default()
        };
        let blinding = self.mint.bytes();
        let commitment = Sealing.commit(&content, &blinding);
        Sealed { content, blinding, commitment }
    }

    /// So many seconds from now.
    pub fn later(&self, secs: i64) -> Timestamp {
        self.now.saturating_add(SignedDuration::from_secs(secs)).unwrap_or(self.now)
    }

    /// What was told since the last commit, as the next one. The story goes on as if it will be written.
    pub fn commit(&mut self) -> Commit {
        let entries: Vec<Entry> = std::mem::take(&mut self.fresh);
        let sealed: Vec<SealedEntry> = entries
            .iter()
            .map(|entry| SealedEntry::new(self.workspace, entry, self.mint.bytes()).unwrap())
            .collect();
        let expected = self.version;
        self.version = Some(expected.unwrap_or(0) + entries.len() as u64);
        Commit {
            workspace: self.workspace,
            lead: self.state.clone().map(|state| LeadChange { expected, state, risk: Vec::new() }),
            entries: sealed,
            effects: std::mem::take(&mut self.effects),
            ..Commit::default()
        }
    }
}

/// Somebody, by name and address.
pub fn person(name: &str, email: &str) -> Person {
    Person { name: name.into(), email: email.into(), ..Person::default() }
}

//! The simulated company: its leads, its people, its ledger, and the events that drive it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use flow::approval::{Attention, Choice, ProposalState};
use flow::boundary::Asked;
use flow::capture::{Automatic, Enquiry, Inbound, Source};
use flow::effect::{Effect, Timer};
use flow::fact::{Entry, ExceptionKind, Fact, Outcome, VerdictKind};
use flow::gate::Draw;
use flow::health::percentile;
use flow::ids::{ActionId, LeadId, MemberId, Mint, ProposalId};
use flow::lead::{self, Command, Context, DecisionMade, Lead, Refusal};
use flow::ledger::{Declared, How, KINDS, Ledger, Moved, Note, Notice, Told};
use flow::playbook::Playbook;
use flow::route::{Desk, Rota};
use flow::terms::{Actor, Member, Person, Role, Via, Who};
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use store::Sealing;

use super::chance::Chance;
use super::plan::{Approver, Plan, PlanError};
use super::report::{ApproverLoad, MoveOn, Report, WeekOf};
use crate::playbook::{Files, checked};

/// Seconds of thought beside reading.
const THOUGHT_S: f64 = 12.0;
/// Seconds that a decision without reading takes.
const UNREAD_S: f64 = 1.2;
/// An approver with an empty desk looks again after so many seconds.
const LOOK_AGAIN_S: i64 = 900;
/// Reports come after so long, on average, in seconds.
const REPORTED_AFTER_S: f64 = 2.0 * 86_400.0;

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives,
    Looks(usize),
    Decides { approver: usize, lead: LeadId, proposal: ProposalId, seen_ms: u64, read: bool },
    Wakes(LeadId, Timer),
    Leaves(LeadId, ActionId),
    Reported(LeadId, ActionId),
    Review,
}

/// Draws audits by the action's own random bits: as good as a key where nobody looks.
struct OpenDraw;

impl Draw for OpenDraw {
    fn part(&self, action: ActionId) -> f64 {
        let low = action.0.as_u128() & 0xffff_ffff;
        f64::from(u32::try_from(low).unwrap_or(0)) / 4_294_967_296.0
    }

    fn mark(&self, _: ActionId, asked: Asked) -> String {
        asked.word().to_owned()
    }
}

pub struct Town<'a> {
    plan: &'a Plan,
    playbook: Playbook,
    members: Vec<Member>,
    rota: Rota,
    ledger: Ledger,
    next_fact: u64,
    chance: Chance,
    start: Timestamp,
    now: Timestamp,
    events: BinaryHeap<Reverse<(Timestamp, u64, Event)>>,
    pushed: u64,
    leads: BTreeMap<LeadId, Lead>,
    desk: VecDeque<(LeadId, ProposalId)>,
    wrong: BTreeMap<ActionId, bool>,
    waits_h: Vec<f64>,
    /// Minutes used today, by approver, with the day.
    used: Vec<(i64, f64)>,
    report: Report,
}

impl<'a> Town<'a> {
    pub fn new(plan: &'a Plan, files: &Files) -> Result<Town<'a>, PlanError> {
        plan.check()?;
        let playbook = checked(files)?;
        let mut chance = Chance::new(plan.seed);
        // A Monday morning.
        let start: Timestamp = Timestamp::from_second(1_796_018_400).unwrap_or_default();
        let mut mint = Mint::new(chance.bytes(), start);
        let mut member = |name: &str, role| {
            let id: MemberId = mint.id();
            let email = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
            Member { id, email, name: name.to_owned(), role }
        };
        let mut members: Vec<Member> =
            plan.approvers.iter().map(|one| member(&one.name, Role::Manager)).collect();
        members.push(member("Admin", Role::Admin));
        let desk = |one: &Member| Desk {
            member: one.id.0,
            email: one.email.clone(),
            name: one.name.clone(),
            open_leads: 0,
            absence: None,
            paused: false,
            working_now: true,
        };
        let rota = Rota::new(&playbook.rules, members.iter().map(desk).collect(), Vec::new());
        let report = Report { seed: plan.seed, days: plan.days, ..Report::default() };
        let mut town = Town {
            used: vec![(i64::MIN, 0.0); plan.approvers.len()],
            plan,
            members,
            rota,
            ledger: Ledger::default(),
            next_fact: 0,
            chance,
            start,
            now: start,
            events: BinaryHeap::new(),
            pushed: 0,
            leads: BTreeMap::new(),
            desk: VecDeque::new(),
            wrong: BTreeMap::new(),
            waits_h: Vec::new(),
            report,
            playbook,
        };
        town.begin(files);
        Ok(town)
    }

    fn begin(&mut self, files: &Files) {
        let mut declared: Declared = self.playbook.declared.clone();
        declared.common.probe_rate = self.plan.probe_rate;
        let digests = crate::playbook::digests(files);
        let digest = self.playbook.digest.clone();
        self.tell(None, Fact::PlaybookAdopted { digest, files: digests, boundary: Some(declared) });
        self.push(0.0, Event::Arrives);
        for approver in 0..self.plan.approvers.len() {
            self.push(1.0, Event::Looks(approver));
        }
        self.push(7.0 * 86_400.0, Event::Review);
    }

    /// Lives through the planned days.
    pub fn live(mut self) -> Result<Report, PlanError> {
        let end = self.start.saturating_add(SignedDuration::from_hours(24 * i64::from(self.plan.days)));
        let end = end.unwrap_or(Timestamp::MAX);
        while let Some(Reverse((at, _, event))) = self.events.pop() {
            if at >= end {
                break;
            }
            self.now = at;
            self.happen(event)?;
        }
        self.now = end;
        Ok(self.finish())
    }

    fn push(&mut self, after_s: f64, event: Event) {
        // To the millisecond, as far as anybody plans.
        #[expect(clippy::cast_possible_truncation, reason = "months in milliseconds")]
        let after = SignedDuration::from_millis((after_s * 1_000.0) as i64);
        self.push_at(self.now.saturating_add(after).unwrap_or(self.now), event);
    }

    fn push_at(&mut self, at: Timestamp, event: Event) {
        self.pushed += 1;
        self.events.push(Reverse((at.max(self.now), self.pushed, event)));
    }

    fn day(&self) -> u32 {
        u32::try_from(self.now.duration_since(self.start).as_hours() / 24).unwrap_or(0)
    }

    fn happen(&mut self, event: Event) -> Result<(), PlanError> {
        match event {
            Event::Arrives => self.arrives(),
            Event::Looks(approver) => {
                self.looks(approver);
                Ok(())
            }
            Event::Decides { approver, lead, proposal, seen_ms, read } => {
                self.decides(approver, lead, proposal, seen_ms, read)
            }
            Event::Wakes(lead, timer) => self.obey(Actor::SYSTEM, lead, Command::Fire(timer)),
            Event::Leaves(lead, action) => self.leaves(lead, action),
            Event::Reported(lead, action) => self.reported(lead, action),
            Event::Review => {
                self.review();
                Ok(())
            }
        }
    }

    fn is_working_day(&self, at: Timestamp) -> bool {
        !matches!(at.to_zoned(TimeZone::UTC).weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    fn arrives(&mut self) -> Result<(), PlanError> {
        let mean_s = 86_400.0 / self.plan.leads_per_day;
        let gap = self.chance.waiting(mean_s);
        self.push(gap, Event::Arrives);
        if !self.is_working_day(self.now) {
            return Ok(());
        }
        self.report.leads += 1;
        let number = self.report.leads;
        let email = format!("person{number}@company{number}.example");
        let message = Inbound {
            channel: Source::Form,
            from: email.clone(),
            subject: "A question".into(),
            text: "Which of your pumps would suit a small workshop?".into(),
            external_id: None,
            answers: Vec::new(),
            attachments: Vec::new(),
            automatic: Automatic::No,
            received_at: self.now,
        };
        let enquiry = Enquiry {
            source: Source::Form,
            origin: "contact".into(),
            person: Person {
                name: "Kim Doe".into(),
                email: email.clone(),
                language: "en".into(),
                ..Person::default()
            },
            fields: BTreeMap::new(),
            message: Some(message),
            delivery: format!("simulated/{email}"),
            received_at: self.now,
        };
        self.decide(None, Actor::CHANNEL, Command::Capture(enquiry))
    }

    fn obey(&mut self, actor: Actor, lead: LeadId, command: Command) -> Result<(), PlanError> {
        let Some(known) = self.leads.get(&lead).cloned() else { return Ok(()) };
        self.decide(Some(known), actor, command)
    }

    /// The living system's own decision, on simulated time.
    fn decide(&mut self, lead: Option<Lead>, actor: Actor, command: Command) -> Result<(), PlanError> {
        let context = Context {
            now: self.now,
            actor,
            seed: self.chance.bytes(),
            playbook: &self.playbook,
            members: &self.members,
            account: None,
            rota: &self.rota,
            ledger: &self.ledger,
            draw: &OpenDraw,
            matched: None,
            other: None,
            seal: &Sealing,
        };
        let decision = match lead::decide(lead.as_ref(), command, &context) {
            Ok(decision) => decision,
            // Somebody else was faster, or it was overtaken.
            Err(
                Refusal::Decision(_)
                | Refusal::NotNow { .. }
                | Refusal::NoSuchAction(_)
                | Refusal::NoSuchProposal(_),
            ) => {
                return Ok(());
            }
            Err(refusal) => return Err(PlanError::Stuck(refusal.to_string())),
        };
        let id = decision.lead.id;
        self.leads.insert(id, decision.lead);
        for effect in decision.effects {
            match effect {
                Effect::Dispatch { action, not_before } => {
                    self.push_at(not_before, Event::Leaves(id, action))
                }
                Effect::SetTimer { timer, due } => self.push_at(due, Event::Wakes(id, timer)),
                _ => {}
            }
        }
        for entry in &decision.entries {
            self.heard(id, entry);
        }
        self.forget(id);
        Ok(())
    }

    /// A lead on which nothing is open any more takes no room.
    fn forget(&mut self, id: LeadId) {
        let idle = self.leads.get(&id).is_some_and(|lead| {
            lead.actions.values().all(|action| !action.state.is_open()) && lead.next_clock().is_none()
        });
        if idle && let Some(lead) = self.leads.get_mut(&id) {
            lead.last_words.clear();
        }
    }

    /// A fact goes into the record, and what it says is counted.
    fn heard(&mut self, lead: LeadId, entry: &Entry) {
        match &entry.fact {
            Fact::ActionJudged { action, step, verdict, .. } => {
                let audited = verdict.mark.as_deref() == Some(Asked::ForAudit.word());
                match verdict.kind {
                    VerdictKind::Run | VerdictKind::Hold => self.report.actions.ran += 1,
                    VerdictKind::Ask => self.report.actions.asked += 1,
                    VerdictKind::Refuse => self.report.actions.refused += 1,
                }
                self.report.actions.audited += u64::from(audited);
                let week = self.week();
                week.asked += u64::from(verdict.kind == VerdictKind::Ask);
                week.ran += u64::from(verdict.kind == VerdictKind::Run);
                if step.sends() && verdict.kind != VerdictKind::Refuse {
                    let wrong = self.chance.happens(self.plan.wrong_on(self.day()));
                    self.report.harm.drafted += u64::from(wrong);
                    self.wrong.insert(*action, wrong);
                }
            }
            Fact::ProposalMade { proposal, .. } => {
                self.desk.push_back((lead, *proposal));
                self.report.backlog.most = self.report.backlog.most.max(self.desk.len());
            }
            Fact::ProposalExpired { .. } => self.report.backlog.expired += 1,
            _ => {}
        }
        let by = entry.actor.member();
        self.tell(by, entry.fact.clone());
    }

    fn week(&mut self) -> &mut WeekOf {
        let week = self.day() / 7;
        if self.report.weeks.last().is_none_or(|last| last.week < week) {
            self.report.weeks.push(WeekOf { week, ..WeekOf::default() });
        }
        let last = self.report.weeks.len().saturating_sub(1);
        &mut self.report.weeks[last]
    }

    fn tell(&mut self, by: Option<MemberId>, fact: Fact) {
        let index = self.next_fact;
        self.next_fact += 1;
        let kind = fact.kind();
        if !KINDS.contains(&kind) {
            return;
        }
        let refs = fact.refs().into_iter().map(|(name, word)| (name.to_owned(), word)).collect();
        let Some(told) = Told::read(kind, &refs, Some(fact)) else { return };
        for notice in self.ledger.take(&Note { index, at: self.now, by, told }) {
            if let Notice::Moved(moved) = notice {
                self.moved(&moved);
            }
        }
    }

    fn moved(&mut self, moved: &Moved) {
        let story = self.ledger.class(&moved.class);
        self.report.moves.push(MoveOn {
            day: self.day(),
            class: moved.class.clone(),
            how: moved.how.word(),
            why: moved.why.clone(),
            reviews: story.map_or(0, |story| story.reviews),
            ran: story.map_or(0, |story| story.ran),
        });
    }

    /// The admin's weekly review.
    fn review(&mut self) {
        self.push(7.0 * 86_400.0, Event::Review);
        if !self.plan.widens {
            return;
        }
        let admin = self.members.last().map(|admin| admin.id);
        let ready: Vec<_> = self.ledger.widenings().cloned().collect();
        for widening in ready {
            let moved = Moved {
                class: widening.class,
                segments: widening.segments,
                how: How::Widened,
                why: "On the evidence, at the weekly review.".into(),
                proposal: Some(widening.id),
                grounds: Some(widening.grounds),
                attempt: None,
                because: None,
            };
            self.moved(&moved);
            self.tell(admin, Fact::BoundaryMoved { moved });
        }
    }

    fn approver(&self, approver: usize) -> &Approver {
        &self.plan.approvers[approver]
    }

    /// An approver sits down, if they have time today, and takes the oldest proposal.
    fn looks(&mut self, approver: usize) {
        let local = self.now.to_zoned(TimeZone::UTC);
        let today = self.now.as_second().div_euclid(86_400);
        if self.used[approver].0 != today {
            self.used[approver] = (today, 0.0);
        }
        let spent = self.used[approver].1 >= self.approver(approver).minutes_per_day;
        let open = (8..18).contains(&local.hour()) && self.is_working_day(self.now);
        if spent || !open {
            let morning = Timestamp::from_second((today + 1) * 86_400 + 8 * 3_600).unwrap_or(self.now);
            let at = if local.hour() < 8 && !spent {
                Timestamp::from_second(today * 86_400 + 8 * 3_600).unwrap_or(morning)
            } else {
                morning
            };
            self.push_at(at, Event::Looks(approver));
            return;
        }
        let waits = |town: &Town<'_>, lead: LeadId, proposal: ProposalId| {
            let proposal = town.leads.get(&lead)?.proposals.get(&proposal)?.clone();
            (proposal.state == ProposalState::Pending).then_some(proposal)
        };
        while let Some((lead, id)) = self.desk.pop_front() {
            let Some(proposal) = waits(self, lead, id) else { continue };
            let words = self
                .leads
                .get(&lead)
                .and_then(|lead| lead.actions.get(&proposal.action))
                .map_or(0, |action| action.words_new);
            let one = self.approver(approver).clone();
            if self.chance.happens(self.plan.probe_rate / (1.0 - self.plan.probe_rate)) {
                self.probe(approver, &one, &proposal.class, id);
            }
            let read = !self.chance.happens(one.unread);
            let seen_s = if read {
                THOUGHT_S + self.chance.waiting(THOUGHT_S) + 60.0 * f64::from(words) / one.words_per_minute
            } else {
                UNREAD_S
            };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "minutes in milliseconds"
            )]
            let seen_ms = (seen_s * 1_000.0) as u64;
            self.used[approver].1 += seen_s / 60.0;
            self.push(seen_s, Event::Decides { approver, lead, proposal: id, seen_ms, read });
            return;
        }
        self.push_at(
            self.now.saturating_add(SignedDuration::from_secs(LOOK_AGAIN_S)).unwrap_or(self.now),
            Event::Looks(approver),
        );
    }

    fn probe(&mut self, approver: usize, one: &Approver, class: &str, proposal: ProposalId) {
        let reads = !self.chance.happens(one.unread);
        let caught = reads && self.chance.happens(one.attention);
        let fact = Fact::ProbeDecided {
            proposal,
            class: class.to_owned(),
            corruption: "simulated".into(),
            caught,
            attention: Attention::default(),
        };
        let by = self.members[approver].id;
        self.tell(Some(by), fact);
    }

    fn decides(
        &mut self,
        approver: usize,
        lead: LeadId,
        id: ProposalId,
        seen_ms: u64,
        read: bool,
    ) -> Result<(), PlanError> {
        self.push(1.0, Event::Looks(approver));
        let Some(proposal) = self.leads.get(&lead).and_then(|lead| lead.proposals.get(&id)).cloned() else {
            return Ok(());
        };
        let wrong = self.wrong.get(&proposal.action).copied().unwrap_or(false);
        let attention = self.approver(approver).attention;
        let rejects = wrong && read && self.chance.happens(attention);
        let made = DecisionMade {
            proposal: id,
            choice: if rejects { Choice::Reject } else { Choice::Approve },
            seen: proposal.content_now(),
            text: None,
            reason: rejects.then(|| "It is wrong.".to_owned()),
            attention: Attention { seen_ms, thread_opened: read },
            signature: None,
        };
        let actor = Actor { who: Who::Member(self.members[approver].id), via: Via::Session };
        self.obey(actor, lead, Command::Decide(made))?;
        let state = self.leads.get(&lead).and_then(|lead| lead.proposals.get(&id)).map(|one| one.state);
        if matches!(state, Some(ProposalState::Approved | ProposalState::Rejected)) {
            self.decided(approver, &proposal, seen_ms, wrong, rejects);
        }
        Ok(())
    }

    fn decided(
        &mut self,
        approver: usize,
        proposal: &flow::approval::Proposal,
        seen_ms: u64,
        wrong: bool,
        rejects: bool,
    ) {
        let minutes = std::time::Duration::from_millis(seen_ms).as_secs_f64() / 60.0;
        self.report.load.minutes += minutes;
        let count = self.plan.approvers.len();
        let load = &mut self.report.load.approvers;
        load.resize_with(count, ApproverLoad::default);
        load[approver].decided += 1;
        load[approver].minutes += minutes;
        self.report.harm.caught += u64::from(wrong && rejects);
        self.report.harm.approved += u64::from(wrong && !rejects);
        self.waits_h.push(self.now.duration_since(proposal.made_at).as_secs_f64() / 3_600.0);
        let backlog = self.desk.len();
        let week = self.week();
        week.minutes += minutes;
        week.backlog = backlog;
        week.wrong_out += u64::from(wrong && !rejects);
    }

    /// The worker carries an action out: the second judgement, then the channel, which always works here.
    fn leaves(&mut self, lead: LeadId, action: ActionId) -> Result<(), PlanError> {
        self.obey(Actor::SYSTEM, lead, Command::Attempt(action))?;
        let attempted = self.leads.get(&lead).and_then(|lead| lead.actions.get(&action));
        let Some(flow::lead::ActionState::Attempted { proposal, .. }) =
            attempted.map(|one| one.state.clone())
        else {
            return Ok(());
        };
        let outcome = Outcome::Done { receipt: "simulated".into() };
        self.obey(Actor::SYSTEM, lead, Command::Settle { action, outcome, temporary: false })?;
        if proposal.is_none() && self.wrong.get(&action) == Some(&true) {
            self.report.harm.ran += 1;
            self.week().wrong_out += 1;
            if self.chance.happens(self.plan.reported) {
                let after = self.chance.waiting(REPORTED_AFTER_S);
                self.push(after, Event::Reported(lead, action));
            }
        }
        Ok(())
    }

    fn reported(&mut self, lead: LeadId, action: ActionId) -> Result<(), PlanError> {
        self.report.harm.reported += 1;
        let (sign, note) = (ExceptionKind::Complaint, "simulated".to_owned());
        let command = Command::Report { action, sign, critical: false, note, known: None };
        self.obey(Actor::SYSTEM, lead, command)
    }

    fn finish(mut self) -> Report {
        let count = self.plan.approvers.len();
        self.report.load.approvers.resize_with(count, ApproverLoad::default);
        let days = f64::from(self.plan.days) * 5.0 / 7.0;
        for (place, one) in self.plan.approvers.iter().enumerate() {
            let suspect = self.ledger.reviewer(self.members[place].id).suspect();
            let load = &mut self.report.load.approvers[place];
            load.name.clone_from(&one.name);
            load.utilisation = round(load.minutes / (days * one.minutes_per_day).max(1.0));
            load.minutes = round(load.minutes);
            load.suspect = suspect.map(flow::boundary::Suspicion::in_words);
        }
        let actions = &mut self.report.actions;
        actions.gate_share =
            flow::health::share(actions.asked, actions.asked + actions.ran).map_or(0.0, round);
        self.report.load.minutes = round(self.report.load.minutes);
        self.report.backlog.left = self.desk.len();
        self.report.backlog.wait_h_median = percentile(&self.waits_h, 0.5).map_or(0.0, round);
        self.report.backlog.wait_h_p90 = percentile(&self.waits_h, 0.9).map_or(0.0, round);
        for week in &mut self.report.weeks {
            week.minutes = round(week.minutes);
        }
        self.report
    }
}

fn round(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

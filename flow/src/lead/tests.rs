//! One lead's ways through the house, as pure decisions on the starter playbook.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

mod sequences;

use super::*;
use crate::approval::ProposalState;
use crate::fact::{Fact, Overtaken, VerdictKind};
use crate::gate::NoDraw;
use crate::ids::AccountId;
use crate::ledger::{How, Moved, Note, Told};
use crate::route::{Desk, Rota};
use crate::terms::{Content, Via, Who};

/// A commitment scheme that binds well enough for tests: a digest of the serialised content.
struct TestSeal;

impl Seal for TestSeal {
    fn commit(&self, content: &Content, blinding: &[u8; 32]) -> Commitment {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let text = serde_json::to_string(content).unwrap();
        let mut bytes = [0; 32];
        for (round, chunk) in bytes.chunks_exact_mut(8).enumerate() {
            let mut hasher = DefaultHasher::new();
            (round, blinding, &text).hash(&mut hasher);
            chunk.copy_from_slice(&hasher.finish().to_be_bytes());
        }
        Commitment(bytes)
    }
}

const FILES: [(&str, &str); 16] = [
    ("playbook.toml", include_str!("../../../playbook/playbook.toml")),
    ("policy.cedar", include_str!("../../../playbook/policy.cedar")),
    ("schema.cedarschema", include_str!("../../../playbook/schema.cedarschema")),
    ("calendars/office.toml", include_str!("../../../playbook/calendars/office.toml")),
    ("templates/reply.en.md", include_str!("../../../playbook/templates/reply.en.md")),
    ("templates/reply.de.md", include_str!("../../../playbook/templates/reply.de.md")),
    ("templates/reply.fr.md", include_str!("../../../playbook/templates/reply.fr.md")),
    ("templates/reply.es.md", include_str!("../../../playbook/templates/reply.es.md")),
    ("templates/acknowledge.en.md", include_str!("../../../playbook/templates/acknowledge.en.md")),
    ("templates/acknowledge.de.md", include_str!("../../../playbook/templates/acknowledge.de.md")),
    ("templates/acknowledge.fr.md", include_str!("../../../playbook/templates/acknowledge.fr.md")),
    ("templates/acknowledge.es.md", include_str!("../../../playbook/templates/acknowledge.es.md")),
    ("templates/follow_up.en.md", include_str!("../../../playbook/templates/follow_up.en.md")),
    ("templates/follow_up.de.md", include_str!("../../../playbook/templates/follow_up.de.md")),
    ("templates/follow_up.fr.md", include_str!("../../../playbook/templates/follow_up.fr.md")),
    ("templates/follow_up.es.md", include_str!("../../../playbook/templates/follow_up.es.md")),
];

fn files() -> BTreeMap<String, String> {
    FILES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

struct World {
    now: Timestamp,
    playbook: Playbook,
    members: Vec<Member>,
    rota: Rota,
    account: Option<Account>,
    ledger: Ledger,
    matched: Option<Matched>,
    other: Option<Lead>,
    seed: std::cell::Cell<u8>,
}

const REP: usize = 0;
const MANAGER: usize = 1;
const AUDITOR: usize = 2;

impl World {
    fn new() -> World {
        let playbook = Playbook::parse(&files(), "00".into()).unwrap_or_else(|mistakes| {
            let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            panic!("the starter playbook:\n{}", lines.join("\n"))
        });
        let member = |n: u8, email: &str, name: &str, role| Member {
            id: MemberId(uuid::Uuid::from_bytes([n; 16])),
            email: email.into(),
            name: name.into(),
            role,
        };
        let members = vec![
            member(1, "rep@example.com", "Ada Rep", Role::Rep),
            member(2, "manager@example.com", "Max Manager", Role::Manager),
            member(3, "auditor@example.com", "Ines Auditor", Role::Auditor),
        ];
        let desks = members
            .iter()
            .map(|member| Desk {
                member: member.id.0,
                email: member.email.clone(),
                name: member.name.clone(),
                open_leads: 0,
                absence: None,
                paused: false,
                working_now: true,
            })
            .collect();
        let rota = Rota::new(&playbook.rules, desks, Vec::new());
        // A Monday at ten in Berlin.
        let now = "2026-11-23T09:00:00Z".parse().unwrap();
        World {
            now,
            playbook,
            members,
            rota,
            account: None,
            ledger: Ledger::default(),
            matched: None,
            other: None,
            seed: std::cell::Cell::new(0),
        }
    }

    /// An admin lets a class run by itself.
    fn widen(&mut self, class: &str) {
        self.moves(class, How::Widened);
    }

    fn moves(&mut self, class: &str, how: How) {
        let moved = Moved {
            class: class.into(),
            segments: Vec::new(),
            how,
            why: "for a test".into(),
            proposal: None,
            grounds: None,
            attempt: None,
            because: None,
        };
        let told = Told::Workspace(Box::new(Fact::BoundaryMoved { moved }));
        let index = self.ledger.next();
        self.ledger.take(&Note { index, at: self.now, by: Some(self.members[MANAGER].id), told });
    }

    fn who(&self, member: usize) -> Actor {
        Actor { who: Who::Member(self.members[member].id), via: Via::Session }
    }

    fn decide(&self, lead: Option<&Lead>, actor: Actor, command: Command) -> Result<Decision, Refusal> {
        self.seed.set(self.seed.get() + 1);
        let context = Context {
            now: self.now,
            actor,
            seed: [self.seed.get(); 32],
            playbook: &self.playbook,
            members: &self.members,
            account: self.account.as_ref(),
            rota: &self.rota,
            ledger: &self.ledger,
            draw: &NoDraw,
            matched: self.matched.clone(),
            other: self.other.as_ref(),
            seal: &TestSeal,
        };
        decide(lead, command, &context)
    }

    fn later(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
    }

    fn inbound(&self, text: &str) -> Inbound {
        Inbound {
            channel: Source::Email,
            from: "carla@kunde.example".into(),
            subject: "Pumps".into(),
            text: text.into(),
            external_id: Some("m1@kunde.example".into()),
            answers: Vec::new(),
            attachments: Vec::new(),
            automatic: Automatic::No,
            received_at: self.now,
        }
    }

    fn enquiry(&self, text: &str) -> Enquiry {
        Enquiry {
            source: Source::Email,
            origin: "inbox".into(),
            person: Person {
                name: "Carla Kunde".into(),
                email: "carla@kunde.example".into(),
                ..Person::default()
            },
            fields: BTreeMap::new(),
            message: Some(self.inbound(text)),
            delivery: "d1".into(),
            received_at: self.now,
        }
    }

    fn captured(&self) -> Lead {
        self.decide(None, Actor::CHANNEL, Command::Capture(self.enquiry("We need two pumps."))).unwrap().lead
    }

    fn strategic(mut self) -> World {
        self.account = Some(Account {
            id: AccountId(uuid::Uuid::from_bytes([9; 16])),
            name: "Kunde SE".into(),
            domains: vec!["kunde.example".into()],
            tier: Tier::Strategic,
            owner: Some(self.members[REP].id),
            value: 500_000,
        });
        self
    }
}

fn kinds(decision: &Decision) -> Vec<&'static str> {
    decision.entries.iter().map(|entry| entry.fact.kind()).collect()
}

fn pending(lead: &Lead, step: Step) -> Proposal {
    let mut found = lead.proposals.values().filter(|p| p.step == step && p.state == ProposalState::Pending);
    found.next().cloned().unwrap_or_else(|| panic!("no pending {}: {:#?}", step.name(), lead.proposals))
}

fn choose(proposal: &Proposal, choice: Choice) -> DecisionMade {
    DecisionMade {
        proposal: proposal.id,
        choice,
        seen: proposal.content_now(),
        text: None,
        reason: None,
        attention: Attention::default(),
        signature: None,
    }
}

fn text(text: &str) -> Option<OutText> {
    Some(OutText { text: text.into(), ..OutText::default() })
}

/// A lead whose reply was approved and waits in the outbox, with the action.
fn approved(world: &World) -> (Lead, ActionId) {
    let lead = world.captured();
    let proposal = pending(&lead, Step::Reply);
    let decision = world
        .decide(Some(&lead), world.who(REP), Command::Decide(choose(&proposal, Choice::Approve)))
        .unwrap();
    (decision.lead, proposal.action)
}

#[test]
fn a_lead_is_captured_assigned_timed_and_answered_by_a_proposal() {
    let world = World::new();
    let decision =
        world.decide(None, Actor::CHANNEL, Command::Capture(world.enquiry("We need two pumps."))).unwrap();
    assert_eq!(
        kinds(&decision),
        [
            "lead.captured",
            "action.judged",
            "lead.assigned",
            "message.received",
            "clock.started",
            "action.judged",
            "proposal.made",
            "action.judged",
            "proposal.made",
        ]
    );
    let lead = &decision.lead;
    assert_eq!(lead.owner, Some(world.members[REP].id));
    // Ten in Berlin plus four open hours, over lunch.
    assert_eq!(lead.next_clock().unwrap().due.to_string(), "2026-11-23T14:00:00Z");
    let proposal = pending(lead, Step::Reply);
    assert_eq!(proposal.eligible, [world.members[REP].id, world.members[MANAGER].id]);
    let reasons: Vec<&str> = proposal.verdict.reasons.iter().map(|reason| reason.id.as_str()).collect();
    assert!(reasons.contains(&"question.judgement"), "{reasons:?}");
    let content = lead.actions[&proposal.action].content.as_ref().unwrap();
    assert_eq!(content.content.to, ["carla@kunde.example"]);
    assert_eq!(content.content.in_reply_to.as_deref(), Some("m1@kunde.example"));
    assert!(content.content.text().contains("Hello Carla"), "{}", content.content.text());
    // Nothing goes out by being drafted.
    assert!(
        !decision.effects.iter().any(|effect| matches!(effect, Effect::Dispatch { .. } | Effect::Send(_)))
    );
}

#[test]
fn the_state_is_what_the_facts_make_of_it() {
    let world = World::new();
    let mut entries = Vec::new();
    let first = world.decide(None, Actor::CHANNEL, Command::Capture(world.enquiry("Hello"))).unwrap();
    entries.extend(first.entries);
    let proposal = pending(&first.lead, Step::Reply);
    let second = world
        .decide(Some(&first.lead), world.who(REP), Command::Decide(choose(&proposal, Choice::Approve)))
        .unwrap();
    entries.extend(second.entries);
    let rebuilt = entries.iter().fold(None, evolve);
    assert_eq!(rebuilt, Some(second.lead));
}

#[test]
fn what_was_approved_is_what_goes() {
    let world = World::new();
    let (lead, action) = approved(&world);
    let attempt = world.decide(Some(&lead), Actor::SYSTEM, Command::Attempt(action)).unwrap();
    assert_eq!(kinds(&attempt), ["dispatch.attempted"]);
    let [Effect::Send(cleared)] = attempt.effects.as_slice() else { panic!("{:?}", attempt.effects) };
    let decided = lead.proposals.values().find(|proposal| proposal.action == action).unwrap().content_now();
    assert_eq!(Some(cleared.commitment()), decided);
    assert_eq!(TestSeal.commit(cleared.content(), cleared.blinding()), cleared.commitment());

    let mut tampered = lead.clone();
    let content = tampered.actions.get_mut(&action).unwrap().content.as_mut().unwrap();
    content.content.text = Some("Something else.".into());
    let attempt = world.decide(Some(&tampered), Actor::SYSTEM, Command::Attempt(action)).unwrap();
    assert!(
        !attempt.effects.iter().any(|effect| matches!(effect, Effect::Send(_))),
        "tampered content went out"
    );
    assert!(kinds(&attempt).contains(&"action.withdrawn"));
}

#[test]
fn a_reply_between_approval_and_sending_makes_the_approval_stale() {
    let world = World::new();
    let (lead, action) = approved(&world);
    let heard = world
        .decide(Some(&lead), Actor::CHANNEL, Command::Receive(world.inbound("Never mind, three pumps.")))
        .unwrap();
    assert!(kinds(&heard).contains(&"action.withdrawn"), "{:?}", kinds(&heard));
    assert!(heard.effects.contains(&Effect::Recall { action }));
    let refused = world.decide(Some(&heard.lead), Actor::SYSTEM, Command::Attempt(action)).unwrap_err();
    assert!(matches!(refused, Refusal::NotNow { .. } | Refusal::NoSuchAction(_)), "{refused:?}");
    // A fresh draft waits in its place.
    assert_ne!(pending(&heard.lead, Step::Reply).action, action);
}

#[test]
fn an_out_of_office_answer_is_not_a_reply() {
    let world = World::new();
    let (lead, action) = approved(&world);
    let away = Inbound { automatic: Automatic::OutOfOffice, ..world.inbound("I am away until Monday.") };
    let heard = world.decide(Some(&lead), Actor::CHANNEL, Command::Receive(away)).unwrap();
    assert_eq!(kinds(&heard), ["message.received"]);
    let attempt = world.decide(Some(&heard.lead), Actor::SYSTEM, Command::Attempt(action)).unwrap();
    assert!(matches!(attempt.effects.as_slice(), [Effect::Send(_)]));
}

#[test]
fn the_first_response_is_met_by_what_was_approved_and_sent_and_not_before() {
    let world = World::new();
    let (lead, action) = approved(&world);
    assert!(lead.next_clock().is_some(), "an unsent approval keeps no promise");
    let attempted = world.decide(Some(&lead), Actor::SYSTEM, Command::Attempt(action)).unwrap().lead;
    let outcome = Outcome::Done { receipt: "1.eml".into() };
    let settled = world
        .decide(Some(&attempted), Actor::SYSTEM, Command::Settle { action, outcome, temporary: false })
        .unwrap();
    assert!(kinds(&settled).contains(&"clock.met"));
    assert_eq!(settled.lead.next_clock(), None);
    assert_eq!(settled.lead.stage, Stage::Working);
}

#[test]
fn an_unknown_outcome_is_never_sent_again_by_itself() {
    let world = World::new();
    let (lead, action) = approved(&world);
    let attempted = world.decide(Some(&lead), Actor::SYSTEM, Command::Attempt(action)).unwrap().lead;
    let again = world.decide(Some(&attempted), Actor::SYSTEM, Command::Attempt(action)).unwrap_err();
    assert!(matches!(again, Refusal::NotNow { state: "attempted", .. }));
    let outcome = Outcome::Unknown { why: "the connection broke".into() };
    let unknown = world
        .decide(Some(&attempted), Actor::SYSTEM, Command::Settle { action, outcome, temporary: false })
        .unwrap()
        .lead;
    assert!(matches!(
        world.decide(Some(&unknown), Actor::SYSTEM, Command::Attempt(action)),
        Err(Refusal::NotNow { state: "unknown", .. })
    ));
    let resolved =
        world.decide(Some(&unknown), world.who(REP), Command::Resolve { action, sent: false }).unwrap();
    assert!(!resolved.effects.iter().any(|effect| matches!(effect, Effect::Dispatch { .. })));
    assert!(resolved.lead.proposals.values().any(|proposal| proposal.state == ProposalState::Pending
        && proposal.verdict.reasons.iter().any(|reason| reason.id == "stale.lead")));
}

#[test]
fn a_passing_failure_is_tried_again_a_bounded_number_of_times() {
    let mut world = World::new();
    let (mut lead, action) = approved(&world);
    for round in 1..=departure::ATTEMPTS {
        lead = world.decide(Some(&lead), Actor::SYSTEM, Command::Attempt(action)).unwrap().lead;
        let outcome = Outcome::Failed { why: "451 later".into() };
        let settled = world
            .decide(Some(&lead), Actor::SYSTEM, Command::Settle { action, outcome, temporary: true })
            .unwrap();
        let again = settled.effects.iter().any(|effect| matches!(effect, Effect::Dispatch { .. }));
        assert_eq!(again, round < departure::ATTEMPTS, "round {round}");
        lead = settled.lead;
        world.later(300);
    }
    assert!(matches!(lead.actions[&action].state, ActionState::Failed { .. }));
}

#[test]
fn deciding_twice_or_on_other_content_is_refused() {
    let world = World::new();
    let lead = world.captured();
    let proposal = pending(&lead, Step::Reply);
    let blind = DecisionMade { seen: Some(Commitment([0; 32])), ..choose(&proposal, Choice::Approve) };
    let refused = world.decide(Some(&lead), world.who(REP), Command::Decide(blind)).unwrap_err();
    assert!(matches!(refused, Refusal::Decision(DecisionError::ContentChanged { .. })));

    let approve = Command::Decide(choose(&proposal, Choice::Approve));
    let once = world.decide(Some(&lead), world.who(REP), approve.clone()).unwrap().lead;
    let twice = world.decide(Some(&once), world.who(MANAGER), approve).unwrap_err();
    let by = Some(world.members[REP].id);
    assert_eq!(twice, Refusal::Decision(DecisionError::Settled { state: "approved", by }));
}

#[test]
fn who_may_decide_is_checked_when_it_is_decided() {
    let world = World::new();
    let lead = world.captured();
    let approve = Command::Decide(choose(&pending(&lead, Step::Reply), Choice::Approve));
    let auditor = world.decide(Some(&lead), world.who(AUDITOR), approve.clone()).unwrap_err();
    assert_eq!(auditor, Refusal::AuditorReads);
    let agent = Actor { who: Who::Agent(crate::ids::AgentId(uuid::Uuid::nil())), via: Via::Token };
    assert_eq!(world.decide(Some(&lead), agent, approve.clone()).unwrap_err(), Refusal::OnlyMembersDecide);

    let strategic = World::new().strategic();
    let lead = strategic.captured();
    let approve = Command::Decide(choose(&pending(&lead, Step::Reply), Choice::Approve));
    let rep = strategic.decide(Some(&lead), strategic.who(REP), approve.clone()).unwrap_err();
    assert!(matches!(rep, Refusal::Decision(DecisionError::MayNot { .. })), "{rep:?}");
    let unsigned = strategic.decide(Some(&lead), strategic.who(MANAGER), approve).unwrap_err();
    assert_eq!(unsigned, Refusal::Decision(DecisionError::NeedsPasskey));
}

#[test]
fn an_edit_goes_out_as_edited_and_a_rejection_needs_a_reason() {
    let world = World::new();
    let lead = world.captured();
    let proposal = pending(&lead, Step::Reply);
    let edit = DecisionMade {
        text: text("Hello Carla,\n\nwhich flow do you need?\n\nAda"),
        ..choose(&proposal, Choice::Edit)
    };
    let edited = world.decide(Some(&lead), world.who(REP), Command::Decide(edit)).unwrap();
    let content = edited.lead.actions[&proposal.action].content.clone().unwrap();
    assert!(content.content.text().contains("which flow"));
    assert_ne!(Some(content.commitment), proposal.commitment);
    let Fact::ApprovalDecided { substance, .. } = &edited.entries[0].fact else { panic!() };
    assert_eq!(*substance, Some(crate::approval::Substance::Substantive));

    let silent =
        world.decide(Some(&lead), world.who(REP), Command::Decide(choose(&proposal, Choice::Reject)));
    assert!(matches!(silent, Err(Refusal::Decision(DecisionError::Incomplete(_)))));
    let reject = DecisionMade { reason: Some("Not a customer.".into()), ..choose(&proposal, Choice::Reject) };
    let rejected = world.decide(Some(&lead), world.who(REP), Command::Decide(reject)).unwrap();
    assert!(!rejected.effects.iter().any(|effect| matches!(effect, Effect::Dispatch { .. })));
    assert_eq!(rejected.lead.proposals[&proposal.id].state, ProposalState::Rejected);
}

#[test]
fn an_unresolved_placeholder_stops_until_it_is_mended() {
    let world = World::new();
    let lead = world.captured();
    let proposal = pending(&lead, Step::Reply);
    let edit =
        DecisionMade { text: text("Hello {{first_name}},\n\nwelcome."), ..choose(&proposal, Choice::Edit) };
    let refused = world.decide(Some(&lead), world.who(REP), Command::Decide(edit)).unwrap_err();
    assert!(
        matches!(&refused, Refusal::Decision(DecisionError::MustMend { id, .. }) if id == "placeholder"),
        "{refused:?}"
    );
}

#[test]
fn silence_is_never_consent() {
    let mut world = World::new();
    let mut lead = world.captured();
    let proposal = pending(&lead, Step::Reply);
    let timer = Timer::Proposal { proposal: proposal.id };
    world.now = proposal.remind_at;
    let reminded = world.decide(Some(&lead), Actor::SYSTEM, Command::Fire(timer)).unwrap();
    assert_eq!(kinds(&reminded), ["proposal.reminded"]);
    lead = reminded.lead;
    world.now = proposal.deadline;
    let expired = world.decide(Some(&lead), Actor::SYSTEM, Command::Fire(timer)).unwrap();
    assert_eq!(kinds(&expired)[0], "proposal.expired");
    assert!(!expired.effects.iter().any(|effect| matches!(effect, Effect::Dispatch { .. })));
    assert_eq!(expired.lead.proposals[&proposal.id].state, ProposalState::Expired);
    let late = world.decide(
        Some(&expired.lead),
        world.who(REP),
        Command::Decide(choose(&proposal, Choice::Approve)),
    );
    assert!(matches!(late, Err(Refusal::Decision(DecisionError::Settled { state: "expired", by: None }))));
}

#[test]
fn a_clock_warns_then_breaches_once() {
    let mut world = World::new();
    let lead = world.captured();
    let clock = lead.next_clock().unwrap().clone();
    let fire = || Command::Fire(Timer::Clock { clock: clock.id });
    assert!(world.decide(Some(&lead), Actor::SYSTEM, fire()).unwrap().entries.is_empty(), "too early");
    world.now = clock.warn_at;
    let warned = world.decide(Some(&lead), Actor::SYSTEM, fire()).unwrap();
    assert_eq!(kinds(&warned), ["clock.warned", "action.judged", "owner.reminded"]);
    world.now = clock.due;
    let breached = world.decide(Some(&warned.lead), Actor::SYSTEM, fire()).unwrap();
    assert_eq!(kinds(&breached), ["clock.breached", "action.judged", "lead.escalated"]);
    assert!(world.decide(Some(&breached.lead), Actor::SYSTEM, fire()).unwrap().entries.is_empty(), "once");
}

#[test]
fn an_owner_writes_in_their_own_words_and_a_commitment_still_asks() {
    let world = World::new();
    let lead = world.captured();
    let write = |words: &str| {
        Command::Propose(Request {
            step: Step::Reply,
            text: text(words),
            payload: None,
            why: "The owner wrote.".into(),
            confidence: None,
            own_words: true,
        })
    };
    let plain = world
        .decide(Some(&lead), world.who(REP), write("Hello Carla,\n\nwhich flow do you need?\n\nAda"))
        .unwrap();
    assert!(
        plain.effects.iter().any(|effect| matches!(effect, Effect::Dispatch { .. })),
        "{:#?}",
        plain.entries
    );
    let promise = world
        .decide(Some(&lead), world.who(REP), write("Hello Carla,\n\nyou get 20 % discount.\n\nAda"))
        .unwrap();
    assert!(!promise.effects.iter().any(|effect| matches!(effect, Effect::Dispatch { .. })));
    let Fact::ActionJudged { verdict, .. } = &promise.entries[0].fact else { panic!() };
    assert_eq!(verdict.kind, VerdictKind::Ask);
    assert!(verdict.reasons.iter().any(|reason| reason.id.starts_with("finding.")), "{:?}", verdict.reasons);
    // Four eyes: who proposed it does not decide on it.
    let made = promise.lead.proposals.values().find(|p| p.eligible == [world.members[MANAGER].id]);
    assert!(made.is_some(), "{:#?}", promise.lead.proposals);
}

#[test]
fn an_agent_only_proposes() {
    let world = World::new();
    let lead = world.captured();
    let agent = Actor { who: Who::Agent(crate::ids::AgentId(uuid::Uuid::nil())), via: Via::Token };
    let request = Request {
        step: Step::FollowUp,
        text: text("Hello Carla,\n\nany news?\n\nAda"),
        payload: None,
        why: "Silence.".into(),
        confidence: Some(950),
        own_words: true,
    };
    let decision = world.decide(Some(&lead), agent, Command::Propose(request)).unwrap();
    assert_eq!(kinds(&decision), ["action.judged", "proposal.made"]);
}

#[test]
fn nobody_who_opted_out_is_written_to() {
    let world = World::new();
    let (lead, action) = approved(&world);
    let out =
        world.decide(Some(&lead), Actor::CHANNEL, Command::OptOut { why: "unsubscribed".into() }).unwrap();
    assert!(out.effects.contains(&Effect::Recall { action }));
    assert!(
        out.entries
            .iter()
            .any(|entry| matches!(&entry.fact, Fact::ActionWithdrawn { why: Overtaken::OptedOut, .. }))
    );
    let request = Request {
        step: Step::Reply,
        text: text("Hello"),
        payload: None,
        why: String::new(),
        confidence: None,
        own_words: true,
    };
    let refused = world.decide(Some(&out.lead), world.who(REP), Command::Propose(request)).unwrap();
    assert_eq!(kinds(&refused), ["action.judged"]);
    let Fact::ActionJudged { verdict, .. } = &refused.entries[0].fact else { panic!() };
    assert_eq!(verdict.kind, VerdictKind::Refuse);
}

#[test]
fn an_automated_acknowledgement_runs_but_not_to_a_strategic_account_or_an_angry_customer() {
    let automate = |mut world: World| {
        world.widen("message.acknowledge/acknowledge.en");
        world
    };
    let runs = |world: &World, words: &str| {
        let decision = world.decide(None, Actor::CHANNEL, Command::Capture(world.enquiry(words))).unwrap();
        decision.effects.iter().any(|effect| matches!(effect, Effect::Dispatch { .. }))
    };
    assert!(runs(&automate(World::new()), "We need two pumps."));
    assert!(!runs(&automate(World::new()), "This is unacceptable, I want to complain."));
    assert!(!runs(&automate(World::new().strategic()), "We need two pumps."));
}

#[test]
fn a_known_person_joins_and_the_old_draft_makes_way() {
    let world = World::new();
    let lead = world.captured();
    let old = pending(&lead, Step::Reply);
    let joined = world
        .decide(Some(&lead), Actor::CHANNEL, Command::Capture(world.enquiry("One more thing.")))
        .unwrap();
    assert_eq!(kinds(&joined)[..3], ["lead.joined", "message.received", "proposal.withdrawn"]);
    assert_ne!(pending(&joined.lead, Step::Reply).id, old.id);
}

#[test]
fn a_lead_without_an_address_gets_no_draft_and_says_why() {
    let world = World::new();
    let mut enquiry = world.enquiry("Call me.");
    enquiry.person.email = String::new();
    enquiry.person.phone = "+49 30 1234567".into();
    let decision = world.decide(None, Actor::CHANNEL, Command::Capture(enquiry)).unwrap();
    assert!(kinds(&decision).contains(&"draft.failed"));
    assert!(decision.lead.proposals.is_empty());
}

fn erasure() -> Command {
    Command::Propose(Request {
        step: Step::Erase,
        text: None,
        payload: None,
        why: "Carla Kunde asked for it.".into(),
        confidence: None,
        own_words: false,
    })
}

#[test]
fn an_erased_lead_knows_nobody_and_nothing_happens_to_it_any_more() {
    let world = World::new();
    let lead = world.captured();
    let asked = world.decide(Some(&lead), world.who(REP), erasure()).unwrap();
    let proposal = pending(&asked.lead, Step::Erase);
    let edit = DecisionMade { text: text("Something else."), ..choose(&proposal, Choice::Edit) };
    assert!(world.decide(Some(&asked.lead), world.who(MANAGER), Command::Decide(edit)).is_err());
    let mut approve = choose(&proposal, Choice::Approve);
    approve.reason = Some("Carla is right.".into());
    let decision = world.decide(Some(&asked.lead), world.who(MANAGER), Command::Decide(approve)).unwrap();
    assert_eq!(kinds(&decision), ["approval.decided", "lead.erased"]);
    assert!(decision.effects.contains(&Effect::Erase));
    let known = serde_json::to_string(&decision.lead).unwrap();
    let last = serde_json::to_string(&decision.entries[1].fact).unwrap();
    for personal in ["Carla", "kunde.example", "pumps"] {
        assert!(
            !known.contains(personal) && !last.contains(personal),
            "`{personal}` is left: {known} {last}"
        );
    }
    let erased = decision.lead.erased.clone().unwrap();
    assert_eq!((erased.at, erased.by), (world.now, world.who(MANAGER)));
    assert_eq!(decision.lead.proposals[&proposal.id].state, ProposalState::Approved);
    // The state follows from the last fact alone: those before have no bodies any more.
    assert_eq!(evolve(None, &decision.entries[1]), Some(decision.lead.clone()));

    for command in [erasure(), Command::Receive(world.inbound("Hello?")), Command::OptOut { why: "w".into() }]
    {
        assert_eq!(world.decide(Some(&decision.lead), world.who(REP), command), Err(Refusal::Erased));
    }
}

#[test]
fn nothing_is_erased_while_a_message_is_being_handed_over() {
    let world = World::new();
    let (lead, action) = approved(&world);
    let lead = world.decide(Some(&lead), Actor::SYSTEM, Command::Attempt(action)).unwrap().lead;
    let lead = world.decide(Some(&lead), world.who(REP), erasure()).unwrap().lead;
    let proposal = pending(&lead, Step::Erase);
    let approve = Command::Decide(choose(&proposal, Choice::Approve));
    let refused = world.decide(Some(&lead), world.who(MANAGER), approve);
    assert_eq!(refused, Err(Refusal::NotNow { action, state: "attempted" }));
}

/// A signature as a door hands it in once it has verified it.
fn signature(content: Option<Commitment>, blinding: Option<[u8; 32]>) -> Option<Box<PasskeySignature>> {
    Some(Box::new(PasskeySignature {
        credential: vec![1],
        client_data: vec![2],
        authenticator_data: vec![3],
        signature: vec![4],
        nonce: [5; 32],
        content,
        blinding,
    }))
}

#[test]
fn a_signed_decision_is_on_exactly_the_content_that_was_signed() {
    let world = World::new().strategic();
    let lead = world.captured();
    let proposal = pending(&lead, Step::Reply);
    assert!(proposal.verdict.passkey, "the starter policy asks for it on strategic accounts");
    let take = |made: DecisionMade| world.decide(Some(&lead), world.who(MANAGER), Command::Decide(made));
    let approve =
        |content| DecisionMade { signature: signature(content, None), ..choose(&proposal, Choice::Approve) };
    let decision = take(approve(proposal.commitment)).unwrap();
    assert_eq!(decision.entries[0].actor.via, Via::Passkey);
    assert_eq!(decision.entries[0].fact.signature().map(|one| one.nonce), Some([5; 32]));
    assert!(decision.lead.proposals[&proposal.id].decisions[0].signed);
    let changed = Refusal::Decision(DecisionError::ContentChanged { now: proposal.content_now() });
    assert_eq!(take(approve(Some(Commitment([9; 32])))), Err(changed.clone()));
    assert_eq!(take(approve(None)), Err(changed.clone()));

    // Changed words are sealed before they are signed, and again when they are decided, to the same commitment.
    let edit =
        DecisionMade { text: text("Hello Carla,\n\nlet us talk.\n\nMax"), ..choose(&proposal, Choice::Edit) };
    let context = Context {
        now: world.now,
        actor: world.who(MANAGER),
        seed: [77; 32],
        playbook: &world.playbook,
        members: &world.members,
        account: None,
        rota: &world.rota,
        ledger: &world.ledger,
        draw: &NoDraw,
        matched: None,
        other: None,
        seal: &TestSeal,
    };
    let sealed = to_sign(&lead, &edit, &context).unwrap().unwrap();
    let signed = |text: Option<OutText>| DecisionMade {
        text,
        signature: signature(Some(sealed.commitment), Some(sealed.blinding)),
        ..edit.clone()
    };
    let decision = take(signed(edit.text.clone())).unwrap();
    assert_eq!(
        decision.entries[0].content.as_ref().map(|content| content.commitment),
        Some(sealed.commitment)
    );
    assert_eq!(take(signed(text("Hello Carla,\n\nhalf the price.\n\nMax"))), Err(changed));

    let reject = DecisionMade {
        reason: Some("Not now.".into()),
        signature: signature(None, None),
        ..choose(&proposal, Choice::Reject)
    };
    assert!(take(reject).is_ok());
}

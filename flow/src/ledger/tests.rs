//! What the ledger promises, checked.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::boundary::replay::Replay;
use crate::boundary::{Asked, Outcome};
use crate::fact::{Fact, VerdictKind};
use crate::ids::ActionId;
use crate::step::Place;

const CLASS: &str = "message.reply/reply.en";

fn declared(limit: f64) -> Declared {
    let rules =
        |starts, segments: &[Dimension]| StepRules { starts, limit, cost: None, segments: segments.to_vec() };
    Declared {
        steps: [
            (Step::Reply, rules(Place::Gated, &[])),
            (Step::FollowUp, rules(Place::Gated, &[Dimension::Tier])),
            (Step::Assign, rules(Place::Automated, &[])),
            (Step::SendQuote, rules(Place::Floor, &[])),
        ]
        .into(),
        languages: vec!["en".into()],
        policy: "p1".into(),
        ..Declared::default()
    }
}

fn member(number: u8) -> MemberId {
    MemberId(Uuid::from_bytes([number; 16]))
}

/// A record that grows, and the ledger folded from it as it grows.
struct World {
    ledger: Ledger,
    record: Vec<Note>,
    now: Timestamp,
    templates: BTreeMap<String, String>,
}

impl World {
    fn new(limit: f64) -> World {
        let mut world = World {
            ledger: Ledger::default(),
            record: Vec::new(),
            now: "2026-11-02T09:00:00Z".parse().unwrap(),
            templates: [("templates/reply.en.md".to_owned(), "a".to_owned())].into(),
        };
        world.adopt(declared(limit));
        world
    }

    fn tell(&mut self, by: Option<MemberId>, told: Told) -> Vec<Moved> {
        self.now += SignedDuration::from_secs(601);
        let note = Note { index: self.record.len() as u64 * 3, at: self.now, by, told };
        self.record.push(note.clone());
        let moved = |notice| match notice {
            Notice::Moved(moved) => Some(moved),
            Notice::Reviewer(_) => None,
        };
        self.ledger.take(&note).into_iter().filter_map(moved).collect()
    }

    fn adopt(&mut self, declared: Declared) -> Vec<Moved> {
        let files = self.templates.clone();
        let fact = Fact::PlaybookAdopted { digest: "d".into(), files, boundary: Some(declared) };
        self.tell(None, Told::Workspace(Box::new(fact)))
    }

    fn decide(&mut self, class: &str, asked: Asked, outcome: Outcome, ms: u64) -> Vec<Moved> {
        let weighed =
            Weighed { class: class.into(), asked, outcome, words_new: 40, waited_s: 600, no_credit: None };
        let proposal = crate::ids::ProposalId(Uuid::from_u128(self.record.len() as u128));
        let told = Told::Decided { proposal, weighed, seen: Seen { ms, thread: true } };
        self.tell(Some(member(1)), told)
    }

    fn clean(&mut self, times: usize) -> Vec<Moved> {
        (0..times).flat_map(|_| self.decide(CLASS, Asked::ByGate, Outcome::Approved, 20_000)).collect()
    }

    fn probe(&mut self, caught: bool) -> Vec<Moved> {
        let fact = Fact::ProbeDecided {
            proposal: crate::ids::ProposalId(Uuid::from_u128(9)),
            class: CLASS.into(),
            corruption: "amount".into(),
            caught,
            attention: Default::default(),
        };
        self.tell(Some(member(1)), Told::Workspace(Box::new(fact)))
    }

    fn hand(&mut self, class: &str, how: How) -> Vec<Moved> {
        let moved = Moved {
            class: class.into(),
            segments: Vec::new(),
            how,
            why: "because".into(),
            proposal: None,
            grounds: None,
            attempt: None,
            because: None,
        };
        self.tell(Some(member(2)), Told::Workspace(Box::new(Fact::BoundaryMoved { moved })))
    }

    fn ran(&mut self, class: &str) -> Vec<Moved> {
        self.tell(None, Told::Ran { class: class.into() })
    }

    fn exception(&mut self, class: &str, critical: bool) -> Vec<Moved> {
        let action = ActionId(Uuid::from_u128(5));
        let ran_at = Some(self.now);
        self.tell(None, Told::Excepted { class: class.into(), action, ran_at, critical })
    }

    fn automated(&self, class: &str) -> bool {
        self.ledger.is_automated(class, Place::Gated)
    }
}

fn hows(moved: &[Moved]) -> Vec<How> {
    moved.iter().map(|moved| moved.how).collect()
}

/// Evidence enough for a class with a limit of one half.
fn proven() -> (World, Vec<Moved>) {
    let mut world = World::new(0.5);
    let mut moved = Vec::new();
    for _ in 0..12 {
        moved.extend(world.clean(3));
        moved.extend(world.probe(true));
    }
    (world, moved)
}

#[test]
fn evidence_asks_an_admin_and_moves_nothing_by_itself() {
    let (world, moved) = proven();
    assert_eq!(hows(&moved), [How::Proposed], "asked once");
    assert!(!world.automated(CLASS));
    assert_eq!(world.ledger.stands(CLASS), Stands::Ready);
    let widening = world.ledger.widenings().next().unwrap();
    assert_eq!((widening.class.as_str(), Some(widening.id)), (CLASS, moved[0].proposal));
    assert!(widening.grounds.score >= widening.grounds.bar);
}

#[test]
fn an_admins_decision_moves_it_and_a_refusal_is_not_asked_again_at_once() {
    let (mut world, _) = proven();
    world.hand(CLASS, How::Declined);
    assert_eq!(world.ledger.stands(CLASS), Stands::Gated);
    assert!(hows(&world.clean(usize::try_from(DECLINED_FOR_REVIEWS).unwrap() - 1)).is_empty());
    assert_eq!(hows(&world.clean(1)), [How::Proposed]);
    world.hand(CLASS, How::Widened);
    assert!(world.automated(CLASS) && world.ledger.widenings().next().is_none());
    assert!((world.ledger.audit_share(CLASS) - 0.2).abs() < 1e-9);
}

#[test]
fn evidence_that_no_longer_reaches_the_bar_takes_the_proposal_back() {
    let (mut world, _) = proven();
    let mut moved = Vec::new();
    for _ in 0..20 {
        moved.extend(world.decide(CLASS, Asked::ByGate, Outcome::Rejected, 20_000));
    }
    assert_eq!(hows(&moved), [How::Overtaken]);
    assert_eq!(world.ledger.stands(CLASS), Stands::Gated);
}

#[test]
fn without_probes_nothing_is_proposed_but_an_admin_may_widen() {
    let mut world = World::new(0.5);
    assert!(world.clean(200).is_empty());
    world.hand(CLASS, How::Widened);
    assert!(world.automated(CLASS));
}

#[test]
fn exceptions_pull_back_at_once_and_the_third_time_locks() {
    let mut world = World::new(0.05);
    for (round, how) in [How::PulledBack, How::PulledBack, How::PulledBackLocked].into_iter().enumerate() {
        world.decide(CLASS, Asked::ByGate, Outcome::Approved, 20_000);
        world.hand(CLASS, How::Widened);
        world.ran(CLASS);
        let moved = if round == 1 {
            world.exception(CLASS, true)
        } else {
            (0..4).flat_map(|_| world.exception(CLASS, false)).collect()
        };
        assert_eq!(hows(&moved), [how], "round {round}");
        assert!(!world.automated(CLASS));
    }
    assert_eq!(world.ledger.stands(CLASS), Stands::Locked);
    world.hand(CLASS, How::Widened);
    assert!(!world.automated(CLASS), "a locked class is not widened");
    world.hand(CLASS, How::Unlocked);
    assert_eq!(world.ledger.stands(CLASS), Stands::PulledBack);
}

#[test]
fn flagged_audits_pull_back() {
    let mut world = World::new(0.05);
    world.decide(CLASS, Asked::ByGate, Outcome::Approved, 20_000);
    world.hand(CLASS, How::Widened);
    let flagged = |world: &mut World| world.decide(CLASS, Asked::ForAudit, Outcome::Rejected, 20_000);
    let moved: Vec<Moved> = (0..6).flat_map(|_| flagged(&mut world)).collect();
    assert_eq!(hows(&moved), [How::PulledBack]);
    assert_eq!(world.ledger.class(CLASS).unwrap().flagged, 6);
}

#[test]
fn a_changed_text_or_policy_or_limit_erases_what_it_is_about() {
    let automated = || {
        let mut world = World::new(0.05);
        world.clean(1);
        world.decide("message.follow_up/again.en:standard", Asked::ByGate, Outcome::Approved, 20_000);
        world.hand(CLASS, How::Widened);
        world.hand("message.follow_up/again.en", How::Widened);
        world
    };
    let mut world = automated();
    assert!(world.adopt(declared(0.05)).is_empty(), "nothing changed");
    assert!(world.automated(CLASS));
    world.templates.insert("templates/reply.en.md".into(), "b".into());
    let moved = world.adopt(declared(0.05));
    assert_eq!((hows(&moved), moved[0].class.as_str()), (vec![How::Reset], CLASS));
    assert!(!world.automated(CLASS) && world.automated("message.follow_up/again.en:standard"));

    let mut world = automated();
    let moved = world.adopt(Declared { policy: "p2".into(), ..declared(0.05) });
    assert_eq!(hows(&moved), [How::Reset, How::Reset]);
    assert!(!world.automated(CLASS));

    let mut world = automated();
    assert_eq!(hows(&world.adopt(declared(0.02))), [How::Reset, How::Reset]);
    assert!(!world.automated(CLASS));
}

#[test]
fn what_the_playbook_starts_automated_runs_and_is_not_audited() {
    let mut world = World::new(0.05);
    assert!(world.ledger.is_automated("lead.assign", Place::Automated), "never seen");
    let judged = |class: &str, verdict| Told::Judged { class: class.into(), verdict, sends: false };
    world.tell(None, judged("lead.assign", VerdictKind::Run));
    assert!(world.ledger.is_automated("lead.assign", Place::Gated), "seen: the ledger knows");
    assert!(world.ledger.audit_share("lead.assign").abs() < 1e-9);
    assert_eq!(world.ledger.class("lead.assign").unwrap().ran, 1);
    let mut gated = declared(0.05);
    gated.steps.get_mut(&Step::Assign).unwrap().starts = Place::Gated;
    world.adopt(gated);
    assert!(!world.ledger.is_automated("lead.assign", Place::Automated));
}

#[test]
fn a_floor_is_never_widened() {
    let mut world = World::new(0.05);
    let class = "quote.send/free-text";
    world.decide(class, Asked::ByGate, Outcome::Approved, 20_000);
    world.hand(class, How::Widened);
    assert!(!world.automated(class));
    assert_eq!(world.ledger.stands(class), Stands::Floor);
}

#[test]
fn what_earned_no_credit_is_counted_by_reason() {
    let mut world = World::new(0.05);
    world.decide(CLASS, Asked::ByGate, Outcome::Approved, 100);
    world.decide(CLASS, Asked::ByGate, Outcome::Approved, 4_000_000);
    world.decide(CLASS, Asked::ByGate, Outcome::Rejected, 100);
    let story = world.ledger.class(CLASS).unwrap();
    assert_eq!((story.no_credit, story.clean, story.defects), ([0, 1, 1, 0], 2, 1));
}

/// Something that may happen, by number.
fn happen(world: &mut World, what: (u8, u8, u16)) {
    let (what, class, more) = what;
    let class = [
        "message.reply/reply.en",
        "message.follow_up/again.en:standard",
        "lead.assign",
        "quote.send/free-text",
    ][usize::from(class) % 4];
    let ms = u64::from(more) * 3;
    let outcome =
        [Outcome::Approved, Outcome::Approved, Outcome::Cosmetic, Outcome::Rejected][usize::from(more) % 4];
    match what % 16 {
        0..=5 => drop(world.decide(class, Asked::ByGate, outcome, ms)),
        6 => drop(world.decide(class, Asked::ForAudit, outcome, ms)),
        7 | 8 => drop(world.ran(class)),
        9 => drop(world.exception(class, more.is_multiple_of(7))),
        10 => drop(world.probe(more % 3 > 0)),
        11 => {
            drop(world.hand(
                class,
                [How::Widened, How::Narrowed, How::Locked, How::Unlocked][usize::from(more) % 4],
            ))
        }
        12 => drop(world.hand(class, How::Widened)),
        13 => {
            world.templates.insert("templates/reply.en.md".into(), (more % 3).to_string());
            let limit = [0.05, 0.05, 0.1, 0.5][usize::from(more) % 4];
            world.adopt(declared(limit));
        }
        _ => {
            let verdict = if more.is_multiple_of(2) { VerdictKind::Run } else { VerdictKind::Ask };
            let told = Told::Judged { class: class.into(), verdict, sends: class != "lead.assign" };
            world.tell(None, told);
        }
    }
}

fn written(ledger: &Ledger) -> String {
    serde_json::to_string(ledger).unwrap()
}

proptest! {
    #[test]
    fn folded_anew_kept_or_repeated_it_is_the_same(
        days in prop::collection::vec(any::<(u8, u8, u16)>(), 1..120), kept_at in 0_usize..120,
    ) {
        let mut world = World::new(0.5);
        let mut kept = None;
        for (day, what) in days.iter().enumerate() {
            happen(&mut world, *what);
            if day == kept_at {
                kept = Some(serde_json::from_str::<Ledger>(&written(&world.ledger)).unwrap());
            }
        }
        let mut anew = Ledger::default();
        for note in &world.record {
            anew.take(note);
        }
        prop_assert_eq!(written(&anew), written(&world.ledger), "folded anew");
        let mut went_on = kept.unwrap_or_default();
        for note in &world.record {
            prop_assert!(note.index >= went_on.next() || went_on.take(note).is_empty());
            went_on.take(note);
        }
        prop_assert_eq!(written(&went_on), written(&world.ledger), "gone on from what was kept");
    }

    #[test]
    fn the_history_replayed_stands_as_the_living_one(days in prop::collection::vec(any::<(u8, u8, u16)>(), 1..120)) {
        let mut world = World::new(0.5);
        for what in &days {
            happen(&mut world, *what);
        }
        let mut writing = Ledger::writing();
        let mut replay = Replay::default();
        for note in &world.record {
            writing.take(note);
            for line in writing.lines() {
                replay.line(&line.to_string()).unwrap();
            }
        }
        let (living, replayed) = (world.ledger.boundary(), replay.boundary());
        let classes = |boundary: &Boundary| -> Vec<String> {
            boundary.classes().map(|(name, class)| format!("{name} {class:?}")).collect()
        };
        let reviewers = |boundary: &Boundary| -> Vec<String> {
            boundary.reviewers().map(|(name, reviewer)| format!("{name} {reviewer:?}")).collect()
        };
        prop_assert_eq!(classes(living), classes(replayed));
        prop_assert_eq!(reviewers(living), reviewers(replayed));
        for (name, _) in living.classes() {
            prop_assert_eq!(living.evidence(name), replayed.evidence(name));
        }
    }
}

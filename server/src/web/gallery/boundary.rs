//! A workspace's boundary after a season: one class in each state.

use std::sync::Arc;

use flow::boundary::{Asked, Outcome};
use flow::fact::{Fact, VerdictKind};
use flow::health::Waiting;
use flow::ids::{ActionId, MemberId, ProposalId};
use flow::ledger::{Declared, Dimension, How, Ledger, Moved, Note, Seen, StepRules, Told, Weighed};
use flow::step::{Place, Step};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::sample;
use crate::state::Snapshot;
use crate::vitals::Vitals;
use crate::web::boundary::{MoveLine, Page, Shown};

struct Season {
    ledger: Ledger,
    now: Timestamp,
    index: u64,
    moves: Vec<MoveLine>,
}

impl Season {
    fn tell(&mut self, by: Option<usize>, told: Told) {
        self.now += SignedDuration::from_mins(47);
        let by: Option<MemberId> = by.map(|member| sample::members()[member].id);
        let note = Note { index: self.index, at: self.now, by, told };
        self.index += 1;
        for notice in self.ledger.take(&note) {
            if let flow::ledger::Notice::Moved(moved) = notice {
                self.line(String::new(), moved);
            }
        }
    }

    fn line(&mut self, by: String, moved: Moved) {
        let Moved { class, segments, how, why, because, .. } = moved;
        self.moves.insert(0, MoveLine { at: self.now, by, class, how, segments, why, because });
    }

    fn decide(&mut self, class: &str, asked: Asked, outcome: Outcome, ms: u64) {
        let weighed =
            Weighed { class: class.into(), asked, outcome, words_new: 42, waited_s: 2_400, no_credit: None };
        let proposal = ProposalId(Uuid::from_u128(1));
        let member = usize::try_from(self.index % 2).unwrap_or(0);
        let judged = Told::Judged { class: class.into(), verdict: VerdictKind::Ask, sends: true };
        self.tell(None, judged);
        self.tell(Some(member), Told::Decided { proposal, weighed, seen: Seen { ms, thread: ms > 15_000 } });
    }

    fn reviews(&mut self, class: &str, times: u32, defect_every: u32) {
        for number in 1..=times {
            let outcome = match number {
                number if defect_every > 0 && number.is_multiple_of(defect_every) => Outcome::Rejected,
                number if number.is_multiple_of(9) => Outcome::Cosmetic,
                _ => Outcome::Approved,
            };
            let ms = if number.is_multiple_of(13) { 2_000 } else { 14_000 + u64::from(number % 17) * 900 };
            self.decide(class, Asked::ByGate, outcome, ms);
            if number.is_multiple_of(15) {
                self.probe(class, !number.is_multiple_of(150));
            }
        }
    }

    fn probe(&mut self, class: &str, caught: bool) {
        let fact = Fact::ProbeDecided {
            proposal: ProposalId(Uuid::from_u128(2)),
            class: class.into(),
            corruption: "amount".into(),
            caught,
            attention: Default::default(),
        };
        self.tell(Some(0), Told::Workspace(Box::new(fact)));
    }

    fn hand(&mut self, class: &str, how: How, why: &str) {
        let moved = Moved {
            class: class.into(),
            segments: Vec::new(),
            how,
            why: why.into(),
            proposal: None,
            grounds: None,
            attempt: None,
            because: None,
        };
        self.line("Ines Okafor".into(), moved.clone());
        self.tell(Some(3), Told::Workspace(Box::new(Fact::BoundaryMoved { moved })));
    }

    fn ran(&mut self, class: &str, times: u32) {
        for _ in 0..times {
            self.tell(None, Told::Judged { class: class.into(), verdict: VerdictKind::Run, sends: true });
            self.tell(None, Told::Ran { class: class.into() });
        }
    }

    fn exception(&mut self, class: &str) {
        let action = ActionId(Uuid::from_u128(3));
        let ran_at = Some(self.now);
        self.tell(None, Told::Excepted { class: class.into(), action, ran_at, critical: false });
    }
}

fn declared() -> Declared {
    let rules = |starts, segments: &[Dimension]| StepRules {
        starts,
        limit: 0.05,
        cost: None,
        segments: segments.to_vec(),
    };
    Declared {
        steps: [
            (Step::Assign, rules(Place::Automated, &[])),
            (Step::Acknowledge, rules(Place::Gated, &[])),
            (Step::Reply, rules(Place::Gated, &[])),
            (Step::FollowUp, rules(Place::Gated, &[Dimension::Tier])),
            (Step::ProposeMeeting, rules(Place::Gated, &[])),
            (Step::SendQuote, rules(Place::Floor, &[])),
        ]
        .into(),
        languages: vec!["en".into(), "de".into()],
        ..Declared::default()
    }
}

fn season() -> Season {
    let now = sample::frame(0, 0).now - SignedDuration::from_hours(24 * 84);
    let mut season = Season { ledger: Ledger::default(), now, index: 0, moves: Vec::new() };
    let adopted =
        Fact::PlaybookAdopted { digest: "d".into(), files: Default::default(), boundary: Some(declared()) };
    season.tell(None, Told::Workspace(Box::new(adopted)));
    let fact = Fact::ProbesSwitched { on: true, announcement: "told".into() };
    season.tell(Some(3), Told::Workspace(Box::new(fact)));
    season.reviews("message.acknowledge/acknowledge.en", 200, 0);
    season.hand(
        "message.acknowledge/acknowledge.en",
        How::Widened,
        "The evidence is plain, and nothing in it is promised.",
    );
    season.ran("message.acknowledge/acknowledge.en", 160);
    for number in 0..36 {
        let outcome = if number == 21 { Outcome::Rejected } else { Outcome::Approved };
        season.decide("message.acknowledge/acknowledge.en", Asked::ForAudit, outcome, 16_000);
    }
    season.exception("message.acknowledge/acknowledge.en");
    season.reviews("message.reply/reply.de", 120, 0);
    season.hand("message.reply/reply.de", How::Widened, "The German drafts have been right for a quarter.");
    season.ran("message.reply/reply.de", 12);
    for _ in 0..4 {
        season.exception("message.reply/reply.de");
    }
    season.reviews("message.reply/reply.de", 30, 0);
    season.reviews("message.reply/reply.en", 420, 140);
    season.reviews("message.follow_up/again.en:standard", 90, 30);
    season.reviews("message.follow_up/again.en:high-value", 22, 11);
    season.reviews("meeting.propose/meeting.en", 75, 0);
    season.reviews("quote.send/free-text", 14, 7);
    for _ in 0..40 {
        season.tell(
            None,
            Told::Judged { class: "lead.assign".into(), verdict: VerdictKind::Run, sends: false },
        );
    }
    season
}

/// The whole page.
pub fn page() -> Page {
    let season = season();
    let classes = season.ledger.classes().map(|(name, _)| Shown::of(&season.ledger, name)).collect();
    Page { classes, moves: season.moves, probing: true, latest: season.ledger.latest() }
}

/// How the gate is doing, as this member sees it.
pub fn vitals(reader: usize) -> Vitals {
    let files = crate::playbook::starter();
    let snapshot = Snapshot {
        playbook: Arc::new(crate::playbook::checked(&files).unwrap()),
        members: sample::members(),
        ledger: Arc::new(season().ledger),
    };
    let one = |class: &str, age_s| Waiting { class: class.into(), age_s, allowed_s: 14_400.0 };
    let waiting = [
        one("message.reply/reply.en", 9_000.0),
        one("message.reply/reply.en", 600.0),
        one("quote.send/free-text", 300.0),
    ];
    crate::vitals::of(&snapshot, &waiting, Some(snapshot.members[reader].id))
}

/// A workspace that has just begun.
pub fn fresh() -> Page {
    Page { classes: Vec::new(), moves: Vec::new(), probing: false, latest: 0.0 }
}

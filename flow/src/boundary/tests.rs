//! What the boundary promises, checked.

mod scores;
mod properties;
mod reviewers;
mod widening;
mod audits;
mod narrowing;
mod evidence;
mod inputs;
mod tapes;
mod worlds;

use super::replay::{Answer, Replay};
use super::{Asked, Boundary, Config, Graduation, Move, Observation, Outcome, Review, Route, What};

const TWO_SEGMENTS: &str = r#"{"defaults":{"eps":0.1,"segments":["smb","enterprise"]}}"#;
/// So loose that the evidence of a few reviews suffices.
const LOOSE: &str = r#"{"defaults":{"eps":0.5,"kappa":1}}"#;

fn names(segments: &[&str]) -> Vec<String> {
    segments.iter().map(|&segment| segment.to_owned()).collect()
}

/// A small seeded source of chance (splitmix64, Steele, Lea & Flood 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `[0, 1)`.
    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn happens(&mut self, probability: f64) -> bool {
        self.part() < probability
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// A boundary with a hand on it: one class, `reply`, positions and times counted up by themselves.
struct Desk {
    boundary: Boundary,
    position: u64,
    at: f64,
}

impl Desk {
    fn new(config: &str) -> Desk {
        Desk { boundary: Boundary::new(Config::from_json(config).unwrap()), position: 0, at: 0.0 }
    }

    fn observe(&mut self, what: What<'_>) -> Vec<Move> {
        self.position += 1;
        self.at += 600.0;
        let observation = Observation { position: self.position, at: self.at, class: "reply", what };
        self.boundary.observe(&observation).unwrap()
    }

    fn review(&mut self, segment: &str, outcome: Outcome) -> Vec<Move> {
        self.observe(What::Reviewed { segment, asked: Asked::ByGate, review: review(outcome) })
    }

    fn audit(&mut self, segment: &str, flagged: bool) -> Vec<Move> {
        let outcome = if flagged { Outcome::Rejected } else { Outcome::Approved };
        self.observe(What::Reviewed { segment, asked: Asked::ForAudit, review: review(outcome) });
        self.observe(What::Audited { segment, flagged })
    }

    fn clean(&mut self, segment: &str, times: usize) -> Vec<Move> {
        (0..times).flat_map(|_| self.review(segment, Outcome::Approved)).collect()
    }

    fn probes(&mut self, times: usize) {
        for _ in 0..times {
            self.observe(What::Probed { reviewer: "ana", caught: true });
        }
    }

    fn exception(&mut self, segment: &str, critical: bool) -> Vec<Move> {
        let ran_at = self.at;
        self.observe(What::Exception { segment, ran_at, critical })
    }

    /// Where an action goes that is not drawn for an audit.
    fn route(&self, segment: &str) -> Route {
        self.boundary.route("reply", segment, 0.99).unwrap()
    }

    /// Reviews until the class is ready, and lets it run.
    fn graduate(&mut self) -> Graduation {
        self.probes(10);
        for _ in 0..5000 {
            for segment in self.boundary.config().of("reply").segments.clone() {
                self.review(&segment, Outcome::Approved);
            }
            if let Some(ready) = self.boundary.ready("reply") {
                self.observe(What::Widened { segments: &ready.segments });
                return ready;
            }
        }
        panic!("did not get ready");
    }
}

fn review(outcome: Outcome) -> Review<'static> {
    Review { reviewer: "ana", outcome, words_new: 30, dwell_s: 20.0, bulk: false }
}

/// Replays a tape: its events, and its routes in one letter each (g, a or .).
fn replayed(config: &str, tape: impl IntoIterator<Item = String>) -> (Vec<serde_json::Value>, String) {
    let mut replay = Replay::new(Config::from_json(config).unwrap());
    let mut events = Vec::new();
    let mut routes = String::new();
    for line in tape {
        for answer in replay.line(&line).unwrap() {
            match answer {
                Answer::Event { .. } => events.push(serde_json::to_value(answer).unwrap()),
                Answer::Route { route, .. } => routes.push(match route {
                    Route::Gate => 'g',
                    Route::Audit => 'a',
                    Route::Auto => '.',
                }),
            }
        }
    }
    (events, routes)
}

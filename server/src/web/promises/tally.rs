//! Counting promises and follow-ups from facts.

use std::collections::BTreeMap;

use flow::sequence::{SequenceStep, Stop};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use store::views::FactRow;

/// What facts, oldest first, amount to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    /// By policy, the most used first.
    pub policies: Vec<Policy>,
    /// By the week in which an answer went out or the promise was broken, oldest first.
    pub weeks: Vec<Week>,
    /// By sequence.
    pub sequences: Vec<Sequence>,
}

/// How one policy was kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// `first_response` or `next_response`.
    pub promise: String,
    /// Answered before it was due.
    pub in_time: u64,
    /// Answered late, or overdue now.
    pub late: u64,
    /// Neither answered nor due yet.
    pub open: u64,
    /// How long each answer took, in seconds of real time, in ascending order.
    pub answered: Vec<i64>,
}

impl Policy {
    /// The time that this share of the answers did not exceed.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
    pub fn quantile(&self, share: f64) -> Option<i64> {
        let place = (self.answered.len() as f64 * share).ceil() as usize;
        self.answered.get(place.saturating_sub(1)).copied()
    }
}

/// One week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    /// `2026-W47`.
    pub name: String,
    /// Answered before it was due.
    pub in_time: u64,
    /// Broken.
    pub late: u64,
}

/// Where the leads of one sequence stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sequence {
    /// Its name.
    pub name: String,
    /// How many leads began.
    pub begun: u64,
    /// Its steps in words, as the last that began has them.
    pub steps: Vec<String>,
    /// How many stand at each step.
    pub standing: Vec<u64>,
    /// How many went through.
    pub finished: u64,
    /// Why others ended, the most frequent first.
    pub ended: Vec<(String, u64)>,
}

#[derive(Deserialize)]
struct Leaf {
    kind: String,
    at: Timestamp,
    #[serde(default)]
    refs: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    policy: String,
    promise: String,
    sequence: String,
    steps: Vec<SequenceStep>,
    step: usize,
    waits: bool,
    why: Option<serde_json::Value>,
}

struct Promise {
    policy: (String, String),
    started: Timestamp,
    broken: Option<Timestamp>,
    answered: Option<Timestamp>,
    cancelled: bool,
}

struct Enrolled {
    sequence: String,
    steps: Vec<String>,
    at: usize,
    ended: Option<String>,
}

/// The word for a sequence that went through.
const THROUGH: &str = "";

impl Tally {
    /// Counts. Facts whose beginning lies before the span, or that are erased, are left out.
    pub fn of(rows: &[FactRow]) -> Tally {
        let mut promises: BTreeMap<String, Promise> = BTreeMap::new();
        let mut enrolments: BTreeMap<String, Enrolled> = BTreeMap::new();
        for row in rows {
            let Ok(leaf) = serde_json::from_slice::<Leaf>(&row.leaf) else { continue };
            let body = row.body.as_ref().and_then(|(_, payload)| serde_json::from_slice(payload).ok());
            let body: Body = body.unwrap_or_default();
            if let Some(clock) = leaf.refs.get("clock") {
                clock_told(&mut promises, clock, &leaf, body);
            } else if let Some(enrolment) = leaf.refs.get("enrolment") {
                sequence_told(&mut enrolments, enrolment, &leaf, body);
            }
        }
        let mut tally = Tally::default();
        tally.count_promises(promises.into_values());
        tally.count_sequences(enrolments.into_values());
        tally
    }

    fn count_promises(&mut self, promises: impl Iterator<Item = Promise>) {
        let mut policies: BTreeMap<(String, String), Policy> = BTreeMap::new();
        let mut weeks: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for promise in promises.filter(|promise| !promise.cancelled) {
            let policy = policies.entry(promise.policy.clone()).or_insert_with(|| {
                let (name, promise) = promise.policy.clone();
                Policy { name, promise, ..Policy::default() }
            });
            if let Some(answered) = promise.answered {
                policy.answered.push(answered.duration_since(promise.started).as_secs());
            }
            match (promise.broken, promise.answered) {
                (Some(at), _) => {
                    policy.late += 1;
                    weeks.entry(week(at)).or_default().1 += 1;
                }
                (None, Some(at)) => {
                    policy.in_time += 1;
                    weeks.entry(week(at)).or_default().0 += 1;
                }
                (None, None) => policy.open += 1,
            }
        }
        self.policies = policies.into_values().collect();
        self.policies.iter_mut().for_each(|policy| policy.answered.sort_unstable());
        self.policies.sort_by_key(|policy| std::cmp::Reverse(policy.in_time + policy.late + policy.open));
        let named = weeks.into_iter().map(|(name, (in_time, late))| Week { name, in_time, late });
        self.weeks = named.collect();
    }

    fn count_sequences(&mut self, enrolments: impl Iterator<Item = Enrolled>) {
        let mut sequences: BTreeMap<String, (Sequence, BTreeMap<String, u64>)> = BTreeMap::new();
        for enrolled in enrolments {
            let (sequence, ended) = sequences.entry(enrolled.sequence.clone()).or_default();
            sequence.name = enrolled.sequence;
            sequence.begun += 1;
            sequence.steps = enrolled.steps;
            sequence.standing.resize(sequence.steps.len().max(sequence.standing.len()), 0);
            match enrolled.ended {
                None => sequence.standing.get_mut(enrolled.at).into_iter().for_each(|here| *here += 1),
                Some(why) if why == THROUGH => sequence.finished += 1,
                Some(why) => *ended.entry(why).or_default() += 1,
            }
        }
        self.sequences = sequences
            .into_values()
            .map(|(mut sequence, ended)| {
                sequence.ended = ended.into_iter().collect();
                sequence.ended.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
                sequence
            })
            .collect();
    }
}

fn clock_told(promises: &mut BTreeMap<String, Promise>, clock: &str, leaf: &Leaf, body: Body) {
    if leaf.kind == "clock.started" {
        let policy = (body.policy, body.promise);
        let began = Promise { policy, started: leaf.at, broken: None, answered: None, cancelled: false };
        promises.insert(clock.to_owned(), began);
        return;
    }
    let Some(promise) = promises.get_mut(clock) else { return };
    match leaf.kind.as_str() {
        "clock.breached" => promise.broken = Some(leaf.at),
        "clock.met" => promise.answered = Some(leaf.at),
        "clock.cancelled" => promise.cancelled = true,
        _ => {}
    }
}

fn sequence_told(enrolments: &mut BTreeMap<String, Enrolled>, id: &str, leaf: &Leaf, body: Body) {
    if leaf.kind == "sequence.enrolled" {
        let steps = body.steps.iter().map(SequenceStep::words).collect();
        enrolments.insert(id.to_owned(), Enrolled { sequence: body.sequence, steps, at: 0, ended: None });
        return;
    }
    let Some(enrolled) = enrolments.get_mut(id) else { return };
    match leaf.kind.as_str() {
        // What is waited for is the step before the one that comes then.
        "sequence.waiting" => enrolled.at = body.step.saturating_sub(1),
        "sequence.acted" if body.waits => enrolled.at = body.step,
        "sequence.finished" => enrolled.ended = Some(THROUGH.to_owned()),
        "sequence.stopped" => {
            let why = body.why.and_then(|why| serde_json::from_value::<Stop>(why).ok());
            let words = why.map_or("It was stopped.", Stop::words);
            enrolled.ended = Some(words.trim_end_matches('.').to_lowercase());
        }
        "sequence.failed" => enrolled.ended = Some("a step could not be carried out".to_owned()),
        _ => {}
    }
}

fn week(at: Timestamp) -> String {
    let date = at.to_zoned(TimeZone::UTC).date().iso_week_date();
    format!("{:04}-W{:02}", date.year(), date.week())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn row(kind: &str, at: &str, refs: Value, body: Value) -> FactRow {
        let leaf = json!({ "kind": kind, "at": at, "refs": refs }).to_string().into_bytes();
        FactRow { index: None, leaf, body: Some(([0; 32], body.to_string().into_bytes())), content: None }
    }

    fn clock(kind: &str, id: &str, at: &str) -> FactRow {
        let body = json!({ "policy": "Everybody", "promise": "first_response" });
        row(kind, at, json!({ "clock": id }), body)
    }

    #[test]
    fn a_promise_counts_once_as_kept_broken_or_open() {
        let rows = [
            clock("clock.started", "kept", "2026-11-16T09:00:00Z"),
            clock("clock.met", "kept", "2026-11-16T10:00:00Z"),
            clock("clock.started", "late", "2026-11-16T09:00:00Z"),
            clock("clock.breached", "late", "2026-11-16T13:00:00Z"),
            clock("clock.met", "late", "2026-11-24T09:00:00Z"),
            clock("clock.started", "open", "2026-11-24T09:00:00Z"),
            clock("clock.started", "gone", "2026-11-24T09:00:00Z"),
            clock("clock.cancelled", "gone", "2026-11-24T10:00:00Z"),
            clock("clock.met", "began before the span", "2026-11-16T10:00:00Z"),
        ];
        let tally = Tally::of(&rows);
        let [policy] = tally.policies.as_slice() else { panic!("{:?}", tally.policies) };
        assert_eq!((policy.in_time, policy.late, policy.open), (1, 1, 1));
        assert_eq!((policy.quantile(0.5), policy.quantile(0.9)), (Some(3_600), Some(8 * 86_400)));
        let weeks = [Week { name: "2026-W47".into(), in_time: 1, late: 1 }];
        assert_eq!(tally.weeks, weeks, "a broken promise counts in the week it broke");
    }

    #[test]
    fn leads_stand_where_their_sequence_waits_and_the_rest_ended_for_a_reason() {
        let told = |kind: &str, id: &str, body: Value| {
            row(kind, "2026-11-24T09:00:00Z", json!({ "enrolment": id }), body)
        };
        let steps = json!([{ "do": "days", "days": 3 }, { "do": "message", "template": "follow_up" }]);
        let enrolled =
            |id: &str| told("sequence.enrolled", id, json!({ "sequence": "nudge", "steps": steps }));
        let rows = [
            enrolled("waits"),
            told("sequence.waiting", "waits", json!({ "step": 1 })),
            enrolled("asks"),
            told("sequence.waiting", "asks", json!({ "step": 1 })),
            told("sequence.acted", "asks", json!({ "step": 1, "waits": true })),
            enrolled("replied"),
            told("sequence.stopped", "replied", json!({ "why": { "because": "opted_out" } })),
            enrolled("through"),
            told("sequence.finished", "through", json!({})),
        ];
        let tally = Tally::of(&rows);
        let [sequence] = tally.sequences.as_slice() else { panic!("{:?}", tally.sequences) };
        assert_eq!((sequence.begun, sequence.finished), (4, 1));
        assert_eq!(sequence.steps, ["wait 3 days", "send “follow_up”"]);
        assert_eq!(sequence.standing, [1, 1]);
        assert_eq!(sequence.ended, [("the lead wants no messages".to_owned(), 1)]);
    }
}

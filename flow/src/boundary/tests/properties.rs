//! The boundary as a fold over what happened.

use crate::boundary::{Asked, Boundary, Config, Observation, Outcome, Review, What};
use proptest::prelude::*;

const CONFIG: &str = r#"{"defaults":{"eps":0.1,"segments":["smb","enterprise"],"family":"replies"},
    "classes":{"follow_up":{"segments":["-"]}},"portfolio":2}"#;

/// An observation that owns its words.
#[derive(Clone, Debug)]
struct Seen {
    class: &'static str,
    segment: &'static str,
    reviewer: &'static str,
    kind: u8,
    good: bool,
    dwell_s: f64,
    wait_s: f64,
}

fn seen() -> impl Strategy<Value = Seen> {
    (
        prop::sample::select(vec!["reply", "reply", "follow_up"]),
        prop::sample::select(vec!["smb", "smb", "smb", "enterprise"]),
        prop::sample::select(vec!["ana", "bo"]),
        0..100u8,
        prop::bool::weighted(0.97),
        0.0..60.0f64,
        0.0..40_000.0f64,
    )
        .prop_map(|(class, segment, reviewer, kind, good, dwell_s, wait_s)| {
            let segment = if class == "follow_up" { "-" } else { segment };
            Seen { class, segment, reviewer, kind, good, dwell_s, wait_s }
        })
}

impl Seen {
    fn what(&self, at: f64) -> What<'_> {
        let segment = self.segment;
        let outcome = if self.good { Outcome::Approved } else { Outcome::Rejected };
        let review =
            Review { reviewer: self.reviewer, outcome, words_new: 10, dwell_s: self.dwell_s, bulk: false };
        match self.kind {
            0..60 => What::Reviewed { segment, asked: Asked::ByGate, review },
            60..75 => What::Probed { reviewer: self.reviewer, caught: self.good },
            75..85 => What::Audited { segment, flagged: !self.good },
            85..95 => What::Ran { segment },
            95..97 => What::Exception { segment, ran_at: at - 1000.0, critical: !self.good },
            97 => What::Changed { cause: "template" },
            _ => What::Unlocked,
        }
    }
}

/// Takes them in order; what is ready is let run. Calls `each` after every one.
fn fold(boundary: &mut Boundary, all: &[Seen], mut each: impl FnMut(&mut Boundary, &Observation<'_>)) {
    let (mut position, mut at) = (boundary_start(), 0.0);
    for seen in all {
        position += 2;
        at += seen.wait_s;
        let observation = Observation { position, at, class: seen.class, what: seen.what(at) };
        boundary.observe(&observation).unwrap();
        each(boundary, &observation);
        if let Some(ready) = boundary.ready(seen.class) {
            let what = What::Widened { segments: &ready.segments };
            boundary.observe(&Observation { position: position + 1, at, class: seen.class, what }).unwrap();
        }
    }
}

fn boundary_start() -> u64 {
    100
}

fn fresh() -> Boundary {
    Boundary::new(Config::from_json(CONFIG).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_same_history_gives_the_same_boundary(all in prop::collection::vec(seen(), 0..600)) {
        let (mut once, mut stored) = (fresh(), fresh());
        fold(&mut once, &all, |_, _| {});
        fold(&mut stored, &all, |boundary, _| {
            let text = serde_json::to_string(boundary).unwrap();
            *boundary = serde_json::from_str(&text).unwrap();
        });
        let routes = |boundary: &Boundary| {
            [("reply", "smb"), ("reply", "enterprise"), ("follow_up", "-")]
                .map(|(class, segment)| boundary.route(class, segment, 0.1).unwrap())
        };
        prop_assert_eq!(routes(&once), routes(&stored));
        prop_assert_eq!(once.evidence("reply").segments, stored.evidence("reply").segments);
        prop_assert_eq!(once.evidence("follow_up").attempt, stored.evidence("follow_up").attempt);
    }

    #[test]
    fn a_repeated_observation_changes_nothing(all in prop::collection::vec(seen(), 0..300)) {
        let mut again = fresh();
        fold(&mut again, &all, |boundary, observation| {
            let before = boundary.clone();
            assert_eq!(boundary.observe(observation), Ok(Vec::new()));
            assert_eq!(*boundary, before);
        });
        // And the whole history over again.
        let end = again.clone();
        let mut at = 0.0;
        for (seen, position) in all.iter().zip((boundary_start() + 2..).step_by(2)) {
            at += seen.wait_s;
            let observation = Observation { position, at, class: seen.class, what: seen.what(at) };
            prop_assert_eq!(again.observe(&observation), Ok(Vec::new()));
        }
        prop_assert_eq!(again, end);
    }
}

#[test]
fn what_is_remembered_does_not_grow_with_the_history() {
    let mut boundary = Boundary::default();
    for position in 0..20_000u64 {
        let review = Review {
            reviewer: "ana",
            outcome: if position % 7 == 0 { Outcome::Rejected } else { Outcome::Approved },
            words_new: 10,
            dwell_s: 8.0,
            bulk: false,
        };
        let what = match position % 10 {
            0 => What::Probed { reviewer: "ana", caught: true },
            _ => What::Reviewed { segment: "-", asked: Asked::ByGate, review },
        };
        boundary.observe(&Observation { position, at: position as f64, class: "reply", what }).unwrap();
    }
    let (_, class) = boundary.classes().next().unwrap();
    let stored = serde_json::to_string(class).unwrap();
    assert!(stored.len() < 1024, "{} bytes: {stored}", stored.len());
    assert!(std::mem::size_of_val(class) < 1024);
}

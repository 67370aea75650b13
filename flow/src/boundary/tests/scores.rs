//! The scores against `tests/vectors/boundary/scores.json`, and what must hold of them whatever the counts.

use crate::boundary::score::{self, Cost, Counts, Probes};
use crate::boundary::{AuditAlarm, ExceptionAlarm, reading_floor_s};
use proptest::prelude::*;
use serde_json::Value;

const ROWS: &str = include_str!("../../../../tests/vectors/boundary/scores.json");

#[test]
fn every_score_row_agrees() {
    let rows: Vec<Value> = serde_json::from_str(ROWS).unwrap();
    assert_eq!(rows.len(), 83);
    for row in &rows {
        let wanted = if row["value"].is_null() { list(&row["scores"]) } else { vec![number(&row["value"])] };
        let found = found(row);
        assert_eq!(found.len(), wanted.len(), "{row}");
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-6, "{found} for {row}");
        }
    }
}

fn found(row: &Value) -> Vec<f64> {
    let f = |key: &str| number(&row[key]);
    let count = |key: &str| row[key].as_u64().unwrap() as u32;
    let counts = || Counts { clean: count("n"), defects: count("k") };
    vec![match row["fn"].as_str().unwrap() {
        "log_e_graduate" => {
            let probes = Probes { shown: count("m"), caught: count("h") };
            score::log_score(counts(), probes, f("eps"), f("kappa"))
        }
        "log_e_rate" => score::log_rate(f("n"), f("k"), f("eps"), f("d")),
        "log_e_probe" => score::log_probe_column(f("m"), f("h"))[count("j") as usize],
        "log_e_bad" => score::log_bad(counts(), f("m0")),
        "log_threshold" => {
            // `gamma` is 1/C.
            let classes = (1.0 / f("gamma")).round() as u32;
            let share = score::portfolio_share(classes, count("graduated_others"));
            score::log_bar(f("alpha"), count("attempt"), f("w_subset"), share)
        }
        "dwell_floor_s" => reading_floor_s(count("novel_words")),
        "eps_from_cost" => {
            let cost = Cost {
                review: f("c_review"),
                delay: f("c_delay"),
                mistake: f("c_wrong"),
                catch_rate: score::ASSUMED_CATCH_RATE,
            };
            cost.eps()
        }
        "ecusum_bernoulli" => {
            let mut alarm = AuditAlarm::default();
            let mut level = |flagged: &f64| {
                alarm.audited(*flagged == 1.0, f("m0"));
                alarm.level().ln()
            };
            return list(&row["seq"]).iter().map(&mut level).collect();
        }
        "ecusum_poisson" => {
            let mut alarm = ExceptionAlarm::default();
            let mut level = |step: &Value| {
                alarm.step(number(&step[0]) as i32, number(&step[1]), f("rate0"));
                alarm.level().ln()
            };
            return row["steps"].as_array().unwrap().iter().map(&mut level).collect();
        }
        unknown => panic!("no such score: {unknown}"),
    }]
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn list(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

#[test]
fn a_cost_that_reviews_cannot_lower_allows_the_most() {
    let cost = Cost { review: 1.5, delay: 0.5, mistake: 0.0, catch_rate: 0.8 };
    assert_eq!(cost.eps(), 0.10);
    assert_eq!(Cost { mistake: 40.0, catch_rate: 0.0, ..cost }.eps(), 0.10);
}

/// Counts of an epoch, up to some thousands.
fn epoch() -> impl Strategy<Value = (Counts, Probes, f64)> {
    (0..5000u32, 0..300u32, 0..200u32, 0..200u32, 0.002..0.2f64).prop_map(
        |(clean, defects, caught, missed, eps)| {
            (Counts { clean, defects }, Probes { shown: caught + missed, caught }, eps)
        },
    )
}

/// Room for rounding: scores reach the hundreds, and are sums of some hundred terms.
const ROUNDING: f64 = 1e-9;

proptest! {
    #[test]
    fn good_signs_never_lower_the_score_and_bad_ones_never_raise_it((counts, probes, eps) in epoch()) {
        let score = |counts, probes| score::log_score(counts, probes, eps, score::KAPPA);
        let now = score(counts, probes);
        let clean = Counts { clean: counts.clean + 1, ..counts };
        let defect = Counts { defects: counts.defects + 1, ..counts };
        let hit = Probes { shown: probes.shown + 1, caught: probes.caught + 1 };
        let miss = Probes { shown: probes.shown + 1, ..probes };
        prop_assert!(score(clean, probes) >= now - ROUNDING);
        prop_assert!(score(counts, hit) >= now - ROUNDING);
        prop_assert!(score(defect, probes) <= now + ROUNDING);
        prop_assert!(score(counts, miss) <= now + ROUNDING);
    }

    #[test]
    fn without_probes_nothing_is_proven((counts, _, eps) in epoch()) {
        prop_assert!(score::log_score(counts, Probes::default(), eps, score::KAPPA) <= 0.0);
    }

    #[test]
    fn scores_stay_finite_whatever_the_counts(
        clean: u32, defects: u32, caught in 0..u32::MAX / 2, missed in 0..u32::MAX / 2, eps in 1e-6..0.5f64,
    ) {
        let probes = Probes { shown: caught + missed, caught };
        let counts = Counts { clean, defects };
        prop_assert!(score::log_score(counts, probes, eps, 1.0).is_finite());
        prop_assert!(score::log_bad(counts, eps).is_finite());
    }
}

//! Replaying tapes: the six of `tests/vectors/boundary` give the same events and routes, and the order within a line holds.

use super::{LOOSE, replayed};
use crate::boundary::replay::Replay;
use crate::boundary::{Boundary, Config};
use serde_json::{Value, json};
use std::io::Read;

const EXPECTED: &str = include_str!("../../../../tests/vectors/boundary/expected_events.json");

macro_rules! tape {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../../../tests/vectors/boundary/", $name, ".jsonl.gz")).as_slice())
    };
}

const TAPES: [(&str, &[u8]); 6] = [
    tape!("bad_segment"),
    tape!("critical_exception"),
    tape!("declared_change"),
    tape!("drift_4x"),
    tape!("rubber_stamp_fast"),
    tape!("safe_class"),
];

fn lines(packed: &[u8]) -> Vec<String> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn expected(name: &str) -> Value {
    serde_json::from_str::<Value>(EXPECTED).unwrap()[name].clone()
}

#[test]
fn the_six_tapes_give_the_expected_events_and_routes() {
    for (name, packed) in TAPES {
        let expected = expected(name);
        let (events, routes) = replayed(&expected["config"].to_string(), lines(packed));
        let wanted = expected["events"].as_array().unwrap();
        assert_eq!(events.len(), wanted.len(), "{name}: {events:?}");
        for (event, wanted) in events.iter().zip(wanted) {
            assert_same(event, wanted, name);
        }
        for (route, letter) in [("gate", 'g'), ("audit", 'a'), ("auto", '.')] {
            let count = routes.chars().filter(|&route| route == letter).count() as u64;
            assert_eq!(Some(count), expected["routes"][route].as_u64(), "{name}: {route}");
        }
    }
}

/// The same keys and values; logarithms within a thousandth.
fn assert_same(event: &Value, wanted: &Value, name: &str) {
    let (event, wanted) = (event.as_object().unwrap(), wanted.as_object().unwrap());
    let keys = |object: &serde_json::Map<String, Value>| {
        let mut keys: Vec<String> = object.keys().cloned().collect();
        keys.sort();
        keys
    };
    assert_eq!(keys(event), keys(wanted), "{name}");
    for (key, wanted) in wanted {
        let same = match wanted.as_f64().filter(|_| wanted.is_f64()) {
            Some(wanted) => (event[key].as_f64().unwrap() - wanted).abs() < 1e-3,
            None => event[key] == *wanted,
        };
        assert!(same, "{name}: {key} {} instead of {wanted}", event[key]);
    }
}

#[test]
fn a_boundary_put_away_and_taken_up_again_moves_as_if_it_never_had_been() {
    for (name, packed) in TAPES {
        let config = Config::from_json(&expected(name)["config"].to_string()).unwrap();
        let mut straight = Replay::new(config.clone());
        let mut interrupted = Replay::new(config);
        for (number, line) in lines(packed).iter().enumerate() {
            if number % 97 == 0 {
                let stored = serde_json::to_string(interrupted.boundary()).unwrap();
                let restored: Boundary = serde_json::from_str(&stored).unwrap();
                *interrupted.boundary_mut() = restored;
            }
            assert_eq!(interrupted.line(line).unwrap(), straight.line(line).unwrap(), "{name} line {number}");
        }
        assert_eq!(interrupted.summary().summary, straight.summary().summary);
    }
}

#[test]
fn routes_are_told_for_every_action_in_order() {
    let (name, packed) = TAPES[5];
    assert_eq!(name, "safe_class");
    let (_, routes) = replayed("{}", lines(packed));
    assert_eq!(routes.len(), 3000);
    assert!(routes[..138].chars().all(|route| route == 'g'));
    assert!(!routes[138..].contains('g'));
}

/// A line of a tape at `i`, an hour after the one before.
fn line(i: u64, exception: serde_json::Value, u_audit: f64) -> String {
    json!({
        "i": i, "ts": i * 3600, "class": "reply", "segment": "-", "words_new": 10, "u_audit": u_audit,
        "review": {"reviewer": "ana", "outcome": "approved", "dwell_s": 9, "bulk": false},
        "auto": {"exception": exception}, "probe": {"reviewer": "ana", "caught": true},
    })
    .to_string()
}

#[test]
fn an_exception_arrives_when_it_is_due_and_is_told_with_the_action_it_is_about() {
    let critical = |after_s: u64| json!({"after_s": after_s, "kind": "wrong_recipient", "critical": true});
    let tape = (0..40).map(|i| line(i, if i == 30 { critical(3 * 3600) } else { json!(null) }, 0.9));
    let (events, routes) = replayed(LOOSE, tape);
    let pulled = events.iter().find(|event| event["event"] == "pulled_back").unwrap();
    assert_eq!(pulled["i"], 30);
    // Due with line 33, before that line is routed.
    assert_eq!(&routes[30..36], "...ggg");
}

#[test]
fn an_audited_action_has_no_exception() {
    let critical = json!({"after_s": 60, "kind": "wrong_recipient", "critical": true});
    let tape = (0..40).map(|i| match i {
        30 => line(i, critical.clone(), 0.0),
        _ => line(i, json!(null), 0.9),
    });
    let (events, routes) = replayed(LOOSE, tape);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(&routes[29..33], ".a..");
}

#[test]
fn a_change_on_a_tape_is_told_with_the_next_action() {
    let change = json!({"ts": 5 * 3600, "event": "change", "class": "reply", "what": "model"}).to_string();
    let mut tape: Vec<String> = (0..10).map(|i| line(i, json!(null), 0.9)).collect();
    tape.insert(5, change);
    let (events, _) = replayed("{}", tape);
    assert_eq!(
        events,
        [json!({"event": "evidence_reset", "class": "reply", "cause": "model", "was_auto": false, "i": 5})]
    );
}

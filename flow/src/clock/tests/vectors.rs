//! The cases in `tests/vectors/clock`: twelve calendars, twenty questions each, worked out by another program.

use serde_json::Value;

use super::{amount, at, calendar};
use crate::clock::{Calendar, Pause};

const CASES: &str = include_str!("../../../../tests/vectors/clock/cases.jsonl");
const EXPECTED: &str = include_str!("../../../../tests/vectors/clock/expected.jsonl");

macro_rules! calendars {
    ($($number:literal)*) => {
        [$(include_str!(concat!("../../../../tests/vectors/clock/cal", $number, ".toml"))),*]
    };
}

#[test]
fn every_case_is_answered_to_the_microsecond() {
    let calendars = calendars!(0 1 2 3 4 5 6 7 8 9 10 11).map(calendar);
    let mut wrong = Vec::new();
    let mut count = 0;
    for (case, expected) in CASES.lines().zip(EXPECTED.lines()) {
        let case: Value = serde_json::from_str(case).unwrap();
        let expected: Value = serde_json::from_str(expected).unwrap();
        let calendar = &calendars[case["cal"].as_u64().unwrap() as usize];
        let answer = answer(calendar, &case);
        if answer != expected {
            wrong.push(format!("{case}\n  expected {expected}\n  answered {answer}"));
        }
        count += 1;
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(count, 240);
}

fn answer(calendar: &Calendar, case: &Value) -> Value {
    let time = |key: &str| at(case[key].as_str().unwrap());
    let pauses: Vec<Pause> = case["pauses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pause| Pause {
            from: at(pause["from"].as_str().unwrap()),
            to: Some(at(pause["to"].as_str().unwrap())),
        })
        .collect();
    match case["op"].as_str().unwrap() {
        "due" => {
            let due = calendar.due(time("start"), amount(case["amount"].as_str().unwrap()), &pauses).unwrap();
            serde_json::json!({ "id": case["id"], "due": format!("{:.6}", due.unwrap()) })
        }
        _ => {
            let open = calendar.elapsed(time("from"), time("to"), &pauses).unwrap();
            serde_json::json!({ "id": case["id"], "seconds": open.as_seconds() })
        }
    }
}

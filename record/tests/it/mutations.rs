//! A changed bundle is a refused bundle: whatever is flipped, deleted, doubled or swapped in it.

use crate::scribe::*;
use proptest::prelude::*;
use record::canonical::canonical;
use record::verify::verify;
use serde_json::{Value, json};

/// A bundle with one of each thing a bundle can hold, and short: it is verified thousands of times.
fn small() -> Scribe {
    let mut scribe = Scribe::default();
    scribe.write(enrolled(1));
    scribe.fill(1);
    let reply = opening(2, &json!({ "text": "In stock." }));
    scribe.write(decided(1, record::leaf::Decision::Approve, Some(&reply)).by_passkey(1));
    scribe.write(dispatched("settled", Some(&reply)).proposal(1));
    scribe
}

fn accepted(bundle: &[u8]) -> bool {
    verify(bundle, &trust()).is_ok()
}

/// Runs over all positions on two threads; verification is slow without optimisation.
fn at_each(length: usize, check: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for half in 0..2 {
            let check = &check;
            scope.spawn(move || (half..length).step_by(2).for_each(check));
        }
    });
}

#[test]
fn every_flipped_doubled_or_lost_byte_is_found() {
    let bundle = small().bundle().to_bytes();
    assert!(accepted(&bundle));
    at_each(bundle.len(), |at| {
        let mut flipped = bundle.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(!accepted(&flipped), "flipped byte {at}");
        let mut lost = bundle.clone();
        lost.remove(at);
        assert!(!accepted(&lost), "lost byte {at}");
        let mut doubled = bundle.clone();
        doubled.insert(at, bundle[at]);
        assert!(!accepted(&doubled), "doubled byte {at}");
        assert!(!accepted(&bundle[..at]), "cut at byte {at}");
    });
}

#[test]
fn one_newline_may_follow_and_nothing_else() {
    let bundle = small().bundle().to_bytes();
    let followed_by = |end: &[u8]| accepted(&[&bundle[..], end].concat());
    assert!(followed_by(b"\n"));
    for end in [&b"\n\n"[..], b"\r\n", b" ", b"\0", b"{}", b"x"] {
        assert!(!followed_by(end), "{end:?}");
    }
    assert!(!accepted(&[b"\n", &bundle[..]].concat()));
    assert!(!accepted(b""));
}

/// Every place in a JSON value, as the keys and positions that lead there.
fn places(value: &Value, here: Vec<Value>, found: &mut Vec<Vec<Value>>) {
    let children: Vec<(Value, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(key, value)| (json!(key), value)).collect(),
        Value::Array(array) => array.iter().enumerate().map(|(at, value)| (json!(at), value)).collect(),
        _ => vec![],
    };
    for (step, child) in children {
        let there = [&here[..], &[step]].concat();
        found.push(there.clone());
        places(child, there, found);
    }
}

fn go<'a>(value: &'a mut Value, steps: &[Value]) -> &'a mut Value {
    steps.iter().fold(value, |value, step| match step {
        Value::String(key) => &mut value[key.as_str()],
        at => &mut value[at.as_u64().unwrap() as usize],
    })
}

/// What a spiteful editor may put in a value's place.
fn instead(value: &Value) -> Vec<Value> {
    let mut changed =
        vec![Value::Null, json!({}), json!([]), json!(""), json!(0), json!(true), json!([value])];
    match value {
        Value::String(text) => {
            changed.push(json!(format!("{text} ")));
            changed.push(json!(format!("{text}\n")));
            changed.push(json!(text.replacen('A', "B", 1)));
            changed.push(json!(text.chars().rev().collect::<String>()));
            changed.push(json!(text.trim_end_matches('=')));
        }
        Value::Number(number) => {
            let number = number.as_i64().unwrap();
            changed.extend([json!(number + 1), json!(number - 1), json!(number.to_string())]);
        }
        Value::Array(items) => {
            changed.extend((0..items.len()).map(|at| {
                let mut doubled = items.clone();
                doubled.insert(at, items[at].clone());
                json!(doubled)
            }));
            changed.extend((1..items.len()).map(|at| {
                let mut swapped = items.clone();
                swapped.swap(at - 1, at);
                json!(swapped)
            }));
        }
        Value::Object(object) => {
            let mut more = object.clone();
            more.insert("more".to_owned(), json!(1));
            changed.push(json!(more));
        }
        Value::Null | Value::Bool(_) => {}
    }
    changed.retain(|other| other != value);
    changed
}

fn without(value: &Value, place: &[Value]) -> Value {
    let mut value = value.clone();
    let (last, parent) = place.split_last().unwrap();
    match go(&mut value, parent) {
        Value::Object(object) => drop(object.remove(last.as_str().unwrap())),
        Value::Array(array) => drop(array.remove(last.as_u64().unwrap() as usize)),
        _ => unreachable!(),
    }
    value
}

/// Changes of meaning, not of bytes: each is written out in canonical form again, so that form alone does not
/// save the verifier.
#[test]
fn every_changed_field_is_found_in_canonical_form_too() {
    let bundle = small().bundle();
    let value: Value = serde_json::from_slice(&bundle.to_bytes()).unwrap();
    let mut all = Vec::new();
    places(&value, vec![], &mut all);
    let last_fact = json!(bundle.facts.len() - 1);
    at_each(all.len(), |nth| {
        let place = &all[nth];
        for other in instead(go(&mut value.clone(), place)) {
            let mut changed = value.clone();
            *go(&mut changed, place) = other.clone();
            assert!(!accepted(&canonical(&changed).unwrap()), "{place:?} made {other}");
        }
        // That the newest fact can be left out is in the nature of a bundle; the module says so.
        if *place != [json!("facts"), last_fact.clone()] {
            let changed = canonical(&without(&value, place)).unwrap();
            assert!(!accepted(&changed), "without {place:?}");
        }
    });
}

#[test]
fn what_can_be_left_out_is_what_the_documentation_says() {
    let whole = lead_story().bundle();
    let mut left_out = Vec::new();
    for nth in 0..whole.facts.len() {
        let mut bundle = whole.clone();
        bundle.facts.remove(nth);
        if accepted(&bundle.to_bytes()) {
            left_out.push(nth);
        }
    }
    let (adopted, newest_of_lead, revoked) = (0, whole.facts.len() - 2, whole.facts.len() - 1);
    assert_eq!(left_out, [adopted, newest_of_lead, revoked]);
}

#[test]
fn facts_of_another_record_do_not_fit() {
    let (ours, theirs) = (small(), lead_story());
    let (bundle, other) = (ours.bundle(), theirs.bundle());
    for nth in 0..bundle.facts.len() {
        let mut mixed = bundle.clone();
        mixed.facts[nth] = other.facts[nth].clone();
        assert!(!accepted(&mixed.to_bytes()));
    }
    let mut newer = small();
    newer.fill(1);
    let mut mixed = bundle;
    mixed.checkpoint = newer.note().to_string();
    assert!(!accepted(&mixed.to_bytes()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn random_damage_is_found(
        at: prop::sample::Index, length in 0_usize..40, put in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let bundle = lead_story().bundle().to_bytes();
        let at = at.index(bundle.len());
        let end = (at + length).min(bundle.len());
        let damaged = [&bundle[..at], &put, &bundle[end..]].concat();
        prop_assume!(damaged != bundle && damaged != [&bundle[..], b"\n"].concat());
        prop_assert!(!accepted(&damaged));
    }

    #[test]
    fn noise_is_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(!accepted(&bytes));
    }
}

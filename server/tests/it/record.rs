//! Who approved what, when, on which lead: exported, verified offline, and every tampering found.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use record::checkpoint::Trust;
use record::note::{SigningKey, VerifierKey};
use serde_json::{Value, json};

use crate::house::{House, LOCKKEEPER, run};

/// The key that signs a house's record.
pub fn log_key(house: &House) -> String {
    let said = String::from_utf8(house.run(&["record", "checkpoint"]).stderr).unwrap();
    said.trim().rsplit(": ").next().unwrap().to_owned()
}

/// Exit code, stdout, stderr.
fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A house with an approved answer, stopped; its lead, bundle and key.
fn answered() -> (House, String, Vec<u8>, String) {
    let mut house = House::open();
    let lead = house.lead("Carla Kunde", "carla@kunde.example");
    let proposal = house.pending(&lead, "message.reply");
    assert_eq!(house.decide(&proposal, &house.rep, json!({ "decision": "approve" })).status, 200);
    house.wait_for(&proposal["action"], &["done"]);
    assert!(house.stop(), "SIGTERM drains and exits 0");
    let key = log_key(&house);
    let bundle = house.ok(&["record", "export", "--lead", &lead]).into_bytes();
    (house, lead, bundle, key)
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn the_whole_record_verifies_offline_and_the_first_bad_place_is_named() {
    let (mut house, _, _, key) = answered();
    let dir = house.data.with_file_name("export");
    let at = dir.to_str().unwrap();
    house.ok(&["record", "export", "--dir", at]);
    let verify =
        |more: &[&str]| told(&run(&[&["record", "verify", "--dir", at, "--key", &key], more].concat()));
    let (code, said, _) = verify(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("verified ") && said.ends_with(" facts\n"), "{said}");
    let older = house.data.with_file_name("older.txt");
    std::fs::copy(dir.join("checkpoint"), &older).unwrap();

    // The record goes on; the export is brought up to date, and continues what was kept.
    house.start();
    house.lead("Dora Neu", "dora@neu.example");
    assert!(house.stop());
    house.ok(&["record", "export", "--dir", at]);
    let (code, said, words) = verify(&["--since", older.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}{words}");
    assert!(words.contains("continues the older checkpoint"), "{words}");

    let checkpoint = std::fs::read_to_string(dir.join("checkpoint")).unwrap();
    let size: usize = checkpoint.lines().nth(1).unwrap().parse().unwrap();
    assert!(size < 256, "the paths below are those of a small record");
    let entries = format!("tile/entries/000.p/{size}");
    for (place, byte) in
        [(entries.clone(), 700), (format!("tile/0/000.p/{size}"), 70), ("checkpoint".into(), 60)]
    {
        flip(&dir.join(&place), byte);
        let (code, said, _) = verify(&[]);
        assert_eq!(code, Some(1), "{place}: {said}");
        assert!(said.starts_with(&format!("not verified: {place}")), "{said}");
        flip(&dir.join(&place), byte);
    }
    assert_eq!(verify(&[]).0, Some(0), "what was flipped was flipped back");
    std::fs::File::options().write(true).open(dir.join(&entries)).unwrap().set_len(1 << 30).unwrap();
    let (code, said, _) = verify(&[]);
    assert_eq!((code, said.contains("longer than")), (Some(1), true), "{said}");
    std::fs::remove_file(dir.join(&entries)).unwrap();
    assert!(verify(&[]).1.starts_with(&format!("not verified: {entries}: it cannot be read")));

    // What cannot be verified at all is another kind of failure.
    assert_eq!(told(&run(&["record", "verify", "--dir", "/nowhere", "--key", &key])).0, Some(2));
    assert_eq!(verify(&["--since", "/nowhere"]).0, Some(2));
    assert_eq!(verify(&["--quorum", "1"]).0, Some(2));
    std::fs::write(dir.join("checkpoint"), "something else\n").unwrap();
    let (code, _, words) = told(&house.run(&["record", "export", "--dir", at]));
    assert_eq!((code, words.contains("another log")), (Some(2), true), "{words}");
}

#[test]
fn a_bad_bundle_is_refused_with_the_reason_and_the_place() {
    let (house, _, bundle, key) = answered();
    let path = house.data.with_file_name("bundle.json");
    let verify = || told(&run(&["record", "verify", path.to_str().unwrap(), "--key", &key]));
    let text = String::from_utf8(bundle.clone()).unwrap();
    let facts: Value = serde_json::from_str(&text).unwrap();
    let first = facts["facts"][0]["index"].to_string();
    let swapped = {
        let mut swapped = facts.clone();
        swapped["facts"].as_array_mut().unwrap().swap(0, 1);
        swapped.to_string()
    };
    let long = "x".repeat(1 << 20);
    for (name, changed, says) in [
        (
            "twice",
            text.replacen("{\"checkpoint\"", "{\"format\":\"lockkeeper.bundle/v1\",\"checkpoint\"", 1),
            "duplicate",
        ),
        (
            "float",
            text.replacen(&format!("\"index\":{first},"), &format!("\"index\":{first}.0,"), 1),
            "line 1 column",
        ),
        (
            "unknown",
            text.replacen("{\"checkpoint\"", "{\"cheer\":1,\"checkpoint\"", 1),
            "unknown field `cheer`",
        ),
        ("long", text.replacen("{\"checkpoint\"", &format!("{{\"{long}\":1,\"checkpoint\""), 1), "left out"),
        ("order", swapped, "facts come in order of index"),
        ("truncated", text[..text.len() / 2].to_owned(), "EOF"),
        ("space", text.replacen(",", ", ", 1), "canonical form"),
        ("empty", String::new(), "EOF"),
        ("other", text.replacen("lockkeeper.bundle/v1", "lockkeeper.bundle/v2", 1), "`format`"),
    ] {
        std::fs::write(&path, &changed).unwrap();
        let (code, said, _) = verify();
        let last = said.lines().last().unwrap_or_default();
        assert_eq!(code, Some(1), "{name}: {said}");
        assert!(last.starts_with("not verified: ") && last.contains(says), "{name}: {last}");
        assert!(last.len() < 4_000, "{name}: the reason is {} bytes long", last.len());
    }
    // A gibibyte is refused by its length alone.
    std::fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    let began = Instant::now();
    let (code, said, _) = verify();
    assert_eq!((code, said.contains("longer than 67108864 bytes")), (Some(1), true), "{said}");
    assert!(began.elapsed() < Duration::from_secs(20), "it was read to the end");
    assert_eq!(told(&run(&["record", "verify", "/nowhere", "--key", &key])).0, Some(2));

    std::fs::write(&path, &bundle).unwrap();
    let other = SigningKey::from_seed("other/main", &[9; 32]).unwrap().verifier().to_string();
    assert_eq!(told(&run(&["record", "verify", path.to_str().unwrap(), "--key", &other])).0, Some(1));
}

#[test]
fn every_mutation_of_an_exported_bundle_is_refused() {
    let (_house, _, bundle, key) = answered();
    let trust = Trust::new(VerifierKey::from_str(&key).unwrap(), Vec::new(), 0).unwrap();
    let holds = |bytes: &[u8]| record::verify::verify(bytes, &trust).is_ok();
    assert!(holds(&bundle));
    // A small generator of our own, so that each run tries the same.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut chance = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..3_000 {
        let mut changed = bundle.clone();
        let at = chance(changed.len());
        match chance(5) {
            0 => changed[at] ^= 1 << chance(8),
            1 => drop(changed.remove(at)),
            2 => changed.insert(at, u8::try_from(chance(256)).unwrap()),
            3 => changed.truncate(at),
            _ => {
                let from = chance(changed.len() - 40);
                let piece = changed[from..from + 40].to_vec();
                let to = at.min(changed.len() - 40);
                changed[to..to + 40].copy_from_slice(&piece);
            }
        }
        assert!(changed == bundle || !holds(&changed), "a change at byte {at} was not seen");
    }
    let whole: Value = serde_json::from_slice(&bundle).unwrap();
    let count = whole["facts"].as_array().unwrap().len();
    for nth in 0..count {
        let fact = &whole["facts"][nth];
        for change in ["leaf", "index", "proof", "openings", "twice"] {
            let mut changed = whole.clone();
            let facts = changed["facts"].as_array_mut().unwrap();
            let other = &whole["facts"][(nth + 1) % count];
            match change {
                "twice" => facts.insert(nth, fact.clone()),
                "index" => facts[nth]["index"] = json!(fact["index"].as_u64().unwrap() + 1),
                part => facts[nth][part] = other[part].clone(),
            }
            assert!(changed == whole || !holds(changed.to_string().as_bytes()), "{change} of fact {nth}");
        }
    }
}

#[test]
fn a_bundle_verifies_offline_and_any_change_is_found() {
    let mut house = House::open();
    let lead = house.lead("Carla Kunde", "carla@kunde.example");
    let proposal = house.pending(&lead, "message.reply");
    assert_eq!(house.decide(&proposal, &house.rep, json!({ "decision": "approve" })).status, 200);
    house.wait_for(&proposal["action"], &["done"]);
    assert!(house.stop(), "SIGTERM drains and exits 0");

    let output = house.run(&["record", "checkpoint"]);
    let said = String::from_utf8(output.stderr).unwrap();
    let key = said.trim().rsplit(": ").next().unwrap().to_owned();
    let bundle = house.ok(&["record", "export", "--lead", &lead]);
    let path = house.data.with_file_name("bundle.json");
    let verify = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let output = run(&["record", "verify", path.to_str().unwrap(), "--key", &key]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, told) = verify(bundle.as_bytes());
    assert_eq!(code, Some(0), "{told}");
    assert!(told.lines().last().unwrap().starts_with("verified "), "{told}");
    assert!(told.contains("approval.decided approve"), "{told}");

    for at in (0..bundle.len()).step_by(bundle.len() / 40) {
        let mut bytes = bundle.clone().into_bytes();
        bytes[at] ^= 1;
        let (code, told) = verify(&bytes);
        assert_eq!(code, Some(1), "byte {at} was changed and nobody noticed: {told}");
        assert!(told.contains("not verified: "), "{told}");
    }
    let other = "other/main+0363a83e+AZrCoiQYRjQFd2eW7kxtVfIf7CsvF8HBTyWiMymaGB9k";
    assert_ne!(run(&["record", "verify", path.to_str().unwrap(), "--key", other]).status.code(), Some(0));
}

#[test]
fn views_rebuilt_from_the_facts_are_the_live_ones() {
    let mut house = House::open();
    let lead = house.lead("Carla Kunde", "carla@kunde.example");
    let proposal = house.pending(&lead, "message.reply");
    house.decide(&proposal, &house.rep, json!({ "decision": "reject", "reason": "Not now." }));
    house.lead("Carla Kunde", "carla@kunde.example");
    house.stop();
    house.ok(&["record", "rebuild", "--check"]);
    let kinds = house.ok(&["record", "list", "--kind", "approval.decided"]);
    assert_eq!(kinds.lines().count(), 1);
    for personal in ["Carla", "kunde.example", "Not now."] {
        assert!(!house.ok(&["record", "list"]).contains(personal), "`{personal}` stands in a leaf");
    }
}

#[test]
fn a_second_process_on_the_same_data_gets_a_clear_error() {
    let house = House::open();
    let output = house.run(&["record", "list"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("in use by another Lockkeeper"), "{said}");
}

#[test]
fn whoever_reads_a_list_may_have_enough_of_it() {
    let (house, _, _, _) = answered();
    let mut list = Command::new(LOCKKEEPER)
        .args(["record", "list", "--data"])
        .arg(&house.data)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(list.stdout.take());
    let ended = list.wait_with_output().unwrap();
    assert_eq!(told(&ended).0, Some(0), "{}", told(&ended).2);
}

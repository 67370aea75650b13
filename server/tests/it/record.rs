//! Who approved what, when, on which lead: exported, verified offline, and every tampering found.

use serde_json::json;

use crate::house::{House, run};

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

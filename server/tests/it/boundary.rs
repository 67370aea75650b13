//! The boundary of a running server: moved by hand, pulled back by a mistake, and its history replayed.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::house::{House, LOCKKEEPER, eventually};

const CLASS: &str = "message.reply/reply.en";

fn class(house: &House) -> Value {
    let boundary = house.get("/v1/boundary", &house.admin).json();
    let classes = boundary["classes"].as_array().unwrap();
    classes.iter().find(|class| class["class"] == CLASS).cloned().unwrap_or(Value::Null)
}

/// What a replay of this tape says at the end.
fn replayed(tape: &str) -> Value {
    let mut child = Command::new(LOCKKEEPER)
        .args(["boundary", "replay", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(tape.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_str(String::from_utf8(output.stdout).unwrap().lines().last().unwrap()).unwrap()
}

#[test]
fn its_history_replayed_stands_as_it_stands() {
    // Without audits, so that every answer after the widening runs.
    let mut house = House::with_playbook(|folder| {
        let path = folder.join("playbook.toml");
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("\n[boundary]\nsegments = []\nfirst_audit_share = 0.0\naudit_share = 0.0\n");
        std::fs::write(path, text).unwrap();
    });
    for (number, decision) in ["approve", "approve", "reject"].into_iter().enumerate() {
        let lead = house.lead("Carla Kunde", &format!("carla{number}@kunde{number}.example"));
        let proposal = house.pending(&lead, "message.reply");
        let body = json!({ "decision": decision, "reason": "wrong tone" });
        assert_eq!(house.decide(&proposal, &house.manager, body).status, 200);
    }
    eventually("three reviews", || (class(&house)["reviews"]["all"] == 3).then_some(()));
    let widen = json!({ "move": "widen", "reason": "it is time" });
    let answer = house.post(&format!("/v1/boundary/{CLASS}"), &house.admin, &widen);
    assert_eq!(
        (answer.status, answer.json()["state"].as_str()),
        (200, Some("automated")),
        "{}",
        answer.text()
    );

    let lead = house.lead("Dora Kunde", "dora@kunde.example");
    let whole = house.get(&format!("/v1/leads/{lead}"), &house.rep).json();
    let sent = eventually("the answer goes by itself", || {
        let whole = house.get(&format!("/v1/leads/{lead}/facts"), &house.rep).json();
        let facts = whole["items"].as_array()?.clone();
        let settled =
            facts.iter().find(|fact| fact["kind"] == "dispatch.settled" && fact["refs"]["class"] == CLASS)?;
        Some(settled["refs"]["action"].as_str()?.to_owned())
    });
    assert!(!whole.is_null());
    let report = json!({ "kind": "complaint", "critical": true, "note": "wrong product" });
    assert_eq!(house.post(&format!("/v1/actions/{sent}/exceptions"), &house.manager, &report).status, 201);
    let living = class(&house);
    assert_eq!(living["state"], "pulled_back", "at once: {living}");

    assert!(house.stop());
    let tape = house.ok(&["boundary", "history"]);
    let end = replayed(&tape);
    let class = &end["classes"][CLASS];
    assert_eq!(
        (&class["standing"], &class["attempt"], &class["pull_backs"]),
        (&json!("gated"), &json!(2), &json!(1))
    );
    assert_eq!(end["classes"]["lead.assign"]["standing"], "automated");
    assert_eq!((living["attempt"].as_u64(), living["pull_backs"].as_u64()), (Some(2), Some(1)));
    assert_eq!(house.ok(&["boundary", "history"]), tape, "the same each time");
    assert!(house.run(&["record", "rebuild", "--check"]).status.success());
}

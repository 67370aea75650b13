//! The promises of the gate, through the API: nothing leaves without a verdict, what was approved is what goes.

use serde_json::json;

use crate::house::House;

#[test]
fn nothing_leaves_without_a_verdict_and_what_was_approved_is_what_goes() {
    captured_approved_and_sent(&House::open());
}

/// The way of one lead, from capture to what went out; answers the lead.
pub fn captured_approved_and_sent(house: &House) -> String {
    let lead = house.lead("Carla Kunde", "carla@kunde.example");
    assert!(house.outbox().is_empty(), "something left by being drafted");
    let proposal = house.pending(&lead, "message.reply");
    assert!(!proposal["reasons"].as_array().unwrap().is_empty());
    let decided = house.decide(&proposal, &house.rep, json!({ "decision": "approve" }));
    assert_eq!(decided.status, 200, "{}", decided.text());
    assert_eq!(decided.json()["proposal"]["state"], "approved");
    assert_eq!(house.wait_for(&proposal["action"], &["done", "failed", "unknown"]), "done");
    let sent = house.outbox();
    assert_eq!(sent.len(), 1);
    let text = proposal["content"]["text"].as_str().unwrap();
    let line = text.lines().find(|line| line.len() > 20).unwrap();
    assert!(sent[0].1.contains(line.get(..20).unwrap()), "{}", sent[0].1);
    assert!(sent[0].1.contains("To: carla@kunde.example"), "{}", sent[0].1);
    let after = house.get(&format!("/v1/leads/{lead}"), &house.rep).json();
    assert_eq!(after["clocks"][0]["state"], "met");
    assert_eq!(after["stage"], "working");
    lead
}

#[test]
fn a_decision_is_taken_once_on_the_content_that_was_seen_by_who_may() {
    let house = House::open();
    let lead = house.lead("Carla Kunde", "carla@kunde.example");
    let proposal = house.pending(&lead, "message.reply");
    let approve = json!({ "decision": "approve" });
    let other =
        json!({ "decision": "approve", "commitment": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" });
    let blind = house.decide(&proposal, &house.rep, other);
    assert_eq!(blind.status, 409, "{}", blind.text());
    assert_eq!(blind.json()["commitment"], proposal["commitment"]);
    assert_eq!(house.decide(&proposal, &house.agent, approve.clone()).status, 403);
    assert_eq!(house.decide(&proposal, &house.auditor, approve.clone()).status, 403);
    assert_eq!(house.decide(&proposal, &house.rep, json!({ "decision": "reject" })).status, 422);
    let stop = json!({ "decision": "edit", "content": { "text": "Hello {{first_name}},\n\nwelcome." } });
    assert_eq!(house.decide(&proposal, &house.rep, stop).status, 422);
    assert_eq!(house.decide(&proposal, &house.rep, approve.clone()).status, 200);
    let again = house.decide(&proposal, &house.manager, approve);
    assert_eq!(again.status, 409);
    assert_eq!(again.json()["state"], "approved");
    assert!(!again.json()["by"].is_null(), "who decided first is said");
}

#[test]
fn an_agent_proposes_and_a_discount_is_a_floor() {
    let house = House::open();
    let lead = house.lead("Carla Kunde", "carla@kunde.example");
    let act = |step: &str, text: &str| {
        house.post(
            "/v1/actions",
            &house.agent,
            &json!({ "step": step, "lead": lead, "content": { "text": text }, "reason": "r" }),
        )
    };
    let asked = act("discount.offer", "Hello Carla,\n\nyou get 10 % discount.\n\nAda");
    assert_eq!(asked.status, 202, "{}", asked.text());
    let verdict = &asked.json()["verdict"];
    assert_eq!(verdict["kind"], "ask");
    let ids: Vec<&str> =
        verdict["reasons"].as_array().unwrap().iter().map(|reason| reason["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"floor") && ids.contains(&"floor.commits"), "{ids:?}");
    assert_eq!(act("message.reply", "   ").json()["verdict"]["kind"], "ask");
    assert_eq!(act("no.such.step", "x").status, 422);
    let rep = house.pending(&lead, "discount.offer");
    assert_eq!(
        house.decide(&rep, &house.rep, json!({ "decision": "approve" })).status,
        403,
        "a rep commits nobody"
    );
}

#[test]
fn a_reply_between_approval_and_sending_is_never_written_over() {
    // Whatever the order in which the worker, the customer and the approver get there, no text goes out that was decided
    // before the customer's last word.
    let house = House::open();
    let lead = house.lead("Carla Kunde", "carla@kunde.example");
    let proposal = house.pending(&lead, "message.reply");
    let said = json!({ "channel": "email", "from": "carla@kunde.example", "text": "Never mind.", "external_id": "m2" });
    assert_eq!(house.post(&format!("/v1/leads/{lead}/messages"), &house.agent, &said).status, 201);
    let late = house.decide(&proposal, &house.rep, json!({ "decision": "approve" }));
    assert_eq!(late.status, 409, "{}", late.text());
    assert_eq!(late.json()["state"], "withdrawn");
    assert!(house.outbox().is_empty());
    assert_ne!(house.pending(&lead, "message.reply")["id"], proposal["id"], "it is proposed again");
}

//! Personal data can be erased and the record still verifies: asked for, decided by a person, and then in no file.

use std::path::Path;

use serde_json::{Value, json};

use crate::house::{House, run};
use crate::record::log_key;

/// What must be left nowhere: a name, an address, a phone number, words of a message, the bytes of a request's key.
const SECRETS: [&str; 5] =
    ["Ottilie", "quill.example", "7788990", "seventeen green pumps", "quarry by the lake"];

fn grep(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // What went out lies with whoever received it; the folder stands in for the mail server here.
        if path.file_name().is_some_and(|name| name == "outbox") {
            continue;
        }
        if path.is_dir() {
            found.extend(grep(&path));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for secret in SECRETS {
            if bytes.windows(secret.len()).any(|part| part == secret.as_bytes()) {
                found.push(format!("`{secret}` in {}", path.display()));
            }
        }
    }
    found
}

fn capture(house: &House) -> Value {
    let body = json!({
        "name": "Ottilie Quill", "email": "ottilie@quill.example", "phone": "+49 30 7788990",
        "subject": "Pumps", "message": "We need seventeen green pumps.", "fields": { "site": "quarry by the lake" },
    });
    let headers = [("Idempotency-Key", "ottilie@quill.example")];
    let body = body.to_string();
    let reply =
        house.send("POST", "/v1/leads", Some(&house.agent), "application/json", &headers, body.as_bytes());
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

#[test]
fn personal_data_can_be_erased_and_the_record_still_verifies() {
    let mut house = House::open();
    // Others around it, so that rows move between pages.
    for n in 0..20 {
        house.lead(&format!("Carla Kunde{n}"), &format!("carla{n}@kunde.example"));
    }
    let lead = capture(&house)["lead"]["id"].as_str().unwrap().to_owned();
    for n in 20..40 {
        house.lead(&format!("Carla Kunde{n}"), &format!("carla{n}@kunde.example"));
    }
    let reply = house.pending(&lead, "message.reply");
    assert_eq!(house.decide(&reply, &house.rep, json!({ "decision": "approve" })).status, 200);
    house.wait_for(&reply["action"], &["done"]);
    let said = json!({ "channel": "email", "from": "ottilie@quill.example", "text": "The quarry by the lake, please." });
    assert_eq!(house.post(&format!("/v1/leads/{lead}/messages"), &house.agent, &said).status, 201);

    let there = grep(&house.data);
    for secret in SECRETS {
        assert!(
            there.iter().any(|found| found.contains(secret)),
            "`{secret}` must be there before it can go"
        );
    }

    let ask = json!({ "step": "lead.erase", "lead": lead, "reason": "Ottilie Quill asked for it." });
    let asked = house.post("/v1/actions", &house.rep, &ask);
    assert_eq!(asked.status, 202, "{}", asked.text());
    let verdict = &asked.json()["verdict"];
    assert_eq!(verdict["kind"], "ask");
    assert!(verdict["reasons"].as_array().unwrap().iter().any(|reason| reason["id"] == "floor"), "{verdict}");
    let proposal = house.pending(&lead, "lead.erase");
    let approve = json!({ "decision": "approve", "reason": "Ottilie is right." });
    assert_eq!(house.decide(&proposal, &house.rep, approve.clone()).status, 403, "four eyes");
    let decided = house.decide(&proposal, &house.manager, approve);
    assert_eq!(decided.status, 200, "{}", decided.text());

    let shown = house.get(&format!("/v1/leads/{lead}"), &house.rep);
    let shown = shown.json();
    assert_eq!(shown["erased"]["by"]["name"], "Max Manager", "{shown}");
    assert_eq!(shown["name"], "");
    assert_eq!(house.post(&format!("/v1/leads/{lead}/messages"), &house.agent, &said).status, 410);
    assert_eq!(house.post("/v1/actions", &house.rep, &ask).status, 410);
    assert_eq!(
        house.get(&format!("/v1/proposals?state=pending&lead={lead}"), &house.rep).json()["items"],
        json!([])
    );
    assert!(house.stop());

    assert_eq!(grep(&house.data), Vec::<String>::new());
    house.ok(&["record", "rebuild", "--check"]);
    let key = log_key(&house);
    let exports = house.data.with_file_name("exports");
    std::fs::create_dir_all(&exports).unwrap();
    let bundle = exports.join("bundle.json");
    std::fs::write(&bundle, house.ok(&["record", "export", "--lead", &lead])).unwrap();
    let verified = run(&["record", "verify", bundle.to_str().unwrap(), "--key", &key]);
    let said = String::from_utf8(verified.stdout).unwrap();
    assert_eq!(verified.status.code(), Some(0), "{said}");
    let erased: Vec<&str> = said.lines().filter(|line| line.contains("body erased")).collect();
    assert!(erased.len() > 10, "{said}");
    assert!(said.contains("lead.erased by member") && said.contains("approval.decided approve"), "{said}");
    let whole = exports.join("whole");
    house.ok(&["record", "export", "--dir", whole.to_str().unwrap()]);
    let verified = run(&["record", "verify", "--dir", whole.to_str().unwrap(), "--key", &key]);
    assert_eq!(verified.status.code(), Some(0));
    assert_eq!(grep(&exports), Vec::<String>::new());
    let bundle: Value = serde_json::from_slice(&std::fs::read(&bundle).unwrap()).unwrap();
    let opened = |fact: &&Value| fact["openings"].as_object().is_some_and(|openings| !openings.is_empty());
    assert_eq!(
        bundle["facts"].as_array().unwrap().iter().filter(opened).count(),
        2,
        "the playbook and the erasure"
    );

    // A delivery that comes again does not bring back what was erased; somebody who writes anew is somebody new.
    house.start();
    assert_eq!(capture(&house), json!({ "erased": true }));
    let again = house.lead("Ottilie Quill", "ottilie@quill.example");
    assert_ne!(again, lead);
}

#[test]
fn a_server_killed_right_after_an_erasure_finishes_it_at_the_next_start() {
    let mut house = House::open();
    let lead = capture(&house)["lead"]["id"].as_str().unwrap().to_owned();
    let ask = json!({ "step": "lead.erase", "lead": lead, "reason": "r" });
    assert_eq!(house.post("/v1/actions", &house.rep, &ask).status, 202);
    let proposal = house.pending(&lead, "lead.erase");
    assert_eq!(house.decide(&proposal, &house.manager, json!({ "decision": "approve" })).status, 200);
    house.kill();
    house.start();
    assert!(house.stop());
    assert_eq!(grep(&house.data), Vec::<String>::new());
}

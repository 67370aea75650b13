//! Journeys in a real browser, driven by `tests/browser/`.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::house::{House, LOCKKEEPER, run};
use crate::record::log_key;

/// Adds a member who signs in with a password.
fn manager(house: &House, email: &str, name: &str) {
    let added = Command::new(LOCKKEEPER)
        .args(["member", "add", "--email", email, "--name", name, "--role", "manager", "--data"])
        .arg(&house.data)
        .env("LOCKKEEPER_PASSWORD", "a long password")
        .output()
        .unwrap();
    assert!(added.status.success());
}

#[test]
fn a_decision_is_signed_with_a_passkey_and_the_signature_is_verified_offline() {
    let mut house = House::open();
    assert!(house.stop());
    manager(&house, "desk@example.com", "Dana Desk");
    house.start();
    let account = json!({ "name": "Kunde AG", "domains": ["kunde.example"], "tier": "strategic" });
    assert!(house.post("/v1/accounts", &house.admin, &account).status < 300);
    // Nobody who could be taken for another.
    let people =
        [("Carla Kunde", "carla"), ("Bernd Vogel", "b.vogel"), ("Zoe Quast", "zq"), ("Emil Stark", "stark")];
    let lead = |(name, mailbox): (&str, &str)| house.lead(name, &format!("{mailbox}@kunde.example"));
    let leads: Vec<String> = people.into_iter().map(lead).collect();
    // By token nobody decides what must be signed.
    let proposal = house.pending(&leads[0], "message.reply");
    let refused = house.decide(&proposal, &house.manager, json!({ "decision": "approve" }));
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("passkey"), "{}", refused.text());

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = Command::new("node")
        .arg("passkey.mjs")
        .current_dir(root.join("tests/browser"))
        .env("BASE", format!("http://{}", house.address.replace("127.0.0.1", "localhost")))
        .env("EMAIL", "desk@example.com")
        .env("PASSWORD", "a long password")
        .output()
        .expect("node runs; bin/test installs it");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{errors}");

    assert!(house.stop());
    house.ok(&["record", "rebuild", "--check"]);
    let key = log_key(&house);
    let path = house.data.with_file_name("bundle.json");
    let mut signed = 0;
    for lead in &leads {
        let bundle = house.ok(&["record", "export", "--lead", lead]);
        std::fs::write(&path, &bundle).unwrap();
        let verified = run(&["record", "verify", path.to_str().unwrap(), "--key", &key]);
        let told = String::from_utf8(verified.stdout).unwrap();
        assert_eq!(verified.status.code(), Some(0), "{told}");
        signed += told.matches("via passkey").count();
        assert_eq!(told.matches("via passkey").count(), told.matches("passkey signature verified").count());
        // The verifier in another language agrees.
        let second = Command::new("python3")
            .arg(root.join("tests/verify/verify_bundle.py"))
            .args([path.to_str().unwrap(), "--key", &key])
            .output()
            .unwrap();
        assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stdout));
    }
    assert_eq!(signed, 3, "approved, edited, rejected");
}

#[test]
fn a_rep_reads_and_decides_at_the_desk() {
    let mut house = House::open();
    assert!(house.stop());
    manager(&house, "desk@example.com", "Dana Desk");
    manager(&house, "other@example.com", "Otto Other");
    house.start();
    for n in 0..6 {
        house.lead(&format!("Carla Kunde{n}"), &format!("carla{n}@kunde.example"));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = Command::new("node")
        .arg("desk.mjs")
        .current_dir(root.join("tests/browser"))
        .env("BASE", format!("http://{}", house.address))
        .env("EMAIL", "desk@example.com")
        .env("PASSWORD", "a long password")
        .env("OTHER_EMAIL", "other@example.com")
        .env("OTHER_PASSWORD", "a long password")
        .env("SHOTS", root.join("target/shots"))
        .output()
        .expect("node runs; bin/test installs it");
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(said.contains("ok: a approves with one key"), "{said}");
}

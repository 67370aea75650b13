//! Journeys in a real browser, driven by `tests/browser/`.

use std::path::Path;
use std::process::Command;

use crate::house::{House, LOCKKEEPER};

#[test]
fn a_rep_reads_and_decides_at_the_desk() {
    let mut house = House::open();
    assert!(house.stop());
    for (email, name, role) in
        [("desk@example.com", "Dana Desk", "manager"), ("other@example.com", "Otto Other", "manager")]
    {
        let added = Command::new(LOCKKEEPER)
            .args(["member", "add", "--email", email, "--name", name, "--role", role, "--data"])
            .arg(&house.data)
            .env("LOCKKEEPER_PASSWORD", "a long password")
            .output()
            .unwrap();
        assert!(added.status.success());
    }
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

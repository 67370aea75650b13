//! The main journeys on PostgreSQL too, and those that only it can go: several processes on one database.

use std::collections::BTreeSet;

use serde_json::json;

use crate::faults::{kill_now, killed_again_and_again, nothing_is_lost_or_doubled, the_record_stands, work};
use crate::gate::captured_approved_and_sent;
use crate::house::{House, eventually};

#[test]
fn a_lead_travels_the_whole_way_on_postgres() {
    let mut house = House::on_postgres();
    let lead = captured_approved_and_sent(&house);
    assert!(house.stop());
    let bundle = house.run(&["record", "export", "--lead", &lead]);
    let said = String::from_utf8_lossy(&bundle.stderr).into_owned();
    assert!(bundle.status.success(), "{said}");
    let key = said.lines().find_map(|line| line.strip_prefix("The key to pin: ")).unwrap();
    let file = house.data.join("bundle.json");
    std::fs::write(&file, &bundle.stdout).unwrap();
    let verified = crate::house::run(&["record", "verify", file.to_str().unwrap(), "--key", key]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    the_record_stands(&house);
}

#[test]
fn nothing_is_lost_or_sent_twice_on_postgres_when_the_process_is_killed() {
    killed_again_and_again(House::on_postgres());
}

#[test]
fn two_nodes_on_one_database_share_the_work_and_send_nothing_twice() {
    let mut one = House::on_postgres();
    let mut other = one.another_node();
    let (mut acknowledged, mut approved) = (BTreeSet::new(), BTreeSet::new());
    std::thread::scope(|scope| {
        let busy = [scope.spawn(|| work(&one, 1)), scope.spawn(|| work(&other, 2))];
        let sent = |count| eventually("mail goes out", || (one.outbox().len() >= count).then_some(()));
        sent(6);
        kill_now(&one);
        // The other one goes on, also with what the first had begun.
        sent(14);
        kill_now(&other);
        for worked in busy {
            let (leads, decisions) = worked.join().unwrap();
            assert!(!leads.is_empty(), "a node did nothing");
            acknowledged.extend(leads);
            approved.extend(decisions);
        }
    });
    for node in [&mut one, &mut other] {
        node.kill();
        node.start();
    }
    nothing_is_lost_or_doubled(&one, &acknowledged, &approved);
    assert!(one.stop() && other.stop());
    the_record_stands(&one);
}

#[test]
fn a_node_hears_of_what_another_one_was_told() {
    let one = House::on_postgres();
    let other = one.another_node();
    let lead = one.lead("Carla Kunde", "carla@kunde.example");
    let proposal = other.pending(&lead, "message.reply");
    assert_eq!(other.decide(&proposal, &other.rep, json!({ "decision": "approve" })).status, 200);
    let again = one.decide(&proposal, &one.manager, json!({ "decision": "approve" }));
    assert_eq!(again.status, 409, "it was decided on the other node");
    assert_eq!(one.wait_for(&proposal["action"], &["done", "failed", "unknown"]), "done");
    // Members may be added while nodes run; they come to know them.
    one.ok(&["member", "add", "--email", "new@example.com", "--name", "Nora New", "--role", "manager"]);
    let made = one.ok(&["token", "create", "--member", "new@example.com"]);
    let token: serde_json::Value = serde_json::from_str(made.trim()).unwrap();
    let token = token["token"].as_str().unwrap().to_owned();
    let mut count = 0;
    eventually("the other node knows the new member", || {
        count += 1;
        let lead = other.lead("Dora Kunde", &format!("dora{count}@kunde.example"));
        let proposal = one.pending(&lead, "message.reply");
        let decided = other.decide(&proposal, &token, json!({ "decision": "approve" }));
        (decided.status == 200).then_some(())
    });
}

//! The real process is killed in a loop while leads come in and decisions are made: nothing acknowledged is lost, nothing
//! goes out twice or without approval.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::house::House;

const ROUNDS: usize = 12;

#[test]
fn nothing_is_lost_or_sent_twice_when_the_process_is_killed() {
    killed_again_and_again(House::open());
}

/// Kills the server in the middle of its work, round after round, and looks what is left.
pub fn killed_again_and_again(mut house: House) {
    let mut acknowledged = BTreeSet::new();
    let mut approved = BTreeSet::new();
    for round in 0..ROUNDS {
        std::thread::scope(|scope| {
            let busy = scope.spawn(|| work(&house, round));
            // No two rounds are cut at the same place.
            let head_start = std::time::Instant::now();
            while head_start.elapsed().as_millis() < 40 + 37 * (round as u128) {
                std::hint::spin_loop();
            }
            kill_now(&house);
            let (leads, decisions) = busy.join().unwrap();
            acknowledged.extend(leads);
            approved.extend(decisions);
        });
        house.kill();
        house.start();
    }
    nothing_is_lost_or_doubled(&house, &acknowledged, &approved);
    assert!(house.stop());
    the_record_stands(&house);
}

/// The views are what the facts make of them, and nothing went out without an approval.
pub fn the_record_stands(house: &House) {
    house.ok(&["record", "rebuild", "--check"]);
    let decided = house.ok(&["record", "list", "--kind", "approval.decided"]).lines().count();
    let mails = house.outbox().len();
    assert!(mails <= decided, "{mails} went out on {decided} approvals");
}

/// What was acknowledged is there, what was approved went out, nobody got two messages or one that nobody approved.
pub fn nothing_is_lost_or_doubled(
    house: &House,
    acknowledged: &BTreeSet<String>,
    approved: &BTreeSet<String>,
) {
    for lead in acknowledged {
        assert_eq!(house.get(&format!("/v1/leads/{lead}"), &house.rep).status, 200, "lead {lead} is lost");
    }
    for action in approved {
        let state = house.wait_for(&Value::from(action.as_str()), &["done", "unknown", "failed"]);
        assert_eq!(state, "done", "an approved message did not go out: {action}");
    }
    assert!(!acknowledged.is_empty() && !approved.is_empty(), "the rounds did nothing");

    let mails = house.outbox();
    let recipients: BTreeSet<&str> =
        mails.iter().filter_map(|(_, mail)| mail.lines().find(|line| line.starts_with("To: "))).collect();
    assert_eq!(mails.len(), recipients.len(), "somebody got two messages");
    assert!(mails.len() >= approved.len());
}

/// Cuts a server's power while somebody is still talking to it.
pub fn kill_now(house: &House) {
    std::process::Command::new("kill").args(["-KILL", &house.server_id()]).status().unwrap();
}

/// Captures and approves until the server is gone; answers what it acknowledged.
pub fn work(house: &House, round: usize) -> (Vec<String>, Vec<String>) {
    let (mut leads, mut decisions) = (Vec::new(), Vec::new());
    let post = |path: &str, token: &str, body: &Value| {
        let body = body.to_string();
        let reply =
            house.try_send("POST", path, Some(token), "application/json", &[], body.as_bytes()).ok()?;
        (reply.status < 300).then(|| serde_json::from_slice::<Value>(&reply.body).ok())?
    };
    for n in 0.. {
        let body =
            json!({ "name": "Ana Kunde", "email": format!("ana{n}@r{round}.example"), "message": "Hello" });
        let Some(made) = post("/v1/leads", &house.agent, &body) else { break };
        let lead = made["lead"]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/proposals?state=pending&lead={lead}");
        leads.push(lead);
        let Ok(page) = house.try_send("GET", &path, Some(&house.rep), "application/json", &[], b"") else {
            break;
        };
        let Ok(page) = serde_json::from_slice::<Value>(&page.body) else { break };
        let Some(proposal) = page["items"]
            .as_array()
            .and_then(|items| items.iter().find(|item| item["step"] == "message.reply"))
        else {
            break;
        };
        let decide = json!({ "decision": "approve", "commitment": proposal["commitment"] });
        let path = format!("/v1/proposals/{}/decision", proposal["id"].as_str().unwrap());
        if post(&path, &house.rep, &decide).is_none() {
            break;
        }
        decisions.push(proposal["action"].as_str().unwrap().to_owned());
    }
    (leads, decisions)
}

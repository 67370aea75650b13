//! A person who wants no messages leaves with one click, and is written to no more.

use serde_json::json;

use crate::house::House;

#[test]
fn one_click_in_the_mail_program_unsubscribes_and_looking_does_not() {
    let house = House::with_playbook(|playbook| {
        let path = playbook.join("playbook.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let url = "public_url = \"https://lock.example\"\n";
        std::fs::write(&path, text.replacen("links = [", &format!("{url}links = ["), 1)).unwrap();
    });
    let lead = house.lead("Carla Kunde", "carla@kunde.example");
    let text = "Hello Carla,\n\ndid my last message reach you?\n\nAda";
    let step = json!({ "step": "message.follow_up", "lead": lead, "content": { "text": text }, "reason": "silence" });
    assert_eq!(house.post("/v1/actions", &house.agent, &step).status, 202);
    let proposal = house.pending(&lead, "message.follow_up");
    assert_eq!(house.decide(&proposal, &house.rep, json!({ "decision": "approve" })).status, 200);
    assert_eq!(house.wait_for(&proposal["action"], &["done", "failed"]), "done");
    let mail = &house.outbox()[0].1;
    assert!(mail.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{mail}");
    let link = mail.split("List-Unsubscribe: <https://lock.example").nth(1).expect(mail);
    let path = link.split('>').next().unwrap().split_whitespace().collect::<String>();

    let opted_out =
        || house.get(&format!("/v1/leads/{lead}"), &house.rep).json()["opted_out"].as_bool().unwrap();
    let shown = house.send("GET", &path, None, "text/html", &[], b"");
    assert_eq!(shown.status, 200, "{}", shown.text());
    assert!(shown.text().contains("<form"), "{}", shown.text());
    assert!(!opted_out(), "looking at the link changed something");
    let clicked = house.send(
        "POST",
        &path,
        None,
        "application/x-www-form-urlencoded",
        &[],
        b"List-Unsubscribe=One-Click",
    );
    assert_eq!(clicked.status, 200, "{}", clicked.text());
    assert!(opted_out());
    let refused = house.post("/v1/actions", &house.agent, &step).json();
    assert_eq!(refused["verdict"]["kind"], "refuse", "{refused}");
    assert_eq!(house.send("POST", &format!("{path}0"), None, "text/html", &[], b"").status, 404);
}

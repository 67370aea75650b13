//! Leads come in by every door; the same delivery twice is one lead; bad input is named and loses nothing.

use std::io::{BufRead, BufReader};

use serde_json::{Value, json};

use crate::house::{House, LOCKKEEPER, eventually, run, send_to};

const FORM: &str = "application/x-www-form-urlencoded";

fn leads(house: &House) -> Vec<Value> {
    house.get("/v1/leads?limit=500", &house.rep).json()["items"].as_array().unwrap().clone()
}

#[test]
fn one_person_by_form_api_list_and_mail_is_one_lead() {
    let house = House::open();
    let posted = house.send(
        "POST",
        "/f/contact",
        None,
        FORM,
        &[],
        "name=%C5%81ukasz+%C5%BB%C3%B3%C5%82%C4%87&email=lukasz%40kunde.example&message=Dzie%C5%84+dobry"
            .as_bytes(),
    );
    assert_eq!(posted.status, 200, "{}", posted.text());
    let body =
        json!({ "name": "Łukasz Żółć", "email": "LUKASZ@kunde.example", "message": "One more thing." });
    let joined = house.post("/v1/leads", &house.agent, &body);
    assert_eq!(joined.json()["outcome"], "joined", "{}", joined.text());

    let mail = "From: =?utf-8?B?xYF1a2FzeiDFu8OzxYLEhw==?= <lukasz@kunde.example>\r\nTo: sales@example.com\r\n\
                Subject: Re: pumps\r\nMessage-ID: <a1@kunde.example>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0100\r\n\
                Content-Type: text/plain; charset=iso-8859-2\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
                Prosz=EA o pilny kontakt.\r\n\r\n> quoted\r\n";
    let inbox = house.data.join("inbox");
    eventually("the inbox is watched", || inbox.join("done").exists().then_some(()));
    std::fs::write(inbox.join("one.part"), mail).unwrap();
    std::fs::rename(inbox.join("one.part"), inbox.join("one.eml")).unwrap();
    eventually("the mail is taken in", || inbox.join("done/one.eml").exists().then_some(()));

    let all = leads(&house);
    assert_eq!(all.len(), 1, "{all:#?}");
    let lead = house.get(&format!("/v1/leads/{}", all[0]["id"].as_str().unwrap()), &house.rep).json();
    assert_eq!(lead["name"], "Łukasz Żółć");
    let texts: Vec<&str> =
        lead["messages"].as_array().unwrap().iter().filter_map(|message| message["text"].as_str()).collect();
    assert!(texts.contains(&"Proszę o pilny kontakt."), "{texts:?}");
    assert_eq!(texts.len(), 3, "{texts:?}");
}

#[test]
fn the_same_delivery_twice_is_one_lead_and_another_under_its_key_is_refused() {
    let house = House::open();
    let body = json!({ "name": "Ana", "email": "ana@x.example", "message": "Hello" });
    let key = [("Idempotency-Key", "k-1")];
    let send = |body: &Value| {
        house.send(
            "POST",
            "/v1/leads",
            Some(&house.agent),
            "application/json",
            &key,
            body.to_string().as_bytes(),
        )
    };
    let (first, second) = (send(&body), send(&body));
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.json(), second.json());
    assert_eq!(leads(&house).len(), 1);
    let other = send(&json!({ "name": "Bob", "email": "bob@x.example" }));
    assert_eq!(other.status, 409, "{}", other.text());

    for name in ["one.eml", "two.eml"] {
        let mail = "From: Eve <eve@x.example>\r\nMessage-ID: <e1@x.example>\r\nSubject: Hi\r\n\r\nHello\r\n";
        let inbox = house.data.join("inbox");
        eventually("the inbox is watched", || inbox.join("done").exists().then_some(()));
        std::fs::write(inbox.join("x.part"), mail).unwrap();
        std::fs::rename(inbox.join("x.part"), inbox.join(name)).unwrap();
        eventually("the mail is taken in", || inbox.join("done").join(name).exists().then_some(()));
    }
    let facts = house.get("/v1/leads?q=eve", &house.rep).json();
    let eve = facts["items"][0]["id"].as_str().unwrap();
    let lead = house.get(&format!("/v1/leads/{eve}"), &house.rep).json();
    assert_eq!(lead["messages"].as_array().unwrap().len(), 1, "{lead:#}");
}

#[test]
fn bad_input_is_named_with_its_place() {
    let house = House::open();
    let json = "application/json";
    let send = |body: &[u8]| house.send("POST", "/v1/leads", Some(&house.agent), json, &[], body);
    let malformed = send(b"{\"name\": ");
    assert_eq!(malformed.status, 400);
    assert!(malformed.head.contains("application/problem+json"), "{}", malformed.head);
    assert!(malformed.json()["detail"].as_str().unwrap().contains("line 1"), "{}", malformed.text());

    let unknown = send(b"{\"nmae\":\"x\"}");
    assert!(unknown.json()["detail"].as_str().unwrap().contains("nmae"), "{}", unknown.text());

    let nobody = send(b"{\"name\":\"Ana\"}");
    assert_eq!(nobody.status, 422);
    assert_eq!(nobody.json()["errors"][0]["pointer"], "/email");

    let long = json!({ "email": "a@b.example", "message": "x".repeat(10_001) }).to_string();
    let long = send(long.as_bytes());
    assert_eq!(long.status, 422, "{}", long.text());
    assert_eq!(long.json()["errors"][0]["pointer"], "/message");

    let huge = vec![b' '; 1024 * 1024 + 1];
    assert_eq!(send(&huge).status, 413);
    assert_eq!(house.send("POST", "/v1/leads", None, json, &[], b"{}").status, 401);
    assert_eq!(house.send("POST", "/v1/leads", Some("lk_wrong"), json, &[], b"{}").status, 401);
    assert_eq!(house.post("/v1/leads", &house.auditor, &json!({ "email": "a@b.example" })).status, 403);
    assert!(leads(&house).is_empty());
}

#[test]
fn a_form_traps_machines_and_tells_people_what_is_wrong() {
    let house = House::open();
    let post = |body: &str| house.send("POST", "/f/contact", None, FORM, &[], body.as_bytes());
    assert_eq!(post("email=bot@x.example&message=pills&website=http://x.example").status, 200);
    assert!(leads(&house).is_empty(), "the honeypot let one through");
    assert_eq!(post("name=Ana").status, 422);
    assert_eq!(post(&format!("email=a%40b.example&message={}", "x".repeat(10_001))).status, 413);
    assert_eq!(house.send("POST", "/f/nothing", None, FORM, &[], b"email=a").status, 404);
    let part = "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nzoe@x.example\r\n--b\r\n\
                Content-Disposition: form-data; name=\"file\"; filename=\"../plan.txt\"\r\nContent-Type: text/plain\r\n\r\n\
                a plan\r\n--b--\r\n";
    let sent =
        house.send("POST", "/f/contact", None, "multipart/form-data; boundary=b", &[], part.as_bytes());
    assert_eq!(sent.status, 200, "{}", sent.text());
    let lead =
        house.get(&format!("/v1/leads/{}", leads(&house)[0]["id"].as_str().unwrap()), &house.rep).json();
    assert_eq!(lead["messages"][0]["attachments"][0]["name"], "plan.txt", "{lead:#}");
}

#[test]
fn a_list_names_each_refused_row_and_can_be_run_again() {
    let mut house = House::open();
    assert!(house.stop());
    let list = house.data.with_file_name("list.csv");
    std::fs::write(&list, b"E-Mail;Name;Met at\nana@x.example;Ana M\xfcller;Fair\nno address;Bob;Fair\n")
        .unwrap();
    let import = |house: &House| {
        let output = house.run(&["import", list.to_str().unwrap()]);
        let lines: Vec<Value> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        (output.status.code(), lines)
    };
    let (code, lines) = import(&house);
    assert_eq!(code, Some(1));
    assert_eq!(lines[1]["line"], 3);
    assert_eq!(lines[1]["outcome"], "refused");
    assert_eq!(lines[2]["summary"]["created"], 1);
    assert_eq!(import(&house).1[2]["summary"]["before"], 1);
    house.start();
    assert_eq!(leads(&house)[0]["name"], "Ana Müller");
}

#[test]
fn a_mail_that_is_none_is_put_aside_with_the_reason() {
    let house = House::open();
    let inbox = house.data.join("inbox");
    eventually("the inbox is watched", || inbox.join("aside").exists().then_some(()));
    std::fs::write(inbox.join("junk.eml"), b"\x00\x01\x02 not a mail").unwrap();
    eventually("it is put aside", || inbox.join("aside/junk.eml.why.txt").exists().then_some(()));
    assert!(leads(&house).is_empty());
}

#[test]
fn the_demo_says_what_happened_and_that_it_verifies() {
    let output = run(&["demo", "--exit"]);
    let line: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert!(output.status.success(), "{line}");
    assert_eq!(line["verified"], true);
    assert!(line["captured"].as_u64().unwrap() >= 110, "{line}");
    assert!(line["joined"].as_u64().unwrap() >= 5, "{line}");
    assert_eq!(line["leads"], line["assigned"], "{line}");
    let (ran, asked) = (line["ran"].as_u64().unwrap(), line["asked"].as_u64().unwrap());
    assert_eq!(line["actions"].as_u64().unwrap(), ran + asked + line["refused"].as_u64().unwrap());
    assert!(ran > asked, "the gate asks for a minority: {line}");
}

#[test]
fn the_demo_goes_on_and_its_sign_in_links_lead_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = std::process::Command::new(LOCKKEEPER)
        .args(["demo", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path().join("demo"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let mut told = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    let address = told()["listening"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let links = told()["sign_in"].as_object().unwrap().clone();
    assert_eq!(links.len(), 4, "{links:?}");
    let pages: Vec<(String, u16)> = links
        .iter()
        .map(|(role, link)| {
            let path = link.as_str().unwrap().strip_prefix(&format!("http://{address}")).unwrap();
            let page = send_to(&address, "GET", path, None, "text/html", &[], b"").unwrap();
            assert!(page.text().contains("<form"), "{role}: {}", page.text());
            (role.clone(), page.status)
        })
        .collect();
    demo.kill().unwrap();
    demo.wait().unwrap();
    assert!(pages.iter().all(|(_, status)| *status == 200), "{pages:?}");
}

//! What an auditor asks the record, and the erasure of a lead as the pages tell it.

use axum::http::StatusCode;
use flow::ids::{LeadId, ProposalId};
use flow::lead::Command;
use flow::terms::Actor;

use super::{Browser, House, hidden, house};

/// A reply that the manager edited and approved, and that was handed over; its Message-ID and its lead.
async fn edited_and_sent(house: &House) -> (String, LeadId, ProposalId) {
    house.somebody_writes("Anna Brandt").await;
    let id = house.waiting().await[0];
    let mut manager = house.signed_in("manager").await;
    let page = house.get(&mut manager, &format!("/desk/{id}")).await;
    let commitment = hidden(&page.html, "commitment").to_owned();
    let text = "Hello Anna,\n\nthe small cellar pump fits. Shall I call you?\n\nmanager";
    let fields =
        [("commitment", commitment.as_str()), ("seen_ms", "41000"), ("subject", "Your pump"), ("text", text)];
    let seen = house.post(&mut manager, &format!("/desk/{id}/edit"), &fields).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.html);
    let row = crate::web::desk::load::row(&house.app, id).await.unwrap();
    let attempt = Command::Attempt(row.proposal.action);
    let sent = house.app.obey(Actor::SYSTEM, row.lead, attempt).await.unwrap().send.unwrap();
    house.app.sequencer().place_all().await.unwrap();
    (sent.external_id().to_owned(), row.lead, id)
}

fn index_of(html: &str, kind: &str) -> String {
    let before = html.split(&format!("<code>{kind}</code>")).next().unwrap();
    before.rsplit("/record/facts/").next().unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_record_says_who_approved_a_message_and_what_was_changed() {
    let house = house().await;
    let (message, lead, _) = edited_and_sent(&house).await;
    let mut auditor = house.signed_in("auditor").await;
    for id in [message.clone(), format!("<{message}>")] {
        let path = format!("/record/message{}", crate::web::query(&[("id", &id)]));
        let seen = house.get(&mut auditor, &path).await;
        assert!(seen.html.contains("manager, by session changed and approved it"), "{}", seen.html);
        assert!(seen.html.contains("What went out is exactly what was approved"), "{}", seen.html);
        assert!(seen.html.contains(&format!("/record/leads/{lead}")), "the proof is one click away");
    }
    let unknown = house.get(&mut auditor, "/record/message?id=nobody%40nowhere.example").await;
    assert!(unknown.html.contains("No message with this id"), "{}", unknown.html);

    let list = house.get(&mut auditor, "/record?kind=approval.decided").await;
    let index = index_of(&list.html, "approval.decided");
    let fact = house.get(&mut auditor, &format!("/record/facts/{index}")).await;
    for words in ["Changed, then approved", "What was changed", "<ins>", "In view for 41 s", "What was shown"]
    {
        assert!(fact.html.contains(words), "`{words}`: {}", fact.html);
    }
    assert_eq!(house.get(&mut auditor, "/record/facts/999999").await.status, StatusCode::NOT_FOUND);
    let bundle = house.get(&mut auditor, &format!("/record/leads/{lead}")).await;
    assert!(bundle.html.starts_with(r#"{"checkpoint":"#), "the proof is the bundle");
}

#[tokio::test]
async fn the_record_is_searched_by_lead_person_kind_account_and_time() {
    let house = house().await;
    let (_, lead, _) = edited_and_sent(&house).await;
    house.somebody_writes("Kim Nguyen").await;
    house.somebody_writes("Kim Brandt").await;
    let mut auditor = house.signed_in("auditor").await;
    let manager = house.app.snapshot().members.iter().find(|one| one.name == "manager").unwrap().id;
    let count = |html: &str| html.matches("class=\"index\"").count();
    let mut found = async |query: String| house.get(&mut auditor, &format!("/record?{query}")).await.html;
    assert_eq!(count(&found(format!("who={manager}")).await), 1, "one decision");
    assert!(count(&found("lead=Anna".into()).await) > 5);
    assert_eq!(count(&found(format!("lead={lead}&kind=lead.captured")).await), 1);
    let several = found("lead=Brandt".into()).await;
    assert!(several.contains("Which of these?") && several.contains("Kim Brandt"), "{several}");
    assert!(found("lead=Ottilie".into()).await.contains("No lead has these words"));
    let nobody = found("account=Nobody".into()).await;
    assert!(nobody.contains("No fact fits") && nobody.contains("No witness watches this record"), "{nobody}");
    assert!(found("from=2099-01-01".into()).await.contains("No fact fits"));
    assert!(count(&found("from=2020-01-01&to=2099-01-01&kind=lead.captured".into()).await) == 3);
    assert_eq!(house.get(&mut Browser::default(), "/record").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_decisions_of_a_period_are_a_table() {
    let house = house().await;
    edited_and_sent(&house).await;
    let mut auditor = house.signed_in("auditor").await;
    let table = house.get(&mut auditor, "/record/decisions.csv?from=2020-01-01").await.html;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 2, "{table}");
    assert!(lines[0].starts_with("index,at,lead,step,"), "{table}");
    for part in ["message.reply", ",edit,manager,", ",session,no,", "41000"] {
        assert!(lines[1].contains(part), "`{part}`: {table}");
    }
    let none = house.get(&mut auditor, "/record/decisions.csv?to=2020-01-01").await.html;
    assert_eq!(none.lines().count(), 1, "{none}");
    let bad = house.get(&mut auditor, "/record/decisions.csv?to=soon").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_lead_s_page_tells_who_had_it_erased() {
    let house = house().await;
    let (message, lead, _) = edited_and_sent(&house).await;
    let settle = |action| Command::Settle {
        action,
        outcome: flow::fact::Outcome::Done { receipt: "250".into() },
        temporary: false,
    };
    let action = house.app.store().lead(house.app.workspace_id(), lead).await.unwrap().unwrap().lead;
    let attempted = action.actions.values().find(|one| one.state.word() == "attempted").unwrap().id;
    house.app.obey(Actor::SYSTEM, lead, settle(attempted)).await.unwrap();

    let mut manager = house.signed_in("manager").await;
    let page = house.get(&mut manager, &format!("/leads/{lead}")).await;
    assert!(page.html.contains("Erase this person’s data"), "{}", page.html);
    let asked = house.post(&mut manager, &format!("/leads/{lead}/erase"), &[("why", "Asked for it.")]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.html);
    let page = house.get(&mut manager, &asked.to).await;
    assert!(page.html.contains("It was asked that this lead be erased"), "{}", page.html);

    let mut admin = house.signed_in("admin").await;
    let desk = house.get(&mut admin, "/desk").await;
    let id = house.app.store().lead(house.app.workspace_id(), lead).await.unwrap().unwrap().lead;
    let id = id.proposals.values().find(|one| one.step == flow::step::Step::Erase).unwrap().id;
    assert!(desk.html.contains(&id.to_string()), "it waits on the desk");
    let page = house.get(&mut admin, &format!("/desk/{id}")).await;
    assert!(page.html.contains("All personal data of Anna Brandt is erased for good."), "{}", page.html);
    let done = house.post(&mut admin, &format!("/desk/{id}/approve"), &[("commitment", "")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.html);
    let after = house.get(&mut admin, &done.to).await;
    assert_eq!(after.status, StatusCode::OK, "{}", after.html);

    for path in [format!("/leads/{lead}"), format!("/desk/{id}"), format!("/record?lead={lead}")] {
        let seen = house.get(&mut admin, &path).await;
        assert_eq!(seen.status, StatusCode::OK, "{path}");
        assert!(!seen.html.contains("Anna") && !seen.html.contains("cellar"), "{path}: {}", seen.html);
    }
    let page = house.get(&mut admin, &format!("/leads/{lead}")).await;
    assert!(page.html.contains("This lead was erased"), "{}", page.html);
    assert!(page.html.contains("Decided by <strong>admin</strong>"), "{}", page.html);
    let gone =
        house.get(&mut admin, &format!("/record/message{}", crate::web::query(&[("id", &message)]))).await;
    assert!(gone.html.contains("or its lead was erased"), "{}", gone.html);
    house.app.sequencer().place_all().await.unwrap();
    let list = house.get(&mut admin, &format!("/record?lead={lead}&kind=approval.decided")).await;
    let fact =
        house.get(&mut admin, &format!("/record/facts/{}", index_of(&list.html, "approval.decided"))).await;
    assert!(fact.html.contains("erased with the lead"), "{}", fact.html);
}

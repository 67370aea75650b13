//! The boundary in the living system: from decisions at the desk to a class that runs, and back.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use flow::approval::{Attention, Choice, ProposalState};
use flow::capture::{Automatic, Enquiry, Inbound, Source};
use flow::fact::{Fact, Reason, VerdictKind};
use flow::ids::{LeadId, MemberId};
use flow::lead::{ActionState, Command, DecisionMade, Lead};
use flow::ledger::{How, Stands};
use flow::step::Step;
use flow::terms::{Actor, Person, Role, Via, Who};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use store::Progress;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::app::{App, NewToken, Options};
use crate::engine::{Captured, Extras};
use crate::playbook;

const CLASS: &str = "message.reply/reply.en";
/// So high a limit that little evidence suffices, and no audits, so that every action of the test goes one way.
const BOUNDARY: &str = "\n[boundary]\nlimit = 0.5\nsegments = []\nfirst_audit_share = 0.0\naudit_share = 0.0\nraised_audit_share = 0.0\n";

struct House {
    app: App,
    admin: MemberId,
    manager: MemberId,
    tokens: [String; 2],
    people: u32,
    folder: TempDir,
}

fn files(boundary: &str) -> playbook::Files {
    let mut files = playbook::starter();
    files.get_mut("playbook.toml").unwrap().push_str(boundary);
    files
}

impl House {
    async fn new(boundary: &str) -> House {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { playbook: Some(files(boundary)), ..Options::at(folder.path()) };
        let app = App::open(options).await.unwrap();
        let mut ids = Vec::new();
        let mut tokens = Vec::new();
        for (name, role) in [("Alva", Role::Admin), ("Max", Role::Manager)] {
            let email = format!("{}@example.com", name.to_lowercase());
            let member = app.add_member(&Actor::SYSTEM, &email, name, role, None).await.unwrap();
            tokens.push(app.create_token(&Actor::SYSTEM, NewToken::Member(member.id)).await.unwrap());
            ids.push(member.id);
        }
        let tokens = tokens.try_into().unwrap();
        House { app, admin: ids[0], manager: ids[1], tokens, people: 0, folder }
    }

    fn doors(&self) -> Router {
        crate::house::router(&self.app)
    }

    async fn call(
        &self,
        token: usize,
        request: axum::http::request::Builder,
        body: Value,
    ) -> (StatusCode, Value) {
        let request = request
            .header(header::AUTHORIZATION, format!("Bearer {}", self.tokens[token]))
            .header(header::CONTENT_TYPE, "application/json");
        let answer = self.doors().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// Somebody writes, and an answer is drafted.
    async fn written(&mut self) -> Lead {
        self.people += 1;
        let now = self.app.now();
        let email = format!("person{}@kunde{}.example", self.people, self.people);
        let message = Inbound {
            channel: Source::Form,
            from: email.clone(),
            subject: "A pump for our cellar".into(),
            text: "Which pump would you suggest?".into(),
            external_id: None,
            answers: Vec::new(),
            attachments: Vec::new(),
            automatic: Automatic::No,
            received_at: now,
        };
        let enquiry = Enquiry {
            source: Source::Form,
            origin: "contact".into(),
            person: Person {
                name: "Bo Ek".into(),
                email: email.clone(),
                language: "en".into(),
                ..Person::default()
            },
            fields: Default::default(),
            message: Some(message),
            delivery: format!("test/{email}"),
            received_at: now,
        };
        let captured =
            self.app.engine().capture(&Actor::CHANNEL, enquiry, Extras::default(), &|_| Vec::new()).await;
        match captured.unwrap() {
            Captured::Now(obeyed) => obeyed.lead,
            other => panic!("{other:?}"),
        }
    }

    async fn decide(&mut self, choice: Choice, seen_ms: u64) -> LeadId {
        let lead = self.written().await;
        let waits =
            lead.proposals.values().find(|p| p.step == Step::Reply && p.state == ProposalState::Pending);
        let proposal = waits.expect("the reply asks");
        let made = DecisionMade {
            proposal: proposal.id,
            choice,
            seen: proposal.content_now(),
            text: None,
            reason: (choice == Choice::Reject).then(|| "wrong tone".to_owned()),
            attention: Attention { seen_ms, thread_opened: true },
            signature: None,
        };
        let actor = Actor { who: Who::Member(self.manager), via: Via::Session };
        self.app.obey(actor, lead.id, Command::Decide(made)).await.unwrap();
        lead.id
    }

    async fn probe(&self) {
        let fact = Fact::ProbeDecided {
            proposal: flow::ids::Mint::new([9; 32], self.app.now()).id(),
            class: CLASS.into(),
            corruption: "amount".into(),
            caught: true,
            attention: Attention::default(),
        };
        let actor = Actor { who: Who::Member(self.manager), via: Via::Session };
        self.app.keeper().record(&actor, vec![fact]).await.unwrap();
    }

    /// Enough for a proposal to widen.
    async fn prove(&mut self) {
        for _ in 0..12 {
            for _ in 0..3 {
                self.decide(Choice::Approve, 60_000).await;
            }
            self.probe().await;
        }
    }

    fn stands(&self) -> Stands {
        self.app.snapshot().ledger.stands(CLASS)
    }
}

/// The same folder once more, as soon as what the first application left running has let go of it.
async fn reopened(folder: &TempDir, playbook: Option<playbook::Files>) -> App {
    for _ in 0..100_000 {
        let options = Options { playbook: playbook.clone(), ..Options::at(folder.path()) };
        match App::open(options).await {
            Ok(app) => return app,
            Err(_) => tokio::task::yield_now().await,
        }
    }
    panic!("the folder stays in use");
}

struct Silent;

impl Progress for Silent {
    fn at(&self, _: u64, _: u64) {}
}

async fn rebuilt(app: &App) {
    let difference = app.store().rebuild_check(app.workspace_id(), &Silent).await.unwrap();
    assert_eq!(difference, None);
}

#[tokio::test]
async fn a_class_earns_its_freedom_is_widened_by_an_admin_and_pulled_back_at_once() {
    let mut house = House::new(BOUNDARY).await;
    house.prove().await;
    let (status, boundary) = house.call(0, Request::get("/v1/boundary"), Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let class = boundary["classes"].as_array().unwrap().iter().find(|class| class["class"] == CLASS).unwrap();
    assert_eq!((class["state"].as_str(), class["evidence"]["clean"].as_u64()), (Some("ready"), Some(36)));
    assert_eq!(house.stands(), Stands::Ready, "nothing moved by itself");

    // The proposal stands among the others, for the admin only, and names the evidence it was shown with.
    let (_, list) = house.call(0, Request::get("/v1/proposals?state=pending&for=me"), Value::Null).await;
    let widening =
        list["items"].as_array().unwrap().iter().find(|item| item["step"] == "boundary.widen").unwrap();
    let address = format!("/v1/proposals/{}", widening["id"].as_str().unwrap());
    let (_, list) = house.call(1, Request::get("/v1/proposals?state=pending&for=me"), Value::Null).await;
    assert!(list["items"].as_array().unwrap().iter().all(|item| item["step"] != "boundary.widen"));
    let decision = format!("{address}/decision");
    let approve = json!({ "decision": "approve", "commitment": widening["commitment"] });
    let (status, _) = house.call(1, Request::post(&decision), approve.clone()).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a manager does not move the boundary");
    let stale =
        json!({ "decision": "approve", "commitment": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" });
    let (status, _) = house.call(0, Request::post(&decision), stale).await;
    assert_eq!(status, StatusCode::CONFLICT, "the evidence is not what was seen");
    let (status, answer) = house.call(0, Request::post(&decision), approve.clone()).await;
    assert_eq!(
        (status, answer["proposal"]["state"].as_str()),
        (StatusCode::OK, Some("approved")),
        "{answer}"
    );
    assert_eq!(house.stands(), Stands::Automated);
    let (status, _) = house.call(0, Request::post(&decision), approve).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "it is decided");

    // Now the answer runs; one waits to be sent when another turns out wrong.
    let queued = house.written().await;
    let waiting = queued.actions.values().find(|action| action.step == Step::Reply).unwrap();
    assert_eq!(waiting.state, ActionState::Waiting { proposal: None });
    let sent = house.written().await;
    let action = sent.actions.values().find(|action| action.step == Step::Reply).unwrap().id;
    house.app.obey(Actor::SYSTEM, sent.id, Command::Attempt(action)).await.unwrap();
    let outcome = flow::fact::Outcome::Done { receipt: "1.eml".into() };
    let settle = Command::Settle { action, outcome, temporary: false };
    house.app.obey(Actor::SYSTEM, sent.id, settle).await.unwrap();
    let exceptions = format!("/v1/actions/{action}/exceptions");
    let report = json!({ "kind": "complaint", "critical": true, "note": "promised what we do not sell" });
    let (status, answer) = house.call(1, Request::post(&exceptions), report).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    assert_eq!(house.stands(), Stands::PulledBack, "at once");

    let obeyed = house.app.obey(Actor::SYSTEM, queued.id, Command::Attempt(waiting.id)).await.unwrap();
    assert!(obeyed.send.is_none(), "what had not been tried goes back through the gate");
    let asks = obeyed.lead.proposals.values().find(|p| p.step == Step::Reply).unwrap();
    assert_eq!(asks.verdict.kind, VerdictKind::Ask);
    let why: Vec<&str> = asks.verdict.reasons.iter().map(|reason: &Reason| reason.id.as_str()).collect();
    assert_eq!(why[0], "boundary.gated");

    rebuilt(&house.app).await;
}

#[tokio::test]
async fn a_start_goes_on_where_the_ledger_was_kept() {
    let mut house = House::new(BOUNDARY).await;
    house.prove().await;
    house.decide(Choice::Reject, 60_000).await;
    house.app.keeper().now().await.unwrap();
    let before = store::ledger_text(&house.app.snapshot().ledger).unwrap();
    rebuilt(&house.app).await;
    let House { app, folder, .. } = house;
    drop(app);
    let app = reopened(&folder, None).await;
    assert_eq!(store::ledger_text(&app.snapshot().ledger).unwrap(), before);
    rebuilt(&app).await;
}

#[tokio::test]
async fn an_admin_widens_narrows_locks_and_unlocks_with_a_reason() {
    let mut house = House::new(BOUNDARY).await;
    house.decide(Choice::Approve, 60_000).await;
    let path = format!("/v1/boundary/{CLASS}");
    let hand = |what: &str, reason: &str| json!({ "move": what, "reason": reason });
    for (token, body, status, stands) in [
        (1, hand("widen", "we trust it"), StatusCode::FORBIDDEN, Stands::Gated),
        (0, hand("widen", "  "), StatusCode::UNPROCESSABLE_ENTITY, Stands::Gated),
        (0, hand("narrow", "not now"), StatusCode::CONFLICT, Stands::Gated),
        (0, hand("widen", "we trust it"), StatusCode::OK, Stands::Automated),
        (0, hand("narrow", "we do not"), StatusCode::OK, Stands::Gated),
        (0, hand("lock", "until the new product"), StatusCode::OK, Stands::Locked),
        (0, hand("widen", "now"), StatusCode::CONFLICT, Stands::Locked),
        (0, hand("unlock", "it is here"), StatusCode::OK, Stands::Gated),
    ] {
        let (answered, value) = house.call(token, Request::post(&path), body.clone()).await;
        assert_eq!((answered, house.stands()), (status, stands), "{body} {value}");
    }
    let unknown = house.call(0, Request::post("/v1/boundary/message.reply/none"), hand("widen", "x")).await;
    assert_eq!(unknown.0, StatusCode::NOT_FOUND);
    rebuilt(&house.app).await;
}

#[tokio::test]
async fn a_bounce_or_a_complaint_after_an_automated_message_is_an_exception() {
    let mut house = House::new(BOUNDARY).await;
    house.decide(Choice::Approve, 60_000).await;
    let widen = json!({ "move": "widen", "reason": "for the test" });
    house.call(0, Request::post(format!("/v1/boundary/{CLASS}")), widen).await;
    for (automatic, text, exceptions) in [
        (Automatic::No, "Thank you, that helps.", 0),
        (Automatic::No, "This is unacceptable.", 1),
        (Automatic::Bounce, "Delivery failed.", 2),
    ] {
        let lead = house.written().await;
        let action = lead.actions.values().find(|action| action.step == Step::Reply).unwrap().id;
        house.app.obey(Actor::SYSTEM, lead.id, Command::Attempt(action)).await.unwrap();
        let outcome = flow::fact::Outcome::Done { receipt: "1.eml".into() };
        let settle = Command::Settle { action, outcome, temporary: false };
        house.app.obey(Actor::SYSTEM, lead.id, settle).await.unwrap();
        let inbound = Inbound {
            channel: Source::Email,
            from: lead.person.email.clone(),
            subject: "Re: your answer".into(),
            text: text.into(),
            external_id: None,
            answers: Vec::new(),
            attachments: Vec::new(),
            automatic,
            received_at: house.app.now(),
        };
        house.app.obey(Actor::CHANNEL, lead.id, Command::Receive(inbound)).await.unwrap();
        let ledger = house.app.snapshot().ledger.clone();
        assert_eq!(ledger.class(CLASS).unwrap().exceptions, exceptions, "{text}");
    }
}

#[tokio::test]
async fn audits_look_like_ordinary_proposals_until_they_are_decided() {
    let all = "\n[boundary]\nlimit = 0.5\nsegments = []\nfirst_audit_share = 1.0\naudit_share = 1.0\nraised_audit_share = 1.0\n";
    let mut house = House::new(all).await;
    house.decide(Choice::Approve, 60_000).await;
    let gated = house.written().await;
    let widen = json!({ "move": "widen", "reason": "for the test" });
    house.call(0, Request::post(format!("/v1/boundary/{CLASS}")), widen).await;
    let audited = house.written().await;
    let reply = |lead: &Lead| {
        let action = lead.actions.values().find(|action| action.step == Step::Reply).unwrap();
        let proposal = lead.proposals.values().find(|p| p.action == action.id).unwrap().clone();
        (proposal.verdict.kind, proposal.verdict.reasons, proposal.verdict.mark.map(|mark| mark.len()))
    };
    assert_eq!(reply(&gated), reply(&audited), "nothing tells them apart");
    house.decide(Choice::Reject, 60_000).await;
    let ledger = house.app.snapshot().ledger.clone();
    let story = ledger.class(CLASS).unwrap();
    assert_eq!((story.audits, story.flagged, story.reviews), (1, 1, 1), "told by the decision, at once");
    assert_eq!(house.admin, house.app.snapshot().members[0].id);
}

#[tokio::test]
async fn a_changed_template_gates_its_class_at_the_next_start() {
    let mut house = House::new(BOUNDARY).await;
    house.decide(Choice::Approve, 60_000).await;
    let admin = Actor { who: Who::Member(house.admin), via: Via::Session };
    let (class, why) = (CLASS.to_owned(), "for the test".to_owned());
    let ask = super::Ask { class, segments: Vec::new(), how: How::Widened, why, proposal: None };
    house.app.keeper().decide(&admin, ask).await.unwrap();
    assert_eq!(house.stands(), Stands::Automated);
    let House { app, folder, .. } = house;
    drop(app);
    let mut changed = files(BOUNDARY);
    changed.get_mut("templates/reply.en.md").unwrap().push_str("\nP.S. It is new.\n");
    let app = reopened(&folder, Some(changed)).await;
    assert_eq!(app.snapshot().ledger.stands(CLASS), Stands::Gated);
    rebuilt(&app).await;
}

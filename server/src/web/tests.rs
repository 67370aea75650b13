//! The pages through their doors: a real application on a fresh database, asked as a browser would.

mod auditor;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use flow::approval::ProposalState;
use flow::capture::{Automatic, Enquiry, Inbound, Source};
use flow::ids::ProposalId;
use flow::step::Step;
use flow::terms::{Actor, Person, Role};
use http_body_util::BodyExt;
use store::views::ProposalFilter;
use store::{Answer, Question};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::app::{App, Options};
use crate::engine::Extras;
use crate::passwords;

const PASSWORD: &str = "correct horse battery";

/// An application with a member of each role, and its doors.
struct House {
    app: App,
    doors: Router,
    _folder: TempDir,
}

/// A browser: keeps its cookies and the last token it saw.
#[derive(Default, Clone)]
struct Browser {
    cookies: Vec<(String, String)>,
    token: String,
}

/// What came back.
struct Seen {
    status: StatusCode,
    to: String,
    html: String,
}

async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(Options::at(folder.path())).await.unwrap();
    for (name, role) in
        [("rep", Role::Rep), ("manager", Role::Manager), ("admin", Role::Admin), ("auditor", Role::Auditor)]
    {
        let phc = passwords::hash(PASSWORD).unwrap();
        app.add_member(&Actor::SYSTEM, &format!("{name}@nordpump.example"), name, role, Some(phc))
            .await
            .unwrap();
    }
    House { doors: crate::house::router(&app), app, _folder: folder }
}

impl House {
    async fn ask(&self, browser: &mut Browser, request: axum::http::request::Builder, body: String) -> Seen {
        let cookies: Vec<String> =
            browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request
            .header("host", "desk.example")
            .header("accept", "text/html")
            .header("cookie", cookies.join("; "));
        let answer = self.doors.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            browser.cookies.retain(|(known, _)| known != name);
            browser.cookies.push((name.to_owned(), value.to_owned()));
        }
        let status = answer.status();
        let to = answer.headers().get(header::LOCATION).map_or("", |to| to.to_str().unwrap()).to_owned();
        let html =
            String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
        if let Some(token) = html.split("name=\"csrf\" value=\"").nth(1) {
            browser.token = token.split('"').next().unwrap().to_owned();
        }
        Seen { status, to, html }
    }

    async fn get(&self, browser: &mut Browser, path: &str) -> Seen {
        self.ask(browser, Request::get(path), String::new()).await
    }

    /// Posts a form as the page before would, with its token.
    async fn post(&self, browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Seen {
        let token = browser.token.clone();
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", token.as_str())]).collect();
        self.post_raw(browser, path, &fields, "https://desk.example").await
    }

    async fn post_raw(
        &self,
        browser: &mut Browser,
        path: &str,
        fields: &[(&str, &str)],
        origin: &str,
    ) -> Seen {
        let body = super::query(fields).trim_start_matches('?').to_owned();
        let kind = "application/x-www-form-urlencoded";
        let request = Request::post(path).header("origin", origin).header(header::CONTENT_TYPE, kind);
        self.ask(browser, request, body).await
    }

    async fn signed_in(&self, who: &str) -> Browser {
        let mut browser = Browser::default();
        self.get(&mut browser, "/sign-in").await;
        let email = format!("{who}@nordpump.example");
        let seen = self.post(&mut browser, "/sign-in", &[("email", &email), ("password", PASSWORD)]).await;
        assert_eq!((seen.status, seen.to.as_str()), (StatusCode::SEE_OTHER, "/"), "{}", seen.html);
        self.get(&mut browser, "/leads").await;
        browser
    }

    /// Somebody writes; the starter playbook drafts an answer that asks a person.
    async fn somebody_writes(&self, name: &str) {
        let now = self.app.now();
        let email = format!("{}@kunde.example", name.to_lowercase().replace(' ', "."));
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
        let person =
            Person { name: name.into(), email: email.clone(), language: "en".into(), ..Person::default() };
        let enquiry = Enquiry {
            source: Source::Form,
            origin: "contact".into(),
            person,
            fields: Default::default(),
            message: Some(message),
            delivery: format!("test/{email}"),
            received_at: now,
        };
        self.app
            .engine()
            .capture(&Actor::CHANNEL, enquiry, Extras::default(), &|_| Vec::new())
            .await
            .unwrap();
    }

    /// Answers that wait for the manager, among others.
    async fn waiting(&self) -> Vec<ProposalId> {
        let filter = ProposalFilter { state: Some(ProposalState::Pending), ..ProposalFilter::default() };
        match self.app.ask(Question::Proposals(filter)).await.unwrap() {
            Answer::Proposals(page) => {
                let replies = page.items.iter().filter(|row| row.proposal.step == Step::Reply);
                replies.map(|row| row.proposal.id).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    async fn state(&self, id: ProposalId) -> ProposalState {
        super::desk::load::row(&self.app, id).await.unwrap().proposal.state
    }
}

/// The value of a hidden field on a page.
fn hidden<'a>(html: &'a str, name: &str) -> &'a str {
    html.split(&format!("name=\"{name}\" value=\"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap()
}

#[tokio::test]
async fn who_is_not_signed_in_is_asked_to_and_comes_back() {
    let house = house().await;
    let mut browser = Browser::default();
    let seen = house.get(&mut browser, "/leads?stage=new").await;
    assert_eq!(
        (seen.status, seen.to.as_str()),
        (StatusCode::SEE_OTHER, "/sign-in?then=%2Fleads%3Fstage%3Dnew")
    );
    house.get(&mut browser, &seen.to).await;
    let fields = [("email", "rep@nordpump.example"), ("password", PASSWORD), ("then", "/leads?stage=new")];
    let seen = house.post(&mut browser, "/sign-in", &fields).await;
    assert_eq!(seen.to, "/leads?stage=new");
    assert_eq!(house.get(&mut browser, "/leads?stage=new").await.status, StatusCode::OK);

    house.get(&mut browser, "/desk").await;
    let seen = house.post(&mut browser, "/sign-out", &[]).await;
    assert_eq!(seen.to, "/sign-in");
    assert_eq!(house.get(&mut browser, "/desk").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_session_ends_for_good_when_it_is_signed_out() {
    let house = house().await;
    let mut browser = house.signed_in("rep").await;
    let mut stolen = browser.clone();
    house.post(&mut browser, "/sign-out", &[]).await;
    assert_eq!(house.get(&mut stolen, "/desk").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_alike() {
    let house = house().await;
    let mut browser = Browser::default();
    house.get(&mut browser, "/sign-in").await;
    for email in ["rep@nordpump.example", "nobody@nordpump.example"] {
        let seen =
            house.post(&mut browser, "/sign-in", &[("email", email), ("password", "not the password")]).await;
        assert_eq!(seen.status, StatusCode::UNAUTHORIZED);
        assert!(seen.html.contains("This address and password do not belong together."), "{}", seen.html);
    }
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let house = house().await;
    let mut browser = Browser::default();
    house.get(&mut browser, "/sign-in").await;
    let mut last = StatusCode::OK;
    for _ in 0..11 {
        last = house
            .post(&mut browser, "/sign-in", &[("email", "x@nordpump.example"), ("password", "guess")])
            .await
            .status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn following_a_link_signs_nobody_in_and_its_button_does() {
    let house = house().await;
    let member = house.app.snapshot().members[0].id;
    let link = format!("/sign-in/link/{}", house.app.make_sign_in_link(member).unwrap());
    let mut browser = Browser::default();
    assert_eq!(house.get(&mut browser, &link).await.status, StatusCode::OK);
    assert_eq!(house.get(&mut browser, "/desk").await.status, StatusCode::SEE_OTHER);
    house.get(&mut browser, &link).await;
    assert_eq!(house.post(&mut browser, &link, &[]).await.to, "/");
    assert_eq!(house.get(&mut browser, "/desk").await.status, StatusCode::OK);
    assert_eq!(house.get(&mut browser, "/sign-in/link/none").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_approval_opens_the_next_and_says_what_happened() {
    let house = house().await;
    house.somebody_writes("Anna Brandt").await;
    house.somebody_writes("Kim Nguyen").await;
    let mut browser = house.signed_in("manager").await;
    let waiting = house.waiting().await;
    assert_eq!(waiting.len(), 2);
    let page = house.get(&mut browser, &format!("/desk/{}", waiting[0])).await;
    assert!(page.html.contains("cannot be taken back"), "{}", page.html);
    let fields =
        [("commitment", hidden(&page.html, "commitment")), ("seen_ms", "41000"), ("thread_opened", "yes")];
    let seen = house.post(&mut browser, &format!("/desk/{}/approve", waiting[0]), &fields).await;
    assert!(
        seen.to.starts_with("/desk/") && seen.to.ends_with(&format!("?done={}", waiting[0])),
        "{}",
        seen.to
    );
    assert!(!seen.to.starts_with(&format!("/desk/{}", waiting[0])), "the next one, not the same");
    assert_eq!(house.state(waiting[0]).await, ProposalState::Approved);
    let next = house.get(&mut browser, &seen.to).await;
    assert!(next.html.contains("Approved. It goes to"), "{}", next.html);
    assert!(next.html.contains("You looked at it for 41 s and read the conversation."), "{}", next.html);
}

#[tokio::test]
async fn the_second_to_decide_hears_who_was_first() {
    let house = house().await;
    house.somebody_writes("Anna Brandt").await;
    let id = house.waiting().await[0];
    let (mut late, mut first) = (house.signed_in("admin").await, house.signed_in("manager").await);
    let page = house.get(&mut late, &format!("/desk/{id}")).await;
    let commitment = hidden(&page.html, "commitment").to_owned();
    house.get(&mut first, &format!("/desk/{id}")).await;
    let reason =
        [("commitment", commitment.as_str()), ("reason", "The tone does not fit"), ("note", "too stiff")];
    let seen = house.post(&mut first, &format!("/desk/{id}/reject"), &reason).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.html);
    let seen = house.post(&mut late, &format!("/desk/{id}/approve"), &[("commitment", &commitment)]).await;
    assert_eq!(seen.status, StatusCode::CONFLICT);
    assert!(seen.html.contains("manager rejected it"), "{}", seen.html);
    assert!(seen.html.contains("The tone does not fit: too stiff"), "{}", seen.html);
    assert_eq!(house.state(id).await, ProposalState::Rejected);

    let news = house.get(&mut late, &format!("/desk/{id}/news?seen=pending-{commitment}")).await;
    assert!(news.html.contains("manager rejected it") && news.html.contains("overtaken"), "{}", news.html);
}

#[tokio::test]
async fn a_text_that_changed_since_it_was_seen_is_not_approved() {
    let house = house().await;
    house.somebody_writes("Anna Brandt").await;
    let id = house.waiting().await[0];
    let mut rep = house.signed_in("manager").await;
    house.get(&mut rep, &format!("/desk/{id}")).await;
    let seen =
        house.post(&mut rep, &format!("/desk/{id}/approve"), &[("commitment", &"00".repeat(32))]).await;
    assert_eq!(seen.status, StatusCode::CONFLICT);
    assert!(seen.html.contains("The text changed since you saw it."), "{}", seen.html);
    assert_eq!(house.state(id).await, ProposalState::Pending);
}

#[tokio::test]
async fn a_refused_edit_keeps_what_was_typed() {
    let house = house().await;
    house.somebody_writes("Anna Brandt").await;
    let id = house.waiting().await[0];
    let mut rep = house.signed_in("manager").await;
    let page = house.get(&mut rep, &format!("/desk/{id}")).await;
    let text = "Dear [NAME], here is what you asked for.";
    let fields =
        [("commitment", hidden(&page.html, "commitment")), ("subject", "My own subject"), ("text", text)];
    let checked = house.post(&mut rep, &format!("/desk/{id}/check"), &fields).await;
    assert!(checked.html.contains("must be mended"), "{}", checked.html);
    house.get(&mut rep, &format!("/desk/{id}")).await;
    let seen = house.post(&mut rep, &format!("/desk/{id}/edit"), &fields).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(seen.html.contains(text) && seen.html.contains("My own subject"), "{}", seen.html);
    assert_eq!(house.state(id).await, ProposalState::Pending);
}

#[tokio::test]
async fn a_form_of_another_session_or_site_does_nothing() {
    let house = house().await;
    house.somebody_writes("Anna Brandt").await;
    let id = house.waiting().await[0];
    let (mut rep, manager) = (house.signed_in("manager").await, house.signed_in("admin").await);
    let page = house.get(&mut rep, &format!("/desk/{id}")).await;
    let commitment = hidden(&page.html, "commitment").to_owned();
    let path = format!("/desk/{id}/approve");
    let token = rep.token.clone();
    for (token, origin) in [
        ("", "https://desk.example"),
        (manager.token.as_str(), "https://desk.example"),
        (token.as_str(), "https://evil.example"),
        (token.as_str(), "null"),
    ] {
        let seen =
            house.post_raw(&mut rep, &path, &[("commitment", &commitment), ("csrf", token)], origin).await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN, "{token} {origin}");
    }
    assert_eq!(house.state(id).await, ProposalState::Pending);
    assert_eq!(
        house.get(&mut rep, &path).await.status,
        StatusCode::METHOD_NOT_ALLOWED,
        "a link changes nothing"
    );
}

#[tokio::test]
async fn an_auditor_may_look_at_all_pages_and_change_nothing() {
    let house = house().await;
    house.somebody_writes("Anna Brandt").await;
    let id = house.waiting().await[0];
    let mut auditor = house.signed_in("auditor").await;
    for path in ["/desk", &format!("/desk/{id}"), "/leads", "/promises", "/gate", "/record"] {
        let seen = house.get(&mut auditor, path).await;
        assert_eq!(seen.status, StatusCode::OK, "{path}");
        assert_eq!(seen.html.matches(" method=\"post\"").count(), 1, "{path}: only signing out");
    }
    let seen =
        house.post(&mut auditor, &format!("/desk/{id}/approve"), &[("commitment", &"00".repeat(32))]).await;
    assert_eq!(seen.status, StatusCode::FORBIDDEN);
    assert_eq!(house.state(id).await, ProposalState::Pending);
    assert_eq!(house.get(&mut auditor, "/form-snippet").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn own_words_pass_the_gate_and_the_verdict_is_shown() {
    let house = house().await;
    house.somebody_writes("Anna Brandt").await;
    let mut manager = house.signed_in("manager").await;
    let board = house.get(&mut manager, "/leads").await;
    let lead = board
        .html
        .split("href=\"/leads/")
        .find_map(|rest| rest.get(..36).filter(|id| !id.contains(['"', '?'])))
        .unwrap();
    let path = format!("/leads/{lead}");
    house.get(&mut manager, &path).await;
    let fields = [
        ("step", "quote.send"),
        ("subject", "Our price"),
        ("text", "Dear Anna,\n\nit costs 4,800 EUR.\n\nKind regards"),
    ];
    let outlook = house.post(&mut manager, &format!("{path}/check"), &fields).await;
    assert!(outlook.html.contains("It would wait for an approval."), "{}", outlook.html);
    house.get(&mut manager, &path).await;
    let seen = house.post(&mut manager, &format!("{path}/messages"), &fields).await;
    assert!(seen.to.starts_with(&format!("{path}?asked=")), "{} {}", seen.to, seen.html);
    let page = house.get(&mut manager, &seen.to).await;
    assert!(page.html.contains("It waits for an approval."), "{}", page.html);

    house.get(&mut manager, &path).await;
    let seen =
        house.post(&mut manager, &format!("{path}/messages"), &[("step", "lead.erase"), ("text", "x")]).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", seen.html);
}

#[tokio::test]
async fn what_somebody_else_decides_is_told_at_once() {
    let house = house().await;
    house.somebody_writes("Anna Brandt").await;
    let id = house.waiting().await[0];
    let mut rep = house.signed_in("manager").await;
    let page = house.get(&mut rep, &format!("/desk/{id}")).await;
    let address =
        page.html.split("hx-sse:connect=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let cookies: Vec<String> = rep.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Request::get(address).header("cookie", cookies.join("; ")).body(Body::empty()).unwrap();
    let answer = house.doors.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    assert!(!answer.headers().contains_key(header::CONTENT_ENCODING), "a stream is not compressed");
    let mut stream = answer.into_body();

    let commitment = hidden(&page.html, "commitment").to_owned();
    house.post(&mut rep, &format!("/desk/{id}/approve"), &[("commitment", &commitment)]).await;
    let told = stream.frame().await.unwrap().unwrap().into_data().unwrap();
    let told = String::from_utf8(told.to_vec()).unwrap();
    assert!(told.contains("event: desk-changed") && told.contains("id: "), "{told}");
}

#[tokio::test]
async fn an_address_where_nothing_is_says_so_to_people_and_programs() {
    let house = house().await;
    let mut rep = house.signed_in("rep").await;
    let page = house.get(&mut rep, "/nowhere").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.html.contains("There is no such page"), "{}", page.html);
    let call = house.get(&mut rep, "/v1/nowhere").await;
    assert_eq!(call.status, StatusCode::NOT_FOUND);
    assert!(call.html.contains("no-such-call"), "{}", call.html);
    assert_eq!(house.get(&mut rep, "/leads/not-an-id").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_answer_tells_the_browser_what_it_may_not_do() {
    let house = house().await;
    for path in ["/sign-in", "/desk", "/assets/base.css", "/nowhere"] {
        let request = Request::get(path).header("accept", "text/html").body(Body::empty()).unwrap();
        let answer = house.doors.clone().oneshot(request).await.unwrap();
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"),
            "{path}"
        );
        let cached = answer.headers()[header::CACHE_CONTROL].to_str().unwrap();
        assert_eq!(cached.contains("no-store"), !path.starts_with("/assets"), "{path}");
    }
}

//! Signing in and out: the form, and the links of a demonstration.

pub mod passkey;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use flow::ids::MemberId;
use maud::{Markup, html};
use serde::Deserialize;
use store::{Answer, Commit, Question, Side};

use super::Pages;
use super::layout::{alone, token};
use super::session::{self, Posted, SESSION};
use super::trouble::Trouble;
use crate::app::App;
use crate::playbook::hex;

/// What the form says after an attempt that did not succeed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempt {
    /// The address as typed.
    pub email: String,
    /// Where to go afterwards, on this server.
    pub then: String,
    /// What happened, and what to do next.
    pub trouble: Option<(String, String)>,
}

/// The sign-in page.
pub fn page(attempt: &Attempt, csrf: &str) -> Markup {
    alone(
        "Sign in",
        html! {
            h1 { "Sign in" }
            @if let Some((what, next)) = &attempt.trouble { (trouble(what, next)) }
            form.fields method="post" action="/sign-in" {
                (token(csrf))
                @if !attempt.then.is_empty() { input type="hidden" name="then" value=(attempt.then); }
                div.field {
                    label for="email" { "E-mail address" }
                    input type="email" id="email" name="email" value=(attempt.email) required maxlength="254"
                        autocomplete="username" autofocus[attempt.email.is_empty()];
                }
                div.field {
                    label for="password" { "Password" }
                    input type="password" id="password" name="password" required maxlength="1000"
                        autocomplete="current-password" autofocus[!attempt.email.is_empty()];
                }
                button.button.strong type="submit" { "Sign in" }
            }
            (passkey::form(csrf, &attempt.then))
            p.small.quiet { "No account, or the password lost? An admin of your workspace can help." }
        },
    )
}

/// The page behind a sign-in link of a demonstration: it only shows; the button signs in.
pub fn link_page(path: &str, name: &str, role: &str, csrf: &str) -> Markup {
    alone(
        "Sign in",
        html! {
            h1 { "Sign in as " (name) }
            p.quiet { "You look around as a " (role) " would." }
            form.fields method="post" action=(path) {
                (token(csrf))
                button.button.strong type="submit" autofocus { "Sign in as " (name) }
            }
        },
    )
}

/// A link that was never one, or of a server that was started again since.
pub fn dead_link_page() -> Markup {
    alone(
        "Sign in",
        html! {
            h1 { "This link does not work any more" }
            p { "A sign-in link lasts as long as the server that made it runs. Use the links it printed last, or sign in with your password." }
            a.button.strong href="/sign-in" { "Sign in with a password" }
        },
    )
}

fn trouble(what: &str, next: &str) -> Markup {
    html! {
        div.note.bad role="alert" {
            strong { (what) }
            span { (next) }
        }
    }
}

/// Where to go after signing in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Then {
    then: String,
}

/// `GET /sign-in`.
pub async fn show(State(app): State<App>, headers: HeaderMap, Query(query): Query<Then>) -> Response {
    if is_signed_in(&app, &headers).await {
        return Redirect::to(local(&query.then)).into_response();
    }
    let attempt = Attempt { then: query.then, ..Attempt::default() };
    with_visit(&headers, StatusCode::OK, |csrf| page(&attempt, csrf))
}

/// `POST /sign-in`.
pub async fn with_password(
    State(app): State<App>,
    Extension(pages): Extension<Arc<Pages>>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let address = address(&request);
    let fields = match session::fields(request).await {
        Ok(fields) => fields,
        Err(answer) => return answer,
    };
    let email = fields.line("email").to_lowercase();
    let attempt = Attempt { email: email.clone(), then: fields.line("then").to_owned(), trouble: None };
    let again = |status, what: &str, next: String| {
        let attempt = Attempt { trouble: Some((what.to_owned(), next)), ..attempt.clone() };
        with_visit(&headers, status, |csrf| page(&attempt, csrf))
    };
    if !is_own_form(&headers, fields.line("csrf")) {
        let next = "Your browser may have lost its cookie; it has a new one now. Try once more.".to_owned();
        return again(StatusCode::FORBIDDEN, "This form is from another visit.", next);
    }
    if let Err(secs) = pages.guard.admit(address, &email) {
        let next = format!("Wait {secs} s, then try again.");
        return again(StatusCode::TOO_MANY_REQUESTS, "Too many attempts.", next);
    }
    let known = match app.ask(Question::MemberByEmail(email)).await {
        Ok(Answer::MemberByEmail(known)) => known,
        Ok(other) => return Trouble::unexpected(&other).into_response(),
        Err(error) => return Trouble::from(error).into_response(),
    };
    let (member, phc) = known.map_or((None, None), |(member, phc)| (Some(member.id), phc));
    let password = fields.raw("password").to_owned();
    match (pages.guard.clone().is_right(password, phc).await, member) {
        (true, Some(member)) => begin(&app, &headers, member, local(&attempt.then)).await,
        _ => again(
            StatusCode::UNAUTHORIZED,
            "This address and password do not belong together.",
            "Check both, then try again. An admin can set a new password.".to_owned(),
        ),
    }
}

/// `GET /sign-in/link/{token}`: only shows; following a link signs nobody in.
pub async fn show_link(State(app): State<App>, headers: HeaderMap, Path(token): Path<String>) -> Response {
    let member = app.sign_in_link(&token).and_then(|id| app.snapshot().member(id).cloned());
    match member {
        Some(member) => with_visit(&headers, StatusCode::OK, |csrf| {
            link_page(&format!("/sign-in/link/{token}"), &member.name, member.role.word(), csrf)
        }),
        None => (StatusCode::NOT_FOUND, dead_link_page()).into_response(),
    }
}

/// `POST /sign-in/link/{token}`.
pub async fn with_link(State(app): State<App>, Path(token): Path<String>, request: Request) -> Response {
    let headers = request.headers().clone();
    let fields = match session::fields(request).await {
        Ok(fields) => fields,
        Err(answer) => return answer,
    };
    if !is_own_form(&headers, fields.line("csrf")) {
        return Trouble::stale_form().into_response();
    }
    match app.sign_in_link(&token) {
        Some(member) => begin(&app, &headers, member, "/").await,
        None => (StatusCode::NOT_FOUND, dead_link_page()).into_response(),
    }
}

/// `POST /sign-out`.
pub async fn out(headers: HeaderMap, Posted { visit, .. }: Posted) -> Response {
    let side = vec![Side::EndSession { digest: visit.digest.clone() }];
    let commit = Commit { workspace: visit.app.workspace_id(), side, ..Commit::default() };
    if let Err(error) = visit.app.store().commit(commit).await {
        return visit.trouble(&error.into()).await;
    }
    let mut answer = Redirect::to("/sign-in").into_response();
    if let Some(cookie) = session::session_cookie(None, session::is_tls(&headers)) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

/// Begins a session under a fresh secret.
async fn begin(app: &App, headers: &HeaderMap, member: MemberId, then: &str) -> Response {
    let secret = match crate::engine::random() {
        Ok(bytes) => hex(&bytes),
        Err(error) => return Trouble::from(error).into_response(),
    };
    let side = vec![Side::Session { digest: session::digest(&secret), member, until: app.now() + SESSION }];
    let commit = Commit { workspace: app.workspace_id(), side, ..Commit::default() };
    if let Err(error) = app.store().commit(commit).await {
        return Trouble::from(error).into_response();
    }
    let mut answer = Redirect::to(then).into_response();
    if let Some(cookie) = session::session_cookie(Some(&secret), session::is_tls(headers)) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

async fn is_signed_in(app: &App, headers: &HeaderMap) -> bool {
    let Some(secret) = session::secret(headers) else { return false };
    let question = Question::Session { digest: session::digest(&secret), now: app.now() };
    matches!(app.ask(question).await, Ok(Answer::Session(Some(_))))
}

/// A page with a form that is bound to this browser by a cookie, for there is no session yet.
fn with_visit(headers: &HeaderMap, status: StatusCode, page: impl FnOnce(&str) -> Markup) -> Response {
    let (secret, fresh) = match (session::visit_secret(headers), crate::engine::random()) {
        (Some(secret), _) => (secret, false),
        (None, Ok(bytes)) => (hex(&bytes), true),
        (None, Err(error)) => return Trouble::from(error).into_response(),
    };
    let mut answer = (status, page(&session::csrf(&secret))).into_response();
    if let Some(cookie) = session::visit_cookie(&secret, session::is_tls(headers)).filter(|_| fresh) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

fn is_own_form(headers: &HeaderMap, token: &str) -> bool {
    let expected = session::visit_secret(headers).map(|secret| session::csrf(&secret));
    session::is_from_here(headers) && expected.is_some_and(|expected| session::is_same(token, &expected))
}

/// An address on this server, and no other: anything else becomes the start.
fn local(then: &str) -> &str {
    let is_path = then.starts_with('/') && !then.starts_with("//");
    let is_plain = !then.contains('\\') && !then.chars().any(char::is_control);
    if is_path && is_plain { then } else { "/" }
}

/// Where somebody calls from; behind a proxy on this machine, what it says.
fn address(request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())?;
    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let last = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
    if peer.is_loopback() { last.or(Some(peer)) } else { Some(peer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_nowhere_else() {
        for then in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "desk"] {
            assert_eq!(local(then), "/", "{then:?}");
        }
        assert_eq!(local("/desk?show=all"), "/desk?show=all");
    }
}

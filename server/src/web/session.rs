//! Who looks at a page: a cookie with a secret, of which the store knows only the digest. And the proof that a form was
//! made for the session that posts it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Extension, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, RequestPartsExt};
use flow::terms::{Actor, Member, Role, Via, Who};
use jiff::{SignedDuration, Timestamp};
use maud::Markup;
use sha2::{Digest, Sha256};
use store::{Answer, Question, StoreError};

use super::Pages;
use super::layout::{Frame, Pending};
use super::trouble::Trouble;
use crate::app::App;
use crate::playbook::hex;

/// How long one signs in for.
pub const SESSION: SignedDuration = SignedDuration::from_hours(12);
/// Name of the session's cookie over TLS: browsers take it from this host only, and only over TLS.
const SECURE_COOKIE: &str = "__Host-lockkeeper";
/// Name of the session's cookie where there is no TLS, as on one's own machine.
const PLAIN_COOKIE: &str = "lockkeeper";
/// Name of the cookie that the sign-in form is bound to, before there is a session.
const VISIT_COOKIE: &str = "lockkeeper-visit";
/// Hex digits of a secret.
const SECRET_DIGITS: usize = 64;
/// Largest form taken, in bytes; texts are limited by the domain.
pub const FORM_LIMIT: usize = 256 * 1024;

/// A signed-in member on a page.
#[derive(Clone)]
pub struct Visit {
    /// The application.
    pub app: App,
    /// What the pages share.
    pub pages: Arc<Pages>,
    /// Who.
    pub me: Member,
    /// Digest of the session's secret, as the store knows it.
    pub digest: String,
    /// Proves that a form was made for this session.
    pub csrf: String,
    /// When the session ends.
    pub until: Timestamp,
    /// The present.
    pub now: Timestamp,
}

impl Visit {
    /// As facts name this member.
    pub fn actor(&self) -> Actor {
        Actor { who: Who::Member(self.me.id), via: Via::Session }
    }

    /// Refuses an auditor.
    ///
    /// # Errors
    /// What to show instead.
    pub fn may_act(&self) -> Result<(), Trouble> {
        match self.me.role {
            Role::Auditor => {
                Err(Trouble::forbidden("An auditor reads. Ask a rep, a manager or an admin to act."))
            }
            Role::Rep | Role::Manager | Role::Admin => Ok(()),
        }
    }

    /// What the page around the content shows.
    ///
    /// # Errors
    /// The store's.
    pub async fn frame(&self) -> Result<Frame, Trouble> {
        let counted = self.app.ask(Question::PendingCount { member: Some(self.me.id) }).await?;
        let pending = match counted {
            Answer::PendingCount { all, mine } => Pending { all, mine },
            other => return Err(Trouble::unexpected(&other)),
        };
        Ok(Frame {
            now: self.now,
            workspace: self.app.playbook().company.clone(),
            me: self.me.clone(),
            csrf: self.csrf.clone(),
            pending,
            share: self.pages.share(&self.app).await?,
            seen: self.pages.live.position(),
            lead: None,
        })
    }

    /// A page, or the page that says what went wrong.
    pub async fn answer(&self, made: Result<Markup, Trouble>) -> Response {
        match made {
            Ok(page) => page.into_response(),
            Err(trouble) => self.trouble(&trouble).await,
        }
    }

    /// The page that says what went wrong, with the way around where that can be drawn.
    pub async fn trouble(&self, trouble: &Trouble) -> Response {
        let frame = self.frame().await.ok();
        (trouble.status, trouble.page(frame.as_ref())).into_response()
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Visit, Response> {
        match visit(parts, app).await {
            Ok(Some(visit)) => Ok(visit),
            Ok(None) => Err(signed_out(parts)),
            Err(error) => Err(Trouble::from(error).into_response()),
        }
    }
}

async fn visit(parts: &mut Parts, app: &App) -> Result<Option<Visit>, StoreError> {
    let Some(secret) = secret(&parts.headers) else { return Ok(None) };
    let (digest, now) = (digest(&secret), app.now());
    let Answer::Session(Some(signed)) = app.ask(Question::Session { digest: digest.clone(), now }).await?
    else {
        return Ok(None);
    };
    let Ok(Extension(pages)) = parts.extract::<Extension<Arc<Pages>>>().await else { return Ok(None) };
    let Some(me) = app.snapshot().member(signed.member).cloned() else { return Ok(None) };
    let until = signed.until.unwrap_or(now);
    Ok(Some(Visit { app: app.clone(), pages, me, digest, csrf: csrf(&secret), until, now }))
}

/// What somebody who is not signed in gets: a page asks to sign in and comes back; what a page asks for by itself, or
/// posts, is told so, and nothing that was typed is lost.
fn signed_out(parts: &Parts) -> Response {
    let by_script = parts.headers.contains_key("hx-request") || parts.headers.contains_key("last-event-id");
    if by_script {
        return (StatusCode::UNAUTHORIZED, "signed out").into_response();
    }
    if parts.method == Method::GET {
        let then = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let then = if then == "/" { "" } else { then };
        return Redirect::to(&format!("/sign-in{}", super::query(&[("then", then)]))).into_response();
    }
    Trouble::signed_out().into_response()
}

/// A posted form of a signed-in member, checked to come from a page of this session.
pub struct Posted {
    /// Who posts.
    pub visit: Visit,
    /// The fields.
    pub fields: Fields,
}

/// The fields of a form; of a repeated one the last.
#[derive(Debug, Clone, Default)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// A field as sent, without surrounding space; empty if it is not there.
    pub fn line(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    /// A field exactly as sent.
    pub fn raw(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// A text with the line ends of browsers made plain; empty if it is not there.
    pub fn text(&self, name: &str) -> String {
        self.0.get(name).map_or_else(String::new, |value| value.replace("\r\n", "\n").trim().to_owned())
    }
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Posted, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, app).await?;
        let stale = || Trouble::stale_form().into_response();
        if !is_from_here(&parts.headers) {
            return Err(stale());
        }
        let fields = fields(Request::from_parts(parts, body)).await?;
        if !is_same(fields.line("csrf"), &visit.csrf) {
            return Err(stale());
        }
        Ok(Posted { visit, fields })
    }
}

/// The fields of a form, without any check of where it is from.
///
/// # Errors
/// A page that says why they could not be read.
pub async fn fields(request: Request) -> Result<Fields, Response> {
    match Form::<BTreeMap<String, String>>::from_request(request, &()).await {
        Ok(Form(fields)) => Ok(Fields(fields)),
        Err(rejection) => {
            let mut trouble = Trouble::unfit(&rejection.body_text());
            trouble.status = rejection.status();
            Err(trouble.into_response())
        }
    }
}

/// Whether a post comes from a page of this server, as far as the browser says. A browser that says nothing is left to
/// the token.
pub fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    match (text("origin"), text("host")) {
        (None, _) => true,
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
        }
        (Some(_), None) => false,
    }
}

/// Whether the visitor's side of the connection is encrypted, as a proxy in front tells.
pub fn is_tls(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https")
}

/// Proves that a form was made for the holder of `secret`; says nothing about the secret.
pub fn csrf(secret: &str) -> String {
    hex(&Sha256::digest(format!("lockkeeper/form/v1\0{secret}")))
}

/// What the store knows a secret by.
pub fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}

/// Compares in a time that does not depend on where the difference is.
pub fn is_same(given: &str, expected: &str) -> bool {
    let differing = given.bytes().zip(expected.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    given.len() == expected.len() && differing == 0
}

/// The session's secret, if the browser brings one.
pub fn secret(headers: &HeaderMap) -> Option<String> {
    let name = if is_tls(headers) { SECURE_COOKIE } else { PLAIN_COOKIE };
    cookie(headers, name)
}

/// The secret that the sign-in form is bound to.
pub fn visit_secret(headers: &HeaderMap) -> Option<String> {
    cookie(headers, VISIT_COOKIE)
}

fn cookie(headers: &HeaderMap, wanted: &str) -> Option<String> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let found = pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let is_secret =
        |value: &str| value.len() == SECRET_DIGITS && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    found
        .filter(|(name, value)| *name == wanted && is_secret(value))
        .map(|(_, value)| value.to_owned())
        .next()
}

/// The header that hands the session's secret to the browser, or takes it back.
pub fn session_cookie(secret: Option<&str>, tls: bool) -> Option<HeaderValue> {
    let name = if tls { SECURE_COOKIE } else { PLAIN_COOKIE };
    set_cookie(name, secret, SESSION.as_secs(), tls)
}

/// The header that hands out the secret that the sign-in form is bound to.
pub fn visit_cookie(secret: &str, tls: bool) -> Option<HeaderValue> {
    set_cookie(VISIT_COOKIE, Some(secret), SESSION.as_secs(), tls)
}

fn set_cookie(name: &str, secret: Option<&str>, secs: i64, tls: bool) -> Option<HeaderValue> {
    let (value, secs) = secret.map_or(("", 0), |secret| (secret, secs));
    let secure = if tls { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={secs}{secure}"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_post_from_another_site_is_not_from_here() {
        for (pairs, here) in [
            (vec![("host", "desk.example")], true),
            (vec![("host", "desk.example"), ("origin", "https://desk.example")], true),
            (vec![("host", "desk.example"), ("origin", "https://evil.example")], false),
            (vec![("host", "desk.example"), ("origin", "null")], false),
            (vec![("origin", "https://desk.example")], false),
            (vec![("host", "desk.example"), ("sec-fetch-site", "same-origin")], true),
            (vec![("host", "desk.example"), ("sec-fetch-site", "same-site")], false),
            (vec![("host", "desk.example"), ("sec-fetch-site", "cross-site")], false),
            (vec![("host", "d:1"), ("origin", "http://d:2"), ("sec-fetch-site", "same-origin")], false),
        ] {
            assert_eq!(is_from_here(&headers(&pairs)), here, "{pairs:?}");
        }
    }

    #[test]
    fn a_session_over_tls_does_not_take_a_plain_cookie() {
        const SECRET: &str = "lockkeeper=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        assert!(secret(&headers(&[("cookie", SECRET)])).is_some());
        assert!(secret(&headers(&[("cookie", SECRET), ("x-forwarded-proto", "https")])).is_none());
        assert!(secret(&headers(&[("cookie", "lockkeeper=short")])).is_none());
        let set = session_cookie(Some("abc"), true).unwrap();
        let set = set.to_str().unwrap();
        for part in ["__Host-lockkeeper=abc", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(set.contains(part), "{set}");
        }
    }

    #[test]
    fn the_token_of_a_form_is_bound_to_its_session() {
        assert_eq!(csrf("a"), csrf("a"));
        assert_ne!(csrf("a"), csrf("b"));
        assert_ne!(csrf("a"), digest("a"));
        assert!(
            is_same("abc", "abc") && !is_same("abc", "abd") && !is_same("ab", "abc") && !is_same("", "abc")
        );
    }
}

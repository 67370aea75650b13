//! One's own passkeys: enrolled, named, revoked. An admin sees and may revoke everybody's.

use axum::Json;
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flow::terms::Role;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::layout::{Frame, Here};
use super::session::{Posted, Visit};
use super::trouble::Trouble;
use super::words::{self, Names};
use crate::passkeys::token::{self, Use};
use crate::passkeys::{self, Credential, Handed, NAME_CHARS, Party, PasskeysError};

/// What was just done, and where one came from.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
    then: String,
}

/// `GET /passkeys`.
pub async fn open(visit: Visit, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    let made = async {
        let mut shown = passkeys::all(&visit.app).await?;
        shown.retain(|one| one.member == visit.me.id || visit.me.role == Role::Admin);
        let page = Passkeys {
            shown,
            names: Names::of(&visit.app.snapshot().members),
            no_host: Party::of(&headers).err().map(|error| error.to_string()),
            loopback_port: loopback_port(&headers),
            done: asked.done,
            then: Some(asked.then).filter(|then| then.starts_with("/desk")),
        };
        Ok(self::page(&visit.frame().await?, &page))
    };
    visit.answer(made.await).await
}

/// The port of `127.0.0.1:PORT`, which a browser can reach as `localhost` too.
fn loopback_port(headers: &HeaderMap) -> Option<u16> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let address: std::net::SocketAddr = host.parse().ok()?;
    address.ip().is_loopback().then_some(address.port())
}

/// `POST /passkeys/options`: what the browser needs to make one.
pub async fn options(headers: HeaderMap, Posted { visit, .. }: Posted) -> Response {
    let made = async {
        let party = Party::of(&headers)?;
        let wanted = Use::Enrol { member: visit.me.id, session: &visit.digest };
        let token = visit.app.passkeys().issue(&wanted, visit.now)?;
        let known = passkeys::of(&visit.app, visit.me.id).await?;
        Ok::<_, PasskeysError>(json!({
            "nonce": STANDARD.encode(token),
            "challenge": passkeys::url_base64(&token::challenge(&token, &wanted)),
            "rp": { "id": party.id, "name": "Lockkeeper" },
            "user": {
                "id": passkeys::url_base64(visit.me.id.0.as_bytes()), "name": visit.me.email, "displayName": visit.me.name,
            },
            "known": known.iter().map(|one| passkeys::url_base64(&one.id)).collect::<Vec<_>>(),
        }))
    };
    answer(made.await)
}

/// Options for a script, or in words why there are none.
pub fn answer(made: Result<Value, PasskeysError>) -> Response {
    match made {
        Ok(options) => Json(options).into_response(),
        Err(error) => {
            let trouble = Trouble::from(error);
            (trouble.status, Json(json!({ "what": trouble.what, "next": trouble.next }))).into_response()
        }
    }
}

/// `POST /passkeys`.
pub async fn enrol(headers: HeaderMap, Posted { visit, fields }: Posted) -> Response {
    let made = async {
        let party = Party::of(&headers)?;
        let handed = Handed::read(|name| fields.line(name), true)?;
        let wanted = Use::Enrol { member: visit.me.id, session: &visit.digest };
        let new = (&handed, fields.line("name"));
        passkeys::enrol(&visit.app, &visit.actor(), visit.me.id, new, (&wanted, &party)).await
    };
    let then = Some(fields.line("then")).filter(|then| then.starts_with("/desk"));
    match made.await {
        Ok(()) => Redirect::to(then.unwrap_or("/passkeys?done=enrolled")).into_response(),
        Err(error) => visit.trouble(&error.into()).await,
    }
}

/// `POST /passkeys/revoke`.
pub async fn revoke(Posted { visit, fields }: Posted) -> Response {
    let owner = (visit.me.role != Role::Admin).then_some(visit.me.id);
    let made = async {
        let id =
            STANDARD.decode(fields.line("credential")).map_err(|_| PasskeysError::Field("credential"))?;
        passkeys::revoke(&visit.app, &visit.actor(), owner, &id).await
    };
    match made.await {
        Ok(()) => Redirect::to("/passkeys?done=revoked").into_response(),
        Err(error) => visit.trouble(&error.into()).await,
    }
}

impl From<PasskeysError> for Trouble {
    fn from(error: PasskeysError) -> Trouble {
        match error {
            PasskeysError::Store(error) => error.into(),
            PasskeysError::Engine(error) => error.into(),
            other => Trouble {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                what: "The passkey was not taken".into(),
                next: format!("Nothing was done: {other}."),
            },
        }
    }
}

/// The page's content.
#[derive(Debug, Clone, Default)]
pub struct Passkeys {
    /// Those that are shown, also revoked ones.
    pub shown: Vec<Credential>,
    /// The members' names.
    pub names: Names,
    /// Why none can be made at this address.
    pub no_host: Option<String>,
    /// The port, where this machine itself is meant by its number.
    pub loopback_port: Option<u16>,
    /// What was just done.
    pub done: String,
    /// Where to go on once one is made.
    pub then: Option<String>,
}

/// The whole page.
pub fn page(frame: &Frame, page: &Passkeys) -> Markup {
    let (mine, others): (Vec<_>, Vec<_>) = page.shown.iter().partition(|one| one.member == frame.me.id);
    frame.page(
        Here::Elsewhere,
        "Passkeys",
        "passkeys",
        html! {
            header.page-head {
                h1 { "Passkeys" }
                p { "A passkey signs what you decide, on your own device. The signature stands in the record, where anybody can check that it was you and what you saw." }
            }
            @match page.done.as_str() {
                "enrolled" => div.note.good role="status" { strong { "The passkey is enrolled." } span { "You can sign in and sign decisions with it." } },
                "revoked" => div.note.good role="status" { strong { "The passkey is revoked for good." } span { "What it signed before stays true." } },
                _ => {},
            }
            div.passkeys-body {
                section aria-labelledby="mine-title" {
                    h3 id="mine-title" { "Yours" }
                    @if mine.is_empty() { p.quiet { "You have none yet." } } @else { (list(&mine, frame, None)) }
                }
                (new(frame, page))
                @if !others.is_empty() {
                    section aria-labelledby="others-title" {
                        h3 id="others-title" { "Everybody else’s" }
                        (list(&others, frame, Some(&page.names)))
                    }
                }
            }
        },
    )
}

fn list(credentials: &[&Credential], frame: &Frame, names: Option<&Names>) -> Markup {
    html! {
        ul.credential-list {
            @for one in credentials {
                li {
                    span {
                        strong { (one.name) }
                        @if let Some(names) = names { " of " (names.name(one.member)) }
                        " " span.quiet { "enrolled " (words::when(frame.now, one.enrolled_at)) }
                        @if let Some(at) = one.revoked_at { " " span.sign.bad { "revoked" } " " span.quiet { (words::when(frame.now, at)) } }
                    }
                    @if one.revoked_at.is_none() {
                        form method="post" action="/passkeys/revoke" data-decision {
                            (frame.token())
                            input type="hidden" name="credential" value=(STANDARD.encode(&one.id));
                            button.button.grave type="submit" { "Revoke" }
                        }
                    }
                }
            }
        }
    }
}

fn new(frame: &Frame, page: &Passkeys) -> Markup {
    html! {
        section aria-labelledby="new-title" {
            h3 id="new-title" { "Add one" }
            @if let Some(why) = &page.no_host {
                div.note.warn {
                    span { (words::capital(why)) "." }
                    @if let Some(port) = page.loopback_port {
                        span { "On this machine: " a href={ "http://localhost:" (port) "/passkeys" } { "http://localhost:" (port) "/passkeys" } ", after signing in there." }
                    }
                }
            } @else {
                form.fields method="post" action="/passkeys" data-passkey="enrol" {
                    (frame.token())
                    (answer_fields(false))
                    @if let Some(then) = &page.then { input type="hidden" name="then" value=(then); }
                    div.field {
                        label for="name" { "What you call it, e.g. the device" }
                        input type="text" id="name" name="name" maxlength=(NAME_CHARS) autocomplete="off" value="This device";
                    }
                    div.actions { button.button.strong type="submit" { "Add a passkey" } }
                    p.note.bad data-passkey-trouble role="alert" hidden {}
                    noscript { p.note.warn { "Passkeys need the script of this page." } }
                }
            }
        }
    }
}

/// The hidden fields that the script fills with the browser's answer.
pub fn answer_fields(is_used: bool) -> Markup {
    html! {
        @for name in ["nonce", "client_data", "authenticator_data"] { input type="hidden" name=(name) value=""; }
        @if is_used { @for name in ["credential", "signature"] { input type="hidden" name=(name) value=""; } }
    }
}

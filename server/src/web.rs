//! The pages, named as in the UI, each template beside its handler. They work as plain HTML; htmx and a small script
//! make them live.

pub mod layout;
pub mod words;
pub mod marks;
pub mod session;
pub mod guard;
pub mod sign_in;
pub mod passkeys;
pub mod desk;
pub mod board;
pub mod lead;
pub mod gate;
pub mod promises;
pub mod boundary;
pub mod health;
pub mod record;
pub mod form_snippet;
pub mod events;
pub mod assets;
pub mod trouble;

#[cfg(test)]
mod gallery;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, Query};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use flow::terms::Role;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use store::{Answer, Question};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use crate::api::{self, ApiError};
use crate::app::App;
use crate::playbook::hex;
use events::Live;
use gate::share::Share;
use guard::Guard;
use layout::Here;
use session::{FORM_LIMIT, Visit};
use trouble::Trouble;

/// What a page may load and do: only what comes from this server, and no script or style within a page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// Longest a page may take.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How long the gate's share in the navigation may be old; it moves slowly and counting it reads a week.
const SHARE_AGE: SignedDuration = SignedDuration::from_secs(30);

/// What all pages of one process share.
pub struct Pages {
    /// Tells open pages what changed.
    pub live: Arc<Live>,
    guard: Arc<Guard>,
    share: Mutex<Option<(Timestamp, Option<u8>)>>,
}

impl Pages {
    fn of(app: &App) -> Pages {
        // Tells this process from the one before it; the time of its start does that as well as anything.
        let boot = crate::engine::random().map_or_else(|_| app.now().to_string(), |bytes| hex(&bytes[..4]));
        let live = Live::listen(app.changes(), app.workspace_id(), boot);
        Pages { live, guard: Arc::default(), share: Mutex::default() }
    }

    /// The share of the last seven days' actions that asked a person, in whole percent.
    async fn share(&self, app: &App) -> Result<Option<u8>, Trouble> {
        let now = app.now();
        let known = *self.share.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, share)) = known
            && now.duration_since(at) < SHARE_AGE
        {
            return Ok(share);
        }
        let since = now - SignedDuration::from_hours(7 * 24);
        let share = match app.ask(Question::Verdicts { since }).await? {
            Answer::Verdicts(counts) => Share::of(&counts).percent(),
            other => return Err(Trouble::unexpected(&other)),
        };
        *self.share.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, share));
        Ok(share)
    }
}

/// All pages, to be merged with the other doors.
pub fn routes(app: &App) -> Router<App> {
    let pages = Router::new()
        .route("/", get(start))
        .route("/nav", get(nav))
        .route("/sign-in", get(sign_in::show).post(sign_in::with_password))
        .route("/sign-in/link/{token}", get(sign_in::show_link).post(sign_in::with_link))
        .route("/sign-in/passkey/options", post(sign_in::passkey::options))
        .route("/sign-in/passkey", post(sign_in::passkey::sign_in))
        .route("/sign-out", post(sign_in::out))
        .route("/passkeys", get(passkeys::open).post(passkeys::enrol))
        .route("/passkeys/options", post(passkeys::options))
        .route("/passkeys/revoke", post(passkeys::revoke))
        .route("/desk", get(desk::open))
        .route("/desk/queue", get(desk::queue_part))
        .route("/desk/{proposal}", get(desk::open_one))
        .route("/desk/{proposal}/news", get(desk::news_part))
        .route("/desk/{proposal}/check", post(desk::act::check))
        .route("/desk/{proposal}/sign/{choice}", post(desk::sign::prepare))
        .route("/desk/{proposal}/{choice}", post(desk::act::decide))
        .route("/leads", get(board::open))
        .route("/leads/live", get(board::live_part))
        .route("/leads/{lead}", get(lead::open))
        .route("/leads/{lead}/head", get(lead::head_part))
        .route("/leads/{lead}/story", get(lead::story_part))
        .route("/leads/{lead}/messages", post(lead::act::write))
        .route("/leads/{lead}/check", post(lead::act::check))
        .route("/leads/{lead}/resolve", post(lead::act::resolve))
        .route("/leads/{lead}/erase", post(lead::erase::ask))
        .route("/leads/{lead}/sequences", post(lead::follow_up::start))
        .route("/leads/{lead}/sequences/{enrolment}/stop", post(lead::follow_up::stop))
        .route("/gate", get(gate::open))
        .route("/promises", get(promises::open))
        .route("/boundary", get(boundary::open))
        .route("/boundary/class/{*class}", get(boundary::open_class).post(boundary::act::by_hand))
        .route("/boundary/widening/{proposal}", post(boundary::act::widening))
        .route("/boundary/probes", post(boundary::act::probes))
        .route("/health", get(health::open))
        .route("/record", get(record::open))
        .route("/record/facts/{index}", get(record::fact::open))
        .route("/record/message", get(record::message::open))
        .route("/record/decisions.csv", get(record::decisions_file))
        .route("/record/checkpoint", get(record::checkpoint_file))
        .route("/record/leads/{lead}", get(record::bundle_file))
        .route("/form-snippet", get(form_snippet::open))
        .merge(api::description())
        .route("/{*address}", any(nothing_there))
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
        .layer(CatchPanicLayer::custom(|_| Trouble::defect().into_response()));
    // The stream lives longer than any page may take, and what is compressed arrives late.
    let stream = Router::new().route("/events", get(events::stream));
    let assets = Router::new().route("/assets/{*name}", get(assets::serve)).layer(CompressionLayer::new());
    pages
        .merge(stream)
        .layer(Extension(Arc::new(Pages::of(app))))
        .layer(map_response(private))
        .merge(assets)
        .layer(map_response(guarded))
}

/// An address where nothing is: a page for people, a problem for programs.
async fn nothing_there(visit: Result<Visit, Response>, uri: Uri, headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|kinds| kinds.to_str().ok()).unwrap_or_default();
    if uri.path().starts_with("/v1/") || !accepts.contains("text/html") {
        let words = "there is nothing at this address; /docs lists the calls there are";
        return ApiError::new(StatusCode::NOT_FOUND, "no-such-call", words).into_response();
    }
    let trouble = Trouble::not_found("page");
    match visit {
        Ok(visit) => visit.trouble(&trouble).await,
        Err(_) => trouble.into_response(),
    }
}

/// Pages show personal data: no cache keeps them.
async fn private(mut response: Response) -> Response {
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What every answer tells the browser not to do.
async fn guarded(mut response: Response) -> Response {
    let rules = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, rule) in rules {
        response.headers_mut().insert(name, HeaderValue::from_static(rule));
    }
    response
}

/// `GET /`: to where one's work is.
async fn start(visit: Visit) -> Redirect {
    match visit.me.role {
        Role::Auditor => Redirect::to("/record"),
        Role::Rep | Role::Manager | Role::Admin => Redirect::to("/desk"),
    }
}

#[derive(Deserialize)]
struct NavQuery {
    #[serde(default)]
    here: String,
}

/// `GET /nav`: the navigation alone, with its numbers as they are now.
async fn nav(visit: Visit, Query(query): Query<NavQuery>) -> Response {
    let frame = visit.frame().await;
    visit.answer(frame.map(|frame| frame.way(Here::from_word(&query.here)))).await
}

/// Reads an id from an address; what is none leads nowhere.
///
/// # Errors
/// Not found.
pub fn id<T: std::str::FromStr>(text: &str, thing: &str) -> Result<T, Trouble> {
    text.parse().map_err(|_| Trouble::not_found(thing))
}

/// The query part of an address from these pairs, with its question mark; pairs without a value are left out, and
/// without any pair it is empty.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        out.push(if out.is_empty() { '?' } else { '&' });
        out.push_str(name);
        out.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
                b' ' => out.push('+'),
                other => out.push_str(&format!("%{other:02X}")),
            }
        }
    }
    out
}

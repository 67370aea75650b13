//! Web forms: any HTML form that posts to `/f/NAME`, url-encoded or multipart.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequest, Multipart, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use flow::capture::{ATTACHMENTS, Automatic, CaptureError, Enquiry, Inbound, Source};
use flow::playbook::Form;
use flow::terms::{Actor, Attachment, Person};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use maud::html;
use sha2::{Digest, Sha256};

use super::columns::meaning;
use crate::app::App;
use crate::engine::{Captured, EngineError, Extras};
use crate::playbook::hex;
use crate::web::layout;

/// Largest form post, in bytes, with its attachments.
pub const FORM_LIMIT: usize = 10 * 1024 * 1024;

/// The forms' route. The limits on how often one address may post live here.
pub fn routes() -> Router<App> {
    let limits = Arc::new(Limits::default());
    Router::new()
        .route("/f/{form}", post(move |app, path, request| received(app, path, limits.clone(), request)))
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
}

/// One limiter a form.
#[derive(Default)]
struct Limits(Mutex<BTreeMap<(String, u32), Limiter>>);

/// How often each address may post.
type Limiter = Arc<DefaultKeyedRateLimiter<IpAddr>>;

impl Limits {
    fn takes(&self, form: &str, per_minute: u32, from: IpAddr) -> bool {
        let Some(quota) = NonZeroU32::new(per_minute) else { return true };
        let mut limits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limiter = limits
            .entry((form.to_owned(), per_minute))
            .or_insert_with(|| Arc::new(RateLimiter::keyed(Quota::per_minute(quota))))
            .clone();
        drop(limits);
        limiter.check_key(&from).is_ok()
    }
}

/// What a visitor filled in.
#[derive(Default)]
struct Filled {
    fields: Vec<(String, String)>,
    files: Vec<(Attachment, Vec<u8>)>,
}

async fn received(
    State(app): State<App>,
    Path(name): Path<String>,
    limits: Arc<Limits>,
    request: Request,
) -> Response {
    let playbook = app.playbook();
    let Some(form) = playbook.forms.get(&name) else {
        return sorry(StatusCode::NOT_FOUND, &format!("There is no form `{name}` here."));
    };
    if !from_allowed_origin(form, request.headers()) {
        return sorry(StatusCode::FORBIDDEN, "This form may not be posted from that site.");
    }
    let at = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let from = at.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(address)| address.ip());
    if !limits.takes(&name, form.per_minute, from) {
        let words = "Too many messages came from your address within a minute. Please wait a moment and send it again.";
        return sorry(StatusCode::TOO_MANY_REQUESTS, words);
    }
    let filled = match read(request).await {
        Ok(filled) => filled,
        Err((status, words)) => return sorry(status, &words),
    };
    let trapped = !form.honeypot.is_empty()
        && filled.fields.iter().any(|(field, value)| *field == form.honeypot && !value.trim().is_empty());
    if trapped {
        // Whoever fills what people do not see gets the same friendly answer, and nothing happens.
        return thanks(form);
    }
    let (enquiry, files) = enquiry(&name, form, filled, &app);
    let extras = Extras { files, ..Extras::default() };
    match app.engine().capture(&Actor::CHANNEL, enquiry, extras, &|_| Vec::new()).await {
        Ok(Captured::Now(_) | Captured::Before(_) | Captured::OtherBefore | Captured::SetAside(_)) => {
            thanks(form)
        }
        Err(EngineError::Capture(faults)) => {
            let status = if faults.iter().all(CaptureError::is_size) {
                StatusCode::PAYLOAD_TOO_LARGE
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
            sorry(status, &words.join("\n"))
        }
        Err(error) => {
            tracing::error!(%error, form = %name, "a form post could not be taken in");
            let words =
                "Your message could not be taken in just now. Please go back and send it again in a moment.";
            sorry(StatusCode::SERVICE_UNAVAILABLE, words)
        }
    }
}

fn thanks(form: &Form) -> Response {
    if form.redirect.is_empty() { thank_you() } else { Redirect::to(&form.redirect).into_response() }
}

/// The visitor's page when the form names none of its own.
fn thank_you() -> Response {
    let words = html! {
        h1 { "Thank you" }
        p { "Your message has arrived. A person will read it and answer you." }
    };
    layout::alone("Thank you", words).into_response()
}

/// What went wrong, for a visitor, with what they wrote still one step back in their browser.
fn sorry(status: StatusCode, words: &str) -> Response {
    let words = html! {
        h1 { "That did not work" }
        @for line in words.lines() { p { (line) } }
        p { "What you wrote is still there when you go back." }
    };
    (status, layout::alone("That did not work", words)).into_response()
}

fn from_allowed_origin(form: &Form, headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    form.origins.is_empty() || form.origins.iter().any(|allowed| allowed.trim_end_matches('/') == origin)
}

async fn read(request: Request) -> Result<Filled, (StatusCode, String)> {
    let kind =
        request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("multipart/form-data") {
        return read_multipart(request).await;
    }
    if !kind.starts_with("application/x-www-form-urlencoded") {
        let words = "A form is posted as application/x-www-form-urlencoded or multipart/form-data.";
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, words.into()));
    }
    let form = axum::extract::RawForm::from_request(request, &());
    let bytes = form.await.map_err(|error| (error.status(), error.body_text()))?.0;
    // Bytes that are not UTF-8 come from old pages in Latin-1; a wrong letter is better than a lost lead.
    let fields =
        form_urlencoded::parse(&bytes).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    Ok(Filled { fields, files: Vec::new() })
}

async fn read_multipart(request: Request) -> Result<Filled, (StatusCode, String)> {
    let mut parts =
        Multipart::from_request(request, &()).await.map_err(|error| (error.status(), error.body_text()))?;
    let mut filled = Filled::default();
    while let Some(part) = parts.next_field().await.map_err(|error| (error.status(), error.body_text()))? {
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let kind = part.content_type().unwrap_or("application/octet-stream").to_owned();
        let bytes = part.bytes().await.map_err(|error| (error.status(), error.body_text()))?;
        match file {
            Some(file) if file.is_empty() || bytes.is_empty() => {}
            Some(file) => {
                if filled.files.len() >= ATTACHMENTS {
                    let words = format!("At most {ATTACHMENTS} files can be sent at once.");
                    return Err((StatusCode::PAYLOAD_TOO_LARGE, words));
                }
                let name = file
                    .rsplit(['/', '\\'])
                    .next()
                    .unwrap_or("file")
                    .chars()
                    .filter(|c| !c.is_control())
                    .collect();
                let sha256 = hex(&Sha256::digest(&bytes));
                filled.files.push((Attachment { name, media_type: kind, sha256 }, bytes.to_vec()));
            }
            None => filled.fields.push((name, String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
    Ok(filled)
}

fn enquiry(name: &str, form: &Form, filled: Filled, app: &App) -> (Enquiry, Vec<(String, Vec<u8>)>) {
    let now = app.now();
    let mut known: BTreeMap<&'static str, String> = BTreeMap::new();
    let mut fields = BTreeMap::new();
    let mut hasher = Sha256::new();
    for (field, value) in filled.fields {
        for part in [&field, &value] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        let value = value.replace("\r\n", "\n");
        if field == form.honeypot || value.trim().is_empty() {
            continue;
        }
        match meaning(&field) {
            Some(meaning) if !known.contains_key(meaning) => {
                known.insert(meaning, value);
            }
            _ => {
                fields.insert(field, value);
            }
        }
    }
    let mut take = |meaning: &str| known.remove(meaning).unwrap_or_default();
    let full = take("name");
    let parts = format!("{} {}", take("first").trim(), take("last").trim());
    let person_name = if full.is_empty() { parts.trim().to_owned() } else { full };
    let (subject, text) = (take("subject"), take("message"));
    let mut person = Person {
        name: person_name,
        email: take("email"),
        phone: take("phone"),
        company: take("company"),
        country: take("country"),
        language: take("language"),
    };
    if person.language.is_empty() {
        person.language = flow::draft::language_of(&text).unwrap_or_default().to_owned();
    }
    let (attachments, files): (Vec<Attachment>, Vec<(String, Vec<u8>)>) = filled
        .files
        .into_iter()
        .map(|(attachment, bytes)| (attachment.clone(), (attachment.sha256, bytes)))
        .unzip();
    for attachment in &attachments {
        hasher.update(attachment.sha256.as_bytes());
    }
    // A visitor who presses twice sends the same bytes within the same minutes: that is one delivery.
    let window = now.as_second() / DOUBLE_PRESS_SECONDS;
    let delivery = format!("{window}/{}", hex(&hasher.finalize()));
    let said = !text.trim().is_empty() || !subject.trim().is_empty() || !attachments.is_empty();
    let from = if person.email.is_empty() { person.phone.clone() } else { person.email.clone() };
    let message = said.then(|| Inbound {
        channel: Source::Form,
        from,
        subject: subject.trim().to_owned(),
        text,
        external_id: None,
        answers: Vec::new(),
        attachments,
        automatic: Automatic::No,
        received_at: now,
    });
    let enquiry = Enquiry {
        source: Source::Form,
        origin: name.to_owned(),
        person,
        fields,
        message,
        delivery,
        received_at: now,
    };
    (enquiry, files)
}

/// The same post within this time is the same delivery.
const DOUBLE_PRESS_SECONDS: i64 = 600;

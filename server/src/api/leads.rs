//! Leads: capture, list, one, its facts, a message from outside.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::capture::{Automatic, Enquiry, Inbound, Source};
use flow::fact::{Fact, Likeness, Payload};
use flow::ids::{EnrolmentId, LeadId, MemberId};
use flow::lead::Command;
use flow::terms::{Person, Stage, Tier};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::views::{FactFilter, LeadFilter, ProposalFilter};
use store::{Answer, Question};

use super::{ApiError, Caller, describe};
use crate::app::App;
use crate::engine::{Captured, Extras, Obeyed};
use crate::state::Snapshot;

/// Longest idempotency key taken.
const KEY_LIMIT: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLead {
    #[serde(default)]
    source: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    company: String,
    #[serde(default)]
    country: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    fields: BTreeMap<String, Value>,
    received_at: Option<Timestamp>,
}

/// `POST /v1/leads`
pub async fn capture(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Json<NewLead>, JsonRejection>,
) -> Result<Response, ApiError> {
    caller.may_act()?;
    let Json(new) = body?;
    let now = app.now();
    let digest = digest_of(&new);
    let key = idempotency_key(&headers)?;
    let delivery = match &key {
        Some(key) => key.clone(),
        // Without a key every post is a delivery of its own.
        None => crate::playbook::hex(&crate::engine::random()?),
    };
    let once = key.map(|key| (format!("api/leads/{key}"), digest));
    let enquiry = enquiry(new, delivery, now);
    let people = app.snapshot();
    let answer = |obeyed: &Obeyed| captured(obeyed, &people).to_string().into_bytes();
    let extras = Extras { once, ..Extras::default() };
    let captured = app.engine().capture(&caller.actor, enquiry, extras, &answer).await?;
    answered(StatusCode::CREATED, captured, answer)
}

/// The answer to a request that may have been answered before.
pub fn answered(
    status: StatusCode,
    captured: Captured,
    answer: impl Fn(&Obeyed) -> Vec<u8>,
) -> Result<Response, ApiError> {
    let bytes = match captured {
        Captured::Now(obeyed) => answer(&obeyed),
        Captured::Before(bytes) => bytes,
        Captured::OtherBefore => {
            let detail =
                "another request was sent under this Idempotency-Key; use a new key for a new request";
            return Err(ApiError::new(StatusCode::CONFLICT, "other-request", detail));
        }
        Captured::SetAside(why) => return Err(ApiError::unfit("", format!("it was set aside: {why}"))),
    };
    Ok((status, [(header::CONTENT_TYPE, "application/json")], bytes).into_response())
}

/// The `Idempotency-Key` header.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
    if text.is_empty() || text.len() > KEY_LIMIT || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let detail = "Idempotency-Key must be 1 to 200 visible ASCII characters";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad-idempotency-key", detail));
    }
    Ok(Some(text.to_owned()))
}

fn digest_of(new: &NewLead) -> [u8; 32] {
    let fields: Vec<String> = new.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let NewLead {
        source, name, email, phone, company, country, language, subject, message, received_at, ..
    } = new;
    let received_at = received_at.map(|at| at.to_string()).unwrap_or_default();
    let parts = [source, name, email, phone, company, country, language, subject, message, &received_at];
    let mut hasher = Sha256::new();
    for part in parts.into_iter().chain(&fields) {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().into()
}

fn enquiry(new: NewLead, delivery: String, now: Timestamp) -> Enquiry {
    let received_at = new.received_at.map_or(now, |at| at.min(now));
    let source = match new.source.as_str() {
        "form" => Source::Form,
        "email" => Source::Email,
        "csv" => Source::Csv,
        _ => Source::Api,
    };
    let origin = if new.source.is_empty() { "api".to_owned() } else { new.source };
    let from = if new.email.is_empty() { new.phone.clone() } else { new.email.clone() };
    let message = (!new.message.trim().is_empty()).then(|| Inbound {
        channel: source,
        from,
        subject: new.subject.clone(),
        text: new.message,
        external_id: None,
        answers: Vec::new(),
        attachments: Vec::new(),
        automatic: Automatic::No,
        received_at,
    });
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Enquiry {
        source,
        origin,
        person: Person {
            name: new.name,
            email: new.email,
            phone: new.phone,
            company: new.company,
            country: new.country,
            language: new.language,
        },
        fields: new.fields.into_iter().map(|(name, value)| (name, text(value))).collect(),
        message,
        delivery,
        received_at,
    }
}

fn captured(obeyed: &Obeyed, people: &Snapshot) -> Value {
    let (outcome, likeness) = recognised(obeyed);
    json!({
        "lead": describe::lead(&obeyed.lead, people),
        "outcome": outcome,
        "match": likeness.map(describe::likeness),
        "owner": describe::owner(&obeyed.lead, people),
    })
}

/// What became of a delivery, in the words of the API, and what matching said.
pub fn recognised(obeyed: &Obeyed) -> (&'static str, Option<&Likeness>) {
    let mut told = obeyed.entries.iter().filter_map(|entry| match &entry.fact {
        Fact::LeadJoined { likeness, .. } => Some(("joined", likeness.as_ref())),
        Fact::ActionJudged { payload: Payload::Merge { likeness, .. }, .. } => {
            Some(("ambiguous", likeness.as_ref()))
        }
        _ => None,
    });
    told.next().unwrap_or(("created", None))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filters {
    q: Option<String>,
    owner: Option<String>,
    stage: Option<String>,
    tier: Option<String>,
    risk: Option<bool>,
    clock: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// `GET /v1/leads`
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    query: Result<Query<Filters>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let Query(filters) = query?;
    let owner = match filters.owner.as_deref() {
        Some("me") => caller.member(),
        Some(id) => {
            Some(id.parse::<MemberId>().map_err(|error| ApiError::unfit("/owner", error.to_string()))?)
        }
        None => None,
    };
    let stage = read(filters.stage, "stage", Stage::from_word)?;
    let tier = read(filters.tier, "tier", Tier::from_word)?;
    let filter = LeadFilter {
        q: filters.q,
        owner,
        stage,
        tier,
        at_risk: filters.risk.unwrap_or(false),
        clock: filters.clock,
        limit: filters.limit.unwrap_or(0),
        cursor: filters.cursor,
        ..LeadFilter::default()
    };
    let Answer::Leads(page) = app.ask(Question::Leads(filter)).await? else { return Err(wrong_answer()) };
    let people = app.snapshot();
    let items: Vec<Value> = page.items.iter().map(|row| describe::lead_row(row, &people)).collect();
    Ok(Json(json!({ "items": items, "next": page.next })))
}

/// `POST /v1/leads/{id}/enrolments/{enrolment}/stop`
pub async fn stop_sequence(
    State(app): State<App>,
    caller: Caller,
    Path((lead, enrolment)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    caller.may_act()?;
    let (lead, enrolment): (LeadId, EnrolmentId) = (id(&lead, "lead")?, id(&enrolment, "enrolment")?);
    let obeyed = app.obey(caller.actor, lead, Command::StopSequence(enrolment)).await?;
    Ok(Json(describe::lead(&obeyed.lead, &app.snapshot())))
}

fn read<T>(
    word: Option<String>,
    name: &str,
    from: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    match word {
        None => Ok(None),
        Some(word) => match from(&word) {
            Some(value) => Ok(Some(value)),
            None => Err(ApiError::unfit(&format!("/{name}"), format!("`{word}` is not a {name}"))),
        },
    }
}

/// The store answered another question: a defect.
pub fn wrong_answer() -> ApiError {
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "store", "the store answered another question")
}

/// Reads an id from a path.
pub fn id<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError::not_found(what))
}

/// `GET /v1/leads/{id}`
pub async fn one(
    State(app): State<App>,
    _: Caller,
    Path(text): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let lead: LeadId = id(&text, "lead")?;
    let held =
        app.store().lead(app.workspace_id(), lead).await?.ok_or_else(|| ApiError::not_found("lead"))?;
    let Answer::Messages(messages) = app.ask(Question::Messages { lead, limit: 100 }).await? else {
        return Err(wrong_answer());
    };
    let filter = ProposalFilter { lead: Some(lead), ..ProposalFilter::default() };
    let Answer::Proposals(proposals) = app.ask(Question::Proposals(filter)).await? else {
        return Err(wrong_answer());
    };
    let Answer::Actions(actions) = app.ask(Question::Actions { lead, limit: 100 }).await? else {
        return Err(wrong_answer());
    };
    let people = app.snapshot();
    let mut value = describe::lead(&held.lead, &people);
    if let Some(object) = value.as_object_mut() {
        object.insert("messages".into(), messages.iter().map(describe::message).collect());
        object.insert(
            "proposals".into(),
            proposals.items.iter().map(|row| describe::proposal(row, &people)).collect(),
        );
        object.insert("actions".into(), actions.iter().map(describe::action).collect());
    }
    Ok(Json(value))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    limit: Option<usize>,
    cursor: Option<String>,
}

/// `GET /v1/leads/{id}/facts`
pub async fn facts(
    State(app): State<App>,
    _: Caller,
    Path(text): Path<String>,
    query: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let Query(paging) = query?;
    let lead: LeadId = id(&text, "lead")?;
    if app.store().lead(app.workspace_id(), lead).await?.is_none() {
        return Err(ApiError::not_found("lead"));
    }
    let from_index = match paging.cursor {
        Some(cursor) => {
            Some(cursor.parse().map_err(|_| ApiError::unfit("/cursor", "this is not a cursor of ours"))?)
        }
        None => None,
    };
    let limit = paging.limit.unwrap_or(100).clamp(1, 1_000);
    let filter = FactFilter { lead: Some(lead), from_index, unplaced: true, limit, ..FactFilter::default() };
    let Answer::Facts(rows) = app.ask(Question::Facts(filter)).await? else { return Err(wrong_answer()) };
    let full = rows.len() >= limit;
    let next = rows.last().filter(|_| full).and_then(|row| row.index).map(|index| (index + 1).to_string());
    let items: Vec<Value> = rows.iter().map(describe::fact).collect();
    Ok(Json(json!({ "items": items, "next": next })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    #[serde(default)]
    channel: String,
    #[serde(default)]
    from: String,
    text: String,
    #[serde(default)]
    subject: String,
    external_id: Option<String>,
    received_at: Option<Timestamp>,
}

/// `POST /v1/leads/{id}/messages`
pub async fn message(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
    headers: HeaderMap,
    body: Result<Json<NewMessage>, JsonRejection>,
) -> Result<Response, ApiError> {
    caller.may_act()?;
    let lead: LeadId = id(&text, "lead")?;
    let Json(new) = body?;
    if new.text.chars().count() > flow::capture::FIELD_CHARS {
        let detail = format!("`text` is longer than {} characters", flow::capture::FIELD_CHARS);
        return Err(ApiError::unfit("/text", detail));
    }
    let digest = Sha256::digest(format!("{lead}\0{}\0{}\0{}", new.from, new.subject, new.text)).into();
    let key = match (idempotency_key(&headers)?, &new.external_id) {
        (Some(key), _) => Some(format!("api/messages/{key}")),
        // A provider's own id names the delivery.
        (None, Some(external)) => Some(format!("api/messages/{lead}/{}/{external}", new.channel)),
        (None, None) => None,
    };
    let now = app.now();
    let inbound = Inbound {
        channel: if new.channel == "email" { Source::Email } else { Source::Api },
        from: new.from,
        subject: new.subject,
        text: new.text,
        external_id: new.external_id,
        answers: Vec::new(),
        attachments: Vec::new(),
        automatic: Automatic::No,
        received_at: new.received_at.map_or(now, |at| at.min(now)),
    };
    let people = app.snapshot();
    let answer = |obeyed: &Obeyed| {
        let message = obeyed.lead.last_inbound().map(|note| note.id);
        json!({ "message": message, "lead": describe::lead(&obeyed.lead, &people) }).to_string().into_bytes()
    };
    let extras = Extras { once: key.map(|key| (key, digest)), ..Extras::default() };
    let received =
        app.engine().obey_with(&caller.actor, lead, Command::Receive(inbound), extras, &answer).await?;
    answered(StatusCode::CREATED, received, answer)
}

//! Actions: an agent or a member wants a step taken; somebody reports that one went wrong.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use flow::fact::{ExceptionKind, Fact, Payload};
use flow::ids::{ActionId, LeadId};
use flow::lead::{Command, OutText, Request};
use flow::step::Step;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Answer, Question};

use super::leads::{answered, id, idempotency_key, wrong_answer};
use super::{ApiError, Caller, describe};
use crate::app::App;
use crate::engine::{Extras, Obeyed};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAction {
    step: String,
    lead: String,
    content: Option<NewContent>,
    payload: Option<Value>,
    #[serde(default)]
    reason: String,
    confidence: Option<f64>,
}

/// A text to send. What is left away follows from the lead.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewContent {
    subject: Option<String>,
    text: String,
    #[serde(default)]
    to: Vec<String>,
    #[serde(default)]
    cc: Vec<String>,
}

impl NewContent {
    /// Everything in it, to tell one request from another.
    pub fn text_for_digest(&self) -> (&Option<String>, &str, &[String], &[String]) {
        (&self.subject, &self.text, &self.to, &self.cc)
    }
}

impl From<NewContent> for OutText {
    fn from(new: NewContent) -> OutText {
        OutText { subject: new.subject, text: new.text, to: new.to, cc: new.cc }
    }
}

/// `POST /v1/actions`
pub async fn propose(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Json<NewAction>, JsonRejection>,
) -> Result<Response, ApiError> {
    caller.may_act()?;
    let Json(new) = body?;
    let once = idempotency_key(&headers)?.map(|key| (format!("api/actions/{key}"), digest_of(&new)));
    let lead: LeadId = id(&new.lead, "lead")?;
    let request = request(new, &caller)?;
    let answer = |obeyed: &Obeyed| judged(obeyed).to_string().into_bytes();
    let extras = Extras { once, ..Extras::default() };
    let done =
        app.engine().obey_with(&caller.actor, lead, Command::Propose(request), extras, &answer).await?;
    answered(StatusCode::ACCEPTED, done, answer)
}

fn digest_of(new: &NewAction) -> [u8; 32] {
    let content = new.content.as_ref().map(NewContent::text_for_digest);
    let confidence = new.confidence.map(|confidence| confidence.to_string());
    let value = json!([new.step, new.lead, content, new.payload, new.reason, confidence]);
    Sha256::digest(value.to_string()).into()
}

fn request(new: NewAction, caller: &Caller) -> Result<Request, ApiError> {
    let step = Step::from_name(&new.step).ok_or_else(|| {
        let known: Vec<&str> = Step::ALL.into_iter().map(Step::name).collect();
        ApiError::unfit("/step", format!("`{}` is not a step; there are {}", new.step, known.join(", ")))
    })?;
    let confidence = match new.confidence {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1,000")]
        Some(confidence) if (0.0..=1.0).contains(&confidence) => Some((confidence * 1_000.0).round() as u16),
        Some(_) => return Err(ApiError::unfit("/confidence", "`confidence` must lie between 0 and 1")),
        None => None,
    };
    let payload = new.payload.map(|payload| payload_of(step, payload)).transpose()?;
    let own_words = caller.member().is_some();
    let text = new.content.map(OutText::from);
    Ok(Request { step, text, payload, why: new.reason, confidence, own_words })
}

fn payload_of(step: Step, mut payload: Value) -> Result<Payload, ApiError> {
    let kind = match step {
        Step::Assign | Step::Reassign => "own",
        Step::ChangeStage => "stage",
        Step::Remind => "remind",
        Step::Escalate => "escalate",
        Step::Enrol => "enrol",
        _ => "other",
    };
    if let Some(object) = payload.as_object_mut() {
        object.insert("do".into(), json!(kind));
    }
    serde_json::from_value(payload).map_err(|error| ApiError::unfit("/payload", error.to_string()))
}

fn judged(obeyed: &Obeyed) -> Value {
    let judged = obeyed.entries.iter().find_map(|entry| match &entry.fact {
        Fact::ActionJudged { action, verdict, .. } => Some((*action, describe::verdict(verdict))),
        _ => None,
    });
    let (action, verdict) = judged.unzip();
    let proposal = obeyed.entries.iter().find_map(|entry| match &entry.fact {
        Fact::ProposalMade { proposal, action: of, .. } if Some(*of) == action => Some(*proposal),
        _ => None,
    });
    let commitment = action
        .and_then(|action| obeyed.lead.actions.get(&action))
        .and_then(|action| action.content.as_ref())
        .map(|sealed| describe::base64(&sealed.commitment));
    json!({ "action": action, "verdict": verdict, "proposal": proposal, "commitment": commitment })
}

/// `GET /v1/actions/{id}`
pub async fn one(
    State(app): State<App>,
    _: Caller,
    Path(text): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let action: ActionId = id(&text, "action")?;
    let Answer::Action(row) = app.ask(Question::Action(action)).await? else { return Err(wrong_answer()) };
    row.map(|row| Json(describe::action(&row))).ok_or_else(|| ApiError::not_found("action"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewException {
    kind: ExceptionKind,
    #[serde(default)]
    critical: bool,
    #[serde(default)]
    note: String,
}

/// `POST /v1/actions/{id}/exceptions`
pub async fn report(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
    body: Result<Json<NewException>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    caller.may_act()?;
    let action: ActionId = id(&text, "action")?;
    let Json(NewException { kind, critical, note }) = body?;
    let Answer::Action(row) = app.ask(Question::Action(action)).await? else { return Err(wrong_answer()) };
    let row = row.ok_or_else(|| ApiError::not_found("action"))?;
    let by_itself = row.verdict == "run" && row.state == "done" && !row.class.contains("/own-words");
    let ran_at = by_itself.then_some(row.at);
    let known = Some((row.class, ran_at));
    let command = Command::Report { action, sign: kind, critical, note, known };
    app.obey(caller.actor, row.lead, command).await?;
    Ok((StatusCode::CREATED, Json(json!({ "action": action, "kind": kind, "critical": critical }))))
}

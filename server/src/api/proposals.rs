//! Proposals: what waits for a person, and that person's decision.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use flow::approval::{Attention, Choice, ProposalState};
use flow::ids::{LeadId, MemberId, ProposalId};
use flow::lead::{Command, DecisionMade};
use flow::terms::Role;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::views::ProposalFilter;
use store::{Answer, Question};

use super::actions::NewContent;
use super::leads::{answered, id, idempotency_key, wrong_answer};
use super::{ApiError, Caller, describe};
use crate::app::App;
use crate::engine::{Extras, Obeyed};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filters {
    state: Option<String>,
    #[serde(rename = "for")]
    whom: Option<String>,
    lead: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// `GET /v1/proposals?state=pending&for=me`
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    query: Result<Query<Filters>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let Query(filters) = query?;
    let state = match filters.state.as_deref() {
        Some(word) => Some(
            ProposalState::from_word(word)
                .ok_or_else(|| ApiError::unfit("/state", format!("`{word}` is not a state of a proposal")))?,
        ),
        None => None,
    };
    let eligible = match filters.whom.as_deref() {
        Some("me") => {
            let me = caller.member();
            Some(me.ok_or_else(|| ApiError::unfit("/for", "an agent decides nothing; leave `for` away"))?)
        }
        Some(member) => Some(id::<MemberId>(member, "member")?),
        None => None,
    };
    let lead = filters.lead.as_deref().map(|lead| id::<LeadId>(lead, "lead")).transpose()?;
    let limit = filters.limit.unwrap_or(0);
    let is_first = filters.cursor.is_none();
    let filter = ProposalFilter { state, eligible, lead, limit, cursor: filters.cursor };
    let Answer::Proposals(page) = app.ask(Question::Proposals(filter)).await? else {
        return Err(wrong_answer());
    };
    let people = app.snapshot();
    let mut items: Vec<Value> = page.items.iter().map(|row| describe::proposal(row, &people)).collect();
    // Proposals to widen the boundary are few, and stand before everything that repeats itself.
    if is_first && lead.is_none() && state.is_none_or(|state| state == ProposalState::Pending) {
        let admin = |id: MemberId| people.member(id).is_some_and(|member| member.role == Role::Admin);
        if eligible.is_none_or(admin) {
            let widenings =
                people.ledger.widenings().map(|widening| super::boundary::proposal(widening, &people));
            items.splice(0..0, widenings);
        }
    }
    Ok(Json(json!({ "items": items, "next": page.next })))
}

/// `GET /v1/proposals/{id}`
pub async fn one(
    State(app): State<App>,
    _: Caller,
    Path(text): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let proposal: ProposalId = id(&text, "proposal")?;
    let Answer::Proposal(row) = app.ask(Question::Proposal(proposal)).await? else {
        return Err(wrong_answer());
    };
    let Some(row) = row else {
        let people = app.snapshot();
        let widening = people.ledger.widening(proposal).ok_or_else(|| ApiError::not_found("proposal"))?;
        return Ok(Json(super::boundary::proposal(widening, &people)));
    };
    let Answer::Messages(messages) = app.ask(Question::Messages { lead: row.lead, limit: 20 }).await? else {
        return Err(wrong_answer());
    };
    let mut value = describe::proposal(&row, &app.snapshot());
    if let Some(context) = value.get_mut("context").and_then(Value::as_object_mut) {
        context.insert("messages".into(), messages.iter().map(describe::message).collect());
    }
    Ok(Json(value))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    decision: Choice,
    commitment: Option<String>,
    content: Option<NewContent>,
    reason: Option<String>,
    #[serde(default)]
    seen_ms: u64,
}

/// `POST /v1/proposals/{id}/decision`
pub async fn decide(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
    headers: HeaderMap,
    body: Result<Json<NewDecision>, JsonRejection>,
) -> Result<Response, ApiError> {
    if caller.member().is_none() {
        return Err(ApiError::forbidden("only a member's token may decide; an agent proposes"));
    }
    caller.may_act()?;
    let proposal: ProposalId = id(&text, "proposal")?;
    let Json(new) = body?;
    let seen = match new.commitment.as_deref() {
        Some(text) => Some(describe::commitment(text).ok_or_else(|| {
            ApiError::unfit("/commitment", "`commitment` must be the base64 that the proposal was shown with")
        })?),
        None => None,
    };
    let Answer::Proposal(row) = app.ask(Question::Proposal(proposal)).await? else {
        return Err(wrong_answer());
    };
    let Some(row) = row else {
        let widening = app.snapshot().ledger.widening(proposal).cloned();
        let widening = widening.ok_or_else(|| ApiError::not_found("proposal"))?;
        let reason = new.reason.unwrap_or_default();
        return super::boundary::decided(&app, &caller, &widening, new.decision, seen, reason).await;
    };
    let content = new.content.as_ref().map(|content| content.text_for_digest());
    let digest =
        Sha256::digest(format!("{proposal}\0{}\0{content:?}\0{:?}", new.decision.word(), new.reason)).into();
    let once = idempotency_key(&headers)?.map(|key| (format!("api/decisions/{key}"), digest));
    let made = DecisionMade {
        proposal,
        choice: new.decision,
        seen,
        text: new.content.map(Into::into),
        reason: new.reason,
        attention: Attention { seen_ms: new.seen_ms, thread_opened: false },
        signature: None,
    };
    let people = app.snapshot();
    let answer = |obeyed: &Obeyed| {
        let proposal = obeyed.lead.proposals.get(&proposal);
        let state = proposal.map(|proposal| describe::proposal_state(proposal, &people));
        let approval = state.as_ref().and_then(|state| state["approvals"].as_array()?.last().cloned());
        json!({ "proposal": state, "approval": approval }).to_string().into_bytes()
    };
    let extras = Extras { once, ..Extras::default() };
    let done =
        app.engine().obey_with(&caller.actor, row.lead, Command::Decide(made), extras, &answer).await?;
    answered(StatusCode::OK, done, answer)
}

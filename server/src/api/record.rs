//! The record: its signed head, and what it holds of one lead.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::ids::LeadId;

use super::leads::id;
use serde::Deserialize;

use super::{ApiError, Caller};
use crate::app::App;
use crate::evidence::decisions::{self, DecisionsError};
use crate::evidence::{self, EvidenceError, Under};
use crate::time;

/// `GET /v1/record/checkpoint`
pub async fn checkpoint(State(app): State<App>, _: Caller) -> Result<Response, ApiError> {
    let note = evidence::checkpoint(&app).await?;
    let note = note.ok_or_else(|| ApiError::not_found("checkpoint yet: no fact has been placed"))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

/// Which decisions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    from: Option<String>,
    to: Option<String>,
}

/// `GET /v1/record/decisions.csv?from=&to=`
pub async fn decisions(
    State(app): State<App>,
    _: Caller,
    query: Result<Query<Period>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(period) = query?;
    let instant = |name: &str, text: Option<String>, is_last| {
        time::period(text.as_deref().unwrap_or_default(), is_last)
            .map_err(|error| ApiError::unfit(name, error.to_string()))
    };
    let (from, to) = (instant("/from", period.from, false)?, instant("/to", period.to, true)?);
    let table = decisions::csv(&app, from, to).await.map_err(|error| match error {
        DecisionsError::Evidence(error) => error.into(),
        DecisionsError::TooMany => ApiError::unfit("/from", error.to_string()),
    })?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], table).into_response())
}

/// `GET /v1/record/leads/{id}`
pub async fn bundle(
    State(app): State<App>,
    _: Caller,
    Path(text): Path<String>,
) -> Result<Response, ApiError> {
    let lead: LeadId = id(&text, "lead")?;
    let bytes = evidence::bundle(&app, lead, Under::Latest).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes).into_response())
}

impl From<EvidenceError> for ApiError {
    fn from(error: EvidenceError) -> ApiError {
        match error {
            EvidenceError::NoLead => ApiError::not_found("lead"),
            EvidenceError::NotPlaced | EvidenceError::NotCosigned => {
                ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not-placed", error.to_string())
            }
            EvidenceError::TooLarge => {
                ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "too-large", error.to_string())
            }
            EvidenceError::Store(error) => error.into(),
            EvidenceError::Damaged(_) => {
                tracing::error!(%error, "the record");
                ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "record", error.to_string())
            }
        }
    }
}

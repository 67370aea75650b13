//! The record: its signed head, and what it holds of one lead.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::ids::LeadId;

use super::leads::id;
use super::{ApiError, Caller};
use crate::app::App;
use crate::evidence::{self, EvidenceError};

/// `GET /v1/record/checkpoint`
pub async fn checkpoint(State(app): State<App>, _: Caller) -> Result<Response, ApiError> {
    let note = evidence::checkpoint(&app).await?;
    let note = note.ok_or_else(|| ApiError::not_found("checkpoint yet: no fact has been placed"))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

/// `GET /v1/record/leads/{id}`
pub async fn bundle(
    State(app): State<App>,
    _: Caller,
    Path(text): Path<String>,
) -> Result<Response, ApiError> {
    let lead: LeadId = id(&text, "lead")?;
    let bytes = evidence::bundle(&app, lead).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes).into_response())
}

impl From<EvidenceError> for ApiError {
    fn from(error: EvidenceError) -> ApiError {
        match error {
            EvidenceError::NoLead => ApiError::not_found("lead"),
            EvidenceError::NotPlaced => {
                ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not-placed", error.to_string())
            }
            EvidenceError::Store(error) => error.into(),
            EvidenceError::Damaged(_) => {
                tracing::error!(%error, "the record");
                ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "record", error.to_string())
            }
        }
    }
}

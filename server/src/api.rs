//! The HTTP API under `/v1`: the same commands and views as the pages, as JSON. Errors are RFC 9457.

mod accounts;
mod actions;
mod boundary;
mod describe;
mod docs;
mod error;
mod events;
mod leads;
mod proposals;
mod record;
mod sign;
mod standing;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::app::App;

pub use boundary::evidence_words;
pub use describe::verdict;
pub use error::ApiError;
pub use sign::Caller;
pub use standing::share;

/// Largest JSON body, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// The API's routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/leads", post(leads::capture).get(leads::list))
        .route("/v1/leads/{id}", get(leads::one))
        .route("/v1/leads/{id}/facts", get(leads::facts))
        .route("/v1/leads/{id}/messages", post(leads::message))
        .route("/v1/leads/{id}/enrolments/{enrolment}/stop", post(leads::stop_sequence))
        .route("/v1/actions", post(actions::propose))
        .route("/v1/actions/{id}", get(actions::one))
        .route("/v1/actions/{id}/exceptions", post(actions::report))
        .route("/v1/proposals", get(proposals::list))
        .route("/v1/proposals/{id}", get(proposals::one))
        .route("/v1/proposals/{id}/decision", post(proposals::decide))
        .route("/v1/accounts", post(accounts::put).get(accounts::list))
        .route("/v1/boundary", get(boundary::all))
        .route("/v1/boundary/{*class}", post(boundary::decide).get(boundary::one))
        .route("/v1/probes", post(boundary::probes))
        .route("/v1/health", get(standing::health))
        .route("/v1/record/checkpoint", get(record::checkpoint))
        .route("/v1/record/decisions.csv", get(record::decisions))
        .route("/v1/record/leads/{id}", get(record::bundle))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .fallback(error::no_such_call)
}

/// The description of the API.
pub fn description() -> Router<App> {
    Router::new().route("/openapi.json", get(docs::openapi)).route("/docs", get(docs::docs))
}

/// The stream of events, apart because it must not be cut off or compressed.
pub fn stream() -> Router<App> {
    Router::new().route("/v1/events", get(events::stream))
}

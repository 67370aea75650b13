//! Problems as RFC 9457 describes them: what happened, to what, and what to do next.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::approval::DecisionError;
use flow::capture::CaptureError;
use flow::lead::Refusal;
use serde::Serialize;
use serde_json::{Map, Value, json};
use store::StoreError;

use crate::engine::EngineError;
use crate::keeper::KeeperError;

/// One problem, ready to be answered.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// `about:blank` or a short stable name of the problem under `urn:lockkeeper:problem:`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: &'static str,
    /// The status as a number.
    pub status: u16,
    /// What happened, and what to do next.
    pub detail: String,
    /// Each fault with a JSON pointer to its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
    /// What else a program may want to know.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// One fault in a request.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    /// JSON pointer into the body, e.g. `/email`.
    pub pointer: String,
    /// What is wrong there.
    pub detail: String,
}

/// A problem as an answer.
#[derive(Debug, Clone)]
pub struct ApiError(pub Box<Problem>);

impl ApiError {
    /// A problem of this status and stable name.
    pub fn new(status: StatusCode, name: &str, detail: impl Into<String>) -> ApiError {
        ApiError(Box::new(Problem {
            kind: format!("urn:lockkeeper:problem:{name}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            more: Map::new(),
        }))
    }

    /// The body or a parameter is wrong.
    pub fn unfit(pointer: &str, detail: impl Into<String>) -> ApiError {
        let detail = detail.into();
        let mut error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "unfit", detail.clone());
        error.0.errors.push(Fault { pointer: pointer.into(), detail });
        error
    }

    /// There is no such thing.
    pub fn not_found(what: &str) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "not-found", format!("there is no {what} in this workspace"))
    }

    /// This caller may not.
    pub fn forbidden(detail: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// Adds something a program may want to know.
    pub fn with(mut self, name: &str, value: Value) -> ApiError {
        self.0.more.insert(name.into(), value);
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(*self.0)).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// An address under `/v1` that does not exist.
pub async fn no_such_call() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "no-such-call", "there is no such call; /docs lists those there are")
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> ApiError {
        let status = rejection.status();
        let name = match status {
            StatusCode::PAYLOAD_TOO_LARGE => "too-large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "not-json",
            _ => "malformed",
        };
        // serde_json's words end in "at line 1 column 7", which is the place.
        ApiError::new(status, name, rejection.body_text())
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, "malformed", rejection.body_text())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        let (status, name) = match &error {
            StoreError::Conflict => (StatusCode::CONFLICT, "conflict"),
            StoreError::Cursor(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad-cursor"),
            StoreError::Unsure(_) | StoreError::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            }
            StoreError::Full(_) => (StatusCode::INSUFFICIENT_STORAGE, "disk-full"),
            StoreError::Corrupt(_) | StoreError::Newer { .. } | StoreError::Value(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "store")
            }
        };
        if status.is_server_error() {
            tracing::error!(%error, "the store");
        }
        ApiError::new(status, name, error.to_string())
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> ApiError {
        match error {
            EngineError::Capture(faults) => captured(&faults),
            EngineError::Refused(refusal) => refused(refusal),
            EngineError::Store(error) => error.into(),
            EngineError::Busy => ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", error.to_string()),
            EngineError::Record(_) => {
                tracing::error!(%error, "the record");
                ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "record", error.to_string())
            }
        }
    }
}

impl From<KeeperError> for ApiError {
    fn from(error: KeeperError) -> ApiError {
        let detail = error.to_string();
        let simple = |status, name| ApiError::new(status, name, detail.clone());
        match error {
            KeeperError::NotAdmin => simple(StatusCode::FORBIDDEN, "forbidden"),
            KeeperError::NoReason => ApiError::unfit("/reason", detail),
            KeeperError::NoAnnouncement => ApiError::unfit("/announcement", detail),
            KeeperError::NoClass(_) => simple(StatusCode::NOT_FOUND, "not-found"),
            KeeperError::NoSegment { .. } => ApiError::unfit("/segments", detail),
            KeeperError::Cannot(_) => simple(StatusCode::CONFLICT, "cannot-move"),
            KeeperError::Overtaken => simple(StatusCode::CONFLICT, "settled"),
            KeeperError::Changed(now) => simple(StatusCode::CONFLICT, "content-changed")
                .with("commitment", json!(super::describe::base64(&now))),
            KeeperError::Engine(error) => error.into(),
        }
    }
}

fn captured(faults: &[CaptureError]) -> ApiError {
    let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let mut error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "unfit", words.join("; "));
    error.0.errors = faults
        .iter()
        .map(|fault| Fault { pointer: format!("/{}", fault.field()), detail: fault.to_string() })
        .collect();
    error
}

fn refused(refusal: Refusal) -> ApiError {
    let detail = refusal.to_string();
    let simple = |status, name| ApiError::new(status, name, detail.clone());
    match refusal {
        Refusal::NoLead => simple(StatusCode::NOT_FOUND, "not-found"),
        Refusal::NoSuchProposal(_) | Refusal::NoSuchAction(_) | Refusal::NoSuchEnrolment(_) => {
            simple(StatusCode::NOT_FOUND, "not-found")
        }
        Refusal::AuditorReads | Refusal::OnlyMembersDecide => simple(StatusCode::FORBIDDEN, "forbidden"),
        Refusal::Erased => simple(StatusCode::GONE, "erased"),
        Refusal::Unfit(_) => simple(StatusCode::UNPROCESSABLE_ENTITY, "unfit"),
        Refusal::Sequence(_) => simple(StatusCode::CONFLICT, "not-now"),
        Refusal::TooManyOpen => simple(StatusCode::CONFLICT, "too-many-open"),
        Refusal::NotNow { state, .. } => simple(StatusCode::CONFLICT, "not-now").with("state", json!(state)),
        Refusal::MergedInto(into) => {
            simple(StatusCode::CONFLICT, "merged").with("into", json!(into.to_string()))
        }
        Refusal::CannotMerge(_) => simple(StatusCode::CONFLICT, "cannot-merge"),
        Refusal::CannotErase(_) => simple(StatusCode::CONFLICT, "cannot-erase"),
        Refusal::NotMerged(_) => simple(StatusCode::CONFLICT, "not-merged"),
        Refusal::Calendar { .. } => simple(StatusCode::INTERNAL_SERVER_ERROR, "calendar"),
        Refusal::Decision(error) => match error {
            DecisionError::Settled { state, by } => simple(StatusCode::CONFLICT, "settled")
                .with("state", json!(state))
                .with("by", json!(by.map(|by| by.to_string()))),
            DecisionError::ContentChanged { now } => simple(StatusCode::CONFLICT, "content-changed")
                .with("commitment", json!(now.map(|now| super::describe::base64(&now)))),
            DecisionError::MayNot { .. } | DecisionError::SecondPerson | DecisionError::NeedsPasskey => {
                simple(StatusCode::FORBIDDEN, "may-not-decide")
            }
            DecisionError::MustMend { id, .. } => {
                simple(StatusCode::UNPROCESSABLE_ENTITY, "must-mend").with("finding", json!(id))
            }
            DecisionError::Incomplete(_) => simple(StatusCode::UNPROCESSABLE_ENTITY, "incomplete"),
        },
    }
}

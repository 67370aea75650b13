//! For the machines that watch: `/healthz` (the process answers), `/readyz` (it can do its work), `/metrics` (Prometheus).
//!
//! None of them says anything about a person. They stand outside the API and ask for no token; a proxy in front keeps them
//! from the public.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use flow::approval::ProposalState;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use serde_json::json;
use store::views::ProposalFilter;
use store::{Answer, Question, StoreError};
use tokio::sync::broadcast::error::RecvError;

use crate::api::ApiError;
use crate::app::App;

/// Longest that the database may take to answer before this process is not ready.
const PATIENCE: Duration = Duration::from_secs(2);
/// Upper bounds of the latency histogram's buckets, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// A request as counted: the route, never the address, so that no id becomes a label.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

/// What this process counts.
pub struct Metrics {
    registry: Registry,
    requests: Family<Asked, Counter>,
    seconds: Histogram,
    facts: Family<Kind, Counter>,
    database: Gauge,
    pending: Gauge,
    nearest_deadline: Gauge<f64, AtomicU64>,
    lateness: Gauge<f64, AtomicU64>,
    resident: Gauge,
}

impl Metrics {
    fn new() -> Metrics {
        let mut registry = Registry::default();
        let requests = Family::default();
        let seconds = Histogram::new(BUCKETS);
        let facts = Family::default();
        let (database, pending, resident) = (Gauge::default(), Gauge::default(), Gauge::default());
        let (nearest_deadline, lateness) = (Gauge::default(), Gauge::default());
        registry.register(
            "lockkeeper_http_requests",
            "Requests answered, by route and status",
            Family::clone(&requests),
        );
        registry.register_with_unit(
            "lockkeeper_http_request_duration",
            "Time to the head of the answer",
            Unit::Seconds,
            seconds.clone(),
        );
        registry.register(
            "lockkeeper_facts",
            "Facts committed, as heard by this process, by kind",
            Family::clone(&facts),
        );
        registry.register(
            "lockkeeper_database_up",
            "Whether the database answered just now: 1 or 0",
            database.clone(),
        );
        registry.register(
            "lockkeeper_proposals_pending",
            "Proposals that wait for a person",
            pending.clone(),
        );
        registry.register_with_unit(
            "lockkeeper_proposal_time_left",
            "Time until the nearest deadline of a pending proposal; negative when it has passed",
            Unit::Seconds,
            nearest_deadline.clone(),
        );
        registry.register_with_unit(
            "lockkeeper_due_lateness",
            "How late the oldest timer or dispatch is that nobody has taken",
            Unit::Seconds,
            lateness.clone(),
        );
        registry.register_with_unit(
            "process_resident_memory",
            "Resident memory",
            Unit::Bytes,
            resident.clone(),
        );
        Metrics {
            registry,
            requests,
            seconds,
            facts,
            database,
            pending,
            nearest_deadline,
            lateness,
            resident,
        }
    }

    /// Counts facts by kind as they are committed, for as long as the store lives.
    async fn listen(self: Arc<Metrics>, app: App) {
        let mut changes = app.changes();
        loop {
            match changes.recv().await {
                Ok(change) => {
                    for kind in change.kinds {
                        self.facts.get_or_create(&Kind { kind }).inc();
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Brings what is not counted but looked up to the present.
    async fn look(&self, app: &App) -> Result<(), StoreError> {
        if let Answer::PendingCount { all, .. } = app.ask(Question::PendingCount { member: None }).await? {
            self.pending.set(i64::try_from(all).unwrap_or(i64::MAX));
        }
        let filter =
            ProposalFilter { state: Some(ProposalState::Pending), limit: 1, ..ProposalFilter::default() };
        if let Answer::Proposals(page) = app.ask(Question::Proposals(filter)).await? {
            let left =
                page.items.first().map(|row| row.proposal.deadline.duration_since(app.now()).as_secs_f64());
            self.nearest_deadline.set(left.unwrap_or(0.0));
        }
        let due = app.store().next_due().await?;
        let late = due.map_or(0.0, |due| app.now().duration_since(due).as_secs_f64());
        self.lateness.set(late.max(0.0));
        self.resident.set(resident_bytes("self").and_then(|bytes| i64::try_from(bytes).ok()).unwrap_or(0));
        Ok(())
    }
}

/// The resident memory of a process in bytes, where the system tells; `self` or a process id.
pub fn resident_bytes(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1_024)
}

/// The three addresses, and the counting of every request to `doors`.
pub fn watched(app: &App, doors: Router<App>) -> Router<App> {
    let metrics = Arc::new(Metrics::new());
    tokio::spawn(metrics.clone().listen(app.clone()));
    let shown = metrics.clone();
    let watch = Router::new()
        .route("/healthz", get(async || Json(json!({ "alive": true }))))
        .route("/readyz", get(ready))
        .route("/metrics", get(async move |State(app): State<App>| show(&app, &shown).await));
    doors.layer(from_fn_with_state(metrics, count)).merge(watch)
}

async fn count(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
    let response = next.run(request).await;
    metrics.seconds.observe(begun.elapsed().as_secs_f64());
    metrics.requests.get_or_create(&Asked { method, route, status: response.status().as_u16() }).inc();
    response
}

async fn ready(State(app): State<App>) -> Response {
    let words = match tokio::time::timeout(PATIENCE, app.store().next_due()).await {
        Ok(Ok(_)) => return Json(json!({ "ready": true })).into_response(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("the database did not answer within {} s", PATIENCE.as_secs()),
    };
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", words).into_response()
}

async fn show(app: &App, metrics: &Metrics) -> Response {
    let mut text = String::new();
    // What was counted is still worth having when the database does not answer; the rest stands as it was.
    let looked = metrics.look(app).await;
    metrics.database.set(i64::from(looked.is_ok()));
    if encode(&mut text, &metrics.registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

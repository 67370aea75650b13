//! Where the steps stand between automated and gated, and how the gate is doing.

use axum::Json;
use axum::extract::State;
use flow::step::Step;
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::views::VerdictCount;
use store::{Answer, Question};

use super::leads::wrong_answer;
use super::{ApiError, Caller};
use crate::app::App;

/// `GET /v1/boundary`: every step with its three answers and where its classes start.
pub async fn boundary(State(app): State<App>, _: Caller) -> Result<Json<Value>, ApiError> {
    let snapshot = app.snapshot();
    let steps: Vec<Value> = Step::ALL
        .into_iter()
        .map(|step| {
            let setup = snapshot.playbook.setup(step);
            let place = if setup.is_floor(step) { flow::step::Place::Floor } else { setup.starts };
            let reasons: Vec<Value> = setup
                .profile
                .reasons()
                .into_iter()
                .map(|(id, text)| json!({ "id": id, "text": text }))
                .collect();
            json!({ "step": step, "profile": setup.profile, "state": place, "reasons": reasons })
        })
        .collect();
    Ok(Json(json!({ "steps": steps, "moved": snapshot.boundary })))
}

/// `GET /v1/health`: the share of actions that ask, over seven days, and the backlog.
pub async fn health(State(app): State<App>, _: Caller) -> Result<Json<Value>, ApiError> {
    let since = app.now().saturating_sub(SignedDuration::from_hours(7 * 24)).unwrap_or_else(|_| app.now());
    let Answer::Verdicts(counts) = app.ask(Question::Verdicts { since }).await? else {
        return Err(wrong_answer());
    };
    let Answer::PendingCount { all, .. } = app.ask(Question::PendingCount { member: None }).await? else {
        return Err(wrong_answer());
    };
    let sum = |of: fn(&VerdictCount) -> u64| counts.iter().map(of).sum::<u64>();
    let (run, ask, hold, refuse) = (sum(|c| c.run), sum(|c| c.ask), sum(|c| c.hold), sum(|c| c.refuse));
    Ok(Json(json!({
        "since": since,
        "actions": run + ask + hold + refuse,
        "ran": run + hold,
        "asked": ask,
        "refused": refuse,
        "gate_share": share(ask, run + ask + hold + refuse),
        "pending": all,
        "by_step": counts.iter().map(|c| json!({
            "step": c.step, "run": c.run, "ask": c.ask, "hold": c.hold, "refuse": c.refuse,
        })).collect::<Vec<_>>(),
    })))
}

/// A share between 0 and 1, to three places; nothing of nothing is nothing.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64 * 1_000.0).round() / 1_000.0 }
}

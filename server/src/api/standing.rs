//! How the gate is doing.

use axum::Json;
use axum::extract::State;
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::views::VerdictCount;
use store::{Answer, Question};

use super::leads::wrong_answer;
use super::{ApiError, Caller};
use crate::app::App;
use crate::vitals;

/// `GET /v1/health`: the share of actions that ask, over seven days; the backlog; the indicators of theatre and bottleneck,
/// each person's only to that person and whoever leads them; what to narrow next.
pub async fn health(State(app): State<App>, caller: Caller) -> Result<Json<Value>, ApiError> {
    let vitals = vitals::look(&app, caller.member()).await?;
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
        "indicators": vitals.all,
        "people": vitals.people.iter().map(|(member, indicators, restoring)| json!({
            "member": { "id": member.id, "name": member.name },
            "indicators": indicators,
            "to_restore": restoring,
        })).collect::<Vec<_>>(),
        "narrow_next": vitals.narrow.as_ref().map(|narrow| {
            let (question, advice) = narrow.question.advice();
            json!({ "class": narrow.class, "queued_minutes": narrow.queued_min.ceil(), "question": question, "advice": advice })
        }),
    })))
}

/// A share between 0 and 1, to three places; nothing of nothing is nothing.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64 * 1_000.0).round() / 1_000.0 }
}

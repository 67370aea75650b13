//! The boundary: where each class stands and on what evidence; an admin's moves; the proposals to widen.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flow::approval::Choice;
use flow::boundary::{ClassEvidence, Outlook};
use flow::ledger::{Grounds, How, Ledger, Stands, Widening};
use flow::step::Step;
use flow::terms::{Commitment, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ApiError, Caller, describe};
use crate::app::App;
use crate::keeper::{self, Ask};
use crate::state::Snapshot;

/// `GET /v1/boundary`: every class with its state and evidence, every step with its three answers, and the proposals to
/// widen.
pub async fn all(State(app): State<App>, _: Caller) -> Result<Json<Value>, ApiError> {
    app.keeper().follow().await?;
    let snapshot = app.snapshot();
    let ledger = &snapshot.ledger;
    let classes: Vec<Value> = ledger.classes().map(|(class, _)| described(ledger, class)).collect();
    let steps: Vec<Value> = Step::ALL.into_iter().map(|step| step_described(&snapshot, step)).collect();
    let proposals: Vec<Value> = ledger.widenings().map(|widening| proposal(widening, &snapshot)).collect();
    Ok(Json(json!({
        "probing": ledger.is_probing(),
        "classes": classes,
        "proposals": proposals,
        "steps": steps,
    })))
}

/// `GET /v1/boundary/{class}`
pub async fn one(
    State(app): State<App>,
    _: Caller,
    Path(class): Path<String>,
) -> Result<Json<Value>, ApiError> {
    app.keeper().follow().await?;
    let snapshot = app.snapshot();
    if snapshot.ledger.class(&class).is_none() {
        return Err(ApiError::not_found("class"));
    }
    Ok(Json(described(&snapshot.ledger, &class)))
}

fn step_described(snapshot: &Snapshot, step: Step) -> Value {
    let setup = snapshot.playbook.setup(step);
    let place = if setup.is_floor(step) { flow::step::Place::Floor } else { setup.starts };
    let reasons = setup.profile.reasons().into_iter().map(|(id, text)| json!({ "id": id, "text": text }));
    json!({
        "step": step, "profile": setup.profile, "state": place, "reasons": reasons.collect::<Vec<_>>(),
    })
}

/// One class as JSON.
fn described(ledger: &Ledger, class: &str) -> Value {
    let evidence = ledger.evidence(class);
    let settings = ledger.settings(class);
    let story = ledger.class(class).cloned().unwrap_or_default();
    let weeks = match evidence.outlook {
        Outlook::MoreReviews { reviews } => story.pace(ledger.latest()).map(|pace| f64::from(reviews) / pace),
        _ => None,
    };
    let recent = story.weeks.last(4, ledger.latest());
    let ClassEvidence { nearest, outlook, .. } = &evidence;
    json!({
        "class": class,
        "step": Ledger::step(class),
        "state": ledger.stands(class),
        "limit": settings.eps,
        "alpha": settings.alpha,
        "attempt": evidence.attempt,
        "pull_backs": evidence.pull_backs,
        "evidence": {
            "log_score": nearest.as_ref().map(|nearest| nearest.log_score),
            "log_bar": nearest.as_ref().map(|nearest| nearest.log_bar),
            "segments": nearest.as_ref().map(|nearest| &nearest.segments),
            "clean": nearest.as_ref().map(|nearest| nearest.clean),
            "defects": nearest.as_ref().map(|nearest| nearest.defects),
            "probes": evidence.probes.shown,
            "caught": evidence.probes.caught,
        },
        "outlook": outlook,
        "outlook_words": outlook.to_string(),
        "weeks": weeks.map(|weeks| (weeks * 10.0).round() / 10.0),
        "segments": evidence.segments,
        "reviews": {
            "all": story.reviews, "clean": story.clean, "defects": story.defects,
            "no_credit": {
                "together": story.no_credit[0], "too_quick": story.no_credit[1],
                "too_long": story.no_credit[2], "reviewer": story.no_credit[3],
            },
            "unchanged_in_a_row": story.unchanged_run,
        },
        "after": {
            "ran": story.ran, "audit_share": evidence.audit_share, "audits": story.audits,
            "flagged": story.flagged, "exceptions": story.exceptions,
            "audit_alarm": evidence.audit_alarm, "exception_alarm": evidence.exception_alarm,
        },
        "four_weeks": {
            "asked": recent.asked, "ran": recent.ran, "reviews": recent.reviews, "caught": recent.defects,
            "minutes": recent.seen_s / 60, "exceptions": recent.exceptions,
        },
    })
}

/// A proposal to widen, like any other proposal as far as it can be.
pub fn proposal(widening: &Widening, people: &Snapshot) -> Value {
    let admins: Vec<Value> = people
        .members
        .iter()
        .filter(|member| member.role == Role::Admin)
        .map(|member| json!({ "id": member.id, "name": member.name }))
        .collect();
    let share = people.ledger.settings(&widening.class).first_audit_share;
    json!({
        "id": widening.id,
        "step": Step::WidenBoundary,
        "class": widening.class,
        "segments": widening.segments,
        "state": "pending",
        "made_at": widening.at,
        "commitment": describe::base64(&keeper::commitment(widening.id, &widening.grounds)),
        "reasons": [
            { "id": "floor", "text": "The boundary is widened by a person's recorded decision only." },
            { "id": "boundary.evidence", "text": evidence_words(&widening.grounds) },
        ],
        "evidence": widening.grounds,
        "consequence": format!(
            "On approval this class runs by itself; {:.0} % of its first actions are still looked at. It can be gated \
             again at any time.", share * 100.0
        ),
        "may_decide": admins,
        "approvals": [],
    })
}

/// The evidence in a sentence.
pub fn evidence_words(grounds: &Grounds) -> String {
    #[expect(clippy::cast_precision_loss, reason = "thousandths of a logarithm")]
    let times = |milli: i64| (milli as f64 / 1_000.0).exp();
    let rounded = |value: f64| match value {
        value if value < 1e3 => format!("{value:.1}"),
        value if value < 1e6 => format!("{value:.0}"),
        value => format!("{value:.1e}"),
    };
    format!(
        "{} clean reviews with credit, {} with a mistake; {} of {} planted mistakes were caught. The score is {}, the bar \
         {}.",
        grounds.clean,
        grounds.defects,
        grounds.caught,
        grounds.probes,
        rounded(times(grounds.score)),
        rounded(times(grounds.bar)),
    )
}

/// An admin decided on a proposal to widen.
pub async fn decided(
    app: &App,
    caller: &Caller,
    widening: &Widening,
    choice: Choice,
    seen: Option<Commitment>,
    reason: String,
) -> Result<Response, ApiError> {
    let how = match choice {
        Choice::Approve => How::Widened,
        Choice::Reject => How::Declined,
        Choice::Edit | Choice::Respond => {
            return Err(ApiError::unfit(
                "/decision",
                "a widening is approved or rejected; nothing in it can be edited",
            ));
        }
    };
    let why =
        if reason.trim().is_empty() && how == How::Widened { "On the evidence.".to_owned() } else { reason };
    let ask = Ask {
        class: widening.class.clone(),
        segments: Vec::new(),
        how,
        why,
        proposal: Some((widening.id, seen)),
    };
    let moved = app.keeper().decide(&caller.actor, ask).await?;
    let state = if how == How::Widened { "approved" } else { "rejected" };
    let snapshot = app.snapshot();
    let mut value = proposal(widening, &snapshot);
    value["state"] = json!(state);
    let approval = json!({
        "by": caller.member().map(|id| json!({ "id": id, "name": snapshot.name(id) })),
        "decision": choice, "at": app.now(), "reason": moved.why,
    });
    value["approvals"] = json!([approval]);
    Ok((StatusCode::OK, Json(json!({ "proposal": value, "approval": approval }))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMove {
    #[serde(rename = "move")]
    what: ByHand,
    #[serde(default)]
    segments: Vec<String>,
    reason: String,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum ByHand {
    Widen,
    Narrow,
    Lock,
    Unlock,
}

/// `POST /v1/boundary/{class}`: an admin widens, narrows, locks or unlocks, with a reason.
pub async fn decide(
    State(app): State<App>,
    caller: Caller,
    Path(class): Path<String>,
    body: Result<Json<NewMove>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    caller.is_admin()?;
    let Json(NewMove { what, segments, reason }) = body?;
    let how = match what {
        ByHand::Widen => How::Widened,
        ByHand::Narrow => How::Narrowed,
        ByHand::Lock => How::Locked,
        ByHand::Unlock => How::Unlocked,
    };
    let ask = Ask { class: class.clone(), segments, how, why: reason, proposal: None };
    app.keeper().decide(&caller.actor, ask).await?;
    let snapshot = app.snapshot();
    debug_assert!(how != How::Locked || snapshot.ledger.stands(&class) != Stands::Automated);
    Ok(Json(described(&snapshot.ledger, &class)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    on: bool,
    announcement: String,
}

/// `POST /v1/probes`: an admin switches planted proposals on or off, with what the team is told.
pub async fn probes(
    State(app): State<App>,
    caller: Caller,
    body: Result<Json<Switch>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    caller.is_admin()?;
    let Json(Switch { on, announcement }) = body?;
    app.keeper().switch_probes(&caller.actor, on, announcement).await?;
    Ok(Json(json!({ "probing": app.snapshot().ledger.is_probing() })))
}

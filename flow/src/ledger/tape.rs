//! Lines of a history's tape, as `lockkeeper boundary replay` reads them. Besides the lines of any tape (see
//! [`crate::boundary::replay`]) a history has those of a living workspace: the settings of each class when it is first seen,
//! what people moved, exceptions where they were reported, and the way each action really went.

use serde_json::{Value, json};

use crate::boundary::{Asked, Config, Review, Settings};

/// The first line: from here on people move the boundary, and what is ready waits for them.
pub(super) fn begin() -> Value {
    json!({ "ts": 0, "event": "history" })
}

/// A class is seen for the first time.
pub(super) fn settings(at: f64, class: &str, settings: &Settings) -> Value {
    json!({ "ts": at, "event": "settings", "class": class, "settings": settings })
}

/// A playbook came into force.
pub(super) fn config(at: f64, config: &Config) -> Value {
    json!({ "ts": at, "event": "config", "config": config })
}

/// What the evidence was about changed.
pub(super) fn change(at: f64, i: u64, class: &str, what: &str) -> Value {
    json!({ "i": i, "ts": at, "event": "change", "class": class, "what": what })
}

/// A person widened or narrowed.
pub(super) fn segments(at: f64, event: &str, class: &str, segments: &[String]) -> Value {
    json!({ "ts": at, "event": event, "class": class, "segments": segments })
}

/// A person locked or unlocked.
pub(super) fn plain(at: f64, event: &str, class: &str) -> Value {
    json!({ "ts": at, "event": event, "class": class })
}

/// A planted proposal was decided.
pub(super) fn probe(at: f64, class: &str, reviewer: &str, caught: bool) -> Value {
    json!({ "ts": at, "event": "probe", "class": class, "reviewer": reviewer, "caught": caught })
}

/// Something that ran by itself was wrong.
pub(super) fn exception(
    at: f64,
    i: u64,
    (class, segment): (&str, &str),
    ran_at: f64,
    critical: bool,
) -> Value {
    json!({
        "i": i, "ts": at, "event": "exception", "class": class, "segment": segment, "ran_at": ran_at,
        "critical": critical,
    })
}

/// An action ran by itself. Nobody knows what a review would have said.
pub(super) fn ran(at: f64, i: u64, class: &str, segment: &str) -> Value {
    json!({
        "i": i, "ts": at, "class": class, "segment": segment, "words_new": 0, "u_audit": 1, "route": "auto",
        "review": null, "auto": { "exception": null }, "probe": null,
    })
}

/// A person decided.
pub(super) fn reviewed(
    at: f64,
    i: u64,
    (class, segment): (&str, &str),
    asked: Asked,
    review: &Review<'_>,
) -> Value {
    let audit = asked == Asked::ForAudit;
    json!({
        "i": i, "ts": at, "class": class, "segment": segment, "words_new": review.words_new,
        "u_audit": u8::from(!audit), "route": asked.word(),
        "review": {
            "reviewer": review.reviewer, "outcome": review.outcome.word(), "dwell_s": review.dwell_s,
            "bulk": review.bulk,
        },
        "auto": { "exception": null }, "probe": null,
    })
}

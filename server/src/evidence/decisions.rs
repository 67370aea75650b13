//! The decisions of a period as a table, for whoever looks at them in a spreadsheet.

use jiff::Timestamp;
use record::leaf::{ActorKind, Leaf, kind};
use serde_json::Value;
use store::views::{FactFilter, FactRow};

use super::{EvidenceError, facts};
use crate::app::App;
use crate::state::Snapshot;

/// Most decisions in one table.
pub const DECISIONS_MAX: usize = 100_000;
/// Facts read at once.
const PAGE: usize = 1_000;

const COLUMNS: [&str; 15] = [
    "index", "at", "lead", "step", "proposal", "action", "decision", "by", "by_id", "via", "passkey",
    "change", "seen_ms", "content", "reason",
];

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum DecisionsError {
    /// The store, or the record.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// Too long a period.
    #[error("more than {DECISIONS_MAX} decisions were taken in this period; ask for a shorter one")]
    TooMany,
}

/// The decisions from `from` on and before `to`, oldest first, as CSV with a head line. What was erased is left empty.
///
/// # Errors
/// See [`DecisionsError`].
pub async fn csv(
    app: &App,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Vec<u8>, DecisionsError> {
    let damaged = |error: csv::Error| EvidenceError::Damaged(error.to_string());
    let people = app.snapshot();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(COLUMNS).map_err(damaged)?;
    let kinds = vec![kind::APPROVAL_DECIDED.to_owned()];
    let mut filter = FactFilter { kinds, since: from, until: to, limit: PAGE, ..FactFilter::default() };
    let mut count = 0;
    loop {
        let rows = facts(app, filter.clone()).await.map_err(EvidenceError::from)?;
        count += rows.len();
        if count > DECISIONS_MAX {
            return Err(DecisionsError::TooMany);
        }
        for row in &rows {
            table.write_record(line(row, &people)?).map_err(damaged)?;
        }
        match rows.last().and_then(|row| row.index) {
            Some(last) if rows.len() == PAGE => filter.from_index = Some(last + 1),
            _ => break,
        }
    }
    table.into_inner().map_err(|error| EvidenceError::Damaged(error.to_string()).into())
}

fn line(row: &FactRow, people: &Snapshot) -> Result<[String; 15], EvidenceError> {
    let leaf = Leaf::parse(&row.leaf).map_err(|error| EvidenceError::Damaged(error.to_string()))?;
    let body: Value = row
        .body
        .as_ref()
        .and_then(|(_, payload)| serde_json::from_slice(payload).ok())
        .unwrap_or(Value::Null);
    let reference = |name: &str| leaf.refs.get(name).cloned().unwrap_or_default();
    let said = |pointer: &str| match body.pointer(pointer) {
        Some(Value::String(text)) => plain(text),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let by = match (leaf.actor.kind, leaf.actor.id.parse()) {
        (ActorKind::Member, Ok(id)) => plain(people.name(id)),
        _ => leaf.actor.kind.as_str().to_owned(),
    };
    Ok([
        row.index.map(|index| index.to_string()).unwrap_or_default(),
        leaf.at.clone(),
        leaf.lead.clone().unwrap_or_default(),
        reference("step"),
        reference("proposal"),
        reference("action"),
        leaf.decision.map(|decision| decision.as_str().to_owned()).unwrap_or_default(),
        by,
        leaf.actor.id.clone(),
        leaf.actor.via.as_str().to_owned(),
        if leaf.evidence.is_some() { "yes" } else { "no" }.to_owned(),
        said("/substance"),
        said("/attention/seen_ms"),
        leaf.content.map(|content| content.to_string()).unwrap_or_default(),
        said("/reason"),
    ])
}

/// A text that a spreadsheet does not take for a formula.
fn plain(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_never_a_formula() {
        assert_eq!(plain("=HYPERLINK(\"http://evil.example\")"), "'=HYPERLINK(\"http://evil.example\")");
        assert_eq!(plain("Not now."), "Not now.");
    }
}

//! What a fact in the record tells the ledger of the boundary.

use flow::ids::WorkspaceId;
use flow::ledger::{KINDS, Ledger, Note, Told};
use record::leaf::{ActorKind, Leaf};

use crate::views::{FactFilter, FactRow};
use crate::{Answer, Difference, Question, Store, StoreError, rebuild};

/// Reads what a fact tells the ledger; none for a fact that tells it nothing, or has no place in the record yet.
///
/// # Errors
/// In words, what is wrong with the fact.
pub fn note(row: &FactRow) -> Result<Option<Note>, String> {
    let Some(index) = row.index else { return Ok(None) };
    let leaf = Leaf::parse(&row.leaf).map_err(|error| format!("its leaf cannot be read: {error}"))?;
    if !KINDS.contains(&leaf.kind.as_str()) {
        return Ok(None);
    }
    let workspace = match leaf.lead {
        Some(_) => None,
        None => Some(rebuild::entry(row)?.fact),
    };
    let told = Told::read(&leaf.kind, &leaf.refs, workspace);
    let by = match leaf.actor.kind {
        ActorKind::Member => Some(leaf.actor.id.parse().map_err(|error| format!("its actor: {error}"))?),
        ActorKind::Agent | ActorKind::System => None,
    };
    let at = leaf.at.parse().map_err(|error| format!("its time: {error}"))?;
    Ok(told.map(|told| Note { index, at, by, told }))
}

/// The ledger in its stored form.
///
/// # Errors
/// When it cannot be written as JSON, a defect.
pub fn ledger_text(ledger: &Ledger) -> Result<String, String> {
    serde_json::to_string(ledger).map_err(|error| error.to_string())
}

/// Reads it back.
///
/// # Errors
/// When the text is not what [`ledger_text`] of this release writes; folding the record anew makes it again.
pub fn ledger_from(text: &str) -> Result<Ledger, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Facts folded in one go.
const PAGE: usize = 2_000;

/// Folds the record up to where the kept ledger stands and compares; the same for every database. A workspace without a
/// kept ledger has nothing to compare.
pub(crate) async fn ledger_check(
    store: &dyn Store,
    workspace: WorkspaceId,
) -> Result<Option<Difference>, StoreError> {
    let Answer::Ledger(Some((next, live))) = store.ask(workspace, Question::Ledger).await? else {
        return Ok(None);
    };
    let differs = |row: String, rebuilt: String, live: String| {
        Ok(Some(Difference { view: "ledgers".into(), row, rebuilt, live }))
    };
    let mut ledger = Ledger::default();
    let mut from = 0;
    loop {
        let kinds = KINDS.map(str::to_owned).to_vec();
        let filter = FactFilter { kinds, from_index: Some(from), limit: PAGE, ..FactFilter::default() };
        let Answer::Facts(rows) = store.ask(workspace, Question::Facts(filter)).await? else {
            return Err(StoreError::Value("facts".into()));
        };
        for row in rows.iter().filter(|row| row.index.is_some_and(|index| index < next)) {
            match note(row) {
                Ok(told) => drop(told.map(|told| ledger.take(&told))),
                Err(error) => {
                    let row = row.index.unwrap_or_default().to_string();
                    return differs(row, "a fact that can be read".into(), error);
                }
            }
        }
        match rows.last().and_then(|row| row.index) {
            Some(last) if rows.len() == PAGE && last < next => from = last + 1,
            _ => break,
        }
    }
    let rebuilt = ledger_text(&ledger).map_err(StoreError::Value)?;
    if rebuilt == live { Ok(None) } else { differs(format!("before fact {next}"), rebuilt, live) }
}

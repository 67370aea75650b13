//! What the boundary's pages show, from the ledger and the record.

use flow::ledger::Moved;
use serde::Deserialize;
use serde_json::Value;
use store::views::{FactFilter, FactRow};

use super::{MoveLine, Page, Shown};
use crate::evidence;
use crate::web::session::Visit;
use crate::web::trouble::Trouble;
use crate::web::words::Names;

/// Moves listed.
const MOVES: usize = 40;
/// Moves searched for those of one class.
const SEARCHED: usize = 2_000;

/// The page's content.
///
/// # Errors
/// The store's.
pub async fn page(visit: &Visit) -> Result<Page, Trouble> {
    visit.app.keeper().follow().await?;
    let snapshot = visit.app.snapshot();
    let ledger = &snapshot.ledger;
    let names = Names::of(&snapshot.members);
    Ok(Page {
        classes: ledger.classes().map(|(name, _)| Shown::of(ledger, name)).collect(),
        moves: moves(visit, &names, None, MOVES).await?,
        probing: ledger.is_probing(),
        latest: ledger.latest(),
    })
}

/// One class, with its moves.
///
/// # Errors
/// Not found, or the store's.
pub async fn class(visit: &Visit, name: &str) -> Result<(Shown, Vec<MoveLine>), Trouble> {
    visit.app.keeper().follow().await?;
    let snapshot = visit.app.snapshot();
    if snapshot.ledger.class(name).is_none() {
        return Err(Trouble::not_found("class"));
    }
    let names = Names::of(&snapshot.members);
    let moves = moves(visit, &names, Some(name), SEARCHED).await?;
    Ok((Shown::of(&snapshot.ledger, name), moves))
}

async fn moves(
    visit: &Visit,
    names: &Names,
    class: Option<&str>,
    limit: usize,
) -> Result<Vec<MoveLine>, Trouble> {
    let kinds = vec!["boundary.moved".to_owned()];
    let filter = FactFilter { kinds, newest_first: true, unplaced: true, limit, ..FactFilter::default() };
    let rows = evidence::facts(&visit.app, filter).await?;
    let lines = rows.iter().filter_map(|row| line(row, names));
    Ok(lines.filter(|line| class.is_none_or(|class| line.class == class)).take(MOVES).collect())
}

#[derive(Deserialize)]
struct Body {
    moved: Moved,
}

fn line(row: &FactRow, names: &Names) -> Option<MoveLine> {
    let leaf: Value = serde_json::from_slice(&row.leaf).ok()?;
    let Body { moved } = serde_json::from_slice(&row.body.as_ref()?.1).ok()?;
    let by = match leaf["actor"]["kind"].as_str() {
        Some("member") => leaf["actor"]["id"].as_str()?.parse().ok().map(|id| names.name(id).to_owned()),
        _ => None,
    };
    Some(MoveLine {
        at: leaf["at"].as_str()?.parse().ok()?,
        by: by.unwrap_or_default(),
        class: moved.class,
        how: moved.how,
        segments: moved.segments,
        why: moved.why,
        because: moved.because,
    })
}

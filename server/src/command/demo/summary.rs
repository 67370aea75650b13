//! What happened, counted from what is there.

use std::str::FromStr;

use jiff::Timestamp;
use record::checkpoint::Trust;
use record::note::VerifierKey;
use serde_json::{Value, json};
use store::views::{FactFilter, LeadFilter, LeadRow, VerdictCount};
use store::{Answer, Progress, Question};

use crate::api::share;
use crate::app::{App, StartError};
use crate::evidence::{self, Under};

/// The summary line of `demo --exit`.
///
/// # Errors
/// What the store says.
pub async fn of(app: &App, captured: u64) -> Result<Value, StartError> {
    let leads = all_leads(app).await?;
    let Answer::Verdicts(counts) = app.ask(Question::Verdicts { since: Timestamp::UNIX_EPOCH }).await? else {
        return Err(StartError::Other("the store answered another question".into()));
    };
    let sum = |of: fn(&VerdictCount) -> u64| counts.iter().map(of).sum::<u64>();
    let (ran, asked, refused) = (sum(|c| c.run + c.hold), sum(|c| c.ask), sum(|c| c.refuse));
    let joined = count(app, "lead.joined").await?;
    let facts = placed(app).await?;
    Ok(json!({
        "captured": captured,
        "leads": leads.len(),
        "joined": joined,
        "ambiguous": 0,
        "assigned": leads.iter().filter(|lead| lead.owner.is_some()).count(),
        "actions": ran + asked + refused,
        "ran": ran,
        "asked": asked,
        "refused": refused,
        "gate_share": share(asked, ran + asked + refused),
        "facts": facts,
        "verified": verified(app, &leads).await?,
    }))
}

/// Every lead.
///
/// # Errors
/// What the store says.
pub async fn all_leads(app: &App) -> Result<Vec<LeadRow>, StartError> {
    let mut leads = Vec::new();
    let mut cursor = None;
    loop {
        let filter = LeadFilter { limit: 500, cursor, ..LeadFilter::default() };
        let Answer::Leads(page) = app.ask(Question::Leads(filter)).await? else {
            return Err(StartError::Other("the store answered another question".into()));
        };
        leads.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(leads),
        }
    }
}

async fn count(app: &App, kind: &str) -> Result<usize, StartError> {
    let filter = FactFilter { kinds: vec![kind.to_owned()], limit: 10_000, ..FactFilter::default() };
    Ok(evidence::facts(app, filter).await?.len())
}

/// How many facts stand in the tree: the last one's index, and one.
async fn placed(app: &App) -> Result<u64, StartError> {
    let filter = FactFilter { newest_first: true, limit: 1, ..FactFilter::default() };
    Ok(evidence::facts(app, filter).await?.first().and_then(|row| row.index).map_or(0, |index| index + 1))
}

/// Whether every lead's bundle verifies with the log's own key, and every view is what the facts make of it.
async fn verified(app: &App, leads: &[LeadRow]) -> Result<bool, StartError> {
    let key =
        VerifierKey::from_str(&app.log_key().vkey()).map_err(|error| StartError::Other(error.to_string()))?;
    let trust = Trust::new(key, Vec::new(), 0).map_err(|error| StartError::Other(error.to_string()))?;
    for lead in leads {
        let bundle = evidence::bundle(app, lead.id, Under::Latest)
            .await
            .map_err(|error| StartError::Other(error.to_string()))?;
        if let Err(wrong) = record::verify::verify(&bundle, &trust) {
            eprintln!("lead {}: {wrong}", lead.id);
            return Ok(false);
        }
    }
    match app.store().rebuild_check(app.workspace_id(), &Quiet).await? {
        None => Ok(true),
        Some(found) => {
            eprintln!(
                "view {}, row {}: facts make {}, but {} stands there",
                found.view, found.row, found.rebuilt, found.live
            );
            Ok(false)
        }
    }
}

struct Quiet;

impl Progress for Quiet {
    fn at(&self, _: u64, _: u64) {}
}

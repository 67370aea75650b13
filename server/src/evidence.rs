//! Bundles: all that the record holds of one lead, proved in the tree of the last checkpoint.

pub mod decisions;
pub mod whole;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::str::FromStr;

use flow::ids::LeadId;
use record::bundle::{BUNDLE_BYTES_MAX, Bundle, Entry, Openings};
use record::checkpoint::{Trust, open};
use record::commitment::Opening;
use record::note::{Note, VerifierKey};
use record::tree::{Hash, Nodes};
use store::views::{FactFilter, FactRow};
use store::{Answer, Question, StoreError};

use crate::app::App;

/// Most facts that go into one bundle.
const FACTS_MAX: usize = 100_000;
/// Facts read at once.
const PAGE: usize = 5_000;
/// Facts about the workspace that a lead's facts depend on.
const DEPENDS_ON: [&str; 3] = ["playbook.adopted", "credential.enrolled", "credential.revoked"];

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// No such lead.
    #[error("there is no such lead in this workspace")]
    NoLead,
    /// The lead is newer than the last checkpoint.
    #[error("the lead's facts are not in a signed checkpoint yet; try again in a second")]
    NotPlaced,
    /// No witness has cosigned the newest facts.
    #[error(
        "no witness has cosigned the newest facts of this yet; try again in a moment, or without `--witnessed`"
    )]
    NotCosigned,
    /// More than a verifier reads.
    #[error(
        "there is more to prove than fits into one bundle; export the whole record instead (`record export --dir`)"
    )]
    TooLarge,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is kept does not fit together: a defect or a damaged database.
    #[error("the record does not fit together: {0}; restore a backup")]
    Damaged(String),
}

/// Which checkpoint something is proved under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Under {
    /// The last one, with our own signature alone.
    Latest,
    /// The last one that witnesses have cosigned, with their signatures.
    Cosigned,
}

impl Under {
    async fn note(self, app: &App) -> Result<String, EvidenceError> {
        match self {
            Under::Latest => checkpoint(app).await?.ok_or(EvidenceError::NotPlaced),
            Under::Cosigned => match app.ask(Question::Cosigned).await? {
                Answer::Cosigned(note) => note.ok_or(EvidenceError::NotCosigned),
                _ => Err(StoreError::Value("cosigned".into()).into()),
            },
        }
    }
}

/// The bundle of a lead: its facts and those of the workspace that they depend on.
///
/// # Errors
/// See [`EvidenceError`].
pub async fn bundle(app: &App, lead: LeadId, under: Under) -> Result<Vec<u8>, EvidenceError> {
    if app.store().lead(app.workspace_id(), lead).await?.is_none() {
        return Err(EvidenceError::NoLead);
    }
    let note = under.note(app).await?;
    let damaged = |error: &dyn std::fmt::Display| EvidenceError::Damaged(error.to_string());
    let key = VerifierKey::from_str(&app.log_key().vkey()).map_err(|error| damaged(&error))?;
    let trust = own_trust(app)?;
    let checkpoint = open(&note, &trust).map_err(|error| damaged(&error))?.checkpoint;
    let note = Note::from_str(&note).map_err(|error| damaged(&error))?;

    let of_lead = every(app, FactFilter { lead: Some(lead), ..FactFilter::default() }).await?;
    let kinds = DEPENDS_ON.map(str::to_owned).to_vec();
    let of_workspace =
        every(app, FactFilter { workspace_only: true, kinds, ..FactFilter::default() }).await?;
    let all = of_lead.len();
    let mut entries = placed(of_lead, checkpoint.size);
    match under {
        // Nothing is left out of a bundle that witnesses stand for.
        Under::Cosigned if entries.len() < all => return Err(EvidenceError::NotCosigned),
        _ if entries.is_empty() => return Err(EvidenceError::NotPlaced),
        _ => {}
    }
    let last = entries.iter().map(|entry| entry.index).max().unwrap_or(0);
    let depended_on = placed(of_workspace, checkpoint.size);
    entries.extend(depended_on.into_iter().filter(|entry| entry.index < last));

    // The proofs are walked once to learn which nodes they need, and again with those at hand.
    let wanted = Wanted::default();
    match Bundle::build(&key, &note, checkpoint.size, entries.clone(), &wanted) {
        Ok(_) => {}
        Err(never) => match never {},
    }
    let places: Vec<(u32, u64)> =
        wanted.0.into_inner().into_keys().map(|(level, index)| (u32::from(level), index)).collect();
    let Answer::Nodes(hashes) = app.ask(Question::Nodes { places: places.clone() }).await? else {
        return Err(damaged(&"the store answered another question"));
    };
    let known = places
        .iter()
        .zip(hashes)
        .filter_map(|((level, index), hash)| Some(((u8::try_from(*level).ok()?, *index), Hash(hash?))))
        .collect();
    let bundle = Bundle::build(&key, &note, checkpoint.size, entries, &Known(known))
        .map_err(|error| damaged(&error))?;
    let bytes = bundle.to_bytes();
    if bytes.len() > BUNDLE_BYTES_MAX { Err(EvidenceError::TooLarge) } else { Ok(bytes) }
}

/// Every fact that fits, also those that have no place yet; none is left out without a word.
async fn every(app: &App, filter: FactFilter) -> Result<Vec<FactRow>, EvidenceError> {
    let mut filter = FactFilter { limit: PAGE, unplaced: true, ..filter };
    let mut all: Vec<FactRow> = Vec::new();
    loop {
        let rows = facts(app, filter.clone()).await?;
        let (count, last) = (rows.len(), rows.last().and_then(|row| row.index));
        all.extend(rows);
        if all.len() > FACTS_MAX {
            return Err(EvidenceError::TooLarge);
        }
        match last {
            Some(last) if count == PAGE => filter.from_index = Some(last + 1),
            // A page that ends with facts without a place ends the list; more of them come once they are placed.
            _ => return Ok(all),
        }
    }
}

/// Our own key alone, to read our own checkpoints with.
fn own_trust(app: &App) -> Result<Trust, EvidenceError> {
    let damaged = |error: &dyn std::fmt::Display| EvidenceError::Damaged(error.to_string());
    let key = VerifierKey::from_str(&app.log_key().vkey()).map_err(|error| damaged(&error))?;
    Trust::new(key, Vec::new(), 0).map_err(|error| damaged(&error))
}

/// The last signed checkpoint.
///
/// # Errors
/// What the store says.
pub async fn checkpoint(app: &App) -> Result<Option<String>, StoreError> {
    match app.ask(Question::Checkpoint).await? {
        Answer::Checkpoint(note) => Ok(note),
        _ => Err(StoreError::Value("checkpoint".into())),
    }
}

/// Facts as the record keeps them.
///
/// # Errors
/// What the store says.
pub async fn facts(app: &App, filter: FactFilter) -> Result<Vec<FactRow>, StoreError> {
    match app.ask(Question::Facts(filter)).await? {
        Answer::Facts(rows) => Ok(rows),
        _ => Err(StoreError::Value("facts".into())),
    }
}

fn placed(rows: Vec<FactRow>, size: u64) -> Vec<Entry> {
    let opening = |opening: Option<([u8; 32], Vec<u8>)>| opening.map(|(r, payload)| Opening { r, payload });
    rows.into_iter()
        .filter_map(|row| {
            let index = row.index.filter(|index| *index < size)?;
            let openings = Openings { body: opening(row.body), content: opening(row.content) };
            Some(Entry { index, leaf: row.leaf, openings })
        })
        .collect()
}

/// Notes which nodes are asked for.
#[derive(Default)]
struct Wanted(RefCell<BTreeMap<(u8, u64), ()>>);

impl Nodes for Wanted {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        self.0.borrow_mut().insert((level, index), ());
        Ok(Hash([0; 32]))
    }
}

/// Nodes that were fetched.
struct Known(BTreeMap<(u8, u64), Hash>);

impl Nodes for Known {
    type Error = String;

    fn node(&self, level: u8, index: u64) -> Result<Hash, String> {
        let node = self.0.get(&(level, index)).copied();
        node.ok_or_else(|| format!("the node at level {level}, index {index} is missing"))
    }
}

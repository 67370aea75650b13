//! Keeps the boundary: follows the record, fact by fact, in the record's order; tells the doors where the classes stand;
//! writes down what moved; and takes people's moves.
//!
//! Every node follows the record for itself and comes to the same ledger. What followed from a fact is written as a fact
//! under a key made of that fact's place in the record, so that one of them writes it and the others find it written. The
//! ledger is kept in the store now and then, so that a start folds only what came after.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use flow::fact::{Entry, Fact};
use flow::ids::{ProposalId, WorkspaceId};
use flow::ledger::{Grounds, How, KINDS, Ledger, Moved, Notice, Stands};
use flow::terms::{Actor, Commitment, Role};
use sha2::{Digest, Sha256};
use store::views::FactFilter;
use store::{Answer, Commit, Once, Question, Side, Store, StoreError};
use tokio::sync::{Mutex, broadcast, watch};

use crate::engine::{self, EngineError};
use crate::sequencer::Sequencer;
use crate::state::Shared;
use crate::time::Clock;

/// Facts read at once.
const PAGE: usize = 2_000;
/// After so many facts the ledger is kept in the store.
const KEEP_AFTER: u64 = 4_000;
/// How long to wait for more facts before following them.
const GATHER: Duration = Duration::from_millis(250);
/// How often to look although nothing was heard: another node may have written.
const LOOK: Duration = Duration::from_secs(2);

/// Follows one workspace's record.
pub struct Keeper {
    store: Arc<dyn Store>,
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    workspace: WorkspaceId,
    sequencer: Sequencer,
    kept: Mutex<Kept>,
}

struct Kept {
    ledger: Ledger,
    /// Facts taken since the ledger was last kept in the store.
    unkept: u64,
    /// What followed from which fact and is not written down yet. While anything is, the ledger is not kept beyond it.
    owed: VecDeque<(u64, Vec<Moved>)>,
}

/// What a person asks of the boundary.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Which class.
    pub class: String,
    /// Which of its segments; all when empty.
    pub segments: Vec<String>,
    /// What.
    pub how: How,
    /// Why, in their words.
    pub why: String,
    /// The proposal that is decided by it, with the commitment of the evidence that was seen.
    pub proposal: Option<(ProposalId, Option<Commitment>)>,
}

/// Why the boundary is not moved.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// Not this person.
    #[error("only an admin moves the boundary")]
    NotAdmin,
    /// A move without a reason.
    #[error("say why; the reason stands in the record")]
    NoReason,
    /// Probes without telling the team.
    #[error("tell the team: planted proposals are announced when they are switched on or off")]
    NoAnnouncement,
    /// No such class.
    #[error("there is no class `{0}`; classes appear with their first action")]
    NoClass(String),
    /// No such segment.
    #[error("`{segment}` is no segment of `{class}`; there are {known}")]
    NoSegment {
        /// Which class.
        class: String,
        /// What was asked for.
        segment: String,
        /// Those there are.
        known: String,
    },
    /// The class cannot be moved so.
    #[error("{0}")]
    Cannot(String),
    /// The proposal was decided or withdrawn.
    #[error("this proposal was decided already, or its evidence no longer reaches the bar")]
    Overtaken,
    /// The evidence is not what was seen.
    #[error("the evidence changed since you saw it; look at it again before you decide")]
    Changed(Box<Commitment>),
    /// The store, or the record.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<StoreError> for KeeperError {
    fn from(error: StoreError) -> KeeperError {
        KeeperError::Engine(error.into())
    }
}

impl Keeper {
    /// Goes on from the ledger kept in the store, and follows the record to its end.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(
        store: Arc<dyn Store>,
        shared: Arc<Shared>,
        clock: Arc<dyn Clock>,
        workspace: WorkspaceId,
        sequencer: Sequencer,
    ) -> Result<Keeper, EngineError> {
        let ledger = match store.ask(workspace, Question::Ledger).await? {
            Answer::Ledger(Some((_, text))) => store::ledger_from(&text).unwrap_or_else(|error| {
                tracing::warn!(%error, "the kept ledger is of another release; folding the record anew");
                Ledger::default()
            }),
            _ => Ledger::default(),
        };
        let kept = Mutex::new(Kept { ledger, unkept: 0, owed: VecDeque::new() });
        let keeper = Keeper { store, shared, clock, workspace, sequencer, kept };
        keeper.now().await?;
        Ok(keeper)
    }

    /// Follows the record until told to stop.
    pub async fn run(self: Arc<Keeper>, mut stop: watch::Receiver<bool>) {
        let mut changes = self.store.changes();
        while !*stop.borrow() {
            let wait = tokio::select! {
                change = changes.recv() => match change {
                    Ok(change) if change.kinds.iter().any(|kind| KINDS.contains(kind)) => GATHER,
                    Ok(_) => continue,
                    Err(broadcast::error::RecvError::Lagged(_)) => GATHER,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                () = tokio::time::sleep(LOOK) => Duration::ZERO,
                _ = stop.changed() => break,
            };
            tokio::time::sleep(wait).await;
            changes = changes.resubscribe();
            if let Err(error) = self.follow().await {
                tracing::warn!(%error, "the boundary could not follow the record; trying again");
            }
        }
        let kept = async {
            self.follow().await?;
            self.keep(&mut *self.kept.lock().await).await
        };
        if let Err(error) = kept.await {
            tracing::warn!(%error, "the ledger was not kept; the next start folds more of the record");
        }
    }

    /// Takes every fact that has its place in the record.
    ///
    /// # Errors
    /// What the store says.
    pub async fn follow(&self) -> Result<u64, EngineError> {
        let mut kept = self.kept.lock().await;
        self.catch_up(&mut kept).await
    }

    /// The same, after giving all facts their places: what narrows must do so at once.
    ///
    /// # Errors
    /// What the store says.
    pub async fn now(&self) -> Result<u64, EngineError> {
        let mut kept = self.kept.lock().await;
        self.sequencer.place_all().await?;
        self.catch_up(&mut kept).await
    }

    async fn catch_up(&self, kept: &mut Kept) -> Result<u64, EngineError> {
        let mut taken = 0;
        self.write_down(kept).await?;
        loop {
            let filter = FactFilter {
                kinds: KINDS.map(str::to_owned).to_vec(),
                from_index: Some(kept.ledger.next()),
                limit: PAGE,
                ..FactFilter::default()
            };
            let Answer::Facts(rows) = self.store.ask(self.workspace, Question::Facts(filter)).await? else {
                return Err(StoreError::Value("facts".into()).into());
            };
            let full = rows.len() == PAGE;
            for row in &rows {
                let note = store::note(row).map_err(StoreError::Corrupt)?;
                let Some(note) = note else { continue };
                let notices = kept.ledger.take(&note);
                kept.unkept += 1;
                taken += 1;
                let moved: Vec<Moved> = notices
                    .into_iter()
                    .filter_map(|notice| match notice {
                        Notice::Moved(moved) => Some(moved),
                        Notice::Reviewer(_) => None,
                    })
                    .collect();
                if !moved.is_empty() {
                    // What is gated again is gated before it is written down.
                    self.publish(&kept.ledger);
                    kept.owed.push_back((note.index, moved));
                    self.write_down(kept).await?;
                }
            }
            if !full {
                break;
            }
        }
        if taken > 0 {
            self.publish(&kept.ledger);
        }
        if kept.unkept >= KEEP_AFTER {
            self.keep(kept).await?;
        }
        Ok(taken)
    }

    fn publish(&self, ledger: &Ledger) {
        self.shared.set_ledger(Arc::new(ledger.clone()));
    }

    /// Writes what followed from facts, once, whoever is first.
    async fn write_down(&self, kept: &mut Kept) -> Result<(), EngineError> {
        while let Some((index, moved)) = kept.owed.front().cloned() {
            for moved in &moved {
                tracing::info!(class = %moved.class, how = moved.how.word(), because = index, "the boundary moved");
            }
            let facts = moved.into_iter().map(|moved| Fact::BoundaryMoved { moved }).collect();
            let entries = self.entries(&Actor::SYSTEM, facts)?;
            let key = format!("boundary/{index}");
            let request = Sha256::digest(key.as_bytes()).into();
            let newest = kept.owed.len() == 1;
            let commit = Commit {
                workspace: self.workspace,
                entries: engine::seal(self.workspace, &entries)?,
                side: if newest { vec![self.side(&kept.ledger)?] } else { Vec::new() },
                once: Some(Once { key, request, answer: Vec::new() }),
                ..Commit::default()
            };
            self.store.commit(commit).await?;
            kept.owed.pop_front();
            kept.unkept = 0;
        }
        Ok(())
    }

    async fn keep(&self, kept: &mut Kept) -> Result<(), EngineError> {
        if kept.unkept == 0 {
            return Ok(());
        }
        let side = vec![self.side(&kept.ledger)?];
        self.store.commit(Commit { workspace: self.workspace, side, ..Commit::default() }).await?;
        kept.unkept = 0;
        Ok(())
    }

    fn side(&self, ledger: &Ledger) -> Result<Side, EngineError> {
        let text = store::ledger_text(ledger).map_err(StoreError::Value)?;
        Ok(Side::Ledger { next: ledger.next(), text })
    }

    fn entries(&self, actor: &Actor, facts: Vec<Fact>) -> Result<Vec<Entry>, EngineError> {
        let playbook = Some(self.shared.snapshot().playbook.digest.clone());
        engine::workspace_entries(self.clock.now(), actor, facts, playbook)
    }

    /// Moves the boundary as an admin says, on record. Whoever holds the ledger decides one move at a time.
    ///
    /// # Errors
    /// Why not, in words for the person who asked.
    pub async fn decide(&self, actor: &Actor, ask: Ask) -> Result<Moved, KeeperError> {
        self.must_be_admin(actor)?;
        if ask.why.trim().is_empty() {
            return Err(KeeperError::NoReason);
        }
        let mut kept = self.kept.lock().await;
        self.sequencer.place_all().await?;
        self.catch_up(&mut kept).await?;
        let moved = checked(&kept.ledger, ask)?;
        let entries = self.entries(actor, vec![Fact::BoundaryMoved { moved: moved.clone() }])?;
        let entries = engine::seal(self.workspace, &entries)?;
        self.store.commit(Commit { workspace: self.workspace, entries, ..Commit::default() }).await?;
        self.sequencer.place_all().await?;
        self.catch_up(&mut kept).await?;
        Ok(moved)
    }

    /// Switches planted proposals on or off. The announcement is shown to everybody who decides.
    ///
    /// # Errors
    /// When somebody other than an admin asks, or without an announcement.
    pub async fn switch_probes(
        &self,
        actor: &Actor,
        on: bool,
        announcement: String,
    ) -> Result<(), KeeperError> {
        self.must_be_admin(actor)?;
        if announcement.trim().is_empty() {
            return Err(KeeperError::NoAnnouncement);
        }
        self.record(actor, vec![Fact::ProbesSwitched { on, announcement }]).await
    }

    /// Writes facts about the workspace and follows them.
    ///
    /// # Errors
    /// What the store says.
    pub async fn record(&self, actor: &Actor, facts: Vec<Fact>) -> Result<(), KeeperError> {
        let entries = self.entries(actor, facts)?;
        let entries = engine::seal(self.workspace, &entries)?;
        self.store.commit(Commit { workspace: self.workspace, entries, ..Commit::default() }).await?;
        self.now().await?;
        Ok(())
    }

    /// Only an admin may.
    ///
    /// # Errors
    /// For everybody else.
    pub fn must_be_admin(&self, actor: &Actor) -> Result<(), KeeperError> {
        let snapshot = self.shared.snapshot();
        let admin =
            actor.member().and_then(|id| snapshot.member(id)).is_some_and(|who| who.role == Role::Admin);
        if admin { Ok(()) } else { Err(KeeperError::NotAdmin) }
    }
}

/// Whether facts may narrow something, so that the boundary must follow them before anything else happens.
pub fn narrows(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| match &entry.fact {
        Fact::ExceptionReported { ran_at, .. } => ran_at.is_some(),
        Fact::ApprovalDecided { weighed: Some(weighed), .. } => {
            weighed.asked == flow::boundary::Asked::ForAudit && weighed.outcome.is_defect()
        }
        Fact::PlaybookAdopted { .. } => true,
        _ => false,
    })
}

/// What stands for the evidence that an admin saw.
pub fn commitment(id: ProposalId, grounds: &Grounds) -> Commitment {
    let text = format!("{id} {grounds:?}");
    Commitment(Sha256::digest(text.as_bytes()).into())
}

fn checked(ledger: &Ledger, ask: Ask) -> Result<Moved, KeeperError> {
    let Ask { class, segments, how, why, proposal } = ask;
    if ledger.class(&class).is_none() {
        return Err(KeeperError::NoClass(class));
    }
    let known = ledger.settings(&class).segments;
    if let Some(segment) = segments.iter().find(|segment| !known.contains(segment)) {
        let (segment, known) = (segment.clone(), known.join(", "));
        return Err(KeeperError::NoSegment { class, segment, known });
    }
    let mut moved = Moved {
        class,
        segments,
        how,
        why: why.trim().to_owned(),
        proposal: None,
        grounds: None,
        attempt: None,
        because: None,
    };
    if let Some((id, seen)) = proposal {
        let widening = ledger.widening(id).ok_or(KeeperError::Overtaken)?;
        let now = commitment(id, &widening.grounds);
        if seen != Some(now) {
            return Err(KeeperError::Changed(Box::new(now)));
        }
        moved.segments.clone_from(&widening.segments);
        moved.proposal = Some(id);
        moved.grounds = Some(widening.grounds);
    }
    let cannot = |words: &str| Err(KeeperError::Cannot(words.into()));
    match (how, ledger.stands(&moved.class)) {
        (How::Widened | How::Unlocked, Stands::Floor) => {
            cannot("this class is a floor: it is never automated, whatever the evidence")
        }
        (How::Widened, Stands::Locked) => cannot("this class is locked; unlock it first, with a reason"),
        (How::Unlocked, stands) if stands != Stands::Locked => cannot("this class is not locked"),
        (How::Narrowed, stands) if stands != Stands::Automated => cannot("this class does not run by itself"),
        (How::Declined, _) if moved.proposal.is_none() => cannot("only a proposal can be declined"),
        (how, _) if !how.by_hand() => cannot("people widen, narrow, lock, unlock and decline"),
        _ => Ok(moved),
    }
}

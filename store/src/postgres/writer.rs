//! Writing to one workspace: whatever waits is written in one transaction, one fsync for many commits. Nodes take turns
//! by the workspace's lock, and while one waits for its turn its next group grows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use flow::ids::WorkspaceId;
use tokio::sync::{mpsc, oneshot};

use super::commit::{self, Spoilt, Written};
use super::pool::Pool;
use super::watch::Teller;
use crate::prepared::Prepared;
use crate::{Receipt, StoreError};

/// Most commits that may wait; beyond that callers are told to come back later.
const QUEUE: usize = 4_096;
/// Most commits in one transaction.
const GROUP: usize = 256;
/// How long a group is tried again when the database was lost before anything was committed, or somebody was in the way.
const PERSIST: Duration = Duration::from_secs(8);
/// Between two tries.
const AGAIN: Duration = Duration::from_millis(50);

struct Job {
    prepared: Box<Prepared>,
    reply: oneshot::Sender<Result<Receipt, StoreError>>,
}

/// The way to the task that writes to one workspace. Dropped, the task finishes what it was given.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the task.
    pub fn start(workspace: WorkspaceId, pool: Arc<Pool>, teller: Teller) -> Writer {
        let (queue, jobs) = mpsc::channel(QUEUE);
        tokio::spawn(Pen { workspace, pool, teller }.write(jobs));
        Writer { queue }
    }

    /// Hands a commit over and waits until it is on disk.
    pub async fn done(&self, prepared: Prepared) -> Result<Receipt, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Job { prepared: Box::new(prepared), reply }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                StoreError::Unavailable(format!("{QUEUE} commits wait already; try again in a moment"))
            }
            mpsc::error::TrySendError::Closed(_) => {
                StoreError::Unavailable("the writing task has stopped; start the server again".into())
            }
        })?;
        answer.await.map_err(|_| StoreError::Unsure("the writing task stopped before it answered".into()))?
    }
}

struct Pen {
    workspace: WorkspaceId,
    pool: Arc<Pool>,
    teller: Teller,
}

impl Pen {
    async fn write(self, mut jobs: mpsc::Receiver<Job>) {
        let mut group = Vec::with_capacity(GROUP);
        while jobs.recv_many(&mut group, GROUP).await > 0 {
            let prepared: Vec<&Prepared> = group.iter().map(|job| &*job.prepared).collect();
            let written = self.group(&prepared).await;
            self.tell(&prepared, &written);
            let mut answers = written.into_iter().flat_map(|written| written.answers);
            for job in group.drain(..) {
                let lost = || Err(StoreError::Unsure("the writing task lost count of its answers".into()));
                // A caller that went away does not want the answer.
                let _ = job.reply.send(answers.next().unwrap_or_else(lost));
            }
        }
    }

    /// Writes a group; each commit in a transaction of its own when one of them spoils it, or erases what others may be
    /// about to write.
    async fn group(&self, group: &[&Prepared]) -> Vec<Written> {
        let together = group.iter().all(|prepared| prepared.erases().is_none());
        if group.len() == 1 || together {
            match self.persist(group).await {
                Ok(written) => return vec![written],
                Err(Spoilt::Undone(_)) if group.len() > 1 => {}
                Err(spoilt) => return vec![none_of(group, spoilt)],
            }
        }
        let mut written = Vec::with_capacity(group.len());
        for one in group.chunks(1) {
            written.push(self.persist(one).await.unwrap_or_else(|spoilt| none_of(one, spoilt)));
        }
        written
    }

    /// Tries until it is written or refused, or for as long as a failover may take.
    async fn persist(&self, group: &[&Prepared]) -> Result<Written, Spoilt> {
        let end = Instant::now() + PERSIST;
        loop {
            match self.attempt(group).await {
                Err(Spoilt::Undone(fault)) if fault.passing && Instant::now() < end => {
                    tracing::info!(error = %fault.error, commits = group.len(), "writing to the database again");
                    tokio::time::sleep(AGAIN).await;
                }
                other => return other,
            }
        }
    }

    async fn attempt(&self, group: &[&Prepared]) -> Result<Written, Spoilt> {
        let own = self.pool.own().await?;
        let written = commit::write(own.link(), self.workspace, group).await?;
        own.keep();
        Ok(written)
    }

    fn tell(&self, group: &[&Prepared], written: &[Written]) {
        let receipts = written.iter().flat_map(|written| &written.answers);
        let changes: Vec<_> = group
            .iter()
            .zip(receipts)
            .filter(|(_, receipt)| matches!(receipt, Ok(Receipt::Written { .. })))
            .flat_map(|(prepared, _)| prepared.changes())
            .collect();
        for written in written {
            self.teller.own(self.workspace, written.from, written.to);
        }
        self.teller.tell(self.workspace, changes);
    }
}

/// Nothing of a group was written, or nobody knows.
fn none_of(group: &[&Prepared], spoilt: Spoilt) -> Written {
    let error = match spoilt {
        Spoilt::Undone(fault) => fault.error,
        Spoilt::Unsure(error) => error,
    };
    if error != StoreError::Conflict {
        tracing::error!(%error, commits = group.len(), "a group of commits was not written");
    }
    Written { answers: group.iter().map(|_| Err(error.clone())).collect(), from: 0, to: 0 }
}

//! The one thread that writes. It takes whatever waits, does it in one transaction, and answers after that is on disk:
//! one fsync for many commits.

use std::collections::HashMap;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flow::ids::WorkspaceId;
use flow::terms::Workspace;
use rusqlite::Connection;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::commit;
use super::fault::{commit_error, store_error};
use super::{due, sequence, workspace};
use crate::placing::Placement;
use crate::prepared::Prepared;
use crate::{Change, Claim, Receipt, StoreError, Wanted};

/// Most pieces of work that may wait; beyond that callers are told to come back later.
pub(super) const QUEUE: usize = 4_096;
/// Most pieces of work in one transaction.
const GROUP: usize = 256;
/// How long a scrub that came to nothing is left alone.
const SCRUB_REST: Duration = Duration::from_secs(60);

/// Something to be written.
pub(super) enum Work {
    Commit(Box<Prepared>),
    Claim(Wanted),
    Place(Box<Placement>),
    Workspace { name: String, make: WorkspaceId },
}

/// What came of it.
pub(super) enum Done {
    Commit(Receipt),
    Claim(Vec<Claim>),
    Placed,
    Workspace(Workspace),
}

/// Why a piece of work was not done.
pub(super) enum Halt {
    /// It was looked at and refused before anything was written.
    Refused(StoreError),
    /// It went wrong on the way; what it wrote must be undone.
    Broken(StoreError),
}

impl From<rusqlite::Error> for Halt {
    fn from(error: rusqlite::Error) -> Halt {
        Halt::Broken(store_error(&error))
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Halt {
        Halt::Broken(error)
    }
}

struct Job {
    work: Work,
    reply: oneshot::Sender<Result<Done, StoreError>>,
}

/// The way to the writing thread.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub fn start(connection: Connection, changes: broadcast::Sender<Change>) -> Result<Writer, StoreError> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let pen = Pen { connection, changes, numbers: HashMap::new(), scrub_after: None };
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || pen.write(jobs));
        let thread =
            thread.map_err(|error| StoreError::Unavailable(format!("no thread to write with: {error}")))?;
        Ok(Writer { queue: Some(queue), thread: Some(thread) })
    }

    /// Hands work over and waits until it is on disk.
    pub async fn done(&self, work: Work) -> Result<Done, StoreError> {
        let stopped =
            || StoreError::Unavailable("the writing thread has stopped; start the server again".into());
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        let (reply, answer) = oneshot::channel();
        queue.try_send(Job { work, reply }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                StoreError::Unavailable(format!("{QUEUE} commits wait already; try again in a moment"))
            }
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })?;
        answer
            .await
            .map_err(|_| StoreError::Unsure("the writing thread stopped before it answered".into()))?
    }
}

impl Drop for Writer {
    /// Waits for what was handed over, so that the file can be opened again at once.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

/// What the thread writes with.
pub(super) struct Pen {
    pub connection: Connection,
    changes: broadcast::Sender<Change>,
    /// The number of each workspace's next fact, as far as asked for; as of the open transaction.
    pub numbers: HashMap<WorkspaceId, u64>,
    /// Not before then, where the last try to scrub came to nothing.
    scrub_after: Option<Instant>,
}

impl Pen {
    fn write(mut self, mut jobs: mpsc::Receiver<Job>) {
        self.scrub();
        while let Some(first) = jobs.blocking_recv() {
            let mut group = vec![first];
            while group.len() < GROUP {
                match jobs.try_recv() {
                    Ok(job) => group.push(job),
                    Err(_) => break,
                }
            }
            let answers = self.group(&group);
            for (job, answer) in group.into_iter().zip(answers) {
                if let (Work::Commit(prepared), Ok(Done::Commit(Receipt::Written { .. }))) =
                    (&job.work, &answer)
                {
                    for change in prepared.changes() {
                        // Nobody listening is fine.
                        let _ = self.changes.send(change);
                    }
                }
                // A caller that went away does not want the answer.
                let _ = job.reply.send(answer);
            }
            self.scrub();
        }
        // Leaves one tidy file behind; if that fails, the next start reads the log.
        let _ = self.connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// What was erased leaves the file too. Rewriting the file costs a pass over it; so where that fails, for a full disk
    /// or a reader that lingers, not every group after it pays for another try: the next one comes after a while, or at
    /// the next start.
    fn scrub(&mut self) {
        if self.scrub_after.is_some_and(|after| Instant::now() < after) {
            return;
        }
        let scrubbed = commit::is_scrub_due(&self.connection)
            .and_then(|due| if due { commit::scrub(&self.connection).map(Some) } else { Ok(None) });
        match scrubbed {
            Ok(None) => return,
            Ok(Some(true)) => {
                tracing::info!("the file was written anew without what was erased");
                self.scrub_after = None;
                return;
            }
            Ok(Some(false)) => {
                tracing::warn!("a reader keeps what was erased in the file; trying again later")
            }
            Err(error) => tracing::error!(%error, "what was erased is still in the file; trying again later"),
        }
        self.scrub_after = Some(Instant::now() + SCRUB_REST);
    }

    /// Does a group of work in one transaction. Nearly always nothing goes wrong after a piece of work has been looked
    /// at, so the first try goes without savepoints, which cost a copy of every page touched; only when something did
    /// go wrong the group is done once more, each piece on its own savepoint.
    fn group(&mut self, group: &[Job]) -> Vec<Result<Done, StoreError>> {
        let answers = match self.transaction(group, false) {
            Err(Spoilt::Piece) => self.transaction(group, true),
            answers => answers,
        };
        answers.unwrap_or_else(|spoilt| {
            let error = match spoilt {
                Spoilt::Group(error) => error,
                Spoilt::Piece => StoreError::Unavailable("a piece of work spoilt its group twice".into()),
            };
            tracing::error!(%error, pieces = group.len(), "a group of commits was not written");
            group.iter().map(|_| Err(error.clone())).collect()
        })
    }

    fn transaction(
        &mut self,
        group: &[Job],
        savepoints: bool,
    ) -> Result<Vec<Result<Done, StoreError>>, Spoilt> {
        let begun = self.connection.execute_batch("BEGIN IMMEDIATE");
        let answers = begun
            .map_err(|error| Spoilt::Group(store_error(&error)))
            .and_then(|()| group.iter().map(|job| self.piece(&job.work, savepoints)).collect())
            .and_then(|answers: Vec<_>| match self.connection.execute_batch("COMMIT") {
                Ok(()) => Ok(answers),
                Err(error) => Err(Spoilt::Group(commit_error(&error))),
            });
        if answers.is_err() {
            self.numbers.clear();
            if !self.connection.is_autocommit() {
                // If even this fails, the next BEGIN says so.
                let _ = self.connection.execute_batch("ROLLBACK");
            }
        }
        answers
    }

    fn piece(&mut self, work: &Work, savepoint: bool) -> Result<Result<Done, StoreError>, Spoilt> {
        if !savepoint {
            return match self.perform(work) {
                Ok(done) => Ok(Ok(done)),
                Err(Halt::Refused(error)) => Ok(Err(error)),
                Err(Halt::Broken(_)) => Err(Spoilt::Piece),
            };
        }
        let sql = |error: rusqlite::Error| Spoilt::Group(store_error(&error));
        self.connection.execute_batch("SAVEPOINT piece").map_err(sql)?;
        let answer = match self.perform(work) {
            Ok(done) => Ok(done),
            Err(Halt::Refused(error)) => Err(error),
            // Some failures end the whole transaction; then there is no savepoint to go back to.
            Err(Halt::Broken(error)) if self.connection.is_autocommit() => return Err(Spoilt::Group(error)),
            Err(Halt::Broken(error)) => {
                self.connection.execute_batch("ROLLBACK TO piece").map_err(sql)?;
                self.numbers.clear();
                Err(error)
            }
        };
        self.connection.execute_batch("RELEASE piece").map_err(sql)?;
        Ok(answer)
    }

    fn perform(&mut self, work: &Work) -> Result<Done, Halt> {
        match work {
            Work::Commit(prepared) => commit::write(self, prepared).map(Done::Commit),
            Work::Claim(wanted) => due::claim(&self.connection, wanted).map(Done::Claim),
            Work::Place(placement) => sequence::place(&self.connection, placement).map(|()| Done::Placed),
            Work::Workspace { name, make } => {
                workspace::make(&self.connection, name, *make).map(Done::Workspace)
            }
        }
    }
}

/// Why a transaction came to nothing.
enum Spoilt {
    /// One piece of work went wrong; the others may do.
    Piece,
    /// All of it.
    Group(StoreError),
}

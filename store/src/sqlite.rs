//! SQLite: one file, one process, one thread that writes, readers beside it.
//!
//! Durability: `journal_mode=WAL` with `synchronous=FULL`; a commit answers after its group was fsynced. Consistency:
//! each question is answered from one snapshot, and a snapshot taken after a commit answered contains it. A second
//! process is refused by a lock file.

mod ask;
mod bind;
mod commit;
mod due;
mod fault;
mod migrate;
mod open;
mod readers;
mod rebuild;
mod sequence;
mod workspace;
mod writer;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use flow::ids::{FactId, LeadId, WorkspaceId};
use flow::terms::Workspace;
use jiff::Timestamp;
use record::tile::Edge;
use rusqlite::{OptionalExtension, params};
use tokio::sync::{Mutex, broadcast};

use self::fault::store_error;
use self::readers::Readers;
use self::writer::{Done, Work, Writer};
use crate::placing::Next;
use crate::prepared::Prepared;
use crate::{
    Answer, Change, Claim, Commit, Difference, Held, Progress, Question, Queue, Receipt, Signs, Store,
    StoreError, Wanted,
};

/// The database's name in its folder.
pub const FILE: &str = "lockkeeper.db";
/// Page cache of the writing connection.
const WRITER_CACHE_KIB: u32 = 32 * 1_024;
/// Page cache of each reading connection.
const READER_CACHE_KIB: u32 = 2 * 1_024;
/// Changes that a slow listener may be behind before it loses the oldest.
const CHANGES: usize = 4_096;

/// A database in one file (with its write-ahead log beside it).
pub struct Sqlite {
    // Declared in the order of letting go: the writer finishes first, the lock goes last.
    writer: Writer,
    readers: Arc<Readers>,
    changes: broadcast::Sender<Change>,
    /// Each workspace's tree as it was last left; locked while its facts are being placed.
    trees: Mutex<HashMap<WorkspaceId, Arc<Mutex<Option<Edge>>>>>,
    _lock: open::Lock,
}

impl Sqlite {
    /// Opens the database in this folder, making both when they are not there, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when another process has it open or the file cannot be used; [`StoreError::Newer`]
    /// and [`StoreError::Corrupt`] when it is not a database of this release.
    pub async fn open(folder: &Path) -> Result<Sqlite, StoreError> {
        let folder = folder.to_owned();
        let task = tokio::task::spawn_blocking(move || Sqlite::open_file(&folder));
        task.await
            .map_err(|error| StoreError::Unavailable(format!("the database was not opened: {error}")))?
    }

    fn open_file(folder: &Path) -> Result<Sqlite, StoreError> {
        let unavailable = |error| StoreError::Unavailable(format!("`{}`: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(unavailable)?;
        let database = &folder.join(FILE);
        let lock = open::lock(database)?;
        let mut connection = open::writer(database, WRITER_CACHE_KIB)?;
        migrate::migrate(&mut connection)?;
        due::give_back(&connection).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let readers = Readers::open(database, READER_CACHE_KIB)?;
        let (changes, _) = broadcast::channel(CHANGES);
        let writer = Writer::start(connection, changes.clone())?;
        Ok(Sqlite { writer, readers, changes, trees: Mutex::default(), _lock: lock })
    }

    async fn tree(&self, workspace: WorkspaceId) -> Arc<Mutex<Option<Edge>>> {
        Arc::clone(self.trees.lock().await.entry(workspace).or_default())
    }
}

/// The writing thread answered something else than was asked: a defect.
fn mixed_up() -> StoreError {
    StoreError::Unsure("the writing thread mixed up its answers".into())
}

#[async_trait]
impl Store for Sqlite {
    async fn commit(&self, commit: Commit) -> Result<Receipt, StoreError> {
        let prepared = Box::new(Prepared::new(commit)?);
        match self.writer.done(Work::Commit(prepared)).await? {
            Done::Commit(receipt) => Ok(receipt),
            _ => Err(mixed_up()),
        }
    }

    async fn lead(&self, workspace: WorkspaceId, lead: LeadId) -> Result<Option<Held>, StoreError> {
        self.readers.now(|connection| {
            let read = || {
                let mut state = connection
                    .prepare_cached("SELECT version, state FROM states WHERE workspace = ?1 AND lead = ?2")?;
                let key = params![workspace.0.as_bytes().as_slice(), lead.0.as_bytes().as_slice()];
                state
                    .query_row(key, |row| {
                        Ok(Held { version: bind::count(row, 0)?, lead: bind::json(row, 1)? })
                    })
                    .optional()
            };
            read().map_err(|error| store_error(&error))
        })
    }

    async fn ask(&self, workspace: WorkspaceId, question: Question) -> Result<Answer, StoreError> {
        if ask::is_long(&question) {
            self.readers.apart(move |connection| ask::answer(connection, workspace, &question)).await
        } else {
            self.readers.now(|connection| ask::answer(connection, workspace, &question))
        }
    }

    async fn claim(&self, wanted: Wanted) -> Result<Vec<Claim>, StoreError> {
        // Nearly always nothing is due; then there is nothing to write.
        let next = self.readers.now(|connection| {
            due::next_ready(connection, wanted.queue).map_err(|error| store_error(&error))
        })?;
        if next.is_none_or(|ready| ready > wanted.now) || wanted.limit == 0 {
            return Ok(Vec::new());
        }
        match self.writer.done(Work::Claim(wanted)).await? {
            Done::Claim(claims) => Ok(claims),
            _ => Err(mixed_up()),
        }
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.readers.now(|connection| {
            let next = |queue| due::next_ready(connection, queue).map_err(|error| store_error(&error));
            Ok(next(Queue::Outbox)?.into_iter().chain(next(Queue::Timers)?).min())
        })
    }

    async fn has_fact(&self, workspace: WorkspaceId, fact: FactId) -> Result<bool, StoreError> {
        self.readers.now(|connection| {
            let read = || {
                let sql = "SELECT EXISTS (SELECT 1 FROM facts WHERE workspace = ?1 AND fact = ?2)";
                let key = params![workspace.0.as_bytes().as_slice(), fact.0.as_bytes().as_slice()];
                connection.prepare_cached(sql)?.query_row(key, |row| row.get(0))
            };
            read().map_err(|error| store_error(&error))
        })
    }

    async fn sequence(&self, workspace: WorkspaceId, sign: &dyn Signs) -> Result<u64, StoreError> {
        let tree = self.tree(workspace).await;
        let mut tree = tree.lock().await;
        let mut placed = 0;
        loop {
            // Taken, so that an interruption anywhere leaves none and the stored tree is read again.
            let edge = tree.take();
            let pending =
                self.readers.apart(move |connection| sequence::pending(connection, workspace, edge)).await?;
            let pending = match pending {
                Next::Facts(pending) => pending,
                Next::Nothing(edge) => {
                    *tree = Some(edge);
                    return Ok(placed);
                }
            };
            let count = pending.len();
            let (placement, edge) = pending.place(workspace, sign)?;
            match self.writer.done(Work::Place(Box::new(placement))).await? {
                Done::Placed => *tree = Some(edge),
                _ => return Err(mixed_up()),
            }
            placed += count;
        }
    }

    async fn workspace(
        &self,
        name: &str,
        make: Option<WorkspaceId>,
    ) -> Result<Option<Workspace>, StoreError> {
        let found = self
            .readers
            .now(|connection| workspace::find(connection, name).map_err(|error| store_error(&error)))?;
        let Some(make) = make.filter(|_| found.is_none()) else { return Ok(found) };
        match self.writer.done(Work::Workspace { name: name.to_owned(), make }).await? {
            Done::Workspace(workspace) => Ok(Some(workspace)),
            _ => Err(mixed_up()),
        }
    }

    fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    async fn rebuild_check(
        &self,
        workspace: WorkspaceId,
        progress: &dyn Progress,
    ) -> Result<Option<Difference>, StoreError> {
        match rebuild::check(&self.readers, workspace, progress).await? {
            None => crate::note::ledger_check(self, workspace).await,
            found => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests;

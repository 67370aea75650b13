//! PostgreSQL: one database, as many nodes as one likes.
//!
//! Durability: a commit answers after the database said that it is on disk, and with a synchronous standby after that
//! one said so too. Consistency: writers of one workspace take turns by a lock that goes with the transaction, so that
//! facts are numbered without holes and in the order in which they can be read; each question is one statement.
//! Nothing is kept in a session but prepared statements and the ear for notifications, so that a pooler may stand in
//! between: PgBouncer from 1.21 on in transaction mode, with `max_prepared_statements` above zero.

mod address;
mod ask;
mod bind;
mod commit;
mod due;
mod fault;
mod link;
mod migrate;
mod pool;
mod rebuild;
mod sequence;
mod watch;
mod workspace;
mod writer;

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Lock, PoisonError};

use async_trait::async_trait;
use flow::ids::{FactId, LeadId, WorkspaceId};
use flow::terms::Workspace;
use jiff::Timestamp;
use record::tile::Edge;
use tokio::sync::{Mutex, broadcast};
use uuid::Uuid;

use self::address::Address;
use self::ask::Asked;
use self::link::{Step, given};
use self::pool::{Kind, Pool};
use self::watch::{Teller, Watch};
use self::workspace::{BEGIN, RULES};
use self::writer::Writer;
use crate::columns::{count, flag, json};
use crate::prepared::Prepared;
use crate::{
    Answer, Change, Claim, Commit, Difference, Held, Progress, Question, Receipt, Signs, Store, StoreError,
    Wanted,
};

/// A node's way to a PostgreSQL database.
pub struct Postgres {
    /// This node among those on the same database.
    node: Uuid,
    pool: Arc<Pool>,
    teller: Teller,
    writers: Lock<HashMap<WorkspaceId, Writer>>,
    /// Each workspace's tree as this node last left it; locked while its facts are being placed.
    trees: Mutex<HashMap<WorkspaceId, Arc<Mutex<Option<Edge>>>>>,
    _watch: Watch,
}

impl Postgres {
    /// Connects to the database that a `postgres://` URL names, and brings its schema up to date. Several hosts may be
    /// named, with `target_session_attrs=read-write`, to follow a failover. `sslmode` is `disable` or `verify-full`;
    /// the latter by itself for a database on another machine.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be reached; [`StoreError::Newer`] and [`StoreError::Corrupt`] when it
    /// is not a database of this release.
    pub async fn open(url: &str) -> Result<Postgres, StoreError> {
        let pool = Arc::new(Pool::new(Address::parse(url)?));
        let own = pool.own().await?;
        migrate::migrate(own.link()).await?;
        own.keep();
        let node = Uuid::now_v7();
        let (teller, watch) = watch::start(Arc::clone(&pool), node);
        Ok(Postgres { node, pool, teller, writers: Lock::default(), trees: Mutex::default(), _watch: watch })
    }

    fn writer(&self, workspace: WorkspaceId) -> Writer {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || Writer::start(workspace, Arc::clone(&self.pool), self.teller.clone());
        writers.entry(workspace).or_insert_with(start).clone()
    }

    async fn tree(&self, workspace: WorkspaceId) -> Arc<Mutex<Option<Edge>>> {
        Arc::clone(self.trees.lock().await.entry(workspace).or_default())
    }

    async fn found(&self, name: &str) -> Result<Option<Workspace>, StoreError> {
        workspace::read(&self.pool.ask(Kind::Short, workspace::find(name)).await?)
    }

    /// Changes of this workspace are told from now on.
    async fn follow(&self, workspace: WorkspaceId) -> Result<(), StoreError> {
        let next = Step::new(
            "SELECT coalesce((SELECT max(number) + 1 FROM facts WHERE workspace = $1), 0)",
            given![workspace.0],
        );
        let rows = self.pool.ask(Kind::Short, next).await?;
        let next = rows.first().map(|row| count(row, 0)).transpose()?.unwrap_or(0);
        self.teller.follow(workspace, next);
        Ok(())
    }
}

#[async_trait]
impl Store for Postgres {
    async fn commit(&self, commit: Commit) -> Result<Receipt, StoreError> {
        let writer = self.writer(commit.workspace);
        writer.done(Prepared::new(commit)?).await
    }

    async fn lead(&self, workspace: WorkspaceId, lead: LeadId) -> Result<Option<Held>, StoreError> {
        let sql = "SELECT version, state FROM states WHERE workspace = $1 AND lead = $2";
        let rows = self.pool.ask(Kind::Short, Step::new(sql, given![workspace.0, lead.0])).await?;
        rows.first().map(|row| Ok(Held { version: count(row, 0)?, lead: json(row, 1)? })).transpose()
    }

    async fn ask(&self, workspace: WorkspaceId, question: Question) -> Result<Answer, StoreError> {
        Asked { pool: &self.pool, workspace }.answer(&question).await
    }

    async fn claim(&self, wanted: Wanted) -> Result<Vec<Claim>, StoreError> {
        if wanted.limit == 0 {
            return Ok(Vec::new());
        }
        let rows = self.pool.ask(Kind::Short, due::claim(&wanted, self.node)).await?;
        due::read_claims(wanted.queue, &rows)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        due::read_next(&self.pool.ask(Kind::Short, due::next()).await?)
    }

    /// Waits for whoever is writing at this moment: a commit whose answer was lost may still be on its way, and after
    /// that it is there or will never be.
    async fn has_fact(&self, workspace: WorkspaceId, fact: FactId) -> Result<bool, StoreError> {
        let own = self.pool.own().await?;
        let steps = [
            Step::plain(BEGIN),
            Step::plain(RULES),
            workspace::Lock::Facts.wait(workspace),
            Step::new(
                "SELECT EXISTS (SELECT 1 FROM facts WHERE workspace = $1 AND fact = $2)",
                given![workspace.0, fact.0],
            ),
            Step::plain("COMMIT"),
        ];
        let answers = own.link().flight(&steps).await?;
        own.keep();
        let found = answers.get(3).and_then(|rows| rows.first()).map(|row| flag(row, 0)).transpose()?;
        Ok(found.unwrap_or(false))
    }

    async fn sequence(&self, workspace: WorkspaceId, sign: &dyn Signs) -> Result<u64, StoreError> {
        let tree = self.tree(workspace).await;
        let mut tree = tree.lock().await;
        let mut placed = 0;
        loop {
            let waiting = self.pool.ask(Kind::Short, sequence::waiting(workspace)).await?;
            if !waiting.first().map(|row| flag(row, 0)).transpose()?.unwrap_or(false) {
                return Ok(placed);
            }
            let own = self.pool.own().await?;
            // Taken, so that an interruption anywhere leaves none and the stored tree is read again.
            let (count, edge) = sequence::place(own.link(), workspace, tree.take(), sign).await?;
            own.keep();
            *tree = Some(edge);
            placed += count;
        }
    }

    async fn workspace(
        &self,
        name: &str,
        make: Option<WorkspaceId>,
    ) -> Result<Option<Workspace>, StoreError> {
        let mut found = self.found(name).await?;
        if let (None, Some(id)) = (&found, make) {
            let own = self.pool.own().await?;
            own.link().one(&workspace::make(name, id)).await?;
            own.keep();
            found = self.found(name).await?;
        }
        if let Some(workspace) = &found {
            self.follow(workspace.id).await?;
        }
        Ok(found)
    }

    fn changes(&self) -> broadcast::Receiver<Change> {
        self.teller.listen()
    }

    async fn rebuild_check(
        &self,
        workspace: WorkspaceId,
        progress: &dyn Progress,
    ) -> Result<Option<Difference>, StoreError> {
        match rebuild::check(&self.pool, workspace, progress).await? {
            None => crate::note::ledger_check(self, workspace).await,
            found => Ok(found),
        }
    }
}

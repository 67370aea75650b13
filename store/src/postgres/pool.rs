//! The connections of one node. Questions are single statements, so that many share a connection and are answered one
//! after the other; whoever needs a transaction has a connection alone, and one that was not given back as it was taken
//! is closed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio_postgres::Row;

use super::address::Address;
use super::fault::Fault;
use super::link::{Link, Step};
use crate::StoreError;

/// Connections for short questions.
const SHORT: usize = 3;
/// Connections for long questions, so that the short ones do not wait behind them.
const LONG: usize = 2;
/// Connections for transactions; more of them wait their turn.
const OWN: usize = 6;
/// How long somebody waits for a database that is restarting or failing over.
const FAILOVER: Duration = Duration::from_secs(8);
/// Between two attempts to connect.
const AGAIN: Duration = Duration::from_millis(100);

/// What a question needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A few rows by key.
    Short,
    /// Lists, counts and scans.
    Long,
}

/// All connections of a node but the listening one.
pub(super) struct Pool {
    pub address: Address,
    short: [Mutex<Option<Arc<Link>>>; SHORT],
    long: [Mutex<Option<Arc<Link>>>; LONG],
    next: AtomicUsize,
    idle: Lock<Vec<Link>>,
    turns: Semaphore,
}

impl Pool {
    /// A pool without connections; each is made when it is first needed.
    pub fn new(address: Address) -> Pool {
        Pool {
            address,
            short: Default::default(),
            long: Default::default(),
            next: AtomicUsize::new(0),
            idle: Lock::default(),
            turns: Semaphore::new(OWN),
        }
    }

    /// Asks one question, on another connection if the first is lost.
    pub async fn ask(&self, kind: Kind, step: Step<'_>) -> Result<Vec<Row>, StoreError> {
        let end = Instant::now() + FAILOVER;
        loop {
            let link = self.shared(kind).await?;
            match link.one(&step).await {
                Ok(rows) => return Ok(rows),
                Err(fault) => {
                    if fault.lost {
                        self.forget(kind, &link).await;
                    }
                    if !fault.passing || Instant::now() > end {
                        return Err(fault.error);
                    }
                    tracing::info!(error = %fault.error, "asking the database again");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    /// A connection for a transaction.
    pub async fn own(&self) -> Result<Own<'_>, StoreError> {
        let closed = |_| StoreError::Unavailable("the database is being closed".into());
        let turn = self.turns.acquire().await.map_err(closed)?;
        let kept = loop {
            match self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
                Some(link) if link.is_closed() => {}
                other => break other,
            }
        };
        let link = match kept {
            Some(link) => link,
            None => self.connected().await?,
        };
        Ok(Own { pool: self, link, _turn: turn })
    }

    /// Connects, for as long as a failover may take.
    pub async fn connected(&self) -> Result<Link, StoreError> {
        let end = Instant::now() + FAILOVER;
        loop {
            match Link::open(&self.address, None).await {
                Ok(link) => return Ok(link),
                Err(Fault { passing: true, .. }) if Instant::now() < end => tokio::time::sleep(AGAIN).await,
                Err(fault) => return Err(fault.error),
            }
        }
    }

    fn slots(&self, kind: Kind) -> &[Mutex<Option<Arc<Link>>>] {
        match kind {
            Kind::Short => &self.short,
            Kind::Long => &self.long,
        }
    }

    async fn shared(&self, kind: Kind) -> Result<Arc<Link>, StoreError> {
        let slots = self.slots(kind);
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % slots.len();
        let mut slot =
            slots.get(turn).ok_or_else(|| StoreError::Value("no connections".into()))?.lock().await;
        match &*slot {
            Some(link) if !link.is_closed() => Ok(Arc::clone(link)),
            _ => Ok(Arc::clone(slot.insert(Arc::new(self.connected().await?)))),
        }
    }

    /// Nobody is to take this connection any more.
    async fn forget(&self, kind: Kind, lost: &Arc<Link>) {
        for slot in self.slots(kind) {
            let mut slot = slot.lock().await;
            if slot.as_ref().is_some_and(|link| Arc::ptr_eq(link, lost)) {
                *slot = None;
            }
        }
    }
}

/// A connection that one piece of work has alone. Dropped, it is closed; [`Own::keep`] gives it back instead.
pub(super) struct Own<'a> {
    pool: &'a Pool,
    link: Link,
    _turn: SemaphorePermit<'a>,
}

impl Own<'_> {
    /// The connection.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Gives it back for others: no transaction is open on it.
    pub fn keep(self) {
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.link);
    }
}

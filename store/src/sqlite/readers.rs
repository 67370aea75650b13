//! Connections that read. Short questions are answered on the caller's own thread: a few rows by key take less time
//! than handing the question to another thread would. Long ones go to threads that may block.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::open;
use crate::StoreError;

/// Connections for short questions.
const SHORT: usize = 4;
/// Connections for long questions; more of them wait their turn.
const LONG: usize = 3;

/// All reading connections.
pub(super) struct Readers {
    short: Vec<Mutex<Connection>>,
    long: Vec<Mutex<Connection>>,
    turns: Semaphore,
    next: AtomicUsize,
}

impl Readers {
    /// Opens them.
    pub fn open(database: &Path, cache_kib: u32) -> Result<Arc<Readers>, StoreError> {
        let some = |count: usize| -> Result<Vec<_>, StoreError> {
            (0..count).map(|_| open::reader(database, cache_kib).map(Mutex::new)).collect()
        };
        let turns = Semaphore::new(LONG);
        Ok(Arc::new(Readers { short: some(SHORT)?, long: some(LONG)?, turns, next: AtomicUsize::new(0) }))
    }

    /// Answers a short question here and now.
    pub fn now<T>(&self, ask: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        ask(&free(&self.short, self.next.fetch_add(1, Ordering::Relaxed)))
    }

    /// Answers a long question on a thread that may block.
    pub async fn apart<T: Send + 'static>(
        self: &Arc<Self>,
        ask: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = |_| StoreError::Unavailable("the database is being closed".into());
        let _turn = self.turns.acquire().await.map_err(closed)?;
        let readers = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || ask(&free(&readers.long, 0)));
        task.await
            .map_err(|error| StoreError::Unavailable(format!("a question was not answered: {error}")))?
    }
}

/// A connection that nobody uses, else the next one that gets free.
fn free(connections: &[Mutex<Connection>], from: usize) -> MutexGuard<'_, Connection> {
    let count = connections.len();
    let at = |nth: usize| &connections[(from + nth) % count];
    // A reader that panicked left no harm behind: its connection only reads.
    (0..count)
        .find_map(|nth| at(nth).try_lock().ok())
        .unwrap_or_else(|| at(0).lock().unwrap_or_else(PoisonError::into_inner))
}

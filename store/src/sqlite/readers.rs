//! Connections that read. Short questions are answered on the caller's own thread: a few rows by key take less time
//! than handing the question to another thread would. Long ones go to threads that may block.

use std::path::Path;
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
}

impl Readers {
    /// Opens them.
    pub fn open(database: &Path, cache_kib: u32) -> Result<Arc<Readers>, StoreError> {
        let some = |count: usize| -> Result<Vec<_>, StoreError> {
            (0..count).map(|_| open::reader(database, cache_kib).map(Mutex::new)).collect()
        };
        let turns = Semaphore::new(LONG);
        Ok(Arc::new(Readers { short: some(SHORT)?, long: some(LONG)?, turns }))
    }

    /// Answers a short question here and now.
    pub fn now<T>(&self, ask: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        ask(&free(&self.short))
    }

    /// Answers a long question on a thread that may block.
    pub async fn apart<T: Send + 'static>(
        self: &Arc<Self>,
        ask: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = |_| StoreError::Unavailable("the database is being closed".into());
        let _turn = self.turns.acquire().await.map_err(closed)?;
        let readers = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || ask(&free(&readers.long)));
        task.await
            .map_err(|error| StoreError::Unavailable(format!("a question was not answered: {error}")))?
    }
}

/// The first connection that nobody uses, else the first one when it gets free. Always in the same order: few connections
/// that are used often keep in memory what was read last, where many used in turn would each read it again.
fn free(connections: &[Mutex<Connection>]) -> MutexGuard<'_, Connection> {
    // A reader that panicked left no harm behind: its connection only reads.
    let waited = || connections[0].lock().unwrap_or_else(PoisonError::into_inner);
    connections.iter().find_map(|connection| connection.try_lock().ok()).unwrap_or_else(waited)
}

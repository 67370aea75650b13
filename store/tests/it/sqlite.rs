//! SQLite: conformance, and what only a file can suffer.

mod crash;
mod file;
mod planted;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use flow::ids::WorkspaceId;
use jiff::Timestamp;
use rusqlite::Connection;
use store::Store;
use store::conformance::story::{Story, person};
use store::conformance::{self, Backend};
use store::sqlite::{FILE, Sqlite};
use tempfile::TempDir;
use uuid::Uuid;

/// A folder that goes when it is no longer needed.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(TempDir::new().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self) -> PathBuf {
        self.path().join(FILE)
    }

    /// Changes the closed database behind the store's back.
    fn meddle(&self, sql: &str) -> usize {
        Connection::open(self.file()).unwrap().execute(sql, []).unwrap()
    }

    async fn sqlite(&self) -> Sqlite {
        let store = Sqlite::open(self.path()).await.unwrap();
        store.workspace("acme", Some(workspace())).await.unwrap();
        store
    }
}

#[async_trait]
impl Backend for Folder {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(Sqlite::open(self.path()).await.unwrap())
    }
}

fn workspace() -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(0x0192_7c5e_8f4a_7cc2_9d7a_0242_ac12_0002))
}

fn now() -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap()
}

/// A usual capture, the same for the same number.
fn usual(number: u64) -> Story {
    let owner = flow::ids::MemberId(Uuid::from_u128(7));
    Story::usual(workspace(), number, now(), person("Ana López", "ana@example.com"), owner)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_keeps_every_promise_of_the_port() {
    conformance::all(Folder::new).await;
}

//! What needs a hand on the writing connection: a disk that is full, a connection that fails.

use std::path::Path;
use std::sync::Arc;

use flow::ids::{MemberId, WorkspaceId};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::broadcast;
use uuid::Uuid;

use super::writer::{Done, Work, Writer};
use super::*;
use crate::conformance::story::{Story, person};
use crate::prepared::Prepared;

fn workspace() -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(0x0192_7c5e_8f4a_7cc2_9d7a_0242_ac12_0002))
}

fn usual(number: u64) -> Story {
    let now = Timestamp::from_second(1_795_000_000).unwrap();
    let owner = MemberId(Uuid::from_u128(7));
    Story::usual(workspace(), number, now, person("Ana López", "ana@example.com"), owner)
}

/// A writer on a disk with room for so many more pages.
fn cramped(folder: &Path, pages: i64) -> Writer {
    let mut connection = open::writer(&folder.join(FILE), 1_024).unwrap();
    migrate::migrate(&mut connection).unwrap();
    let used: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    connection.pragma_update(None, "max_page_count", used + pages).unwrap();
    Writer::start(connection, broadcast::channel(16).0).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_to_each_caller_and_keeps_what_was_answered() {
    let folder = TempDir::new().unwrap();
    drop(Sqlite::open(folder.path()).await.unwrap());
    let writer = Arc::new(cramped(folder.path(), 60));
    let make = Work::Workspace { name: "acme".into(), make: workspace() };
    writer.done(make).await.unwrap();
    let calls: Vec<_> = (0..100)
        .map(|number| {
            let writer = writer.clone();
            let prepared = Box::new(Prepared::new(usual(number).commit()).unwrap());
            tokio::spawn(async move { (number, writer.done(Work::Commit(prepared)).await) })
        })
        .collect();
    let (mut written, mut refused) = (Vec::new(), Vec::new());
    for call in calls {
        match call.await.unwrap() {
            (number, Ok(Done::Commit(_))) => written.push(number),
            (number, Err(StoreError::Full(_))) => refused.push(number),
            (number, Err(error)) => panic!("{number}: {error}"),
            (number, Ok(_)) => panic!("{number}: another answer"),
        }
    }
    assert!(
        !written.is_empty() && !refused.is_empty(),
        "{} written, {} refused",
        written.len(),
        refused.len()
    );
    drop(writer);

    // Somebody made room.
    let store = Sqlite::open(folder.path()).await.unwrap();
    for number in written {
        assert!(store.lead(workspace(), usual(number).id).await.unwrap().is_some(), "{number} was answered");
    }
    for number in refused {
        assert!(store.lead(workspace(), usual(number).id).await.unwrap().is_none(), "{number} was refused");
        store.commit(usual(number).commit()).await.unwrap();
    }
}

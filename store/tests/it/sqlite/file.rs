//! A file that is not ours, too new, damaged, in use, or held by another program.

use std::sync::Arc;

use flow::ids::WorkspaceId;
use rusqlite::Connection;
use store::sqlite::Sqlite;
use store::{Question, Store, StoreError};
use uuid::Uuid;

use super::{Folder, usual, workspace};

async fn refusal(folder: &Folder) -> StoreError {
    match Sqlite::open(folder.path()).await {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn one_process_at_a_time_and_the_next_one_after_it() {
    let folder = Folder::new();
    let first = folder.sqlite().await;
    let refused = refusal(&folder).await;
    let StoreError::Unavailable(why) = &refused else { panic!("{refused}") };
    assert!(why.contains("in use") && why.contains(&std::process::id().to_string()), "{why}");
    drop(first);
    folder.sqlite().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let folder = Folder::new();
    drop(folder.sqlite().await);
    folder.meddle("PRAGMA user_version = 99");
    assert!(matches!(refusal(&folder).await, StoreError::Newer { found: 99, .. }));
    let version: i64 = Connection::open(folder.file())
        .unwrap()
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, 99);
}

#[tokio::test]
async fn another_program_s_file_is_refused_and_left_alone() {
    let folder = Folder::new();
    folder.meddle("CREATE TABLE theirs (a)");
    assert!(matches!(refusal(&folder).await, StoreError::Corrupt(_)));
    assert_eq!(folder.meddle("INSERT INTO theirs VALUES (1)"), 1);

    let folder = Folder::new();
    std::fs::write(
        folder.file(),
        "a shopping list, and a long one, so that it fills more than a header of bytes",
    )
    .unwrap();
    assert!(matches!(refusal(&folder).await, StoreError::Corrupt(_)));
}

#[tokio::test]
async fn a_schema_made_from_other_steps_is_refused() {
    let folder = Folder::new();
    drop(folder.sqlite().await);
    folder.meddle("UPDATE migrations SET sha256 = x'00'");
    let refused = refusal(&folder).await;
    let StoreError::Corrupt(why) = &refused else { panic!("{refused}") };
    assert!(why.contains("0001_begin"), "{why}");
    folder.meddle("DELETE FROM migrations");
    assert!(matches!(refusal(&folder).await, StoreError::Corrupt(_)));
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    let file = folder.path().join("plain");
    std::fs::write(&file, "x").unwrap();
    match Sqlite::open(&file.join("data")).await {
        Err(StoreError::Unavailable(why)) => assert!(why.contains("plain"), "{why}"),
        _ => panic!("a file is no folder"),
    }
}

#[tokio::test]
async fn damage_is_said_and_nothing_panics() {
    let folder = Folder::new();
    let store = folder.sqlite().await;
    for number in 0..50 {
        store.commit(usual(number).commit()).await.unwrap();
    }
    drop(store);
    let mut bytes = std::fs::read(folder.file()).unwrap();
    let beyond_the_schema = 16 * 8_192;
    bytes[beyond_the_schema..].fill(0xA5);
    std::fs::write(folder.file(), bytes).unwrap();
    let store = match Sqlite::open(folder.path()).await {
        Ok(store) => store,
        Err(error) => return assert!(matches!(error, StoreError::Corrupt(_)), "{error}"),
    };
    let mut damaged = 0;
    for number in 0..50 {
        match store.lead(workspace(), usual(number).id).await {
            Ok(_) => {}
            Err(StoreError::Corrupt(_)) => damaged += 1,
            Err(error) => panic!("{error}"),
        }
        match store.commit(usual(100 + number).commit()).await {
            Ok(_) => {}
            Err(StoreError::Corrupt(_)) => damaged += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(damaged > 0);
}

/// Somebody else holds the file, so nothing is written: the queue fills up, and who comes then is told at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_at_once_and_recovers() {
    let folder = Folder::new();
    let store = Arc::new(folder.sqlite().await);
    let other = Connection::open(folder.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let calls: Vec<_> = (0..6_000_u128)
        .map(|number| {
            let store = store.clone();
            let make = Some(WorkspaceId(Uuid::from_u128(number)));
            tokio::spawn(async move { store.workspace(&format!("w{number}"), make).await })
        })
        .collect();
    let refused = tokio::spawn(async move {
        let (mut refused, mut made) = (0, 0);
        // The last ones find the queue full; they are answered while the first ones still wait.
        for call in calls.into_iter().rev() {
            match call.await.unwrap() {
                Err(StoreError::Unavailable(why)) if why.contains("wait already") => refused += 1,
                Ok(_) => made += 1,
                Err(error) => panic!("{error}"),
            }
            if refused == 1 {
                other.execute_batch("ROLLBACK").unwrap();
            }
        }
        (refused, made)
    });
    let (refused, made) = refused.await.unwrap();
    assert!(refused > 1_000 && made > 4_000, "{refused} refused, {made} made");
    store.commit(usual(1).commit()).await.unwrap();
    assert!(store.ask(workspace(), Question::Members).await.is_ok());
}

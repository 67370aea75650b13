//! One suite that proves any backend: what [`Store`] promises, said as examples. It panics where a backend breaks a
//! promise, with the promise's name in the backtrace.
//!
//! Everything is told through the port, so that nothing here knows tables. Times are given, nothing waits.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a suite of tests")]

pub mod cluster;
pub mod story;

mod alike;
mod apart;
mod commits;
mod desk;
mod due;
mod erasing;
mod leads;
mod people;
mod placing;
mod rebuilding;

use std::sync::Arc;

use async_trait::async_trait;
use flow::ids::{Mint, WorkspaceId};
use jiff::Timestamp;

use crate::{Answer, Question, Store};

/// A place where a backend keeps its data: empty at first, opened as often as wanted, once at a time.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Opens it, with whatever was written before.
    async fn open(&self) -> Arc<dyn Store>;
}

/// Proves a backend. `make` gives a new, empty place each time.
pub async fn all<B: Backend>(make: impl Fn() -> B) {
    commits::all(&make).await;
    alike::all(&make).await;
    due::all(&make).await;
    leads::all(&make).await;
    desk::all(&make).await;
    people::all(&make).await;
    placing::all(&make).await;
    apart::all(&make).await;
    rebuilding::all(&make).await;
    erasing::all(&make).await;
}

/// An opened place with one workspace.
struct Bench {
    store: Arc<dyn Store>,
    workspace: WorkspaceId,
}

impl Bench {
    async fn new(backend: &dyn Backend) -> Bench {
        let store = backend.open().await;
        let made = store.workspace("acme", Some(id(1))).await.unwrap().unwrap();
        Bench { store, workspace: made.id }
    }

    async fn ask(&self, question: Question) -> Answer {
        self.store.ask(self.workspace, question).await.unwrap()
    }
}

/// Takes the part out of an answer that its question asks for.
macro_rules! answer {
    ($bench:expr, $question:expr, $($variant:ident)::+) => {
        match $bench.ask($question).await {
            $($variant)::+(value) => value,
            other => panic!("asked for something else: {other:?}"),
        }
    };
}
use answer;

/// A made-up id, the same for the same number.
fn id<T: From<uuid::Uuid>>(number: u64) -> T {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    Mint::new(seed, at(0)).id()
}

/// So many seconds after the beginning of all examples.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + seconds).unwrap()
}

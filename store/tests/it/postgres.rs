//! PostgreSQL: conformance on a real server, each place a database of its own.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use store::Store;
use store::conformance::cluster::fresh_database;
use store::conformance::{self, Backend};
use store::postgres::Postgres;

/// A database that nobody else has, made when it is first opened.
#[derive(Default)]
struct Place(OnceLock<String>);

impl Place {
    fn url(&self) -> &str {
        self.0.get_or_init(fresh_database)
    }

    async fn postgres(&self) -> Postgres {
        Postgres::open(self.url()).await.unwrap()
    }
}

#[async_trait]
impl Backend for Place {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.postgres().await)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_keeps_every_promise_of_the_port() {
    conformance::all(Place::default).await;
}

//! A PostgreSQL for tests: the one that `LOCKKEEPER_TEST_POSTGRES` names, else a private one that `bin/postgres` starts
//! once for the whole process and that stops when the process ends, however that comes about. Without either, tests
//! fail; they never pass by being skipped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::NoTls;

/// Names the database to make others in.
pub const URL: &str = "LOCKKEEPER_TEST_POSTGRES";

/// The URL, and the private server, which lives for as long as somebody could write to it.
static SERVER: OnceLock<(String, Option<Child>)> = OnceLock::new();

/// The server's URL, that of a database which exists.
pub fn url() -> &'static str {
    let (url, _) = SERVER.get_or_init(|| match std::env::var(URL) {
        Ok(url) => (url, None),
        Err(_) => {
            let mut server = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../bin/postgres"))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("bin/postgres can be run");
            let mut url = String::new();
            BufReader::new(server.stdout.take().unwrap()).read_line(&mut url).unwrap();
            assert!(!url.trim().is_empty(), "PostgreSQL did not start");
            (url.trim().to_owned(), Some(server))
        }
    });
    url
}

/// Makes a database that nobody else has, and gives its URL.
pub fn fresh_database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    run(format!("CREATE DATABASE {name}"));
    sibling(&name)
}

/// The URL of another database of the same server.
pub fn sibling(name: &str) -> String {
    let (server, _) = url().rsplit_once('/').expect("the URL names a database");
    format!("{server}/{name}")
}

/// Runs SQL as whoever the server's URL names.
pub fn run(sql: String) {
    run_in(url().to_owned(), sql);
}

/// Runs SQL in the database of this URL.
pub fn run_in(url: String, sql: String) {
    // On a thread of its own, so that it may be called from anywhere.
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        });
    });
    thread.join().unwrap();
}

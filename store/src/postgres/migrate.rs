//! Brings the schema up to date: one node at a time, all steps in one transaction.

use super::bind;
use super::fault::Fault;
use super::link::{Link, Step, given};
use crate::StoreError;
use crate::columns::{bytes, count, string};
use crate::migrations::{self, Migration};

/// All steps; the first brings the schema to version 1.
const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_begin", sql: include_str!("../../migrations/postgres/0001_begin.sql") },
    Migration { name: "0002_matching", sql: include_str!("../../migrations/postgres/0002_matching.sql") },
    Migration { name: "0003_fact_actor", sql: include_str!("../../migrations/postgres/0003_fact_actor.sql") },
    Migration { name: "0004_cosigned", sql: include_str!("../../migrations/postgres/0004_cosigned.sql") },
    Migration { name: "0005_ledgers", sql: include_str!("../../migrations/postgres/0005_ledgers.sql") },
];

/// The lock that one migrating node holds: "Lkpr" in ASCII.
const LOCK: i64 = 0x4c6b_7072;

const MADE: &str = "CREATE TABLE IF NOT EXISTS lockkeeper_migrations (
    number bigint NOT NULL PRIMARY KEY,
    name   text NOT NULL,
    sha256 bytea NOT NULL
)";

/// Makes the schema, or brings it up to date.
///
/// # Errors
/// [`StoreError::Newer`] for a schema of a newer release; [`StoreError::Corrupt`] for one that was made by other steps
/// than these, or whose tables are another program's; [`StoreError::Unavailable`] for a database that cannot hold
/// every text.
pub(super) async fn migrate(link: &Link) -> Result<(), StoreError> {
    let steps = [
        Step::plain("BEGIN"),
        Step::new("SELECT pg_advisory_xact_lock($1)", given![LOCK]),
        Step::plain("SHOW server_encoding"),
        Step::plain("SET LOCAL client_min_messages = 'warning'"),
    ];
    let answers = link.flight(&steps).await?;
    let encoding = answers.get(2).and_then(|rows| rows.first()).map(|row| string(row, 0)).transpose()?;
    if encoding.as_deref() != Some("UTF8") {
        return Err(StoreError::Unavailable(format!(
            "its encoding is {}; make the database anew with `ENCODING 'UTF8'`",
            encoding.unwrap_or_default()
        )));
    }
    link.script(MADE).await?;
    let rows =
        link.one(&Step::plain("SELECT number, sha256 FROM lockkeeper_migrations ORDER BY number")).await?;
    let found = rows.iter().map(|row| count(row, 0)).max_by_key(|number| number.clone().unwrap_or(0));
    let found = found.transpose()?.map_or(0, |last| last as usize + 1);
    migrations::known(found, MIGRATIONS)?;
    for (number, migration) in MIGRATIONS.iter().enumerate() {
        if number < found {
            let digest = rows.get(number).map(|row| bytes(row, 1)).transpose()?;
            migration.check(digest.as_deref())?;
        } else {
            link.script(migration.sql).await.map_err(|fault| applying(migration, fault))?;
            let remember = "INSERT INTO lockkeeper_migrations (number, name, sha256) VALUES ($1, $2, $3)";
            let row = given![bind::int(number as u64)?, migration.name, migration.digest()];
            link.one(&Step::new(remember, row)).await?;
        }
    }
    link.script("COMMIT").await?;
    Ok(())
}

fn applying(migration: &Migration, fault: Fault) -> StoreError {
    match fault.error {
        StoreError::Value(why) => StoreError::Corrupt(format!("step {}: {why}", migration.name)),
        error => error,
    }
}

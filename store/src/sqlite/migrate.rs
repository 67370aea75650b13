//! Brings the schema up to date: numbered files, each applied once, in one transaction, remembered with its digest.

use rusqlite::{Connection, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::bind;
use super::fault::store_error;
use crate::StoreError;

/// "Lkpr" in ASCII: marks a database file as ours.
const APPLICATION_ID: i32 = 0x4c6b_7072;

/// One step of the schema.
struct Migration {
    name: &'static str,
    sql: &'static str,
}

/// All steps; the first brings the schema to version 1.
const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_begin", sql: include_str!("../../migrations/sqlite/0001_begin.sql") },
    Migration { name: "0002_erasure", sql: include_str!("../../migrations/sqlite/0002_erasure.sql") },
];

/// Makes the schema, or brings it up to date.
///
/// # Errors
/// [`StoreError::Newer`] for a schema of a newer release; [`StoreError::Corrupt`] for a file that is another program's,
/// or whose schema was made by other steps than these.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let sql = |error: rusqlite::Error| store_error(&error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
    let found = whose(&transaction).map_err(sql)??;
    let known = MIGRATIONS.len();
    if found > known {
        return Err(StoreError::Newer { found: found as u32, known: known as u32 });
    }
    if found == 0 {
        transaction.execute_batch(MADE).map_err(sql)?;
    }
    for (number, migration) in MIGRATIONS.iter().enumerate() {
        let digest = Sha256::digest(migration.sql);
        if number < found {
            check(&transaction, number, migration, &digest)?;
        } else {
            transaction.execute_batch(migration.sql).map_err(sql)?;
            let remember = "INSERT INTO migrations (number, name, sha256) VALUES (?1, ?2, ?3)";
            transaction
                .execute(remember, params![bind::limit(number), migration.name, digest.as_slice()])
                .map_err(sql)?;
        }
    }
    transaction.pragma_update(None, "user_version", bind::limit(known)).map_err(sql)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(sql)?;
    transaction.commit().map_err(sql)
}

const MADE: &str = "CREATE TABLE migrations (
    number INTEGER NOT NULL PRIMARY KEY,
    name   TEXT NOT NULL,
    sha256 BLOB NOT NULL
) STRICT, WITHOUT ROWID";

/// How many steps were applied, if the file is ours or empty.
fn whose(connection: &Connection) -> rusqlite::Result<Result<usize, StoreError>> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == i64::from(APPLICATION_ID) {
        return Ok(usize::try_from(version)
            .map_err(|_| StoreError::Corrupt(format!("its schema version is {version}"))));
    }
    if application == 0 && version == 0 && tables == 0 {
        return Ok(Ok(0));
    }
    Ok(Err(StoreError::Corrupt("the file holds another program's tables".into())))
}

fn check(
    connection: &Connection,
    number: usize,
    migration: &Migration,
    digest: &[u8],
) -> Result<(), StoreError> {
    let applied: Vec<u8> = connection
        .query_row("SELECT sha256 FROM migrations WHERE number = ?1", [bind::limit(number)], |row| row.get(0))
        .map_err(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => StoreError::Corrupt(format!(
                "it does not say how step {} of its schema was made",
                migration.name
            )),
            error => store_error(&error),
        })?;
    if applied == digest {
        return Ok(());
    }
    Err(StoreError::Corrupt(format!(
        "step {} of its schema was made from another text than this release's",
        migration.name
    )))
}

//! Brings the schema up to date: numbered files, each applied once, in one transaction, remembered with its digest.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::bind;
use super::fault::store_error;
use crate::StoreError;
use crate::migrations::{self, Migration};

/// "Lkpr" in ASCII: marks a database file as ours.
const APPLICATION_ID: i32 = 0x4c6b_7072;

/// All steps; the first brings the schema to version 1.
const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_begin", sql: include_str!("../../migrations/sqlite/0001_begin.sql") },
    Migration { name: "0002_erasure", sql: include_str!("../../migrations/sqlite/0002_erasure.sql") },
    Migration { name: "0003_matching", sql: include_str!("../../migrations/sqlite/0003_matching.sql") },
    Migration { name: "0004_fact_actor", sql: include_str!("../../migrations/sqlite/0004_fact_actor.sql") },
    Migration { name: "0005_cosigned", sql: include_str!("../../migrations/sqlite/0005_cosigned.sql") },
    Migration { name: "0006_ledgers", sql: include_str!("../../migrations/sqlite/0006_ledgers.sql") },
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
    migrations::known(found, MIGRATIONS)?;
    if found == 0 {
        transaction.execute_batch(MADE).map_err(sql)?;
    }
    for (number, migration) in MIGRATIONS.iter().enumerate() {
        if number < found {
            let remembered = remembered(&transaction, number).map_err(sql)?;
            migration.check(remembered.as_deref())?;
        } else {
            transaction.execute_batch(migration.sql).map_err(sql)?;
            let remember = "INSERT INTO migrations (number, name, sha256) VALUES (?1, ?2, ?3)";
            transaction
                .execute(remember, params![bind::limit(number), migration.name, migration.digest()])
                .map_err(sql)?;
        }
    }
    transaction.pragma_update(None, "user_version", bind::limit(MIGRATIONS.len())).map_err(sql)?;
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

fn remembered(connection: &Connection, number: usize) -> rusqlite::Result<Option<Vec<u8>>> {
    let sql = "SELECT sha256 FROM migrations WHERE number = ?1";
    connection.query_row(sql, [bind::limit(number)], |row| row.get(0)).optional()
}

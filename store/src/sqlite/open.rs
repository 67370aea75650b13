//! Opening the file: one process at a time, and how each connection is set.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::fault::store_error;
use crate::StoreError;

/// How long a statement waits for another program that looks at the file, such as a backup.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Statements kept prepared on each connection; more than there are.
const STATEMENTS: usize = 256;

/// Held while the database is in use; let go when dropped, also by the operating system when the process dies.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Takes the file for this process alone.
///
/// # Errors
/// [`StoreError::Unavailable`] when another process has it, or the lock file cannot be made.
pub(super) fn lock(database: &Path) -> Result<Lock, StoreError> {
    let path = beside(database, "lock");
    let unavailable =
        |error: std::io::Error| StoreError::Unavailable(format!("`{}`: {error}", path.display()));
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = options.map_err(unavailable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(error)) => return Err(unavailable(error)),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Who holds it is only told to be helpful; it may be writing its number this very moment.
            let _ = file.read_to_string(&mut holder);
            return Err(StoreError::Unavailable(format!(
                "`{}` is in use by another Lockkeeper (process {}); stop that one first",
                database.display(),
                holder.trim(),
            )));
        }
    }
    let write =
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
    write.map_err(unavailable)?;
    Ok(Lock { _file: file })
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// The one connection that writes.
pub(super) fn writer(database: &Path, cache_kib: u32) -> Result<Connection, StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags).map_err(|error| store_error(&error))?;
    let set = || -> rusqlite::Result<String> {
        // Takes effect in a new file only.
        connection.pragma_update(None, "page_size", PAGE_BYTES)?;
        let mode = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // Costs nothing more than is written anyway; what is left is scrubbed after an erasure.
        connection.query_row("PRAGMA secure_delete = FAST", [], |_| Ok(()))?;
        connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
        connection.pragma_update(None, "journal_size_limit", WAL_PAGES * PAGE_BYTES)?;
        settings(&connection, cache_kib)?;
        Ok(mode)
    };
    let mode = set().map_err(|error| store_error(&error))?;
    if mode != "wal" {
        return Err(StoreError::Unavailable(format!(
            "`{}` lies on a file system that cannot share memory between connections; use a local disk",
            database.display()
        )));
    }
    Ok(connection)
}

/// A connection that can only read.
pub(super) fn reader(database: &Path, cache_kib: u32) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags).map_err(|error| store_error(&error))?;
    let set = || {
        connection.pragma_update(None, "query_only", true)?;
        settings(&connection, cache_kib)
    };
    set().map_err(|error| store_error(&error))?;
    Ok(connection)
}

/// A lead's state is a few kilobytes, so that pages of this size hold one or two.
const PAGE_BYTES: i64 = 8_192;
/// Pages in the write-ahead log before they are copied to the database.
const WAL_PAGES: i64 = 4_096;

fn settings(connection: &Connection, cache_kib: u32) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_WAIT)?;
    // A plan is made once and for all values; otherwise SQLite plans again whenever a bound value changes that it used.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

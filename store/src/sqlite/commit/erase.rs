//! Erasing a lead: whatever could tell who its person was goes, in the transaction that says so.
//!
//! A table that keeps something of a lead must be emptied here. After the transaction the file still holds the bytes in
//! places that nothing points to; [`scrub`] writes it anew without them, also when the process died before.

use rusqlite::{Connection, params};

use crate::erasing::{ERASED_ANSWER, erased_key, place};
use crate::prepared::Prepared;
use crate::sqlite::bind::int;
use crate::sqlite::writer::Halt;

/// Takes what opens the facts before the erasure, and all rows made from them. To be called once the facts are written
/// and before the views are.
pub(super) fn before_views(connection: &Connection, prepared: &Prepared, first: u64) -> Result<(), Halt> {
    let (Some(place), Some(change)) = (place(&prepared.commit), &prepared.commit.lead) else { return Ok(()) };
    let (workspace, lead) = (prepared.workspace(), change.state.id.0.as_bytes().as_slice());
    connection.execute(
        "UPDATE facts SET body_r = NULL, body = NULL WHERE workspace = ?1 AND lead = ?2 AND number < ?3",
        params![workspace, lead, int(first + place as u64)?],
    )?;
    connection.execute(
        "DELETE FROM deciders WHERE workspace = ?1
             AND proposal IN (SELECT proposal FROM proposals WHERE workspace = ?1 AND lead = ?2)",
        params![workspace, lead],
    )?;
    for table in ["contents", "actions", "proposals", "messages"] {
        let sql = format!("DELETE FROM {table} WHERE workspace = ?1 AND lead = ?2");
        connection.execute(&sql, params![workspace, lead])?;
    }
    Ok(())
}

/// Takes what is beside the facts. To be called when everything else is written.
pub(super) fn at_last(connection: &Connection, prepared: &Prepared) -> Result<(), Halt> {
    let (Some(_), Some(change)) = (place(&prepared.commit), &prepared.commit.lead) else { return Ok(()) };
    let (workspace, lead) = (prepared.workspace(), change.state.id.0.as_bytes().as_slice());
    connection.execute(
        "DELETE FROM blobs WHERE workspace = ?1
             AND sha256 IN (SELECT sha256 FROM lead_blobs WHERE workspace = ?1 AND lead = ?2)
             AND sha256 NOT IN (SELECT sha256 FROM lead_blobs WHERE workspace = ?1 AND lead <> ?2)",
        params![workspace, lead],
    )?;
    for table in ["lead_blobs", "lead_keys", "tasks"] {
        let sql = format!("DELETE FROM {table} WHERE workspace = ?1 AND lead = ?2");
        connection.execute(&sql, params![workspace, lead])?;
    }
    requests(connection, workspace, lead)?;
    connection.execute("INSERT INTO scrubs (one) VALUES (1) ON CONFLICT DO NOTHING", [])?;
    Ok(())
}

/// Requests are still known when they come again, so that nothing that was erased comes back with a repeated delivery;
/// but a key may hold an address, and an answer holds everything.
fn requests(connection: &Connection, workspace: &[u8], lead: &[u8]) -> rusqlite::Result<()> {
    let mut list =
        connection.prepare_cached("SELECT key FROM requests WHERE workspace = ?1 AND lead = ?2")?;
    let keys = list.query_map(params![workspace, lead], |row| row.get(0))?;
    let keys = keys.collect::<rusqlite::Result<Vec<String>>>()?;
    let mut blank = connection.prepare_cached(
        "UPDATE requests SET key = ?3, request = zeroblob(32), answer = ?4, lead = NULL WHERE workspace = ?1 AND key = ?2",
    )?;
    for key in keys {
        blank.execute(params![workspace, key, erased_key(&key), ERASED_ANSWER])?;
    }
    Ok(())
}

/// Whether something was erased that may still lie in the file.
pub(in crate::sqlite) fn is_due(connection: &Connection) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM scrubs)")?.query_row([], |row| row.get(0))
}

/// Writes the whole file anew, without what nothing points to, and empties the write-ahead log. Answers whether that
/// came to its end: a reader that looks at an older state is waited for, but not for long.
///
/// SQLite zeroes what is deleted when told to, but not the copies that it leaves behind when it moves rows between
/// pages; so nothing less than a new file will do.
pub(in crate::sqlite) fn scrub(connection: &Connection) -> rusqlite::Result<bool> {
    // Not in memory: the whole database goes through it.
    connection.pragma_update(None, "temp_store", "FILE")?;
    let rewritten = connection.execute_batch("VACUUM");
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    rewritten?;
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 {
        connection.execute("DELETE FROM scrubs", [])?;
    }
    Ok(busy == 0)
}

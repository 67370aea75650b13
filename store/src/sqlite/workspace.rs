//! Workspaces: the first column of every key.

use flow::ids::WorkspaceId;
use flow::terms::Workspace;
use rusqlite::{Connection, OptionalExtension};

use super::bind;
use super::writer::Halt;

/// The workspace of this name.
pub(super) fn find(connection: &Connection, name: &str) -> rusqlite::Result<Option<Workspace>> {
    let mut by_name = connection.prepare_cached("SELECT workspace, name FROM workspaces WHERE name = ?1")?;
    by_name.query_row([name], |row| Ok(Workspace { id: bind::id(row, 0)?, name: row.get(1)? })).optional()
}

/// The workspace of this name, made now if there was none.
pub(super) fn make(connection: &Connection, name: &str, id: WorkspaceId) -> Result<Workspace, Halt> {
    if let Some(workspace) = find(connection, name)? {
        return Ok(workspace);
    }
    let key = id.0.as_bytes().as_slice();
    connection.execute("INSERT INTO workspaces (workspace, name) VALUES (?1, ?2)", (key, name))?;
    connection.execute("INSERT INTO trees (workspace, size) VALUES (?1, 0)", [key])?;
    Ok(Workspace { id, name: name.to_owned() })
}

/// The number of the workspace's next fact; none when there is no such workspace.
pub(super) fn next_number(connection: &Connection, id: WorkspaceId) -> rusqlite::Result<Option<u64>> {
    let mut next = connection.prepare_cached(
        "SELECT coalesce((SELECT max(number) + 1 FROM facts WHERE workspace = ?1), 0) FROM workspaces WHERE workspace = ?1",
    )?;
    next.query_row([id.0.as_bytes().as_slice()], |row| bind::count(row, 0)).optional()
}

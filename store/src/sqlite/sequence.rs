//! Giving facts their place in the tree, as [`crate::placing`] says.

use flow::ids::WorkspaceId;
use record::tile::{Edge, TileId, Tiles};
use record::tree::leaf_hash;
use rusqlite::{Connection, OptionalExtension, params};

use super::bind;
use super::fault::store_error;
use super::writer::Halt;
use crate::StoreError;
use crate::placing::{BATCH, Next, Placement, tile_error};

/// Reads the next facts that have no place yet, hashed. `edge` is the tree as the caller last left it; it is read again
/// when it is not the stored one.
pub(super) fn pending(
    connection: &Connection,
    workspace: WorkspaceId,
    edge: Option<Edge>,
) -> Result<Next, StoreError> {
    let size = size(connection, workspace).map_err(|error| store_error(&error))?;
    let edge = match edge {
        Some(edge) if edge.size() == size => edge,
        _ => Edge::resume(size, Stored { connection, workspace }).map_err(tile_error)?,
    };
    let hashes = hashes(connection, workspace, size).map_err(|error| store_error(&error))?;
    Ok(Next::new(edge, hashes))
}

/// Writes a step, if the tree still stands where it was taken from.
pub(super) fn place(connection: &Connection, placement: &Placement) -> Result<(), Halt> {
    let workspace = placement.workspace.0.as_bytes().as_slice();
    let (from, to) = (bind::int(placement.from)?, bind::int(placement.to)?);
    let mut forward = connection
        .prepare_cached("UPDATE trees SET size = ?1, checkpoint = ?2 WHERE workspace = ?3 AND size = ?4")?;
    if forward.execute(params![to, placement.checkpoint, workspace, from])? == 0 {
        return Err(Halt::Refused(StoreError::Conflict));
    }
    let mut put = connection.prepare_cached(
        "INSERT INTO tiles (workspace, level, tile, hashes) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET hashes = excluded.hashes",
    )?;
    for tile in &placement.tiles {
        put.execute(params![workspace, tile.id.level, bind::int(tile.id.index)?, tile.bytes])?;
    }
    Ok(())
}

/// How many facts have their place.
pub(super) fn size(connection: &Connection, workspace: WorkspaceId) -> rusqlite::Result<u64> {
    let mut size = connection.prepare_cached("SELECT size FROM trees WHERE workspace = ?1")?;
    let size = size.query_row([workspace.0.as_bytes().as_slice()], |row| bind::count(row, 0)).optional()?;
    Ok(size.unwrap_or(0))
}

fn hashes(
    connection: &Connection,
    workspace: WorkspaceId,
    from: u64,
) -> rusqlite::Result<Vec<record::tree::Hash>> {
    let mut leaves = connection.prepare_cached(
        "SELECT leaf FROM facts WHERE workspace = ?1 AND number >= ?2 ORDER BY number LIMIT ?3",
    )?;
    let from = bind::limit(from);
    let mut rows = leaves.query(params![workspace.0.as_bytes().as_slice(), from, bind::limit(BATCH)])?;
    let mut hashes = Vec::new();
    while let Some(row) = rows.next()? {
        hashes.push(leaf_hash(row.get_ref(0)?.as_blob()?));
    }
    Ok(hashes)
}

/// The stored tiles of a workspace's tree.
pub(super) struct Stored<'a> {
    pub connection: &'a Connection,
    pub workspace: WorkspaceId,
}

impl Tiles for Stored<'_> {
    type Error = StoreError;

    fn tile(&self, id: TileId) -> Result<Vec<u8>, StoreError> {
        let read = || {
            let mut tile = self.connection.prepare_cached(
                "SELECT hashes FROM tiles WHERE workspace = ?1 AND level = ?2 AND tile = ?3",
            )?;
            let key = params![self.workspace.0.as_bytes().as_slice(), id.level, bind::limit(id.index)];
            tile.query_row(key, |row| row.get(0)).optional()
        };
        let bytes: Option<Vec<u8>> = read().map_err(|error| store_error(&error))?;
        bytes.ok_or_else(|| StoreError::Corrupt(format!("the record's {id} is missing")))
    }
}

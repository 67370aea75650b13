//! Giving facts their place in the tree. Facts are numbered in the order of their commits, which is their order in the
//! tree; so placing them means to hash what lies beyond the tree's size, and to write tiles, size and checkpoint at
//! once. Interrupted anywhere, the next call goes on from what is written.

use flow::ids::WorkspaceId;
use record::tile::{Edge, Tile, TileError, TileId, Tiles};
use record::tree::leaf_hash;
use rusqlite::{Connection, OptionalExtension, params};

use super::bind;
use super::fault::store_error;
use super::writer::Halt;
use crate::{Signs, StoreError};

/// Most facts placed in one transaction.
const BATCH: usize = 4_096;

/// A step forward of one tree.
pub(super) struct Placement {
    workspace: WorkspaceId,
    from: u64,
    to: u64,
    tiles: Vec<Tile>,
    checkpoint: String,
}

/// What there is to place.
pub(super) enum Next {
    Facts(Pending),
    /// Every fact has its place; the tree as it stands.
    Nothing(Edge),
}

/// What is still to be placed, and where.
pub(super) struct Pending {
    edge: Edge,
    hashes: Vec<record::tree::Hash>,
}

impl Pending {
    /// How many facts.
    pub fn len(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// Grows the tree and has its head signed. Answers the edge that holds once the placement is written.
    pub fn place(self, workspace: WorkspaceId, sign: &dyn Signs) -> Result<(Placement, Edge), StoreError> {
        let from = self.edge.size();
        let growth = self.edge.grow(self.hashes).map_err(|error| StoreError::Value(error.to_string()))?;
        let to = growth.edge.size();
        let checkpoint = sign.checkpoint(to, growth.edge.root().0);
        if checkpoint.is_empty() {
            return Err(StoreError::Value(format!("the head of the tree of {to} facts was not signed")));
        }
        Ok((Placement { workspace, from, to, tiles: growth.tiles, checkpoint }, growth.edge))
    }
}

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
    Ok(if hashes.is_empty() { Next::Nothing(edge) } else { Next::Facts(Pending { edge, hashes }) })
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

/// What is wrong with the stored tree.
pub(super) fn tile_error(error: TileError<StoreError>) -> StoreError {
    match error {
        TileError::Source(error) => error,
        error => StoreError::Corrupt(error.to_string()),
    }
}

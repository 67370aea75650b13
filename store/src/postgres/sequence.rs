//! Giving facts their place in the tree, as [`crate::placing`] says: one node at a time, by the tree's lock, which goes
//! with its transaction, so that another node takes over from one that vanishes.

use std::collections::HashMap;

use flow::ids::WorkspaceId;
use record::tile::{Edge, TILE_HEIGHT, TILE_WIDTH, TileId, Tiles};
use record::tree::leaf_hash;
use tokio_postgres::Row;

use super::fault::Fault;
use super::link::{Link, Step, given};
use super::workspace::{BEGIN, Lock, RULES};
use crate::columns::{Columns, bytes, count, int, number};
use crate::placing::{BATCH, Next, Placement, tile_error};
use crate::{Signs, StoreError};

/// Whether there are facts without a place.
pub(super) fn waiting(workspace: WorkspaceId) -> Step<'static> {
    Step::new(
        "SELECT EXISTS (SELECT 1 FROM facts WHERE workspace = $1 AND number >= t.size) FROM trees AS t
         WHERE t.workspace = $1",
        given![workspace.0],
    )
}

/// Places the next facts, in one transaction. Answers how many, and the tree as it stands. After an error the
/// connection may have a transaction open, and must not be used again.
pub(super) async fn place(
    link: &Link,
    workspace: WorkspaceId,
    edge: Option<Edge>,
    sign: &dyn Signs,
) -> Result<(u64, Edge), StoreError> {
    let begin = [
        Step::plain(BEGIN),
        Step::plain(RULES),
        Lock::Tree.take(workspace),
        Step::new("SELECT size FROM trees WHERE workspace = $1", given![workspace.0]),
    ];
    let answers = link.flight(&begin).await?;
    let size =
        answers.get(3).and_then(|rows| rows.first()).map(|row| count(row, 0)).transpose()?.unwrap_or(0);
    let edge = match edge {
        Some(edge) if edge.size() == size => edge,
        _ => resume(link, workspace, size).await?,
    };
    let leaves = Step::new(
        "SELECT leaf FROM facts WHERE workspace = $1 AND number >= $2 ORDER BY number LIMIT $3",
        given![workspace.0, int(size)?, BATCH as i64],
    );
    let rows = link.one(&leaves).await?;
    let hashes = rows.iter().map(|row| Ok(leaf_hash(row.blob(0)?.unwrap_or_default())));
    let pending = match Next::new(edge, hashes.collect::<Result<_, StoreError>>()?) {
        Next::Facts(pending) => pending,
        Next::Nothing(edge) => {
            link.one(&Step::plain("ROLLBACK")).await?;
            return Ok((0, edge));
        }
    };
    let placed = pending.len();
    let (placement, edge) = pending.place(workspace, sign)?;
    write(link, &placement).await?;
    match link.one(&Step::plain("COMMIT")).await {
        Ok(_) => Ok((placed, edge)),
        Err(Fault { error, lost: true, .. }) => Err(StoreError::Unsure(error.to_string())),
        Err(fault) => Err(fault.error),
    }
}

async fn write(link: &Link, placement: &Placement) -> Result<(), StoreError> {
    let workspace = placement.workspace.0;
    let tiles = &placement.tiles;
    let levels: Vec<i64> = tiles.iter().map(|tile| i64::from(tile.id.level)).collect();
    let indices = tiles.iter().map(|tile| int(tile.id.index)).collect::<Result<Vec<_>, _>>()?;
    let hashes: Vec<&[u8]> = tiles.iter().map(|tile| tile.bytes.as_slice()).collect();
    let steps = [
        Step::new(
            "UPDATE trees SET size = $1, checkpoint = $2 WHERE workspace = $3 AND size = $4 RETURNING 1::bigint",
            given![int(placement.to)?, placement.checkpoint.as_str(), workspace, int(placement.from)?],
        ),
        Step::new(
            "INSERT INTO tiles (workspace, level, tile, hashes)
             SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bytea[])
             ON CONFLICT (workspace, level, tile) DO UPDATE SET hashes = excluded.hashes",
            given![workspace, levels, indices, hashes],
        ),
    ];
    let answers = link.flight(&steps).await?;
    if answers.first().is_none_or(Vec::is_empty) {
        return Err(StoreError::Conflict);
    }
    Ok(())
}

/// The right edge of the stored tree: the last, partial tile of each level.
async fn resume(link: &Link, workspace: WorkspaceId, size: u64) -> Result<Edge, StoreError> {
    let levels = (0_u8..).take_while(|level| size >> (TILE_HEIGHT * level) > 0).take(8);
    let wanted: Vec<(u8, u64)> =
        levels.map(|level| (level, (size >> (TILE_HEIGHT * level)) / TILE_WIDTH)).collect();
    let rows = link.one(&tiles(workspace, &wanted)?).await?;
    Edge::resume(size, Fetched::read(&rows)?).map_err(tile_error)
}

/// Asks for tiles by level and index.
pub(super) fn tiles(workspace: WorkspaceId, wanted: &[(u8, u64)]) -> Result<Step<'static>, StoreError> {
    let levels: Vec<i64> = wanted.iter().map(|(level, _)| i64::from(*level)).collect();
    let indices = wanted.iter().map(|(_, index)| int(*index)).collect::<Result<Vec<_>, _>>()?;
    Ok(Step::new(
        "SELECT t.level, t.tile, t.hashes FROM unnest($2::bigint[], $3::bigint[]) AS w (level, tile)
         JOIN tiles AS t ON t.workspace = $1 AND t.level = w.level AND t.tile = w.tile",
        given![workspace.0, levels, indices],
    ))
}

/// Tiles read beforehand.
pub(super) struct Fetched(HashMap<(i64, u64), Vec<u8>>);

impl Fetched {
    /// Reads [`tiles`].
    pub fn read(rows: &[Row]) -> Result<Fetched, StoreError> {
        let tile = |row: &Row| Ok(((number(row, 0)?, count(row, 1)?), bytes(row, 2)?));
        Ok(Fetched(rows.iter().map(tile).collect::<Result<_, StoreError>>()?))
    }
}

impl Tiles for Fetched {
    type Error = StoreError;

    fn tile(&self, id: TileId) -> Result<Vec<u8>, StoreError> {
        let found = self.0.get(&(i64::from(id.level), id.index));
        found.cloned().ok_or_else(|| StoreError::Corrupt(format!("the record's {id} is missing")))
    }
}

//! The record: facts and the tree's nodes; and verdicts counted.

use jiff::Timestamp;
use record::tile::{TILE_HEIGHT, TILE_WIDTH, TiledTree};
use record::tree::Nodes;

use super::{Asked, DIALECT};
use crate::columns::{count, us};
use crate::lists::{self, bounded};
use crate::placing::tile_error;
use crate::postgres::bind;
use crate::postgres::link::given;
use crate::postgres::pool::Kind;
use crate::postgres::sequence::{Fetched, tiles};
use crate::views::{FactFilter, FactRow, VerdictCount};
use crate::{StoreError, rows};

impl Asked<'_> {
    pub(super) async fn facts(&self, filter: &FactFilter) -> Result<Vec<FactRow>, StoreError> {
        let (conditions, terms) = lists::facts(&DIALECT, self.workspace, filter).finish();
        let direction = if filter.newest_first { "DESC" } else { "ASC" };
        let limit = bounded(filter.limit, 100, 10_000);
        let columns = rows::FACT;
        let sql = format!(
            "SELECT {columns}, (SELECT size FROM trees WHERE workspace = $1) FROM facts AS f
             LEFT JOIN contents AS c ON c.workspace = f.workspace AND c.commitment = f.content
                 AND c.lead = coalesce(f.lead, '00000000-0000-0000-0000-000000000000')
             WHERE {conditions} ORDER BY f.number {direction} LIMIT {limit}"
        );
        let found = self.all(Kind::Long, sql, terms.into_iter().map(bind::value).collect()).await?;
        found.iter().map(|row| Ok(rows::fact(row, count(row, 6)?)?.1)).collect()
    }

    pub(super) async fn verdicts(&self, since: Timestamp) -> Result<Vec<VerdictCount>, StoreError> {
        let of = |word: &str| format!("count(*) FILTER (WHERE verdict = '{word}')");
        let counts = ["run", "ask", "hold", "refuse"].map(of).join(", ");
        let sql = format!(
            "SELECT step, {counts} FROM actions WHERE workspace = $1 AND at >= $2 GROUP BY step ORDER BY step"
        );
        let found = self.all(Kind::Long, sql, given![self.workspace.0, us(since)]).await?;
        found.iter().map(rows::verdicts).collect()
    }

    /// None for a node that the tree does not have. What a tile holds of a smaller tree stays as it was, so that the
    /// tiles may be read after the size.
    pub(super) async fn nodes(&self, places: &[(u32, u64)]) -> Result<Vec<Option<[u8; 32]>>, StoreError> {
        let sql = "SELECT size FROM trees WHERE workspace = $1";
        let size = self.first(Kind::Short, sql, given![self.workspace.0]).await?;
        let size = size.map(|row| count(&row, 0)).transpose()?.unwrap_or(0);
        let known = |(level, index): &(u32, u64)| {
            let complete = size.checked_shr(*level).unwrap_or(0);
            u8::try_from(*level).ok().filter(|_| *index < complete).map(|level| (level, *index))
        };
        let tile =
            |(level, index): (u8, u64)| (level / TILE_HEIGHT, (index << (level % TILE_HEIGHT)) / TILE_WIDTH);
        let mut wanted: Vec<(u8, u64)> = places.iter().filter_map(known).map(tile).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let found = self.pool.ask(Kind::Long, tiles(self.workspace, &wanted)?).await?;
        let tree = TiledTree::new(size, Fetched::read(&found)?);
        let node = |place| {
            let node = known(place).map(|(level, index)| tree.node(level, index));
            node.transpose().map(|node| node.map(|hash| hash.0)).map_err(tile_error)
        };
        places.iter().map(node).collect()
    }
}

//! The record: facts, the tree's nodes, its signed head; and verdicts counted.

use jiff::Timestamp;
use record::tile::TiledTree;
use record::tree::Nodes;
use rusqlite::{OptionalExtension, params, params_from_iter};

use super::{Asked, DIALECT};
use crate::lists::{self, bounded};
use crate::placing::tile_error;
use crate::sqlite::bind::{self, us};
use crate::sqlite::fault::store_error;
use crate::sqlite::sequence::{self, Stored};
use crate::views::{FactFilter, FactRow, VerdictCount};
use crate::{StoreError, rows};

impl Asked<'_> {
    pub(super) fn facts(&self, filter: &FactFilter) -> rusqlite::Result<Vec<FactRow>> {
        let size = sequence::size(self.connection, self.workspace)?;
        let (conditions, terms) = lists::facts(&DIALECT, self.workspace, filter).finish();
        let index = match () {
            () if filter.lead.is_some() || filter.workspace_only => "INDEXED BY facts_by_lead",
            () if filter.account.is_some() => "INDEXED BY facts_by_lead",
            () if filter.actor.is_some() => "INDEXED BY facts_by_actor",
            () if filter.kinds.is_empty() => "",
            () => "INDEXED BY facts_by_kind",
        };
        let direction = if filter.newest_first { "DESC" } else { "ASC" };
        let limit = bounded(filter.limit, 100, 10_000);
        let columns = rows::FACT;
        let mut list = self.connection.prepare_cached(&format!(
            "SELECT {columns} FROM facts AS f {index}
             LEFT JOIN contents AS c
                 ON c.workspace = f.workspace AND c.lead = coalesce(f.lead, x'') AND c.commitment = f.content
             WHERE {conditions} ORDER BY f.number {direction} LIMIT {limit}"
        ))?;
        let values = params_from_iter(terms.into_iter().map(bind::value));
        list.query_map(values, |row| Ok(rows::fact(row, size)?.1))?.collect()
    }

    pub(super) fn verdicts(&self, since: Timestamp) -> rusqlite::Result<Vec<VerdictCount>> {
        let mut counted = self.connection.prepare_cached(
            "SELECT step, sum(verdict = 'run'), sum(verdict = 'ask'), sum(verdict = 'hold'), sum(verdict = 'refuse')
             FROM actions INDEXED BY actions_by_time WHERE workspace = ?1 AND at >= ?2 GROUP BY step ORDER BY step",
        )?;
        counted.query_map(params![self.key(), us(since)], |row| rows::verdicts(row))?.collect()
    }

    pub(super) fn checkpoint(&self) -> rusqlite::Result<Option<String>> {
        let mut last = self.connection.prepare_cached("SELECT checkpoint FROM trees WHERE workspace = ?1")?;
        Ok(last.query_row([self.key()], |row| row.get(0)).optional()?.flatten())
    }

    pub(super) fn cosigned(&self) -> rusqlite::Result<Option<String>> {
        let mut last = self.connection.prepare_cached("SELECT note FROM cosigned WHERE workspace = ?1")?;
        last.query_row([self.key()], |row| row.get(0)).optional()
    }

    /// None for a node that the tree does not have.
    pub(super) fn nodes(&self, places: &[(u32, u64)]) -> Result<Vec<Option<[u8; 32]>>, StoreError> {
        let size = sequence::size(self.connection, self.workspace).map_err(|error| store_error(&error))?;
        let tree = TiledTree::new(size, Stored { connection: self.connection, workspace: self.workspace });
        let node = |(level, index): &(u32, u64)| {
            let complete = size.checked_shr(*level).unwrap_or(0);
            let level = u8::try_from(*level).ok().filter(|_| *index < complete);
            level.map(|level| tree.node(level, *index).map(|hash| hash.0).map_err(tile_error)).transpose()
        };
        places.iter().map(node).collect()
    }
}

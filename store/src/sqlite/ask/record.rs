//! The record: facts, the tree's nodes, its signed head; and verdicts counted.

use jiff::Timestamp;
use record::tile::TiledTree;
use record::tree::Nodes;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params, params_from_iter};

use super::leads::Conditions;
use super::{Asked, bounded, rows};
use crate::StoreError;
use crate::sqlite::bind::{self, us};
use crate::sqlite::fault::store_error;
use crate::sqlite::sequence::{self, Stored, tile_error};
use crate::views::{FactFilter, FactRow, VerdictCount};

impl Asked<'_> {
    pub(super) fn facts(&self, filter: &FactFilter) -> rusqlite::Result<Vec<FactRow>> {
        let size = bind::limit(sequence::size(self.connection, self.workspace)?);
        let (index, conditions) = self.fact_conditions(filter, size);
        let (conditions, values) = conditions.finish();
        let direction = if filter.newest_first { "DESC" } else { "ASC" };
        let limit = bounded(filter.limit, 100, 10_000);
        let mut list = self.connection.prepare_cached(&format!(
            "SELECT f.number, f.leaf, f.body_r, f.body, c.r, c.payload FROM facts AS f {index}
             LEFT JOIN contents AS c
                 ON c.workspace = f.workspace AND c.lead = coalesce(f.lead, x'') AND c.commitment = f.content
             WHERE {conditions} ORDER BY f.number {direction} LIMIT {limit}"
        ))?;
        list.query_map(params_from_iter(values), |row| Ok(rows::fact(row, size)?.1))?.collect()
    }

    fn fact_conditions(&self, filter: &FactFilter, size: i64) -> (&'static str, Conditions) {
        let mut conditions = Conditions::default();
        conditions.add("f.workspace = ?", [self.key().to_vec().into()]);
        let index = if let Some(lead) = filter.lead {
            conditions.add("f.lead = ?", [lead.0.as_bytes().to_vec().into()]);
            "INDEXED BY facts_by_lead"
        } else if filter.workspace_only {
            conditions.add("f.lead IS NULL", []);
            "INDEXED BY facts_by_lead"
        } else if filter.kinds.is_empty() {
            ""
        } else {
            "INDEXED BY facts_by_kind"
        };
        if !filter.kinds.is_empty() {
            let marks = vec!["?"; filter.kinds.len()].join(", ");
            conditions.add(
                &format!("f.kind IN ({marks})"),
                filter.kinds.iter().map(|kind| Value::from(kind.clone())),
            );
        }
        if let Some(since) = filter.since {
            conditions.add("f.at >= ?", [us(since).into()]);
        }
        if let Some(from) = filter.from_index {
            conditions.add("f.number >= ?", [bind::limit(from).into()]);
        }
        if !filter.unplaced {
            conditions.add("f.number < ?", [size.into()]);
        }
        (index, conditions)
    }

    pub(super) fn verdicts(&self, since: Timestamp) -> rusqlite::Result<Vec<VerdictCount>> {
        let mut counted = self.connection.prepare_cached(
            "SELECT step, sum(verdict = 'run'), sum(verdict = 'ask'), sum(verdict = 'hold'), sum(verdict = 'refuse')
             FROM actions INDEXED BY actions_by_time WHERE workspace = ?1 AND at >= ?2 GROUP BY step ORDER BY step",
        )?;
        let rows = counted.query_map(params![self.key(), us(since)], |row| {
            Ok(VerdictCount {
                step: row.get(0)?,
                run: bind::count(row, 1)?,
                ask: bind::count(row, 2)?,
                hold: bind::count(row, 3)?,
                refuse: bind::count(row, 4)?,
            })
        })?;
        rows.collect()
    }

    pub(super) fn checkpoint(&self) -> rusqlite::Result<Option<String>> {
        let mut last = self.connection.prepare_cached("SELECT checkpoint FROM trees WHERE workspace = ?1")?;
        Ok(last.query_row([self.key()], |row| row.get(0)).optional()?.flatten())
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

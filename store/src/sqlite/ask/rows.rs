//! Rows that commits read too.

use flow::approval::Proposal;
use flow::ids::{ActionId, ProposalId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::rows::{self, ACTION};
use crate::sqlite::bind;
use crate::views::ActionRow;

type Read<T> = rusqlite::Result<T>;

/// One action.
pub(in crate::sqlite) fn action(
    connection: &Connection,
    workspace: &[u8],
    id: ActionId,
) -> Read<Option<ActionRow>> {
    let sql = format!("SELECT {ACTION} FROM actions WHERE workspace = ?1 AND action = ?2");
    let mut by_id = connection.prepare_cached(&sql)?;
    by_id.query_row(params![workspace, id.0.as_bytes().as_slice()], |row| rows::action(row)).optional()
}

/// One proposal, without what surrounds it.
pub(in crate::sqlite) fn proposal(
    connection: &Connection,
    workspace: &[u8],
    id: ProposalId,
) -> Read<Option<Proposal>> {
    let mut by_id =
        connection.prepare_cached("SELECT whole FROM proposals WHERE workspace = ?1 AND proposal = ?2")?;
    by_id.query_row(params![workspace, id.0.as_bytes().as_slice()], |row| bind::json(row, 0)).optional()
}

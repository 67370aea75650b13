//! Proposals: the desk, one of them, and what became of the last of a class.

use flow::ids::{LeadId, MemberId, ProposalId};
use flow::terms::{Commitment, Content};
use rusqlite::{OptionalExtension, Row, params, params_from_iter};

use super::{Asked, DIALECT};
use crate::columns::maybe_payload;
use crate::lists::{self, bounded, page};
use crate::rows::{Desk, PROPOSAL};
use crate::sqlite::bind;
use crate::sqlite::fault::store_error;
use crate::views::{Page, ProposalFilter, ProposalRow};
use crate::{Answer, StoreError};

impl Asked<'_> {
    pub(super) fn proposals(&self, filter: &ProposalFilter) -> Result<Page<ProposalRow>, StoreError> {
        let limit = bounded(filter.limit, 50, 500);
        let (on_desk, order, conditions) = lists::proposals(&DIALECT, self.workspace, filter)?;
        let (conditions, terms) = conditions.finish();
        let from = if on_desk {
            "deciders AS d CROSS JOIN proposals AS p USING (workspace, proposal)"
        } else {
            "proposals AS p"
        };
        let more = limit + 1;
        let sql = format!(
            "SELECT {PROPOSAL} FROM {from} JOIN leads AS l ON l.workspace = p.workspace AND l.lead = p.lead
             WHERE {conditions} ORDER BY {order}.deadline, {order}.worth DESC, {order}.proposal LIMIT {more}"
        );
        let read = || {
            let mut list = self.connection.prepare_cached(&sql)?;
            let values = params_from_iter(terms.into_iter().map(bind::value));
            list.query_map(values, |row| Desk::read(row))?.collect::<rusqlite::Result<Vec<_>>>()
        };
        let items = read().map_err(|error| store_error(&error))?;
        let page = page(items, limit, Desk::cursor);
        let items: rusqlite::Result<_> = page.items.into_iter().map(|desk| self.filled(desk)).collect();
        Ok(Page { items: items.map_err(|error| store_error(&error))?, next: page.next })
    }

    pub(super) fn proposal(&self, id: ProposalId) -> rusqlite::Result<Option<ProposalRow>> {
        let mut by_id = self.connection.prepare_cached(&format!(
            "SELECT {PROPOSAL} FROM proposals AS p JOIN leads AS l ON l.workspace = p.workspace AND l.lead = p.lead
             WHERE p.workspace = ?1 AND p.proposal = ?2"
        ))?;
        by_id.query_row(params![self.key(), id.0.as_bytes().as_slice()], |row| self.row(row)).optional()
    }

    pub(super) fn pending_count(&self, member: Option<MemberId>) -> rusqlite::Result<Answer> {
        let mut all = self
            .connection
            .prepare_cached("SELECT count(*) FROM proposals WHERE workspace = ?1 AND state = 'pending'")?;
        let all = all.query_row([self.key()], |row| bind::count(row, 0))?;
        let mut mine = self
            .connection
            .prepare_cached("SELECT count(*) FROM deciders WHERE workspace = ?1 AND member = ?2")?;
        let mine = match member {
            Some(member) => mine
                .query_row(params![self.key(), member.0.as_bytes().as_slice()], |row| bind::count(row, 0))?,
            None => 0,
        };
        Ok(Answer::PendingCount { all, mine })
    }

    pub(super) fn class_history(&self, class: &str, limit: usize) -> rusqlite::Result<Vec<ProposalRow>> {
        let mut newest = self.connection.prepare_cached(&format!(
            "SELECT {PROPOSAL} FROM proposals AS p INDEXED BY proposals_settled
             CROSS JOIN leads AS l ON l.workspace = p.workspace AND l.lead = p.lead
             WHERE p.workspace = ?1 AND p.class = ?2 AND p.settled_at IS NOT NULL
             ORDER BY p.settled_at DESC, p.proposal DESC LIMIT ?3"
        ))?;
        let key = params![self.key(), class, bind::limit(bounded(limit, 10, 500))];
        let rows = newest.query_map(key, |row| self.row(row))?;
        rows.collect()
    }

    fn row(&self, row: &Row<'_>) -> rusqlite::Result<ProposalRow> {
        self.filled(Desk::read(row)?)
    }

    /// With its contents, each looked up once.
    fn filled(&self, desk: Desk) -> rusqlite::Result<ProposalRow> {
        let [proposed, now] = desk.contents();
        let first = self.content(proposed)?;
        let content = if now == proposed { first.clone() } else { self.content(now)? };
        Ok(desk.with([first, content]))
    }

    /// The content behind a commitment, unless it was erased.
    fn content(&self, (lead, commitment): (LeadId, Option<Commitment>)) -> rusqlite::Result<Option<Content>> {
        let Some(commitment) = commitment else { return Ok(None) };
        let mut opening = self.connection.prepare_cached(
            "SELECT payload FROM contents WHERE workspace = ?1 AND lead = ?2 AND commitment = ?3",
        )?;
        let key = params![self.key(), lead.0.as_bytes().as_slice(), commitment.0.as_slice()];
        Ok(opening.query_row(key, |row| maybe_payload(row, 0)).optional()?.flatten())
    }
}

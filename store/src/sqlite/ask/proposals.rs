//! Proposals: the desk, one of them, and what became of the last of a class.

use flow::approval::{Proposal, ProposalState};
use flow::ids::{MemberId, ProposalId};
use flow::terms::{Content, Tier};
use rusqlite::types::{Type, Value};
use rusqlite::{OptionalExtension, Row, params, params_from_iter};

use super::leads::{Conditions, page};
use super::{Asked, bounded, rows};
use crate::sqlite::bind;
use crate::sqlite::fault::store_error;
use crate::views::{Page, ProposalFilter, ProposalRow};
use crate::{Answer, StoreError};

/// The columns of [`ProposalRow`], of the tables `p` and `l`.
const COLUMNS: &str = "p.whole, p.lead, l.name, l.email, l.phone, l.company, l.country, l.language, l.account, l.tier, \
     l.value, l.owner, p.deadline, p.worth";

/// A row with its place in the list.
struct Placed {
    row: ProposalRow,
    deadline: i64,
    worth: i64,
}

impl Asked<'_> {
    pub(super) fn proposals(&self, filter: &ProposalFilter) -> Result<Page<ProposalRow>, StoreError> {
        let limit = bounded(filter.limit, 50, 500);
        let (from, order, mut conditions) = self.proposal_conditions(filter);
        if let Some(cursor) = &filter.cursor {
            let (deadline, worth, id) = place(cursor).ok_or_else(|| StoreError::Cursor(cursor.clone()))?;
            // Earlier deadlines first, higher values first, ids to break ties; spelt out because the directions differ.
            conditions.add(
                &format!("{order}.deadline >= ? AND ({order}.deadline > ? OR {order}.worth < ? OR ({order}.worth = ? AND {order}.proposal > ?))"),
                [
                    deadline.into(),
                    deadline.into(),
                    worth.into(),
                    worth.into(),
                    Value::from(id.0.as_bytes().to_vec()),
                ],
            );
        }
        let (conditions, values) = conditions.finish();
        let more = limit + 1;
        let sql = format!(
            "SELECT {COLUMNS} FROM {from} WHERE {conditions}
             ORDER BY {order}.deadline, {order}.worth DESC, {order}.proposal LIMIT {more}"
        );
        let read = || {
            let mut list = self.connection.prepare_cached(&sql)?;
            list.query_map(params_from_iter(values), |row| self.placed(row))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        let items = read().map_err(|error| store_error(&error))?;
        let page = page(items, limit, |placed| {
            format!("{}.{}.{}", placed.deadline, placed.worth, placed.row.proposal.id)
        });
        Ok(Page { items: page.items.into_iter().map(|placed| placed.row).collect(), next: page.next })
    }

    /// Where to look, by which table to sort, and for what.
    fn proposal_conditions(&self, filter: &ProposalFilter) -> (&'static str, &'static str, Conditions) {
        let mut conditions = Conditions::default();
        let on_desk =
            filter.eligible.filter(|_| filter.state == Some(ProposalState::Pending) && filter.lead.is_none());
        if let Some(member) = on_desk {
            conditions.add("d.workspace = ?", [self.key().to_vec().into()]);
            conditions.add("d.member = ?", [member.0.as_bytes().to_vec().into()]);
            return (
                "deciders AS d CROSS JOIN proposals AS p USING (workspace, proposal)
                 JOIN leads AS l ON l.workspace = p.workspace AND l.lead = p.lead",
                "d",
                conditions,
            );
        }
        conditions.add("p.workspace = ?", [self.key().to_vec().into()]);
        if let Some(lead) = filter.lead {
            conditions.add("p.lead = ?", [lead.0.as_bytes().to_vec().into()]);
        }
        if let Some(state) = filter.state {
            conditions.add("p.state = ?", [state.word().to_owned().into()]);
        }
        if let Some(member) = filter.eligible {
            conditions.add(
                "EXISTS (SELECT 1 FROM json_each(p.whole, '$.eligible') WHERE value = ?)",
                [member.to_string().into()],
            );
        }
        ("proposals AS p JOIN leads AS l ON l.workspace = p.workspace AND l.lead = p.lead", "p", conditions)
    }

    pub(super) fn proposal(&self, id: ProposalId) -> rusqlite::Result<Option<ProposalRow>> {
        let mut by_id = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM proposals AS p JOIN leads AS l ON l.workspace = p.workspace AND l.lead = p.lead
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
            "SELECT {COLUMNS} FROM proposals AS p INDEXED BY proposals_settled
             CROSS JOIN leads AS l ON l.workspace = p.workspace AND l.lead = p.lead
             WHERE p.workspace = ?1 AND p.class = ?2 AND p.settled_at IS NOT NULL
             ORDER BY p.settled_at DESC, p.proposal DESC LIMIT ?3"
        ))?;
        let rows = newest
            .query_map(params![self.key(), class, bind::limit(bounded(limit, 10, 500))], |row| {
                self.row(row)
            })?;
        rows.collect()
    }

    fn placed(&self, row: &Row<'_>) -> rusqlite::Result<Placed> {
        Ok(Placed { row: self.row(row)?, deadline: row.get(12)?, worth: row.get(13)? })
    }

    fn row(&self, row: &Row<'_>) -> rusqlite::Result<ProposalRow> {
        let proposal: Proposal = bind::json(row, 0)?;
        let lead: flow::ids::LeadId = bind::id(row, 1)?;
        let key = lead.0.as_bytes().as_slice();
        let now = proposal.content_now();
        let proposed = self.content(key, proposal.commitment)?;
        let content = if now == proposal.commitment { proposed.clone() } else { self.content(key, now)? };
        Ok(ProposalRow {
            lead,
            person: rows::person(row, 2)?,
            account: row.get(8)?,
            tier: bind::word(row, 9, Tier::from_word)?,
            value: bind::count(row, 10)?,
            owner: bind::maybe_id(row, 11)?,
            subject: proposed.as_ref().map(|content| content.subject().to_owned()).unwrap_or_default(),
            content,
            proposed,
            proposal,
        })
    }

    /// The content behind a commitment, unless it was erased.
    fn content(
        &self,
        lead: &[u8],
        commitment: Option<flow::terms::Commitment>,
    ) -> rusqlite::Result<Option<Content>> {
        let Some(commitment) = commitment else { return Ok(None) };
        let mut opening = self.connection.prepare_cached(
            "SELECT payload FROM contents WHERE workspace = ?1 AND lead = ?2 AND commitment = ?3",
        )?;
        let found = opening.query_row(params![self.key(), lead, commitment.0.as_slice()], |row| {
            serde_json::from_slice(row.get_ref(0)?.as_blob()?)
                .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error)))
        });
        found.optional()
    }
}

fn place(cursor: &str) -> Option<(i64, i64, ProposalId)> {
    let mut parts = cursor.splitn(3, '.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

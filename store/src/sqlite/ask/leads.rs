//! Lists of leads, and numbers about all of them.

use jiff::Timestamp;
use rusqlite::params_from_iter;

use super::{Asked, DIALECT};
use crate::lists::{self, SOON, bounded, page, search_words};
use crate::sqlite::bind::{self, us};
use crate::sqlite::fault::store_error;
use crate::views::{LeadFilter, LeadRow, Page};
use crate::{StoreError, rows, views};

impl Asked<'_> {
    pub(super) fn leads(&self, filter: &LeadFilter) -> Result<Page<LeadRow>, StoreError> {
        let limit = bounded(filter.limit, 50, 500);
        let words = search_words(filter);
        let from = source(filter, &words);
        let (conditions, terms) = lists::leads(&DIALECT, self.workspace, filter, words)?.finish();
        let columns = rows::LEAD;
        let more = limit + 1;
        let sql = format!(
            "SELECT {columns} FROM {from} WHERE {conditions} ORDER BY l.urgency, l.lead LIMIT {more}"
        );
        let read = || {
            let mut list = self.connection.prepare_cached(&sql)?;
            let values = params_from_iter(terms.into_iter().map(bind::value));
            list.query_map(values, |row| rows::lead(row))?.collect::<rusqlite::Result<Vec<_>>>()
        };
        let items = read().map_err(|error| store_error(&error))?;
        Ok(page(items, limit, lists::lead_cursor))
    }

    pub(super) fn board_counts(&self, now: Timestamp) -> rusqlite::Result<views::BoardCounts> {
        let mut counts = self.connection.prepare_cached(
            "SELECT coalesce(sum(open + closed), 0), coalesce(sum(open), 0),
                 coalesce(sum(CASE WHEN owner = x'' THEN open ELSE 0 END), 0),
                 (SELECT count(*) FROM leads INDEXED BY leads_by_clock WHERE workspace = ?1 AND clock = 'warned'),
                 (SELECT count(*) FROM leads INDEXED BY leads_by_clock WHERE workspace = ?1 AND clock = 'breached'),
                 (SELECT count(*) FROM leads INDEXED BY leads_by_urgency
                     WHERE workspace = ?1 AND urgency BETWEEN ?2 AND ?3 AND clock IS NOT NULL),
                 (SELECT count(*) FROM leads INDEXED BY leads_at_risk WHERE workspace = ?1 AND risk IS NOT NULL),
                 (SELECT count(*) FROM proposals WHERE workspace = ?1 AND state = 'pending')
             FROM loads WHERE workspace = ?1",
        )?;
        let soon = us(now.checked_add(SOON).unwrap_or(now));
        counts.query_row(rusqlite::params![self.key(), us(now), soon], |row| rows::board_counts(row))
    }
}

/// Where to look, and through which index: it is named, because a wrong guess of the planner's reads a whole workspace
/// for one page.
fn source(filter: &LeadFilter, words: &[String]) -> &'static str {
    match () {
        () if !words.is_empty() => "searches AS s CROSS JOIN leads AS l USING (workspace, lead)",
        () if filter.owner.is_some() || filter.queued => "leads AS l INDEXED BY leads_by_owner",
        () if filter.clock.is_some() => "leads AS l INDEXED BY leads_by_clock",
        () if filter.at_risk => "leads AS l INDEXED BY leads_at_risk",
        () => "leads AS l INDEXED BY leads_by_urgency",
    }
}

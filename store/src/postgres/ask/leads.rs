//! Lists of leads, and numbers about all of them.

use jiff::Timestamp;

use super::{Asked, DIALECT};
use crate::columns::us;
use crate::lists::{self, SOON, bounded, page, search_words};
use crate::postgres::bind;
use crate::postgres::link::given;
use crate::postgres::pool::Kind;
use crate::views::{BoardCounts, LeadFilter, LeadRow, Page};
use crate::{StoreError, rows};

impl Asked<'_> {
    pub(super) async fn leads(&self, filter: &LeadFilter) -> Result<Page<LeadRow>, StoreError> {
        let limit = bounded(filter.limit, 50, 500);
        let words = search_words(filter);
        let from = if words.is_empty() {
            "leads AS l"
        } else {
            "searches AS s JOIN leads AS l ON l.workspace = s.workspace AND l.lead = s.lead"
        };
        let (conditions, terms) = lists::leads(&DIALECT, self.workspace, filter, words)?.finish();
        let columns = rows::LEAD;
        let more = limit + 1;
        let sql = format!(
            "SELECT {columns} FROM {from} WHERE {conditions} ORDER BY l.urgency, l.lead LIMIT {more}"
        );
        let found = self.all(Kind::Long, sql, terms.into_iter().map(bind::value).collect()).await?;
        let items = found.iter().map(rows::lead).collect::<Result<_, _>>()?;
        Ok(page(items, limit, lists::lead_cursor))
    }

    pub(super) async fn board_counts(&self, now: Timestamp) -> Result<BoardCounts, StoreError> {
        let sql = "SELECT coalesce(sum(open + closed), 0)::bigint, coalesce(sum(open), 0)::bigint,
                coalesce(sum(open) FILTER (WHERE owner = '00000000-0000-0000-0000-000000000000'), 0)::bigint,
                (SELECT count(*) FROM leads WHERE workspace = $1 AND clock = 'warned'),
                (SELECT count(*) FROM leads WHERE workspace = $1 AND clock = 'breached'),
                (SELECT count(*) FROM leads
                    WHERE workspace = $1 AND urgency BETWEEN $2 AND $3 AND clock IS NOT NULL),
                (SELECT count(*) FROM leads WHERE workspace = $1 AND risk IS NOT NULL),
                (SELECT count(*) FROM proposals WHERE workspace = $1 AND state = 'pending')
             FROM loads WHERE workspace = $1";
        let soon = us(now.checked_add(SOON).unwrap_or(now));
        let counts = self.first(Kind::Long, sql, given![self.workspace.0, us(now), soon]).await?;
        counts.map(|row| rows::board_counts(&row)).transpose().map(Option::unwrap_or_default)
    }
}

//! Lists of leads, and numbers about all of them.

use flow::ids::LeadId;
use flow::matching::fold;
use jiff::{SignedDuration, Timestamp};
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::{Asked, bounded, rows};
use crate::project::urgency;
use crate::sqlite::bind::{self, us};
use crate::sqlite::fault::store_error;
use crate::views::{BoardCounts, LeadFilter, LeadRow, Page};
use crate::{StoreError, views};

/// Most words of a search that are looked at.
const SEARCH_WORDS: usize = 8;
/// What "soon" means on the board.
const SOON: SignedDuration = SignedDuration::from_hours(1);

/// Conditions with their values, in the order of their numbers.
#[derive(Default)]
pub(super) struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition in which each `?` stands for the next of `values`.
    pub fn add(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        let mut numbered = String::new();
        let mut number = self.values.len();
        for part in condition.split_inclusive('?') {
            numbered.push_str(part);
            if part.ends_with('?') {
                number += 1;
                numbered.push_str(&number.to_string());
            }
        }
        self.sql.push(numbered);
        self.values.extend(values);
    }

    /// All conditions joined, and their values.
    pub fn finish(self) -> (String, Vec<Value>) {
        (self.sql.join(" AND "), self.values)
    }
}

impl Asked<'_> {
    pub(super) fn leads(&self, filter: &LeadFilter) -> Result<Page<LeadRow>, StoreError> {
        let limit = bounded(filter.limit, 50, 500);
        let (from, mut conditions) = self.lead_conditions(filter);
        if let Some(cursor) = &filter.cursor {
            let (urgency, lead) = lead_place(cursor).ok_or_else(|| StoreError::Cursor(cursor.clone()))?;
            conditions
                .add("(l.urgency, l.lead) > (?, ?)", [urgency.into(), lead.0.as_bytes().to_vec().into()]);
        }
        let (conditions, values) = conditions.finish();
        let columns = rows::LEAD;
        let more = limit + 1;
        let sql = format!(
            "SELECT {columns} FROM {from} WHERE {conditions} ORDER BY l.urgency, l.lead LIMIT {more}"
        );
        let read = || {
            let mut list = self.connection.prepare_cached(&sql)?;
            list.query_map(params_from_iter(values), rows::lead)?.collect::<rusqlite::Result<Vec<_>>>()
        };
        let items = read().map_err(|error| store_error(&error))?;
        Ok(page(items, limit, |row| {
            let urgency = urgency(row.clock.as_ref().map(|clock| clock.due), row.touched_at);
            format!("{urgency}.{}", row.id)
        }))
    }

    /// Where to look, through which index, and for what. The index is named, because a wrong guess of the planner's
    /// reads a whole workspace for one page.
    fn lead_conditions(&self, filter: &LeadFilter) -> (String, Conditions) {
        let words: Vec<String> = filter.q.iter().flat_map(|q| search_words(q)).collect();
        let by_owner = filter.owner.is_some() || filter.queued;
        let from = match () {
            () if !words.is_empty() => "searches AS s CROSS JOIN leads AS l USING (workspace, lead)",
            () if by_owner => "leads AS l INDEXED BY leads_by_owner",
            () if filter.clock.is_some() => "leads AS l INDEXED BY leads_by_clock",
            () if filter.at_risk => "leads AS l INDEXED BY leads_at_risk",
            () => "leads AS l INDEXED BY leads_by_urgency",
        };
        let mut conditions = Conditions::default();
        let table = if words.is_empty() { "l" } else { "s" };
        conditions.add(&format!("{table}.workspace = ?"), [self.key().to_vec().into()]);
        for word in words {
            conditions.add("instr(s.words, ?) > 0", [word.into()]);
        }
        if let Some(owner) = filter.owner {
            conditions.add("l.owner = ?", [owner.0.as_bytes().to_vec().into()]);
        }
        if filter.queued {
            conditions.add("l.owner IS NULL", []);
        }
        if filter.open {
            conditions.add("l.open = 1", []);
        }
        if let Some(clock) = &filter.clock {
            conditions.add("l.clock = ?", [clock.clone().into()]);
        }
        if filter.at_risk {
            conditions.add("l.risk IS NOT NULL", []);
        }
        if let Some(stage) = filter.stage {
            conditions.add("l.stage = ?", [stage.word().to_owned().into()]);
        }
        if let Some(tier) = filter.tier {
            conditions.add("l.tier = ?", [tier.word().to_owned().into()]);
        }
        (from.to_owned(), conditions)
    }

    pub(super) fn board_counts(&self, now: Timestamp) -> rusqlite::Result<views::BoardCounts> {
        let loads = "SELECT coalesce(sum(open + closed), 0), coalesce(sum(open), 0),
                coalesce(sum(CASE WHEN owner = x'' THEN open ELSE 0 END), 0) FROM loads WHERE workspace = ?1";
        let (leads, open, queued) =
            self.connection.prepare_cached(loads)?.query_row([self.key()], |row| {
                Ok((bind::count(row, 0)?, bind::count(row, 1)?, bind::count(row, 2)?))
            })?;
        let of_clock =
            "SELECT count(*) FROM leads INDEXED BY leads_by_clock WHERE workspace = ?1 AND clock = ?2";
        let count = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            self.connection.prepare_cached(sql)?.query_row(values, |row| bind::count(row, 0))
        };
        let soon = us(now.checked_add(SOON).unwrap_or(now));
        Ok(BoardCounts {
            leads,
            open,
            queued,
            warned: count(of_clock, &[&self.key(), &"warned"])?,
            breached: count(of_clock, &[&self.key(), &"breached"])?,
            due_soon: count(
                "SELECT count(*) FROM leads INDEXED BY leads_by_urgency
                 WHERE workspace = ?1 AND urgency BETWEEN ?2 AND ?3 AND clock IS NOT NULL",
                &[&self.key(), &us(now), &soon],
            )?,
            at_risk: count(
                "SELECT count(*) FROM leads INDEXED BY leads_at_risk WHERE workspace = ?1 AND risk IS NOT NULL",
                &[&self.key()],
            )?,
            pending: count(
                "SELECT count(*) FROM proposals WHERE workspace = ?1 AND state = 'pending'",
                &[&self.key()],
            )?,
        })
    }
}

/// The words to be found, folded as those in the search column are.
fn search_words(q: &str) -> Vec<String> {
    fold::words(q).split(' ').filter(|word| !word.is_empty()).take(SEARCH_WORDS).map(str::to_owned).collect()
}

/// A list of one row more than asked for, cut to a page with the place where the next one begins.
pub(super) fn page<T>(mut items: Vec<T>, limit: usize, place: impl Fn(&T) -> String) -> Page<T> {
    let is_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| is_more).map(place);
    Page { items, next }
}

fn lead_place(cursor: &str) -> Option<(i64, LeadId)> {
    let (urgency, lead) = cursor.split_once('.')?;
    Some((urgency.parse().ok()?, lead.parse().ok()?))
}

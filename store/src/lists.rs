//! Lists: their lengths, their pages, and what a filter comes to as conditions, the same for every database.

use flow::approval::ProposalState;
use flow::ids::{LeadId, ProposalId, WorkspaceId};
use flow::matching::fold;
use jiff::SignedDuration;
use uuid::Uuid;

use crate::StoreError;
use crate::columns::{limit, us};
use crate::project::urgency;
use crate::views::{FactFilter, LeadFilter, LeadRow, Page, ProposalFilter};

/// Most words of a search that are looked at.
const SEARCH_WORDS: usize = 8;
/// What "soon" means on the board.
pub(crate) const SOON: SignedDuration = SignedDuration::from_hours(1);
/// A list's length as asked for, within bounds.
pub(crate) fn bounded(asked: usize, usual: usize, most: usize) -> usize {
    if asked == 0 { usual } else { asked.min(most) }
}

/// A list of one row more than asked for, cut to a page with the place where the next one begins.
pub(crate) fn page<T>(mut items: Vec<T>, limit: usize, place: impl Fn(&T) -> String) -> Page<T> {
    let is_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| is_more).map(place);
    Page { items, next }
}

/// Where a list of leads goes on after this one.
pub(crate) fn lead_cursor(row: &LeadRow) -> String {
    format!("{}.{}", urgency(row.clock.as_ref().map(|clock| clock.due), row.touched_at), row.id)
}

/// What differs between databases in the text of a condition.
pub(crate) struct Dialect {
    /// Stands before a value's number.
    pub mark: char,
    /// Whether a lead is found by a word.
    pub contains: &'static str,
    /// Whether a member may decide a proposal.
    pub eligible: &'static str,
}

/// A value in a condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Term {
    Id(Uuid),
    Text(String),
    Int(i64),
}

/// Conditions with their values, in the order of their numbers.
pub(crate) struct Conditions<'a> {
    dialect: &'a Dialect,
    sql: Vec<String>,
    terms: Vec<Term>,
}

impl<'a> Conditions<'a> {
    /// In this workspace, of the table of this name.
    pub fn within(dialect: &'a Dialect, table: &str, workspace: WorkspaceId) -> Conditions<'a> {
        let mut conditions = Conditions { dialect, sql: Vec::new(), terms: Vec::new() };
        conditions.add(&format!("{table}.workspace = ?"), [Term::Id(workspace.0)]);
        conditions
    }

    /// Adds a condition in which each `?` stands for the next of `terms`.
    pub fn add(&mut self, condition: &str, terms: impl IntoIterator<Item = Term>) {
        let mut numbered = String::new();
        let mut number = self.terms.len();
        for part in condition.split_inclusive('?') {
            match part.strip_suffix('?') {
                Some(before) => {
                    number += 1;
                    numbered.push_str(&format!("{before}{}{number}", self.dialect.mark));
                }
                None => numbered.push_str(part),
            }
        }
        self.sql.push(numbered);
        self.terms.extend(terms);
    }

    /// All conditions joined, and their values.
    pub fn finish(self) -> (String, Vec<Term>) {
        (self.sql.join(" AND "), self.terms)
    }
}

/// The words of a search, folded as those in the search column are.
pub(crate) fn search_words(filter: &LeadFilter) -> Vec<String> {
    let folded = filter.q.as_deref().map(fold::words).unwrap_or_default();
    folded.split(' ').filter(|word| !word.is_empty()).take(SEARCH_WORDS).map(str::to_owned).collect()
}

/// Which leads (`l`, with the search words in `s` when there are `words`).
///
/// # Errors
/// [`StoreError::Cursor`] for a place that no list gave.
pub(crate) fn leads<'a>(
    dialect: &'a Dialect,
    workspace: WorkspaceId,
    filter: &LeadFilter,
    words: Vec<String>,
) -> Result<Conditions<'a>, StoreError> {
    let mut conditions = Conditions::within(dialect, if words.is_empty() { "l" } else { "s" }, workspace);
    for word in words {
        conditions.add(dialect.contains, [Term::Text(word)]);
    }
    if let Some(owner) = filter.owner {
        conditions.add("l.owner = ?", [Term::Id(owner.0)]);
    }
    if filter.queued {
        conditions.add("l.owner IS NULL", []);
    }
    if filter.open {
        conditions.add("l.open = TRUE", []);
    }
    if let Some(clock) = &filter.clock {
        conditions.add("l.clock = ?", [Term::Text(clock.clone())]);
    }
    if filter.at_risk {
        conditions.add("l.risk IS NOT NULL", []);
    }
    match filter.stage {
        Some(stage) => conditions.add("l.stage = ?", [Term::Text(stage.word().to_owned())]),
        // A lead that rests in another is found as that other one.
        None => conditions.add("l.stage <> 'merged'", []),
    }
    if let Some(tier) = filter.tier {
        conditions.add("l.tier = ?", [Term::Text(tier.word().to_owned())]);
    }
    if let Some(cursor) = &filter.cursor {
        let (urgency, lead) = lead_place(cursor).ok_or_else(|| StoreError::Cursor(cursor.clone()))?;
        conditions.add("(l.urgency, l.lead) > (?, ?)", [Term::Int(urgency), Term::Id(lead.0)]);
    }
    Ok(conditions)
}

fn lead_place(cursor: &str) -> Option<(i64, LeadId)> {
    let (urgency, lead) = cursor.split_once('.')?;
    Some((urgency.parse().ok()?, lead.parse().ok()?))
}

/// Which proposals (`p` with their leads `l`), where to look, and by which table to sort: what one member may decide
/// now is found in `d`.
///
/// # Errors
/// [`StoreError::Cursor`] for a place that no list gave.
pub(crate) fn proposals<'a>(
    dialect: &'a Dialect,
    workspace: WorkspaceId,
    filter: &ProposalFilter,
) -> Result<(bool, &'static str, Conditions<'a>), StoreError> {
    let on_desk =
        filter.eligible.filter(|_| filter.state == Some(ProposalState::Pending) && filter.lead.is_none());
    let order = if on_desk.is_some() { "d" } else { "p" };
    let mut conditions = Conditions::within(dialect, order, workspace);
    match on_desk {
        Some(member) => conditions.add("d.member = ?", [Term::Id(member.0)]),
        None => {
            if let Some(lead) = filter.lead {
                conditions.add("p.lead = ?", [Term::Id(lead.0)]);
            }
            if let Some(state) = filter.state {
                conditions.add("p.state = ?", [Term::Text(state.word().to_owned())]);
            }
            if let Some(member) = filter.eligible {
                conditions.add(dialect.eligible, [Term::Text(member.to_string())]);
            }
        }
    }
    if let Some(cursor) = &filter.cursor {
        let (deadline, worth, id) =
            proposal_place(cursor).ok_or_else(|| StoreError::Cursor(cursor.clone()))?;
        // Earlier deadlines first, higher values first, ids to break ties; spelt out because the directions differ.
        conditions.add(
            &format!(
                "{order}.deadline >= ? AND ({order}.deadline > ? OR {order}.worth < ? \
                 OR ({order}.worth = ? AND {order}.proposal > ?))"
            ),
            [Term::Int(deadline), Term::Int(deadline), Term::Int(worth), Term::Int(worth), Term::Id(id.0)],
        );
    }
    Ok((on_desk.is_some(), order, conditions))
}

fn proposal_place(cursor: &str) -> Option<(i64, i64, ProposalId)> {
    let mut parts = cursor.splitn(3, '.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Which facts (`f`).
pub(crate) fn facts<'a>(dialect: &'a Dialect, workspace: WorkspaceId, filter: &FactFilter) -> Conditions<'a> {
    let mut conditions = Conditions::within(dialect, "f", workspace);
    if let Some(lead) = filter.lead {
        conditions.add("f.lead = ?", [Term::Id(lead.0)]);
    } else if filter.workspace_only {
        conditions.add("f.lead IS NULL", []);
    }
    if !filter.kinds.is_empty() {
        let marks = vec!["?"; filter.kinds.len()].join(", ");
        conditions
            .add(&format!("f.kind IN ({marks})"), filter.kinds.iter().map(|kind| Term::Text(kind.clone())));
    }
    if let Some(since) = filter.since {
        conditions.add("f.at >= ?", [Term::Int(us(since))]);
    }
    if let Some(until) = filter.until {
        conditions.add("f.at < ?", [Term::Int(us(until))]);
    }
    if let Some(actor) = filter.actor {
        conditions.add("f.actor = ?", [Term::Id(actor)]);
    }
    if let Some(account) = &filter.account {
        let leads = "f.lead IN (SELECT lead FROM leads WHERE workspace = f.workspace AND account = ?)";
        conditions.add(leads, [Term::Text(account.clone())]);
    }
    if let Some(before) = filter.before_index {
        conditions.add("f.number < ?", [Term::Int(limit(before))]);
    }
    if let Some(from) = filter.from_index {
        conditions.add("f.number >= ?", [Term::Int(limit(from))]);
    }
    if !filter.unplaced {
        // The workspace is the first value of all.
        conditions
            .sql
            .push(format!("f.number < (SELECT size FROM trees WHERE workspace = {}1)", dialect.mark));
    }
    conditions
}

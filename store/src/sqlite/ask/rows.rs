//! Rows that several questions read, and commits too.

use flow::approval::Proposal;
use flow::ids::{ActionId, ProposalId};
use flow::step::Step;
use flow::terms::{Member, Person, Role, Stage, Tier};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::sqlite::bind;
use crate::views::{ActionRow, ClockCell, FactRow, LeadRow};

type Read<T> = rusqlite::Result<T>;

/// The columns of [`lead`], of a table called `l`.
pub(in crate::sqlite) const LEAD: &str = "l.lead, l.name, l.email, l.phone, l.company, l.country, l.language, l.account, \
     l.tier, l.value, l.owner, l.stage, l.source, l.captured_at, l.touched_at, l.clock_promise, l.clock, \
     l.clock_started, l.clock_due, l.pending, l.risk, l.subject";
/// How many columns that is.
pub(in crate::sqlite) const LEAD_COLUMNS: usize = 22;

/// A lead in a list.
pub(in crate::sqlite) fn lead(row: &Row<'_>) -> Read<LeadRow> {
    let clock = match (row.get(15)?, row.get(16)?) {
        (Some(promise), Some(state)) => {
            Some(ClockCell { promise, state, started: bind::time(row, 17)?, due: bind::time(row, 18)? })
        }
        _ => None,
    };
    let risk: Option<String> = row.get(20)?;
    Ok(LeadRow {
        id: bind::id(row, 0)?,
        person: person(row, 1)?,
        account: row.get(7)?,
        tier: bind::word(row, 8, Tier::from_word)?,
        value: bind::count(row, 9)?,
        owner: bind::maybe_id(row, 10)?,
        stage: bind::word(row, 11, Stage::from_word)?,
        source: row.get(12)?,
        captured_at: bind::time(row, 13)?,
        touched_at: bind::time(row, 14)?,
        clock,
        pending: row.get(19)?,
        risk: risk.iter().flat_map(|signs| signs.split(' ')).map(str::to_owned).collect(),
        subject: row.get(21)?,
    })
}

/// A person's six columns.
pub(in crate::sqlite) fn person(row: &Row<'_>, at: usize) -> Read<Person> {
    Ok(Person {
        name: row.get(at)?,
        email: row.get(at + 1)?,
        phone: row.get(at + 2)?,
        company: row.get(at + 3)?,
        country: row.get(at + 4)?,
        language: row.get(at + 5)?,
    })
}

/// The columns of [`action_row`].
pub(in crate::sqlite) const ACTION: &str = "action, lead, step, class, verdict, state, at, proposal";

/// An action in a list.
pub(in crate::sqlite) fn action_row(row: &Row<'_>) -> Read<ActionRow> {
    Ok(ActionRow {
        id: bind::id(row, 0)?,
        lead: bind::id(row, 1)?,
        step: bind::word(row, 2, Step::from_name)?,
        class: row.get(3)?,
        verdict: row.get(4)?,
        state: row.get(5)?,
        at: bind::time(row, 6)?,
        proposal: bind::maybe_id(row, 7)?,
    })
}

/// One action.
pub(in crate::sqlite) fn action(
    connection: &Connection,
    workspace: &[u8],
    id: ActionId,
) -> Read<Option<ActionRow>> {
    let sql = format!("SELECT {ACTION} FROM actions WHERE workspace = ?1 AND action = ?2");
    let mut by_id = connection.prepare_cached(&sql)?;
    by_id.query_row(params![workspace, id.0.as_bytes().as_slice()], action_row).optional()
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

/// A member: id, address, name, role.
pub(in crate::sqlite) fn member(row: &Row<'_>) -> Read<Member> {
    Ok(Member {
        id: bind::id(row, 0)?,
        email: row.get(1)?,
        name: row.get(2)?,
        role: bind::word(row, 3, Role::from_word)?,
    })
}

/// A fact: number, leaf, and what opens its body and its content. It has a place in a tree of more than `size` leaves.
pub(in crate::sqlite) fn fact(row: &Row<'_>, size: i64) -> Read<(u64, FactRow)> {
    let number: i64 = row.get(0)?;
    let place = bind::count(row, 0)?;
    let fact = FactRow {
        index: (number < size).then_some(place),
        leaf: row.get(1)?,
        body: opening(row, 2)?,
        content: opening(row, 4)?,
    };
    Ok((place, fact))
}

fn opening(row: &Row<'_>, at: usize) -> Read<Option<([u8; 32], Vec<u8>)>> {
    match (bind::maybe_bytes32(row, at)?, row.get(at + 1)?) {
        (Some(r), Some(payload)) => Ok(Some((r, payload))),
        _ => Ok(None),
    }
}

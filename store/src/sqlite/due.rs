//! What is due: handing rows out to one worker at a time, and crossing them off.

use flow::effect::Effect;
use flow::ids::{LeadId, WorkspaceId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::bind::{self, us};
use super::writer::Halt;
use crate::tasks::{CLAIM_LIMIT, number, row, task};
use crate::{Claim, Queue, Ticket, Wanted};

/// The earliest time at which anything in a queue may be handed out.
pub(super) fn next_ready(connection: &Connection, queue: Queue) -> rusqlite::Result<Option<Timestamp>> {
    let mut next = connection.prepare_cached("SELECT min(ready) FROM tasks WHERE queue = ?1")?;
    next.query_row([number(queue)], |row| bind::maybe_time(row, 0))
}

/// Hands out what is ready, the earliest first.
pub(super) fn claim(connection: &Connection, wanted: &Wanted) -> Result<Vec<Claim>, Halt> {
    let mut ready = connection.prepare_cached(
        "SELECT workspace, lead, key, due, taken FROM tasks WHERE queue = ?1 AND ready <= ?2
         ORDER BY ready, workspace, lead, key LIMIT ?3",
    )?;
    let rows = ready
        .query_map(
            params![number(wanted.queue), us(wanted.now), bind::limit(wanted.limit.min(CLAIM_LIMIT))],
            |row| {
                let key: String = row.get(2)?;
                Ok((bind::id(row, 0)?, bind::id(row, 1)?, key, bind::time(row, 3)?, row.get(4)?))
            },
        )?
        .collect::<rusqlite::Result<Vec<(WorkspaceId, LeadId, String, Timestamp, u32)>>>()?;
    let mut hold = connection.prepare_cached(
        "UPDATE tasks SET ready = ?1, taken = taken + 1, claim = ?2
         WHERE workspace = ?3 AND lead = ?4 AND queue = ?5 AND key = ?6",
    )?;
    let mut claims = Vec::with_capacity(rows.len());
    let mut last = last_claim(connection)?;
    for (workspace, lead, key, due, taken) in rows {
        last += 1;
        let (in_workspace, on_lead) = (workspace.0.as_bytes().as_slice(), lead.0.as_bytes().as_slice());
        hold.execute(params![
            us(wanted.lease_until),
            last,
            in_workspace,
            on_lead,
            number(wanted.queue),
            key
        ])?;
        let task = task(wanted.queue, &key)?;
        let ticket = Ticket { queue: wanted.queue, lead, key, claim: last, done: true };
        claims.push(Claim { workspace, lead, task, due, taken, ticket });
    }
    if !claims.is_empty() {
        connection.prepare_cached("UPDATE claims SET last = ?1")?.execute([last])?;
    }
    Ok(claims)
}

/// Gives back what was claimed and not crossed off. One process has the database at a time, so whoever held a claim
/// before this one opened it is gone; what was theirs is due at once and still counts as handed out before.
pub(super) fn give_back(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute("UPDATE tasks SET ready = due WHERE taken > 0", [])
}

fn last_claim(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT last FROM claims")?.query_row([], |row| row.get(0))
}

/// Whether a claim is still the last one on its row.
pub(super) fn is_current(
    connection: &Connection,
    workspace: &[u8],
    ticket: &Ticket,
) -> rusqlite::Result<bool> {
    let mut claim = connection.prepare_cached(
        "SELECT claim FROM tasks WHERE workspace = ?1 AND lead = ?2 AND queue = ?3 AND key = ?4",
    )?;
    let lead = ticket.lead.0.as_bytes().as_slice();
    let now: Option<i64> = claim
        .query_row(params![workspace, lead, number(ticket.queue), ticket.key], |row| row.get(0))
        .optional()?;
    Ok(now == Some(ticket.claim))
}

/// Crosses a row off.
pub(super) fn cross_off(connection: &Connection, workspace: &[u8], ticket: &Ticket) -> rusqlite::Result<()> {
    remove(connection, workspace, ticket.lead, ticket.queue, &ticket.key)
}

/// Puts in or takes out what a decision says.
pub(super) fn carry_out(
    connection: &Connection,
    workspace: &[u8],
    lead: LeadId,
    effect: &Effect,
) -> rusqlite::Result<()> {
    match row(effect) {
        Some((queue, key, Some(due))) => put(connection, workspace, lead, queue, &key, due),
        Some((queue, key, None)) => remove(connection, workspace, lead, queue, &key),
        None => Ok(()),
    }
}

/// A row that was there is moved, and no claim on it counts any more.
fn put(
    connection: &Connection,
    workspace: &[u8],
    lead: LeadId,
    queue: Queue,
    key: &str,
    due: Timestamp,
) -> rusqlite::Result<()> {
    let mut put = connection.prepare_cached(
        "INSERT INTO tasks (workspace, lead, queue, key, due, ready, taken, claim) VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0, 0)
         ON CONFLICT DO UPDATE SET due = excluded.due, ready = excluded.ready, taken = 0, claim = 0",
    )?;
    put.execute(params![workspace, lead.0.as_bytes().as_slice(), number(queue), key, us(due)])?;
    Ok(())
}

fn remove(
    connection: &Connection,
    workspace: &[u8],
    lead: LeadId,
    queue: Queue,
    key: &str,
) -> rusqlite::Result<()> {
    let mut remove = connection
        .prepare_cached("DELETE FROM tasks WHERE workspace = ?1 AND lead = ?2 AND queue = ?3 AND key = ?4")?;
    remove.execute(params![workspace, lead.0.as_bytes().as_slice(), number(queue), key])?;
    Ok(())
}

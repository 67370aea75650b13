//! One commit: made ready on the caller's thread, then looked at, then written.

mod erase;
mod record;
mod side;
mod views;

use std::collections::BTreeSet;

use flow::ids::LeadId;
use rusqlite::{Connection, OptionalExtension, params};

use super::bind;
use super::writer::{Halt, Pen};
use super::{due, workspace};
use crate::erasing::erased_key;
use crate::prepared::{Prepared, again};
use crate::{Once, Receipt, StoreError};
pub(super) use erase::{is_due as is_scrub_due, scrub};
pub(super) use side::{ledger, secret};

/// How things stand before a commit that may be written.
struct Before {
    /// The number of its first fact.
    number: u64,
    /// The lead's version; none for a new lead.
    version: Option<u64>,
}

/// Looks at a commit, then writes it.
pub(super) fn write(pen: &mut Pen, prepared: &Prepared) -> Result<Receipt, Halt> {
    if let Some(once) = &prepared.commit.once
        && let Some(receipt) = written_before(&pen.connection, prepared.workspace(), once)?
    {
        return Ok(receipt);
    }
    let before = look(pen, prepared)?;
    let mut beside = match prepared.and.as_deref() {
        Some(and) => Some((and, look(pen, and)?)),
        None => None,
    };
    put(pen, prepared, &before)?;
    if let Some((and, other)) = &mut beside {
        other.number = before.number + prepared.facts();
        put(pen, and, other)?;
    }
    if let Some(once) = &prepared.commit.once {
        let lead = prepared.commit.lead.as_ref().map(|change| change.state.id);
        remember(&pen.connection, prepared.workspace(), lead, once)?;
    }
    erase::at_last(&pen.connection, prepared)?;
    Ok(Receipt::Written { version: before.version.unwrap_or(0) + prepared.facts() })
}

/// Writes what was looked at.
fn put(pen: &mut Pen, prepared: &Prepared, before: &Before) -> Result<(), Halt> {
    let connection = &pen.connection;
    record::write(connection, prepared, before.number)?;
    erase::before_views(connection, prepared, before.number)?;
    views::write(connection, prepared, before)?;
    side::write(connection, prepared.workspace(), &prepared.commit.side)?;
    keys(connection, prepared, before.version.is_none())?;
    terms(connection, prepared)?;
    tasks(connection, prepared)?;
    pen.numbers.insert(prepared.commit.workspace, before.number + prepared.facts());
    Ok(())
}

/// Everything that can speak against a commit is looked at here, before anything is written.
fn look(pen: &mut Pen, prepared: &Prepared) -> Result<Before, Halt> {
    let Prepared { commit, .. } = prepared;
    let number = match pen.numbers.get(&commit.workspace) {
        Some(number) => *number,
        None => workspace::next_number(&pen.connection, commit.workspace)?.ok_or_else(|| {
            Halt::Refused(StoreError::Value(format!("there is no workspace {}", commit.workspace)))
        })?,
    };
    let (connection, workspace) = (&pen.connection, prepared.workspace());
    let conflict = Err(Halt::Refused(StoreError::Conflict));
    if let Some(ticket) = &commit.carried_out
        && !due::is_current(connection, workspace, ticket)?
    {
        return conflict;
    }
    let mut version = None;
    if let Some(change) = &commit.lead {
        version = version_of(connection, workspace, change.state.id)?;
        if version != change.expected {
            return conflict;
        }
    }
    for guard in &commit.guards {
        if stamp(connection, workspace, guard.key)? != guard.stamp {
            return conflict;
        }
    }
    Ok(Before { number, version })
}

fn version_of(connection: &Connection, workspace: &[u8], lead: LeadId) -> rusqlite::Result<Option<u64>> {
    let mut version =
        connection.prepare_cached("SELECT version FROM states WHERE workspace = ?1 AND lead = ?2")?;
    version.query_row(params![workspace, lead.0.as_bytes().as_slice()], |row| bind::count(row, 0)).optional()
}

/// How many came to a key so far.
pub(super) fn stamp(connection: &Connection, workspace: &[u8], key: u64) -> rusqlite::Result<i64> {
    let mut stamp = connection
        .prepare_cached("SELECT coalesce(max(stamp), 0) FROM lead_keys WHERE workspace = ?1 AND key = ?2")?;
    stamp.query_row(params![workspace, key.cast_signed()], |row| row.get(0))
}

fn keys(connection: &Connection, prepared: &Prepared, is_new: bool) -> rusqlite::Result<()> {
    let Some(change) = &prepared.commit.lead else { return Ok(()) };
    let (workspace, lead) = (prepared.workspace(), change.state.id.0.as_bytes().as_slice());
    let mut known = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM lead_keys WHERE workspace = ?1 AND key = ?2 AND lead = ?3)",
    )?;
    let mut put = connection.prepare_cached(
        "INSERT INTO lead_keys (workspace, key, stamp, lead)
         SELECT ?1, ?2, coalesce(max(stamp), 0) + 1, ?3 FROM lead_keys WHERE workspace = ?1 AND key = ?2",
    )?;
    let distinct: BTreeSet<u64> = prepared.commit.keys.iter().copied().collect();
    for key in distinct {
        let row = params![workspace, key.cast_signed(), lead];
        if is_new || !known.query_row(row, |row| row.get::<_, bool>(0))? {
            put.execute(row)?;
        }
    }
    Ok(())
}

/// Counts each value's new partners.
fn terms(connection: &Connection, prepared: &Prepared) -> rusqlite::Result<()> {
    let workspace = prepared.workspace();
    let mut seen = connection.prepare_cached(
        "INSERT INTO seen_with (workspace, value, partner) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    let mut count = connection.prepare_cached(
        "INSERT INTO spreads (workspace, value, partners) VALUES (?1, ?2, 1)
         ON CONFLICT DO UPDATE SET partners = partners + 1",
    )?;
    for term in &prepared.commit.terms {
        let value = term.value.cast_signed();
        if seen.execute(params![workspace, value, term.partner.cast_signed()])? > 0 {
            count.execute(params![workspace, value])?;
        }
    }
    Ok(())
}

/// Crosses off what was carried out, then puts in what is due next; it may be the same row.
fn tasks(connection: &Connection, prepared: &Prepared) -> rusqlite::Result<()> {
    let workspace = prepared.workspace();
    if let Some(ticket) = prepared.commit.carried_out.as_ref().filter(|ticket| ticket.done) {
        due::cross_off(connection, workspace, ticket)?;
    }
    let Some(change) = &prepared.commit.lead else { return Ok(()) };
    prepared
        .commit
        .effects
        .iter()
        .try_for_each(|effect| due::carry_out(connection, workspace, change.state.id, effect))
}

fn written_before(
    connection: &Connection,
    workspace: &[u8],
    once: &Once,
) -> rusqlite::Result<Option<Receipt>> {
    let found = request(connection, workspace, &once.key)?;
    if found.is_none()
        && let Some((_, answer)) = request(connection, workspace, &erased_key(&once.key))?
    {
        return Ok(Some(Receipt::Already { answer }));
    }
    Ok(found.map(|found| again(once, found)))
}

/// What was asked and answered under an idempotency key.
pub(super) fn request(
    connection: &Connection,
    workspace: &[u8],
    key: &str,
) -> rusqlite::Result<Option<([u8; 32], Vec<u8>)>> {
    let mut request = connection
        .prepare_cached("SELECT request, answer FROM requests WHERE workspace = ?1 AND key = ?2")?;
    request.query_row(params![workspace, key], |row| Ok((bind::bytes32(row, 0)?, row.get(1)?))).optional()
}

fn remember(
    connection: &Connection,
    workspace: &[u8],
    lead: Option<LeadId>,
    once: &Once,
) -> rusqlite::Result<()> {
    let mut remember = connection.prepare_cached(
        "INSERT INTO requests (workspace, key, request, answer, lead) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let lead = lead.as_ref().map(|lead| lead.0.as_bytes().as_slice());
    remember.execute(params![workspace, once.key, once.request.as_slice(), once.answer, lead])?;
    Ok(())
}

//! Makes every view again from the facts and compares it with the live one, lead by lead: each lead from one snapshot,
//! so that commits may go on meanwhile.

use std::sync::Arc;

use flow::ids::{LeadId, WorkspaceId};
use rusqlite::{Connection, Row, params};

use super::bind;
use super::fault::store_error;
use super::readers::Readers;
use crate::rebuild::{self, Rows, Told, Written, compare};
use crate::{Difference, Progress, StoreError, rows};

/// Leads looked at in one turn.
const TURN: usize = 64;

type Read<T> = rusqlite::Result<T>;

/// Compares all views of a workspace with what its facts make of them.
pub(super) async fn check(
    readers: &Arc<Readers>,
    workspace: WorkspaceId,
    progress: &dyn Progress,
) -> Result<Option<Difference>, StoreError> {
    let all = readers.apart(move |connection| sql(count_leads(connection, workspace))).await?;
    let (mut done, mut last) = (0, None);
    loop {
        let turn = readers.apart(move |connection| leads_after(connection, workspace, last)).await?;
        if let Some(difference) = turn.difference {
            return Ok(Some(difference));
        }
        done += turn.leads;
        progress.at(done, all.max(done));
        match turn.last {
            Some(lead) => last = Some(lead),
            None => break,
        }
    }
    readers.apart(move |connection| whole_workspace(connection, workspace)).await
}

fn sql<T>(read: Read<T>) -> Result<T, StoreError> {
    read.map_err(|error| store_error(&error))
}

fn count_leads(connection: &Connection, workspace: WorkspaceId) -> Read<u64> {
    let mut count = connection.prepare_cached("SELECT count(*) FROM states WHERE workspace = ?1")?;
    count.query_row([workspace.0.as_bytes().as_slice()], |row| bind::count(row, 0))
}

/// What came of one turn.
struct Turn {
    leads: u64,
    /// Where the next turn begins; none at the end.
    last: Option<LeadId>,
    difference: Option<Difference>,
}

fn leads_after(
    connection: &Connection,
    workspace: WorkspaceId,
    mut last: Option<LeadId>,
) -> Result<Turn, StoreError> {
    let mut leads = 0;
    for _ in 0..TURN {
        let snapshot = sql(connection.unchecked_transaction())?;
        let Some(lead) = sql(next_lead(connection, workspace, last))? else {
            return Ok(Turn { leads, last: None, difference: None });
        };
        let difference = one_lead(connection, workspace, lead)?;
        drop(snapshot);
        if difference.is_some() {
            return Ok(Turn { leads, last: None, difference });
        }
        leads += 1;
        last = Some(lead);
    }
    Ok(Turn { leads, last, difference: None })
}

/// The next lead that anything is known of.
fn next_lead(connection: &Connection, workspace: WorkspaceId, last: Option<LeadId>) -> Read<Option<LeadId>> {
    let mut next = connection.prepare_cached(
        "SELECT min(lead) FROM (
             SELECT min(lead) AS lead FROM facts INDEXED BY facts_by_lead WHERE workspace = ?1 AND lead > ?2
             UNION ALL SELECT min(lead) FROM states WHERE workspace = ?1 AND lead > ?2
             UNION ALL SELECT min(lead) FROM leads WHERE workspace = ?1 AND lead > ?2
             UNION ALL SELECT min(lead) FROM searches WHERE workspace = ?1 AND lead > ?2
             UNION ALL SELECT min(lead) FROM cards WHERE workspace = ?1 AND lead > ?2
             UNION ALL SELECT min(lead) FROM actions INDEXED BY actions_by_lead WHERE workspace = ?1 AND lead > ?2
             UNION ALL SELECT min(lead) FROM proposals INDEXED BY proposals_by_lead WHERE workspace = ?1 AND lead > ?2
             UNION ALL SELECT min(lead) FROM messages INDEXED BY messages_by_lead WHERE workspace = ?1 AND lead > ?2)",
    )?;
    let last = last.as_ref().map_or(&[][..], |lead| lead.0.as_bytes());
    next.query_row(params![workspace.0.as_bytes().as_slice(), last], |row| bind::maybe_id(row, 0))
}

fn one_lead(
    connection: &Connection,
    workspace: WorkspaceId,
    lead: LeadId,
) -> Result<Option<Difference>, StoreError> {
    match facts(connection, workspace, Some(lead))? {
        Ok(told) => Ok(compare(&told.lead(lead)?, &sql(live_lead(connection, workspace, lead))?)),
        Err(difference) => Ok(Some(difference)),
    }
}

/// The facts of a lead, or of the workspace itself; or what is wrong with one of them.
fn facts(
    connection: &Connection,
    workspace: WorkspaceId,
    lead: Option<LeadId>,
) -> Result<Result<Told, Difference>, StoreError> {
    let read = || {
        let columns = rows::FACT;
        let mut list = connection.prepare_cached(&format!(
            "SELECT {columns} FROM facts AS f INDEXED BY facts_by_lead
             LEFT JOIN contents AS c
                 ON c.workspace = f.workspace AND c.lead = coalesce(f.lead, x'') AND c.commitment = f.content
             WHERE f.workspace = ?1 AND f.lead IS ?2 ORDER BY f.number"
        ))?;
        let lead = lead.as_ref().map(|lead| lead.0.as_bytes().as_slice());
        let rows =
            list.query_map(params![workspace.0.as_bytes().as_slice(), lead], |row| rows::fact(row, 0))?;
        rows.collect::<Read<Vec<_>>>()
    };
    Ok(Told::read(sql(read())?))
}

/// What stands in the views about a lead.
fn live_lead(connection: &Connection, workspace: WorkspaceId, lead: LeadId) -> Read<Rows> {
    let mut live = Rows::new();
    let mut add = |columns: &str, table: &str, written: &dyn Fn(&Row<'_>) -> Read<Written>| {
        let sql = format!("SELECT {columns} FROM {table} WHERE workspace = ?1 AND lead = ?2");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut found = statement.query([workspace.0.as_bytes().as_slice(), lead.0.as_bytes().as_slice()])?;
        while let Some(row) = found.next()? {
            let (name, text) = written(row)?;
            live.insert(name, text);
        }
        Ok::<(), rusqlite::Error>(())
    };
    add("version, state", "states", &|row| rebuild::state_row(row, lead))?;
    add(&format!("{}, urgency, open", rows::LEAD), "leads AS l", &|row| rebuild::lead_row(row))?;
    add("words", "searches", &|row| rebuild::search_row(row, lead))?;
    add("cards", "cards", &|row| rebuild::cards_row(row, lead))?;
    add(rows::ACTION, "actions", &|row| rebuild::action_row(row))?;
    add(rebuild::PROPOSAL, "proposals", &|row| rebuild::proposal_row(row))?;
    add(rebuild::MESSAGE, "messages", &|row| rebuild::message_row(row))?;
    Ok(live)
}

/// The views that are about more than one lead.
fn whole_workspace(
    connection: &Connection,
    workspace: WorkspaceId,
) -> Result<Option<Difference>, StoreError> {
    let _snapshot = sql(connection.unchecked_transaction())?;
    let mut rebuilt = match facts(connection, workspace, None)? {
        Ok(told) => told.workspace(),
        Err(difference) => return Ok(Some(difference)),
    };
    sql(rebuilt_desk(connection, workspace, &mut rebuilt))?;
    let live = sql(live_workspace(connection, workspace))?;
    Ok(compare(&rebuilt, &live))
}

/// What follows from rows that have been compared lead by lead: who may decide, and how many leads each owner has.
fn rebuilt_desk(connection: &Connection, workspace: WorkspaceId, rebuilt: &mut Rows) -> Read<()> {
    let key = [workspace.0.as_bytes().as_slice()];
    let mut pending = connection
        .prepare_cached("SELECT whole, worth FROM proposals WHERE workspace = ?1 AND state = 'pending'")?;
    let mut found = pending.query(key)?;
    while let Some(row) = found.next()? {
        rebuilt.extend(rebuild::pending_deciders(row)?);
    }
    let mut loads = connection.prepare_cached(
        "SELECT coalesce(owner, x''), sum(open = 1), sum(open = 0) FROM leads
         WHERE workspace = ?1 AND stage <> 'merged' GROUP BY 1",
    )?;
    let mut found = loads.query(key)?;
    while let Some(row) = found.next()? {
        let (name, text) = rebuild::load_row(row)?;
        rebuilt.insert(name, text);
    }
    Ok(())
}

fn live_workspace(connection: &Connection, workspace: WorkspaceId) -> Read<Rows> {
    let mut live = Rows::new();
    let mut add = |statement: &str, written: &dyn Fn(&Row<'_>) -> Read<Written>| {
        let mut statement = connection.prepare_cached(statement)?;
        let mut found = statement.query([workspace.0.as_bytes().as_slice()])?;
        while let Some(row) = found.next()? {
            let (name, text) = written(row)?;
            live.insert(name, text);
        }
        Ok::<(), rusqlite::Error>(())
    };
    add("SELECT member, email, name, role FROM members WHERE workspace = ?1", &|row| {
        rebuild::member_row(row)
    })?;
    add("SELECT account, whole, name_key FROM accounts WHERE workspace = ?1", &|row| {
        rebuild::account_row(row)
    })?;
    add("SELECT account FROM accounts WHERE workspace = ?1", &|row| rebuild::account_without_domains(row))?;
    let domains = "SELECT account, group_concat(domain, ' ' ORDER BY domain) FROM account_domains
        WHERE workspace = ?1 GROUP BY account";
    add(domains, &|row| rebuild::account_domains(row))?;
    add("SELECT digest FROM playbooks WHERE workspace = ?1", &|row| rebuild::playbook_row(row))?;
    add("SELECT member, proposal, deadline, worth FROM deciders WHERE workspace = ?1", &|row| {
        rebuild::decider_row(row)
    })?;
    let loads = "SELECT owner, open, closed FROM loads WHERE workspace = ?1 AND (open <> 0 OR closed <> 0)";
    add(loads, &|row| rebuild::load_row(row))?;
    Ok(live)
}

//! Makes every view again from the facts and compares it with the live one, lead by lead: each lead from one snapshot,
//! so that commits may go on meanwhile.

use std::sync::Arc;

use flow::approval::Proposal;
use flow::fact::Entry;
use flow::ids::{AccountId, ActionId, LeadId, MemberId, MessageId, ProposalId, WorkspaceId};
use flow::terms::{Account, Commitment, Member};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::ask::rows;
use super::bind;
use super::fault::store_error;
use super::readers::Readers;
use crate::project::{MessageView, deciders};
use crate::rebuild::{self, Rows, compare};
use crate::views::{ClockCell, LeadRow};
use crate::{Difference, Progress, StoreError};

/// Leads looked at in one turn.
const TURN: usize = 64;

type Read<T> = rusqlite::Result<T>;
/// Facts with their numbers; fewer than there are where the lead was erased.
struct Numbered {
    /// All there are.
    count: usize,
    numbers: Vec<u64>,
    entries: Vec<Entry>,
}
/// A row of a view: the view, the row's name in it, and what stands there.
type Written = ((&'static str, String), String);

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
    let Numbered { count, numbers, entries } = match facts(connection, workspace, Some(lead))? {
        Ok(facts) => facts,
        Err(difference) => return Ok(Some(difference)),
    };
    let (state, views) = rebuild::history(&entries);
    let mut rebuilt = Rows::new();
    if let (Some(state), Some(view)) = (&state, &views.lead) {
        rebuilt.insert(("states", lead.to_string()), format!("{count} {}", bind::to_json(state)?));
        rebuilt.insert(("leads", lead.to_string()), lead_text(&cut(&view.row), view.urgency, view.open));
        rebuilt.insert(("searches", lead.to_string()), view.words.clone());
    }
    for row in &views.actions {
        rebuilt.insert(("actions", row.id.to_string()), format!("{row:?}"));
    }
    for view in &views.proposals {
        rebuilt.insert(
            ("proposals", view.proposal.id.to_string()),
            proposal_text(
                &view.proposal,
                (view.proposal.state.word(), &view.proposal.class, crate::micros(view.proposal.deadline)),
                view.worth,
                view.settled_at,
            ),
        );
    }
    for view in &views.messages {
        let number = numbers.get(view.entry).copied().unwrap_or_default();
        rebuilt.insert(("messages", view.id.to_string()), message_text(view, number));
    }
    let live = sql(live_lead(connection, workspace, lead))?;
    Ok(compare(&rebuilt, &live))
}

/// The facts of a lead, or of the workspace itself, with their numbers; or what is wrong with one of them.
fn facts(
    connection: &Connection,
    workspace: WorkspaceId,
    lead: Option<LeadId>,
) -> Result<Result<Numbered, Difference>, StoreError> {
    let read = || {
        let mut list = connection.prepare_cached(
            "SELECT f.number, f.leaf, f.body_r, f.body, c.r, c.payload FROM facts AS f INDEXED BY facts_by_lead
             LEFT JOIN contents AS c
                 ON c.workspace = f.workspace AND c.lead = coalesce(f.lead, x'') AND c.commitment = f.content
             WHERE f.workspace = ?1 AND f.lead IS ?2 ORDER BY f.number",
        )?;
        let lead = lead.as_ref().map(|lead| lead.0.as_bytes().as_slice());
        let rows =
            list.query_map(params![workspace.0.as_bytes().as_slice(), lead], |row| rows::fact(row, 0))?;
        rows.collect::<Read<Vec<_>>>()
    };
    let rows = sql(read())?;
    let count = rows.len();
    Ok(match rebuild::entries(rows) {
        Ok((numbers, entries)) => Ok(Numbered { count, numbers, entries }),
        Err((number, error)) => Err(Difference {
            view: "facts".to_owned(),
            row: number.to_string(),
            rebuilt: "a fact as its leaf commits to it".into(),
            live: error,
        }),
    })
}

/// What stands in the views about a lead.
fn live_lead(connection: &Connection, workspace: WorkspaceId, lead: LeadId) -> Read<Rows> {
    let mut live = Rows::new();
    let mut add = |view: &'static str, statement: &str, text: &dyn Fn(&Row<'_>) -> Read<(String, String)>| {
        let mut statement = connection.prepare_cached(statement)?;
        let mut found = statement.query([workspace.0.as_bytes().as_slice(), lead.0.as_bytes().as_slice()])?;
        while let Some(row) = found.next()? {
            let (name, text) = text(row)?;
            live.insert((view, name), text);
        }
        Ok::<(), rusqlite::Error>(())
    };
    let name = lead.to_string();
    add("states", "SELECT version, state FROM states WHERE workspace = ?1 AND lead = ?2", &|row| {
        Ok((name.clone(), format!("{} {}", row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
    })?;
    let (columns, extra) = (rows::LEAD, rows::LEAD_COLUMNS);
    let leads = format!("SELECT {columns}, urgency, open FROM leads AS l WHERE workspace = ?1 AND lead = ?2");
    add("leads", &leads, &|row| {
        Ok((name.clone(), lead_text(&rows::lead(row)?, row.get(extra)?, row.get(extra + 1)?)))
    })?;
    add("searches", "SELECT words FROM searches WHERE workspace = ?1 AND lead = ?2", &|row| {
        Ok((name.clone(), row.get(0)?))
    })?;
    let columns = rows::ACTION;
    add("actions", &format!("SELECT {columns} FROM actions WHERE workspace = ?1 AND lead = ?2"), &|row| {
        Ok((bind::id::<ActionId>(row, 0)?.to_string(), format!("{:?}", rows::action_row(row)?)))
    })?;
    let proposals = "SELECT proposal, whole, state, class, deadline, worth, settled_at FROM proposals
        WHERE workspace = ?1 AND lead = ?2";
    add("proposals", proposals, &|row| {
        let (state, class): (String, String) = (row.get(2)?, row.get(3)?);
        let text = proposal_text(
            &bind::json(row, 1)?,
            (&state, &class, bind::time(row, 4)?),
            bind::count(row, 5)?,
            bind::maybe_time(row, 6)?,
        );
        Ok((bind::id::<ProposalId>(row, 0)?.to_string(), text))
    })?;
    let messages = "SELECT message, at, number, external_id, action, proposal, state, content FROM messages
        WHERE workspace = ?1 AND lead = ?2";
    add("messages", messages, &|row| {
        let text = MessageText {
            at: bind::time(row, 1)?,
            number: bind::count(row, 2)?,
            external_id: row.get(3)?,
            action: bind::maybe_id(row, 4)?,
            proposal: bind::maybe_id(row, 5)?,
            state: row.get(6)?,
            content: bind::maybe_bytes32(row, 7)?.map(Commitment),
        };
        Ok((bind::id::<MessageId>(row, 0)?.to_string(), format!("{text:?}")))
    })?;
    Ok(live)
}

/// The views that are about more than one lead.
fn whole_workspace(
    connection: &Connection,
    workspace: WorkspaceId,
) -> Result<Option<Difference>, StoreError> {
    let _snapshot = sql(connection.unchecked_transaction())?;
    let Numbered { entries, .. } = match facts(connection, workspace, None)? {
        Ok(facts) => facts,
        Err(difference) => return Ok(Some(difference)),
    };
    let (_, views) = rebuild::history(&entries);
    let mut rebuilt = Rows::new();
    for member in &views.members {
        rebuilt.insert(("members", member.id.to_string()), format!("{member:?}"));
    }
    for account in &views.accounts {
        rebuilt.insert(
            ("accounts", account.id.to_string()),
            account_text(account, &Account::name_key(&account.name)),
        );
        rebuilt.insert(("account_domains", account.id.to_string()), domains_text(account));
    }
    if let Some(digest) = views.playbook {
        rebuilt.insert(("playbooks", "in force".into()), digest);
    }
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
        let proposal: Proposal = bind::json(row, 0)?;
        let worth: i64 = row.get(1)?;
        for member in deciders(&proposal) {
            rebuilt
                .insert(decider(member, proposal.id, crate::micros(proposal.deadline), worth), String::new());
        }
    }
    let mut loads = connection.prepare_cached(
        "SELECT coalesce(owner, x''), sum(open = 1), sum(open = 0) FROM leads WHERE workspace = ?1 GROUP BY 1",
    )?;
    let mut found = loads.query(key)?;
    while let Some(row) = found.next()? {
        let (name, text) = load(row)?;
        rebuilt.insert(name, text);
    }
    Ok(())
}

fn live_workspace(connection: &Connection, workspace: WorkspaceId) -> Read<Rows> {
    let mut live = Rows::new();
    let mut add = |statement: &str, text: &dyn Fn(&Row<'_>) -> Read<Written>| {
        let mut statement = connection.prepare_cached(statement)?;
        let mut found = statement.query([workspace.0.as_bytes().as_slice()])?;
        while let Some(row) = found.next()? {
            let (name, text) = text(row)?;
            live.insert(name, text);
        }
        Ok::<(), rusqlite::Error>(())
    };
    add("SELECT member, email, name, role FROM members WHERE workspace = ?1", &|row| {
        let member: Member = rows::member(row)?;
        Ok((("members", member.id.to_string()), format!("{member:?}")))
    })?;
    add("SELECT account, whole, name_key FROM accounts WHERE workspace = ?1", &|row| {
        let id = bind::id::<AccountId>(row, 0)?.to_string();
        Ok((("accounts", id), account_text(&bind::json(row, 1)?, &row.get::<_, String>(2)?)))
    })?;
    let domains = "SELECT account, group_concat(domain, ' ' ORDER BY domain) FROM account_domains
        WHERE workspace = ?1 GROUP BY account";
    // An account without domains has no row here; the account itself is compared above.
    add("SELECT account FROM accounts WHERE workspace = ?1", &|row| {
        Ok((("account_domains", bind::id::<AccountId>(row, 0)?.to_string()), String::new()))
    })?;
    add(domains, &|row| Ok((("account_domains", bind::id::<AccountId>(row, 0)?.to_string()), row.get(1)?)))?;
    add("SELECT digest FROM playbooks WHERE workspace = ?1", &|row| {
        Ok((("playbooks", "in force".into()), row.get(0)?))
    })?;
    add("SELECT member, proposal, deadline, worth FROM deciders WHERE workspace = ?1", &|row| {
        let (member, proposal) = (bind::id(row, 0)?, bind::id(row, 1)?);
        Ok((decider(member, proposal, bind::time(row, 2)?, row.get(3)?), String::new()))
    })?;
    let loads = "SELECT owner, open, closed FROM loads WHERE workspace = ?1 AND (open <> 0 OR closed <> 0)";
    add(loads, &load)?;
    Ok(live)
}

/// All of a lead's row but its signs of risk, which the playbook of the day saw in it.
fn lead_text(row: &LeadRow, urgency: i64, open: bool) -> String {
    format!("{:?} {urgency} {open}", LeadRow { risk: Vec::new(), ..row.clone() })
}

/// Times as their columns hold them.
fn cut(row: &LeadRow) -> LeadRow {
    let clock = row.clock.clone().map(|clock| ClockCell {
        started: crate::micros(clock.started),
        due: crate::micros(clock.due),
        ..clock
    });
    LeadRow { clock, ..row.clone() }
}

fn proposal_text(
    whole: &Proposal,
    columns: (&str, &str, Timestamp),
    worth: u64,
    settled_at: Option<Timestamp>,
) -> String {
    format!("{whole:?} {columns:?} {worth} {settled_at:?}")
}

/// A message's row, without its id.
#[derive(Debug)]
#[expect(dead_code, reason = "read by Debug, to be compared in that form")]
struct MessageText {
    at: Timestamp,
    number: u64,
    external_id: Option<String>,
    action: Option<ActionId>,
    proposal: Option<ProposalId>,
    state: Option<String>,
    content: Option<Commitment>,
}

fn message_text(view: &MessageView, number: u64) -> String {
    let out = view.out.as_ref();
    let text = MessageText {
        at: crate::micros(view.at),
        number,
        external_id: view.external_id.clone(),
        action: out.map(|out| out.action),
        proposal: out.and_then(|out| out.proposal),
        state: out.map(|out| out.state.to_owned()),
        content: out.and_then(|out| out.content),
    };
    format!("{text:?}")
}

fn account_text(account: &Account, name_key: &str) -> String {
    format!("{account:?} {name_key}")
}

fn domains_text(account: &Account) -> String {
    let mut domains: Vec<String> = account.domains.iter().map(|domain| domain.to_lowercase()).collect();
    domains.sort_unstable();
    domains.dedup();
    domains.join(" ")
}

fn decider(
    member: MemberId,
    proposal: ProposalId,
    deadline: Timestamp,
    worth: i64,
) -> (&'static str, String) {
    ("deciders", format!("{member} on {proposal} until {deadline} worth {worth}"))
}

fn load(row: &Row<'_>) -> Read<Written> {
    let owner: Option<MemberId> = bind::maybe_id(row, 0)?;
    let name = owner.map_or_else(|| "the queue".to_owned(), |owner| owner.to_string());
    Ok((("loads", name), format!("{} open, {} closed", row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)))
}

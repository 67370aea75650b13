//! Makes every view again from the facts and compares it with the live one, lead by lead: each lead from one snapshot,
//! so that commits may go on meanwhile.

use flow::ids::{LeadId, WorkspaceId};
use tokio_postgres::Row;
use uuid::Uuid;

use super::link::{Given, Link, Step, given};
use super::pool::{Kind, Pool};
use crate::columns::{count, maybe_id};
use crate::rebuild::{self, Rows, Told, Written, compare};
use crate::{Difference, Progress, StoreError, rows};

/// Between two tellings of how far it is, leads.
const TURN: u64 = 64;

/// Begins a transaction that sees one moment.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Compares all views of a workspace with what its facts make of them.
pub(super) async fn check(
    pool: &Pool,
    workspace: WorkspaceId,
    progress: &dyn Progress,
) -> Result<Option<Difference>, StoreError> {
    let counted = Step::new("SELECT count(*) FROM states WHERE workspace = $1", given![workspace.0]);
    let counted = pool.ask(Kind::Long, counted).await?;
    let all = counted.first().map(|row| count(row, 0)).transpose()?.unwrap_or(0);
    let own = pool.own().await?;
    let (mut done, mut last) = (0, Uuid::nil());
    while let Some(lead) = next_lead(own.link(), workspace, last).await? {
        if let Some(difference) = one_lead(own.link(), workspace, lead).await? {
            own.keep();
            return Ok(Some(difference));
        }
        last = lead.0;
        done += 1;
        if done % TURN == 0 {
            progress.at(done, all.max(done));
        }
    }
    progress.at(done, all.max(done));
    let difference = whole_workspace(own.link(), workspace).await?;
    own.keep();
    Ok(difference)
}

/// The next lead that anything is known of.
async fn next_lead(link: &Link, workspace: WorkspaceId, last: Uuid) -> Result<Option<LeadId>, StoreError> {
    let tables = ["facts", "states", "leads", "searches", "cards", "actions", "proposals", "messages"];
    let next = |table| {
        format!("(SELECT lead FROM {table} WHERE workspace = $1 AND lead > $2 ORDER BY lead LIMIT 1)")
    };
    let union = tables.map(next).join(" UNION ALL ");
    let sql = format!("SELECT lead FROM ({union}) AS l ORDER BY lead LIMIT 1");
    let rows = link.one(&Step::new(sql, given![workspace.0, last])).await?;
    rows.first().map(|row| maybe_id(row, 0)).transpose().map(Option::flatten)
}

/// Facts with what opens them, in order; `of` says which.
fn facts(of: &str, values: Vec<Given<'static>>) -> Step<'static> {
    let columns = rows::FACT;
    Step::new(
        format!(
            "SELECT {columns} FROM facts AS f
             LEFT JOIN contents AS c ON c.workspace = f.workspace AND c.commitment = f.content
                 AND c.lead = coalesce(f.lead, '00000000-0000-0000-0000-000000000000')
             WHERE f.workspace = $1 AND f.lead {of} ORDER BY f.number"
        ),
        values,
    )
}

fn told(rows: &[Row]) -> Result<Result<Told, Difference>, StoreError> {
    let facts = rows.iter().map(|row| rows::fact(row, 0)).collect::<Result<Vec<_>, _>>()?;
    Ok(Told::read(facts))
}

async fn one_lead(
    link: &Link,
    workspace: WorkspaceId,
    lead: LeadId,
) -> Result<Option<Difference>, StoreError> {
    let key = || given![workspace.0, lead.0];
    let view = |columns: &str, table: &str| {
        Step::new(format!("SELECT {columns} FROM {table} WHERE workspace = $1 AND lead = $2"), key())
    };
    let steps = [
        Step::plain(SNAPSHOT),
        facts("= $2", key()),
        view("version, state", "states"),
        view(&format!("{}, urgency, open", rows::LEAD), "leads AS l"),
        view("words", "searches"),
        view("cards", "cards"),
        view(rows::ACTION, "actions"),
        view(rebuild::PROPOSAL, "proposals"),
        view(rebuild::MESSAGE, "messages"),
        Step::plain("COMMIT"),
    ];
    let answers = link.flight(&steps).await?;
    let [_, facts, states, leads, searches, cards, actions, proposals, messages, _] = &answers[..] else {
        return Err(StoreError::Value("the database answered less than was asked".into()));
    };
    let told = match told(facts)? {
        Ok(told) => told,
        Err(difference) => return Ok(Some(difference)),
    };
    let mut live = Rows::new();
    add(&mut live, states, |row| rebuild::state_row(row, lead))?;
    add(&mut live, leads, rebuild::lead_row)?;
    add(&mut live, searches, |row| rebuild::search_row(row, lead))?;
    add(&mut live, cards, |row| rebuild::cards_row(row, lead))?;
    add(&mut live, actions, rebuild::action_row)?;
    add(&mut live, proposals, rebuild::proposal_row)?;
    add(&mut live, messages, rebuild::message_row)?;
    Ok(compare(&told.lead(lead)?, &live))
}

/// The views that are about more than one lead.
async fn whole_workspace(link: &Link, workspace: WorkspaceId) -> Result<Option<Difference>, StoreError> {
    let ask = |sql: &'static str| Step::new(sql, given![workspace.0]);
    let steps = [
        Step::plain(SNAPSHOT),
        facts("IS NULL", given![workspace.0]),
        ask("SELECT whole, worth FROM proposals WHERE workspace = $1 AND state = 'pending'"),
        ask("SELECT owner, count(*) FILTER (WHERE open), count(*) FILTER (WHERE NOT open) FROM leads
             WHERE workspace = $1 AND stage <> 'merged' GROUP BY owner"),
        ask("SELECT member, email, name, role FROM members WHERE workspace = $1"),
        ask("SELECT account, whole, name_key FROM accounts WHERE workspace = $1"),
        ask("SELECT account, string_agg(domain, ' ' ORDER BY domain) FROM account_domains WHERE workspace = $1
             GROUP BY account"),
        ask("SELECT digest FROM playbooks WHERE workspace = $1"),
        ask("SELECT member, proposal, deadline, worth FROM deciders WHERE workspace = $1"),
        ask("SELECT owner, open, closed FROM loads WHERE workspace = $1 AND (open <> 0 OR closed <> 0)"),
        Step::plain("COMMIT"),
    ];
    let answers = link.flight(&steps).await?;
    let [_, facts, pending, owners, members, accounts, domains, playbook, deciders, loads, _] = &answers[..]
    else {
        return Err(StoreError::Value("the database answered less than was asked".into()));
    };
    let mut rebuilt = match told(facts)? {
        Ok(told) => told.workspace(),
        Err(difference) => return Ok(Some(difference)),
    };
    // What follows from rows that have been compared lead by lead: who may decide, and how many leads each owner has.
    for row in pending {
        rebuilt.extend(rebuild::pending_deciders(row)?);
    }
    add(&mut rebuilt, owners, rebuild::load_row)?;
    let mut live = Rows::new();
    add(&mut live, members, rebuild::member_row)?;
    add(&mut live, accounts, rebuild::account_row)?;
    add(&mut live, accounts, rebuild::account_without_domains)?;
    add(&mut live, domains, rebuild::account_domains)?;
    add(&mut live, playbook, rebuild::playbook_row)?;
    add(&mut live, deciders, rebuild::decider_row)?;
    add(&mut live, loads, rebuild::load_row)?;
    Ok(compare(&rebuilt, &live))
}

fn add(
    live: &mut Rows,
    rows: &[Row],
    written: impl Fn(&Row) -> Result<Written, StoreError>,
) -> Result<(), StoreError> {
    for row in rows {
        let (name, text) = written(row)?;
        live.insert(name, text);
    }
    Ok(())
}

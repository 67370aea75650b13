//! Rows of the views in one written form: as the facts make them, and as they stand in a database.

use flow::approval::Proposal;
use flow::ids::{AccountId, ActionId, LeadId, MemberId, MessageId, ProposalId};
use flow::terms::{Account, Commitment, Member};
use jiff::Timestamp;

use super::Written;
use crate::columns::{
    Columns, count, flag, id, json, maybe_bytes32, maybe_id, maybe_string, maybe_time, number, string, time,
};
use crate::project::{MessageView, ProposalView, deciders};
use crate::rows::{self, LEAD_COLUMNS};
use crate::views::{ActionRow, ClockCell, LeadRow};

type Read<R> = Result<Written, <R as Columns>::Error>;

/// A row of `states`: version, state.
pub(crate) fn state_row<R: Columns>(row: &R, lead: LeadId) -> Read<R> {
    Ok((("states", lead.to_string()), format!("{} {}", number(row, 0)?, string(row, 1)?)))
}

/// A row of `leads`: [`rows::LEAD`], urgency, open.
pub(crate) fn lead_row<R: Columns>(row: &R) -> Read<R> {
    let lead = rows::lead(row)?;
    let text = lead_text(&lead, number(row, LEAD_COLUMNS)?, flag(row, LEAD_COLUMNS + 1)?);
    Ok((("leads", lead.id.to_string()), text))
}

/// A row of `searches`: words.
pub(crate) fn search_row<R: Columns>(row: &R, lead: LeadId) -> Read<R> {
    Ok((("searches", lead.to_string()), string(row, 0)?))
}

/// A row of `cards`: cards.
pub(crate) fn cards_row<R: Columns>(row: &R, lead: LeadId) -> Read<R> {
    Ok((("cards", lead.to_string()), string(row, 0)?))
}

/// A row of `actions`: [`rows::ACTION`].
pub(crate) fn action_row<R: Columns>(row: &R) -> Read<R> {
    Ok(action_of(&rows::action(row)?))
}

/// The columns of [`proposal_row`].
pub(crate) const PROPOSAL: &str = "proposal, whole, state, class, deadline, worth, settled_at";

/// A row of `proposals`.
pub(crate) fn proposal_row<R: Columns>(row: &R) -> Read<R> {
    let (state, class) = (string(row, 2)?, string(row, 3)?);
    let columns = (state.as_str(), class.as_str(), time(row, 4)?);
    let text = proposal_text(&json(row, 1)?, columns, count(row, 5)?, maybe_time(row, 6)?);
    Ok((("proposals", id::<ProposalId, R>(row, 0)?.to_string()), text))
}

/// The columns of [`message_row`].
pub(crate) const MESSAGE: &str = "message, at, number, external_id, action, proposal, state, content";

/// A row of `messages`.
pub(crate) fn message_row<R: Columns>(row: &R) -> Read<R> {
    let text = MessageText {
        at: time(row, 1)?,
        number: count(row, 2)?,
        external_id: maybe_string(row, 3)?,
        action: maybe_id(row, 4)?,
        proposal: maybe_id(row, 5)?,
        state: maybe_string(row, 6)?,
        content: maybe_bytes32(row, 7)?.map(Commitment),
    };
    Ok((("messages", id::<MessageId, R>(row, 0)?.to_string()), format!("{text:?}")))
}

/// A row of `members`: id, address, name, role.
pub(crate) fn member_row<R: Columns>(row: &R) -> Read<R> {
    Ok(member_of(&rows::member(row)?))
}

/// A row of `accounts`: account, whole, name_key.
pub(crate) fn account_row<R: Columns>(row: &R) -> Read<R> {
    let text = account_text(&json(row, 1)?, &string(row, 2)?);
    Ok((("accounts", id::<AccountId, R>(row, 0)?.to_string()), text))
}

/// The domains of an account in one text: account, domains.
pub(crate) fn account_domains<R: Columns>(row: &R) -> Read<R> {
    Ok((("account_domains", id::<AccountId, R>(row, 0)?.to_string()), string(row, 1)?))
}

/// An account without domains has no row there; the account itself is compared elsewhere.
pub(crate) fn account_without_domains<R: Columns>(row: &R) -> Read<R> {
    Ok((("account_domains", id::<AccountId, R>(row, 0)?.to_string()), String::new()))
}

/// A row of `playbooks`: digest.
pub(crate) fn playbook_row<R: Columns>(row: &R) -> Read<R> {
    Ok(playbook_of(string(row, 0)?))
}

/// A row of `deciders`: member, proposal, deadline, worth.
pub(crate) fn decider_row<R: Columns>(row: &R) -> Read<R> {
    Ok(decider(id(row, 0)?, id(row, 1)?, time(row, 2)?, number(row, 3)?))
}

/// Who may decide a pending proposal: whole, worth.
pub(crate) fn pending_deciders<R: Columns>(row: &R) -> Result<Vec<Written>, R::Error> {
    let proposal: Proposal = json(row, 0)?;
    let worth = number(row, 1)?;
    let deadline = crate::micros(proposal.deadline);
    Ok(deciders(&proposal).into_iter().map(|member| decider(member, proposal.id, deadline, worth)).collect())
}

/// How many leads an owner has, or the queue: owner, open, closed.
pub(crate) fn load_row<R: Columns>(row: &R) -> Read<R> {
    let owner: Option<MemberId> = maybe_id(row, 0)?;
    let name = owner.map_or_else(|| "the queue".to_owned(), |owner| owner.to_string());
    Ok((("loads", name), format!("{} open, {} closed", number(row, 1)?, number(row, 2)?)))
}

pub(super) fn action_of(row: &ActionRow) -> Written {
    (("actions", row.id.to_string()), format!("{row:?}"))
}

pub(super) fn proposal_of(view: &ProposalView) -> Written {
    let proposal = &view.proposal;
    let columns = (proposal.state.word(), proposal.class.as_str(), crate::micros(proposal.deadline));
    (("proposals", proposal.id.to_string()), proposal_text(proposal, columns, view.worth, view.settled_at))
}

pub(super) fn message_of(view: &MessageView, number: u64) -> Written {
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
    (("messages", view.id.to_string()), format!("{text:?}"))
}

pub(super) fn member_of(member: &Member) -> Written {
    (("members", member.id.to_string()), format!("{member:?}"))
}

pub(super) fn account_of(account: &Account) -> [Written; 2] {
    let mut domains: Vec<String> = account.domains.iter().map(|domain| domain.to_lowercase()).collect();
    domains.sort_unstable();
    domains.dedup();
    let name = account.id.to_string();
    [
        (("accounts", name.clone()), account_text(account, &Account::name_key(&account.name))),
        (("account_domains", name), domains.join(" ")),
    ]
}

pub(super) fn playbook_of(digest: String) -> Written {
    (("playbooks", "in force".into()), digest)
}

/// All of a lead's row but its signs of risk, which the playbook of the day saw in it.
pub(super) fn lead_text(row: &LeadRow, urgency: i64, open: bool) -> String {
    format!("{:?} {urgency} {open}", LeadRow { risk: Vec::new(), ..row.clone() })
}

/// Times as their columns hold them.
pub(super) fn cut(row: &LeadRow) -> LeadRow {
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

fn account_text(account: &Account, name_key: &str) -> String {
    format!("{account:?} {name_key}")
}

fn decider(member: MemberId, proposal: ProposalId, deadline: Timestamp, worth: i64) -> Written {
    (("deciders", format!("{member} on {proposal} until {deadline} worth {worth}")), String::new())
}

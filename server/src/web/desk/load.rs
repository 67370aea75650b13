//! What the desk shows, asked of the store.

use flow::approval::ProposalState;
use flow::draft::{self, Finding};
use flow::ids::ProposalId;
use flow::lead::{Command, Lead, OutText, Request};
use flow::step::Step;
use flow::terms::{Actor, Content, Role};
use serde::Deserialize;
use store::views::{MessageRow, ProposalFilter, ProposalRow};
use store::{Answer, Question};

use super::proposal::{Current, May};
use super::queue::{Filter, Queue};
use crate::app::App;
use crate::web::session::Visit;
use crate::web::trouble::Trouble;
use crate::web::words::Names;

/// Proposals listed; the rest comes up as these are decided.
const LISTED: usize = 200;
/// Messages shown of a conversation.
pub const MESSAGES: usize = 50;
/// Settled proposals of the same class shown.
const HISTORY: usize = 10;

/// The filter as it stands in the address, and the decision just taken.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    show: String,
    step: String,
    /// The proposal that is open.
    pub current: String,
    /// The proposal just decided.
    pub done: String,
    /// The content that was seen.
    pub seen: String,
}

impl Asked {
    /// The filter.
    pub fn filter(&self) -> Filter {
        Filter { all: self.show == "all", step: Step::from_name(&self.step) }
    }
}

/// The proposals that wait under a filter. An auditor decides none and sees all.
pub async fn queue(visit: &Visit, filter: Filter, current: Option<ProposalId>) -> Result<Queue, Trouble> {
    let filter = Filter { all: filter.all || visit.me.role == Role::Auditor, ..filter };
    let wanted = ProposalFilter {
        state: Some(ProposalState::Pending),
        eligible: (!filter.all).then_some(visit.me.id),
        limit: LISTED,
        ..ProposalFilter::default()
    };
    let page = match visit.app.ask(Question::Proposals(wanted)).await? {
        Answer::Proposals(page) => page,
        other => return Err(Trouble::unexpected(&other)),
    };
    let mut steps: Vec<(Step, usize)> = Vec::new();
    for row in &page.items {
        match steps.iter_mut().find(|(step, _)| *step == row.proposal.step) {
            Some((_, number)) => *number += 1,
            None => steps.push((row.proposal.step, 1)),
        }
    }
    let is_wanted = |row: &ProposalRow| filter.step.is_none_or(|step| row.proposal.step == step);
    let rows = page.items.into_iter().filter(is_wanted).collect();
    Ok(Queue { filter, rows, steps, more: page.next.is_some(), current })
}

/// One proposal's row.
///
/// # Errors
/// Not found, or the store's.
pub async fn row(app: &App, id: ProposalId) -> Result<ProposalRow, Trouble> {
    match app.ask(Question::Proposal(id)).await? {
        Answer::Proposal(Some(row)) => Ok(*row),
        Answer::Proposal(None) => Err(Trouble::not_found("proposal")),
        other => Err(Trouble::unexpected(&other)),
    }
}

/// Everything that the view of one proposal shows.
///
/// # Errors
/// Not found, or the store's.
pub async fn current(visit: &Visit, id: ProposalId, filter: Filter) -> Result<Current, Trouble> {
    let app = &visit.app;
    let row = row(app, id).await?;
    let held = app.store().lead(app.workspace_id(), row.lead).await?;
    let lead = held.ok_or_else(|| Trouble::not_found("lead"))?.lead;
    let messages = messages(app, &lead).await?;
    let history =
        match app.ask(Question::ClassHistory { class: row.proposal.class.clone(), limit: HISTORY }).await? {
            Answer::ClassHistory(rows) => rows,
            other => return Err(Trouble::unexpected(&other)),
        };
    let action = match app.ask(Question::Action(row.proposal.action)).await? {
        Answer::Action(action) => action,
        other => return Err(Trouble::unexpected(&other)),
    };
    let findings = findings(app, &row).await;
    let difference = match (&row.proposed, &row.content) {
        (Some(proposed), Some(content)) if proposed != content => {
            Some(draft::difference(&whole(proposed), &whole(content)))
        }
        _ => None,
    };
    let snapshot = app.snapshot();
    Ok(Current {
        may: may(visit, &row),
        signing: super::sign::needed(visit, &row).await?,
        row,
        lead,
        messages,
        history,
        action,
        findings,
        difference,
        open: None,
        names: Names::of(&snapshot.members),
        currency: snapshot.playbook.currency.clone(),
        filter,
    })
}

/// A conversation, newest first.
///
/// # Errors
/// The store's.
pub async fn messages(app: &App, lead: &Lead) -> Result<Vec<MessageRow>, Trouble> {
    match app.ask(Question::Messages { lead: lead.id, limit: MESSAGES }).await? {
        Answer::Messages(messages) => Ok(messages),
        other => Err(Trouble::unexpected(&other)),
    }
}

/// Subject and text as one, for comparing.
pub fn whole(content: &Content) -> String {
    format!("{}\n\n{}", content.subject(), content.text())
}

fn may(visit: &Visit, row: &ProposalRow) -> May {
    let agreed = row.proposal.decisions.iter().any(|decided| decided.by == visit.me.id);
    match visit.me.role {
        Role::Auditor => May::Read,
        Role::Rep | Role::Manager | Role::Admin if agreed => May::Agreed,
        Role::Rep | Role::Manager | Role::Admin if row.proposal.eligible.contains(&visit.me.id) => {
            May::Decide
        }
        Role::Rep | Role::Manager | Role::Admin => May::Others,
    }
}

/// What is found in the content as it stands: what was found when it was proposed, or, where the first of two people
/// changed it, what is found now.
async fn findings(app: &App, row: &ProposalRow) -> Vec<Finding> {
    let proposal = &row.proposal;
    if proposal.content_now() == proposal.commitment || proposal.state != ProposalState::Pending {
        let is_first = row.content == row.proposed;
        return if is_first { proposal.verdict.findings.clone() } else { Vec::new() };
    }
    let Some(content) = &row.content else { return Vec::new() };
    let text =
        OutText { subject: content.subject.clone(), text: content.text().to_owned(), ..OutText::default() };
    found(app, row, text, &Actor::SYSTEM).await
}

/// What would be found in a text that were proposed for the same step now. Nothing is done; where the rehearsal is
/// refused, nothing is said, for the decision itself looks again.
pub async fn found(app: &App, row: &ProposalRow, text: OutText, actor: &Actor) -> Vec<Finding> {
    let request = Request {
        step: row.proposal.step,
        text: Some(text),
        payload: None,
        why: "looked at before it is decided".into(),
        confidence: None,
        own_words: true,
    };
    let rehearsed = app.engine().rehearse(actor, row.lead, Command::Propose(request)).await;
    let entries = rehearsed.map(|decision| decision.entries).unwrap_or_default();
    let judged = entries.into_iter().find_map(|entry| match entry.fact {
        flow::fact::Fact::ActionJudged { verdict, .. } => Some(verdict.findings),
        _ => None,
    });
    judged.unwrap_or_default()
}

//! One lead: who it is, who owns it and why, its clocks, what was said and how each answer came to go out.

pub mod story;
pub mod compose;
pub mod act;
pub mod erase;
pub mod follow_up;

use axum::extract::{Path, Query};
use axum::response::Response;
use flow::capture::Source;
use flow::ids::{ActionId, LeadId, MessageId};
use flow::lead::{ActionState, Lead};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use store::views::{FactFilter, MessageRow, ProposalFilter, ProposalRow};
use store::{Answer, Question};

use super::desk::load::messages;
use super::desk::settled;
use super::layout::{Frame, Here};
use super::record::{self, Line};
use super::session::Visit;
use super::trouble::Trouble;
use super::words::{self, Names};
use super::{id, marks};
use compose::Composer;
use flow::approval::ProposalState;

/// A lead as it is to be shown.
#[derive(Debug, Clone)]
pub struct LeadPage {
    /// Its state.
    pub lead: Lead,
    /// Signs of risk.
    pub risk: Vec<&'static str>,
    /// What was said, newest first.
    pub messages: Vec<MessageRow>,
    /// Its proposals, those that wait first.
    pub proposals: Vec<ProposalRow>,
    /// Its facts, newest first.
    pub facts: Vec<Line>,
    /// The members' names.
    pub names: Names,
    /// What amounts are counted in.
    pub currency: String,
    /// The playbook's follow-up sequences.
    pub sequences: Vec<String>,
    /// The composer, with what was typed if it could not be sent.
    pub composer: Composer,
    /// An action just asked for here, whose verdict is to be shown.
    pub asked: Option<ActionId>,
}

/// Facts of a lead shown beside it; all are in the bundle.
const FACTS: usize = 500;
/// Proposals of a lead shown beside it.
const PROPOSALS: usize = 100;

/// What was just asked for here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    asked: String,
}

/// `GET /leads/{lead}`.
pub async fn open(visit: Visit, Path(lead): Path<String>, Query(asked): Query<Asked>) -> Response {
    let made = async {
        let mut shown = load(&visit, id(&lead, "lead")?).await?;
        shown.asked = asked.asked.parse().ok();
        whole(&visit, &shown).await
    };
    visit.answer(made.await).await
}

/// The whole page in its frame, which hears of this lead's changes.
async fn whole(visit: &Visit, shown: &LeadPage) -> Result<Markup, Trouble> {
    let frame = Frame { lead: Some(shown.lead.id), ..visit.frame().await? };
    Ok(page(&frame, shown))
}

/// `GET /leads/{lead}/head`.
pub async fn head_part(visit: Visit, Path(lead): Path<String>) -> Response {
    let made = async { Ok(head(&load(&visit, id(&lead, "lead")?).await?, visit.now)) };
    visit.answer(made.await).await
}

/// `GET /leads/{lead}/story`.
pub async fn story_part(visit: Visit, Path(lead): Path<String>) -> Response {
    let made = async { Ok(story::section(&load(&visit, id(&lead, "lead")?).await?, visit.now)) };
    visit.answer(made.await).await
}

async fn load(visit: &Visit, lead: LeadId) -> Result<LeadPage, Trouble> {
    let app = &visit.app;
    let held = app.store().lead(app.workspace_id(), lead).await?;
    let lead = held.ok_or_else(|| Trouble::not_found("lead"))?.lead;
    let filter = ProposalFilter { lead: Some(lead.id), limit: PROPOSALS, ..ProposalFilter::default() };
    let mut proposals = match app.ask(Question::Proposals(filter)).await? {
        Answer::Proposals(page) => page.items,
        other => return Err(Trouble::unexpected(&other)),
    };
    proposals.sort_by_key(|row| {
        (row.proposal.state != ProposalState::Pending, std::cmp::Reverse(row.proposal.made_at))
    });
    let snapshot = app.snapshot();
    let names = Names::of(&snapshot.members);
    let filter = FactFilter {
        lead: Some(lead.id),
        newest_first: true,
        unplaced: true,
        limit: FACTS,
        ..FactFilter::default()
    };
    let facts = record::lines(visit, filter, &names).await?;
    let messages = messages(app, &lead).await?;
    let mut risk = lead.risk(&snapshot.playbook);
    // A breach stands at the clock already.
    risk.retain(|sign| *sign != "breach");
    let currency = snapshot.playbook.currency.clone();
    let sequences = snapshot.playbook.sequences().iter().map(|sequence| sequence.name.clone()).collect();
    Ok(LeadPage {
        risk,
        sequences,
        messages,
        proposals,
        facts,
        names,
        currency,
        composer: Composer::default(),
        asked: None,
        lead,
    })
}

/// The whole page.
pub fn page(frame: &Frame, page: &LeadPage) -> Markup {
    let who = name(&page.lead).to_owned();
    frame.page(
        Here::Leads,
        &who,
        "lead-page",
        html! {
            @if let Some(asked) = page.asked { (compose::verdict(&page.lead, asked)) }
            (head(page, frame.now))
            div.lead {
                div.lead-main {
                    @if let Some(erased) = &page.lead.erased {
                        (erase::said(page, erased, frame))
                    } @else {
                        (unresolved(page, frame))
                        @if frame.may_act() { (compose::form(page, frame)) }
                        (story::section(page, frame.now))
                    }
                }
                (side(page, frame))
            }
        },
    )
}

/// The head: name, reach, owner and why, clocks. Asked for again whenever the lead changes.
pub fn head(page: &LeadPage, now: Timestamp) -> Markup {
    let lead = &page.lead;
    html! {
        header.lead-head id="lead-head" hx-get={ "/leads/" (lead.id) "/head" }
            hx-trigger={ "lead-changed-" (lead.id) " from:body throttle:300ms" } hx-swap="outerMorph" {
            div.names {
                h1 { (name(lead)) (marks::tier(lead.tier())) @for sign in &page.risk { (marks::risk(sign)) } }
                p.reach { @for part in reach(lead) { span { (part) } } }
                p { (ownership(page)) }
            }
            div.lead-clocks { (clocks(lead, now)) }
        }
    }
}

/// What a lead is called; an erased one has no name.
fn name(lead: &Lead) -> &str {
    if lead.erased.is_some() { "Erased lead" } else { lead.person.display() }
}

fn reach(lead: &Lead) -> Vec<String> {
    let person = &lead.person;
    let company = lead.account.as_ref().map_or(person.company.as_str(), |account| account.name.as_str());
    [company, &person.email, &person.phone, &person.country]
        .into_iter()
        .filter(|part| !part.is_empty() && *part != person.display())
        .map(str::to_owned)
        .collect()
}

fn ownership(page: &LeadPage) -> Markup {
    let lead = &page.lead;
    let why = lead.why_owner.as_ref().map(|why| why.words.as_str()).filter(|words| !words.is_empty());
    html! {
        span.sign.filled { (lead.stage.word()) } " "
        @match lead.owner {
            Some(owner) => { "Owned by " strong { (page.names.name(owner)) } },
            None => strong.overdue { "Nobody owns it" },
        }
        @if let Some(why) = why { span.quiet { " · " (why) } }
        @if lead.opted_out && lead.erased.is_none() { " " span.sign.bad { "does not want messages" } }
    }
}

/// Open clocks, or else the last one that ended.
fn clocks(lead: &Lead, now: Timestamp) -> Markup {
    let mut open: Vec<_> = lead.clocks.iter().filter(|clock| clock.is_open()).collect();
    open.sort_by_key(|clock| clock.due);
    let last = lead.clocks.iter().filter(|clock| !clock.is_open()).max_by_key(|clock| clock.ended);
    html! {
        @for clock in &open { (marks::clock(clock, now)) }
        @if let (true, Some(last)) = (open.is_empty(), last) { (marks::clock(last, now)) }
        @if lead.clocks.is_empty() && lead.erased.is_none() { p.quiet.small { "No clock runs." } }
    }
}

/// Messages of which nobody knows whether they arrived: a person looks and says so.
fn unresolved(page: &LeadPage, frame: &Frame) -> Markup {
    let unknown = page.lead.actions.values().filter_map(|action| match &action.state {
        ActionState::Unknown { message, why, .. } => Some((action.id, *message, why.as_str())),
        _ => None,
    });
    html! {
        @for (action, message, why) in unknown {
            section.resolve id={ "resolve-" (action) } aria-label="A message that may or may not have arrived" {
                p { strong { "Nobody can tell whether “" (subject_of(page, message)) "” arrived." } }
                p.small { (why) " It is not sent again by itself. Look in the mailbox it was sent from, or ask; then say what you found." }
                @if frame.may_act() {
                    form.actions method="post" action={ "/leads/" (page.lead.id) "/resolve" } data-decision {
                        (frame.token())
                        input type="hidden" name="action" value=(action);
                        button.button type="submit" name="sent" value="yes" { "It arrived" }
                        button.button type="submit" name="sent" value="no" { "It did not" }
                    }
                }
            }
        }
    }
}

fn subject_of(page: &LeadPage, message: MessageId) -> String {
    let found = page.messages.iter().find(|row| row.id == message).and_then(|row| match &row.said {
        store::views::Said::Out { content, .. } => Some(content.subject().to_owned()),
        store::views::Said::In(_) => None,
    });
    found.unwrap_or_else(|| "this message".into())
}

fn side(page: &LeadPage, frame: &Frame) -> Markup {
    html! {
        aside.lead-side aria-label="About the lead" {
            (proposals(page, frame.now))
            @if page.lead.erased.is_none() { (follow_up::section(page, frame)) }
            (about(page, frame.now))
            (facts(page, frame.now))
            (erase::form(page, frame))
        }
    }
}

fn proposals(page: &LeadPage, now: Timestamp) -> Markup {
    html! {
        section aria-labelledby="proposals-title" {
            h3 id="proposals-title" { "Proposals" }
            @if page.proposals.is_empty() { p.quiet { "Nothing was put before a person yet." } }
            ul.waiting-list {
                @for row in &page.proposals {
                    li {
                        a href={ "/desk/" (row.proposal.id) } { (words::short(row.proposal.step)) @if !row.subject.is_empty() { ": " (row.subject) } }
                        @if row.proposal.state == ProposalState::Pending {
                            span.quiet { "waits for a decision, " (words::due(now, row.proposal.deadline)) }
                        } @else {
                            span.quiet { (settled::headline(row, &page.names, now)) }
                        }
                    }
                }
            }
        }
    }
}

fn about(page: &LeadPage, now: Timestamp) -> Markup {
    let lead = &page.lead;
    html! {
        section aria-labelledby="about-title" {
            h3 id="about-title" { "About" }
            dl.facts {
                @if let Some(account) = &lead.account {
                    div { dt { "Account" } dd { (account.name) } }
                    div { dt { "Value a year" } dd.number { (words::money(account.value, &page.currency)) } }
                }
                div { dt { "Came in" } dd { @if lead.erased.is_none() { (came_in(lead.source)) " “" (lead.origin) "”" } @else { "by " (lead.source.word()) } ", " (words::when(now, lead.captured_at)) } }
                @if !lead.person.language.is_empty() { div { dt { "Language" } dd { (lead.person.language) } } }
                @for (name, value) in &lead.fields { div { dt { (name) } dd { (value) } } }
            }
        }
    }
}

const fn came_in(source: Source) -> &'static str {
    match source {
        Source::Form => "by form",
        Source::Api => "by API",
        Source::Email => "by e-mail to",
        Source::Csv => "by import of",
    }
}

fn facts(page: &LeadPage, now: Timestamp) -> Markup {
    html! {
        section aria-labelledby="facts-title" {
            h3 id="facts-title" { "Record" }
            details {
                summary { (words::count(page.facts.len() as u64, "fact", "facts")) }
                (record::list(&page.facts, now, false))
            }
            p { a href={ "/record/leads/" (page.lead.id) } download { "Download the proof" } span.quiet { ": every fact of this lead, verifiable offline" } }
        }
    }
}

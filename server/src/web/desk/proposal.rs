//! One proposal in one view: what would happen, why it asks, what was said, what would go out, whom it concerns, and
//! the ways to decide.

use flow::approval::{Proposal, ProposalState};
use flow::draft::{Difference, Finding, Level, Substance};
use flow::ids::ProposalId;
use flow::lead::Lead;
use flow::terms::Content;
use jiff::Timestamp;
use maud::{Markup, html};
use store::views::{ActionRow, MessageRow, ProposalRow};

use super::decide::{self, OpenForm};
use super::difference;
use super::queue::{Filter, urgency};
use super::sign::Signing;
use super::{beside, letter, settled, thread};
use crate::web::layout::Frame;
use crate::web::words::{self, Names};

/// Everything about one proposal that a person needs to judge it.
#[derive(Debug, Clone)]
pub struct Current {
    /// The proposal with its content.
    pub row: ProposalRow,
    /// The lead as it stands.
    pub lead: Lead,
    /// What was said, newest first.
    pub messages: Vec<MessageRow>,
    /// The last settled proposals of the same class, newest first.
    pub history: Vec<ProposalRow>,
    /// The action, once it may be carried out.
    pub action: Option<ActionRow>,
    /// What is found in the content as it stands now.
    pub findings: Vec<Finding>,
    /// How the content as it stands differs from the first draft.
    pub difference: Option<Difference>,
    /// What the member who looks may do.
    pub may: May,
    /// How the decision is to be signed.
    pub signing: Signing,
    /// A form that was handed in and could not be followed, with what was typed.
    pub open: Option<OpenForm>,
    /// The names of the members.
    pub names: Names,
    /// What amounts are counted in.
    pub currency: String,
    /// Under which filter it was opened.
    pub filter: Filter,
}

/// What the member who looks may do with a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Decide.
    Decide,
    /// Only look: an auditor.
    Read,
    /// Only look: others decide this one.
    Others,
    /// Wait: a second person must agree too.
    Agreed,
}

/// The right side of the desk.
pub fn article(current: &Current, frame: &Frame) -> Markup {
    let proposal = &current.row.proposal;
    let pending = proposal.state == ProposalState::Pending;
    let who = current.row.person.display();
    html! {
        article.proposal id="proposal" aria-labelledby="proposal-title" data-proposal=[pending.then_some(proposal.id)] {
            div.notices {
                @if let Some(open) = &current.open { (decide::trouble(open)) }
            }
            (head(current, who, frame.now))
            div.proposal-body {
                @if !pending { (settled::how(current, frame)) }
                @if pending { (why(proposal, &current.names)) }
                section aria-labelledby="thread-title" {
                    h3 id="thread-title" { "What was said" }
                    div.thread { (thread::thread(&current.messages, who, frame.now, &|_| html! {})) }
                }
                @if let Some(content) = &current.row.content { (content_section(content, current, pending)) }
                @if pending && current.may == May::Decide { (decide::forms(current, frame)) }
            }
            (beside::beside(current, frame.now))
            @if pending { (decide::bar(current, frame)) (news(proposal.id, &seen(proposal), current.filter, None)) }
        }
    }
}

fn head(current: &Current, who: &str, now: Timestamp) -> Markup {
    let proposal = &current.row.proposal;
    let pending = proposal.state == ProposalState::Pending;
    html! {
        header.proposal-head {
            div.over {
                span {
                    a.back href={ "/desk" (current.filter.query()) } { "‹ Desk" }
                    span.aside-voice { " " }
                    code { (proposal.class) }
                }
                @if pending {
                    span class=(urgency(proposal, now)) { "decide " (words::due(now, proposal.deadline)) }
                } @else {
                    span { "made " (words::when(now, proposal.made_at)) }
                }
            }
            h2 id="proposal-title" { (words::heading(proposal.step, who)) }
            @if pending { p.consequence { (proposal.step.consequence().replace("{who}", who)) } }
        }
    }
}

fn why(proposal: &Proposal, names: &Names) -> Markup {
    html! {
        section.why aria-labelledby="why-title" {
            h3 id="why-title" { "Why it asks a person" }
            ul {
                // Findings stand below, at the text they are about.
                @for reason in proposal.verdict.reasons.iter().filter(|reason| !reason.id.starts_with("finding.")) {
                    li { (reason.text) }
                }
                @if proposal.verdict.quorum > 1 {
                    li {
                        @match proposal.decisions.last() {
                            None => "Two people must agree.",
                            Some(first) => { "Two people must agree; " (names.name(first.by)) " did already." },
                        }
                    }
                }
                @if proposal.verdict.passkey { li { "The decision must be signed with a passkey." } }
            }
        }
    }
}

fn content_section(content: &Content, current: &Current, pending: bool) -> Markup {
    html! {
        section.as-proposed id="content" aria-labelledby="content-title" {
            h3 id="content-title" { @if pending { "What would go out" } @else { "The text" } }
            (letter::sheet(content, &current.findings))
            @if !current.findings.is_empty() {
                h3 { (letter::heading(&current.findings)) }
                (letter::list(&current.findings))
            }
            @if let Some(change) = current.difference.as_ref().filter(|change| change.substance != Substance::Same) {
                details open[pending] {
                    summary { "What was changed in the first draft" }
                    p.small.quiet { (change.words()) }
                    (difference::shown(&change.segments))
                }
            }
        }
    }
}

/// The first finding that stops an approval, if there is one.
pub fn stop(findings: &[Finding]) -> Option<&Finding> {
    findings.iter().find(|finding| finding.level == Level::Stop)
}

/// What a page saw of a proposal: its state and the content to be decided.
fn seen(proposal: &Proposal) -> String {
    let content = proposal.content_now().map_or_else(|| "none".to_owned(), |content| content.to_string());
    format!("{}-{content}", proposal.state.word())
}

/// Where news about a proposal appears while somebody looks at it. It is asked for whenever the desk changes, and puts
/// the buttons away when there is a notice.
pub fn news(proposal: ProposalId, seen: &str, filter: Filter, notice: Option<Markup>) -> Markup {
    let query = filter.query();
    let join = if query.is_empty() { "?" } else { "&" };
    html! {
        div id="news" aria-live="polite" hx-get={ "/desk/" (proposal) "/news" (query) (join) "seen=" (seen) }
            hx-trigger="desk-changed from:body throttle:300ms" hx-swap="outerMorph" {
            @if let Some(notice) = notice { (notice) }
        }
    }
}

/// What to tell somebody whose page saw `then`: nothing while it stands as it was.
pub fn notice(
    row: &ProposalRow,
    then: &str,
    names: &Names,
    filter: Filter,
    now: Timestamp,
) -> Option<Markup> {
    let proposal = &row.proposal;
    if seen(proposal) == then {
        return None;
    }
    if proposal.state != ProposalState::Pending {
        let next = html! { a href={ "/desk" (filter.query()) } { "Go on with the next one" } };
        return Some(
            html! { div.note.overtaken { strong { (settled::headline(row, names, now)) } span { (next) } } },
        );
    }
    let by = proposal.decisions.last().map(|decided| names.name(decided.by));
    Some(html! {
        div.note.overtaken {
            strong { @if let Some(by) = by { (by) " agreed to it, perhaps with changes." } @else { "The text changed." } }
            span { a href={ "/desk/" (proposal.id) (filter.query()) } { "Look at it again" } }
        }
    })
}

//! The list of what waits, on the left of the desk.

use flow::approval::Proposal;
use flow::draft::Level;
use flow::ids::ProposalId;
use flow::step::Step;
use jiff::Timestamp;
use maud::{Markup, html};
use store::views::ProposalRow;

use crate::web::{marks, words};

/// Which proposals are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    /// Also those that somebody else decides.
    pub all: bool,
    /// Of this step only.
    pub step: Option<Step>,
}

impl Filter {
    /// The query part of an address that keeps this filter, with its question mark; empty when there is none.
    pub fn query(self) -> String {
        let parts =
            [self.all.then(|| "show=all".to_owned()), self.step.map(|step| format!("step={}", step.name()))];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }
}

/// The proposals that wait, under a filter.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    /// Under which filter.
    pub filter: Filter,
    /// Earliest deadline and highest value first.
    pub rows: Vec<ProposalRow>,
    /// How many of each step wait, before the step was filtered for.
    pub steps: Vec<(Step, usize)>,
    /// There are more than are listed.
    pub more: bool,
    /// The one that is open.
    pub current: Option<ProposalId>,
}

impl Queue {
    /// The one to open after `decided`: the next in the list, or else the first.
    pub fn after(&self, decided: ProposalId) -> Option<ProposalId> {
        let ids = || self.rows.iter().map(|row| row.proposal.id);
        ids().skip_while(|id| *id != decided).nth(1).or_else(|| ids().find(|id| *id != decided))
    }
}

/// The whole pane.
pub fn pane(queue: &Queue, now: Timestamp) -> Markup {
    html! {
        section.queue-pane aria-labelledby="desk-title" {
            div.queue-head {
                h1 id="desk-title" { "Desk" }
                nav.queue-filter aria-label="Which proposals" {
                    (show(queue.filter, false, "For me"))
                    (show(queue.filter, true, "All"))
                }
            }
            @if queue.steps.len() > 1 { (steps(queue)) }
            (list(queue, now))
        }
    }
}

/// The list alone, which is asked for again whenever the desk changes.
pub fn list(queue: &Queue, now: Timestamp) -> Markup {
    let query = queue.filter.query();
    let open = queue.current.map(|id| format!("{}current={id}", if query.is_empty() { "?" } else { "&" }));
    html! {
        div id="queue" hx-get={ "/desk/queue" (query) (open.unwrap_or_default()) }
            hx-trigger="desk-changed from:body throttle:300ms" hx-swap="outerMorph" {
            @if queue.rows.is_empty() {
                p.quiet.small.queue-none { "Nothing waits here." }
            } @else {
                ol.queue aria-label={ (words::count(queue.rows.len() as u64, "proposal", "proposals")) ", the most pressing first" } {
                    @for row in &queue.rows { (item(row, queue, now)) }
                }
                @if queue.more { p.quiet.small.queue-none { "More wait behind these; decide some and they come up." } }
            }
        }
    }
}

fn show(filter: Filter, all: bool, words: &str) -> Markup {
    let to = Filter { all, ..filter };
    html! { a href={ "/desk" (to.query()) } aria-current=[(filter.all == all).then_some("true")] { (words) } }
}

fn steps(queue: &Queue) -> Markup {
    let link = |step: Option<Step>, words: &str, number: usize| {
        let to = Filter { step, ..queue.filter };
        html! {
            li {
                a href={ "/desk" (to.query()) } aria-current=[(queue.filter.step == step).then_some("true")] {
                    (words) " " span.number { (number) }
                }
            }
        }
    };
    html! {
        details.queue-steps open[queue.filter.step.is_some()] {
            summary { "By step" }
            ul {
                (link(None, "All", queue.steps.iter().map(|(_, number)| number).sum()))
                @for (step, number) in &queue.steps { (link(Some(*step), words::short(*step), *number)) }
            }
        }
    }
}

fn item(row: &ProposalRow, queue: &Queue, now: Timestamp) -> Markup {
    let proposal = &row.proposal;
    let company = row.account.as_deref().unwrap_or(&row.person.company);
    html! {
        li id={ "queue-" (proposal.id) } {
            a href={ "/desk/" (proposal.id) (queue.filter.query()) }
                aria-current=[(queue.current == Some(proposal.id)).then_some("true")] {
                span.who { (row.person.display()) }
                span class={ "when " (urgency(proposal, now)) } { (words::due(now, proposal.deadline)) }
                span.what {
                    (words::short(proposal.step))
                    @if !company.is_empty() { " · " (company) }
                }
                span.signs { (marks::tier(row.tier)) (found(proposal)) (half_agreed(proposal)) }
            }
        }
    }
}

fn found(proposal: &Proposal) -> Markup {
    let findings = &proposal.verdict.findings;
    let number = findings.iter().filter(|finding| finding.level >= Level::Ask).count();
    let stops = findings.iter().any(|finding| finding.level == Level::Stop);
    html! {
        @if stops { span.sign.bad { "must be mended" } }
        @else if number > 0 { span.sign.warn { (words::count(number as u64, "finding", "findings")) } }
    }
}

fn half_agreed(proposal: &Proposal) -> Markup {
    html! { @if !proposal.decisions.is_empty() { span.sign { "second person" } } }
}

/// How pressing a deadline is: over, in the last quarter of the time allowed, or neither.
pub fn urgency(proposal: &Proposal, now: Timestamp) -> &'static str {
    if now >= proposal.deadline {
        "overdue"
    } else if marks::used(proposal.made_at, proposal.deadline, now) >= 750 {
        "pressing"
    } else {
        ""
    }
}

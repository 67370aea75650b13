//! Beside the text: whom it concerns, how such proposals ended lately, who else may decide.

use flow::approval::ProposalState;
use jiff::Timestamp;
use maud::{Markup, html};
use store::views::ProposalRow;

use super::proposal::{Current, May};
use crate::web::marks;
use crate::web::words;

/// The column beside the text.
pub fn beside(current: &Current, now: Timestamp) -> Markup {
    html! {
        aside.beside aria-label="About the lead" {
            (lead(current, now))
            (lately(&current.history))
            @if current.row.proposal.state == ProposalState::Pending { (who_decides(current)) }
        }
    }
}

fn lead(current: &Current, now: Timestamp) -> Markup {
    let (row, lead) = (&current.row, &current.lead);
    let account =
        row.account.as_deref().or_else(|| Some(row.person.company.as_str()).filter(|name| !name.is_empty()));
    html! {
        section {
            h3 { a href={ "/leads/" (row.lead) } { (row.person.display()) } }
            dl.facts {
                div { dt { "Account" } dd { (account.unwrap_or("none")) " " (marks::tier(row.tier)) } }
                div { dt { "Value a year" } dd.number { (words::money(row.value, &current.currency)) } }
                div { dt { "Stage" } dd { (lead.stage.word()) } }
                div {
                    dt { "Owner" }
                    dd { @if let Some(owner) = row.owner { (current.names.name(owner)) } @else { "nobody; it is in the queue" } }
                }
            }
        }
        @if lead.clocks.iter().any(flow::lead::Clock::is_open) {
            section {
                h3 { "Clocks" }
                @for clock in lead.clocks.iter().filter(|clock| clock.is_open()) { (marks::clock(clock, now)) }
            }
        }
    }
}

/// The last ten of the class as a strip of marks, the newest first, with the same in words.
fn lately(history: &[ProposalRow]) -> Markup {
    let number = |state: ProposalState| history.iter().filter(|row| row.proposal.state == state).count();
    let (approved, edited) = (number(ProposalState::Approved), number(ProposalState::Edited));
    let (rejected, answered) = (number(ProposalState::Rejected), number(ProposalState::Responded));
    let rest = history.len() - approved - edited - rejected - answered;
    let parts = [
        (approved, "approved unchanged"),
        (edited, "edited"),
        (answered, "answered in own words"),
        (rejected, "rejected"),
        (rest, "expired or taken back"),
    ];
    let words: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, words)| format!("{number} {words}"))
        .collect();
    html! {
        section {
            h3 { "The last of its kind" }
            @if history.is_empty() {
                p.quiet { "This is the first of its class." }
            } @else {
                ol.strip aria-hidden="true" { @for row in history { (end(row.proposal.state)) } }
                p.quiet { (words.join(", ")) }
            }
        }
    }
}

fn end(state: ProposalState) -> Markup {
    let path = match state {
        ProposalState::Approved => "M2 6.5 5 9.5 10 3",
        ProposalState::Edited => "M2 10h8M3 7l5-5 2 2-5 5H3z",
        ProposalState::Responded => "M5 2 2 5l3 3M2 5h5a3 3 0 0 1 3 3v2",
        ProposalState::Rejected => "M2.5 2.5l7 7M9.5 2.5l-7 7",
        ProposalState::Pending | ProposalState::Expired | ProposalState::Withdrawn => "M3 6h6",
    };
    html! {
        li class=(state.word()) title=(state.word()) {
            svg viewBox="0 0 12 12" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round"
                stroke-linejoin="round" { path d=(path) {} }
        }
    }
}

fn who_decides(current: &Current) -> Markup {
    let eligible = &current.row.proposal.eligible;
    let names: Vec<&str> = eligible.iter().map(|member| current.names.name(*member)).collect();
    html! {
        section {
            h3 { "Who may decide" }
            p {
                @if names.is_empty() { "Nobody, as the policy stands; an admin must look at it." }
                @else { (names.join(", ")) }
            }
            @match current.may {
                May::Decide | May::Agreed => {},
                May::Read => p.quiet { "As an auditor you read." },
                May::Others => p.quiet { "The policy leaves this one to others." },
            }
        }
    }
}

//! What was said on a lead, newest first; for what we said, how it came to go out.

use flow::approval::Choice;
use flow::lead::Lead;
use jiff::Timestamp;
use maud::{Markup, html};
use store::views::{MessageRow, ProposalRow, Said};

use super::LeadPage;
use crate::web::desk::thread;
use crate::web::words::{self, Names};

/// The conversation; asked for again whenever the lead changes.
pub fn section(page: &LeadPage, now: Timestamp) -> Markup {
    let id = page.lead.id;
    let who = page.lead.person.display();
    html! {
        section id="story" aria-labelledby="story-title" hx-get={ "/leads/" (id) "/story" }
            hx-trigger={ "lead-changed-" (id) " from:body throttle:300ms" } hx-swap="outerMorph" {
            h3 id="story-title" { "What was said" }
            div.story {
                @for message in &page.messages {
                    (thread::said(message, who, now, "said", &|message| how(message, page, now)))
                }
                @if page.messages.is_empty() {
                    p.quiet { "Nothing was said yet. " (page.lead.person.display()) " left a way to be reached, and no words." }
                }
                p.happened { "Came in " (words::when(now, page.lead.captured_at)) "." }
            }
        }
    }
}

/// How an outbound message came to go out: who approved it, or why it ran by itself.
fn how(message: &MessageRow, page: &LeadPage, now: Timestamp) -> Markup {
    let Said::Out { action, proposal, .. } = &message.said else { return html! {} };
    match proposal.and_then(|id| page.proposals.iter().find(|row| row.proposal.id == id)) {
        Some(row) => approved(row, &page.names, now),
        None if proposal.is_some() => html! { "Approved by a person." },
        None => ran(&page.lead, *action),
    }
}

fn approved(row: &ProposalRow, names: &Names, now: Timestamp) -> Markup {
    html! {
        @for decided in &row.proposal.decisions {
            @match decided.choice {
                Choice::Approve => "Approved by ",
                Choice::Edit => "Edited and approved by ",
                Choice::Respond => "Written by ",
                Choice::Reject => "Rejected by ",
            }
            (names.name(decided.by)) ", " (words::when(now, decided.at)) ". "
        }
        a href={ "/desk/" (row.proposal.id) } { "See the decision" }
    }
}

fn ran(lead: &Lead, action: flow::ids::ActionId) -> Markup {
    let Some(action) = lead.actions.get(&action) else { return html! { "Ran by itself." } };
    let why: Vec<&str> = action.verdict.reasons.iter().map(|reason| reason.text.as_str()).collect();
    html! {
        @if action.own_words() { "Sent by its writer. " } @else { "Ran by itself. " }
        (why.join(" "))
    }
}

//! How a proposal ended: who decided what, when, with which words, and what came of the dispatch.

use flow::approval::{Choice, Decided, ProposalState, Substance};
use jiff::Timestamp;
use maud::{Markup, html};
use store::views::ProposalRow;

use super::proposal::Current;
use super::thread;
use crate::web::layout::Frame;
use crate::web::words::{self, Names};

/// The whole story, at the head of a settled proposal.
pub fn how(current: &Current, frame: &Frame) -> Markup {
    let proposal = &current.row.proposal;
    html! {
        section aria-labelledby="settled-title" {
            h3 id="settled-title" { "How it ended" }
            div class={ "note " (tone(proposal.state)) } {
                strong { (headline(&current.row, &current.names, frame.now)) }
                @for decided in &proposal.decisions {
                    @if decided.signed { p.small { "It is signed with a passkey, and the signature stands in the record." } }
                    @if let Some(reason) = &decided.reason { p { "“" (reason) "”" } }
                    @if decided.by == frame.me.id { p.small.quiet { (attention(decided)) } }
                }
                @if let Some(action) = &current.action {
                    @if proposal.step.sends() && released(proposal.state) { p { (thread::dispatch(&action.state)) } }
                }
                p.small { a href={ "/leads/" (current.row.lead) } { "See it on the lead" } }
            }
        }
    }
}

/// One sentence: `Maja Lind approved it unchanged, 2 min ago.`
pub fn headline(row: &ProposalRow, names: &Names, now: Timestamp) -> Markup {
    let proposal = &row.proposal;
    match (proposal.state, proposal.decisions.last()) {
        (ProposalState::Expired, _) => html! { "Nobody decided in time, so it expired. Nothing went out." },
        (ProposalState::Withdrawn, _) => {
            html! { "It was taken back because the lead changed. Nothing went out." }
        }
        (_, Some(decided)) => {
            html! { (names.name(decided.by)) " " (verb(decided)) ", " (words::when(now, decided.at)) "." }
        }
        (_, None) => html! { "It is settled." },
    }
}

/// What somebody did: `approved it unchanged`.
fn verb(decided: &Decided) -> &'static str {
    match (decided.choice, decided.substance) {
        (Choice::Approve, _) => "approved it unchanged",
        (Choice::Edit, Some(Substance::Cosmetic)) => "approved it with a cosmetic change",
        (Choice::Edit, _) => "approved it with a change of substance",
        (Choice::Reject, _) => "rejected it",
        (Choice::Respond, _) => "answered in their own words",
    }
}

/// How long it was looked at, as the page measured it.
pub fn attention(decided: &Decided) -> String {
    let opened = if decided.attention.thread_opened {
        "read the conversation"
    } else {
        "did not open the conversation"
    };
    match i64::try_from(decided.attention.seen_ms / 1_000) {
        Ok(0) | Err(_) => format!("Time in view was not measured; you {opened}."),
        Ok(secs @ 1..120) => format!("You looked at it for {secs} s and {opened}."),
        Ok(secs) => format!("You looked at it for {} and {opened}.", words::span(secs)),
    }
}

/// Whether something goes out after this end.
pub const fn released(state: ProposalState) -> bool {
    matches!(state, ProposalState::Approved | ProposalState::Edited | ProposalState::Responded)
}

const fn tone(state: ProposalState) -> &'static str {
    match state {
        ProposalState::Approved | ProposalState::Edited | ProposalState::Responded => "good",
        ProposalState::Rejected => "bad",
        ProposalState::Pending | ProposalState::Expired | ProposalState::Withdrawn => "warn",
    }
}

/// The quiet line after a decision, on the page that opens next.
pub fn confirmation(row: &ProposalRow, frame: &Frame) -> Option<Markup> {
    let proposal = &row.proposal;
    let decided = proposal.decisions.iter().rfind(|decided| decided.by == frame.me.id)?;
    let who = row.person.display();
    let sends = proposal.step.sends();
    let words = match (proposal.state, decided.choice) {
        (ProposalState::Pending, _) => {
            "Your agreement is recorded. A second person must agree before it happens.".to_owned()
        }
        (_, Choice::Reject) if sends => format!("Rejected. Nothing goes to {who}."),
        (_, Choice::Reject) => "Rejected. Nothing happens.".to_owned(),
        (_, Choice::Approve) if sends => format!("Approved. It goes to {who} now."),
        (_, Choice::Approve) => "Approved. It is done.".to_owned(),
        (_, Choice::Edit) => format!("{}. It goes to {who} now.", edited(decided)),
        (_, Choice::Respond) => format!("Your own words go to {who} now, in place of the draft."),
    };
    Some(html! {
        div.note.good.fresh role="status" {
            strong { (words) }
            span.small {
                (attention(decided)) " "
                a href={ "/desk/" (proposal.id) } { "See it" }
            }
        }
    })
}

fn edited(decided: &Decided) -> &'static str {
    match decided.substance {
        Some(Substance::Cosmetic) => "Approved with your change, a cosmetic one",
        _ => "Approved with your change, one of substance",
    }
}

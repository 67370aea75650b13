//! The week's agenda: what is ready, what was pulled back, what is never changed, where exceptions rise, what the gate cost
//! and what it caught.

use flow::approval::Choice;
use flow::ledger::{Stands, Week, Widening};
use flow::terms::Role;
use maud::{Markup, html};

use super::{Page, Shown, sign};
use crate::api::evidence_words;
use crate::keeper;
use crate::web::layout::Frame;
use crate::web::words;

/// Approved unchanged so often in a row, a gate asks for nothing.
const OVER_GATED: u32 = 60;

/// The agenda.
pub fn section(frame: &Frame, page: &Page) -> Markup {
    let ready: Vec<&Shown> = page.classes.iter().filter(|class| class.widening.is_some()).collect();
    let back: Vec<&Shown> = page
        .classes
        .iter()
        .filter(|class| matches!(class.stands, Stands::PulledBack | Stands::Locked))
        .collect();
    let over: Vec<&Shown> = page
        .classes
        .iter()
        .filter(|class| class.stands == Stands::Gated && class.story.unchanged_run >= OVER_GATED)
        .collect();
    let under: Vec<&Shown> = page.classes.iter().filter(|class| rises(class, page.latest)).collect();
    let quiet = ready.is_empty() && back.is_empty() && over.is_empty() && under.is_empty();
    html! {
        section.gate-part aria-labelledby="agenda-title" {
            header { h2 id="agenda-title" { "This week’s agenda" } }
            @if quiet { p.note.good { strong { "Nothing waits for a decision." } span { "No class is ready, pulled back, never changed, or making more mistakes than before." } } }
            @for class in ready { @if let Some(widening) = &class.widening { (proposal(frame, class, widening)) } }
            @for class in back {
                div.note.bad {
                    strong { (class.title()) " " (sign(class.stands)) }
                    span { (class.outlook()) ". " a href=(class.href()) { "Look at what went wrong" } }
                }
            }
            @for class in over {
                div.note {
                    strong { (class.title()) " was approved unchanged " (class.story.unchanged_run) " times in a row" }
                    span { "The gate may ask for nothing here. " a href=(class.href()) { "See what is missing" } }
                }
            }
            @for class in under {
                div.note.warn {
                    strong { (class.title()) " makes more mistakes than before" }
                    span { "Exceptions rose this week; the gate may ask too little. " a href=(class.href()) { "Look, and narrow it if need be" } }
                }
            }
            (cost(page))
        }
    }
}

/// Whether the last week had more exceptions than the weeks before.
fn rises(class: &Shown, latest: f64) -> bool {
    let week = class.story.weeks.last(1, latest).exceptions;
    let month = class.story.weeks.last(4, latest).exceptions;
    class.stands == Stands::Automated && week >= 2 && week * 2 > month
}

/// A class that is ready: the evidence, what would change, and the decision.
fn proposal(frame: &Frame, class: &Shown, widening: &Widening) -> Markup {
    let commitment = keeper::commitment(widening.id, &widening.grounds);
    let admin = frame.me.role == Role::Admin;
    let share = class.settings.first_audit_share * 100.0;
    html! {
        article.sheet.widening id={ "widening-" (widening.id) } aria-labelledby={ "widening-title-" (widening.id) } {
            header {
                h3 id={ "widening-title-" (widening.id) } { "May " (class.title()) " run by itself? " (sign(Stands::Ready)) }
                p.small.quiet { "Proposed " (words::when(frame.now, widening.at)) ". The boundary is widened by a person’s recorded decision only." }
            }
            p { (evidence_words(&widening.grounds)) }
            p {
                "If you say yes, it runs without asking"
                @if widening.segments.len() > 1 || class.settings.segments.len() > 1 { " for " (widening.segments.join(", ")) }
                "; until " (class.settings.first_audits) " were looked at, that is " (format!("{share:.0}")) " % of them. It is gated again at once when mistakes show."
            }
            @if admin {
                (decision(frame, widening, &commitment.to_string()))
            } @else {
                p.small.quiet { "An admin decides." }
            }
        }
    }
}

fn decision(frame: &Frame, widening: &Widening, commitment: &str) -> Markup {
    let id = widening.id.to_string();
    html! {
        form.by-hand method="post" action={ "/boundary/widening/" (id) } {
            (frame.token())
            input type="hidden" name="commitment" value=(commitment);
            div.field {
                label for={ "why-" (id) } { "Why (stands in the record)" }
                input id={ "why-" (id) } name="reason" type="text" maxlength="500";
            }
            div.actions {
                button.button.strong type="submit" name="choice" value=(Choice::Approve.word()) { "Let it run" }
                button.button type="submit" name="choice" value=(Choice::Reject.word()) { "Not now" }
            }
        }
    }
}

/// What the gate cost in people's minutes, and what it caught.
fn cost(page: &Page) -> Markup {
    let month = |class: &Shown| class.story.weeks.last(4, page.latest);
    let all = page.classes.iter().fold(Week::default(), |sum, class| sum.plus(&month(class)));
    let minutes = all.seen_s / 60;
    html! {
        p.cost {
            "In the last four weeks people looked at "
            strong { (words::count(u64::from(all.reviews), "proposal", "proposals")) }
            " for " strong { (words::count(minutes, "minute", "minutes")) }
            " and caught " strong { (words::count(u64::from(all.defects), "mistake", "mistakes")) }
            @if all.defects > 0 { ": " (words::count(minutes / u64::from(all.defects), "minute", "minutes")) " for each" }
            "."
        }
    }
}

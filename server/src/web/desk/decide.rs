//! The ways to decide: the bar that stays in reach, and the forms for editing, answering and rejecting. The forms open
//! by their fragment (`#edit`), so they need no script.

use flow::approval::Choice;
use maud::{Markup, html};

use super::difference;
use super::letter;
use super::proposal::{Current, May, stop};
use super::sign::{self, Signing};
use crate::web::layout::Frame;
use flow::draft::{Difference, Finding, Substance};

/// Reasons for a rejection, as they are offered and stored.
pub const REASONS: [&str; 7] = [
    "Something in it is not right",
    "It promises what we do not give",
    "The tone does not fit",
    "This is not the moment",
    "It goes to the wrong person",
    "It was answered already",
    "Another reason",
];

/// A form that was handed in and could not be followed; it opens again with what was typed.
#[derive(Debug, Clone)]
pub struct OpenForm {
    /// Which form; none where there is nothing to decide any more.
    pub choice: Option<Choice>,
    /// What happened, in a sentence.
    pub headline: Markup,
    /// What to do next.
    pub next: String,
    /// The subject as typed.
    pub subject: Option<String>,
    /// The text as typed.
    pub text: Option<String>,
    /// The reason as typed.
    pub reason: Option<String>,
}

/// What went wrong with a form, at the head of the proposal.
pub fn trouble(open: &OpenForm) -> Markup {
    html! {
        div.note.bad.fresh role="alert" {
            strong { (open.headline) }
            @if !open.next.is_empty() { span { (open.next) } }
        }
    }
}

/// The bar of ways to decide.
pub fn bar(current: &Current, frame: &Frame) -> Markup {
    let proposal = &current.row.proposal;
    match current.may {
        May::Decide => {}
        May::Agreed => {
            return html! { p.decide.quiet { "You agreed to this. A second person must agree before it happens." } };
        }
        May::Read | May::Others => return html! {},
    }
    if current.signing == Signing::NoPasskey {
        return sign::no_passkey(proposal.id);
    }
    let stop = stop(&current.findings);
    let sends = proposal.step.sends();
    html! {
        div.decide role="group" aria-label="Decide" {
            form method="post" action={ "/desk/" (proposal.id) "/approve" (current.filter.query()) } data-decision
                data-passkey=[signs(current)] {
                (hidden(current, frame))
                button.button.strong type="submit" data-key="a" disabled[stop.is_some()]
                    aria-describedby=[stop.map(|_| "stopped")] {
                    @if sends { "Approve and send" } @else { "Approve" } " " kbd { "a" }
                }
            }
            @if sends {
                a.button href="#edit" data-key="e" { "Edit " kbd { "e" } }
                a.button href="#respond" data-key="o" { "Own words " kbd { "o" } }
            }
            a.button.grave.apart href="#reject" data-key="r" { "Reject " kbd { "r" } }
            @if current.signing == Signing::Ready {
                p.note.bad data-passkey-trouble role="alert" hidden {}
                noscript { p.note.warn { "A passkey needs the script of this page." } }
            }
            @if let Some(stop) = stop {
                p.stopped id="stopped" { "It cannot be approved as it stands. " (stop.words) " Edit the text to mend it." }
            }
        }
    }
}

/// The forms, of which at most one is open.
pub fn forms(current: &Current, frame: &Frame) -> Markup {
    if current.signing == Signing::NoPasskey {
        return html! {};
    }
    html! {
        @if current.row.proposal.step.sends() {
            (edit(current, frame))
            (respond(current, frame))
        }
        (reject(current, frame))
    }
}

fn edit(current: &Current, frame: &Frame) -> Markup {
    let open = opened(current, Choice::Edit);
    let content = current.row.content.clone().unwrap_or_default();
    let subject = open.and_then(|open| open.subject.as_deref()).unwrap_or(content.subject());
    let text = open.and_then(|open| open.text.as_deref()).unwrap_or(content.text());
    let id = current.row.proposal.id;
    html! {
        section.decide-form.sheet.open[open.is_some()] id="edit" aria-labelledby="edit-title" {
            form method="post" action={ "/desk/" (id) "/edit" (current.filter.query()) } data-decision data-typed data-passkey=[signs(current)] {
                (hidden(current, frame))
                h3 id="edit-title" { "Edit what goes out" }
                (subject_field("edit-subject", subject))
                (text_field("edit-text", "Text", text))
                div id="check" aria-live="polite" hx-post={ "/desk/" (id) "/check" }
                    hx-trigger="input delay:500ms from:'closest form'" hx-swap="innerMorph" hx-sync="this:replace" {}
                (buttons(html! { "Approve this text and send it" }))
            }
        }
    }
}

fn respond(current: &Current, frame: &Frame) -> Markup {
    let open = opened(current, Choice::Respond);
    let content = current.row.content.clone().unwrap_or_default();
    let subject = open.and_then(|open| open.subject.as_deref()).unwrap_or(content.subject());
    let text = open.and_then(|open| open.text.as_deref()).unwrap_or_default();
    html! {
        section.decide-form.sheet.open[open.is_some()] id="respond" aria-labelledby="respond-title" {
            form method="post" action={ "/desk/" (current.row.proposal.id) "/respond" (current.filter.query()) }
                data-decision data-typed data-passkey=[signs(current)] {
                (hidden(current, frame))
                h3 id="respond-title" { "Answer in your own words, in place of the draft" }
                (subject_field("respond-subject", subject))
                (text_field("respond-text", "Text", text))
                (buttons(html! { "Send my words" }))
            }
        }
    }
}

fn reject(current: &Current, frame: &Frame) -> Markup {
    let open = opened(current, Choice::Reject);
    let typed = open.and_then(|open| open.reason.as_deref()).unwrap_or_default();
    html! {
        section.decide-form.sheet.open[open.is_some()] id="reject" aria-labelledby="reject-title" {
            form method="post" action={ "/desk/" (current.row.proposal.id) "/reject" (current.filter.query()) }
                data-decision data-typed data-passkey=[signs(current)] {
                (hidden(current, frame))
                fieldset {
                    legend.label id="reject-title" { "Why is it rejected?" }
                    div.reasons-list {
                        @for reason in REASONS {
                            label.choice {
                                input type="radio" name="reason" value=(reason) required;
                                span { (reason) }
                            }
                        }
                    }
                }
                div.field {
                    label for="reject-note" { "In your words (what should be different next time?)" }
                    textarea.brief id="reject-note" name="note" maxlength="2000" { (typed) }
                }
                div.actions {
                    button.button.grave type="submit" { "Reject it" }
                    a.button.plain href="#proposal" data-key="Escape" { "Back" }
                }
            }
        }
    }
}

fn subject_field(id: &str, subject: &str) -> Markup {
    html! {
        // Enter in the subject line would press the first button of the form, and send. This one cannot be pressed.
        button type="submit" disabled hidden {}
        div.field {
            label for=(id) { "Subject" }
            input type="text" id=(id) name="subject" value=(subject) maxlength="300" autocomplete="off";
        }
    }
}

fn text_field(id: &str, label: &str, text: &str) -> Markup {
    html! {
        div.field {
            label for=(id) { (label) }
            textarea id=(id) name="text" required maxlength="20000" { "\n" (text) }
        }
    }
}

fn buttons(submit: Markup) -> Markup {
    html! {
        div.actions {
            button.button.strong type="submit" { (submit) }
            a.button.plain href="#proposal" data-key="Escape" { "Back, change nothing" }
        }
    }
}

fn opened(current: &Current, choice: Choice) -> Option<&OpenForm> {
    current.open.as_ref().filter(|open| open.choice == Some(choice))
}

/// What the script does before the form is sent.
fn signs(current: &Current) -> Option<&'static str> {
    (current.signing == Signing::Ready).then_some("sign")
}

/// What every decision carries: the token, the content it was taken on, and how it was looked at.
fn hidden(current: &Current, frame: &Frame) -> Markup {
    let seen = current.row.proposal.content_now().map(|seen| seen.to_string()).unwrap_or_default();
    html! {
        (frame.token())
        input type="hidden" name="commitment" value=(seen);
        input type="hidden" name="seen_ms" value="0";
        input type="hidden" name="thread_opened" value="";
        (sign::fields(current.signing))
    }
}

/// What an edit would change, and what is found in it; shown below the text while it is typed.
pub fn check(difference: &Difference, findings: &[Finding]) -> Markup {
    let weight = match difference.substance {
        Substance::Same => "",
        Substance::Cosmetic => "This is a cosmetic change.",
        Substance::Substantive => "This is a change of substance.",
    };
    html! {
        p.small.quiet { (difference.words()) " " (weight) }
        @if difference.substance != Substance::Same { (difference::shown(&difference.segments)) }
        @if !findings.is_empty() {
            ul.findings aria-label="What is found in your text" {
                @for finding in findings {
                    li.unnumbered { span { (finding.words) } (letter::level(finding.level)) }
                }
            }
        }
    }
}

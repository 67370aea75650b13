//! Writing to a lead in one's own words. What is written passes the gate like everything else, and the verdict is
//! shown.

use flow::draft::Level;
use flow::fact::{Judged, VerdictKind};
use flow::ids::ActionId;
use flow::lead::{ActionState, Lead};
use flow::step::Step;
use maud::{Markup, html};

use super::LeadPage;
use crate::web::layout::Frame;
use crate::web::words;

/// Steps that a person may write for.
pub const STEPS: [Step; 6] = [
    Step::Reply,
    Step::FollowUp,
    Step::ProposeMeeting,
    Step::SendQuote,
    Step::OfferDiscount,
    Step::SendContract,
];

/// What stands in the composer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Composer {
    /// Which step it is.
    pub step: Option<Step>,
    /// Subject line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// Why it could not be taken.
    pub trouble: Option<String>,
}

/// The composer.
pub fn form(page: &LeadPage, frame: &Frame) -> Markup {
    let composer = &page.composer;
    let lead = &page.lead;
    let first = lead.person.display();
    if lead.person.email.is_empty() {
        return html! {
            section { p.quiet { (first) " left no e-mail address" @if !lead.person.phone.is_empty() { "; call " (lead.person.phone) } "." } }
        };
    }
    html! {
        details.compose id="write" open[composer.trouble.is_some()] {
            summary.button data-key="o" { "Write to " (first) " " kbd { "o" } }
            section.sheet aria-labelledby="write-title" {
            h3 id="write-title" { "Write to " (first) " in your own words" }
            @if let Some(trouble) = &composer.trouble {
                div.note.bad role="alert" { strong { "It was not taken." } span { (trouble) } }
            }
            form.fields method="post" action={ "/leads/" (lead.id) "/messages" } data-decision data-typed {
                (frame.token())
                // Enter in the subject line presses the first button of the form; this one cannot be pressed.
                button type="submit" disabled hidden {}
                div.pair {
                    div.field {
                        label for="write-step" { "What it is" }
                        select id="write-step" name="step" {
                            @for step in STEPS {
                                option value=(step.name()) selected[composer.step == Some(step)] { (words::short(step)) }
                            }
                        }
                    }
                    div.field {
                        label for="write-subject" { "Subject" }
                        input type="text" id="write-subject" name="subject" value=(subject(page)) maxlength="300" autocomplete="off";
                    }
                }
                div.field {
                    label for="write-text" { "Text" }
                    textarea id="write-text" name="text" required maxlength="20000" aria-describedby="outlook" { "\n" (composer.text) }
                }
                div id="outlook" aria-live="polite" hx-post={ "/leads/" (lead.id) "/check" }
                    hx-trigger="input delay:600ms from:'closest form', change from:'closest form'" hx-swap="innerMorph"
                    hx-sync="this:replace" { (no_outlook()) }
                div.actions {
                    button.button.strong type="submit" { "Send through the gate" }
                }
            }
            }
        }
    }
}

/// What the gate would say, before there is a text.
pub fn no_outlook() -> Markup {
    html! { p.hint { "Like everything else it passes the gate: an ordinary answer of the owner goes at once, a price, a discount or a promise asks for an approval." } }
}

/// What the gate would say to the text as it stands.
pub fn outlook(verdict: &Judged) -> Markup {
    let (tone, what) = match verdict.kind {
        VerdictKind::Run => ("good", "It would go out at once."),
        VerdictKind::Hold => ("warn", "It would be held until a better time."),
        VerdictKind::Ask => ("warn", "It would wait for an approval."),
        VerdictKind::Refuse => ("bad", "The gate would refuse it."),
    };
    let stops = verdict.findings.iter().any(|finding| finding.level == Level::Stop);
    html! {
        div class={ "note " (tone) } {
            strong { (what) }
            span.small { (words_of(verdict)) }
            @if stops { span.small { "As it stands nobody could approve it; mend that first." } }
        }
    }
}

/// What is in the way of the text as it stands.
pub fn refused_outlook(why: &str) -> Markup {
    html! { div.note.bad { strong { "It could not be taken." } span.small { (words::capital(why)) "." } } }
}

/// The reasons of a verdict, as one text.
fn words_of(verdict: &Judged) -> String {
    verdict.reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// The subject as typed, or an answer to the last one.
fn subject(page: &LeadPage) -> String {
    if !page.composer.subject.is_empty() || page.composer.trouble.is_some() {
        return page.composer.subject.clone();
    }
    let last = page.lead.last_inbound().map(|note| note.subject.trim()).filter(|subject| !subject.is_empty());
    last.map_or_else(String::new, |subject| {
        let answered = subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
        if answered { subject.to_owned() } else { format!("Re: {subject}") }
    })
}

/// What the gate said to something just written here.
pub fn verdict(lead: &Lead, asked: ActionId) -> Markup {
    let Some(action) = lead.actions.get(&asked) else { return html! {} };
    let (tone, what) = match (action.verdict.kind, &action.state) {
        (VerdictKind::Refuse, _) => ("bad", "The gate refused it. Nothing is sent."),
        (VerdictKind::Ask, ActionState::Pending { .. }) => ("warn", "It waits for an approval."),
        (VerdictKind::Ask, _) => ("warn", "It was put before a person."),
        (VerdictKind::Hold, _) => ("warn", "It is held until a better time."),
        (VerdictKind::Run, ActionState::Failed { .. }) => ("bad", "It could not be sent."),
        (VerdictKind::Run, _) => ("good", "It goes out now."),
    };
    html! {
        div.notices {
            div class={ "note fresh " (tone) } role="status" {
                strong { (what) }
                span.small { (words_of(&action.verdict)) }
                @if let ActionState::Pending { proposal } = &action.state {
                    span.small { a href={ "/desk/" (proposal) } { "See the proposal" } }
                }
            }
        }
    }
}

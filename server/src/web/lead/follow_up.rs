//! Follow-ups on a lead's page: where the sequence stands, what comes next and when, what stopped it; starting and
//! stopping one by hand.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use flow::fact::Payload;
use flow::ids::{EnrolmentId, LeadId};
use flow::lead::{Command, Request};
use flow::sequence::{Enrolment, EnrolmentState};
use flow::step::Step;
use jiff::Timestamp;
use maud::{Markup, html};

use super::LeadPage;
use crate::web::id;
use crate::web::layout::Frame;
use crate::web::session::{Fields, Posted, Visit};
use crate::web::trouble::Trouble;
use crate::web::words;

/// The section beside the conversation.
pub fn section(page: &LeadPage, frame: &Frame) -> Markup {
    let open = page.lead.enrolments.iter().rev().find(|enrolment| enrolment.state.is_open());
    let past = page.lead.enrolments.iter().rev().filter(|enrolment| !enrolment.state.is_open());
    html! {
        section aria-labelledby="follow-up-title" {
            h3 id="follow-up-title" { "Follow-up" }
            @match open {
                Some(enrolment) => (under_way(page, enrolment, frame)),
                None => (idle(page, frame)),
            }
            ul.waiting-list {
                @for enrolment in past { (ended(enrolment, frame.now)) }
            }
        }
    }
}

fn under_way(page: &LeadPage, enrolment: &Enrolment, frame: &Frame) -> Markup {
    html! {
        p { strong { (enrolment.sequence) } " · " (now_words(enrolment, frame.now)) }
        ol.sequence {
            @for (number, step) in enrolment.steps.iter().enumerate() {
                li class=(place(number, enrolment)) aria-current=[(Some(number) == current(enrolment)).then_some("step")] {
                    (words::capital(&step.words().replace("{who}", page.lead.person.display())))
                }
            }
        }
        @if frame.may_act() {
            form.actions method="post" action={ "/leads/" (page.lead.id) "/sequences/" (enrolment.id) "/stop" } {
                (frame.token())
                button.button type="submit" { "Stop following up" }
            }
        }
    }
}

/// The step that is waited for or comes next.
fn current(enrolment: &Enrolment) -> Option<usize> {
    // A wait that runs, and a message that waits, stand before the step that comes next.
    match enrolment.state {
        EnrolmentState::Active { .. } | EnrolmentState::Paused { .. } | EnrolmentState::Waiting { .. } => {
            enrolment.next.checked_sub(1)
        }
        _ => None,
    }
}

fn place(number: usize, enrolment: &Enrolment) -> &'static str {
    match current(enrolment) {
        Some(current) if number < current => "past",
        Some(current) if number == current => "here",
        _ => "to-come",
    }
}

fn now_words(enrolment: &Enrolment, now: Timestamp) -> Markup {
    match &enrolment.state {
        EnrolmentState::Active { until } => html! { "goes on " (words::due(now, *until)) },
        EnrolmentState::Paused { until } => html! { "the lead is away; goes on " (words::due(now, *until)) },
        EnrolmentState::Waiting { .. } => html! { "its message is on the way" },
        _ => html! {},
    }
}

fn ended(enrolment: &Enrolment, now: Timestamp) -> Markup {
    let (when, how) = match &enrolment.state {
        EnrolmentState::Finished { at } => (*at, "went through to its end".to_owned()),
        EnrolmentState::Stopped { at, why } => (*at, format!("stopped: {}", why.words())),
        EnrolmentState::Failed { at, why } => (*at, format!("broke off: {why}")),
        _ => return html! {},
    };
    html! { li { (enrolment.sequence) span.quiet { (how) " " (words::when(now, when)) } } }
}

fn idle(page: &LeadPage, frame: &Frame) -> Markup {
    let may = frame.may_act() && !page.lead.opted_out && !page.lead.stage.is_closed();
    html! {
        @if page.lead.enrolments.is_empty() {
            p.quiet { "Nothing is said by itself if this lead stays silent." }
        }
        @if may && !page.sequences.is_empty() {
            form.actions method="post" action={ "/leads/" (page.lead.id) "/sequences" } {
                (frame.token())
                label.aside-voice for="sequence" { "Sequence" }
                select id="sequence" name="sequence" {
                    @for name in &page.sequences { option value=(name) { (name) } }
                }
                button.button type="submit" { "Start" }
            }
        }
    }
}

/// `POST /leads/{lead}/sequences`.
pub async fn start(Path(lead): Path<String>, Posted { visit, fields }: Posted) -> Response {
    answer(&visit, started(&visit, &lead, &fields).await).await
}

async fn started(visit: &Visit, lead: &str, fields: &Fields) -> Result<LeadId, Trouble> {
    visit.may_act()?;
    let lead: LeadId = id(lead, "lead")?;
    let request = Request {
        step: Step::Enrol,
        text: None,
        payload: Some(Payload::Enrol { sequence: fields.line("sequence").to_owned() }),
        why: "Started on the lead’s page.".into(),
        confidence: None,
        own_words: false,
    };
    visit.app.obey(visit.actor(), lead, Command::Propose(request)).await?;
    Ok(lead)
}

/// `POST /leads/{lead}/sequences/{enrolment}/stop`.
pub async fn stop(Path((lead, enrolment)): Path<(String, String)>, Posted { visit, .. }: Posted) -> Response {
    answer(&visit, stopped(&visit, &lead, &enrolment).await).await
}

async fn stopped(visit: &Visit, lead: &str, enrolment: &str) -> Result<LeadId, Trouble> {
    visit.may_act()?;
    let (lead, enrolment): (LeadId, EnrolmentId) = (id(lead, "lead")?, id(enrolment, "sequence")?);
    visit.app.obey(visit.actor(), lead, Command::StopSequence(enrolment)).await?;
    Ok(lead)
}

async fn answer(visit: &Visit, done: Result<LeadId, Trouble>) -> Response {
    match done {
        Ok(lead) => Redirect::to(&format!("/leads/{lead}")).into_response(),
        Err(trouble) => visit.trouble(&trouble).await,
    }
}

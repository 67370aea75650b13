//! "Who approved this message?" From a Message-ID to the person, the time, the words they saw, and the proof.

use axum::extract::Query;
use axum::response::Response;
use flow::ids::LeadId;
use maud::{Markup, html};
use record::leaf::{Decision, kind};
use serde::Deserialize;
use store::views::FactFilter;
use store::{Answer, Question};

use super::fact::{self, Told};
use crate::evidence;
use crate::web::layout::{Frame, Here};
use crate::web::session::Visit;
use crate::web::trouble::Trouble;
use crate::web::words::{self, Names};

/// What was asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    id: String,
}

/// `GET /record/message?id=…`.
pub async fn open(visit: Visit, Query(asked): Query<Asked>) -> Response {
    // As it stands in a mail's header, with or without its brackets.
    let id = asked.id.trim().trim_start_matches('<').trim_end_matches('>').trim().to_owned();
    let made = async {
        let found = if id.is_empty() { Found::Nothing } else { find(&visit, &id).await? };
        let names = Names::of(&visit.app.snapshot().members);
        Ok(page(&visit.frame().await?, &id, &found, &names))
    };
    visit.answer(made.await).await
}

/// What is known of a message.
#[derive(Debug, Clone)]
pub enum Found {
    /// No such message.
    Nothing,
    /// Somebody wrote it to us.
    Inbound(LeadId),
    /// We sent it; the facts that tell how.
    Outbound(Vec<Told>),
}

async fn find(visit: &Visit, id: &str) -> Result<Found, Trouble> {
    let (lead, message) = match visit.app.ask(Question::MessageByExternalId(id.to_owned())).await? {
        Answer::MessageByExternalId(Some(found)) => found,
        Answer::MessageByExternalId(None) => return Ok(Found::Nothing),
        other => return Err(Trouble::unexpected(&other)),
    };
    let kinds = vec!["dispatch.attempted".to_owned()];
    let filter = FactFilter { lead: Some(lead), kinds, unplaced: true, limit: 10_000, ..Default::default() };
    let message = message.to_string();
    let sent = evidence::facts(&visit.app, filter)
        .await?
        .iter()
        .filter_map(Told::of)
        .find(|told| told.leaf.refs.get("message") == Some(&message));
    match sent {
        Some(sent) => Ok(Found::Outbound(fact::story_of(visit, &sent).await?)),
        None => Ok(Found::Inbound(lead)),
    }
}

/// The form, wherever it stands.
pub fn form(id: &str) -> Markup {
    html! {
        form.fields method="get" action="/record/message" role="search" {
            div.field {
                label for="message-id" { "Message-ID, as in the mail’s header" }
                input type="text" id="message-id" name="id" value=(id) required maxlength="998" autocomplete="off" spellcheck="false";
            }
            div.actions { button.button type="submit" { "Who approved it?" } }
        }
    }
}

/// The whole page.
pub fn page(frame: &Frame, id: &str, found: &Found, names: &Names) -> Markup {
    frame.page(
        Here::Record,
        "Who approved this message?",
        "record message",
        html! {
            header.page-head {
                p.over { a.back href="/record" { "‹ Record" } }
                h1 { "Who approved this message?" }
            }
            (form(id))
            @match found {
                Found::Nothing if id.is_empty() => {},
                Found::Nothing => {
                    div.note role="status" {
                        strong { "No message with this id is known here." }
                        span { "It was not sent by this workspace, or its lead was erased." }
                    }
                },
                Found::Inbound(lead) => {
                    div.note role="status" {
                        strong { "Nobody approved it: it was written to us." }
                        span { a href={ "/leads/" (lead) } { "See the lead" } }
                    }
                },
                Found::Outbound(story) => {
                    div.note.good role="status" { (answer(story, names, frame)) }
                    div.record-grid {
                        div.story-column { (fact::decision(story, None, names, frame.now)) }
                        div.side-column { @if let Some(last) = story.last() { (fact::proof(last)) } }
                    }
                },
            }
        },
    )
}

/// The answer in one sentence.
fn answer(story: &[Told], names: &Names, frame: &Frame) -> Markup {
    let lets_out = |told: &&Told| {
        told.leaf.kind == kind::APPROVAL_DECIDED
            && told.leaf.decision.is_some_and(|one| one != Decision::Reject)
    };
    let deciders: Vec<&Told> = story.iter().filter(lets_out).collect();
    html! {
        @if deciders.is_empty() {
            strong { "Nobody was asked: the gate let it run by itself." }
            span { "Why stands below, as the gate said it then." }
        }
        @for told in deciders {
            strong {
                (fact::who(told, names))
                @match told.leaf.decision {
                    Some(Decision::Edit) => " changed and approved it",
                    Some(Decision::Respond) => " wrote it",
                    _ => " approved it",
                }
                @if let Ok(at) = told.leaf.at.parse() { ", " (words::instant(at)) " (" (words::when(frame.now, at)) ")" }
                "."
            }
        }
    }
}

//! Erasing a lead: asked for on its page, decided at the desk by somebody else, and said on the page ever after.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use flow::fact::Fact;
use flow::ids::LeadId;
use flow::lead::{Command, Erased, Request};
use flow::step::Step;
use flow::terms::Who;
use maud::{Markup, html};

use super::LeadPage;
use crate::web::layout::Frame;
use crate::web::session::{Fields, Posted, Visit};
use crate::web::trouble::Trouble;
use crate::web::{id, words};

/// `POST /leads/{lead}/erase`.
pub async fn ask(Path(lead): Path<String>, Posted { visit, fields }: Posted) -> Response {
    match asked(&visit, &lead, &fields).await {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(trouble) => visit.trouble(&trouble).await,
    }
}

async fn asked(visit: &Visit, lead: &str, fields: &Fields) -> Result<String, Trouble> {
    visit.may_act()?;
    let lead: LeadId = id(lead, "lead")?;
    let request = Request {
        step: Step::Erase,
        text: None,
        payload: None,
        why: fields.text("why"),
        confidence: None,
        own_words: false,
    };
    let done = visit.app.obey(visit.actor(), lead, Command::Propose(request)).await?;
    let judged = done.entries.iter().find_map(|entry| match &entry.fact {
        Fact::ActionJudged { action, .. } => Some(*action),
        _ => None,
    });
    let query = judged.map(|action| format!("?asked={action}")).unwrap_or_default();
    Ok(format!("/leads/{lead}{query}"))
}

/// The way to ask, under the other things about a lead.
pub fn form(page: &LeadPage, frame: &Frame) -> Markup {
    let lead = &page.lead;
    let asked = lead.actions.values().any(|action| action.step == Step::Erase && action.state.is_open());
    html! {
        @if lead.erased.is_none() && frame.may_act() {
            section aria-labelledby="erase-title" {
                h3 id="erase-title" { "Erasure" }
                @if asked {
                    p { "It was asked that this lead be erased. Somebody else decides it at the desk." }
                } @else {
                    details {
                        summary { "Erase this person’s data" }
                        p.small {
                            "Name, addresses, messages, files and drafts are destroyed for good, wherever they lie. The record keeps "
                            "that it happened, when, and who decided it. Somebody other than you must approve."
                        }
                        form method="post" action={ "/leads/" (lead.id) "/erase" } data-decision {
                            (frame.token())
                            div.field {
                                label for="erase-why" { "Why" }
                                input type="text" id="erase-why" name="why" maxlength="300" autocomplete="off"
                                    value="The person asked for it.";
                            }
                            div.actions { button.button.grave type="submit" { "Ask for erasure" } }
                        }
                    }
                }
            }
        }
    }
}

/// What the page of an erased lead says in place of everything that was there.
pub fn said(page: &LeadPage, erased: &Erased, frame: &Frame) -> Markup {
    html! {
        section.note id="erased" aria-labelledby="erased-title" {
            h3 id="erased-title" { "This lead was erased" }
            p {
                "Decided by " strong { (who(page, erased)) } ", " (words::when(frame.now, erased.at))
                ". Name, addresses, messages, files and drafts are destroyed. What is left is what the record proves: "
                "that things happened, when, and who decided them."
            }
        }
    }
}

/// Who decided it, in words.
fn who(page: &LeadPage, erased: &Erased) -> String {
    match erased.by.who {
        Who::Member(id) => page.names.name(id).to_owned(),
        Who::Agent(_) => "an agent".into(),
        Who::System => "the workspace’s retention rule".into(),
    }
}

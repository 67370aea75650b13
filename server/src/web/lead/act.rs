//! What a person does on a lead: writes in their own words, looks up what the gate would say to it, settles a message of
//! which nobody knew whether it arrived.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use flow::fact::Fact;
use flow::ids::{ActionId, LeadId};
use flow::lead::{Command, OutText, Request};
use flow::step::Step;
use maud::Markup;

use super::compose::{self, Composer, STEPS};
use super::{load, whole};
use crate::engine::EngineError;
use crate::web::id;
use crate::web::session::{Fields, Posted, Visit};
use crate::web::trouble::Trouble;

/// `POST /leads/{lead}/messages`.
pub async fn write(Path(lead): Path<String>, Posted { visit, fields }: Posted) -> Response {
    match written(&visit, &lead, &fields).await {
        Ok(answer) => answer,
        Err(trouble) => visit.trouble(&trouble).await,
    }
}

async fn written(visit: &Visit, lead: &str, fields: &Fields) -> Result<Response, Trouble> {
    visit.may_act()?;
    let lead: LeadId = id(lead, "lead")?;
    let command = Command::Propose(request(fields)?);
    match visit.app.obey(visit.actor(), lead, command).await {
        Ok(done) => {
            let judged = done.entries.iter().find_map(|entry| match &entry.fact {
                Fact::ActionJudged { action, .. } => Some(*action),
                _ => None,
            });
            let query = judged.map(|action| format!("?asked={action}")).unwrap_or_default();
            Ok(Redirect::to(&format!("/leads/{lead}{query}")).into_response())
        }
        Err(EngineError::Refused(refusal)) => {
            let mut shown = load(visit, lead).await?;
            shown.composer = Composer {
                step: Step::from_name(fields.line("step")),
                subject: fields.line("subject").to_owned(),
                text: fields.text("text"),
                trouble: Some(format!("{refusal}. Nothing was sent.")),
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, whole(visit, &shown).await?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn request(fields: &Fields) -> Result<Request, Trouble> {
    let step = Step::from_name(fields.line("step")).filter(|step| STEPS.contains(step));
    let subject = Some(fields.line("subject").to_owned()).filter(|subject| !subject.is_empty());
    Ok(Request {
        step: step.ok_or_else(|| Trouble::unfit("choose what kind of message it is"))?,
        text: Some(OutText { subject, text: fields.text("text"), ..OutText::default() }),
        payload: None,
        why: "Written on the lead’s page.".into(),
        confidence: None,
        own_words: true,
    })
}

/// `POST /leads/{lead}/check`: what the gate would say to the text as it stands. Nothing is done.
pub async fn check(Path(lead): Path<String>, Posted { visit, fields }: Posted) -> Response {
    let checked = checked(&visit, &lead, &fields).await;
    visit.answer(checked).await
}

async fn checked(visit: &Visit, lead: &str, fields: &Fields) -> Result<Markup, Trouble> {
    let lead: LeadId = id(lead, "lead")?;
    if fields.text("text").is_empty() {
        return Ok(compose::no_outlook());
    }
    let command = Command::Propose(request(fields)?);
    match visit.app.engine().rehearse(&visit.actor(), lead, command).await {
        Ok(decision) => {
            let verdict = decision.entries.iter().find_map(|entry| match &entry.fact {
                Fact::ActionJudged { verdict, .. } => Some(verdict),
                _ => None,
            });
            Ok(verdict.map_or_else(compose::no_outlook, compose::outlook))
        }
        Err(EngineError::Refused(refusal)) => Ok(compose::refused_outlook(&refusal.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// `POST /leads/{lead}/resolve`: somebody found out whether a message arrived.
pub async fn resolve(Path(lead): Path<String>, Posted { visit, fields }: Posted) -> Response {
    match resolved(&visit, &lead, &fields).await {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(trouble) => visit.trouble(&trouble).await,
    }
}

async fn resolved(visit: &Visit, lead: &str, fields: &Fields) -> Result<String, Trouble> {
    visit.may_act()?;
    let lead: LeadId = id(lead, "lead")?;
    let action: ActionId = id(fields.line("action"), "action")?;
    let sent = match fields.line("sent") {
        "yes" => true,
        "no" => false,
        _ => return Err(Trouble::unfit("say whether it arrived")),
    };
    visit.app.obey(visit.actor(), lead, Command::Resolve { action, sent }).await?;
    Ok(format!("/leads/{lead}"))
}

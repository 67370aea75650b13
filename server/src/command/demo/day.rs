//! The day: deliveries through every door, then some of the morning's decisions.

use std::time::Duration;

use flow::ids::LeadId;
use flow::lead::{Action, ActionState};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::company::{self, Company};
use crate::app::{App, StartError};
use crate::channel::email;
use crate::client::{Client, ClientError, Reply};
use crate::command::import::{self, Table};

/// Of the proposals made, so many are decided by the company's own people; the rest wait for the newcomer.
const DECIDED: usize = 14;

impl From<ClientError> for StartError {
    fn from(error: ClientError) -> StartError {
        StartError::Other(error.to_string())
    }
}

/// Plays the day and says how many deliveries were taken in.
///
/// # Errors
/// When a door does not open as it should.
pub async fn play(app: &App, address: &str, company: &Company) -> Result<u64, StartError> {
    let (forms, leads, mails) = (company::form_posts()?, company::api_leads()?, company::mails());
    let fair = Table::parse(&company::fair(), "fair.csv", None).map_err(StartError::Other)?;
    let all = forms.len() + leads.len() + mails.len() + fair.len() + DECIDED;
    let style = ProgressStyle::with_template("  {msg:<28} {wide_bar} {pos}/{len}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(all as u64).with_style(style);
    let mut captured = 0;

    bar.set_message("accounts are recorded");
    let mut admin = Client::connect(address, Some(&company.admin)).await?;
    for account in company::accounts()? {
        expect(&admin.post("/v1/accounts", &account).await?, &[200, 201])?;
    }

    bar.set_message("the web form");
    let mut visitor = Client::connect(address, None).await?;
    for post in &forms {
        expect(&visitor.post_form("/f/contact", post).await?, &[200])?;
        captured += 1;
        bar.inc(1);
    }

    bar.set_message("the configurator's API");
    let mut agent = Client::connect(address, Some(&company.agent)).await?;
    for lead in &leads {
        expect(&agent.post("/v1/leads", lead).await?, &[201])?;
        captured += 1;
        bar.inc(1);
    }

    bar.set_message("the list from the trade fair");
    let counts = import::take_in(Some(app), fair, |line| {
        bar.inc(1);
        if line["outcome"] == "refused" {
            bar.println(format!("  row {} of the list was refused: {}", line["line"], line["errors"]));
        }
    })
    .await?;
    captured += counts.created + counts.joined;

    bar.set_message("the mailbox");
    for (name, raw) in &mails {
        if let email::Taken::Aside(why) = email::take_in(app, raw, "mailbox").await? {
            bar.println(format!("  {name} was set aside: {why}"));
        } else {
            captured += 1;
        }
        bar.inc(1);
    }

    bar.set_message("the morning's decisions");
    decide(address, company, &bar).await?;
    bar.finish_and_clear();
    Ok(captured)
}

/// The manager and a rep decide on some proposals: most as they stand, one edited, one rejected.
async fn decide(address: &str, company: &Company, bar: &ProgressBar) -> Result<(), StartError> {
    for (token, share) in [(&company.rep, DECIDED * 2 / 3), (&company.manager, DECIDED - DECIDED * 2 / 3)] {
        let mut person = Client::connect(address, Some(token)).await?;
        let page = person.get("/v1/proposals?state=pending&for=me&limit=100").await?.json()?;
        let waiting = page["items"].as_array().cloned().unwrap_or_default();
        // Not the most urgent ones: those are for the newcomer.
        for (nth, proposal) in waiting.iter().rev().take(share).enumerate() {
            let id = proposal["id"].as_str().unwrap_or_default();
            let reply =
                person.post(&format!("/v1/proposals/{id}/decision"), &decision(proposal, nth)).await?;
            expect(&reply, &[200, 403, 409, 422])?;
            bar.inc(1);
        }
    }
    Ok(())
}

fn decision(proposal: &Value, nth: usize) -> Value {
    let commitment = &proposal["commitment"];
    let seen_ms = 6_000 + 1_700 * nth;
    match nth {
        2 => {
            let text = proposal["content"]["text"].as_str().unwrap_or_default();
            let text =
                text.replace("thank you for your message", "thank you for your message about the pump");
            json!({ "decision": "edit", "commitment": commitment, "content": { "text": text }, "seen_ms": 31_000 })
        }
        4 => json!({
            "decision": "reject", "commitment": commitment, "seen_ms": 9_000,
            "reason": "Spoke on the phone already.",
        }),
        _ => json!({ "decision": "approve", "commitment": commitment, "seen_ms": seen_ms }),
    }
}

fn expect(reply: &Reply, statuses: &[u16]) -> Result<(), StartError> {
    if statuses.contains(&reply.status) {
        return Ok(());
    }
    let body = String::from_utf8_lossy(&reply.body).into_owned();
    Err(StartError::Other(format!("a door answered {}: {body}", reply.status)))
}

/// Waits until everything that may go has gone, and every fact has its place.
///
/// # Errors
/// What the store says.
pub async fn settle_down(app: &App) -> Result<(), StartError> {
    for row in super::summary::all_leads(app).await? {
        while is_on_its_way(app, row.id).await? {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    app.sequencer().place_all().await?;
    Ok(())
}

async fn is_on_its_way(app: &App, lead: LeadId) -> Result<bool, StartError> {
    let held = app.store().lead(app.workspace_id(), lead).await?;
    let going =
        |action: &Action| matches!(action.state, ActionState::Waiting { .. } | ActionState::Attempted { .. });
    Ok(held.is_some_and(|held| held.lead.actions.values().any(going)))
}

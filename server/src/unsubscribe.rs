//! Leaving with one click (RFC 8058). A message that nobody asked for carries a link of the lead's own; looking at it
//! shows, posting to it acts, so that a mail program may post for its user and a link checker changes nothing.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flow::ids::{LeadId, WorkspaceId};
use flow::lead::Command;
use flow::terms::Actor;
use maud::{Markup, html};
use sha2::{Digest, Sha256};
use store::{Store, StoreError};

use crate::app::App;
use crate::engine::EngineError;
use crate::playbook::hex;
use crate::sequencer::secret;
use crate::web::layout;

/// The name under which the key is kept.
const SECRET: &str = "unsubscribe-key";
/// Hex digits of the proof in a link: 128 bits.
const PROOF: usize = 32;

/// Makes the links, and reads them.
#[derive(Debug, Clone)]
pub struct Unsubscribe {
    key: Vec<u8>,
    base: String,
}

impl Unsubscribe {
    /// The workspace's key, made on first use.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(store: &dyn Store, workspace: WorkspaceId) -> Result<Unsubscribe, StoreError> {
        Ok(Unsubscribe { key: secret(store, workspace, SECRET, &[]).await?, base: String::new() })
    }

    /// The same for links under this address.
    pub fn at(&self, base: &str) -> Unsubscribe {
        Unsubscribe { key: self.key.clone(), base: base.to_owned() }
    }

    /// The address at which this lead leaves.
    pub fn link(&self, lead: LeadId) -> String {
        format!("{}/u/{}", self.base, self.token(lead))
    }

    fn token(&self, lead: LeadId) -> String {
        let lead = lead.0.as_bytes();
        let parts: [&[u8]; 3] = [b"lockkeeper/unsubscribe/v1\0", &self.key, lead];
        let proof = hex(&Sha256::digest(parts.concat()));
        format!("{}{}", hex(lead), proof.get(..PROOF).unwrap_or_default())
    }

    /// The lead that a token was made for.
    fn lead(&self, token: &str) -> Option<LeadId> {
        let lead = LeadId(token.get(..32)?.parse().ok()?);
        (self.token(lead) == token).then_some(lead)
    }
}

/// `/u/{token}`.
pub fn routes() -> Router<App> {
    Router::new().route("/u/{token}", get(show).post(leave))
}

async fn show(State(app): State<App>, Path(token): Path<String>) -> Response {
    match app.unsubscribe().lead(&token) {
        Some(_) => layout::alone("Unsubscribe", asked(&app, &token)).into_response(),
        None => unknown(),
    }
}

async fn leave(State(app): State<App>, Path(token): Path<String>) -> Response {
    let Some(lead) = app.unsubscribe().lead(&token) else { return unknown() };
    let command = Command::OptOut { why: "They unsubscribed by the link in a message.".into() };
    match app.obey(Actor::CHANNEL, lead, command).await {
        // A lead that was erased or merged away is written to no more either.
        Ok(_) | Err(EngineError::Refused(_)) => layout::alone("Unsubscribed", done(&app)).into_response(),
        Err(error) => {
            tracing::error!(%error, "somebody could not unsubscribe");
            let words = html! {
                h1 { "That did not work" }
                p { "Please try again in a moment, or answer one of our messages with the word “stop”." }
            };
            (StatusCode::SERVICE_UNAVAILABLE, layout::alone("Not unsubscribed", words)).into_response()
        }
    }
}

fn asked(app: &App, token: &str) -> Markup {
    html! {
        h1 { "No more messages?" }
        p { (app.playbook().company) " will not write to you again. If you write to us, a person still reads it." }
        form.actions method="post" action={ "/u/" (token) } {
            button.button.strong type="submit" { "Unsubscribe" }
        }
    }
}

fn done(app: &App) -> Markup {
    html! {
        h1 { "You are unsubscribed" }
        p { (app.playbook().company) " will not write to you again." }
    }
}

fn unknown() -> Response {
    let words = html! {
        h1 { "This link is not complete" }
        p { "Open it again from the message, or answer the message with the word “stop”." }
    };
    (StatusCode::NOT_FOUND, layout::alone("Unknown link", words)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_the_leads_own_and_cannot_be_made_up() {
        let made = Unsubscribe { key: vec![7; 32], base: String::new() }.at("https://lock.example");
        let (one, other) = (LeadId(uuid::Uuid::from_u128(1)), LeadId(uuid::Uuid::from_u128(2)));
        let token = made.token(one);
        assert_eq!(made.link(one), format!("https://lock.example/u/{token}"));
        assert_eq!(made.lead(&token), Some(one));
        let foreign = made.token(other);
        let (id, proof) = foreign.split_at(32);
        assert_eq!(made.lead(&format!("{}{proof}", &token[..32])), None, "{id}");
        assert_eq!(Unsubscribe { key: vec![8; 32], base: String::new() }.lead(&token), None);
        for wrong in ["", "x", &token[..40], &token.to_uppercase()] {
            assert_eq!(made.lead(wrong).filter(|_| wrong != token), None, "{wrong}");
        }
    }
}

//! Decisions signed with a passkey: what the page is given to show and to sign, and what it hands in.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flow::approval::{Choice, PasskeySignature};
use flow::ids::ProposalId;
use flow::lead::DecisionMade;
use flow::terms::Commitment;
use maud::{Markup, html};
use record::canonical::canonical;
use serde_json::{Value, json};
use store::views::ProposalRow;

use super::act::{choice_of, made};
use super::load;
use crate::passkeys::token::Use;
use crate::passkeys::{self, Deciding, Handed, Party, PasskeysError};
use crate::web::passkeys::answer;
use crate::web::session::{Fields, Posted, Visit};
use crate::web::trouble::Trouble;

/// How a decision is to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signing {
    /// It need not be.
    #[default]
    NotAsked,
    /// With a passkey that the member has.
    Ready,
    /// With a passkey, and the member has none.
    NoPasskey,
}

/// What the desk must know.
///
/// # Errors
/// The store's.
pub async fn needed(visit: &Visit, row: &ProposalRow) -> Result<Signing, Trouble> {
    if !row.proposal.verdict.passkey {
        return Ok(Signing::NotAsked);
    }
    let none = passkeys::of(&visit.app, visit.me.id).await?.is_empty();
    Ok(if none { Signing::NoPasskey } else { Signing::Ready })
}

/// `POST /desk/{proposal}/sign/{choice}`: the content that this decision would let out, opened, so that the page can make
/// sure that it is what it shows; and what else is signed. Nothing is decided.
pub async fn prepare(
    headers: HeaderMap,
    Path((proposal, choice)): Path<(String, String)>,
    Posted { visit, fields }: Posted,
) -> Response {
    let prepared = prepared(&visit, &headers, (&proposal, &choice), &fields).await;
    answer(prepared)
}

async fn prepared(
    visit: &Visit,
    headers: &HeaderMap,
    (proposal, choice): (&str, &str),
    fields: &Fields,
) -> Result<Value, PasskeysError> {
    let app = &visit.app;
    let party = Party::of(headers)?;
    let id: ProposalId = proposal.parse().map_err(|_| PasskeysError::Field("proposal"))?;
    let choice = choice_of(choice).ok_or(PasskeysError::Field("choice"))?;
    let row = load::row(app, id).await.map_err(|_| PasskeysError::Field("proposal"))?;
    let sealed = app.engine().to_sign(&visit.actor(), row.lead, made(id, choice, fields)).await?;
    let content = sealed.map(|sealed| {
        // What was sealed has a canonical form, or it could not have been.
        let payload = canonical(&sealed.content).unwrap_or_default();
        json!({
            "commitment": STANDARD.encode(sealed.commitment.0),
            "r": STANDARD.encode(sealed.blinding),
            "payload": STANDARD.encode(payload),
        })
    });
    let nonce = app.passkeys().issue(&Use::Approve { member: visit.me.id, proposal: id }, visit.now)?;
    let mine = passkeys::of(app, visit.me.id).await?;
    Ok(json!({
        "workspace": app.workspace_id(), "proposal": id, "lead": row.lead, "decision": choice.word(),
        "nonce": STANDARD.encode(nonce), "content": content, "rp": party.id,
        "credentials": mine.iter().map(|one| passkeys::url_base64(&one.id)).collect::<Vec<_>>(),
    }))
}

/// The signature that a decision's form brings, checked; none where it brings none.
///
/// # Errors
/// Why it is not taken.
pub async fn handed_in(
    visit: &Visit,
    headers: &HeaderMap,
    row: &ProposalRow,
    made: &DecisionMade,
    fields: &Fields,
) -> Result<Option<PasskeySignature>, PasskeysError> {
    if fields.line("signature").is_empty() {
        return Ok(None);
    }
    let bytes = |name: &'static str| -> Result<Option<[u8; 32]>, PasskeysError> {
        match fields.line(name) {
            "" => Ok(None),
            text => {
                let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
                bytes.map(Some).ok_or(PasskeysError::Field(name))
            }
        }
    };
    let is_new = matches!(made.choice, Choice::Edit | Choice::Respond);
    let content = match made.choice {
        Choice::Approve => made.seen,
        Choice::Reject => None,
        Choice::Edit | Choice::Respond => bytes("signed")?.map(Commitment),
    };
    let deciding = Deciding {
        member: visit.me.id,
        proposal: &row.proposal,
        lead: row.lead,
        choice: made.choice,
        content,
        blinding: if is_new { bytes("blinding")? } else { None },
    };
    let handed = Handed::read(|name| fields.line(name), false)?;
    let party = Party::of(headers)?;
    passkeys::signed(&visit.app, &handed, &deciding, &party).await.map(Some)
}

/// The hidden fields of a decision that is to be signed.
pub fn fields(signing: Signing) -> Markup {
    html! {
        @if signing == Signing::Ready {
            (crate::web::passkeys::answer_fields(true))
            input type="hidden" name="signed" value="";
            input type="hidden" name="blinding" value="";
        }
    }
}

/// What stands in place of the ways to decide for whoever has no passkey.
pub fn no_passkey(proposal: ProposalId) -> Markup {
    html! {
        div.note.warn.needs-passkey role="status" {
            strong { "This decision must be signed with a passkey, and you have none yet." }
            span {
                "It takes a moment: "
                a href={ "/passkeys?then=/desk/" (proposal) } { "add a passkey" }
                ", with the fingerprint, face or PIN of your device, then come back here."
            }
        }
    }
}

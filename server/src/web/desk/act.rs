//! What happens when somebody decides: the form becomes a command, and the answer leads to the next proposal or says why
//! it could not be followed, with what was typed still there.

use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use flow::approval::{Attention, Choice, DecisionError, ProposalState};
use flow::draft::{self, Level};
use flow::ids::ProposalId;
use flow::lead::{Command, DecisionMade, OutText, Refusal};
use flow::terms::Commitment;
use maud::Markup;
use store::views::ProposalRow;

use super::decide::{self, OpenForm};
use super::load::{self, Asked};
use super::{page, settled, sign};
use crate::engine::EngineError;
use crate::web::session::{Fields, Posted, Visit};
use crate::web::trouble::Trouble;
use crate::web::words::Names;

/// A day in milliseconds: nobody looks at a proposal for longer, whatever a page says.
const LONGEST_LOOK_MS: u64 = 24 * 60 * 60 * 1_000;

/// `POST /desk/{proposal}/{choice}`.
pub async fn decide(
    Path((proposal, choice)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Posted { visit, fields }: Posted,
) -> Response {
    match follow(&visit, &headers, (&proposal, &choice), &asked, &fields).await {
        Ok(answer) => answer,
        Err(trouble) => visit.trouble(&trouble).await,
    }
}

async fn follow(
    visit: &Visit,
    headers: &HeaderMap,
    (proposal, choice): (&str, &str),
    asked: &Asked,
    fields: &Fields,
) -> Result<Response, Trouble> {
    visit.may_act()?;
    let id: ProposalId = crate::web::id(proposal, "proposal")?;
    let choice = choice_of(choice).ok_or_else(|| Trouble::not_found("way to decide"))?;
    let row = load::row(&visit.app, id).await?;
    let filter = asked.filter();
    let next = load::queue(visit, filter, None).await?.after(id);
    let mut made = made(id, choice, fields);
    // No passkey is revoked between the check of a signature and the writing of what it signs.
    let _using = visit.app.passkeys().using.read().await;
    made.signature = sign::handed_in(visit, headers, &row, &made, fields).await?.map(Box::new);
    match visit.app.obey(visit.actor(), row.lead, Command::Decide(made.clone())).await {
        Ok(done) => {
            // What waited on an erased lead is gone with it.
            let next = next.filter(|_| done.lead.erased.is_none());
            let to = next.map_or_else(|| "/desk".to_owned(), |next| format!("/desk/{next}"));
            let join = if filter.query().is_empty() { "?" } else { "&" };
            Ok(Redirect::to(&format!("{to}{}{join}done={id}", filter.query())).into_response())
        }
        Err(EngineError::Refused(refusal)) => refused(visit, id, asked, made, refusal).await,
        Err(error) => Err(error.into()),
    }
}

/// Shows the proposal as it stands now, with what was in the way and what was typed.
async fn refused(
    visit: &Visit,
    id: ProposalId,
    asked: &Asked,
    made: DecisionMade,
    refusal: Refusal,
) -> Result<Response, Trouble> {
    let frame = visit.frame().await?;
    let mut current = load::current(visit, id, asked.filter()).await?;
    let (status, what, next) = explain(&refusal, &current.row, &current.names, visit);
    let text = made.text.unwrap_or_default();
    current.open = Some(OpenForm {
        choice: (current.row.proposal.state == ProposalState::Pending).then_some(made.choice),
        headline: what,
        next,
        subject: text.subject,
        text: Some(text.text).filter(|text| !text.is_empty()),
        reason: made.reason,
    });
    let queue = load::queue(visit, asked.filter(), Some(id)).await?;
    Ok((status, page(&frame, &queue, Some(&current), true, None)).into_response())
}

/// Status, what happened, what to do next.
fn explain(
    refusal: &Refusal,
    row: &ProposalRow,
    names: &Names,
    visit: &Visit,
) -> (StatusCode, Markup, String) {
    let plain = |status, what: &str, next: &str| (status, maud::html! { (what) }, next.to_owned());
    match refusal {
        Refusal::Decision(DecisionError::Settled { .. })
        | Refusal::NoSuchProposal(_)
        | Refusal::NoSuchAction(_) => (
            StatusCode::CONFLICT,
            settled::headline(row, names, visit.now),
            "Your decision came after that and changes nothing.".into(),
        ),
        Refusal::Decision(DecisionError::ContentChanged { .. }) => plain(
            StatusCode::CONFLICT,
            "The text changed since you saw it.",
            "Nothing was decided. Below is the text as it is now; look at it, then decide.",
        ),
        Refusal::Decision(DecisionError::MayNot { why }) => {
            plain(StatusCode::FORBIDDEN, "This is not yours to decide.", why)
        }
        Refusal::Decision(DecisionError::MustMend { words, .. }) => plain(
            StatusCode::UNPROCESSABLE_ENTITY,
            "It cannot go out like this.",
            &format!("{words} Nothing was sent; mend the text, then approve it."),
        ),
        Refusal::Decision(DecisionError::SecondPerson) => plain(
            StatusCode::CONFLICT,
            "You agreed to this already.",
            "A second person must agree too; nothing more is needed from you.",
        ),
        Refusal::Decision(DecisionError::NeedsPasskey) => plain(
            StatusCode::FORBIDDEN,
            "This decision must be signed with a passkey.",
            "Nothing was decided. The page signs with its script; add a passkey under your name if you have none.",
        ),
        Refusal::Decision(DecisionError::Incomplete(_)) => plain(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Something is missing.",
            "A rejection needs a reason, an edit and an answer need a text. Nothing was decided.",
        ),
        other => plain(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This could not be followed.",
            &format!("Nothing was decided: {other}."),
        ),
    }
}

/// A way to decide, from its word.
pub fn choice_of(word: &str) -> Option<Choice> {
    [Choice::Approve, Choice::Edit, Choice::Reject, Choice::Respond]
        .into_iter()
        .find(|choice| choice.word() == word)
}

/// The decision that a form says, without a signature.
pub fn made(proposal: ProposalId, choice: Choice, fields: &Fields) -> DecisionMade {
    let seen_ms = fields.line("seen_ms").parse().unwrap_or(0).min(LONGEST_LOOK_MS);
    let text = matches!(choice, Choice::Edit | Choice::Respond).then(|| text(fields));
    let reason = match (fields.line("reason"), fields.text("note")) {
        ("", note) => note,
        (reason, note) if note.is_empty() => reason.to_owned(),
        (reason, note) => format!("{reason}: {note}"),
    };
    DecisionMade {
        proposal,
        choice,
        seen: commitment(fields.line("commitment")),
        text,
        reason: Some(reason).filter(|reason| !reason.is_empty()),
        attention: Attention { seen_ms, thread_opened: fields.line("thread_opened") == "yes" },
        signature: None,
    }
}

fn text(fields: &Fields) -> OutText {
    let subject = Some(fields.line("subject").to_owned()).filter(|subject| !subject.is_empty());
    OutText { subject, text: fields.text("text"), ..OutText::default() }
}

/// A commitment from its 64 hex digits; anything else is none, which no content has.
pub fn commitment(hex: &str) -> Option<Commitment> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(Commitment(bytes))
}

/// `POST /desk/{proposal}/check`: what an edit would change and what is found in it. Nothing is decided.
pub async fn check(Path(proposal): Path<String>, Posted { visit, fields }: Posted) -> Response {
    let checked = checked(&visit, &proposal, &fields).await;
    visit.answer(checked).await
}

async fn checked(visit: &Visit, proposal: &str, fields: &Fields) -> Result<Markup, Trouble> {
    let row = load::row(&visit.app, crate::web::id(proposal, "proposal")?).await?;
    let text = text(fields);
    let before = row.content.as_ref().map(load::whole).unwrap_or_default();
    let after = format!("{}\n\n{}", text.subject.as_deref().unwrap_or_default(), text.text);
    let difference = draft::difference(&before, &after);
    let mut findings = load::found(&visit.app, &row, text, &visit.actor()).await;
    findings.retain(|finding| finding.level >= Level::Ask);
    Ok(decide::check(&difference, &findings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_is_read_back_and_nothing_else_is_one() {
        let seen = Commitment([0xa7; 32]);
        assert_eq!(commitment(&seen.to_string()), Some(seen));
        for text in ["", "none", "zz", &"g".repeat(64), &"ä".repeat(32)] {
            assert_eq!(commitment(text), None, "{text}");
        }
    }
}

//! An admin's moves, from the pages.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use flow::ids::ProposalId;
use flow::ledger::How;

use crate::keeper::{Ask, KeeperError};
use crate::web::desk::act::commitment;
use crate::web::id;
use crate::web::session::{Fields, Posted, Visit};
use crate::web::trouble::Trouble;

/// `POST /boundary/class/{class}`: by hand, with a reason.
pub async fn by_hand(Path(class): Path<String>, Posted { visit, fields }: Posted) -> Response {
    let how = match fields.line("move") {
        "widen" => How::Widened,
        "narrow" => How::Narrowed,
        "lock" => How::Locked,
        "unlock" => How::Unlocked,
        _ => return visit.trouble(&Trouble::unfit("choose what to do with the class")).await,
    };
    let segments = Some(fields.line("segment").to_owned()).filter(|segment| !segment.is_empty());
    let ask = Ask {
        class: class.clone(),
        segments: segments.into_iter().collect(),
        how,
        why: fields.line("reason").to_owned(),
        proposal: None,
    };
    moved(&visit, ask, &format!("/boundary/class/{class}")).await
}

/// `POST /boundary/widening/{proposal}`: the decision on a proposal to widen.
pub async fn widening(Path(proposal): Path<String>, Posted { visit, fields }: Posted) -> Response {
    match ask_of(&visit, &proposal, &fields) {
        Ok(ask) => moved(&visit, ask, "/boundary").await,
        Err(trouble) => visit.trouble(&trouble).await,
    }
}

fn ask_of(visit: &Visit, proposal: &str, fields: &Fields) -> Result<Ask, Trouble> {
    let proposal: ProposalId = id(proposal, "proposal")?;
    let snapshot = visit.app.snapshot();
    let widening = snapshot.ledger.widening(proposal).ok_or_else(|| trouble(&KeeperError::Overtaken))?;
    let how = match fields.line("choice") {
        "approve" => How::Widened,
        "reject" => How::Declined,
        _ => return Err(Trouble::unfit("say whether it may run")),
    };
    let reason = fields.line("reason");
    let why = match (how, reason) {
        (How::Widened, "") => "On the evidence.",
        (_, reason) => reason,
    };
    Ok(Ask {
        class: widening.class.clone(),
        segments: Vec::new(),
        how,
        why: why.to_owned(),
        proposal: Some((proposal, commitment(fields.line("commitment")))),
    })
}

async fn moved(visit: &Visit, ask: Ask, then: &str) -> Response {
    match visit.app.keeper().decide(&visit.actor(), ask).await {
        Ok(_) => Redirect::to(then).into_response(),
        Err(error) => visit.trouble(&trouble(&error)).await,
    }
}

/// `POST /boundary/probes`: planted proposals on or off.
pub async fn probes(Posted { visit, fields }: Posted) -> Response {
    let on = fields.line("on") == "yes";
    match visit.app.keeper().switch_probes(&visit.actor(), on, fields.text("announcement")).await {
        Ok(()) => Redirect::to("/boundary").into_response(),
        Err(error) => visit.trouble(&trouble(&error)).await,
    }
}

/// A refused move, as a page says it.
pub fn trouble(error: &KeeperError) -> Trouble {
    let words = error.to_string();
    let simple = |status, next: &str| Trouble {
        status,
        what: "The boundary was not moved".into(),
        next: format!("{}. {next}", crate::web::words::capital(&words)),
    };
    match error {
        KeeperError::NotAdmin => Trouble::forbidden("Only an admin moves the boundary. Nothing was moved."),
        KeeperError::NoReason | KeeperError::NoAnnouncement | KeeperError::NoSegment { .. } => {
            simple(StatusCode::UNPROCESSABLE_ENTITY, "Nothing was moved.")
        }
        KeeperError::NoClass(_) => Trouble::not_found("class"),
        KeeperError::Cannot(_) | KeeperError::Overtaken | KeeperError::Changed(_) => {
            simple(StatusCode::CONFLICT, "Look at the class again.")
        }
        KeeperError::Engine(_) => Trouble::defect(),
    }
}

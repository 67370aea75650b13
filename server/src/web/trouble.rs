//! Pages that say what happened and what to do next.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flow::approval::DecisionError;
use flow::lead::Refusal;
use maud::{Markup, html};
use store::{Answer, StoreError};

use super::layout::{Frame, Here, alone};
use crate::engine::EngineError;
use crate::evidence::EvidenceError;
use crate::evidence::decisions::DecisionsError;

/// What went wrong, as a person is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The status of the answer.
    pub status: StatusCode,
    /// What happened.
    pub what: String,
    /// What to do next.
    pub next: String,
}

impl Trouble {
    /// There is nothing at this address, or nothing that this member may see.
    pub fn not_found(thing: &str) -> Trouble {
        Trouble {
            status: StatusCode::NOT_FOUND,
            what: format!("There is no such {thing}"),
            next: "The address may be mistyped, or what stood there was erased. The desk and the board show all there is.".into(),
        }
    }

    /// This member may not.
    pub fn forbidden(why: &str) -> Trouble {
        Trouble {
            status: StatusCode::FORBIDDEN,
            what: "This is not yours to do".into(),
            next: why.to_owned(),
        }
    }

    /// A form that this session did not make.
    pub fn stale_form() -> Trouble {
        Trouble {
            status: StatusCode::FORBIDDEN,
            what: "This form is from another session".into(),
            next: "Nothing was done. Go back, load the page again, and send the form once more.".into(),
        }
    }

    /// A form that lacks something.
    pub fn unfit(why: &str) -> Trouble {
        Trouble {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            what: "This could not be followed".into(),
            next: format!("Nothing was done: {why}"),
        }
    }

    /// Signed out meanwhile.
    pub fn signed_out() -> Trouble {
        Trouble {
            status: StatusCode::UNAUTHORIZED,
            what: "You are signed out".into(),
            next:
                "Nothing was done. Sign in in another tab, then go back here: what you typed is still there."
                    .into(),
        }
    }

    /// The store answered something else than was asked: a defect.
    pub fn unexpected(answer: &Answer) -> Trouble {
        tracing::error!(?answer, "the store answered another question");
        Trouble::defect()
    }

    /// Something of ours is broken.
    pub fn defect() -> Trouble {
        Trouble {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            what: "Something of ours is broken".into(),
            next: "Nothing was done. It is in the server’s log; tell whoever looks after this server when it happened.".into(),
        }
    }

    /// The page, with the way around where somebody is signed in.
    pub fn page(&self, frame: Option<&Frame>) -> Markup {
        let body = html! {
            h1 { (self.what) }
            p { (self.next) }
        };
        match frame {
            Some(frame) => frame.page(
                Here::Elsewhere,
                &self.what,
                "",
                html! {
                    div.plain-page {
                        (body)
                        p.actions { a.button href="/desk" { "To the desk" } a.button href="/leads" { "To the board" } }
                    }
                },
            ),
            None => alone(&self.what, html! { (body) a.button href="/" { "To the start" } }),
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        (self.status, self.page(None)).into_response()
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Trouble {
        let (status, what, next) = match &error {
            StoreError::Conflict => (
                StatusCode::CONFLICT,
                "Somebody else changed this at the same moment",
                "Look again, then repeat it if it still fits.",
            ),
            StoreError::Unsure(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Nobody can tell yet whether this was saved",
                "Look at the lead before you do it again.",
            ),
            StoreError::Unavailable(_) | StoreError::Full(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The database cannot be used right now",
                "Nothing that was acknowledged is lost, and this was not done. Go back and try again in a moment.",
            ),
            StoreError::Cursor(_) => (
                StatusCode::BAD_REQUEST,
                "This page of the list is not there any more",
                "Begin again at the first page.",
            ),
            StoreError::Corrupt(_) | StoreError::Newer { .. } | StoreError::Value(_) => {
                tracing::error!(%error, "the store");
                return Trouble::defect();
            }
        };
        tracing::warn!(%error, "the store");
        Trouble { status, what: what.into(), next: next.into() }
    }
}

impl From<EngineError> for Trouble {
    fn from(error: EngineError) -> Trouble {
        match error {
            EngineError::Store(error) => error.into(),
            EngineError::Refused(Refusal::AuditorReads) => {
                Trouble::forbidden("An auditor reads; ask a rep, a manager or an admin to act.")
            }
            EngineError::Refused(Refusal::Decision(DecisionError::MayNot { why })) => {
                Trouble::forbidden(&why)
            }
            EngineError::Refused(refusal) => Trouble::unfit(&refusal.to_string()),
            EngineError::Busy => Trouble {
                status: StatusCode::CONFLICT,
                what: "This lead changes too fast at the moment".into(),
                next: "Nothing was done. Go back and try again.".into(),
            },
            EngineError::Capture(_) | EngineError::Record(_) => {
                tracing::error!(%error, "a page");
                Trouble::defect()
            }
        }
    }
}

impl From<DecisionsError> for Trouble {
    fn from(error: DecisionsError) -> Trouble {
        match error {
            DecisionsError::Evidence(error) => error.into(),
            DecisionsError::TooMany => Trouble::unfit(&error.to_string()),
        }
    }
}

impl From<EvidenceError> for Trouble {
    fn from(error: EvidenceError) -> Trouble {
        match error {
            EvidenceError::NoLead => Trouble::not_found("lead"),
            EvidenceError::NotPlaced | EvidenceError::NotCosigned => Trouble {
                status: StatusCode::SERVICE_UNAVAILABLE,
                what: "The proof is not ready yet".into(),
                next: "The newest facts get their place in the record within a second. Try again.".into(),
            },
            EvidenceError::TooLarge => Trouble::unfit(&error.to_string()),
            EvidenceError::Store(error) => error.into(),
            EvidenceError::Damaged(_) => {
                tracing::error!(%error, "the record");
                Trouble::defect()
            }
        }
    }
}

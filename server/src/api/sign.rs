//! Who calls: `Authorization: Bearer …`. An agent's token proposes; a member's may decide. Pages' sessions are not
//! taken here, so that no site can call in a visitor's name.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use flow::ids::MemberId;
use flow::terms::{Actor, Role, Via, Who};
use sha2::{Digest, Sha256};
use store::{Answer, Question, TokenHolder};

use super::ApiError;
use crate::app::App;
use crate::playbook::hex;

/// A caller who showed a token.
#[derive(Debug, Clone)]
pub struct Caller {
    /// As facts name them.
    pub actor: Actor,
    /// The role, for a member.
    pub role: Option<Role>,
}

impl Caller {
    /// The member, if it is one.
    pub fn member(&self) -> Option<MemberId> {
        self.actor.member()
    }

    /// Refuses auditors: they read.
    ///
    /// # Errors
    /// 403 for an auditor.
    pub fn may_act(&self) -> Result<(), ApiError> {
        match self.role {
            Some(Role::Auditor) => {
                Err(ApiError::forbidden("an auditor reads; ask a rep, a manager or an admin to act"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses everybody but admins.
    ///
    /// # Errors
    /// 403 for anybody else.
    pub fn is_admin(&self) -> Result<(), ApiError> {
        match self.role {
            Some(Role::Admin) => Ok(()),
            _ => Err(ApiError::forbidden("only an admin may do this")),
        }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Caller, ApiError> {
        let unauthorized = |detail: &str| ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", detail);
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(|| {
            unauthorized("send `Authorization: Bearer …`; `lockkeeper token create` makes a token")
        })?;
        let digest = hex(&Sha256::digest(token.trim().as_bytes()));
        let Answer::Token(holder) = app.ask(Question::Token { digest }).await? else {
            return Err(unauthorized("this token is not known"));
        };
        match holder {
            Some(TokenHolder::Agent(agent, _)) => {
                Ok(Caller { actor: Actor { who: Who::Agent(agent), via: Via::Token }, role: None })
            }
            Some(TokenHolder::Member(member)) => {
                let role = app.snapshot().member(member).map(|member| member.role);
                let role = role.ok_or_else(|| unauthorized("this token's member is gone"))?;
                Ok(Caller { actor: Actor { who: Who::Member(member), via: Via::Token }, role: Some(role) })
            }
            None => Err(unauthorized("this token is not known; `lockkeeper token create` makes a new one")),
        }
    }
}

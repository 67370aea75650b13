//! Signing in with a passkey.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use serde_json::json;

use super::{begin, is_own_form, local};
use crate::app::App;
use crate::passkeys::token::{self, Use};
use crate::passkeys::{self, Handed, Party, PasskeysError};
use crate::web::passkeys::{answer, answer_fields};
use crate::web::session;
use crate::web::trouble::Trouble;

/// `POST /sign-in/passkey/options`.
pub async fn options(State(app): State<App>, request: Request) -> Response {
    let headers = request.headers().clone();
    let fields = match session::fields(request).await {
        Ok(fields) => fields,
        Err(refused) => return refused,
    };
    let (Some(visit), true) = (session::visit_secret(&headers), is_own_form(&headers, fields.line("csrf")))
    else {
        return answer(Err(PasskeysError::Stale));
    };
    let made = || {
        let party = Party::of(&headers)?;
        let wanted = Use::SignIn { visit: &visit };
        let token = app.passkeys().issue(&wanted, app.now())?;
        Ok(json!({
            "nonce": STANDARD.encode(token),
            "challenge": passkeys::url_base64(&token::challenge(&token, &wanted)),
            "rp": party.id,
        }))
    };
    answer(made())
}

/// `POST /sign-in/passkey`.
pub async fn sign_in(State(app): State<App>, request: Request) -> Response {
    let headers = request.headers().clone();
    let fields = match session::fields(request).await {
        Ok(fields) => fields,
        Err(refused) => return refused,
    };
    let (Some(visit), true) = (session::visit_secret(&headers), is_own_form(&headers, fields.line("csrf")))
    else {
        return Trouble::stale_form().into_response();
    };
    let who = async {
        let party = Party::of(&headers)?;
        let handed = Handed::read(|name| fields.line(name), false)?;
        passkeys::who_signs_in(&app, &handed, &visit, &party).await
    };
    match who.await {
        Ok(member) => begin(&app, &headers, member, local(fields.line("then"))).await,
        Err(error) => Trouble::from(error).into_response(),
    }
}

/// The form, under the one with the password.
pub fn form(csrf: &str, then: &str) -> Markup {
    html! {
        form.fields.by-passkey method="post" action="/sign-in/passkey" data-passkey="sign-in" {
            (crate::web::layout::token(csrf))
            @if !then.is_empty() { input type="hidden" name="then" value=(then); }
            (answer_fields(true))
            button.button type="submit" { "Sign in with a passkey" }
            p.note.bad data-passkey-trouble role="alert" hidden {}
        }
    }
}

//! Accounts: companies that leads belong to, with what they are worth and who keeps them.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use flow::fact::Fact;
use flow::ids::{AccountId, Mint};
use flow::terms::{Account, Tier};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Answer, Question};

use super::leads::wrong_answer;
use super::{ApiError, Caller};
use crate::app::App;

/// Most mail domains of one account.
const DOMAINS_LIMIT: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    name: String,
    #[serde(default)]
    domains: Vec<String>,
    #[serde(default)]
    tier: Tier,
    /// The owner's address.
    owner: Option<String>,
    #[serde(default)]
    value: u64,
}

/// `POST /v1/accounts`: makes an account, or changes the one of this name.
pub async fn put(
    State(app): State<App>,
    caller: Caller,
    body: Result<Json<NewAccount>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    caller.is_admin()?;
    let Json(new) = body?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 200 {
        return Err(ApiError::unfit("/name", "an account needs a `name` of at most 200 characters"));
    }
    if new.domains.len() > DOMAINS_LIMIT {
        return Err(ApiError::unfit("/domains", "at most 50 domains are taken"));
    }
    let owner = match &new.owner {
        Some(email) => {
            let people = app.snapshot();
            let member = people.members.iter().find(|member| member.email.eq_ignore_ascii_case(email.trim()));
            let member =
                member.ok_or_else(|| ApiError::unfit("/owner", format!("`{email}` is not a member")))?;
            Some(member.id)
        }
        None => None,
    };
    let known = all(&app)
        .await?
        .into_iter()
        .find(|account| Account::name_key(&account.name) == Account::name_key(name));
    let is_new = known.is_none();
    let id = match known {
        Some(known) => known.id,
        None => Mint::new(crate::engine::random()?, app.now()).id::<AccountId>(),
    };
    let domains = new.domains.iter().map(|domain| domain.trim().to_lowercase()).collect();
    let account = Account { id, name: name.to_owned(), domains, tier: new.tier, owner, value: new.value };
    let fact = Fact::AccountRecorded { account: account.clone() };
    app.engine().record(&caller.actor, vec![fact], Vec::new()).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(json!({ "account": account }))))
}

/// `GET /v1/accounts`
pub async fn list(State(app): State<App>, _: Caller) -> Result<Json<Value>, ApiError> {
    Ok(Json(json!({ "items": all(&app).await?, "next": null })))
}

async fn all(app: &App) -> Result<Vec<Account>, ApiError> {
    match app.ask(Question::Accounts).await? {
        Answer::Accounts(accounts) => Ok(accounts),
        _ => Err(wrong_answer()),
    }
}

//! Nordpump: its playbook, its people, its accounts, and what comes in. All of it lies readable under `demo/`.

use flow::terms::{Actor, Role, Via, Who};
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::Value;

use crate::app::{App, NewToken, StartError};
use crate::playbook::Files;

#[derive(RustEmbed)]
#[folder = "../demo"]
struct Demo;

/// Whoever sets the demo up.
const FOUNDER: Actor = Actor { who: Who::System, via: Via::Token };

/// Tokens to act with, as a person with a script would.
pub struct Company {
    /// The admin's, who records the accounts.
    pub admin: String,
    /// The manager's, who decides.
    pub manager: String,
    /// A rep's.
    pub rep: String,
    /// An agent's, which captures and proposes.
    pub agent: String,
}

/// The demo's playbook.
pub fn playbook() -> Files {
    Demo::iter().filter_map(|path| Some((path.strip_prefix("playbook/")?.to_owned(), text(&path)))).collect()
}

#[derive(Deserialize)]
struct Person {
    email: String,
    name: String,
    role: Role,
}

/// Makes the members and their tokens.
///
/// # Errors
/// What the store says.
pub async fn found(app: &App) -> Result<Company, StartError> {
    for person in lines::<Person>("members.jsonl")? {
        app.add_member(&FOUNDER, &person.email, &person.name, person.role, None).await?;
    }
    let snapshot = app.snapshot();
    let token = |role: Role| {
        let member = snapshot.members.iter().find(|member| member.role == role).map(|member| member.id);
        async move {
            let member =
                member.ok_or_else(|| StartError::Other(format!("the demo has no {}", role.word())))?;
            app.create_token(&FOUNDER, NewToken::Member(member)).await
        }
    };
    Ok(Company {
        admin: token(Role::Admin).await?,
        manager: token(Role::Manager).await?,
        rep: token(Role::Rep).await?,
        agent: app.create_token(&FOUNDER, NewToken::Agent("configurator".into())).await?,
    })
}

/// The accounts, as bodies of `POST /v1/accounts`.
///
/// # Errors
/// When the file is damaged, which a test would have seen.
pub fn accounts() -> Result<Vec<Value>, StartError> {
    lines("accounts.jsonl")
}

/// Leads as bodies of `POST /v1/leads`.
///
/// # Errors
/// When the file is damaged.
pub fn api_leads() -> Result<Vec<Value>, StartError> {
    lines("api.jsonl")
}

/// Posts to the web form.
///
/// # Errors
/// When the file is damaged.
pub fn form_posts() -> Result<Vec<Vec<(String, String)>>, StartError> {
    Ok(lines::<serde_json::Map<String, Value>>("forms.jsonl")?.into_iter().map(pairs).collect())
}

/// Posts that trickle in later.
pub fn trickle() -> Vec<Vec<(String, String)>> {
    lines::<serde_json::Map<String, Value>>("trickle.jsonl")
        .unwrap_or_default()
        .into_iter()
        .map(pairs)
        .collect()
}

/// The list from the trade fair.
pub fn fair() -> String {
    text("fair.csv")
}

/// Mails by file name.
pub fn mails() -> Vec<(String, Vec<u8>)> {
    let mut mails: Vec<(String, Vec<u8>)> = Demo::iter()
        .filter_map(|path| {
            Some((path.strip_prefix("mail/")?.to_owned(), Demo::get(&path)?.data.into_owned()))
        })
        .collect();
    mails.sort();
    mails
}

fn text(path: &str) -> String {
    Demo::get(path).map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default()
}

fn lines<T: serde::de::DeserializeOwned>(path: &str) -> Result<Vec<T>, StartError> {
    let wrong = |error: serde_json::Error| StartError::Other(format!("demo/{path}: {error}"));
    text(path)
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).map_err(wrong))
        .collect()
}

fn pairs(fields: serde_json::Map<String, Value>) -> Vec<(String, String)> {
    fields
        .into_iter()
        .map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_company_is_whole() {
        crate::playbook::checked(&playbook()).unwrap();
        assert_eq!(accounts().unwrap().len(), 12);
        assert_eq!(lines::<Person>("members.jsonl").unwrap().len(), 5);
        let deliveries =
            form_posts().unwrap().len() + api_leads().unwrap().len() + mails().len() + fair().lines().count()
                - 1;
        assert!(deliveries >= 120, "{deliveries}");
        assert!(!trickle().is_empty());
    }
}

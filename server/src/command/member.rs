//! `member` and `token`: who may come in.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use flow::terms::{Actor, Role, Via, Who};
use serde_json::json;

use super::{DataArgs, block_on};
use crate::app::{NewToken, StartError};
use crate::passwords;

/// `lockkeeper member …`
#[derive(Args)]
pub struct MemberArgs {
    #[command(subcommand)]
    command: MemberCommand,
}

#[derive(Subcommand)]
enum MemberCommand {
    /// Add a person. The password is read from LOCKKEEPER_PASSWORD, else made up and printed once.
    Add {
        /// Their address; they sign in with it.
        #[arg(long)]
        email: String,
        /// Their name.
        #[arg(long)]
        name: String,
        /// What they may do: rep, manager, admin, auditor.
        #[arg(long, value_parser = role)]
        role: Role,
        #[command(flatten)]
        data: DataArgs,
    },
    /// List the members.
    List {
        #[command(flatten)]
        data: DataArgs,
    },
}

/// `lockkeeper token …`
#[derive(Args)]
pub struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token; it is printed once and kept nowhere.
    Create {
        /// For a program of this name; it proposes.
        #[arg(long, required_unless_present = "member", conflicts_with = "member")]
        agent: Option<String>,
        /// For the member with this address; it may decide.
        #[arg(long)]
        member: Option<String>,
        #[command(flatten)]
        data: DataArgs,
    },
}

fn role(word: &str) -> Result<Role, String> {
    Role::from_word(word)
        .ok_or_else(|| format!("`{word}` is not a role; there are rep, manager, admin, auditor"))
}

/// Whoever sits at the machine.
const OPERATOR: Actor = Actor { who: Who::System, via: Via::Token };

/// `lockkeeper member …`
pub fn run_member(args: MemberArgs) -> ExitCode {
    block_on(async {
        match args.command {
            MemberCommand::Add { email, name, role, data } => {
                let app = data.open().await?;
                let given = std::env::var("LOCKKEEPER_PASSWORD").ok().filter(|password| !password.is_empty());
                let password = match &given {
                    Some(password) => password.clone(),
                    None => made_up()?,
                };
                let phc = passwords::hash(&password).map_err(StartError::Other)?;
                let member = app.add_member(&OPERATOR, &email, &name, role, Some(phc)).await?;
                let shown = given.is_none().then_some(password);
                println!(
                    "{}",
                    json!({ "id": member.id, "email": member.email, "name": member.name, "role": member.role, "password": shown })
                );
                app.sequencer().place_all().await?;
            }
            MemberCommand::List { data } => {
                for member in &data.open().await?.snapshot().members {
                    println!(
                        "{}",
                        json!({ "id": member.id, "email": member.email, "name": member.name, "role": member.role })
                    );
                }
            }
        }
        Ok::<_, StartError>(ExitCode::SUCCESS)
    })
}

/// A password nobody has to think of.
fn made_up() -> Result<String, StartError> {
    let bytes = crate::engine::random()?;
    Ok(crate::playbook::hex(&bytes).chars().take(20).collect())
}

/// `lockkeeper token …`
pub fn run_token(args: TokenArgs) -> ExitCode {
    block_on(async {
        let TokenCommand::Create { agent, member, data } = args.command;
        let app = data.open().await?;
        let holder = match (agent, member) {
            (Some(agent), _) => NewToken::Agent(agent),
            (None, Some(email)) => {
                let people = app.snapshot();
                let member = people.members.iter().find(|member| member.email.eq_ignore_ascii_case(&email));
                let member = member.ok_or_else(|| {
                    StartError::Other(format!(
                        "`{email}` is not a member; `lockkeeper member list` shows them"
                    ))
                })?;
                NewToken::Member(member.id)
            }
            (None, None) => return Err(StartError::Other("say `--agent NAME` or `--member EMAIL`".into())),
        };
        let token = app.create_token(&OPERATOR, holder).await?;
        println!("{}", json!({ "token": token }));
        eprintln!("This token is shown once. Keep it where secrets are kept.");
        app.sequencer().place_all().await?;
        Ok(ExitCode::SUCCESS)
    })
}

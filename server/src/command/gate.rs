//! `lockkeeper gate`: the three questions answered for a step, and the verdict on an action.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use flow::gate::StepSetup;
use flow::lead::{Command, Request};
use flow::step::{Cost, Judgement, Place, Profile, Reversible, Step};
use flow::terms::{Actor, Via, Who};
use serde::Deserialize;
use serde_json::json;

use super::{DataArgs, FOUND_WRONG, block_on, failed};
use crate::app::{App, StartError};
use crate::playbook;

/// `lockkeeper gate …`
#[derive(Args)]
pub struct GateArgs {
    #[command(subcommand)]
    command: GateCommand,
}

#[derive(Subcommand)]
enum GateCommand {
    /// Ask the three questions of a step; for one that does not exist yet, give the answers.
    Explain {
        /// The step's name, e.g. message.reply.
        step: String,
        /// For a step that does not exist yet: internal, retractable or irreversible.
        #[arg(long, value_parser = ["internal", "retractable", "irreversible"])]
        reversible: Option<String>,
        /// For a step that does not exist yet: path or outcome.
        #[arg(long, value_parser = ["path", "outcome"])]
        judgement: Option<String>,
        /// For a step that does not exist yet: small, large or hidden.
        #[arg(long, value_parser = ["small", "large", "hidden"])]
        cost: Option<String>,
        /// For a step that does not exist yet: it commits the company.
        #[arg(long)]
        commits: bool,
        /// The playbook's folder; the starter without it.
        #[arg(long)]
        playbook: Option<PathBuf>,
    },
    /// Judge an action on a lead without doing it: the body of POST /v1/actions as a file.
    Try {
        /// The file.
        action: PathBuf,
        #[command(flatten)]
        data: DataArgs,
    },
}

/// `lockkeeper gate …`
pub fn run(args: GateArgs) -> ExitCode {
    match args.command {
        GateCommand::Explain { step, reversible, judgement, cost, commits, playbook } => {
            let answers = [reversible, judgement, cost];
            explain(&step, answers, commits, playbook.as_deref())
        }
        GateCommand::Try { action, data } => block_on(async move {
            let app = data.open().await?;
            judge(&app, &action).await
        }),
    }
}

fn explain(
    name: &str,
    answers: [Option<String>; 3],
    commits: bool,
    dir: Option<&std::path::Path>,
) -> ExitCode {
    let files = match dir.map(playbook::read).transpose() {
        Ok(files) => files.unwrap_or_else(playbook::starter),
        Err(error) => return failed(error),
    };
    let playbook = match playbook::checked(&files) {
        Ok(playbook) => playbook,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(FOUND_WRONG);
        }
    };
    let (setup, place) = match (Step::from_name(name), given(&answers, commits)) {
        (Some(step), _) => {
            let setup = playbook.setup(step).clone();
            let place = if setup.is_floor(step) { Place::Floor } else { setup.starts };
            (setup, place)
        }
        (None, Some(profile)) => (StepSetup { profile, starts: profile.place() }, profile.place()),
        (None, None) => {
            let known: Vec<&str> = Step::ALL.into_iter().map(Step::name).collect();
            return failed(format!(
                "there is no step `{name}`. Answer for it: --reversible internal|retractable|irreversible \
                 --judgement path|outcome --cost small|large|hidden [--commits]. Steps there are: {}",
                known.join(", ")
            ));
        }
    };
    let profile = &setup.profile;
    let reasons: Vec<_> =
        profile.reasons().into_iter().map(|(id, text)| json!({ "id": id, "text": text })).collect();
    println!(
        "{}",
        json!({
            "step": name, "exists": Step::from_name(name).is_some(), "state": place,
            "profile": profile, "reasons": reasons,
        })
    );
    eprintln!("{name}: {}", place.word());
    eprintln!("  Is it reversible?                                   {}", profile.reversible.word());
    eprintln!("  Does judgement change the outcome, or only the path? {}", profile.judgement.word());
    eprintln!("  What does being wrong cost?                         {}", profile.cost_of_error.word());
    for (_, text) in profile.reasons() {
        eprintln!("  - {text}");
    }
    ExitCode::SUCCESS
}

fn given(answers: &[Option<String>; 3], commits: bool) -> Option<Profile> {
    let [Some(reversible), Some(judgement), Some(cost)] = answers else { return None };
    Some(Profile {
        reversible: match reversible.as_str() {
            "internal" => Reversible::Internal,
            "retractable" => Reversible::Retractable,
            _ => Reversible::Irreversible,
        },
        judgement: if judgement == "path" { Judgement::Path } else { Judgement::Outcome },
        cost_of_error: match cost.as_str() {
            "small" => Cost::Small,
            "large" => Cost::Large,
            _ => Cost::Hidden,
        },
        commits,
    })
}

#[derive(Deserialize)]
struct Tried {
    step: String,
    lead: String,
    content: Option<Content>,
}

#[derive(Deserialize)]
struct Content {
    subject: Option<String>,
    text: String,
    #[serde(default)]
    to: Vec<String>,
    #[serde(default)]
    cc: Vec<String>,
}

async fn judge(app: &App, path: &std::path::Path) -> Result<ExitCode, StartError> {
    let wrong = |error: &dyn std::fmt::Display| StartError::Other(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let tried: Tried = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    let step =
        Step::from_name(&tried.step).ok_or_else(|| wrong(&format!("`{}` is not a step", tried.step)))?;
    let lead = tried.lead.parse().map_err(|error| wrong(&error))?;
    let text = tried.content.map(|content| flow::lead::OutText {
        subject: content.subject,
        text: content.text,
        to: content.to,
        cc: content.cc,
    });
    let request =
        Request { step, text, payload: None, why: "tried".into(), confidence: None, own_words: false };
    let agent = Actor { who: Who::System, via: Via::Token };
    let judged = app.engine().rehearse(&agent, lead, Command::Propose(request)).await?;
    let verdict = judged.entries.iter().find_map(|entry| match &entry.fact {
        flow::fact::Fact::ActionJudged { verdict, .. } => Some(crate::api::verdict(verdict)),
        _ => None,
    });
    println!("{}", json!({ "verdict": verdict }));
    Ok(ExitCode::SUCCESS)
}

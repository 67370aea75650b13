//! `lockkeeper record`: list, checkpoint, export, verify, rebuild.

mod export;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use flow::ids::LeadId;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::Progress;
use store::views::{FactFilter, FactRow};

use super::{DataArgs, FOUND_WRONG, block_on, tell};
use crate::app::{App, StartError};
use crate::evidence::{self, Under};

/// Facts read at once.
const PAGE: usize = 1_000;

/// `lockkeeper record …`
#[derive(Args)]
pub struct RecordArgs {
    #[command(subcommand)]
    command: RecordCommand,
}

#[derive(Subcommand)]
enum RecordCommand {
    /// One JSON line a fact: its leaf's fields and its index, in order.
    List {
        /// Only this lead's.
        #[arg(long)]
        lead: Option<LeadId>,
        /// Only of this kind, e.g. approval.decided.
        #[arg(long)]
        kind: Option<String>,
        /// Only from this time on, e.g. 2026-11-22T10:00:00Z.
        #[arg(long)]
        since: Option<Timestamp>,
        #[command(flatten)]
        data: DataArgs,
    },
    /// The last signed checkpoint, and on stderr the key to pin.
    Checkpoint {
        #[command(flatten)]
        data: DataArgs,
    },
    /// All that the record holds of one lead, as a bundle that proves itself; or the whole record, as static files in
    /// the layout of C2SP tlog-tiles.
    Export {
        /// Which lead: its bundle goes to stdout.
        #[arg(long, required_unless_present = "dir", conflicts_with = "dir")]
        lead: Option<LeadId>,
        /// The whole record, into this folder; an older export of it there is brought up to date.
        #[arg(long)]
        dir: Option<PathBuf>,
        /// Under the last checkpoint that witnesses have cosigned, with their signatures; verifiers then need their keys.
        #[arg(long)]
        witnessed: bool,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Verify a bundle or a whole record, offline. Exit 1 and `not verified: PLACE: REASON` when anything is not as it
    /// must be.
    Verify(verify::VerifyArgs),
    /// Build every view again from the facts, and compare.
    Rebuild {
        /// Compare only; change nothing.
        #[arg(long, required = true)]
        check: bool,
        #[command(flatten)]
        data: DataArgs,
    },
}

/// `lockkeeper record …`
pub fn run(args: RecordArgs) -> ExitCode {
    match args.command {
        RecordCommand::Verify(args) => verify::run(&args),
        RecordCommand::List { lead, kind, since, data } => block_on(async move {
            let app = opened(&data).await?;
            list(&app, lead, kind, since).await
        }),
        RecordCommand::Checkpoint { data } => block_on(async move {
            let app = opened(&data).await?;
            match evidence::checkpoint(&app).await? {
                Some(note) => print!("{note}"),
                None => {
                    return Err(StartError::Other("there is no fact yet, so there is no checkpoint".into()));
                }
            }
            eprintln!("The key to pin: {}", app.log_key().vkey());
            Ok::<_, StartError>(ExitCode::SUCCESS)
        }),
        RecordCommand::Export { lead, dir, witnessed, data } => block_on(async move {
            let app = opened(&data).await?;
            let under = if witnessed { Under::Cosigned } else { Under::Latest };
            match (lead, dir) {
                (Some(lead), _) => export::bundle(&app, lead, under).await?,
                (None, Some(dir)) => export::whole(&app, &dir, under).await?,
                (None, None) => return Err(StartError::Other("name a lead or a folder".into())),
            }
            eprintln!("The key to pin: {}", app.log_key().vkey());
            Ok::<_, StartError>(ExitCode::SUCCESS)
        }),
        RecordCommand::Rebuild { check: _, data } => block_on(async move {
            let app = opened(&data).await?;
            rebuild(&app).await
        }),
    }
}

/// Opens the data and places what an interrupted server left out.
async fn opened(data: &DataArgs) -> Result<App, StartError> {
    let app = data.open().await?;
    app.sequencer().place_all().await?;
    Ok(app)
}

async fn list(
    app: &App,
    lead: Option<LeadId>,
    kind: Option<String>,
    since: Option<Timestamp>,
) -> Result<ExitCode, StartError> {
    let mut filter =
        FactFilter { lead, kinds: kind.into_iter().collect(), since, limit: PAGE, ..FactFilter::default() };
    loop {
        let rows = evidence::facts(app, filter.clone()).await?;
        for row in &rows {
            if !tell(line(row)?) {
                return Ok(ExitCode::SUCCESS);
            }
        }
        match rows.last().and_then(|row| row.index) {
            Some(last) if rows.len() == PAGE => filter.from_index = Some(last + 1),
            _ => return Ok(ExitCode::SUCCESS),
        }
    }
}

fn line(row: &FactRow) -> Result<Value, StartError> {
    let mut leaf: Value =
        serde_json::from_slice(&row.leaf).map_err(|error| StartError::Other(format!("a leaf: {error}")))?;
    if let Some(leaf) = leaf.as_object_mut() {
        leaf.insert("index".into(), json!(row.index));
    }
    Ok(leaf)
}

/// Progress on stderr, where that is a terminal.
fn bar(all: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} facts, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(all).with_style(style)
}

struct Bar(ProgressBar);

impl Progress for Bar {
    fn at(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }
}

async fn rebuild(app: &App) -> Result<ExitCode, StartError> {
    let bar = Bar(bar(0));
    let difference = app.store().rebuild_check(app.workspace_id(), &bar).await?;
    bar.0.finish_and_clear();
    match difference {
        None => {
            println!("{}", json!({ "equal": true }));
            eprintln!("Every view is what the facts make of it.");
            Ok(ExitCode::SUCCESS)
        }
        Some(found) => {
            println!(
                "{}",
                json!({ "equal": false, "view": found.view, "row": found.row, "rebuilt": found.rebuilt, "live": found.live })
            );
            eprintln!(
                "View `{}`, row {}: the facts make {}, but {} stands there.",
                found.view, found.row, found.rebuilt, found.live
            );
            Ok(ExitCode::from(FOUND_WRONG))
        }
    }
}

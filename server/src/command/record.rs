//! `lockkeeper record`: list, checkpoint, export, verify, rebuild.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::{Args, Subcommand};
use flow::ids::LeadId;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use record::bundle::BUNDLE_BYTES_MAX;
use record::checkpoint::Trust;
use record::note::VerifierKey;
use record::verify::verify_each;
use serde_json::{Value, json};
use store::Progress;
use store::views::{FactFilter, FactRow};

use super::{DataArgs, FOUND_WRONG, block_on, failed};
use crate::app::{App, StartError};
use crate::evidence;

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
    /// All that the record holds of one lead, as a bundle that proves itself.
    Export {
        /// Which lead.
        #[arg(long)]
        lead: LeadId,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Verify a bundle, offline: `-` reads stdin.
    Verify {
        /// The bundle.
        bundle: PathBuf,
        /// The log's public key, as a C2SP vkey: pin your own.
        #[arg(long)]
        key: String,
        /// A witness's public key; may be given several times.
        #[arg(long)]
        witness: Vec<String>,
        /// How many of the witnesses must have cosigned.
        #[arg(long, default_value_t = 0)]
        quorum: usize,
    },
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
        RecordCommand::Verify { bundle, key, witness, quorum } => verify(&bundle, &key, &witness, quorum),
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
        RecordCommand::Export { lead, data } => block_on(async move {
            let app = opened(&data).await?;
            let bundle =
                evidence::bundle(&app, lead).await.map_err(|error| StartError::Other(error.to_string()))?;
            // Exactly the bundle's bytes, without a newline: it has one form.
            std::io::stdout().write_all(&bundle).map_err(|error| StartError::Other(error.to_string()))?;
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
            println!("{}", line(row)?);
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

fn verify(path: &std::path::Path, key: &str, witnesses: &[String], quorum: usize) -> ExitCode {
    let read_key = |text: &str| VerifierKey::from_str(text).map_err(|error| format!("`{text}`: {error}"));
    let trust = read_key(key).and_then(|key| {
        let witnesses = witnesses.iter().map(|text| read_key(text)).collect::<Result<_, _>>()?;
        Trust::new(key, witnesses, quorum).map_err(|error| error.to_string())
    });
    let trust = match trust {
        Ok(trust) => trust,
        Err(error) => return failed(error),
    };
    let bytes = match read_bounded(path) {
        Ok(bytes) => bytes,
        Err(error) => return failed(format!("{}: {error}", path.display())),
    };
    match verify_each(&bytes, &trust, |line| println!("{line}")) {
        Ok(verified) => {
            println!("{verified}");
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            println!("{wrong}");
            ExitCode::from(FOUND_WRONG)
        }
    }
}

/// Reads a bundle, but not more of it than a bundle may have.
fn read_bounded(path: &std::path::Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let source: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(path)?)
    };
    let mut bytes = Vec::new();
    source.take(BUNDLE_BYTES_MAX as u64 + 2).read_to_end(&mut bytes)?;
    Ok(bytes)
}

struct Bar(ProgressBar);

impl Progress for Bar {
    fn at(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }
}

async fn rebuild(app: &App) -> Result<ExitCode, StartError> {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} facts")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = Bar(ProgressBar::new(0).with_style(style));
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

//! `lockkeeper bench`: how fast this is here, beside what the machine itself can do in the same run.
//!
//! Speed is a ratio: the same figure on a loaded or a slow machine means something else, so each line carries a limit
//! measured in the same minute. The server measured is a process of its own with a database of its own.

mod approve;
mod boundary;
mod capture;
mod load;
mod machine;
mod matching;
mod people;
mod record;
mod served;
mod timers;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::block_on;
use crate::app::StartError;

/// `lockkeeper bench`
#[derive(Args)]
pub struct BenchArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Leads over HTTP, durable before the answer; then the memory, and how long a restart takes with them.
    Capture(CaptureArgs),
    /// Propose, see it pending, approve, find it handed to the file channel.
    Approve(LoadArgs),
    /// Many timers due at one moment, fired through the real engine.
    Timers(TimersArgs),
    /// Duplicates among made-up people, in batch and one by one.
    Match(MatchArgs),
    /// Facts to leaves and tree, proofs, verification.
    Record,
    /// The boundary's arithmetic: a history replayed, one score.
    Boundary,
}

#[derive(Args)]
struct LoadArgs {
    /// Callers at a time, each waiting for its answer.
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// How long to go on, in seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Where the database of the run lies; among the temporary files without it.
    #[arg(long)]
    data: Option<PathBuf>,
    /// A PostgreSQL database without anything in it, to measure on instead; its password is taken from PGPASSWORD.
    #[arg(long)]
    database: Option<String>,
}

#[derive(Args)]
struct CaptureArgs {
    /// Callers at a time, each waiting for its answer.
    #[arg(long, default_value_t = 64)]
    clients: usize,
    /// How long to go on, in seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Go on until so many leads were captured instead.
    #[arg(long)]
    leads: Option<u64>,
    /// Where the database of the run lies; among the temporary files without it.
    #[arg(long)]
    data: Option<PathBuf>,
    /// A PostgreSQL database without anything in it, to measure on instead; its password is taken from PGPASSWORD.
    #[arg(long)]
    database: Option<String>,
}

#[derive(Args)]
struct TimersArgs {
    /// Leads, each with a timer.
    #[arg(long, default_value_t = 10_000)]
    leads: u64,
    /// Where the database of the run lies; among the temporary files without it.
    #[arg(long)]
    data: Option<PathBuf>,
}

#[derive(Args)]
struct MatchArgs {
    /// People known.
    #[arg(long, default_value_t = 200_000)]
    rows: u32,
}

/// One figure, as it is printed.
#[derive(Debug, Serialize)]
struct Figure {
    bench: &'static str,
    value: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p99_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rss_mib: Option<f64>,
    limit: Limit,
}

/// What the machine can do at most in this respect.
#[derive(Debug, Clone, Serialize)]
struct Limit {
    what: &'static str,
    value: f64,
}

impl Figure {
    fn new(bench: &'static str, value: f64, unit: &'static str, limit: &Limit) -> Figure {
        let limit = Limit { value: rounded(limit.value), ..limit.clone() };
        Figure { bench, value: rounded(value), unit, p50_ms: None, p99_ms: None, rss_mib: None, limit }
    }

    fn with_times(self, times: &load::Times) -> Figure {
        Figure { p50_ms: times.quantile_ms(0.5), p99_ms: times.quantile_ms(0.99), ..self }
    }

    fn with_memory(self, bytes: Option<u64>) -> Figure {
        Figure { rss_mib: bytes.map(|bytes| rounded(mib(bytes))), ..self }
    }

    fn print(&self) -> Result<(), StartError> {
        let wrong =
            |error: std::io::Error| StartError::Other(format!("a figure could not be printed: {error}"));
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, self).map_err(|error| wrong(error.into()))?;
        out.write_all(b"\n").map_err(wrong)
    }
}

/// Four figures that mean something.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the magnitude of a number is small")]
    let steps = 10_f64.powi(3 - value.abs().log10().floor() as i32);
    (value * steps).round() / steps
}

#[expect(clippy::cast_precision_loss, reason = "sizes far below 2^52")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

/// So many in such a time, a second.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn rate(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(1e-9)
}

/// Runs the command.
pub fn run(args: BenchArgs) -> ExitCode {
    if cfg!(debug_assertions) {
        eprintln!("This is a debug build; its figures mean nothing. Use `cargo run --release -- bench …`.");
    }
    block_on(async {
        match args.what {
            What::Capture(args) => capture::run(args).await?,
            What::Approve(args) => approve::run(args).await?,
            What::Timers(args) => timers::run(args).await?,
            What::Match(args) => matching::run(&args)?,
            What::Record => record::run()?,
            What::Boundary => boundary::run()?,
        }
        Ok::<_, StartError>(ExitCode::SUCCESS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_printed_with_four_digits_that_mean_something() {
        assert_eq!([rounded(1234.56), rounded(0.012_345), rounded(0.0)], [1235.0, 0.01235, 0.0]);
        let limit = Limit { what: "fsync", value: 3.0 };
        let mut times = load::Times::default();
        (1..=100).for_each(|ms| times.note(Duration::from_millis(ms)));
        let figure = Figure::new("capture", 10.0, "leads/s", &limit).with_times(&times);
        assert_eq!(
            serde_json::to_string(&figure).unwrap(),
            r#"{"bench":"capture","value":10.0,"unit":"leads/s","p50_ms":50.0,"p99_ms":99.0,"limit":{"what":"fsync","value":3.0}}"#
        );
    }
}

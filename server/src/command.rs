//! The commands, as people type them.

mod bench;
mod boundary;
mod check;
mod clock;
mod demo;
mod gate;
mod import;
mod match_;
mod member;
mod record;
mod serve;
mod witness;
mod simulate;

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::app::{App, Options, StartError};

/// Lockkeeper automates the mechanical side of sales communication and keeps a person's judgement at the gate.
#[derive(Parser)]
#[command(name = "lockkeeper", version, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A sample company's day on a fresh database, to look around in; nothing leaves the machine.
    Demo(demo::DemoArgs),
    /// The server: pages, API, workers.
    Serve(serve::ServeArgs),
    /// Write the starter playbook into a new folder.
    Init {
        /// A folder that is empty or not there yet.
        dir: PathBuf,
    },
    /// Check a playbook and report every mistake in it.
    Check {
        /// The playbook's folder.
        dir: PathBuf,
    },
    /// People who sign in.
    Member(member::MemberArgs),
    /// Tokens for programs and for members' own scripts.
    Token(member::TokenArgs),
    /// Leads in bulk, from a CSV file; safe to run again.
    Import(import::ImportArgs),
    /// Find duplicate people in one CSV file, or link two.
    Match(match_::MatchArgs),
    /// Business time: due instants and elapsed open time, a JSON line each.
    Clock(clock::ClockArgs),
    /// What the gate says of a step, or of one action.
    Gate(gate::GateArgs),
    /// The moving boundary.
    Boundary(boundary::BoundaryArgs),
    /// A team at work for months, through the real decisions, on simulated time.
    Simulate(simulate::SimulateArgs),
    /// How fast this is here, beside what the machine itself can do.
    Bench(bench::BenchArgs),
    /// The record: list, checkpoint, export, verify, rebuild.
    Record(record::RecordArgs),
    /// A witness for somebody else's record: cosigns its checkpoints as long as it only grows.
    Witness(witness::WitnessArgs),
}

/// Where the data is.
#[derive(Args, Clone)]
pub struct DataArgs {
    /// The folder with the embedded database; made on first use, one process at a time. With `--database` it holds only
    /// files: mail taken in and given out.
    #[arg(long, env = "LOCKKEEPER_DATA", default_value = "lockkeeper-data")]
    pub data: PathBuf,
    /// A PostgreSQL database instead of the embedded one: `postgres://user@host/name`, for as many processes as there
    /// are. Its password belongs into the environment: here, or in PGPASSWORD.
    #[arg(long, env = "LOCKKEEPER_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
}

impl DataArgs {
    /// Opens the application on this data, with the playbook that is in force.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub async fn open(&self) -> Result<App, StartError> {
        App::open(self.options()).await
    }

    /// The usual options on this data.
    pub fn options(&self) -> Options {
        Options { database: self.database.clone(), ..Options::at(&self.data) }
    }
}

impl Cli {
    /// Does what was asked.
    pub fn run(self) -> ExitCode {
        match self.command {
            Command::Demo(args) => demo::run(args),
            Command::Serve(args) => serve::run(args),
            Command::Init { dir } => check::init(&dir),
            Command::Check { dir } => check::check(&dir),
            Command::Member(args) => member::run_member(args),
            Command::Token(args) => member::run_token(args),
            Command::Import(args) => import::run(args),
            Command::Match(args) => match_::run(args),
            Command::Clock(args) => clock::run(args),
            Command::Gate(args) => gate::run(args),
            Command::Boundary(args) => boundary::run(args),
            Command::Simulate(args) => simulate::run(args),
            Command::Bench(args) => bench::run(args),
            Command::Record(args) => record::run(args),
            Command::Witness(args) => witness::run(args),
        }
    }
}

/// Checked and found wrong.
pub const FOUND_WRONG: u8 = 1;
/// Usage, file or network.
pub const FAILED: u8 = 2;

/// Writes a line to stdout, and answers whether anybody still reads: `| head` has had enough after a few.
pub fn tell(line: impl std::fmt::Display) -> bool {
    use std::io::Write;
    writeln!(std::io::stdout(), "{line}").is_ok()
}

/// Says what went wrong and gives the exit code for it.
pub fn failed(error: impl std::fmt::Display) -> ExitCode {
    eprintln!("lockkeeper: {error}");
    ExitCode::from(FAILED)
}

/// Runs a command that needs the runtime.
pub fn block_on<E: std::fmt::Display>(work: impl Future<Output = Result<ExitCode, E>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(error),
    };
    match runtime.block_on(work) {
        Ok(code) => code,
        Err(error) => failed(error),
    }
}

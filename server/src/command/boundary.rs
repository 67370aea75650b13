//! `lockkeeper boundary`: the moving boundary, outside of a running server.

use clap::{Args, Subcommand};
use flow::boundary::replay::{Answer, Replay};
use flow::boundary::{Config, ConfigError};
use flow::ledger::{KINDS, Ledger};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::StoreError;
use store::views::FactFilter;
use thiserror::Error;

use super::{DataArgs, block_on};
use crate::app::StartError;
use crate::evidence;

/// The longest tape line that is read, in bytes.
const LONGEST_LINE: u64 = 64 * 1024;
/// The largest configuration that is read, in bytes.
const LARGEST_CONFIG: u64 = 4 * 1024 * 1024;
const BUFFER: usize = 64 * 1024;
/// Facts read at once.
const FACTS_AT_ONCE: usize = 2_000;

/// Replay what happened, and see where the boundary would have moved.
#[derive(Args)]
pub struct BoundaryArgs {
    #[command(subcommand)]
    command: BoundaryCommand,
}

#[derive(Subcommand)]
enum BoundaryCommand {
    /// Run the policy over a tape and print its moves as JSON lines, a summary last
    Replay(ReplayArgs),
    /// Print this workspace's own history as a tape, which `replay` reads
    History {
        #[command(flatten)]
        data: DataArgs,
    },
}

#[derive(Debug, Args)]
struct ReplayArgs {
    /// What is set for the classes: {"defaults":{…},"classes":{NAME:{…}},"portfolio":C}
    #[arg(long, value_name = "FILE.json")]
    config: Option<PathBuf>,
    /// Also print where each action went
    #[arg(long)]
    routes: bool,
    /// The tape, one JSON object a line; `-` is standard input
    #[arg(value_name = "TAPE.jsonl")]
    tape: PathBuf,
}

/// Why a command did not finish.
#[derive(Debug, Error)]
enum Stopped {
    #[error("{tape}, {error}")]
    Tape { tape: String, error: flow::boundary::replay::TapeError },
    #[error("{tape}, line {line}: longer than {LONGEST_LINE} bytes, so this is not a tape")]
    LongLine { tape: String, line: u64 },
    #[error("{tape}, line {line}: not UTF-8 text, so this is not a tape")]
    NotText { tape: String, line: u64 },
    #[error("{file}: {error}")]
    Config { file: String, error: ConfigError },
    #[error("{file}: larger than {LARGEST_CONFIG} bytes, so this is not a configuration")]
    LargeConfig { file: String },
    #[error("cannot read {file}: {error}")]
    Read { file: String, error: io::Error },
    #[error("cannot write the answer: {0}")]
    Write(io::Error),
}

impl Stopped {
    /// 1 when the tape was read and found wrong, 2 for a file that cannot be used.
    fn exit_code(&self) -> u8 {
        match self {
            Stopped::Tape { .. } | Stopped::LongLine { .. } | Stopped::NotText { .. } => 1,
            Stopped::Config { .. }
            | Stopped::LargeConfig { .. }
            | Stopped::Read { .. }
            | Stopped::Write(_) => 2,
        }
    }
}

/// Runs the command: data to standard output, words to standard error. Exit 0 done, 1 the tape is wrong, 2 a file cannot be
/// read or written or the configuration is wrong.
pub fn run(args: BoundaryArgs) -> ExitCode {
    let args = match args.command {
        BoundaryCommand::Replay(args) => args,
        BoundaryCommand::History { data } => return block_on(history(data)),
    };
    match replay(&args) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough, as `head` has.
        Err(Stopped::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(stopped) => {
            eprintln!("lockkeeper: {stopped}");
            ExitCode::from(stopped.exit_code())
        }
    }
}

/// Folds the record once more, and writes down what the boundary observed.
async fn history(data: DataArgs) -> Result<ExitCode, StartError> {
    let app = data.open().await?;
    app.sequencer().place_all().await?;
    let mut ledger = Ledger::writing();
    let mut out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    loop {
        let filter = FactFilter {
            kinds: KINDS.map(str::to_owned).to_vec(),
            from_index: Some(ledger.next()),
            limit: FACTS_AT_ONCE,
            ..FactFilter::default()
        };
        let rows = evidence::facts(&app, filter).await?;
        for row in &rows {
            if let Some(note) = store::note(row).map_err(StoreError::Corrupt)? {
                ledger.take(&note);
            }
        }
        for line in ledger.lines() {
            match write_line(&mut out, &line) {
                Err(Stopped::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                    return Ok(ExitCode::SUCCESS);
                }
                written => written.map_err(|stopped| StartError::Other(stopped.to_string()))?,
            }
        }
        if rows.len() < FACTS_AT_ONCE {
            break;
        }
    }
    out.flush().map_err(|error| StartError::Other(Stopped::Write(error).to_string()))?;
    Ok(ExitCode::SUCCESS)
}

fn replay(args: &ReplayArgs) -> Result<(), Stopped> {
    let config = args.config.as_deref().map(read_config).transpose()?.unwrap_or_default();
    let tape = args.tape.display().to_string();
    let source: Box<dyn Read> = if args.tape == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(&args.tape).map_err(|error| Stopped::Read { file: tape.clone(), error })?)
    };
    let mut source = BufReader::with_capacity(BUFFER, source);
    let mut out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    let done = play(config, &tape, &mut source, args.routes, &mut out);
    // What moved before a wrong line is still said.
    out.flush().map_err(Stopped::Write)?;
    done
}

/// Plays the tape from `source` line by line, and writes the answers to `out`.
fn play(
    config: Config,
    tape: &str,
    source: &mut impl BufRead,
    routes: bool,
    out: &mut impl Write,
) -> Result<(), Stopped> {
    let mut replay = Replay::new(config);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let length = source
            .by_ref()
            .take(LONGEST_LINE + 1)
            .read_until(b'\n', &mut line)
            .map_err(|error| Stopped::Read { file: tape.to_owned(), error })?;
        if length == 0 {
            break;
        }
        if length as u64 > LONGEST_LINE {
            return Err(Stopped::LongLine { tape: tape.to_owned(), line: number });
        }
        let text = std::str::from_utf8(&line)
            .map_err(|_| Stopped::NotText { tape: tape.to_owned(), line: number })?;
        let answers = replay.line(text).map_err(|error| Stopped::Tape { tape: tape.to_owned(), error })?;
        for answer in answers.iter().filter(|answer| routes || matches!(answer, Answer::Event { .. })) {
            write_line(out, answer)?;
        }
    }
    write_line(out, &replay.summary())
}

fn write_line(out: &mut impl Write, line: &impl serde::Serialize) -> Result<(), Stopped> {
    serde_json::to_writer(&mut *out, line).map_err(|error| Stopped::Write(error.into()))?;
    out.write_all(b"\n").map_err(Stopped::Write)
}

fn read_config(path: &Path) -> Result<Config, Stopped> {
    let file = path.display().to_string();
    let mut text = String::new();
    File::open(path)
        .and_then(|opened| opened.take(LARGEST_CONFIG + 1).read_to_string(&mut text))
        .map_err(|error| Stopped::Read { file: file.clone(), error })?;
    if text.len() as u64 > LARGEST_CONFIG {
        return Err(Stopped::LargeConfig { file });
    }
    Config::from_json(&text).map_err(|error| Stopped::Config { file, error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(i: u64) -> String {
        format!(
            r#"{{"i":{i},"ts":{i},"class":"c","segment":"-","words_new":1,"u_audit":0.5,"review":{{"reviewer":"r","outcome":"approved","dwell_s":9,"bulk":false}},"auto":{{"exception":null}},"probe":null}}"#
        )
    }

    const CHANGE: &str = r#"{"ts":1,"event":"change","class":"c","what":"template"}"#;

    fn played(tape: &[u8], routes: bool) -> (Vec<String>, Result<(), Stopped>) {
        let mut out = Vec::new();
        let done = play(Config::default(), "tape.jsonl", &mut &*tape, routes, &mut out);
        (String::from_utf8(out).unwrap().lines().map(str::to_owned).collect(), done)
    }

    #[test]
    fn events_come_in_order_and_the_summary_last() {
        let tape = format!("{}\r\n\n{CHANGE}\n{}", action(0), action(1));
        let (lines, done) = played(tape.as_bytes(), false);
        assert!(done.is_ok());
        assert_eq!(
            lines[0],
            r#"{"event":"evidence_reset","class":"c","cause":"template","was_auto":false,"i":1}"#
        );
        assert!(lines[1].starts_with(r#"{"summary":{"gate":2,"audit":0,"auto":0},"#), "{}", lines[1]);
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn routes_are_told_when_asked_for() {
        let (lines, _) = played(format!("{}\n{}\n", action(0), action(1)).as_bytes(), true);
        assert_eq!(lines[..2], [r#"{"i":0,"route":"gate"}"#, r#"{"i":1,"route":"gate"}"#]);
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn a_wrong_line_stops_after_what_moved_before_it() {
        let (lines, done) = played(format!("{CHANGE}\n{{}}\n").as_bytes(), false);
        let stopped = done.unwrap_err();
        assert_eq!(lines.len(), 1);
        assert_eq!(stopped.to_string(), "tape.jsonl, line 2: `review` is missing; it must be an object");
        assert_eq!(stopped.exit_code(), 1);
    }

    #[test]
    fn what_is_no_tape_is_refused_before_it_fills_the_memory() {
        let longest = LONGEST_LINE as usize;
        let (_, done) = played(&vec![b' '; longest], false);
        assert!(done.is_ok());
        let (_, done) = played(&vec![b' '; longest + 1], false);
        assert_eq!(
            done.unwrap_err().to_string(),
            "tape.jsonl, line 1: longer than 65536 bytes, so this is not a tape"
        );
        let (_, done) = played(b"\x1f\x8b\x08\n", false);
        assert_eq!(
            done.unwrap_err().to_string(),
            "tape.jsonl, line 1: not UTF-8 text, so this is not a tape"
        );
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named() {
        let missing = read_config(Path::new("/nowhere/config.json")).unwrap_err();
        assert!(missing.to_string().starts_with("cannot read /nowhere/config.json: "), "{missing}");
        assert_eq!(missing.exit_code(), 2);
    }
}

//! `lockkeeper match`: duplicates within one CSV file, or links between two.
//!
//! Pairs go to stdout as JSON lines, what was understood and a summary to stderr.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use flow::matching::band::{Band, Lines};
use flow::matching::batch::{self, Answer, Rules};
use flow::matching::cluster::Edge;
use flow::matching::fact::FACTS;
use flow::matching::index::MemoryIndex;
use flow::matching::score::{self, Evidence, Weights, WeightsFile};
use flow::matching::{Identity, Keyring, learn};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

mod columns;

use columns::{read_map, read_rows};

/// Finds duplicates in A, or links A to B. Prints one JSON line for each pair that is not judged new.
#[derive(Debug, Args)]
pub struct MatchArgs {
    /// CSV file with a header line.
    a: PathBuf,
    /// A second CSV file: links A to B instead of looking for duplicates in A.
    b: Option<PathBuf>,
    /// The column that names a row; without it rec_id, id, unique_id or record_id, else the row's number.
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// TOML file that says which column holds what: a table `[columns]` with lines such as `email = "E-Mail"`.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Learns from these files before answering; without it the shipped weights serve.
    #[arg(long)]
    train: bool,
    /// Uses these weights (JSON) instead of the shipped ones.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Writes each row's person to this CSV file, as found by the pairs of the band `same`.
    #[arg(long, value_name = "FILE")]
    clusters: Option<PathBuf>,
    /// Prints, for fitting weights, what was found for every pair compared instead of the answers.
    #[arg(long, hide = true)]
    findings: bool,
}

/// Why the command stopped. All of them are exit code 2.
#[derive(Debug, thiserror::Error)]
enum MatchError {
    #[error("cannot read `{path}`: {source}; give a CSV file with a header line", path = path.display())]
    Csv { path: PathBuf, source: csv::Error },
    #[error("cannot read `{path}`: {source}", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write `{path}`: {source}", path = path.display())]
    Write { path: PathBuf, source: csv::Error },
    #[error("`{path}` is not a column map: {message}", path = path.display())]
    Map { path: PathBuf, message: String },
    #[error("`{path}` is not a weights file: {source}", path = path.display())]
    Weights { path: PathBuf, source: serde_json::Error },
    #[error("`{path}` has no column `{column}`; its columns are {columns}", path = path.display())]
    NoColumn { path: PathBuf, column: String, columns: String },
    #[error("no column of `{path}` says anything about a person; name them with --map FILE.toml", path = path.display())]
    NothingKnown { path: PathBuf },
    #[error("cannot write the answers: {0}")]
    Output(#[from] io::Error),
}

/// Runs the command: 0 done, 2 on an error of usage or files. A closed pipe at the other end is no error.
pub fn run(args: MatchArgs) -> ExitCode {
    match answer(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(MatchError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lockkeeper match: {error}");
            ExitCode::from(2)
        }
    }
}

/// One pair as it is printed.
#[derive(Serialize)]
struct Line<'a> {
    a: &'a str,
    b: &'a str,
    probability: f64,
    bits: f64,
    band: Band,
    evidence: Vec<Evidence>,
}

/// The rows of one or two files, in one numbering.
#[derive(Default)]
struct Rows {
    ids: Vec<String>,
    people: Vec<Identity>,
    /// Where the second file begins; the number of rows when there is none.
    second: usize,
}

impl Rows {
    fn person(&self, row: u32) -> Option<&Identity> {
        self.people.get(row as usize)
    }

    fn id(&self, row: u32) -> &str {
        self.ids.get(row as usize).map(String::as_str).unwrap_or_default()
    }

    /// Whether a pair is asked for: any within one file, only across with two.
    fn asked(&self, one: u32, other: u32) -> bool {
        self.second == self.people.len() || ((one as usize) < self.second) != ((other as usize) < self.second)
    }
}

fn answer(args: &MatchArgs) -> Result<(), MatchError> {
    let map = args.map.as_deref().map(read_map).transpose()?;
    let weights = args.weights.as_deref().map(read_weights).transpose()?;
    let mut rows = Rows::default();
    read_rows(&args.a, args.id.as_deref(), map.as_ref(), &mut rows)?;
    rows.second = rows.people.len();
    if let Some(b) = &args.b {
        read_rows(b, args.id.as_deref(), map.as_ref(), &mut rows)?;
    }
    let lines = Lines::default();
    let weights = weights.as_ref().unwrap_or(Weights::shipped());
    let rules = Rules { keyring: Keyring::default(), weights, lines: &lines, doubt: None };
    let index = index_rows(&rows, rules.keyring);
    if args.findings {
        return print_findings(&rows, &index, &rules);
    }
    let taught = args.train.then(|| train(&rows, &index, &rules));
    let rules =
        taught.as_ref().map_or(rules, |taught| Rules { weights: taught, doubt: Some(weights), ..rules });
    let edges = compare_rows(&rows, &index, &rules);
    let (answers, joins) = batch::answers(&edges, &lines);
    print_answers(&answers, &rows, &index, &rules)?;
    let sure: Vec<(u32, u32)> = joins
        .iter()
        .flat_map(|join| &join.cores)
        .filter_map(|(left, right)| Some((*left.first()?, *right.first()?)))
        .collect();
    if let Some(path) = &args.clusters {
        write_clusters(path, &rows, &sure)?;
    }
    let count = |band| {
        answers.iter().filter(|answer| answer.band == band && rows.asked(answer.one, answer.other)).count()
    };
    eprintln!(
        "{} rows, {} pairs compared: {} same, {} ambiguous; {} rows joined to another ({} weights, {} lines)",
        rows.people.len(),
        edges.len(),
        count(Band::Same),
        count(Band::Ambiguous),
        sure.len(),
        rules.weights.version,
        lines.version,
    );
    Ok(())
}

fn progress(words: &'static str, steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}")
        .unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(steps as u64).with_style(style).with_message(words)
}

/// How many rows pass between two moves of the progress bar.
const STRIDE: usize = 4096;

fn index_rows(rows: &Rows, keyring: Keyring) -> MemoryIndex {
    let bar = progress("indexing", rows.people.len());
    let mut index = MemoryIndex::default();
    for (place, person) in rows.people.iter().enumerate() {
        index.insert(keyring, person);
        if place.is_multiple_of(STRIDE) {
            bar.set_position(place as u64);
        }
    }
    bar.finish_and_clear();
    index
}

fn compare_rows(rows: &Rows, index: &MemoryIndex, rules: &Rules<'_>) -> Vec<Edge> {
    let bar = progress("comparing", rows.people.len());
    let mut edges = Vec::new();
    for (row, person) in (0u32..).zip(&rows.people) {
        edges.extend(batch::edges(person, Some(row), |row| rows.person(row), index, rules));
        if (row as usize).is_multiple_of(STRIDE) {
            bar.set_position(u64::from(row));
        }
    }
    bar.finish_and_clear();
    batch::complete(&mut edges, |row| rows.person(row), index, rules);
    edges
}

/// How often what the groups taught is used to find groups again.
const ROUNDS: usize = 3;

/// Weights learnt from these rows without labels. They order pairs better on rows unlike the made-up ones; what is
/// joined without asking still has to convince the present weights too.
fn train(rows: &Rows, index: &MemoryIndex, rules: &Rules<'_>) -> Weights {
    let mut taught = rules.weights.clone();
    for _ in 0..ROUNDS {
        let present = Rules { weights: &taught, ..*rules };
        let edges = compare_rows(rows, index, &present);
        let (_, joins) = batch::answers(&edges, rules.lines);
        let lessons = batch::lessons(&edges, &joins, |row| rows.person(row), index, &present);
        taught = learn::learn(lessons.iter(), rules.weights, "learnt from these files");
    }
    taught
}

fn print_answers(
    answers: &[Answer],
    rows: &Rows,
    index: &MemoryIndex,
    rules: &Rules<'_>,
) -> Result<(), MatchError> {
    let mut out = BufWriter::new(io::stdout().lock());
    for answer in answers.iter().filter(|answer| rows.asked(answer.one, answer.other)) {
        let (Some(one), Some(other)) = (rows.person(answer.one), rows.person(answer.other)) else { continue };
        let score = score::score(one, other, index, rules.keyring, rules.weights);
        let mut evidence = score.evidence(rules.weights);
        let group = answer.bits - score.bits;
        if group.abs() >= 0.005 {
            evidence.push(Evidence {
                field: "group".to_owned(),
                level: "what the rest of their groups says".to_owned(),
                bits: group,
            });
        }
        for item in &mut evidence {
            item.bits = rounded(item.bits, 1e3);
        }
        let line = Line {
            a: rows.id(answer.one),
            b: rows.id(answer.other),
            probability: rounded(score::probability(answer.bits), 1e6),
            bits: rounded(answer.bits, 1e3),
            band: answer.band,
            evidence,
        };
        serde_json::to_writer(&mut out, &line).map_err(io::Error::from)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

fn rounded(number: f64, steps: f64) -> f64 {
    (number * steps).round() / steps
}

/// For fitting: first the names of facts and levels, then a line for each pair compared.
fn print_findings(rows: &Rows, index: &MemoryIndex, rules: &Rules<'_>) -> Result<(), MatchError> {
    #[derive(Serialize)]
    struct Named {
        field: &'static str,
        levels: Vec<String>,
    }
    #[derive(Serialize)]
    struct Found<'a> {
        a: &'a str,
        b: &'a str,
        findings: Vec<(u8, u8)>,
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let facts: Vec<Named> = FACTS
        .iter()
        .map(|fact| Named {
            field: fact.field,
            levels: (0..fact.levels()).map(|level| fact.level_name(level)).collect(),
        })
        .collect();
    serde_json::to_writer(&mut out, &HashMap::from([("facts", facts)])).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    for (row, person) in (0u32..).zip(&rows.people) {
        for candidate in flow::matching::index::candidates(index, rules.keyring, person) {
            let Some(known) = rows.person(candidate).filter(|_| candidate < row) else { break };
            let found = score::score(known, person, index, rules.keyring, rules.weights).comparison.findings;
            let findings = found.iter().map(|finding| (finding.fact, finding.level)).collect();
            let line = Found { a: rows.id(candidate), b: rows.id(row), findings };
            serde_json::to_writer(&mut out, &line).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Writes each row and the first row of its person. `sure` are the pairs that joined groups, in the order of joining.
fn write_clusters(path: &Path, rows: &Rows, sure: &[(u32, u32)]) -> Result<(), MatchError> {
    let mut first: Vec<u32> = (0u32..).take(rows.people.len()).collect();
    fn root(first: &[u32], mut row: u32) -> u32 {
        while let Some(next) = first.get(row as usize).filter(|next| **next != row) {
            row = *next;
        }
        row
    }
    for (one, other) in sure {
        let (one, other) = (root(&first, *one), root(&first, *other));
        if let Some(slot) = first.get_mut(one.max(other) as usize) {
            *slot = one.min(other);
        }
    }
    let refused = |source| MatchError::Write { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_path(path).map_err(refused)?;
    writer.write_record(["id", "person"]).map_err(refused)?;
    for row in (0u32..).take(rows.people.len()) {
        writer.write_record([rows.id(row), rows.id(root(&first, row))]).map_err(refused)?;
    }
    writer.flush()?;
    Ok(())
}

fn read_weights(path: &Path) -> Result<Weights, MatchError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| MatchError::Read { path: path.to_owned(), source })?;
    let file: WeightsFile = serde_json::from_str(&text)
        .map_err(|source| MatchError::Weights { path: path.to_owned(), source })?;
    Ok(Weights::from_file(&file))
}

//! `lockkeeper import`: leads in bulk. Each row is a delivery of its own, known by its contents, so that a second run
//! takes nothing twice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use flow::capture::{Automatic, Enquiry, Inbound, Source};
use flow::terms::{Actor, Person};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{DataArgs, FOUND_WRONG, block_on};
use crate::app::{App, StartError};
use crate::channel::columns::{FIELDS, meaning};
use crate::engine::{Captured, EngineError, Extras};
use crate::playbook::hex;

/// Largest file taken, in bytes.
const FILE_LIMIT: u64 = 512 * 1024 * 1024;

/// `lockkeeper import`
#[derive(Args)]
pub struct ImportArgs {
    /// A CSV file with a header row; comma, semicolon or tab; UTF-8 or Windows-1252.
    file: PathBuf,
    /// A TOML file that says which column is which: `email = "Mailadresse"`.
    #[arg(long)]
    map: Option<PathBuf>,
    /// Check every row, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    data: DataArgs,
}

/// What became of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Rows read.
    pub rows: u64,
    /// New leads.
    pub created: u64,
    /// Rows that joined a known lead.
    pub joined: u64,
    /// Rows taken in by an earlier run.
    pub before: u64,
    /// Rows that could not be taken in.
    pub refused: u64,
}

/// `lockkeeper import`
pub fn run(args: ImportArgs) -> ExitCode {
    block_on(async {
        let table = Table::read(&args.file, args.map.as_deref()).map_err(StartError::Other)?;
        for column in &table.kept_as_fields {
            eprintln!("Column `{column}` is kept as a field of the lead.");
        }
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} rows, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(table.rows.len() as u64).with_style(style);
        let app = if args.dry_run { None } else { Some(args.data.open().await?) };
        let counts = take_in(app.as_ref(), table, |line| {
            bar.inc(1);
            println!("{line}");
        })
        .await?;
        bar.finish_and_clear();
        if let Some(app) = &app {
            app.sequencer().place_all().await?;
        }
        let Counts { rows, created, joined, before, refused } = counts;
        println!(
            "{}",
            json!({ "summary": {
                "rows": rows, "created": created, "joined": joined, "before": before, "refused": refused,
                "dry_run": args.dry_run,
            }})
        );
        eprintln!(
            "{rows} rows: {created} new leads, {joined} joined known ones, {before} were in already, {refused} refused."
        );
        Ok::<_, StartError>(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(FOUND_WRONG) })
    })
}

/// Takes a table's rows in, telling of each; without an application it only checks them.
///
/// # Errors
/// What the engine says; the rows before it are in, and a second run goes on where this one stopped.
pub async fn take_in(
    app: Option<&App>,
    table: Table,
    mut tell: impl FnMut(Value),
) -> Result<Counts, EngineError> {
    let mut counts = Counts::default();
    let now = app.map_or_else(Timestamp::now, App::now);
    for row in table.rows {
        counts.rows += 1;
        let line = row.line;
        let enquiry = match row.result.and_then(|cells| enquiry(cells, &table.origin, now)) {
            Ok(enquiry) => enquiry,
            Err(errors) => {
                counts.refused += 1;
                tell(json!({ "line": line, "outcome": "refused", "errors": errors }));
                continue;
            }
        };
        let Some(app) = app else {
            counts.created += 1;
            tell(json!({ "line": line, "outcome": "fits" }));
            continue;
        };
        let taken = app.engine().capture(&Actor::CHANNEL, enquiry, Extras::default(), &|_| Vec::new()).await;
        match taken {
            Ok(Captured::Now(obeyed)) => {
                let is_new = obeyed.entries.iter().any(|entry| entry.fact.kind() == "lead.captured");
                let outcome = if is_new { "created" } else { "joined" };
                *if is_new { &mut counts.created } else { &mut counts.joined } += 1;
                tell(json!({ "line": line, "outcome": outcome, "lead": obeyed.lead.id }));
            }
            Ok(Captured::Before(_) | Captured::OtherBefore) => {
                counts.before += 1;
                tell(json!({ "line": line, "outcome": "before" }));
            }
            Ok(Captured::SetAside(why)) => {
                counts.refused += 1;
                tell(json!({ "line": line, "outcome": "refused", "errors": [why] }));
            }
            Err(EngineError::Capture(errors)) => {
                counts.refused += 1;
                let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
                tell(json!({ "line": line, "outcome": "refused", "errors": errors }));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(counts)
}

/// A CSV file, read and understood.
#[derive(Debug)]
pub struct Table {
    /// The file's name, as the leads' origin.
    pub origin: String,
    /// Columns that are none of ours.
    pub kept_as_fields: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    /// Counted from 1, as an editor shows it.
    line: u64,
    result: Result<Cells, Vec<String>>,
}

#[derive(Debug, Default)]
struct Cells {
    ours: BTreeMap<String, String>,
    fields: BTreeMap<String, String>,
    delivery: String,
}

impl Table {
    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, has no header, or no column that says whom to answer.
    pub fn read(path: &Path, map: Option<&Path>) -> Result<Table, String> {
        let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let length = std::fs::metadata(path).map_err(|error| at(&error))?.len();
        if length > FILE_LIMIT {
            return Err(at(&"the file is larger than 512 MiB; split it"));
        }
        let bytes = std::fs::read(path).map_err(|error| at(&error))?;
        let map = map.map(read_map).transpose()?;
        let origin = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Table::parse(&decode(&bytes), &origin, map.as_ref()).map_err(|error| at(&error))
    }

    /// Reads a text.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn parse(text: &str, origin: &str, map: Option<&BTreeMap<String, String>>) -> Result<Table, String> {
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter(text)).flexible(true).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| error.to_string())?.clone();
        let roles: Vec<Option<String>> = header.iter().map(|column| role(column, map)).collect();
        if let Some(map) = map {
            let missing: Vec<&String> =
                map.values().filter(|column| header.iter().all(|h| h.trim() != column.trim())).collect();
            if !missing.is_empty() {
                return Err(format!(
                    "the map names columns that are not there: {missing:?}; there are {header:?}"
                ));
            }
        }
        let reachable = roles.iter().flatten().any(|role| role == "email" || role == "phone");
        if !reachable {
            return Err(format!(
                "no column is an e-mail address or a phone number, so nobody could be answered; there are {header:?}. \
                 Name one with --map"
            ));
        }
        let kept_as_fields: Vec<String> = header
            .iter()
            .zip(&roles)
            .filter(|(_, role)| role.is_none())
            .map(|(column, _)| column.to_owned())
            .collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            rows.push(match record {
                Ok(record) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    Row { line, result: cells(&record, &header, &roles) }
                }
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    Row { line, result: Err(vec![error.to_string()]) }
                }
            });
        }
        Ok(Table { origin: origin.to_owned(), kept_as_fields, rows })
    }
}

fn role(column: &str, map: Option<&BTreeMap<String, String>>) -> Option<String> {
    let mapped = map.and_then(|map| map.iter().find(|(_, named)| named.trim() == column.trim()));
    match mapped {
        Some((ours, _)) => Some(ours.clone()),
        None => meaning(column).map(str::to_owned),
    }
}

fn read_map(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let map: BTreeMap<String, String> =
        toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    match map.keys().find(|ours| !FIELDS.contains(&ours.as_str())) {
        Some(unknown) => Err(format!("{}: `{unknown}` is not one of {}", path.display(), FIELDS.join(", "))),
        None => Ok(map),
    }
}

/// UTF-8, with or without its mark; else Windows-1252, which old spreadsheets write.
fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| windows_1252(*byte)).collect(),
    }
}

/// The part of Windows-1252 that differs from Latin-1 (WHATWG Encoding, index windows-1252).
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}

/// The delimiter that the header row has most of.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |delimiter: u8| header.bytes().filter(|byte| *byte == delimiter).count();
    [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|delimiter| (count(*delimiter), *delimiter == b','))
        .unwrap_or(b',')
}

fn cells(
    record: &csv::StringRecord,
    header: &csv::StringRecord,
    roles: &[Option<String>],
) -> Result<Cells, Vec<String>> {
    if record.len() != header.len() {
        return Err(vec![format!("the row has {} cells, the header {}", record.len(), header.len())]);
    }
    let mut cells = Cells::default();
    let mut hasher = Sha256::new();
    for ((value, column), role) in record.iter().zip(header).zip(roles) {
        for part in [column, value] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        if value.trim().is_empty() {
            continue;
        }
        match role {
            Some(role) => cells.ours.entry(role.clone()).or_insert_with(|| value.trim().to_owned()),
            None => cells.fields.entry(column.to_owned()).or_insert_with(|| value.trim().to_owned()),
        };
    }
    cells.delivery = hex(&hasher.finalize());
    Ok(cells)
}

fn enquiry(mut cells: Cells, origin: &str, now: Timestamp) -> Result<Enquiry, Vec<String>> {
    let mut take = |field: &str| cells.ours.remove(field).unwrap_or_default();
    let (full, first, last) = (take("name"), take("first"), take("last"));
    let name = if full.is_empty() { format!("{first} {last}").trim().to_owned() } else { full };
    let (subject, text) = (take("subject"), take("message"));
    let person = Person {
        name,
        email: take("email"),
        phone: take("phone"),
        company: take("company"),
        country: take("country"),
        language: take("language"),
    };
    let from = if person.email.is_empty() { person.phone.clone() } else { person.email.clone() };
    let message = (!text.is_empty()).then(|| Inbound {
        channel: Source::Csv,
        from,
        subject,
        text,
        external_id: None,
        answers: Vec::new(),
        attachments: Vec::new(),
        automatic: Automatic::No,
        received_at: now,
    });
    let enquiry = Enquiry {
        source: Source::Csv,
        // The same row in a file of another name is the same delivery.
        origin: "csv".to_owned(),
        person,
        fields: cells.fields,
        message,
        delivery: cells.delivery,
        received_at: now,
    };
    let enquiry =
        enquiry.checked().map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    Ok(Enquiry { fields: with_file(enquiry.fields.clone(), origin), ..enquiry })
}

fn with_file(mut fields: BTreeMap<String, String>, file: &str) -> BTreeMap<String, String> {
    fields.insert("imported from".into(), file.to_owned());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn outcomes(text: &str) -> Vec<Value> {
        let table = Table::parse(text, "leads.csv", None).unwrap();
        let mut lines = Vec::new();
        take_in(None, table, |line| lines.push(line)).await.unwrap();
        lines
    }

    #[tokio::test]
    async fn each_refused_row_is_named_with_its_line_and_reason_and_the_rest_goes_on() {
        let lines = outcomes(
            "Name;E-Mail;Phone\nAda;ada@x.example;\nBob;;\n\"Eve\";eve@x.example\nZoë;zoe@x.example;\n",
        )
        .await;
        let words: Vec<String> =
            lines.iter().map(|line| format!("{} {}", line["line"], line["outcome"])).collect();
        assert_eq!(words, ["2 \"fits\"", "3 \"refused\"", "4 \"refused\"", "5 \"fits\""]);
        assert!(lines[1]["errors"][0].as_str().unwrap().contains("phone number is needed"), "{}", lines[1]);
        assert!(lines[2]["errors"][0].as_str().unwrap().contains("2 cells"), "{}", lines[2]);
    }

    #[test]
    fn a_file_without_a_way_to_answer_is_refused_as_a_whole() {
        let error = Table::parse("Name,City\nAda,Bonn\n", "leads.csv", None).unwrap_err();
        assert!(error.contains("--map"), "{error}");
        let map = BTreeMap::from([("email".to_owned(), "Post".to_owned())]);
        assert!(Table::parse("Name,City\nAda,Bonn\n", "leads.csv", Some(&map)).unwrap_err().contains("Post"));
    }

    #[test]
    fn old_encodings_are_read() {
        assert_eq!(decode(b"M\xfcller \x80"), "Müller €");
        assert_eq!(decode("\u{feff}Müller".as_bytes()), "Müller");
    }

    #[test]
    fn the_same_row_is_the_same_delivery_whatever_the_file_is_called() {
        let delivery = |file: &str| {
            let table = Table::parse("email\nada@x.example\n", file, None).unwrap();
            let row = table.rows.into_iter().next().unwrap();
            enquiry(row.result.unwrap(), file, Timestamp::UNIX_EPOCH).unwrap()
        };
        let (a, b) = (delivery("a.csv"), delivery("b.csv"));
        assert_eq!((a.delivery, a.origin), (b.delivery, b.origin));
    }
}

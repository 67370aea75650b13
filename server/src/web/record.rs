//! The record as a list: what happened, who did it, on which lead; and the signed checkpoint that holds it together.

pub mod fact;
pub mod message;
pub mod search;

use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use maud::{Markup, html};
use record::note::Note;
use serde::Deserialize;
use store::views::{FactFilter, FactRow, LeadRow};
use store::{Answer, Question};

use super::layout::{Frame, Here};
use super::session::Visit;
use super::trouble::Trouble;
use super::words::{self, Names};
use crate::evidence::{self, Under, decisions};
use search::{Search, Sought};

/// `GET /record`.
pub async fn open(visit: Visit, Query(search): Query<Search>) -> Response {
    let made = async { Ok(page(&visit.frame().await?, &load(&visit, search).await?)) };
    visit.answer(made.await).await
}

async fn load(visit: &Visit, search: Search) -> Result<Record, Trouble> {
    let names = Names::of(&visit.app.snapshot().members);
    let (lines, which) = match search.sought(visit).await? {
        Sought::Facts(filter) => (lines(visit, *filter, &names).await?, None),
        Sought::Which(leads) => (Vec::new(), Some(leads)),
    };
    let last = lines.iter().filter_map(|line| line.index).min().filter(|first| *first > 0);
    let accounts = match visit.app.ask(Question::Accounts).await? {
        Answer::Accounts(accounts) => accounts.into_iter().map(|account| account.name).collect(),
        other => return Err(Trouble::unexpected(&other)),
    };
    Ok(Record {
        older: last.filter(|_| lines.len() == search::FACTS),
        lines,
        which,
        search,
        names,
        accounts,
        checkpoint: evidence::checkpoint(&visit.app).await?,
        cosigned: match visit.app.ask(Question::Cosigned).await? {
            Answer::Cosigned(note) => note.and_then(|note| cosigned(&note)),
            other => return Err(Trouble::unexpected(&other)),
        },
        key: visit.app.log_key().vkey(),
    })
}

/// How many facts a cosigned checkpoint speaks of, and the names of those who signed after the log itself.
fn cosigned(note: &str) -> Option<(u64, Vec<String>)> {
    let note: Note = note.parse().ok()?;
    let size = note.text().lines().nth(1)?.parse().ok()?;
    let origin = note.text().lines().next()?;
    let witnesses = note.signatures().iter().filter(|line| line.name != origin).map(|line| line.name.clone());
    Some((size, witnesses.collect()))
}

/// Facts as lines.
///
/// # Errors
/// The store's.
pub async fn lines(visit: &Visit, filter: FactFilter, names: &Names) -> Result<Vec<Line>, Trouble> {
    match visit.app.ask(Question::Facts(filter)).await? {
        Answer::Facts(rows) => Ok(rows.iter().map(|row| Line::of(row, names)).collect()),
        other => Err(Trouble::unexpected(&other)),
    }
}

/// `GET /record/checkpoint`: the signed note, to keep.
pub async fn checkpoint_file(visit: Visit) -> Response {
    match evidence::checkpoint(&visit.app).await {
        Ok(Some(note)) => file("text/plain; charset=utf-8", "checkpoint.txt", note),
        Ok(None) => visit.trouble(&Trouble::not_found("checkpoint yet")).await,
        Err(error) => visit.trouble(&error.into()).await,
    }
}

/// Which checkpoint is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    witnessed: String,
}

/// `GET /record/leads/{lead}`: the proof of everything that happened on a lead; with `witnessed=yes` under the last
/// checkpoint that witnesses have cosigned.
pub async fn bundle_file(visit: Visit, Path(lead): Path<String>, Query(wanted): Query<Wanted>) -> Response {
    let under = if wanted.witnessed == "yes" { Under::Cosigned } else { Under::Latest };
    let made =
        async { Ok::<_, Trouble>(evidence::bundle(&visit.app, super::id(&lead, "lead")?, under).await?) };
    match made.await {
        Ok(bundle) => file("application/json", &format!("lead-{lead}.json"), bundle),
        Err(trouble) => visit.trouble(&trouble).await,
    }
}

/// The period of a table of decisions.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Period {
    from: String,
    to: String,
}

/// `GET /record/decisions.csv?from=&to=`: who decided what, as a table.
pub async fn decisions_file(visit: Visit, Query(period): Query<Period>) -> Response {
    let made = async {
        let from = search::period(&period.from, false)?;
        let to = search::period(&period.to, true)?;
        Ok::<_, Trouble>(decisions::csv(&visit.app, from, to).await?)
    };
    match made.await {
        Ok(table) => file("text/csv; charset=utf-8", "decisions.csv", table),
        Err(trouble) => visit.trouble(&trouble).await,
    }
}

fn file(kind: &'static str, name: &str, bytes: impl IntoResponse) -> Response {
    let named = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, named)], bytes).into_response()
}

/// One fact as a line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its place in the tree; none for the moment before it has one.
    pub index: Option<u64>,
    /// What happened, as in the record.
    pub kind: String,
    /// Who did it, in words.
    pub who: String,
    /// On which lead.
    pub lead: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// What it points to, without personal data: step, verdict, outcome, decision.
    pub about: String,
}

/// The parts of a leaf that a list shows; the record crate reads and checks the whole.
#[derive(Deserialize)]
struct Leaf {
    kind: String,
    at: String,
    actor: Actor,
    lead: Option<String>,
    decision: Option<String>,
    #[serde(default)]
    refs: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Actor {
    kind: String,
    id: String,
    via: String,
}

impl Line {
    /// Reads a line from a fact's leaf. A leaf that does not read is shown as such, never hidden.
    pub fn of(row: &FactRow, names: &Names) -> Line {
        let Ok(leaf) = serde_json::from_slice::<Leaf>(&row.leaf) else {
            let kind = "unreadable leaf".to_owned();
            return Line {
                index: row.index,
                kind,
                who: String::new(),
                lead: None,
                at: None,
                about: String::new(),
            };
        };
        let who = match (leaf.actor.kind.as_str(), leaf.actor.id.parse()) {
            ("member", Ok(id)) => names.name(id).to_owned(),
            ("agent", _) => format!("agent, by {}", leaf.actor.via),
            _ => format!("Lockkeeper, by {}", leaf.actor.via),
        };
        let told = ["step", "verdict", "outcome"].into_iter().filter_map(|name| leaf.refs.get(name).cloned());
        let about: Vec<String> = leaf.decision.into_iter().chain(told).collect();
        let at = leaf.at.parse().ok();
        Line { index: row.index, kind: leaf.kind, who, lead: leaf.lead, at, about: about.join(" · ") }
    }
}

/// The record's page.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The facts found, newest first.
    pub lines: Vec<Line>,
    /// The leads among which one must be chosen first.
    pub which: Option<Vec<LeadRow>>,
    /// What was searched for.
    pub search: Search,
    /// The names of the members.
    pub names: Names,
    /// The names of the accounts.
    pub accounts: Vec<String>,
    /// How many facts witnesses have cosigned, and who they are.
    pub cosigned: Option<(u64, Vec<String>)>,
    /// The signed checkpoint, as text.
    pub checkpoint: Option<String>,
    /// The public half of the key that signs it, as a verifier pins it.
    pub key: String,
    /// Where older facts begin.
    pub older: Option<u64>,
}

/// The whole page.
pub fn page(frame: &Frame, record: &Record) -> Markup {
    frame.page(
        Here::Record,
        "Record",
        "record",
        html! {
            header.page-head {
                h1 { "Record" }
                p { "Everything that happened, in order, signed. Nothing here can be changed without it showing." }
            }
            (search::form(&record.search, &record.names, &record.accounts))
            div.record-grid {
                section aria-labelledby="facts-title" {
                    h3 id="facts-title" { @if record.search.narrows() { "What was found" } @else { "The last facts" } }
                    @if let Some(leads) = &record.which {
                        (search::which(&record.search, leads))
                    } @else if record.lines.is_empty() {
                        p.quiet {
                            @if record.search.narrows() { "No fact fits. Leave something away, or look at " a href="/record" { "everything" } "." }
                            @else { "Nothing has happened yet. The first lead writes the first facts." }
                        }
                    } @else {
                        (list(&record.lines, frame.now, true))
                        @if let Some(older) = record.older {
                            p { a.button href={ "/record" (record.search.query(&older.to_string())) } { "Older facts" } }
                        }
                    }
                }
                div.side-column {
                    (message_question())
                    (decisions_table(&record.search))
                    (checkpoint(record))
                }
            }
        },
    )
}

fn message_question() -> Markup {
    html! {
        section aria-labelledby="message-title" {
            h3 id="message-title" { "Who approved this message?" }
            (message::form(""))
        }
    }
}

fn decisions_table(search: &Search) -> Markup {
    html! {
        section aria-labelledby="decisions-title" {
            h3 id="decisions-title" { "Decisions of a period" }
            form.fields.period method="get" action="/record/decisions.csv" {
                div.field { label for="csv-from" { "From" } input type="date" id="csv-from" name="from" value=(search.from); }
                div.field { label for="csv-to" { "To" } input type="date" id="csv-to" name="to" value=(search.to); }
                div.actions { button.button type="submit" { "Download as CSV" } }
            }
        }
    }
}

/// Facts as a list; `with_lead` where they are not all about one lead.
pub fn list(lines: &[Line], now: Timestamp, with_lead: bool) -> Markup {
    html! {
        ol.fact-list {
            @for line in lines {
                li {
                    span.index { @match line.index { Some(index) => a href={ "/record/facts/" (index) } { (index) }, None => span title="gets its place within a second" { "…" } } }
                    span { code { (line.kind) } }
                    span.by {
                        (line.who)
                        @if !line.about.is_empty() { span.quiet { " · " (line.about) } }
                        @if let (true, Some(lead)) = (with_lead, &line.lead) { " · " a href={ "/leads/" (lead) } { "lead" } }
                    }
                    @if let Some(at) = line.at { (words::when(now, at)) }
                }
            }
        }
    }
}

fn checkpoint(record: &Record) -> Markup {
    html! {
        section aria-labelledby="checkpoint-title" {
            h3 id="checkpoint-title" { "The checkpoint" }
            @match &record.checkpoint {
                Some(note) => {
                    p.small.quiet { "The signed head of the record: its origin, how many facts it holds, their root. Keep a copy: with it anyone can tell later whether the record was changed." }
                    pre.document { (note) }
                    p.actions { a.button href="/record/checkpoint" download="checkpoint.txt" { "Download" } }
                    @match &record.cosigned {
                        Some((size, witnesses)) => p.small {
                            "Up to fact " (words::grouped(size.saturating_sub(1))) " it is cosigned by " (witnesses.join(", "))
                            ", who watch that it only grows."
                        },
                        None => p.small.quiet { "No witness watches this record. Nobody but its operator could tell if it were rewritten before you kept a checkpoint." },
                    }
                    h3 { "The key" }
                    p.small.quiet { "It signs every checkpoint. Whoever checks the record offline pins it: " code { "lockkeeper record verify BUNDLE --key KEY" } }
                    pre.document { (record.key) }
                }
                None => p.quiet { "It is signed within a second of the first fact." },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cosigned_is_read_from_the_note() {
        let vector = include_str!("../../../tests/vectors/record/cosigned.json");
        let bundle: serde_json::Value = serde_json::from_str(vector).unwrap();
        let (size, witnesses) = cosigned(bundle["checkpoint"].as_str().unwrap()).unwrap();
        assert!(size >= 16, "{size}");
        assert_eq!(witnesses.len(), 2, "{witnesses:?}");
        assert_eq!(cosigned("no note"), None);
    }

    #[test]
    fn a_leaf_becomes_a_line_and_an_unreadable_one_is_shown() {
        let leaf = br#"{"actor":{"id":"timer","kind":"system","via":"timer"},"at":"2026-11-22T10:00:00.000000Z","body":null,"content":null,"decision":null,"evidence":null,"id":"x","kind":"clock.warned","lead":null,"playbook":null,"refs":{"clock":"c"},"v":1,"workspace":"w"}"#;
        let row = |leaf: &[u8]| FactRow { index: Some(7), leaf: leaf.to_vec(), body: None, content: None };
        let line = Line::of(&row(leaf), &Names::default());
        assert_eq!((line.kind.as_str(), line.who.as_str()), ("clock.warned", "Lockkeeper, by timer"));
        assert_eq!(Line::of(&row(b"not json"), &Names::default()).kind, "unreadable leaf");
    }
}

//! Promises and follow-ups: how answers kept their clocks, by policy and week, and where sequences stand.

pub mod tally;

use axum::extract::Query;
use axum::response::Response;
use jiff::SignedDuration;
use maud::{Markup, html};
use serde::Deserialize;
use store::views::FactFilter;
use store::{Answer, Question};

use super::layout::{Frame, Here};
use super::session::Visit;
use super::trouble::Trouble;
use super::{marks, words};
use tally::{Policy, Sequence, Tally, Week};

/// Spans of days that can be looked back over.
pub const SPANS: [u16; 3] = [7, 28, 90];
/// Most facts read for the page; the newest count.
const FACTS: usize = 10_000;
/// The facts that it is made of.
const KINDS: [&str; 11] = [
    "clock.started",
    "clock.breached",
    "clock.met",
    "clock.cancelled",
    "sequence.enrolled",
    "sequence.waiting",
    "sequence.acted",
    "sequence.paused",
    "sequence.stopped",
    "sequence.finished",
    "sequence.failed",
];

/// The page.
#[derive(Debug, Clone)]
pub struct Promises {
    /// Over how many days.
    pub days: u16,
    /// What was counted.
    pub tally: Tally,
    /// There was more than was read, so the oldest is left out.
    pub cut: bool,
}

/// Over which time to look back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Back {
    days: String,
}

/// `GET /promises`.
pub async fn open(visit: Visit, Query(back): Query<Back>) -> Response {
    let made = async { Ok(page(&visit.frame().await?, &load(&visit, &back).await?)) };
    visit.answer(made.await).await
}

async fn load(visit: &Visit, back: &Back) -> Result<Promises, Trouble> {
    let days = back.days.parse().ok().filter(|days| SPANS.contains(days)).unwrap_or(SPANS[1]);
    let filter = FactFilter {
        kinds: KINDS.iter().map(|kind| (*kind).to_owned()).collect(),
        since: Some(visit.now - SignedDuration::from_hours(i64::from(days) * 24)),
        newest_first: true,
        unplaced: true,
        limit: FACTS,
        ..FactFilter::default()
    };
    let mut rows = match visit.app.ask(Question::Facts(filter)).await? {
        Answer::Facts(rows) => rows,
        other => return Err(Trouble::unexpected(&other)),
    };
    let cut = rows.len() >= FACTS;
    rows.reverse();
    Ok(Promises { days, tally: Tally::of(&rows), cut })
}

/// The whole page.
pub fn page(frame: &Frame, promises: &Promises) -> Markup {
    let tally = &promises.tally;
    frame.page(
        Here::Promises,
        "Promises",
        "promises",
        html! {
            header.page-head {
                h1 { "Promises" }
                p { "How answers kept their clocks, and how leads that stay silent are followed up." }
            }
            section.gate-part aria-labelledby="kept-title" {
                header {
                    h2 id="kept-title" { "Kept and broken" }
                    nav.switch aria-label="Over which time" {
                        @for days in SPANS {
                            a href={ "/promises?days=" (days) } aria-current=[(days == promises.days).then_some("true")] { (days) " days" }
                        }
                    }
                }
                @if tally.policies.is_empty() {
                    p.quiet { "No clock started in the last " (promises.days) " days. When somebody writes, a promise of the playbook begins to run." }
                } @else {
                    (policies(&tally.policies))
                    @if promises.cut { p.quiet.small { "There was more than can be shown; the oldest is left out. Choose a shorter time." } }
                    h3 { "By week" }
                    (weeks(&tally.weeks))
                }
            }
            section.gate-part aria-labelledby="follow-title" {
                header { h2 id="follow-title" { "Follow-ups" } }
                @if tally.sequences.is_empty() {
                    p.quiet { "No lead was put in a sequence. The playbook’s " code { "prepare.follow_up" } " names the one that begins when a lead was answered." }
                }
                @for sequence in &tally.sequences { (one_sequence(sequence)) }
            }
        },
    )
}

fn policies(policies: &[Policy]) -> Markup {
    html! {
        div.table-wrap tabindex="0" role="region" aria-label="Promises by policy" {
            table {
                thead {
                    tr {
                        th scope="col" { "Policy" }
                        th.number scope="col" { "In time" }
                        th.number scope="col" { "Late" }
                        th.number scope="col" { "Open" }
                        th.number scope="col" { "Half answered within" }
                        th.number scope="col" { "Nine in ten within" }
                        th.wide scope="col" { span.aside-voice { "As a bar" } }
                    }
                }
                tbody {
                    @for policy in policies {
                        tr {
                            th scope="row" { (policy.name) " " span.quiet { (policy.promise.replace('_', " ")) } }
                            td.number { (policy.in_time) }
                            td.number { (policy.late) }
                            td.number { (policy.open) }
                            td.number { (span(policy.quantile(0.5))) }
                            td.number { (span(policy.quantile(0.9))) }
                            td.wide { (kept_bar(policy.in_time, policy.late)) }
                        }
                    }
                }
            }
        }
    }
}

/// A time span as people say it; a dash before the first answer.
fn span(secs: Option<i64>) -> String {
    let Some(secs) = secs else { return "–".into() };
    match (secs / 86_400, secs / 3_600, secs / 60) {
        (0, 0, 0) => "under a minute".into(),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, _) => format!("{hours} h {} min", secs % 3_600 / 60),
        (days, ..) => format!("{days} d {} h", secs % 86_400 / 3_600),
    }
}

/// The share kept in time, as a bar; the numbers stand beside it.
fn kept_bar(in_time: u64, late: u64) -> Markup {
    let all = in_time + late;
    let share = (in_time * 1_000).checked_div(all).and_then(|share| u16::try_from(share).ok());
    html! {
        @if let Some(share) = share {
            (marks::bar(if share >= 900 { "met" } else if share >= 700 { "warned" } else { "breached" }, share))
        }
    }
}

fn weeks(weeks: &[Week]) -> Markup {
    html! {
        div.table-wrap tabindex="0" role="region" aria-label="Promises by week" {
            table {
                thead {
                    tr {
                        th scope="col" { "Week" }
                        th.number scope="col" { "In time" }
                        th.number scope="col" { "Late" }
                        th.wide scope="col" { span.aside-voice { "As a bar" } }
                    }
                }
                tbody {
                    @for week in weeks {
                        tr {
                            th scope="row" { (week.name) }
                            td.number { (week.in_time) }
                            td.number { (week.late) }
                            td.wide { (kept_bar(week.in_time, week.late)) }
                        }
                    }
                }
            }
        }
    }
}

fn one_sequence(sequence: &Sequence) -> Markup {
    html! {
        article.sequence-tally {
            h3 { (sequence.name) span.quiet { " · " (words::count(sequence.begun, "lead", "leads")) " began" } }
            ol.sequence {
                @for (number, step) in sequence.steps.iter().enumerate() {
                    @let here = sequence.standing.get(number).copied().unwrap_or(0);
                    li class=(if here > 0 { "here" } else { "to-come" }) {
                        (words::capital(&step.replace("{who}", "the lead")))
                        @if here > 0 { " " span.count { (here) span.aside-voice { " stand here" } } }
                    }
                }
            }
            p.small.quiet {
                @if sequence.finished == 0 { "None went through to the end yet" } @else { (sequence.finished) " went through to the end" }
                @for (why, count) in &sequence.ended { " · " (count) " × " (why) }
            }
        }
    }
}

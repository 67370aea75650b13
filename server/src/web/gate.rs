//! The gate: what share of actions asks a person, where each step stands and why, and where a new step would belong.

pub mod questions;
pub mod share;

use axum::extract::Query;
use axum::response::Response;
use flow::gate::StepSetup;
use flow::step::{Place, Step};
use jiff::SignedDuration;
use maud::{Markup, html};
use serde::Deserialize;
use store::views::VerdictCount;
use store::{Answer, Question};

use super::layout::{Frame, Here};
use super::session::Visit;
use super::trouble::Trouble;
use super::words;
use questions::Answers;
use share::Share;

/// The gate's page.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Over how many days.
    pub days: u16,
    /// What the gate said in that time, by step.
    pub verdicts: Vec<VerdictCount>,
    /// The steps as the playbook sets them up.
    pub steps: Vec<(Step, StepSetup)>,
    /// The three questions as answered on the page, if they were.
    pub answers: Option<Answers>,
}

/// Spans of days that can be looked back over.
pub const SPANS: [u16; 2] = [7, 30];

/// Over which time to look back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Back {
    days: String,
}

/// `GET /gate`.
pub async fn open(visit: Visit, Query(back): Query<Back>, Query(answers): Query<Answers>) -> Response {
    let made = async { Ok(page(&visit.frame().await?, &load(&visit, &back, answers).await?)) };
    visit.answer(made.await).await
}

async fn load(visit: &Visit, back: &Back, answers: Answers) -> Result<Gate, Trouble> {
    let days = back.days.parse().ok().filter(|days| SPANS.contains(days)).unwrap_or(SPANS[0]);
    let since = visit.now - SignedDuration::from_hours(i64::from(days) * 24);
    let verdicts = match visit.app.ask(Question::Verdicts { since }).await? {
        Answer::Verdicts(counts) => counts,
        other => return Err(Trouble::unexpected(&other)),
    };
    let playbook = visit.app.playbook();
    let steps = Step::ALL.map(|step| (step, playbook.setup(step).clone())).to_vec();
    Ok(Gate { days, verdicts, steps, answers: (answers != Answers::default()).then_some(answers) })
}

/// The whole page.
pub fn page(frame: &Frame, gate: &Gate) -> Markup {
    let share = Share::of(&gate.verdicts);
    frame.page(
        Here::Gate,
        "Gate",
        "gate",
        html! {
            header.page-head {
                h1 { "Gate" }
                p { "Every action passes here. What is reversible, a matter of path only and cheap to get wrong runs by itself; the rest asks a person." }
            }
            (share_section(&share, gate))
            (steps(gate))
            (questions::section(gate.answers.as_ref()))
        },
    )
}

fn share_section(share: &Share, gate: &Gate) -> Markup {
    html! {
        section.gate-part aria-labelledby="share-title" {
            header {
                h2 id="share-title" { "How much asks" }
                nav.switch aria-label="Over which time" {
                    @for days in SPANS {
                        a href={ "/gate?days=" (days) } aria-current=[(days == gate.days).then_some("true")] { (days) " days" }
                    }
                }
            }
            @if share.all() == 0 {
                p.quiet { "Nothing was judged in the last " (gate.days) " days. Once leads come in, this shows what ran and what asked." }
            } @else {
                (share::picture(share, gate.days))
                (by_step(gate))
            }
        }
    }
}

fn by_step(gate: &Gate) -> Markup {
    let most =
        gate.verdicts.iter().map(|count| Share::of(std::slice::from_ref(count)).all()).max().unwrap_or(0);
    html! {
        div.table-wrap tabindex="0" role="region" aria-label="Verdicts by step" {
            table.by-step {
                caption.aside-voice { "Verdicts by step in the last " (gate.days) " days" }
                thead {
                    tr {
                        th scope="col" { "Step" }
                        th.number scope="col" { "Ran" }
                        th.number scope="col" { "Asked" }
                        th.number scope="col" { "Refused" }
                        th.wide scope="col" { span.aside-voice { "As a bar" } }
                    }
                }
                tbody {
                    @for count in &gate.verdicts {
                        tr {
                            th scope="row" { (title(&count.step)) }
                            td.number { (words::grouped(count.run + count.hold)) }
                            td.number { (words::grouped(count.ask)) }
                            td.number { (words::grouped(count.refuse)) }
                            td.wide { (share::bar(&Share::of(std::slice::from_ref(count)), most)) }
                        }
                    }
                }
            }
        }
    }
}

fn title(step: &str) -> &str {
    match Step::from_name(step) {
        Some(step) => words::short(step),
        None => step,
    }
}

fn steps(gate: &Gate) -> Markup {
    html! {
        section.gate-part aria-labelledby="steps-title" {
            header {
                h2 id="steps-title" { "Where each step stands" }
                p.quiet { "The three answers come from the playbook; from them follows the place." }
            }
            div.table-wrap tabindex="0" role="region" aria-label="Steps and where they stand" {
                table.steps {
                    thead {
                        tr {
                            th scope="col" { "Step" }
                            th scope="col" { "Can it be undone?" }
                            th scope="col" { "Does judgement matter?" }
                            th scope="col" { "Being wrong costs" }
                            th scope="col" { "Because" }
                        }
                    }
                    @for place in [Place::Floor, Place::Gated, Place::Automated] { (group(place, gate)) }
                }
            }
        }
    }
}

/// The steps that stand in one place, under a line that says what that means.
fn group(place: Place, gate: &Gate) -> Markup {
    let steps: Vec<&(Step, StepSetup)> =
        gate.steps.iter().filter(|(step, setup)| stands(*step, setup) == place).collect();
    html! {
        @if !steps.is_empty() {
            tbody {
                tr {
                    th colspan="5" scope="rowgroup" {
                        span class={ "place " (place.word()) } { (words::capital(place.word())) } ". " (meaning(place))
                    }
                }
                @for (step, setup) in steps { (row(*step, setup, place)) }
            }
        }
    }
}

fn stands(step: Step, setup: &StepSetup) -> Place {
    if setup.is_floor(step) { Place::Floor } else { setup.starts }
}

/// What a place means, in a sentence.
pub const fn meaning(place: Place) -> &'static str {
    match place {
        Place::Floor => "Asks a person, always; no evidence can change that.",
        Place::Gated => "Asks a person, and may earn its freedom by approvals that prove something.",
        Place::Automated => {
            "Runs by itself: it can be undone without a trace, judgement does not change the outcome, and a mistake corrects itself."
        }
    }
}

fn row(step: Step, setup: &StepSetup, place: Place) -> Markup {
    let profile = &setup.profile;
    html! {
        tr {
            th scope="row" { (words::short(step)) br; code.tiny.quiet { (step.name()) } }
            td { (profile.reversible.word()) }
            td { (profile.judgement.word()) }
            td { (profile.cost_of_error.word()) @if profile.commits { ", commits" } }
            td.because { (because(step, setup, place)) }
        }
    }
}

/// Why a step stands where it does, where that is more than what its place means.
fn because(step: Step, setup: &StepSetup, place: Place) -> String {
    let reasons: Vec<&str> = setup.profile.reasons().into_iter().map(|(_, words)| words).collect();
    match (place, setup.profile.place()) {
        (Place::Automated, Place::Automated) => String::new(),
        (Place::Automated, _) => format!("The playbook starts it here. {}", reasons.join(" ")),
        (Place::Floor, _) if flow::step::is_floor_by_nature(step) => {
            format!("It changes the gate itself, or erases. {}", reasons.join(" "))
        }
        _ => reasons.join(" "),
    }
}

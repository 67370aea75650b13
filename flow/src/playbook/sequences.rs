//! Reading the follow-up sequences.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use crate::clock::{BusinessTime, Calendar};
use crate::draft::Templates;
use crate::nearest::nearest;
use crate::sequence::{STEPS_LIMIT, Sequence, SequenceStep};

use super::file::{MAIN, Mistakes, calendar, condition, known_template};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SequenceTable {
    name: Spanned<String>,
    calendar: Spanned<String>,
    #[serde(default = "a_month")]
    gap_days: u16,
    steps: Spanned<Vec<Spanned<StepTable>>>,
}

fn a_month() -> u16 {
    30
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepTable {
    wait: Option<Spanned<String>>,
    days: Option<u16>,
    message: Option<Spanned<String>>,
    task: Option<String>,
    when: Option<Spanned<String>>,
}

/// What a sequence may name, and where mistakes are.
pub(super) struct Places<'a> {
    pub text: &'a str,
    pub templates: &'a Templates,
    pub calendars: &'a BTreeMap<String, Calendar>,
}

/// The sequences, as far as they are right.
pub(super) fn read(tables: &[SequenceTable], places: &Places<'_>, mistakes: &mut Mistakes) -> Vec<Sequence> {
    let mut sequences: Vec<Sequence> = Vec::new();
    for table in tables {
        let (name, at) = (table.name.get_ref().trim(), table.name.span().start);
        if name.is_empty() {
            mistakes.add(MAIN, places.text, at, "a sequence has no name", "write for example \"nudge\"");
        }
        if sequences.iter().any(|known| known.name == name) {
            let message = format!("there are two sequences `{name}`");
            mistakes.add(MAIN, places.text, at, message, "give one of them another name");
        }
        calendar(places.calendars, &table.calendar, places.text, mistakes);
        let steps = steps(&table.steps, places, mistakes);
        sequences.push(Sequence {
            name: name.to_owned(),
            calendar: table.calendar.get_ref().clone(),
            gap: SignedDuration::from_hours(24 * i64::from(table.gap_days)),
            steps,
        });
    }
    sequences
}

fn steps(
    tables: &Spanned<Vec<Spanned<StepTable>>>,
    places: &Places<'_>,
    mistakes: &mut Mistakes,
) -> Vec<SequenceStep> {
    let mut add = |at: usize, message: &str, hint: &str| mistakes.add(MAIN, places.text, at, message, hint);
    let all = tables.get_ref();
    if all.is_empty() || all.len() > STEPS_LIMIT {
        let message = format!("a sequence has 1 to {STEPS_LIMIT} steps, this one has {}", all.len());
        add(tables.span().start, &message, "");
    }
    let mut steps = Vec::new();
    let mut just_wrote = false;
    for table in all {
        let at = table.span().start;
        let Some(step) = step(table.get_ref(), at, places, mistakes) else { continue };
        match &step {
            SequenceStep::Message { .. } if just_wrote => {
                let hint = "put `{ wait = \"PT16H\" }` or `{ days = 3 }` between them";
                mistakes.add(MAIN, places.text, at, "two messages follow each other without a wait", hint);
            }
            SequenceStep::Message { .. } => just_wrote = true,
            SequenceStep::Wait { .. } | SequenceStep::Days { .. } => just_wrote = false,
            SequenceStep::Task { .. } | SequenceStep::When { .. } => {}
        }
        steps.push(step);
    }
    steps
}

fn step(table: &StepTable, at: usize, places: &Places<'_>, mistakes: &mut Mistakes) -> Option<SequenceStep> {
    let StepTable { wait, days, message, task, when } = table;
    let text = places.text;
    match (wait, days, message, task, when) {
        (Some(wait), None, None, None, None) => open_time(wait, text, mistakes),
        (None, Some(days @ 1..=365), None, None, None) => Some(SequenceStep::Days { days: *days }),
        (None, Some(_), None, None, None) => {
            mistakes.add(MAIN, text, at, "`days` must lie between 1 and 365", "");
            None
        }
        (None, None, Some(template), None, None) => {
            known_template(places.templates, template, text, mistakes);
            Some(SequenceStep::Message { template: template.get_ref().clone() })
        }
        (None, None, None, Some(about), None) => Some(SequenceStep::Task { about: about.clone() }),
        (None, None, None, None, Some(when)) => {
            condition(when, text, mistakes)?;
            Some(SequenceStep::When { condition: when.get_ref().clone() })
        }
        _ => {
            let message = "a step of a sequence does exactly one thing";
            mistakes.add(MAIN, text, at, message, "write one of `wait`, `days`, `message`, `task`, `when`");
            None
        }
    }
}

fn open_time(wait: &Spanned<String>, text: &str, mistakes: &mut Mistakes) -> Option<SequenceStep> {
    let at = wait.span().start;
    match BusinessTime::from_str(wait.get_ref()) {
        Ok(time) if time.as_micros() >= 1_000_000 => {
            Some(SequenceStep::Wait { open_secs: time.as_micros() / 1_000_000 })
        }
        Ok(_) => {
            mistakes.add(MAIN, text, at, "this waits for no time at all", "write for example \"PT16H\"");
            None
        }
        Err(error) => {
            mistakes.add(MAIN, text, at, error.to_string(), "");
            None
        }
    }
}

/// Reports a name that is no sequence's.
pub(super) fn known(sequences: &[Sequence], name: &Spanned<String>, text: &str, mistakes: &mut Mistakes) {
    let wanted = name.get_ref().as_str();
    if sequences.iter().any(|sequence| sequence.name == wanted) {
        return;
    }
    let names = sequences.iter().map(|sequence| sequence.name.as_str());
    let hint = nearest(wanted, names)
        .map_or("add a `[[sequence]]` with this name".to_owned(), |near| format!("did you mean `{near}`?"));
    mistakes.add(MAIN, text, name.span().start, format!("there is no sequence `{wanted}`"), hint);
}

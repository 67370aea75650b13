//! The promises of business time, each held by a test.

mod amounts;
mod calendar_files;
mod counting;
mod descriptions;
mod holiday_files;
mod oracle;
mod recurrences;
mod vectors;

use jiff::Timestamp;

use super::{BusinessTime, Calendar, Fault, Pause};

/// A calendar that is right, without holiday files.
fn calendar(text: &str) -> Calendar {
    calendar_with(text, &[])
}

/// A calendar that is right, with holiday files given by name.
fn calendar_with(text: &str, files: &[(&str, &str)]) -> Calendar {
    read(text, files).unwrap_or_else(|faults| panic!("{}", shown(&faults)))
}

/// What is wrong with a calendar, a line each.
fn faults(text: &str, files: &[(&str, &str)]) -> String {
    match read(text, files) {
        Ok(_) => String::new(),
        Err(faults) => shown(&faults),
    }
}

fn read(text: &str, files: &[(&str, &str)]) -> Result<Calendar, Vec<Fault>> {
    Calendar::parse("calendar.toml", text, &mut |name| {
        let file = files.iter().find(|(known, _)| *known == name);
        file.map(|(_, text)| (*text).to_owned()).ok_or_else(|| "no such file".to_owned())
    })
}

fn shown(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn amount(text: &str) -> BusinessTime {
    text.parse().unwrap()
}

fn pause(from: &str, to: &str) -> Pause {
    Pause { from: at(from), to: Some(at(to)) }
}

/// When an amount is due, as text; `hidden` under an open pause.
fn due(calendar: &Calendar, start: &str, used: &str, pauses: &[Pause]) -> String {
    match calendar.due(at(start), amount(used), pauses) {
        Ok(Some(due)) => due.to_string(),
        Ok(None) => "hidden".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn elapsed(calendar: &Calendar, from: &str, to: &str, pauses: &[Pause]) -> String {
    match calendar.elapsed(at(from), at(to), pauses) {
        Ok(open) => open.to_string(),
        Err(error) => error.to_string(),
    }
}

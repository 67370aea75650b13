//! A calendar in words, for the page that shows it.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::hours::Hours;
use super::{Calendar, Definition};

/// How far ahead holidays and extra days are told.
const DAYS_AHEAD: i64 = 366;

/// A calendar in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The IANA name of the zone.
    pub zone: String,
    /// Monday to Sunday, days in a row that have the same hours told together.
    pub week: Vec<DayHours>,
    /// The holidays and extra opening days of the coming year, in order.
    pub special_days: Vec<SpecialDay>,
}

/// The hours of one weekday or of several in a row: `Monday to Thursday`, `09:00–12:30 and 13:30–18:00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayHours {
    pub days: String,
    pub hours: String,
}

/// A day that is not like its weekday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialDay {
    pub date: Date,
    /// The holiday's name, when its file gives one.
    pub name: Option<String>,
    pub special: Special,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Special {
    /// A holiday.
    Closed,
    /// An extra opening day, with its hours in words.
    Open(String),
}

impl Calendar {
    /// The week in words, and the special days of the year that starts with `from`.
    pub fn describe(&self, from: Date) -> Description {
        let definition = &self.definition;
        Description {
            zone: definition.zone.iana_name().unwrap_or("UTC").to_owned(),
            week: week_in_words(definition),
            special_days: special_days(definition, from),
        }
    }
}

fn week_in_words(definition: &Definition) -> Vec<DayHours> {
    let days: Vec<Weekday> = Weekday::Monday.cycle_forward().take(7).collect();
    days.chunk_by(|a, b| definition.week.on(*a) == definition.week.on(*b))
        .map(|same| DayHours {
            days: days_in_words(same),
            hours: hours_in_words(definition.week.on(same[0])),
        })
        .collect()
}

fn days_in_words(days: &[Weekday]) -> String {
    match days {
        [day] => name_of(*day).to_owned(),
        [first, second] => format!("{} and {}", name_of(*first), name_of(*second)),
        [first, .., last] if days.len() < 7 => format!("{} to {}", name_of(*first), name_of(*last)),
        _ => "Every day".to_owned(),
    }
}

fn hours_in_words(hours: &[Hours]) -> String {
    let words: Vec<String> = hours.iter().map(|hours| hours.in_words()).collect();
    match words.as_slice() {
        [] => "closed".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn special_days(definition: &Definition, from: Date) -> Vec<SpecialDay> {
    let until = from.saturating_add((DAYS_AHEAD - 1).days());
    let mut names = definition.holidays.between(from, until, &definition.zone);
    for day in definition.extra_days.range(from..=until) {
        names.entry(*day).or_default();
    }
    names
        .into_iter()
        .map(|(date, name)| {
            let special = if definition.extra_days.contains(&date) {
                Special::Open(hours_in_words(definition.week.on_extra_day(date.weekday())))
            } else {
                Special::Closed
            };
            SpecialDay { date, name: name.map(str::to_owned), special }
        })
        .collect()
}

fn name_of(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// A line for the zone, one for each row of the week, one for each special day.
impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Times of {}", self.zone)?;
        for row in &self.week {
            writeln!(f, "{}: {}", row.days, row.hours)?;
        }
        for day in &self.special_days {
            let what = match &day.special {
                Special::Closed => "closed".to_owned(),
                Special::Open(hours) => format!("open {hours}"),
            };
            let name = day.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            writeln!(f, "{} {}: {what}{name}", name_of(day.date.weekday()), day.date)?;
        }
        Ok(())
    }
}

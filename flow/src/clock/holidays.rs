//! The days a team is closed: single dates, and occasions that come again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};

use super::recurrence::Recurrence;

/// Whole days in the calendar's zone, each with the name it was given, if any.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Holidays {
    pub days: BTreeMap<Date, Option<String>>,
    pub repeating: Vec<Repeating>,
}

/// An occasion that comes again by a rule, perhaps for ever.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Repeating {
    pub occasion: Occasion,
    pub first: Date,
    pub rule: Recurrence,
    /// The days it does not start on after all.
    pub except: BTreeSet<Date>,
}

/// What happens each time, whatever the day it starts on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Occasion {
    pub lasts: Lasts,
    pub name: Option<String>,
}

/// How much of the days an occasion takes; whichever days it touches are holidays.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Lasts {
    /// So many whole days, wherever the calendar is; at least one.
    Days(i32),
    /// From a time of day in some zone, so many days by the clock there and then an exact time more.
    Hours { at: Time, zone: TimeZone, days: i32, more: SignedDuration },
}

impl Occasion {
    /// The first and the last day, in the calendar's zone, of the occasion that starts on `start` in its own.
    /// None at the end of time.
    pub fn days_from(&self, start: Date, calendar_zone: &TimeZone) -> Option<(Date, Date)> {
        match &self.lasts {
            Lasts::Days(days) => Some((start, start.checked_add((days - 1).days()).ok()?)),
            Lasts::Hours { at, zone, days, more } => {
                let begin = start.to_datetime(*at).to_zoned(zone.clone()).ok()?;
                let end = begin.checked_add(days.days()).ok()?.checked_add(*more).ok()?;
                let last_moment =
                    if end > begin { end.checked_sub(1.nanosecond()).ok()? } else { begin.clone() };
                let day = |moment: jiff::Zoned| moment.with_time_zone(calendar_zone.clone()).date();
                Some((day(begin), day(last_moment)))
            }
        }
    }

    /// How many days after its start an occasion can still be going on, in any zone.
    pub fn reach_days(&self) -> i64 {
        match &self.lasts {
            Lasts::Days(days) => i64::from(*days),
            Lasts::Hours { days, more, .. } => i64::from(*days) + more.as_hours() / 24 + 3,
        }
    }
}

impl Holidays {
    /// Marks a day; the first name it is given stays.
    pub fn add(&mut self, day: Date, name: Option<&str>) {
        let kept = self.days.entry(day).or_default();
        if kept.is_none() {
            *kept = name.map(str::to_owned);
        }
    }

    /// Every holiday from `first` to `last`, both included, with its name.
    pub fn between(&self, first: Date, last: Date, zone: &TimeZone) -> BTreeMap<Date, Option<&str>> {
        let named = self.days.range(first..=last).map(|(day, name)| (*day, name.as_deref()));
        let mut found: BTreeMap<Date, Option<&str>> = named.collect();
        for repeating in &self.repeating {
            let earliest = first.saturating_sub(repeating.occasion.reach_days().days());
            let latest = last.saturating_add(2.days());
            for start in repeating.rule.dates(repeating.first, earliest, latest) {
                if repeating.except.contains(&start) {
                    continue;
                }
                let Some((from, to)) = repeating.occasion.days_from(start, zone) else { continue };
                for day in from.max(first).series(1.day()).take_while(|day| *day <= to.min(last)) {
                    let kept = found.entry(day).or_default();
                    *kept = kept.or(repeating.occasion.name.as_deref());
                }
            }
        }
        found
    }
}

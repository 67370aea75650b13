//! Business time: opening hours, holidays and pauses -> due instants.
//!
//! A [`Calendar`] turns local opening hours into stretches of open time on the UTC line, and everything else adds
//! and subtracts instants there. No local time of day is ever carried across a closed day, so a change of the
//! clocks, a holiday or a night shift cannot lose or invent an hour.
//!
//! Instants are [`jiff::Timestamp`]s, counted in whole microseconds: a finer one belongs to the microsecond it
//! lies in, so its nanoseconds are dropped.

mod amount;
mod calendar_file;
mod content_line;
mod describe;
mod event_time;
mod fault;
mod holiday_file;
mod holidays;
mod hours;
mod openings;
mod recurrence;
mod zones;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub use amount::{AmountError, BusinessTime};
pub use describe::{DayHours, Description, Special, SpecialDay};
pub use fault::Fault;

use holidays::Holidays;
use hours::{Hours, Week};
use openings::Openings;

/// How far ahead a deadline is looked for, and how long a stretch can be measured.
const HORIZON_MICROS: i64 = 50 * 366 * DAY_MICROS;

/// Within how long a calendar must open to be of use.
const OPENS_WITHIN_MICROS: i64 = 366 * DAY_MICROS;

const DAY_MICROS: i64 = 86_400_000_000;

/// When a team works: weekly hours in one time zone, holidays, extra opening days.
///
/// Read from TOML by [`Calendar::parse`]. Asking it needs only `&self`, from any thread; the stretches of open
/// time are laid out when first needed and kept.
#[derive(Debug, Clone)]
pub struct Calendar {
    definition: Definition,
    openings: Openings,
}

/// What a calendar file says. Calendars that say the same are equal.
#[derive(Debug, Clone, PartialEq)]
struct Definition {
    zone: TimeZone,
    week: Week,
    holidays: Holidays,
    extra_days: BTreeSet<Date>,
}

impl Definition {
    /// The hours that start on `date`. A holiday has none, and an extra opening day wins over a holiday.
    fn hours_on(&self, date: Date, is_holiday: bool) -> &[Hours] {
        if self.extra_days.contains(&date) {
            self.week.on_extra_day(date.weekday())
        } else if is_holiday {
            &[]
        } else {
            self.week.on(date.weekday())
        }
    }
}

/// A time that does not count: the clock stands still from `from` until `to`.
///
/// Pauses may come in any order, overlap, and last no time at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pause {
    pub from: Timestamp,
    /// None while the pause lasts.
    pub to: Option<Timestamp>,
}

/// A stretch of open time: open at `open`, closed again at `close`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    pub open: Timestamp,
    pub close: Timestamp,
}

/// Why business time cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// A pause that ends before it begins.
    #[error("the pause from `{from}` ends before it begins, at `{to}`; swap its ends or drop it")]
    PauseBackwards { from: Timestamp, to: Timestamp },
    /// A stretch to measure that ends before it begins.
    #[error("`{to}` is before `{from}`; swap them")]
    Backwards { from: Timestamp, to: Timestamp },
    /// The deadline lies too far ahead to look for.
    #[error(
        "`{amount}` from `{start}` is not used up within 50 years; ask for less, or open the calendar more"
    )]
    TooFar { start: Timestamp, amount: BusinessTime },
    /// The stretch is too long to measure.
    #[error("`{from}` to `{to}` is more than 50 years; ask for a shorter stretch")]
    TooLong { from: Timestamp, to: Timestamp },
    /// The calendar stays closed for the next 366 days.
    #[error("the calendar does not open in the 366 days from `{from}`; give it hours, or take holidays away")]
    NeverOpens { from: Timestamp },
}

impl Calendar {
    fn new(definition: Definition) -> Calendar {
        Calendar { definition, openings: Openings::new() }
    }

    /// The time zone the hours and holidays are in.
    pub fn zone(&self) -> &TimeZone {
        &self.definition.zone
    }

    /// The first instant by which `amount` of open, unpaused time has passed since `start`; none while an open
    /// pause hides it.
    ///
    /// A `start` outside hours counts from the next opening, and an amount used up exactly at closing time is due
    /// at that closing instant. An amount of zero is due at the first open, unpaused instant. A deadline reached
    /// before an open pause began was reached, and is told.
    ///
    /// Errors: a backwards pause, or a deadline more than 50 years ahead.
    pub fn due(
        &self,
        start: Timestamp,
        amount: BusinessTime,
        pauses: &[Pause],
    ) -> Result<Option<Timestamp>, ClockError> {
        let too_far = || ClockError::TooFar { start, amount };
        let mut counting_from = micros(start);
        let horizon = counting_from + HORIZON_MICROS;
        let mut left = amount.as_micros();
        if left > HORIZON_MICROS {
            return Err(too_far());
        }
        for pause in disjoint(pauses)?.into_iter().take_while(|pause| pause.from <= horizon) {
            if pause.from > counting_from {
                let open = self.openings.between(&self.definition, counting_from, pause.from);
                if left <= open && open > 0 {
                    break;
                }
                left -= open;
            }
            if pause.to == FOREVER {
                return Ok(None);
            }
            counting_from = counting_from.max(pause.to);
        }
        let due = self.openings.reach(&self.definition, counting_from, left, horizon).ok_or_else(too_far)?;
        Ok(Some(timestamp(due)))
    }

    /// Open, unpaused time from `from` until `to`.
    ///
    /// Errors: a backwards pause or stretch, or a stretch of more than 50 years.
    pub fn elapsed(
        &self,
        from: Timestamp,
        to: Timestamp,
        pauses: &[Pause],
    ) -> Result<BusinessTime, ClockError> {
        let (first, last) = stretch(from, to)?;
        let mut open = self.openings.between(&self.definition, first, last);
        for pause in disjoint(pauses)? {
            let (begin, end) = (pause.from.max(first), pause.to.min(last));
            if begin < end {
                open -= self.openings.between(&self.definition, begin, end);
            }
        }
        Ok(BusinessTime::from_counted(open))
    }

    /// The stretches of open time from `from` until `to`, in order, cut off at both ends: what a picture of the
    /// calendar shows.
    ///
    /// Errors: a backwards stretch, or one of more than 50 years.
    pub fn spans(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Span>, ClockError> {
        let (first, last) = stretch(from, to)?;
        let openings = self.openings.within(&self.definition, first, last);
        Ok(openings
            .into_iter()
            .map(|(open, close)| Span { open: timestamp(open), close: timestamp(close) })
            .collect())
    }

    /// Whether the calendar is open at this instant. Closing time is no longer open.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let at = micros(at);
        self.openings.reach(&self.definition, at, 0, at).is_some()
    }

    /// Makes sure that the calendar opens at all in the 366 days from `from`.
    pub fn check_opens(&self, from: Timestamp) -> Result<(), ClockError> {
        let first = micros(from);
        match self.openings.reach(&self.definition, first, 0, first + OPENS_WITHIN_MICROS) {
            Some(_) => Ok(()),
            None => Err(ClockError::NeverOpens { from }),
        }
    }
}

impl PartialEq for Calendar {
    fn eq(&self, other: &Calendar) -> bool {
        self.definition == other.definition
    }
}

/// The end of an open pause: after every instant there is.
const FOREVER: i64 = i64::MAX;

struct Standstill {
    from: i64,
    to: i64,
}

/// The pauses in order and disjoint.
fn disjoint(pauses: &[Pause]) -> Result<Vec<Standstill>, ClockError> {
    let mut ordered = pauses
        .iter()
        .map(|pause| match pause.to {
            Some(to) if to < pause.from => Err(ClockError::PauseBackwards { from: pause.from, to }),
            to => Ok(Standstill { from: micros(pause.from), to: to.map_or(FOREVER, micros) }),
        })
        .collect::<Result<Vec<_>, _>>()?;
    ordered.sort_unstable_by_key(|pause| pause.from);
    ordered.dedup_by(|next, kept| {
        let joins = next.from <= kept.to;
        if joins {
            kept.to = kept.to.max(next.to);
        }
        joins
    });
    Ok(ordered)
}

/// The two ends of a stretch to measure, once it is known to be one.
fn stretch(from: Timestamp, to: Timestamp) -> Result<(i64, i64), ClockError> {
    if to < from {
        return Err(ClockError::Backwards { from, to });
    }
    let (first, last) = (micros(from), micros(to));
    if last - first > HORIZON_MICROS {
        return Err(ClockError::TooLong { from, to });
    }
    Ok((first, last))
}

/// The microsecond an instant lies in, counted from 1970 UTC.
fn micros(at: Timestamp) -> i64 {
    // jiff cuts towards 1970; before it, a part of a microsecond belongs to the one before.
    let into_next = i64::from(at.subsec_nanosecond() % 1_000 < 0);
    at.as_microsecond() - into_next
}

/// The instant of a counted microsecond.
fn timestamp(micros: i64) -> Timestamp {
    // Openings come from timestamps and every sum ends inside one, so this is always in range.
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

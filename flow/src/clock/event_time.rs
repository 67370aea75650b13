//! When an iCalendar event starts and how long it lasts (RFC 5545, sections 3.3.4 to 3.3.6).

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::SpanParser;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::content_line::ContentLine;
use super::fault::Complaint;
use super::holidays::Lasts;
use super::zones;

/// The longest event that can be a holiday.
const LASTS_DAYS_MAX: i64 = 366;

/// A day, or a moment by some zone's clock.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum EventTime {
    Day(Date),
    Moment(DateTime, TimeZone),
}

impl EventTime {
    /// Reads one value of `line`: `20261225`, `20261225T090000` or `20261225T080000Z`. A time without a zone is
    /// by the calendar's own clock.
    pub fn read(line: &ContentLine, text: &str, calendar_zone: &TimeZone) -> Result<EventTime, Complaint> {
        let malformed = || {
            let hint = "write a day as `20261225`, or a time as `20261225T090000` or `20261225T080000Z`";
            Complaint::new(format!("`{text}` is not a time"), hint)
        };
        let (date, time) =
            text.split_once(['T', 't']).map_or((text, None), |(date, time)| (date, Some(time)));
        let [year, month, day] = digits(date, [4, 2, 2]).ok_or_else(malformed)?;
        let date = Date::new(year, month as i8, day as i8).map_err(|_| malformed())?;
        let Some(time) = time else {
            return Ok(EventTime::Day(date));
        };
        if line.parameter("VALUE").is_some_and(|value| value.eq_ignore_ascii_case("DATE")) {
            return Err(Complaint::new(
                format!("`{text}` has a time, and VALUE=DATE says it is a day"),
                "drop one of them",
            ));
        }
        let in_utc = time.strip_suffix(['Z', 'z']);
        let [hour, minute, second] = digits(in_utc.unwrap_or(time), [2, 2, 2]).ok_or_else(malformed)?;
        // A leap second can be written, but no clock here shows it.
        let time = Time::new(hour as i8, minute as i8, second.min(59) as i8, 0).map_err(|_| malformed())?;
        let zone = match (in_utc, line.parameter("TZID")) {
            (Some(_), _) => TimeZone::UTC,
            (None, Some(name)) => zones::named(name)?,
            (None, None) => calendar_zone.clone(),
        };
        Ok(EventTime::Moment(date.to_datetime(time), zone))
    }

    /// The day it is on, by its own clock.
    pub fn date(&self) -> Date {
        match self {
            EventTime::Day(day) => *day,
            EventTime::Moment(local, _) => local.date(),
        }
    }

    /// The same moment by the clock `event` goes by. A day stays that day.
    pub fn by_clock_of(self, event: &EventTime) -> EventTime {
        match (&self, event) {
            (EventTime::Moment(local, zone), EventTime::Moment(_, event_zone)) if zone != event_zone => {
                match instant(*local, zone) {
                    Some(at) => EventTime::Moment(event_zone.to_datetime(at), event_zone.clone()),
                    None => self,
                }
            }
            _ => self,
        }
    }

    /// How long an event from here lasts that says nothing about it: a day its one day, a moment none at all.
    pub fn lasts(&self) -> Lasts {
        match self {
            EventTime::Day(_) => Lasts::Days(1),
            EventTime::Moment(local, zone) => {
                Lasts::Hours { at: local.time(), zone: zone.clone(), days: 0, more: SignedDuration::ZERO }
            }
        }
    }

    /// As long as `lasts`, but from here.
    pub fn lasts_as(&self, lasts: &Lasts) -> Result<Lasts, Complaint> {
        match (self, lasts) {
            (EventTime::Day(_), Lasts::Days(days)) => Ok(Lasts::Days(*days)),
            (EventTime::Moment(local, zone), Lasts::Hours { days, more, .. }) => {
                Ok(Lasts::Hours { at: local.time(), zone: zone.clone(), days: *days, more: *more })
            }
            _ => Err(Complaint::new(
                "a further time is of another kind than DTSTART",
                "write both as days, or both with a time",
            )),
        }
    }

    /// How long an event lasts from here until `end`, which is no longer part of it.
    pub fn lasts_until(&self, end: &EventTime) -> Result<Lasts, Complaint> {
        let backwards = || Complaint::new("the event ends before it starts", "swap its start and its end");
        match (self, end) {
            (EventTime::Day(start), EventTime::Day(end)) => {
                let days = (*end - *start).get_days();
                // Some programs write a single day as ending on itself.
                if days < 0 { Err(backwards()) } else { bounded(Lasts::Days(days.max(1))) }
            }
            (EventTime::Moment(start, zone), EventTime::Moment(end, end_zone)) => {
                let (Some(start_at), Some(end_at)) = (instant(*start, zone), instant(*end, end_zone)) else {
                    return Err(backwards());
                };
                let more = end_at.duration_since(start_at);
                if more.is_negative() {
                    return Err(backwards());
                }
                bounded(Lasts::Hours { at: start.time(), zone: zone.clone(), days: 0, more })
            }
            _ => Err(Complaint::new(
                "the event starts on a day and ends at a time, or the other way round",
                "write both in one way",
            )),
        }
    }

    /// How long an event lasts from here by its DURATION: `P1D`, `P2W`, `PT8H`.
    pub fn lasts_for(&self, duration: &str) -> Result<Lasts, Complaint> {
        let malformed =
            |hint: &str| Complaint::new(format!("`{duration}` is not a length of an event"), hint);
        let span = SpanParser::new()
            .parse_span(duration)
            .ok()
            .filter(|span| !span.is_negative() && span.get_years() == 0 && span.get_months() == 0)
            .ok_or_else(|| {
                malformed("write weeks, days, hours, minutes or seconds, such as `P1D` or `PT8H`")
            })?;
        let days = span.get_weeks() * 7 + span.get_days();
        let clock_time = span.weeks(0).days(0);
        let more = SignedDuration::try_from(clock_time).map_err(|_| malformed("write a shorter one"))?;
        match self {
            EventTime::Day(_) if !more.is_zero() => {
                Err(malformed("an event of whole days lasts whole days, such as `P1D`"))
            }
            EventTime::Day(_) => bounded(Lasts::Days(days.max(1))),
            EventTime::Moment(local, zone) => {
                bounded(Lasts::Hours { at: local.time(), zone: zone.clone(), days, more })
            }
        }
    }
}

fn bounded(lasts: Lasts) -> Result<Lasts, Complaint> {
    let days = match &lasts {
        Lasts::Days(days) => i64::from(*days),
        Lasts::Hours { days, more, .. } => i64::from(*days).saturating_add(more.as_hours() / 24),
    };
    if days > LASTS_DAYS_MAX {
        let message = format!("the event lasts {days} days");
        return Err(Complaint::new(
            message,
            format!("a holiday lasts at most {LASTS_DAYS_MAX}; check its end"),
        ));
    }
    Ok(lasts)
}

/// A local time the clocks skip is read as before they change, one they show twice as the first, as RFC 5545 says.
fn instant(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(local).compatible().ok()
}

/// Numbers of exactly so many digits each, with nothing between or after them.
fn digits(text: &str, widths: [usize; 3]) -> Option<[i16; 3]> {
    if text.len() != widths.iter().sum::<usize>() || !text.bytes().all(|letter| letter.is_ascii_digit()) {
        return None;
    }
    let mut rest = text;
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let (head, tail) = rest.split_at(width);
        *number = head.parse().ok()?;
        rest = tail;
    }
    Some(numbers)
}

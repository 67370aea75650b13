//! Recurrence rules (RFC 5545, section 3.3.10) over days.
//!
//! A holiday keeps its time of day, so a rule only has to find days. They are found for the stretch someone asks
//! about, starting near it: a rule without an end costs nothing until its years are needed.

mod parts;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::fault::Complaint;
use parts::{Parts, weekday};

/// A rule with a COUNT must have come that often within so many years; one without a COUNT may run for ever.
const COUNTED_YEARS: i16 = 100;
const COUNT_MAX: i32 = 20_000;

/// How often a rule starts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// `MO`, or with a number the n-th of its month or year, from the end when negative. 0 is every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ByDay {
    nth: i16,
    weekday: Weekday,
}

/// The days an occasion starts on. Lists that are empty ask for nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recurrence {
    frequency: Frequency,
    interval: i32,
    until: Option<Date>,
    months: Vec<i16>,
    weeks: Vec<i16>,
    year_days: Vec<i16>,
    month_days: Vec<i16>,
    days: Vec<ByDay>,
    positions: Vec<i16>,
    week_start: Weekday,
}

/// What a rule is read for.
pub(super) struct Reading<'a> {
    /// The day the occasion first starts on.
    pub first: Date,
    /// Whether the occasion has whole days and no time of day.
    pub whole_days: bool,
    /// The last day an UNTIL allows a start on.
    pub until: &'a dyn Fn(&str) -> Result<Date, Complaint>,
}

impl Recurrence {
    /// Reads the value of an RRULE.
    pub fn parse(text: &str, reading: &Reading) -> Result<Recurrence, Complaint> {
        let mut parts = Parts::split(text)?;
        let frequency = parts.frequency()?;
        let interval = parts.number("INTERVAL", 1, 10_000)?.unwrap_or(1);
        let count = parts.number("COUNT", 1, COUNT_MAX)?;
        let until = parts.take("UNTIL").map(reading.until).transpose()?;
        let months = parts.numbers("BYMONTH", 12, false)?;
        let weeks = parts.numbers("BYWEEKNO", 53, true)?;
        let year_days = parts.numbers("BYYEARDAY", 366, true)?;
        let month_days = parts.numbers("BYMONTHDAY", 31, true)?;
        let days = parts.days()?;
        let positions = parts.numbers("BYSETPOS", 366, true)?;
        let week_start = parts.take("WKST").map(weekday).transpose()?.unwrap_or(Weekday::Monday);
        parts.finish(reading.whole_days)?;

        let mut rule = Recurrence {
            frequency,
            interval,
            until,
            months,
            weeks,
            year_days,
            month_days,
            days,
            positions,
            week_start,
        };
        rule.check(count.is_some())?;
        rule.complete_from(reading.first);
        if let Some(count) = count {
            rule.until = Some(rule.last_of(reading.first, count)?);
        }
        Ok(rule)
    }

    /// Refuses parts that RFC 5545 does not allow together.
    fn check(&self, counted: bool) -> Result<(), Complaint> {
        let refuse = |found: &str, hint: &str| Err(Complaint::new(format!("the rule has {found}"), hint));
        let numbered_days = self.days.iter().any(|day| day.nth != 0);
        if counted && self.until.is_some() {
            return refuse("both UNTIL and COUNT", "keep one of them");
        }
        if !self.weeks.is_empty() && self.frequency != Frequency::Yearly {
            return refuse("a BYWEEKNO", "use it with `FREQ=YEARLY` only");
        }
        if !self.year_days.is_empty() && self.frequency != Frequency::Yearly {
            return refuse("a BYYEARDAY", "use it with `FREQ=YEARLY` only");
        }
        if !self.month_days.is_empty() && self.frequency == Frequency::Weekly {
            return refuse("a BYMONTHDAY with `FREQ=WEEKLY`", "use `FREQ=MONTHLY` or BYDAY");
        }
        if numbered_days && matches!(self.frequency, Frequency::Daily | Frequency::Weekly) {
            return refuse("a numbered BYDAY", "use it with `FREQ=MONTHLY` or `FREQ=YEARLY` only");
        }
        if numbered_days && !self.weeks.is_empty() {
            return refuse("a numbered BYDAY beside BYWEEKNO", "write the weekday without a number");
        }
        let chooses = [&self.months, &self.weeks, &self.year_days, &self.month_days]
            .iter()
            .any(|list| !list.is_empty());
        if !self.positions.is_empty() && !chooses && self.days.is_empty() {
            return refuse("a BYSETPOS alone", "add the BYDAY or BYMONTHDAY it chooses from");
        }
        Ok(())
    }

    /// What the rule leaves open is as on the day the occasion first starts.
    fn complete_from(&mut self, first: Date) {
        let days_open = self.year_days.is_empty() && self.month_days.is_empty() && self.days.is_empty();
        if !days_open {
            return;
        }
        match self.frequency {
            Frequency::Daily => {}
            Frequency::Yearly if self.weeks.is_empty() => {
                self.month_days = vec![i16::from(first.day())];
                if self.months.is_empty() {
                    self.months = vec![i16::from(first.month())];
                }
            }
            Frequency::Monthly => self.month_days = vec![i16::from(first.day())],
            Frequency::Weekly | Frequency::Yearly => {
                self.days = vec![ByDay { nth: 0, weekday: first.weekday() }]
            }
        }
    }

    /// The day of the `count`-th time, the first day being the first time whether or not the rule names it.
    fn last_of(&self, first: Date, count: i32) -> Result<Date, Complaint> {
        let mut last = first;
        let mut left = count - 1;
        for year in first.year()..=first.year().saturating_add(COUNTED_YEARS) {
            let Ok(new_year) = Date::new(year, 1, 1) else { break };
            for day in
                self.dates(first, new_year, new_year.last_of_year()).into_iter().filter(|day| *day > first)
            {
                if left == 0 {
                    return Ok(last);
                }
                last = day;
                left -= 1;
            }
        }
        if left == 0 {
            return Ok(last);
        }
        Err(Complaint::new(
            format!("the rule comes less than {count} times in {COUNTED_YEARS} years"),
            "lower its COUNT, or drop it to repeat for ever",
        ))
    }

    /// The days from `earliest` to `latest`, both included, that the rule names when it starts over first on
    /// `first`; in order.
    pub fn dates(&self, first: Date, earliest: Date, latest: Date) -> Vec<Date> {
        let earliest = earliest.max(first);
        let latest = self.until.map_or(latest, |until| until.min(latest));
        let mut found = Vec::new();
        if earliest > latest {
            return found;
        }
        for round in self.round_before(first, earliest).. {
            let Some((begin, end)) = self.round(first, round) else { break };
            if begin > latest {
                break;
            }
            let named: Vec<Date> = days(begin, end).filter(|day| self.names(*day, begin, end)).collect();
            found.extend(self.chosen(named).filter(|day| (earliest..=latest).contains(day)));
        }
        found
    }

    /// A round no later than the one `day` is in.
    fn round_before(&self, first: Date, day: Date) -> i32 {
        let days_on = (day - first).get_days();
        let months_on = months_since_year_0(day) - months_since_year_0(first);
        let units_on = match self.frequency {
            Frequency::Daily => days_on,
            Frequency::Weekly => days_on / 7,
            Frequency::Monthly => months_on,
            // The first days of January can belong to a week of the year before.
            Frequency::Yearly => i32::from(day.year() - first.year()) - 1,
        };
        (units_on / self.interval).max(0)
    }

    /// The first and the last day of the round: the day, week, month or year it looks for days in. None at the
    /// end of time.
    fn round(&self, first: Date, round: i32) -> Option<(Date, Date)> {
        let units = round.checked_mul(self.interval)?;
        match self.frequency {
            Frequency::Daily => {
                let day = first.checked_add(i64::from(units).days()).ok()?;
                Some((day, day))
            }
            Frequency::Weekly => {
                let into_week = i64::from(first.weekday().since(self.week_start));
                let begin = first.checked_add((i64::from(units) * 7 - into_week).days()).ok()?;
                Some((begin, begin.checked_add(6.days()).ok()?))
            }
            Frequency::Monthly => {
                let begin = first.first_of_month().checked_add(i64::from(units).months()).ok()?;
                Some((begin, begin.last_of_month()))
            }
            Frequency::Yearly => {
                let begin = first.first_of_year().checked_add(i64::from(units).years()).ok()?;
                if self.weeks.is_empty() {
                    return Some((begin, begin.last_of_year()));
                }
                // The weeks of a year reach up to three days over its ends.
                let next_year = begin.checked_add(1.year()).ok()?;
                Some((self.first_week_of(begin)?, self.first_week_of(next_year)?.yesterday().ok()?))
            }
        }
    }

    /// The day the first week of a year begins on: the first week with at least four days in it.
    fn first_week_of(&self, new_year: Date) -> Option<Date> {
        let into_week = i64::from(new_year.weekday().since(self.week_start));
        let begin = if into_week <= 3 { -into_week } else { 7 - into_week };
        new_year.checked_add(begin.days()).ok()
    }

    /// Whether the rule names this day of a round, its positions aside.
    fn names(&self, day: Date, round_begin: Date, round_end: Date) -> bool {
        let (month_day, month_days) = (i16::from(day.day()), i16::from(day.days_in_month()));
        asks_for(&self.months, i16::from(day.month()), 12)
            && asks_for(&self.month_days, month_day, month_days)
            && asks_for(&self.year_days, day.day_of_year(), day.days_in_year())
            && (self.weeks.is_empty() || {
                let week = |until: Date| ((until - round_begin).get_days() / 7) as i16 + 1;
                asks_for(&self.weeks, week(day), week(round_end))
            })
            && (self.days.is_empty() || self.days.iter().any(|by| self.is_on(*by, day)))
    }

    fn is_on(&self, by: ByDay, day: Date) -> bool {
        let in_month = self.frequency == Frequency::Monthly || !self.months.is_empty();
        let (number, last) = if in_month {
            (i16::from(day.day()), i16::from(day.days_in_month()))
        } else {
            (day.day_of_year(), day.days_in_year())
        };
        let (nth, nth_last) = ((number - 1) / 7 + 1, (last - number) / 7 + 1);
        by.weekday == day.weekday() && (by.nth == 0 || by.nth == nth || by.nth == -nth_last)
    }

    /// The days of a round that BYSETPOS keeps: all, when it is not given.
    fn chosen(&self, named: Vec<Date>) -> impl Iterator<Item = Date> {
        let count = named.len() as i16;
        let kept = move |(index, day): (usize, Date)| {
            asks_for(&self.positions, index as i16 + 1, count).then_some(day)
        };
        named.into_iter().enumerate().filter_map(kept)
    }
}

/// Whether a list asks for the `number`-th of `last`, counted from either end. An empty list asks for nothing in
/// particular.
fn asks_for(list: &[i16], number: i16, last: i16) -> bool {
    list.is_empty() || list.contains(&number) || list.contains(&(number - last - 1))
}

fn months_since_year_0(day: Date) -> i32 {
    i32::from(day.year()) * 12 + i32::from(day.month())
}

fn days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first.series(1.day()).take_while(move |day| *day <= last)
}

//! Business time against a slow witness that knows no openings: minute by minute, it looks at what a clock on the
//! wall has shown and is still going to show.
//!
//! Zones are chosen for clocks that change oddly: by half an hour, at midnight, over a whole day, twice a year for
//! a month, or around a fast.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use super::calendar;
use crate::clock::{BusinessTime, Pause};

const ZONES: [&str; 12] = [
    "Europe/Berlin",
    "America/New_York",
    "Africa/Cairo",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Santiago",
    "America/Havana",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Gaza",
    "Antarctica/Troll",
];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MINUTE: i64 = 60_000_000;
const DAY_MINUTES: i64 = 1_440;
/// How much time the witness watches, around the moment that is asked about.
const WATCHED_DAYS: i64 = 10;

/// A calendar as the witness knows it: hours in minutes since midnight, a close past midnight beyond 1440.
#[derive(Debug, Clone)]
struct Plan {
    zone: &'static str,
    week: Vec<Vec<(i64, i64)>>,
    extra: Vec<(i64, i64)>,
    holidays: BTreeSet<Date>,
    open: BTreeSet<Date>,
}

impl Plan {
    fn toml(&self) -> String {
        let clock = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let hours = |hours: &[(i64, i64)]| {
            let close =
                |close: i64| if close > DAY_MINUTES { clock(close - DAY_MINUTES) } else { clock(close) };
            let all: Vec<String> =
                hours.iter().map(|hours| format!("\"{}-{}\"", clock(hours.0), close(hours.1))).collect();
            format!("[{}]", all.join(", "))
        };
        let dates =
            |dates: &BTreeSet<Date>| dates.iter().map(|date| format!("\"{date}\", ")).collect::<String>();
        let week =
            WEEKDAYS.iter().zip(&self.week).map(|(day, of_day)| format!("{day} = {}\n", hours(of_day)));
        format!(
            "zone = \"{}\"\nholidays = [{}]\nopen = [{}]\n[hours]\n{}extra = {}\n",
            self.zone,
            dates(&self.holidays),
            dates(&self.open),
            week.collect::<String>(),
            hours(&self.extra)
        )
    }

    fn hours_on(&self, date: Date) -> &[(i64, i64)] {
        let weekday = &self.week[date.weekday().to_monday_zero_offset() as usize];
        match (self.open.contains(&date), self.holidays.contains(&date)) {
            (true, _) if weekday.is_empty() => &self.extra,
            (false, true) => &[],
            _ => weekday,
        }
    }
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// What the clock on the wall shows each minute, and which of those minutes are open.
struct Witness {
    first_minute: i64,
    open: Vec<bool>,
}

impl Witness {
    fn watch(plan: &Plan, middle: Timestamp) -> Witness {
        let zone = zone(plan.zone);
        let middle = middle.as_microsecond().div_euclid(MINUTE);
        let first_minute = middle - WATCHED_DAYS / 2 * DAY_MINUTES;
        let shown: Vec<i64> = (0..WATCHED_DAYS * DAY_MINUTES)
            .map(|minute| {
                let minute = first_minute + minute;
                let at = Timestamp::from_second(minute * 60).unwrap();
                minute + i64::from(zone.to_offset(at).seconds()) / 60
            })
            .collect();
        let last_shown: HashMap<i64, usize> =
            shown.iter().enumerate().map(|(minute, shown)| (*shown, minute)).collect();
        let first_day = shown[0].div_euclid(DAY_MINUTES) - 2;
        // By day, in minutes of the wall clock; a day's hours can still be open two days on.
        let hours: Vec<Vec<(i64, i64)>> = (first_day..first_day + WATCHED_DAYS + 5)
            .map(|day| {
                let date = Date::constant(1970, 1, 1).saturating_add(day.days());
                let midnight = day * DAY_MINUTES;
                plan.hours_on(date).iter().map(|(open, close)| (midnight + open, midnight + close)).collect()
            })
            .collect();
        let mut latest = i64::MIN;
        let open = shown
            .iter()
            .enumerate()
            .map(|(minute, shown)| {
                latest = latest.max(*shown);
                let today = (shown.div_euclid(DAY_MINUTES) - first_day) as usize;
                hours[today.saturating_sub(2)..=today + 1].iter().flatten().any(|(open, close)| {
                    let has_opened = latest >= *open;
                    let has_closed = latest >= *close;
                    let shows_close_again = || last_shown.get(close).is_some_and(|last| *last > minute);
                    has_opened && (!has_closed || shows_close_again())
                })
            })
            .collect();
        Witness { first_minute, open }
    }

    fn end(&self) -> i64 {
        (self.first_minute + self.open.len() as i64) * MINUTE
    }

    /// The pieces of open, unpaused time from `from`, in order, none longer than a minute.
    fn pieces(&self, from: i64, pauses: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let paused = |at: i64| pauses.iter().any(|(from, to)| *from <= at && at < *to);
        let mut pieces = Vec::new();
        for (index, _) in self.open.iter().enumerate().filter(|(_, open)| **open) {
            let minute = (self.first_minute + index as i64) * MINUTE;
            let (begin, end) = (minute.max(from), minute + MINUTE);
            if end <= begin {
                continue;
            }
            let ends_of_pauses = pauses.iter().flat_map(|(from, to)| [*from, *to]);
            let mut cuts: Vec<i64> = ends_of_pauses.filter(|cut| begin < *cut && *cut < end).collect();
            cuts.extend([begin, end]);
            cuts.sort_unstable();
            pieces.extend(cuts.windows(2).map(|cut| (cut[0], cut[1])).filter(|(a, b)| a < b && !paused(*a)));
        }
        pieces
    }

    fn due(&self, start: i64, amount: i64, pauses: &[(i64, i64)]) -> Option<i64> {
        let mut left = amount;
        for (begin, end) in self.pieces(start, pauses) {
            if left <= end - begin {
                return Some(begin + left);
            }
            left -= end - begin;
        }
        None
    }

    fn elapsed(&self, from: i64, to: i64, pauses: &[(i64, i64)]) -> i64 {
        self.pieces(from, pauses).iter().map(|(begin, end)| (to.min(*end) - begin).max(0)).sum()
    }
}

/// One calendar and one question about it, all in microseconds around `middle`.
#[derive(Debug, Clone)]
struct Question {
    plan: Plan,
    middle: Timestamp,
    start: i64,
    later: i64,
    amount: i64,
    pauses: Vec<(i64, i64)>,
}

impl Question {
    fn pauses(&self) -> Vec<Pause> {
        self.pauses.iter().map(|(from, to)| Pause { from: at(*from), to: Some(at(*to)) }).collect()
    }
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap()
}

fn open_for(micros: i64) -> BusinessTime {
    BusinessTime::from_micros(micros).unwrap()
}

fn hours() -> impl Strategy<Value = Vec<(i64, i64)>> {
    let usual = prop::sample::select(vec![
        vec![(9 * 60, 17 * 60)],
        vec![(495, 720), (780, 1125)],
        vec![(0, 1440)],
        vec![(22 * 60, 30 * 60)],
        vec![(22 * 60, 24 * 60)],
        vec![(1410, 1470)],
        vec![(90, 165)],
        vec![(0, 60), (120, 180)],
        vec![(60, 120)],
        vec![(0, 30), (1380, 1440)],
        vec![(1200, 2580)],
        vec![],
    ]);
    let any = (0..1440i64, 1..=1440i64).prop_map(|(open, length)| (open, open + length));
    // Exactly one day long would be written as ending where it starts.
    let any = any.prop_filter("a day long", |(open, close)| close - open < 1440);
    prop_oneof![4 => usual, 1 => prop::collection::vec(any, 0..3)]
}

/// A moment near a change of the zone's clocks, or any moment of some years.
fn moments(name: &'static str) -> impl Strategy<Value = Timestamp> {
    let changes: Vec<Timestamp> = zone(name)
        .following("2010-01-01T00:00:00Z".parse().unwrap())
        .map(|change| change.timestamp())
        .take_while(|at| at.as_second() < 1_900_000_000)
        .collect();
    let any = (1_260_000_000i64..1_900_000_000).prop_map(|second| Timestamp::from_second(second).unwrap());
    if changes.is_empty() {
        any.boxed()
    } else {
        prop_oneof![1 => any, 3 => prop::sample::select(changes)].boxed()
    }
}

fn questions() -> impl Strategy<Value = Question> {
    let zoned = prop::sample::select(ZONES.to_vec()).prop_flat_map(|zone| (Just(zone), moments(zone)));
    let days = || prop::collection::vec(-6..6i64, 0..4);
    let week = prop::collection::vec(hours(), 7)
        .prop_filter("open some day", |week| !week.iter().all(Vec::is_empty));
    let some_days = 2 * DAY_MINUTES * MINUTE;
    let times = (-some_days..some_days, 0..some_days, 0..40 * 60 * MINUTE, any::<bool>());
    let pauses = prop::collection::vec((-some_days..some_days, 0..DAY_MINUTES * MINUTE), 0..4);
    (zoned, week, days(), days(), times, pauses).prop_map(
        |((name, middle), week, holidays, open, times, pauses)| {
            let today = zone(name).to_datetime(middle).date();
            let dates =
                |offsets: Vec<i64>| offsets.iter().map(|days| today.saturating_add(days.days())).collect();
            let plan = Plan {
                zone: name,
                week,
                extra: vec![(600, 840)],
                holidays: dates(holidays),
                open: dates(open),
            };
            let (start, length, amount, whole) = times;
            let exact = |micros: i64| if whole { micros / (15 * MINUTE) * 15 * MINUTE } else { micros };
            let start = middle.as_microsecond() + exact(start);
            let pauses = pauses.into_iter().map(|(from, length)| {
                let from = middle.as_microsecond() + exact(from);
                (from, from + exact(length))
            });
            Question {
                plan,
                middle,
                start,
                later: start + exact(length),
                amount: exact(amount),
                pauses: pauses.collect(),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn minute_by_minute_it_comes_to_the_same(question in questions()) {
        let calendar = calendar(&question.plan.toml());
        let witness = Witness::watch(&question.plan, question.middle);
        let Question { start, later, amount, .. } = question;

        let open = calendar.elapsed(at(start), at(later), &question.pauses()).unwrap();
        prop_assert_eq!(open.as_micros(), witness.elapsed(start, later, &question.pauses));

        let due = calendar.due(at(start), open_for(amount), &question.pauses()).map(|due| due.unwrap().as_microsecond());
        match witness.due(start, amount, &question.pauses) {
            Some(witnessed) => prop_assert_eq!(due, Ok(witnessed)),
            // The witness stopped watching first.
            None => prop_assert!(due.is_err() || due.is_ok_and(|due| due >= witness.end())),
        }
    }

    #[test]
    fn what_is_due_has_just_elapsed(question in questions()) {
        let calendar = calendar(&question.plan.toml());
        let (start, amount, pauses) = (at(question.start), open_for(question.amount), question.pauses());
        let due = calendar.due(start, amount, &pauses).unwrap().unwrap();
        prop_assert_eq!(calendar.elapsed(start, due, &pauses), Ok(amount));
        if amount > BusinessTime::ZERO {
            let just_before = due - SignedDuration::from_micros(1);
            prop_assert_eq!(calendar.elapsed(start, just_before, &pauses), Ok(amount.less(open_for(1))));
        }
    }

    #[test]
    fn more_or_later_is_never_due_earlier(question in questions(), more in 0..10 * 60 * MINUTE) {
        let calendar = calendar(&question.plan.toml());
        let Question { start, later, amount, .. } = question;
        let due = |start: i64, amount: i64, pauses: &[Pause]| calendar.due(at(start), open_for(amount), pauses).unwrap();
        let pauses = question.pauses();
        prop_assert!(due(start, amount, &pauses) <= due(start, amount + more, &pauses));
        prop_assert!(due(start, amount, &pauses) <= due(later, amount, &pauses));
        prop_assert!(due(start, amount, &[]) <= due(start, amount, &pauses));
    }

    #[test]
    fn a_further_holiday_never_brings_a_due_forward(question in questions(), day in -3..6i64) {
        let mut shorter = question.plan.clone();
        let today = zone(question.plan.zone).to_datetime(question.middle).date();
        shorter.holidays.insert(today.saturating_add(day.days()));
        let due = |plan: &Plan| {
            calendar(&plan.toml()).due(at(question.start), open_for(question.amount), &question.pauses()).unwrap()
        };
        prop_assert!(due(&question.plan) <= due(&shorter));
    }

    #[test]
    fn time_elapsed_adds_up(question in questions(), part in 0.0..1.0f64) {
        let calendar = calendar(&question.plan.toml());
        let Question { start, later, .. } = question;
        let between = start + ((later - start) as f64 * part) as i64;
        let elapsed = |from, to| calendar.elapsed(at(from), at(to), &question.pauses()).unwrap().as_micros();
        prop_assert_eq!(elapsed(start, between) + elapsed(between, later), elapsed(start, later));
        let shown = calendar.spans(at(start), at(later)).unwrap();
        let open: i64 = shown.iter().map(|span| span.close.duration_since(span.open).as_micros() as i64).sum();
        prop_assert_eq!(open, calendar.elapsed(at(start), at(later), &[]).unwrap().as_micros());
        prop_assert!(shown.windows(2).all(|pair| pair[0].close < pair[1].open));
    }
}

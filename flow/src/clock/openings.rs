//! Open time laid out on the UTC line.
//!
//! A calendar's local hours become instants once per page of 256 days, and stay: merged, sorted, each opening
//! with the open time before it in its page. Adding and subtracting business time is then two binary searches.
//! All instants here are microseconds since 1970 UTC.

use std::borrow::Cow;
use std::sync::OnceLock;

use jiff::civil::{Date, DateTime, date};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

use super::{DAY_MICROS, Definition};

const PAGE_DAYS: i64 = 256;
const PAGE_MICROS: i64 = PAGE_DAYS * DAY_MICROS;
const EPOCH: Date = date(1970, 1, 1);

/// Pages kept once they are laid out: 1970 to 2110. Other times are laid out again each time they are asked for.
const PAGES_KEPT: usize = 200;

/// The days around a page whose hours can reach into it: hours go on until the end of the next day at most, and
/// local time is less than a day from UTC.
const DAYS_BEFORE_PAGE: i64 = 3;
const DAYS_AFTER_PAGE: i64 = 1;

/// A stretch of open time: from `open` until just before `close`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    pub open: i64,
    pub close: i64,
    /// Open microseconds in the page before this opening.
    before: i64,
}

/// The openings within one page's time, disjoint and in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    openings: Vec<Opening>,
    total: i64,
}

/// Where an amount of open time leads within a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It is used up at this instant.
    At(i64),
    /// The page ends first, and this much is left.
    Short(i64),
}

impl Page {
    /// Lays out stretches that are in order of opening, merging what overlaps or touches.
    fn from_sorted(stretches: impl Iterator<Item = (i64, i64)>) -> Page {
        let mut page = Page::default();
        for (open, close) in stretches {
            match page.openings.last_mut() {
                Some(last) if open <= last.close => {
                    page.total += (close - last.close).max(0);
                    last.close = last.close.max(close);
                }
                _ => {
                    page.openings.push(Opening { open, close, before: page.total });
                    page.total += close - open;
                }
            }
        }
        page
    }

    /// Open time in this page before `at`.
    fn open_before(&self, at: i64) -> i64 {
        let begun = self.openings.partition_point(|opening| opening.open < at);
        match self.openings[..begun].last() {
            Some(opening) => opening.before + at.min(opening.close) - opening.open,
            None => 0,
        }
    }

    /// The first instant by which `amount` has been open since `from`. None of it leads to the first open
    /// instant.
    fn reach(&self, from: i64, amount: i64) -> Reach {
        let passed = self.openings.partition_point(|opening| opening.close <= from);
        let ahead = &self.openings[passed..];
        let Some(first) = ahead.first() else {
            return Reach::Short(amount);
        };
        let begin = first.open.max(from);
        let needed = first.before + (begin - first.open) + amount;
        if needed > self.total {
            return Reach::Short(needed - self.total);
        }
        let closing_too_soon = ahead.partition_point(|o| o.before + (o.close - o.open) < needed);
        let last = &ahead[closing_too_soon];
        Reach::At(last.open + (needed - last.before))
    }
}

/// The pages of one calendar, laid out when they are first asked for.
#[derive(Debug, Clone)]
pub(super) struct Openings {
    kept: Box<[OnceLock<Page>]>,
}

impl Openings {
    pub fn new() -> Openings {
        Openings { kept: (0..PAGES_KEPT).map(|_| OnceLock::new()).collect() }
    }

    fn page(&self, definition: &Definition, number: i64) -> Cow<'_, Page> {
        match usize::try_from(number).ok().and_then(|kept| self.kept.get(kept)) {
            Some(page) => Cow::Borrowed(page.get_or_init(|| lay_out(definition, number))),
            None => Cow::Owned(lay_out(definition, number)),
        }
    }

    /// Open time from `from` until `to`.
    pub fn between(&self, definition: &Definition, from: i64, to: i64) -> i64 {
        let (first, last) = (from.div_euclid(PAGE_MICROS), to.div_euclid(PAGE_MICROS));
        let mut open = -self.page(definition, first).open_before(from);
        for number in first..last {
            open += self.page(definition, number).total;
        }
        open + self.page(definition, last).open_before(to)
    }

    /// The first instant by which `amount` has been open since `from`, if there is one until `until`.
    pub fn reach(&self, definition: &Definition, from: i64, amount: i64, until: i64) -> Option<i64> {
        let (mut from, mut left) = (from, amount);
        while from <= until {
            let number = from.div_euclid(PAGE_MICROS);
            match self.page(definition, number).reach(from, left) {
                Reach::At(at) => return (at <= until).then_some(at),
                Reach::Short(rest) => left = rest,
            }
            from = (number + 1) * PAGE_MICROS;
        }
        None
    }

    /// The openings between `from` and `to`, cut off there.
    pub fn within(&self, definition: &Definition, from: i64, to: i64) -> Vec<(i64, i64)> {
        let mut found: Vec<(i64, i64)> = Vec::new();
        for number in from.div_euclid(PAGE_MICROS)..=to.div_euclid(PAGE_MICROS) {
            let page = self.page(definition, number);
            let cut = page.openings.iter().map(|opening| (opening.open.max(from), opening.close.min(to)));
            for (open, close) in cut.filter(|(open, close)| open < close) {
                match found.last_mut() {
                    Some((_, end_of_page)) if *end_of_page == open => *end_of_page = close,
                    _ => found.push((open, close)),
                }
            }
        }
        found
    }
}

/// Finds the openings of a page: its days' local hours as instants, cut to the page's own time.
fn lay_out(definition: &Definition, number: i64) -> Page {
    let (start, end) = (number * PAGE_MICROS, (number + 1) * PAGE_MICROS);
    let first = EPOCH.saturating_add((number * PAGE_DAYS - DAYS_BEFORE_PAGE).days());
    let last = EPOCH.saturating_add(((number + 1) * PAGE_DAYS + DAYS_AFTER_PAGE).days());
    let holidays = definition.holidays.between(first, last, &definition.zone);

    let mut stretches: Vec<(i64, i64)> = Vec::new();
    for date in first.series(1.day()).take_while(|date| *date <= last) {
        let hours = definition.hours_on(date, holidays.contains_key(&date));
        for (open, close) in hours.iter().filter_map(|hours| hours.on(date)) {
            let open = instant(&definition.zone, open, Edge::Open);
            let close = instant(&definition.zone, close, Edge::Close);
            let (Some(open), Some(close)) = (open, close) else { continue };
            let (open, close) = (open.max(start), close.min(end));
            if open < close {
                stretches.push((open, close));
            }
        }
    }
    stretches.sort_unstable();
    Page::from_sorted(stretches.into_iter())
}

/// Which end of an opening a local time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Open,
    Close,
}

/// The instant of an opening's local start or end.
///
/// A time of day the clocks skip is the instant they skip it; one they show twice opens at the earlier instant
/// and closes at the later. None beyond the times that can be written.
fn instant(zone: &TimeZone, local: DateTime, edge: Edge) -> Option<i64> {
    let at = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok()?,
        AmbiguousOffset::Fold { before, after } => {
            let offset = if edge == Edge::Open { before } else { after };
            offset.to_timestamp(local).ok()?
        }
        AmbiguousOffset::Gap { after, .. } => {
            // Read with the offset from after the gap, a skipped time lies shortly before the gap.
            let shortly_before: Timestamp = after.to_timestamp(local).ok()?;
            zone.following(shortly_before).find(|change| change.offset() == after)?.timestamp()
        }
    };
    Some(at.as_microsecond())
}

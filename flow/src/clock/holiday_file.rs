//! Holidays from an iCalendar file (RFC 5545): its VEVENTs, with RRULE, RDATE, EXDATE and moved occasions.
//!
//! Every day of the calendar's zone that an event touches is a holiday. An event that is cancelled is none;
//! whether an event shows as busy or free does not matter, as many feeds mark holidays free.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::content_line::{self, ContentLine};
use super::event_time::EventTime;
use super::fault::{Complaint, FAULTS_MAX, Fault};
use super::holidays::{Holidays, Lasts, Occasion, Repeating};
use super::recurrence::{Reading, Recurrence};

/// The largest holiday file that is read.
pub(super) const FILE_BYTES_MAX: usize = 4 << 20;
/// The most days the single occasions of one file may take.
const DAYS_MAX: usize = 20_000;
/// The most repeating events in all files of a calendar.
const RULES_MAX: usize = 500;
const NAME_LETTERS_MAX: usize = 200;

/// Adds what `text` holds to the holidays; everything wrong in it becomes a fault.
pub(super) fn read(
    file: &str,
    text: &str,
    zone: &TimeZone,
    holidays: &mut Holidays,
    faults: &mut Vec<Fault>,
) {
    if text.len() > FILE_BYTES_MAX {
        let message = format!("the file has {} bytes", text.len());
        let hint = format!("a holiday file has at most {FILE_BYTES_MAX}; split it, or drop past years");
        faults.push(Complaint::new(message, hint).at(file, 1, 1));
        return;
    }
    let lines = content_line::read(file, text, faults);
    let events = events(file, &lines, faults);

    let mut found = Found { zone, moved: BTreeMap::new(), holidays, days: 0 };
    let noted =
        events.iter().filter_map(|event| found.note_moved(event).err()).take(FAULTS_MAX).collect::<Vec<_>>();
    let added = events.iter().filter_map(|event| found.add(event).err()).take(FAULTS_MAX).collect::<Vec<_>>();
    let wrong = noted.into_iter().chain(added).take(FAULTS_MAX);
    faults.extend(wrong.map(|(line, complaint)| line.fault(file, complaint)));
}

/// The lines of one VEVENT, without those of what it contains.
struct Event<'a> {
    begin: &'a ContentLine,
    lines: Vec<&'a ContentLine>,
}

impl<'a> Event<'a> {
    fn all(&self, name: &str) -> impl Iterator<Item = &'a ContentLine> {
        self.lines.iter().copied().filter(move |line| line.name == name)
    }

    fn first(&self, name: &str) -> Option<&'a ContentLine> {
        self.all(name).next()
    }

    /// The line of a property that may come once.
    fn one(&self, name: &str) -> Result<Option<&'a ContentLine>, Wrong<'a>> {
        match self.all(name).nth(1) {
            Some(second) => {
                Err((second, Complaint::new(format!("the event has {name} twice"), "keep one of them")))
            }
            None => Ok(self.first(name)),
        }
    }
}

/// What is wrong, and on which line.
type Wrong<'a> = (&'a ContentLine, Complaint);

fn events<'a>(file: &str, lines: &'a [ContentLine], faults: &mut Vec<Fault>) -> Vec<Event<'a>> {
    let mut events = Vec::new();
    let mut inside: Vec<&ContentLine> = Vec::new();
    if lines.first().is_none_or(|line| line.name != "BEGIN" || !line.value.eq_ignore_ascii_case("VCALENDAR"))
    {
        let complaint = Complaint::new("this is not an iCalendar file", "it starts with `BEGIN:VCALENDAR`");
        faults.push(complaint.at(file, 1, 1));
        return events;
    }
    for line in lines {
        match line.name.as_str() {
            "BEGIN" => {
                if line.value.eq_ignore_ascii_case("VEVENT") {
                    events.push(Event { begin: line, lines: Vec::new() });
                }
                inside.push(line);
            }
            "END" => {
                let begin = inside.pop();
                if begin.is_none_or(|begin| !begin.value.eq_ignore_ascii_case(&line.value)) {
                    let open = begin.map_or("nothing".to_owned(), |begin| {
                        format!("the `BEGIN:{}` of line {}", begin.value, begin.number)
                    });
                    let message = format!("`END:{}` ends {open}", line.value);
                    let complaint = Complaint::new(message, "let every BEGIN have its own END");
                    faults.push(line.fault(file, complaint));
                }
            }
            _ => {
                let in_event = inside.last().is_some_and(|begin| begin.value.eq_ignore_ascii_case("VEVENT"));
                if let (true, Some(event)) = (in_event, events.last_mut()) {
                    event.lines.push(line);
                }
            }
        }
    }
    for begin in inside {
        let message = format!("`BEGIN:{}` has no end", begin.value);
        faults.push(begin.fault(file, Complaint::new(message, format!("add `END:{}`", begin.value))));
    }
    events
}

/// What was found in a file so far.
struct Found<'a> {
    zone: &'a TimeZone,
    /// By UID, the times of an event that were moved or called off by an event of their own.
    moved: BTreeMap<&'a str, Vec<EventTime>>,
    holidays: &'a mut Holidays,
    days: usize,
}

impl<'a> Found<'a> {
    fn time(&self, line: &'a ContentLine, text: &str) -> Result<EventTime, Wrong<'a>> {
        EventTime::read(line, text, self.zone).map_err(|complaint| (line, complaint))
    }

    /// Remembers which time of a repeating event this one stands in for.
    fn note_moved(&mut self, event: &Event<'a>) -> Result<(), Wrong<'a>> {
        let (Some(line), Some(uid)) = (event.first("RECURRENCE-ID"), event.first("UID")) else {
            return Ok(());
        };
        if line.parameter("RANGE").is_some() {
            let hint = "end the event with UNTIL, and write the later times as an event of their own";
            return Err((line, Complaint::new("a change of all later times cannot be read", hint)));
        }
        let time = self.time(line, &line.value)?;
        self.moved.entry(&uid.value).or_default().push(time);
        Ok(())
    }

    fn add(&mut self, event: &Event<'a>) -> Result<(), Wrong<'a>> {
        if event.one("STATUS")?.is_some_and(|status| status.value.eq_ignore_ascii_case("CANCELLED")) {
            return Ok(());
        }
        let Some(start_line) = event.one("DTSTART")? else {
            return Err((
                event.begin,
                Complaint::new("the event has no DTSTART", "add the day it starts on"),
            ));
        };
        if let Some(line) = event.first("EXRULE") {
            let hint = "list the days with EXDATE; RFC 5545 no longer has EXRULE";
            return Err((line, Complaint::new("EXRULE cannot be read", hint)));
        }
        let start = self.time(start_line, &start_line.value)?;
        let name =
            event.one("SUMMARY")?.map(|line| line.text().chars().take(NAME_LETTERS_MAX).collect::<String>());
        let name = name.filter(|name| !name.trim().is_empty());
        let occasion = Occasion { lasts: self.lasts(event, &start)?, name };
        let except = self.except(event, &start)?;

        let mut single = vec![(start.date(), occasion.clone())];
        single.extend(self.listed(event, &start, &occasion)?);
        for (date, occasion) in single.iter().filter(|(date, _)| !except.contains(date)) {
            self.add_single(event.begin, *date, occasion)?;
        }
        if let Some(line) = event.one("RRULE")? {
            self.add_repeating(line, &start, occasion, except)?;
        }
        Ok(())
    }

    /// Adds the days of an occasion that comes once.
    fn add_single(
        &mut self,
        begin: &'a ContentLine,
        date: Date,
        occasion: &Occasion,
    ) -> Result<(), Wrong<'a>> {
        let Some((first, last)) = occasion.days_from(date, self.zone) else { return Ok(()) };
        for day in first.series(1.day()).take_while(|day| *day <= last) {
            self.days += 1;
            if self.days > DAYS_MAX {
                let message = format!("the file has more than {DAYS_MAX} days of holidays");
                return Err((
                    begin,
                    Complaint::new(message, "drop past years, or repeat an event with RRULE"),
                ));
            }
            self.holidays.add(day, occasion.name.as_deref());
        }
        Ok(())
    }

    fn add_repeating(
        &mut self,
        line: &'a ContentLine,
        start: &EventTime,
        occasion: Occasion,
        except: BTreeSet<Date>,
    ) -> Result<(), Wrong<'a>> {
        if self.holidays.repeating.len() >= RULES_MAX {
            let message = format!("the calendar has more than {RULES_MAX} repeating events");
            return Err((line, Complaint::new(message, "drop those that are no holidays")));
        }
        let until = |text: &str| {
            let until = EventTime::read(line, text, self.zone)?.by_clock_of(start);
            Ok(match (&until, start) {
                // A day is too late when its time of day comes after that moment.
                (EventTime::Moment(until, _), EventTime::Moment(start, _)) if start.time() > until.time() => {
                    until.date().saturating_sub(1.day())
                }
                _ => until.date(),
            })
        };
        let whole_days = matches!(start, EventTime::Day(_));
        let reading = Reading { first: start.date(), whole_days, until: &until };
        let rule = Recurrence::parse(&line.value, &reading).map_err(|complaint| (line, complaint))?;
        self.holidays.repeating.push(Repeating { occasion, first: start.date(), rule, except });
        Ok(())
    }

    /// How long an event lasts: until its DTEND, or for its DURATION.
    fn lasts(&self, event: &Event<'a>, start: &EventTime) -> Result<Lasts, Wrong<'a>> {
        match (event.one("DTEND")?, event.one("DURATION")?) {
            (Some(_), Some(line)) => {
                Err((line, Complaint::new("the event has both DTEND and DURATION", "keep one of them")))
            }
            (Some(line), None) => {
                start.lasts_until(&self.time(line, &line.value)?).map_err(|complaint| (line, complaint))
            }
            (None, Some(line)) => start.lasts_for(&line.value).map_err(|complaint| (line, complaint)),
            (None, None) => Ok(start.lasts()),
        }
    }

    /// The days an event does not start on after all: EXDATE, and times that were moved or called off.
    fn except(&self, event: &Event<'a>, start: &EventTime) -> Result<BTreeSet<Date>, Wrong<'a>> {
        let mut except = BTreeSet::new();
        for line in event.all("EXDATE") {
            for text in line.value.split(',') {
                except.insert(self.time(line, text)?.by_clock_of(start).date());
            }
        }
        if let (Some(uid), None) = (event.first("UID"), event.first("RECURRENCE-ID")) {
            let moved = self.moved.get(uid.value.as_str()).into_iter().flatten();
            except.extend(moved.map(|moved| moved.clone().by_clock_of(start).date()));
        }
        Ok(except)
    }

    /// The further times RDATE lists, each as long as the event unless it says otherwise.
    fn listed(
        &self,
        event: &Event<'a>,
        start: &EventTime,
        occasion: &Occasion,
    ) -> Result<Vec<(Date, Occasion)>, Wrong<'a>> {
        let mut listed = Vec::new();
        for line in event.all("RDATE") {
            for text in line.value.split(',') {
                let (begin, end) =
                    text.split_once('/').map_or((text, None), |(begin, end)| (begin, Some(end)));
                let begin = self.time(line, begin)?.by_clock_of(start);
                let lasts = match end {
                    None => begin.lasts_as(&occasion.lasts),
                    Some(end) if end.starts_with(['P', 'p']) => begin.lasts_for(end),
                    Some(end) => begin.lasts_until(&self.time(line, end)?),
                };
                let lasts = lasts.map_err(|complaint| (line, complaint))?;
                listed.push((begin.date(), Occasion { lasts, name: occasion.name.clone() }));
            }
        }
        Ok(listed)
    }
}

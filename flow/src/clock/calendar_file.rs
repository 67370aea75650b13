//! A calendar from its TOML file, with everything wrong in it told at once.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Complaint, FAULTS_MAX, Fault};
use super::holidays::Holidays;
use super::hours::{Hours, Week};
use super::{Calendar, Definition, holiday_file, zones};
use crate::nearest::nearest;

/// The largest calendar file that is read.
const FILE_BYTES_MAX: usize = 1 << 20;
/// The longest list in a calendar: of dates, of holiday files, of intervals a day.
const LIST_MAX: usize = 10_000;
const HOLIDAY_FILES_MAX: usize = 20;
const HOURS_A_DAY_MAX: usize = 48;

const KEYS: [&str; 5] = ["zone", "holidays", "holiday_files", "open", "hours"];
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];
const EXTRA: &str = "extra";

impl Calendar {
    /// Reads a calendar from the TOML text of `file`.
    ///
    /// ```toml
    /// zone = "Europe/Berlin"
    /// holidays = ["2026-12-25", "2026-12-26"]
    /// holiday_files = ["de-by.ics"]
    /// open = ["2026-12-27"]       # extra days: that weekday's hours, else hours.extra; wins over a holiday
    /// [hours]
    /// mon = ["09:00-12:30", "13:30-18:00"]
    /// fri = ["09:00-16:00", "22:00-02:00"]
    /// extra = ["10:00-14:00"]
    /// ```
    ///
    /// `read_holiday_file` gives the text of a file in `holiday_files`, or says why it cannot. `file` is only the
    /// name that faults carry. Errors: all faults of the calendar and its holiday files, in order, up to 200 a file.
    pub fn parse(
        file: &str,
        text: &str,
        read_holiday_file: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> Result<Calendar, Vec<Fault>> {
        let mut reading = Reading { file, text, faults: Vec::new() };
        let definition = reading.definition(read_holiday_file);
        let mut faults = reading.faults;
        match definition {
            Some(definition) if faults.is_empty() => Ok(Calendar::new(definition)),
            _ => {
                // The calendar's own faults first, then each holiday file's, as a reader goes through them.
                faults.sort_by(|a, b| (a.file != file, a).cmp(&(b.file != file, b)));
                Err(faults)
            }
        }
    }
}

/// A calendar file being read, and what was found wrong so far.
struct Reading<'a> {
    file: &'a str,
    text: &'a str,
    faults: Vec<Fault>,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl Reading<'_> {
    fn definition(
        &mut self,
        read_holiday_file: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> Option<Definition> {
        if self.text.len() > FILE_BYTES_MAX {
            let message = format!("the file has {} bytes", self.text.len());
            self.wrong(0, Complaint::new(message, format!("a calendar has at most {FILE_BYTES_MAX}")));
            return None;
        }
        let (table, errors) = DeTable::parse_recoverable(self.text);
        if !errors.is_empty() {
            for error in errors {
                let at = error.span().map_or(0, |span| span.start);
                let message = error.message().trim().replace('\n', ", ");
                self.wrong(at, Complaint::new(message, "write it as TOML: `key = value`, texts in quotes"));
            }
            return None;
        }
        let table = table.get_ref();
        for (key, _) in table.iter() {
            self.check_key(key.get_ref(), key.span().start, &KEYS);
        }

        let zone = self.zone(table.get("zone"));
        let faults_before = self.faults.len();
        let week = self.week(table.get("hours"));
        // Hours that cannot be read are not missing; then only they are told.
        let hours_are_sound = self.faults.len() == faults_before;
        let mut holidays = Holidays::default();
        for (_, day) in self.dates("holidays", table.get("holidays")) {
            holidays.add(day, None);
        }
        let extra_days = self.dates("open", table.get("open"));
        if hours_are_sound {
            self.check_extra_days_open(&extra_days, &week);
        }
        if hours_are_sound && week.is_closed() && extra_days.is_empty() {
            let at = table.get("hours").map_or(0, |hours| hours.span().start);
            let hint = "give at least one weekday hours, such as `mon = [\"09:00-17:00\"]` under `[hours]`";
            self.wrong(at, Complaint::new("the calendar never opens", hint));
        }
        // A holiday file can be checked even when the zone is not known.
        let file_zone = zone.clone().unwrap_or(TimeZone::UTC);
        for (at, name) in self.texts("holiday_files", table.get("holiday_files"), HOLIDAY_FILES_MAX) {
            match read_holiday_file(name) {
                Ok(text) => {
                    holiday_file::read(name, &text, &file_zone, &mut holidays, &mut self.faults);
                }
                Err(why) => {
                    let message = format!("the holiday file `{name}` cannot be read: {why}");
                    self.wrong(
                        at,
                        Complaint::new(message, "check its name; it is looked for beside the calendar"),
                    );
                }
            }
        }
        let extra_days = extra_days.into_iter().map(|(_, day)| day).collect();
        Some(Definition { zone: zone?, week, holidays, extra_days })
    }

    fn zone(&mut self, value: Option<&Value>) -> Option<TimeZone> {
        let Some(value) = value else {
            self.wrong(
                0,
                Complaint::new("the calendar has no zone", "add `zone = \"Europe/Berlin\"`, or yours"),
            );
            return None;
        };
        let Some(name) = value.get_ref().as_str() else {
            self.wrong_kind(value, "zone", "a text", "\"Europe/Berlin\"");
            return None;
        };
        match zones::named(name) {
            Ok(zone) => Some(zone),
            Err(complaint) => {
                self.wrong(value.span().start, complaint);
                None
            }
        }
    }

    fn week(&mut self, value: Option<&Value>) -> Week {
        let mut week = Week::default();
        let Some(value) = value else { return week };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_kind(value, "hours", "a table", "[hours]");
            return week;
        };
        let names: Vec<&str> = WEEKDAYS.iter().map(|(name, _)| *name).chain([EXTRA]).collect();
        for (key, value) in table.iter() {
            let name = key.get_ref().as_ref();
            if !self.check_key(name, key.span().start, &names) {
                continue;
            }
            let hours = self.hours(name, value);
            match WEEKDAYS.iter().find(|(known, _)| *known == name) {
                Some((_, weekday)) => week.set(*weekday, hours),
                None => week.extra = hours,
            }
        }
        week
    }

    fn hours(&mut self, key: &str, value: &Value) -> Vec<Hours> {
        let mut hours = Vec::new();
        for (at, text) in self.texts(key, Some(value), HOURS_A_DAY_MAX) {
            match Hours::parse(text) {
                Ok(read) => hours.push(read),
                Err(complaint) => self.wrong(at, complaint),
            }
        }
        hours
    }

    /// An extra opening day that has no hours would stay closed.
    fn check_extra_days_open(&mut self, days: &[(usize, Date)], week: &Week) {
        for (at, day) in days.iter().filter(|(_, day)| week.on_extra_day(day.weekday()).is_empty()) {
            let (name, _) = WEEKDAYS[day.weekday().to_monday_zero_offset() as usize];
            let message =
                format!("`{day}` has no hours to open: neither `hours.{name}` nor `hours.extra` is set");
            self.wrong(*at, Complaint::new(message, "add `extra = [\"10:00-14:00\"]` under `[hours]`"));
        }
    }

    /// A list of dates, each a text or a TOML date, with their places in the file.
    fn dates(&mut self, key: &str, value: Option<&Value>) -> Vec<(usize, Date)> {
        let mut dates = Vec::new();
        for item in self.list(key, value, LIST_MAX) {
            let written = match item.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Datetime(date) => date.to_string(),
                _ => {
                    self.wrong_kind(item, key, "a list of dates", "[\"2026-12-25\"]");
                    continue;
                }
            };
            let in_form = written.len() == 10 && written.as_bytes().get(4) == Some(&b'-');
            match written.parse::<Date>() {
                Ok(date) if in_form => dates.push((item.span().start, date)),
                _ => {
                    let hint = "write a day that exists as year, month, day: `2026-12-25`";
                    self.wrong(item.span().start, Complaint::new(format!("`{written}` is not a date"), hint));
                }
            }
        }
        dates
    }

    /// A list of texts with their places in the file.
    fn texts<'v>(&mut self, key: &str, value: Option<&'v Value<'v>>, most: usize) -> Vec<(usize, &'v str)> {
        let mut texts = Vec::new();
        for item in self.list(key, value, most) {
            match item.get_ref().as_str() {
                Some(text) => texts.push((item.span().start, text)),
                None => self.wrong_kind(item, key, "a list of texts", "[\"…\"]"),
            }
        }
        texts
    }

    fn list<'v>(&mut self, key: &str, value: Option<&'v Value<'v>>, most: usize) -> &'v [Value<'v>] {
        let Some(value) = value else { return &[] };
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_kind(value, key, "a list", "[\"…\"]");
            return &[];
        };
        if list.len() > most {
            let complaint =
                Complaint::new(format!("`{key}` lists {}", list.len()), format!("it may list {most}"));
            self.wrong(value.span().start, complaint);
            return &[];
        }
        list
    }

    /// Whether a key is known; if it is not, that is a fault.
    fn check_key(&mut self, key: &str, at: usize, known: &[&str]) -> bool {
        if known.contains(&key) {
            return true;
        }
        let hint = match nearest(key, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the keys here are {}", known.join(", ")),
        };
        self.wrong(at, Complaint::new(format!("unknown key `{key}`"), hint));
        false
    }

    fn wrong_kind(&mut self, value: &Value, key: &str, wanted: &str, example: &str) {
        let message = format!("`{key}` is {wanted}, and this is {}", value.get_ref().type_str());
        self.wrong(value.span().start, Complaint::new(message, format!("write it as `{example}`")));
    }

    /// Notes a fault at a byte of the file.
    fn wrong(&mut self, at: usize, complaint: Complaint) {
        if self.faults.len() >= FAULTS_MAX {
            return;
        }
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        self.faults.push(complaint.at(self.file, line, column));
    }
}

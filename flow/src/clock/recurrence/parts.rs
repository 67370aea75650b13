//! The parts of a recurrence rule as they are written: `NAME=value`.

use std::collections::BTreeMap;

use jiff::civil::Weekday;

use super::{ByDay, Frequency};
use crate::clock::fault::Complaint;
use crate::nearest::nearest;

/// The parts of a rule, taken out one by one.
pub(super) struct Parts<'a>(BTreeMap<String, &'a str>);

const PARTS: [&str; 14] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYWEEKNO",
    "BYYEARDAY",
    "BYMONTHDAY",
    "BYDAY",
    "BYSETPOS",
    "WKST",
    "BYHOUR",
    "BYMINUTE",
    "BYSECOND",
];

impl<'a> Parts<'a> {
    pub fn split(text: &'a str) -> Result<Parts<'a>, Complaint> {
        let mut parts = BTreeMap::new();
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                return Err(Complaint::new(
                    format!("`{part}` is not a part of a rule"),
                    "write `NAME=value`",
                ));
            };
            let name = name.to_ascii_uppercase();
            if !PARTS.contains(&name.as_str()) {
                let hint = match nearest(&name, PARTS) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("use {}", PARTS.join(", ")),
                };
                return Err(Complaint::new(format!("unknown part `{name}` in the rule"), hint));
            }
            if parts.insert(name.clone(), value).is_some() {
                return Err(Complaint::new(format!("the rule has `{name}` twice"), "keep one of them"));
            }
        }
        Ok(Parts(parts))
    }

    pub fn take(&mut self, name: &str) -> Option<&'a str> {
        self.0.remove(name)
    }

    pub fn frequency(&mut self) -> Result<Frequency, Complaint> {
        match self.take("FREQ").map(str::to_ascii_uppercase).as_deref() {
            Some("DAILY") => Ok(Frequency::Daily),
            Some("WEEKLY") => Ok(Frequency::Weekly),
            Some("MONTHLY") => Ok(Frequency::Monthly),
            Some("YEARLY") => Ok(Frequency::Yearly),
            Some(other) => Err(Complaint::new(
                format!("a holiday cannot repeat `{other}`"),
                "use DAILY, WEEKLY, MONTHLY or YEARLY",
            )),
            None => Err(Complaint::new("the rule has no FREQ", "start it with `FREQ=YEARLY`")),
        }
    }

    pub fn number(&mut self, name: &str, least: i32, most: i32) -> Result<Option<i32>, Complaint> {
        let Some(text) = self.take(name) else { return Ok(None) };
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(out_of_range(name, text, &format!("{least} to {most}"))),
        }
    }

    /// Numbers from 1 to `most`; where `from_end` says so, also from -1 down to -`most`.
    pub fn numbers(&mut self, name: &str, most: i16, from_end: bool) -> Result<Vec<i16>, Complaint> {
        let Some(list) = self.take(name) else { return Ok(Vec::new()) };
        let range = if from_end { format!("1 to {most} or -{most} to -1") } else { format!("1 to {most}") };
        list.split(',')
            .map(|text| match text.parse::<i16>() {
                Ok(number) if (1..=most).contains(&number) => Ok(number),
                Ok(number) if from_end && (-most..=-1).contains(&number) => Ok(number),
                _ => Err(out_of_range(name, text, &range)),
            })
            .collect()
    }

    pub fn days(&mut self) -> Result<Vec<ByDay>, Complaint> {
        let Some(list) = self.take("BYDAY") else { return Ok(Vec::new()) };
        list.split(',').map(by_day).collect()
    }

    /// What is left are times of day. Whole days have none, and RFC 5545 says to ignore them there.
    pub fn finish(self, whole_days: bool) -> Result<(), Complaint> {
        match self.0.first_key_value() {
            Some((name, _)) if !whole_days => Err(Complaint::new(
                format!("the rule has a `{name}`, and a holiday comes once a day at most"),
                "drop it: the time of day is that of DTSTART",
            )),
            _ => Ok(()),
        }
    }
}

fn out_of_range(name: &str, text: &str, range: &str) -> Complaint {
    Complaint::new(format!("`{text}` is no number for {name}"), format!("write {range}"))
}

/// `MO`, `1MO`, `-1MO`.
fn by_day(text: &str) -> Result<ByDay, Complaint> {
    let letters = text.len().saturating_sub(2);
    let (Some(number), Some(name)) = (text.get(..letters), text.get(letters..)) else {
        return Err(unknown_weekday(text));
    };
    let weekday = weekday(name).map_err(|_| unknown_weekday(text))?;
    let nth = match number {
        "" => 0,
        number => {
            number.parse().ok().filter(|nth| *nth != 0 && (-53..=53).contains(nth)).ok_or_else(|| {
                out_of_range("BYDAY", text, "a weekday, or one with a number, such as `4TH` or `-1MO`")
            })?
        }
    };
    Ok(ByDay { nth, weekday })
}

pub(super) fn weekday(text: &str) -> Result<Weekday, Complaint> {
    match text.to_ascii_uppercase().as_str() {
        "MO" => Ok(Weekday::Monday),
        "TU" => Ok(Weekday::Tuesday),
        "WE" => Ok(Weekday::Wednesday),
        "TH" => Ok(Weekday::Thursday),
        "FR" => Ok(Weekday::Friday),
        "SA" => Ok(Weekday::Saturday),
        "SU" => Ok(Weekday::Sunday),
        _ => Err(unknown_weekday(text)),
    }
}

fn unknown_weekday(text: &str) -> Complaint {
    Complaint::new(format!("unknown weekday `{text}`"), "write MO, TU, WE, TH, FR, SA or SU")
}

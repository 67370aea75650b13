//! Opening hours as people write them: `09:00-17:30`, on a weekday.

use jiff::civil::{Date, DateTime, Time, Weekday};

use super::fault::Complaint;

const DAY_MINUTES: u16 = 24 * 60;

/// One opening on the day it starts on, in local minutes since that day's midnight.
///
/// `open` is before 24:00; `close` is after `open` and counts on past midnight, at most a day after
/// `open`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hours {
    open: u16,
    close: u16,
}

impl Hours {
    /// Reads `09:00-17:30`, `22:00-02:00` (past midnight) or `00:00-24:00` (the whole day).
    pub fn parse(text: &str) -> Result<Hours, Complaint> {
        let Some((open, close)) = text.split_once('-') else {
            return Err(Complaint::new(
                format!("`{text}` is not an interval"),
                "write the opening and the closing time, such as `09:00-17:30`",
            ));
        };
        let open = minutes(open)?;
        let close = minutes(close)?;
        if open == DAY_MINUTES {
            return Err(Complaint::new(
                format!("`{text}` starts at the end of its day"),
                "start at `00:00` on the next weekday",
            ));
        }
        if open == close {
            return Err(Complaint::new(
                format!("`{text}` ends where it starts"),
                "write `00:00-24:00` for a whole day, or drop the interval",
            ));
        }
        let past_midnight = close < open;
        Ok(Hours { open, close: if past_midnight { close + DAY_MINUTES } else { close } })
    }

    /// The local times these hours open and close at when they start on `date`; none at the end of time.
    pub fn on(self, date: Date) -> Option<(DateTime, DateTime)> {
        let closing_date = if self.close < DAY_MINUTES { date } else { date.tomorrow().ok()? };
        Some((
            date.to_datetime(time_of_day(self.open)),
            closing_date.to_datetime(time_of_day(self.close % DAY_MINUTES)),
        ))
    }

    /// As a person reads it: `09:00–17:30`, `22:00–02:00 the next day`, `all day`.
    pub fn in_words(self) -> String {
        if (self.open, self.close) == (0, DAY_MINUTES) {
            return "all day".to_owned();
        }
        let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        if self.close > DAY_MINUTES {
            return format!("{}–{} the next day", clock(self.open), clock(self.close - DAY_MINUTES));
        }
        format!("{}–{}", clock(self.open), clock(self.close))
    }
}

/// Minutes since midnight of `HH:MM`, up to `24:00`.
fn minutes(text: &str) -> Result<u16, Complaint> {
    let written = text.as_bytes();
    let two_digits = |at: usize| {
        let pair = written.get(at..at + 2)?;
        pair.iter()
            .all(u8::is_ascii_digit)
            .then(|| u16::from(pair[0] - b'0') * 10 + u16::from(pair[1] - b'0'))
    };
    let (Some(hour), Some(minute), 5, Some(b':')) =
        (two_digits(0), two_digits(3), written.len(), written.get(2))
    else {
        return Err(Complaint::new(
            format!("`{text}` is not a time of day"),
            "write two digits each for hours and minutes, such as `09:00`",
        ));
    };
    if minute > 59 {
        return Err(Complaint::new(
            format!("`{text}` has {minute} minutes"),
            "an hour has minutes `00` to `59`",
        ));
    }
    let minutes = hour * 60 + minute;
    if minutes > DAY_MINUTES {
        return Err(Complaint::new(
            format!("`{text}` is after the end of the day"),
            "a day ends at `24:00`; past midnight write the time of the next day, such as `22:00-02:00`",
        ));
    }
    Ok(minutes)
}

fn time_of_day(minutes: u16) -> Time {
    // Below 24:00 by construction, so both parts fit.
    Time::constant((minutes / 60) as i8, (minutes % 60) as i8, 0, 0)
}

/// The hours of each weekday, and those an extra opening day has when its weekday has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Week {
    days: [Vec<Hours>; 7],
    pub extra: Vec<Hours>,
}

impl Week {
    pub fn on(&self, weekday: Weekday) -> &[Hours] {
        &self.days[weekday.to_monday_zero_offset() as usize]
    }

    pub fn set(&mut self, weekday: Weekday, hours: Vec<Hours>) {
        self.days[weekday.to_monday_zero_offset() as usize] = hours;
    }

    /// The hours of an extra opening day: that weekday's, else `extra`.
    pub fn on_extra_day(&self, weekday: Weekday) -> &[Hours] {
        match self.on(weekday) {
            [] => &self.extra,
            hours => hours,
        }
    }

    /// Whether no weekday has hours.
    pub fn is_closed(&self) -> bool {
        self.days.iter().all(Vec::is_empty)
    }
}

//! An amount of business time.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::fmt::temporal::SpanParser;
use serde::{Deserialize, Serialize};

/// An amount of open time, never negative, exact to the microsecond.
///
/// Written as an ISO 8601 duration of hours, minutes and seconds: `PT8H`, `PT1H30M`, `PT3600S`. Days and
/// anything longer are refused, because a business day has no length of its own: is `P1D` the eight hours that
/// are open, or the twenty-four until this time tomorrow? Fractions finer than a microsecond are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct BusinessTime {
    micros: i64,
}

/// Why a text or a number is not an amount of business time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// A duration with days, weeks, months or years.
    #[error(
        "`{0}` counts days, and a business day has no fixed length; write hours, minutes and seconds, such as `PT8H`"
    )]
    Days(String),
    /// Less than nothing.
    #[error("`{0}` is negative; an amount of business time starts at `PT0S`")]
    Negative(String),
    /// Anything else that cannot be read.
    #[error("`{0}` is not a duration; write hours, minutes and seconds, such as `PT8H` or `PT1H30M`")]
    Malformed(String),
}

impl BusinessTime {
    pub const ZERO: BusinessTime = BusinessTime { micros: 0 };

    /// An amount from whole microseconds; refuses less than none.
    pub fn from_micros(micros: i64) -> Result<BusinessTime, AmountError> {
        if micros < 0 {
            return Err(AmountError::Negative(SignedDuration::from_micros(micros).to_string()));
        }
        Ok(BusinessTime { micros })
    }

    /// An amount that was counted up, and so is not negative.
    pub(super) fn from_counted(micros: i64) -> BusinessTime {
        BusinessTime { micros: micros.max(0) }
    }

    pub const fn as_micros(self) -> i64 {
        self.micros
    }

    /// In seconds, with the microseconds after the point. Exact as decimal text up to 285 years.
    pub fn as_seconds(self) -> f64 {
        self.micros as f64 / 1_000_000.0
    }

    /// What is left of this amount once `used` is gone; none when more was used than there was.
    ///
    /// A changed calendar keeps what was used and counts the rest by its own hours:
    /// `new.due(now, amount.less(old.elapsed(start, now, pauses)?), …)`.
    pub fn less(self, used: BusinessTime) -> BusinessTime {
        BusinessTime { micros: self.micros.saturating_sub(used.micros).max(0) }
    }
}

impl FromStr for BusinessTime {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<BusinessTime, AmountError> {
        let malformed = || AmountError::Malformed(text.to_owned());
        let counts_days =
            text.split(['T', 't']).next().is_some_and(|date| date.contains(|c: char| c.is_ascii_digit()));
        if counts_days && text.trim_start_matches(['+', '-']).starts_with(['P', 'p']) {
            return Err(AmountError::Days(text.to_owned()));
        }
        let duration = SpanParser::new().parse_duration(text).map_err(|_| malformed())?;
        if duration.is_negative() {
            return Err(AmountError::Negative(text.to_owned()));
        }
        let micros = i64::try_from(duration.as_micros()).map_err(|_| malformed())?;
        Ok(BusinessTime { micros })
    }
}

impl TryFrom<String> for BusinessTime {
    type Error = AmountError;

    fn try_from(text: String) -> Result<BusinessTime, AmountError> {
        text.parse()
    }
}

impl From<BusinessTime> for String {
    fn from(amount: BusinessTime) -> String {
        amount.to_string()
    }
}

/// As an ISO 8601 duration: `PT8H30M`.
impl fmt::Display for BusinessTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&SignedDuration::from_micros(self.micros), f)
    }
}

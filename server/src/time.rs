//! The clock as a value, so that nothing deep inside asks the machine for the time.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Tells the present.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock, to the microsecond, as the store and the record keep it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

/// A day or an instant that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a day like 2026-11-22 nor a time like 2026-11-22T10:00:00Z")]
pub struct PeriodError(String);

/// One end of a period, from a day (in UTC) or an instant: of a day its beginning, or where it is the last one its end.
/// Empty is none.
///
/// # Errors
/// When it is neither.
pub fn period(text: &str, is_last: bool) -> Result<Option<Timestamp>, PeriodError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Some(at));
    }
    let day = text.parse::<Date>().and_then(|day| if is_last { day.tomorrow() } else { Ok(day) });
    let instant = day.and_then(|day| day.to_zoned(TimeZone::UTC));
    let shown: String = text.chars().take(60).collect();
    instant.map(|instant| Some(instant.timestamp())).map_err(|_| PeriodError(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_read_by_days_or_instants() {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert_eq!(period("2026-11-22", false).unwrap(), at("2026-11-22T00:00:00Z"));
        assert_eq!(period("2026-11-22", true).unwrap(), at("2026-11-23T00:00:00Z"));
        assert_eq!(period("2026-11-22T10:00:00Z", true).unwrap(), at("2026-11-22T10:00:00Z"));
        assert_eq!(period(" ", true).unwrap(), None);
        assert!(period("yesterday", false).is_err() && period("2026-13-01", true).is_err());
    }
}

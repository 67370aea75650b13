//! How an amount of business time is written.

use super::amount;
use crate::clock::{AmountError, BusinessTime};

fn refused(text: &str) -> AmountError {
    text.parse::<BusinessTime>().unwrap_err()
}

#[test]
fn an_amount_is_hours_minutes_and_seconds() {
    let micros = |text| amount(text).as_micros();
    assert_eq!(micros("PT8H"), 28_800_000_000);
    assert_eq!(micros("PT3600S"), 3_600_000_000);
    assert_eq!(micros("PT1H30M0.5S"), 5_400_500_000);
    assert_eq!(micros("PT0S"), 0);
    assert_eq!(micros("PT0.0000019S"), 1);
}

#[test]
fn days_are_refused_because_a_business_day_has_no_length() {
    for text in ["P1D", "P1DT8H", "P2W", "P1M", "P1Y"] {
        assert_eq!(refused(text), AmountError::Days(text.to_owned()));
    }
    assert!(refused("P1D").to_string().contains("write hours, minutes and seconds, such as `PT8H`"));
}

#[test]
fn anything_else_is_refused() {
    assert_eq!(refused("-PT1H"), AmountError::Negative("-PT1H".to_owned()));
    assert!(BusinessTime::from_micros(-1).is_err());
    for text in
        ["", "P", "PT", "8h", "8", "PT8", "PT1.5H30M", "PT8H ", "PT99999999999999999S", "T8H", "1D", "Zeit"]
    {
        assert_eq!(refused(text), AmountError::Malformed(text.to_owned()));
    }
}

#[test]
fn an_amount_is_written_as_it_is_read() {
    for text in ["PT8H", "PT1H30M", "PT0S", "PT12.345678S"] {
        assert_eq!(amount(text).to_string(), text);
        assert_eq!(serde_json::to_string(&amount(text)).unwrap(), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<BusinessTime>(&format!("\"{text}\"")).unwrap(), amount(text));
    }
    assert!(serde_json::from_str::<BusinessTime>("\"P1D\"").is_err());
}

#[test]
fn less_stops_at_nothing() {
    assert_eq!(amount("PT3H").less(amount("PT1H")), amount("PT2H"));
    assert_eq!(amount("PT1H").less(amount("PT3H")), BusinessTime::ZERO);
}

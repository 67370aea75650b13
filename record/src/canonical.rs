//! Canonical JSON: RFC 8785 (JCS), narrowed to what every language reads alike.
//!
//! RFC 8785 writes every number as a double. Two integers beyond 2^53 can then share one text, and so one
//! commitment, silently; so only integers of a magnitude below 2^53 are allowed, and no fractions.

use serde::Serialize;

/// Integers at or beyond this magnitude, 2^53, do not survive a JSON reader that uses doubles.
pub const INTEGER_BOUND: u64 = 1 << 53;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    #[error("the value cannot be written as JSON: {0}")]
    NotJson(String),
    #[error(
        "number `{number}` at byte {at} is not an integer below 2^53; write it as text, or in a smaller unit"
    )]
    Number { number: String, at: usize },
    #[error("JSON is not in canonical form (RFC 8785): it differs first at byte {at}")]
    NotCanonical { at: usize },
}

/// The canonical bytes of a value: keys sorted, no white space, integers only.
///
/// A whole double such as `3.0` is the integer 3, in JSON and here.
///
/// # Errors
/// When the value has no JSON form (NaN, infinity, a map with a key twice or keys that are no text) or holds
/// a number that is not an integer below 2^53.
pub fn canonical<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let bytes =
        serde_json_canonicalizer::to_vec(&value).map_err(|e| CanonicalError::NotJson(e.to_string()))?;
    check_numbers(&bytes)?;
    Ok(bytes)
}

/// Reads bytes that must already be canonical.
///
/// # Errors
/// When they are not JSON, hold a forbidden number, or are not what [`canonical`] would write for the value
/// they hold; that last one also catches white space, a key given twice, and needless escapes.
pub fn parse(bytes: &[u8]) -> Result<serde_json::Value, CanonicalError> {
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|e| CanonicalError::NotJson(e.to_string()))?;
    let again = canonical(&value)?;
    match first_difference(&again, bytes) {
        None => Ok(value),
        Some(at) => Err(CanonicalError::NotCanonical { at }),
    }
}

/// Where two byte strings part, if they do.
pub(crate) fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    let shared = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    (shared < a.len().max(b.len())).then_some(shared)
}

/// Looks at each number outside of strings in JSON that is known to be well formed.
fn check_numbers(json: &[u8]) -> Result<(), CanonicalError> {
    let mut at = 0;
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => at = end_of_string(json, at),
            b'-' | b'0'..=b'9' => {
                let length = json[at..].iter().take_while(|b| is_number_byte(**b)).count();
                check_number(&json[at..at + length], at)?;
                at += length;
            }
            _ => at += 1,
        }
    }
    Ok(())
}

/// The byte after the string that opens at `start`.
fn end_of_string(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

fn is_number_byte(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

fn check_number(number: &[u8], at: usize) -> Result<(), CanonicalError> {
    let text = String::from_utf8_lossy(number);
    match text.parse::<i64>() {
        Ok(integer) if integer.unsigned_abs() < INTEGER_BOUND => Ok(()),
        _ => Err(CanonicalError::Number { number: text.into_owned(), at }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_and_nothing_is_spent_on_white_space() {
        let bytes = canonical(&json!({"b": [1, -2], "a": {"é": "\u{1}\"\\", "Z": null}})).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), r#"{"a":{"Z":null,"é":"\u0001\"\\"},"b":[1,-2]}"#);
    }

    #[test]
    fn numbers_that_readers_disagree_about_are_refused() {
        let bound = 1_i64 << 53;
        for bad in [json!(0.5), json!(1e300), json!(bound), json!(-bound), json!(u64::MAX), json!(bound + 1)]
        {
            let error = canonical(&json!({ "n": bad })).unwrap_err();
            assert!(matches!(error, CanonicalError::Number { at: 5, .. }), "{error}");
        }
        assert!(canonical(&f64::NAN).is_err());
        assert!(canonical(&f64::INFINITY).is_err());
        assert!(canonical(&json!([bound - 1, 1 - bound, 0])).is_ok());
        assert!(canonical(&json!({"1.5": "2.5e9 \\\" 3.5"})).is_ok(), "numbers in text are text");
    }

    #[test]
    fn parse_accepts_only_what_canonical_writes() {
        assert_eq!(parse(br#"{"a":1,"b":2}"#).unwrap(), json!({"a": 1, "b": 2}));
        for bad in [
            r#"{"b":2,"a":1}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a":1, "b":2}"#,
            r#"{"a":1.0}"#,
            r#"{"a":1e0}"#,
            r#"{"a":-0}"#,
            r#"{"a":9007199254740993}"#,
            "{\"a\":\"\\u0041\"}",
            r#"{"a":1}x"#,
            "{\"a\":1}\n",
            r#"{"a":1"#,
            "",
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert_eq!(parse(br#"{"a":1 }"#), Err(CanonicalError::NotCanonical { at: 6 }));
    }
}

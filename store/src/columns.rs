//! Values of the domain out of a row's columns, whichever database gave the row: ids, times as microseconds, words as
//! text, the rest as JSON.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::StoreError;

/// A row of some database. A column is named by its place, from 0.
pub(crate) trait Columns {
    /// What the database's driver says when a column is not what it should be.
    type Error;

    /// A text or nothing.
    fn text(&self, at: usize) -> Result<Option<&str>, Self::Error>;
    /// A number or nothing; a truth is 1 or 0.
    fn int(&self, at: usize) -> Result<Option<i64>, Self::Error>;
    /// Bytes or nothing.
    fn blob(&self, at: usize) -> Result<Option<&[u8]>, Self::Error>;
    /// An id or nothing; the one that stands for nobody in a key is nothing too.
    fn uuid(&self, at: usize) -> Result<Option<Uuid>, Self::Error>;
    /// A column holds something else than it should.
    fn bad(at: usize, why: String) -> Self::Error;
}

type Read<T, R> = Result<T, <R as Columns>::Error>;

fn must<T, R: Columns>(at: usize, what: &str, value: Option<T>) -> Read<T, R> {
    value.ok_or_else(|| R::bad(at, format!("{what} is missing")))
}

/// An id.
pub(crate) fn id<T: From<Uuid>, R: Columns>(row: &R, at: usize) -> Read<T, R> {
    must::<_, R>(at, "an id", maybe_id(row, at)?)
}

/// An id or nothing.
pub(crate) fn maybe_id<T: From<Uuid>, R: Columns>(row: &R, at: usize) -> Read<Option<T>, R> {
    Ok(row.uuid(at)?.map(T::from))
}

/// A time.
pub(crate) fn time<R: Columns>(row: &R, at: usize) -> Read<Timestamp, R> {
    must::<_, R>(at, "a time", maybe_time(row, at)?)
}

/// A time or nothing.
pub(crate) fn maybe_time<R: Columns>(row: &R, at: usize) -> Read<Option<Timestamp>, R> {
    let micros = row.int(at)?.map(Timestamp::from_microsecond);
    micros.transpose().map_err(|error| R::bad(at, error.to_string()))
}

/// A number.
pub(crate) fn number<R: Columns>(row: &R, at: usize) -> Read<i64, R> {
    must::<_, R>(at, "a number", row.int(at)?)
}

/// A count, never negative.
pub(crate) fn count<R: Columns>(row: &R, at: usize) -> Read<u64, R> {
    u64::try_from(number(row, at)?).map_err(|error| R::bad(at, error.to_string()))
}

/// A truth.
pub(crate) fn flag<R: Columns>(row: &R, at: usize) -> Read<bool, R> {
    Ok(number(row, at)? != 0)
}

/// A text.
pub(crate) fn string<R: Columns>(row: &R, at: usize) -> Read<String, R> {
    must::<_, R>(at, "a text", maybe_string(row, at)?)
}

/// A text or nothing.
pub(crate) fn maybe_string<R: Columns>(row: &R, at: usize) -> Read<Option<String>, R> {
    Ok(row.text(at)?.map(str::to_owned))
}

/// A word of a closed list.
pub(crate) fn word<T, R: Columns>(row: &R, at: usize, read: impl Fn(&str) -> Option<T>) -> Read<T, R> {
    let text = must::<_, R>(at, "a word", row.text(at)?)?;
    read(text).ok_or_else(|| R::bad(at, format!("`{text}` is no known word")))
}

/// A value kept as JSON.
pub(crate) fn json<T: DeserializeOwned, R: Columns>(row: &R, at: usize) -> Read<T, R> {
    let text = must::<_, R>(at, "a value", row.text(at)?)?;
    serde_json::from_str(text).map_err(|error| R::bad(at, error.to_string()))
}

/// A value kept as the bytes of JSON, or nothing.
pub(crate) fn maybe_payload<T: DeserializeOwned, R: Columns>(row: &R, at: usize) -> Read<Option<T>, R> {
    let value = row.blob(at)?.map(serde_json::from_slice).transpose();
    value.map_err(|error| R::bad(at, error.to_string()))
}

/// Bytes.
pub(crate) fn bytes<R: Columns>(row: &R, at: usize) -> Read<Vec<u8>, R> {
    must::<_, R>(at, "a file", row.blob(at)?).map(<[u8]>::to_vec)
}

/// A digest or random bytes.
pub(crate) fn bytes32<R: Columns>(row: &R, at: usize) -> Read<[u8; 32], R> {
    must::<_, R>(at, "a digest", maybe_bytes32(row, at)?)
}

/// A digest or random bytes, or nothing.
pub(crate) fn maybe_bytes32<R: Columns>(row: &R, at: usize) -> Read<Option<[u8; 32]>, R> {
    let bytes = row.blob(at)?.map(<[u8; 32]>::try_from).transpose();
    bytes.map_err(|error| R::bad(at, error.to_string()))
}

/// A time as a column. The last second of all time is cut to its beginning: a time must be readable again, and the
/// microseconds after that are none that [`Timestamp::from_microsecond`] takes.
pub(crate) fn us(at: Timestamp) -> i64 {
    at.as_microsecond().min(Timestamp::MAX.as_second() * 1_000_000)
}

/// A value to be kept as JSON.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Value(error.to_string()))
}

/// A bound as a column: beyond what a column holds means no bound.
pub(crate) fn limit<T>(bound: T) -> i64
where
    i64: TryFrom<T>,
{
    i64::try_from(bound).unwrap_or(i64::MAX)
}

/// A count as a column.
pub(crate) fn int(count: u64) -> Result<i64, StoreError> {
    i64::try_from(count)
        .map_err(|_| StoreError::Value(format!("{count} is beyond what the database can hold")))
}

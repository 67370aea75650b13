//! Values of the domain as columns, and back: ids as 16 bytes, times as microseconds, words as text, the rest as JSON.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSqlError, Type};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::StoreError;

type Read<T> = rusqlite::Result<T>;

/// A time as a column. The last second of all time is cut to its beginning: a time must be readable again, and the
/// microseconds after that are none that [`Timestamp::from_microsecond`] takes.
pub(super) fn us(at: Timestamp) -> i64 {
    at.as_microsecond().min(Timestamp::MAX.as_second() * 1_000_000)
}

/// An id.
pub(super) fn id<T: From<Uuid>>(row: &Row<'_>, at: usize) -> Read<T> {
    maybe_id(row, at)?.ok_or_else(|| bad(at, Type::Null, "an id is missing"))
}

/// An id or nothing; an empty one is nothing too.
pub(super) fn maybe_id<T: From<Uuid>>(row: &Row<'_>, at: usize) -> Read<Option<T>> {
    let bytes = row.get_ref(at)?.as_blob_or_null().map_err(|error| from_sql(at, error))?;
    match bytes {
        None | Some([]) => Ok(None),
        Some(bytes) => match Uuid::from_slice(bytes) {
            Ok(uuid) => Ok(Some(T::from(uuid))),
            Err(error) => Err(bad(at, Type::Blob, error)),
        },
    }
}

/// A time.
pub(super) fn time(row: &Row<'_>, at: usize) -> Read<Timestamp> {
    maybe_time(row, at)?.ok_or_else(|| bad(at, Type::Null, "a time is missing"))
}

/// A time or nothing.
pub(super) fn maybe_time(row: &Row<'_>, at: usize) -> Read<Option<Timestamp>> {
    let micros: Option<i64> = row.get(at)?;
    micros
        .map(|micros| Timestamp::from_microsecond(micros).map_err(|error| bad(at, Type::Integer, error)))
        .transpose()
}

/// A count, never negative.
pub(super) fn count(row: &Row<'_>, at: usize) -> Read<u64> {
    let number: i64 = row.get(at)?;
    u64::try_from(number).map_err(|error| bad(at, Type::Integer, error))
}

/// A word of a closed list.
pub(super) fn word<T>(row: &Row<'_>, at: usize, read: impl Fn(&str) -> Option<T>) -> Read<T> {
    let text = row.get_ref(at)?.as_str().map_err(|error| from_sql(at, error))?;
    read(text).ok_or_else(|| bad(at, Type::Text, format!("`{text}` is no known word")))
}

/// A value kept as JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> Read<T> {
    let text = row.get_ref(at)?.as_str().map_err(|error| from_sql(at, error))?;
    serde_json::from_str(text).map_err(|error| bad(at, Type::Text, error))
}

/// A digest or random bytes.
pub(super) fn bytes32(row: &Row<'_>, at: usize) -> Read<[u8; 32]> {
    maybe_bytes32(row, at)?.ok_or_else(|| bad(at, Type::Null, "32 bytes are missing"))
}

/// A digest or random bytes, or nothing.
pub(super) fn maybe_bytes32(row: &Row<'_>, at: usize) -> Read<Option<[u8; 32]>> {
    let bytes = row.get_ref(at)?.as_blob_or_null().map_err(|error| from_sql(at, error))?;
    bytes.map(|bytes| <[u8; 32]>::try_from(bytes).map_err(|error| bad(at, Type::Blob, error))).transpose()
}

/// A value to be kept as JSON.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Value(error.to_string()))
}

/// A bound as a column: beyond what a column holds means no bound.
pub(super) fn limit<T>(bound: T) -> i64
where
    i64: TryFrom<T>,
{
    i64::try_from(bound).unwrap_or(i64::MAX)
}

/// A count as a column.
pub(super) fn int(count: u64) -> Result<i64, StoreError> {
    i64::try_from(count)
        .map_err(|_| StoreError::Value(format!("{count} is beyond what the database can hold")))
}

fn from_sql(at: usize, error: FromSqlError) -> rusqlite::Error {
    bad(at, Type::Null, error)
}

fn bad(
    at: usize,
    found: Type,
    error: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(at, found, error.into())
}

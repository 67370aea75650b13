//! Columns of SQLite: ids as 16 bytes, times as microseconds, words as text, the rest as JSON.

use rusqlite::Row;
use rusqlite::types::{FromSqlError, Type, Value};
use uuid::Uuid;

use crate::columns::Columns;
pub(super) use crate::columns::{
    bytes32, count, id, int, json, limit, maybe_id, maybe_time, time, to_json, us,
};
use crate::lists::Term;

impl Columns for Row<'_> {
    type Error = rusqlite::Error;

    fn text(&self, at: usize) -> rusqlite::Result<Option<&str>> {
        self.get_ref(at)?.as_str_or_null().map_err(|error| from_sql(at, error))
    }

    fn int(&self, at: usize) -> rusqlite::Result<Option<i64>> {
        self.get_ref(at)?.as_i64_or_null().map_err(|error| from_sql(at, error))
    }

    fn blob(&self, at: usize) -> rusqlite::Result<Option<&[u8]>> {
        self.get_ref(at)?.as_blob_or_null().map_err(|error| from_sql(at, error))
    }

    /// An empty one is nothing too.
    fn uuid(&self, at: usize) -> rusqlite::Result<Option<Uuid>> {
        let bytes = self.blob(at)?.filter(|bytes| !bytes.is_empty());
        bytes
            .map(|bytes| Uuid::from_slice(bytes).map_err(|error| Self::bad(at, error.to_string())))
            .transpose()
    }

    fn bad(at: usize, why: String) -> rusqlite::Error {
        rusqlite::Error::FromSqlConversionFailure(at, Type::Null, why.into())
    }
}

/// A value of a condition.
pub(super) fn value(term: Term) -> Value {
    match term {
        Term::Id(id) => Value::Blob(id.as_bytes().to_vec()),
        Term::Text(text) => Value::Text(text),
        Term::Int(number) => Value::Integer(number),
    }
}

fn from_sql(at: usize, error: FromSqlError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(at, Type::Null, Box::new(error))
}

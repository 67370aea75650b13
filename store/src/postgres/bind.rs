//! Columns of PostgreSQL: ids as uuids, times as microseconds, words as text, the rest as JSON.

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};
use uuid::Uuid;

use crate::StoreError;
use crate::columns::Columns;
pub(super) use crate::columns::int;
use crate::lists::Term;
use crate::postgres::link::Given;

impl Columns for Row {
    type Error = StoreError;

    fn text(&self, at: usize) -> Result<Option<&str>, StoreError> {
        get(self, at)
    }

    fn int(&self, at: usize) -> Result<Option<i64>, StoreError> {
        match self.columns().get(at).map(|column| column.type_()) {
            Some(&Type::BOOL) => Ok(get::<Option<bool>>(self, at)?.map(i64::from)),
            _ => get(self, at),
        }
    }

    fn blob(&self, at: usize) -> Result<Option<&[u8]>, StoreError> {
        get(self, at)
    }

    /// The nil one is nothing too.
    fn uuid(&self, at: usize) -> Result<Option<Uuid>, StoreError> {
        Ok(get::<Option<Uuid>>(self, at)?.filter(|id| !id.is_nil()))
    }

    fn bad(at: usize, why: String) -> StoreError {
        StoreError::Value(format!("column {at}: {why}"))
    }
}

fn get<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<T, StoreError> {
    row.try_get(at).map_err(|error| StoreError::Value(super::fault::words(&error)))
}

/// A value of a condition.
pub(super) fn value(term: Term) -> Given<'static> {
    match term {
        Term::Id(id) => Box::new(id),
        Term::Text(text) => Box::new(text),
        Term::Int(number) => Box::new(number),
    }
}

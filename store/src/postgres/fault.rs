//! What PostgreSQL says, in the words of the port.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use crate::StoreError;

/// Why a statement did not work.
#[derive(Debug)]
pub(super) struct Fault {
    pub error: StoreError,
    /// The connection is of no more use; another one may do.
    pub lost: bool,
    /// The same once more may do: nothing is wrong with what was asked.
    pub passing: bool,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        match error.as_db_error() {
            Some(said) => of_state(said),
            None if is_ours(&error) => {
                Fault { error: StoreError::Value(words(&error)), lost: false, passing: false }
            }
            None => lost(words(&error)),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        Fault { error, lost: false, passing: false }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> StoreError {
        fault.error
    }
}

/// The connection broke off.
pub(super) fn lost(why: String) -> Fault {
    Fault { error: StoreError::Unavailable(why), lost: true, passing: true }
}

/// An error with all its reasons. Never the address, which may hold a password.
pub(super) fn words(error: &Error) -> String {
    if let Some(said) = error.as_db_error() {
        return format!("{} ({})", said.message(), said.code().code());
    }
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

fn of_state(said: &DbError) -> Fault {
    let code = said.code();
    let class = code.code().get(..2).unwrap_or_default();
    let words = format!("{} ({})", said.message(), code.code());
    let stays = |error| Fault { error, lost: false, passing: false };
    let again = |error, lost| Fault { error, lost, passing: true };
    match class {
        _ if *code == SqlState::UNIQUE_VIOLATION => stays(StoreError::Conflict),
        _ if *code == SqlState::DISK_FULL => stays(StoreError::Full(words)),
        // Plans of before a change of the schema, and statements that a pooler gave to another connection.
        _ if *code == SqlState::FEATURE_NOT_SUPPORTED || *code == SqlState::INVALID_SQL_STATEMENT_NAME => {
            again(StoreError::Unavailable(words), true)
        }
        // Somebody else was in the way: a deadlock, a lock that was waited for too long.
        "40" | "55" => again(StoreError::Unavailable(words), false),
        // The server goes down or comes up, has no room, or has become one that only reads.
        "08" | "25" | "53" | "57" => again(StoreError::Unavailable(words), true),
        "XX" => stays(StoreError::Corrupt(words)),
        "28" | "3D" => stays(StoreError::Unavailable(words)),
        _ => stays(StoreError::Value(words)),
    }
}

/// A value that did not fit its column, before anything was sent or after everything came.
fn is_ours(error: &Error) -> bool {
    let text = error.to_string();
    text.starts_with("error serializing")
        || text.starts_with("error deserializing")
        || text.contains("parameters")
}

//! What SQLite says, in the words of the port.

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::StoreError;

/// Why a statement did not work, where nothing has been written for good.
pub(super) fn store_error(error: &rusqlite::Error) -> StoreError {
    let rusqlite::Error::SqliteFailure(failure, _) = error else {
        return StoreError::Value(error.to_string());
    };
    match failure.code {
        ErrorCode::DiskFull => StoreError::Full(error.to_string()),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt(error.to_string()),
        ErrorCode::ConstraintViolation if is_double(failure) => StoreError::Conflict,
        ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig => {
            StoreError::Value(error.to_string())
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            StoreError::Unavailable(format!("another program holds it: {error}"))
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// Why a COMMIT did not work. After an input or output error nobody can tell whether its last page reached the disk.
pub(super) fn commit_error(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure) => StoreError::Unsure(error.to_string()),
        _ => store_error(error),
    }
}

/// A row that must be unique is there already.
fn is_double(failure: &ffi::Error) -> bool {
    matches!(
        failure.extended_code,
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID
    )
}

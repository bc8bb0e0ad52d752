//! Sorts what SQLite reports by what the operator can do about it.

use cutover_runtime::connection::{StoreError, StoreErrorKind, ViolationKind};
use rusqlite::{Error, ErrorCode, ffi};

/// Returns an error in the engine's terms.
pub(crate) fn fault(place: &str, error: &Error) -> StoreError {
    StoreError { kind: kind(error), place: place.to_string(), cause: cause(error) }
}

/// Returns which kind of constraint a row violates, if that is what went wrong.
pub(crate) fn violation(error: &Error) -> Option<ViolationKind> {
    let Error::SqliteFailure(failure, _) = error else { return None };
    Some(match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            ViolationKind::Unique
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => ViolationKind::NotNull,
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ViolationKind::ForeignKey,
        _ if failure.code == ErrorCode::ConstraintViolation => ViolationKind::Check,
        // A text in an INTEGER PRIMARY KEY.
        _ if failure.code == ErrorCode::TypeMismatch => ViolationKind::Check,
        _ => return None,
    })
}

/// Returns SQLite's own words.
pub(crate) fn cause(error: &Error) -> String {
    match error {
        Error::SqliteFailure(_, Some(message)) => message.clone(),
        Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

fn kind(error: &Error) -> StoreErrorKind {
    match error.sqlite_error_code() {
        // A quota or a limit of the process is no full disk to SQLite.
        _ if error.sqlite_extended_error_code() == Some(ffi::SQLITE_IOERR_WRITE) => StoreErrorKind::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreErrorKind::Locked,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => StoreErrorKind::ReadOnly,
        Some(ErrorCode::DiskFull) => StoreErrorKind::Full,
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreErrorKind::NotADatabase,
        Some(ErrorCode::ConstraintViolation) => StoreErrorKind::Constraint,
        _ if cause(error).starts_with("no such ") => StoreErrorKind::OtherSchema,
        _ => StoreErrorKind::Other,
    }
}

//! Sorts what PostgreSQL reports by what the operator can do about it. Details of its messages hold values of rows, and
//! are left out.

use cutover_runtime::connection::{StoreError, StoreErrorKind, ViolationKind};
use cutover_server::{Encryption, ServerUrl};
use postgres::Error;
use postgres::error::{DbError, SqlState};

/// Returns an error in the engine's terms.
pub(crate) fn fault(place: &str, error: &Error) -> StoreError {
    StoreError { kind: kind(error), place: place.to_string(), cause: cause(error) }
}

/// Returns why no connection came about, and where encryption is the reason, what to do about it.
pub(crate) fn unconnected(url: &ServerUrl, encryption: &Encryption, error: &Error) -> StoreError {
    let place = url.place();
    if let Some(cause) = encryption.refusal(url, error) {
        return StoreError { kind: StoreErrorKind::Encryption, place, cause };
    }
    let mut fault = fault(&place, error);
    match error.as_db_error().map(DbError::message) {
        None if fault.cause.contains("server does not support TLS") => fault.cause = encryption.not_offered(),
        Some(message) if unencrypted(message) => {
            fault.cause += "; where the server demands encryption write sslmode=verify-full or sslmode=require, else \
                            its pg_hba.conf needs a line for this user and host";
        }
        Some(message) if encrypted(message) => {
            fault.cause += "; its pg_hba.conf needs a line for this user and host that holds with encryption, or the \
                            URL sslmode=disable";
        }
        _ => {}
    }
    fault
}

/// Returns which kind of constraint a row violates, if that is what went wrong.
pub(crate) fn violation(error: &DbError) -> Option<ViolationKind> {
    Some(match error.code() {
        &SqlState::UNIQUE_VIOLATION | &SqlState::EXCLUSION_VIOLATION => ViolationKind::Unique,
        &SqlState::NOT_NULL_VIOLATION => ViolationKind::NotNull,
        &SqlState::FOREIGN_KEY_VIOLATION => ViolationKind::ForeignKey,
        // What a trigger raises, a view refuses, or a type cannot hold.
        &SqlState::RAISE_EXCEPTION | &SqlState::WITH_CHECK_OPTION_VIOLATION => ViolationKind::Check,
        code if ["22", "23"].contains(&code.code().get(..2)?) => ViolationKind::Check,
        _ => return None,
    })
}

fn cause(error: &Error) -> String {
    let Some(db) = error.as_db_error() else { return chain(error) };
    let hint = db.hint().map_or(String::new(), |hint| format!(" ({hint})"));
    match *db.code() {
        SqlState::READ_ONLY_SQL_TRANSACTION => format!("{}; is it a standby?{hint}", db.message()),
        _ => format!("{}{hint}", db.message()),
    }
}

/// Returns an error that no server reported, with what lies below it.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut below = std::error::Error::source(error);
    while let Some(error) = below {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        below = error.source();
    }
    text
}

fn kind(error: &Error) -> StoreErrorKind {
    match error.as_db_error() {
        Some(db) => reported(db),
        None => unreported(error),
    }
}

fn reported(error: &DbError) -> StoreErrorKind {
    let class = error.code().code().get(..2).unwrap_or_default();
    match error.code() {
        &SqlState::INVALID_AUTHORIZATION_SPECIFICATION
            if unencrypted(error.message()) || encrypted(error.message()) =>
        {
            StoreErrorKind::Encryption
        }
        &SqlState::INVALID_CATALOG_NAME | &SqlState::INVALID_SCHEMA_NAME => StoreErrorKind::Absent,
        &SqlState::INSUFFICIENT_PRIVILEGE | &SqlState::READ_ONLY_SQL_TRANSACTION => StoreErrorKind::Denied,
        &SqlState::UNDEFINED_TABLE | &SqlState::UNDEFINED_COLUMN => StoreErrorKind::OtherSchema,
        &SqlState::DATATYPE_MISMATCH | &SqlState::UNDEFINED_FUNCTION => StoreErrorKind::OtherSchema,
        &SqlState::DISK_FULL => StoreErrorKind::Full,
        &SqlState::LOCK_NOT_AVAILABLE | &SqlState::T_R_DEADLOCK_DETECTED => StoreErrorKind::Locked,
        &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::OBJECT_IN_USE => StoreErrorKind::Locked,
        &SqlState::ADMIN_SHUTDOWN | &SqlState::CRASH_SHUTDOWN => StoreErrorKind::Gone,
        &SqlState::CANNOT_CONNECT_NOW => StoreErrorKind::Gone,
        _ if class == "28" => StoreErrorKind::Denied,
        _ if class == "08" => StoreErrorKind::Gone,
        _ if class == "23" => StoreErrorKind::Constraint,
        _ => StoreErrorKind::Other,
    }
}

/// The server tells in words only that it does not take this user without encryption.
fn unencrypted(message: &str) -> bool {
    message.contains("no encryption") || message.contains("SSL off")
}

/// The same of a user whom it does not take with encryption.
fn encrypted(message: &str) -> bool {
    message.contains("SSL encryption") || message.contains("SSL on")
}

fn unreported(error: &Error) -> StoreErrorKind {
    let mut below = std::error::Error::source(error);
    while let Some(error) = below {
        if error.is::<std::io::Error>() {
            return StoreErrorKind::Gone;
        }
        below = error.source();
    }
    let told = error.to_string();
    match () {
        () if error.is_closed() || told.contains("timeout") => StoreErrorKind::Gone,
        () if told.contains("TLS") => StoreErrorKind::Encryption,
        () if told.contains("password missing") || told.contains("authentication") => StoreErrorKind::Denied,
        () => StoreErrorKind::Other,
    }
}

//! Sorts what MariaDB reports by what the operator can do about it. Its messages are kept, but for the values of rows.

use cutover_runtime::connection::{StoreError, StoreErrorKind, ViolationKind};
use cutover_server::{Encryption, ServerUrl, SslMode};
use mysql::{DriverError, Error, MySqlError};
use std::error::Error as _;

/// Returns an error in the engine's terms.
pub(crate) fn fault(place: &str, error: &Error) -> StoreError {
    StoreError { kind: kind(error), place: place.to_string(), cause: cause(error) }
}

/// Returns why no connection came about, and where encryption is the reason, what to do about it.
pub(crate) fn unconnected(url: &ServerUrl, encryption: &Encryption, error: &Error) -> StoreError {
    let mut fault = fault(&url.place(), error);
    if let Some(cause) = encryption.refusal(url, inner(error)) {
        (fault.kind, fault.cause) = (StoreErrorKind::Encryption, cause);
    } else if let Error::DriverError(DriverError::TlsNotSupported) = error {
        fault.cause = encryption.not_offered();
    } else if let (StoreErrorKind::Encryption, SslMode::Disable) = (fault.kind, encryption.mode) {
        fault.cause += "; write sslmode=verify-full or sslmode=require";
    } else if fault.kind == StoreErrorKind::Denied && encryption.mode == SslMode::Disable {
        // The server refuses an account that demands encryption in the words of a wrong password.
        fault.cause += "; the connection is not encrypted, which the account or the server may demand";
    }
    fault
}

/// Returns what an error wraps, since it does not say so itself.
fn inner(error: &Error) -> &(dyn std::error::Error + 'static) {
    match error {
        Error::IoError(error) => error,
        Error::CodecError(error) => error,
        Error::TlsError(error) => error,
        other => other,
    }
}

/// Returns which kind of constraint a row violates, if that is what went wrong.
pub(crate) fn violation(error: &MySqlError) -> Option<ViolationKind> {
    Some(match error.code {
        1022 | 1062 | 1169 | 1586 => ViolationKind::Unique,
        1048 | 1364 => ViolationKind::NotNull,
        1216 | 1217 | 1451 | 1452 => ViolationKind::ForeignKey,
        // CHECK of MariaDB and of MySQL; too long, out of range, cut, no such value; what a trigger signals.
        4025 | 3819 | 1264 | 1265 | 1292 | 1300 | 1366 | 1406 | 1411 | 1441 | 1644 | 1690 => ViolationKind::Check,
        _ if ["22", "23", "45"].iter().any(|class| error.state.starts_with(class)) => ViolationKind::Check,
        _ => return None,
    })
}

/// Returns whether a warning tells that a value was not kept as it was sent.
pub(crate) fn loses(code: &str) -> bool {
    ["1048", "1264", "1265", "1292", "1300", "1364", "1366", "1406", "1411", "1441", "1690"].contains(&code)
}

/// Returns the constraint and the column out of a message; columns and keys stand in backticks or quotes there.
pub(crate) fn named(message: &str) -> (Option<String>, Option<String>) {
    let after = |word: &str| message.split_once(word).and_then(|(_, rest)| quoted(rest));
    let key = message.rsplit_once(" for key ").and_then(|(_, rest)| quoted(rest));
    let constraint = after("CONSTRAINT ").filter(|_| message.contains("CONSTRAINT `"));
    let foreign = after("FOREIGN KEY (");
    let column = message.rsplit_once(" for column ").and_then(|(_, rest)| quoted(rest.split(" at row").next()?));
    let null = message.strip_prefix("Column ").and_then(quoted);
    let default = message.strip_prefix("Field ").and_then(quoted);
    (key.or(constraint), foreign.or(column).or(null).or(default))
}

/// Returns what a message says of a column, without the value that it may repeat.
pub(crate) fn without_value(message: &str) -> &str {
    let what = message.split(" for column").next().unwrap_or(message);
    what.split(": '").next().unwrap_or(what)
}

/// Returns the last part of a name such as 'key', `db`.`table`.`column` or 'table.key'.
fn quoted(text: &str) -> Option<String> {
    let mark = text.chars().next().filter(|mark| ['\'', '`'].contains(mark))?;
    let mut rest = text;
    loop {
        let (name, after) = rest.strip_prefix(mark)?.split_once(mark)?;
        match after.strip_prefix('.') {
            Some(next) if next.starts_with(mark) => rest = next,
            _ => return Some(name.to_string()),
        }
    }
}

fn cause(error: &Error) -> String {
    match error {
        Error::MySqlError(error) if violation(error).is_some() => {
            let (constraint, column) = named(&error.message);
            let name = constraint.or(column).unwrap_or_else(|| format!("error {}", error.code));
            format!("a constraint refuses a row: {name}")
        }
        Error::MySqlError(error) => format!("{} (error {})", error.message, error.code),
        Error::IoError(error) => error.to_string(),
        Error::DriverError(DriverError::CouldNotConnect(Some((address, why, _)))) => format!("{address}: {why}"),
        Error::DriverError(error) => error.to_string(),
        Error::TlsError(error) => format!("the connection cannot be encrypted: {error}"),
        Error::CodecError(error) => error.source().map_or_else(|| error.to_string(), ToString::to_string),
        other => other.to_string(),
    }
}

fn kind(error: &Error) -> StoreErrorKind {
    match error {
        Error::MySqlError(error) => reported(error),
        Error::DriverError(DriverError::PacketTooLarge) => StoreErrorKind::TooLarge,
        Error::DriverError(DriverError::TlsNotSupported) | Error::TlsError(_) => StoreErrorKind::Encryption,
        Error::DriverError(DriverError::UnknownAuthPlugin(_) | DriverError::CleartextPluginDisabled) => {
            StoreErrorKind::Denied
        }
        Error::IoError(_) | Error::CodecError(_) | Error::DriverError(_) => StoreErrorKind::Gone,
        _ => StoreErrorKind::Other,
    }
}

fn reported(error: &MySqlError) -> StoreErrorKind {
    match error.code {
        1049 => StoreErrorKind::Absent,
        // Transports and accounts that demand encryption say so by words or numbers of their own.
        3159 | 4151 => StoreErrorKind::Encryption,
        1044 | 1045 | 1142 | 1143 | 1227 | 1290 | 1370 | 1410 | 1698 | 1792 | 1836 => StoreErrorKind::Denied,
        1054 | 1146 => StoreErrorKind::OtherSchema,
        1021 | 1114 => StoreErrorKind::Full,
        1205 | 1213 | 1040 | 1203 | 1226 => StoreErrorKind::Locked,
        1053 | 1077 | 1079 | 1080 | 1152 | 1158 | 1159 | 1160 | 1161 | 1184 | 1927 => StoreErrorKind::Gone,
        1153 | 1301 => StoreErrorKind::TooLarge,
        _ if violation(error).is_some() => StoreErrorKind::Constraint,
        _ => StoreErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_and_columns_are_found_in_messages() {
        let check = |message: &str, constraint: Option<&str>, column: Option<&str>| {
            let found = named(message);
            assert_eq!((found.0.as_deref(), found.1.as_deref()), (constraint, column), "{message}");
        };
        check("Duplicate entry 'a for key ''x'' b' for key 'name'", Some("name"), None);
        check("Column 'mail' cannot be null", None, Some("mail"));
        check("Field 'mail' doesn't have a default value", None, Some("mail"));
        check("Data too long for column 'mail' at row 1", None, Some("mail"));
        check("Incorrect string value: '\\xF0' for column `db`.`t`.`mail` at row 1", None, Some("mail"));
        check("CONSTRAINT `positive` failed for `db`.`t`", Some("positive"), None);
        check(
            "Cannot add or update a child row: a foreign key constraint fails (`db`.`t`, CONSTRAINT `fk` FOREIGN KEY \
             (`boss`) REFERENCES `t` (`id`))",
            Some("fk"),
            Some("boss"),
        );
        check("Something else", None, None);
        assert_eq!(
            without_value("Incorrect datetime value: '1900-01-01' for column 'x' at row 1"),
            "Incorrect datetime value"
        );
        assert_eq!(without_value("Data too long for column 'mail' at row 1"), "Data too long");
    }
}

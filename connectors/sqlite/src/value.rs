//! Values of the engine as SQLite stores them, and back. What is stored in another class than its kind needs arrives
//! as malformed, never as something made to fit.

use cutover_runtime::value::{Fault, Kind, Malformed, Value, read_date, read_date_time, read_time, write_date_time};
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};
use std::fmt::Display;

/// A value as a parameter.
pub(crate) struct Bound<'a>(pub(crate) &'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(match self.0 {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Boolean(value) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*value))),
            Value::Integer(value) => match i64::try_from(*value) {
                Ok(value) => ToSqlOutput::Borrowed(ValueRef::Integer(value)),
                Err(_) => text(value),
            },
            Value::Float(value) => ToSqlOutput::Borrowed(ValueRef::Real(*value)),
            Value::Decimal(value) | Value::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Value::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Value::Date(value) => text(value),
            Value::DateTime(value) | Value::Instant(value) => text(write_date_time(value)),
            Value::Time(value) => text(value.format("%H:%M:%S%.f")),
            Value::Uuid(value) => text(value.hyphenated()),
            Value::Malformed(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.raw.as_bytes())),
        })
    }
}

fn text(value: impl Display) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(rusqlite::types::Value::Text(value.to_string()))
}

/// Reads a stored value as a kind.
pub(crate) fn read(stored: ValueRef<'_>, kind: Kind) -> Value {
    match stored {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => read_integer(value, kind),
        ValueRef::Real(value) => read_real(value, kind),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => read_text(text, kind).unwrap_or_else(Value::Malformed),
            Err(_) => malformed(String::from_utf8_lossy(bytes)),
        },
        ValueRef::Blob(bytes) if kind == Kind::Bytes => Value::Bytes(bytes.to_vec()),
        ValueRef::Blob(bytes) => malformed(Value::Bytes(bytes.to_vec())),
    }
}

fn read_integer(value: i64, kind: Kind) -> Value {
    match kind {
        Kind::Boolean if value == 0 || value == 1 => Value::Boolean(value == 1),
        Kind::Integer | Kind::Whole => Value::Integer(value.into()),
        Kind::Decimal => Value::Decimal(value.to_string()),
        Kind::Float => Value::Float(value as f64),
        Kind::Boolean | Kind::Text | Kind::Bytes | Kind::Uuid => malformed(value),
        Kind::Date | Kind::DateTime | Kind::Instant | Kind::Time => malformed(value),
    }
}

fn read_real(value: f64, kind: Kind) -> Value {
    match kind {
        Kind::Decimal if value.is_finite() => Value::Decimal(value.to_string()),
        Kind::Float => Value::Float(value),
        Kind::Decimal | Kind::Boolean | Kind::Integer | Kind::Whole | Kind::Text => malformed(value),
        Kind::Bytes | Kind::Uuid => malformed(value),
        Kind::Date | Kind::DateTime | Kind::Instant | Kind::Time => malformed(value),
    }
}

fn read_text(text: &str, kind: Kind) -> Result<Value, Malformed> {
    let not_of_kind = || Malformed { fault: Fault::NotOfKind, raw: text.to_string() };
    Ok(match kind {
        Kind::Text => Value::Text(text.to_string()),
        Kind::Integer | Kind::Whole => Value::Integer(text.parse().map_err(|_| not_of_kind())?),
        Kind::Decimal if is_decimal(text) => Value::Decimal(text.to_string()),
        Kind::Float => Value::Float(text.parse().map_err(|_| not_of_kind())?),
        Kind::Date => Value::Date(read_date(text)?),
        Kind::DateTime => Value::DateTime(read_date_time(text)?),
        Kind::Instant => Value::Instant(read_date_time(text)?),
        Kind::Time => Value::Time(read_time(text).ok_or_else(not_of_kind)?),
        Kind::Uuid => Value::Uuid(uuid::Uuid::try_parse(text).map_err(|_| not_of_kind())?),
        Kind::Decimal | Kind::Boolean | Kind::Bytes => return Err(not_of_kind()),
    })
}

fn is_decimal(text: &str) -> bool {
    cutover_runtime::fingerprint::plain_decimal(text).is_some()
}

fn malformed(raw: impl Display) -> Value {
    Value::Malformed(Malformed { fault: Fault::NotOfKind, raw: raw.to_string() })
}

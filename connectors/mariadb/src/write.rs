//! Whether a column keeps a value exactly, and how it is to be sent. MariaDB is strict about much, and silent about the
//! rest: it drops fractions of seconds, pads, finds members of an ENUM whatever their case.

use crate::parameters::parameter;
use chrono::{Datelike, NaiveDateTime, Timelike};
use cutover_runtime::fingerprint::plain_decimal;
use cutover_runtime::value::Value;

/// What a column keeps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Keeps {
    Number,
    Decimal {
        scale: u32,
    },
    Float,
    Double,
    /// Padded with blanks that mean nothing.
    Char {
        length: u64,
    },
    Text {
        length: u64,
    },
    Enum(Vec<String>),
    /// Padded with zeros.
    Binary {
        length: u64,
    },
    Bytes,
    Uuid,
    Date,
    DateTime {
        digits: u32,
    },
    Timestamp {
        digits: u32,
    },
    Time {
        digits: u32,
    },
    Other(String),
}

/// Why a column does not keep a value.
pub(crate) type Misfit = String;

/// Returns a value as it is sent to a column that keeps it.
pub(crate) fn write(value: &Value, keeps: &Keeps) -> Result<mysql::Value, Misfit> {
    let other = || Err("which is of another type".to_string());
    match (value, keeps) {
        (Value::Null, _) => {}
        (Value::Boolean(_) | Value::Integer(_), Keeps::Number | Keeps::Decimal { .. }) => {}
        (Value::Decimal(text), Keeps::Number) => return decimal(text, 0),
        (Value::Decimal(text), Keeps::Decimal { scale }) => return decimal(text, *scale),
        (Value::Float(value), Keeps::Float | Keeps::Double) if !value.is_finite() => {
            return Err(format!("which takes no {value}"));
        }
        (Value::Float(value), Keeps::Float) if f64::from(*value as f32) != *value => {
            return Err("which has not so many binary digits".to_string());
        }
        (Value::Float(_), Keeps::Float | Keeps::Double) => {}
        (Value::Text(text), Keeps::Char { .. }) if text.ends_with(' ') => {
            return Err("which keeps no blanks at the end".to_string());
        }
        (Value::Text(_), Keeps::Char { .. } | Keeps::Text { .. }) => {}
        (Value::Text(text), Keeps::Enum(members)) if members.contains(text) => {}
        (Value::Text(_), Keeps::Enum(_)) => return Err("which has no such member".to_string()),
        (Value::Text(text), Keeps::Uuid) if text.parse().is_ok_and(|uuid: uuid::Uuid| uuid.to_string() == *text) => {}
        (Value::Text(_), Keeps::Uuid) => return Err("which takes UUIDs only".to_string()),
        (Value::Bytes(bytes), Keeps::Binary { length }) if bytes.len() as u64 != *length => {
            return Err(format!("which takes {length} bytes, no fewer and no more"));
        }
        (Value::Bytes(_), Keeps::Binary { .. } | Keeps::Bytes) => {}
        (Value::Date(day), Keeps::Date) => year_fits(day.year())?,
        (Value::DateTime(moment), Keeps::DateTime { digits }) => moment_fits(moment, *digits)?,
        (Value::Instant(moment), Keeps::DateTime { digits } | Keeps::Timestamp { digits }) => {
            moment_fits(moment, *digits)?;
        }
        (Value::Time(time), Keeps::Time { digits }) => fraction_fits(time.nanosecond(), *digits)?,
        (Value::Uuid(uuid), Keeps::Char { length: 32 } | Keeps::Text { length: 32 }) => {
            return Ok(mysql::Value::Bytes(uuid.simple().to_string().into_bytes()));
        }
        (Value::Uuid(_), Keeps::Uuid | Keeps::Char { .. } | Keeps::Text { .. }) => {}
        (Value::Uuid(uuid), Keeps::Binary { length: 16 }) => return Ok(mysql::Value::Bytes(uuid.as_bytes().to_vec())),
        (Value::Malformed(_), _) => return Err("which takes no value that was malformed before".to_string()),
        (_, Keeps::Other(name)) => return Err(format!("which is of the type {name}, which cutover does not write")),
        (Value::Boolean(_) | Value::Integer(_) | Value::Decimal(_) | Value::Float(_), _) => return other(),
        (Value::Text(_) | Value::Bytes(_) | Value::Uuid(_), _) => return other(),
        (Value::Date(_) | Value::DateTime(_) | Value::Instant(_) | Value::Time(_), _) => return other(),
    }
    Ok(parameter(value))
}

/// Zeros at the end of a fraction mean nothing, but the server would warn about them.
fn decimal(text: &str, scale: u32) -> Result<mysql::Value, Misfit> {
    let plain = plain_decimal(text).ok_or("which takes numbers only")?;
    let fraction = plain.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if fraction > scale as usize {
        return Err(format!("which keeps {scale} digits after the point"));
    }
    Ok(mysql::Value::Bytes(plain.into_bytes()))
}

fn year_fits(year: i32) -> Result<(), Misfit> {
    if (0..=9999).contains(&year) { Ok(()) } else { Err("which takes the years 0000 to 9999".to_string()) }
}

fn moment_fits(moment: &NaiveDateTime, digits: u32) -> Result<(), Misfit> {
    year_fits(moment.year())?;
    fraction_fits(moment.nanosecond(), digits)
}

fn fraction_fits(nanoseconds: u32, digits: u32) -> Result<(), Misfit> {
    if nanoseconds.is_multiple_of(10u32.pow(9 - digits.min(6))) {
        return Ok(());
    }
    Err(format!("which keeps {digits} digits of a second's fraction"))
}

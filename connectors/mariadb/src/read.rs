//! Values of the engine out of what MariaDB sends. What is no value of the kind that was asked for arrives as malformed:
//! zero and partial dates, bytes that are no text, times of day beyond 24 hours.

use crate::charset::{Charset, Charsets};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use cutover_runtime::value::{Fault, Kind, Malformed, Value};
use mysql::consts::ColumnType;
use std::fmt::Display;
use uuid::Uuid;

/// What a column of a result holds.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    holds: Holds,
    charset: Charset,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Number,
    Decimal,
    Bits,
    Date,
    /// A wall-clock time.
    DateTime,
    /// A point in time: the session's clock shows UTC.
    Timestamp,
    /// Texts and bytes.
    Characters,
    Other,
}

impl Column {
    pub(crate) fn of(column: &mysql::Column, charsets: &Charsets) -> Column {
        use ColumnType::*;
        let holds = match column.column_type() {
            MYSQL_TYPE_DECIMAL | MYSQL_TYPE_NEWDECIMAL => Holds::Decimal,
            MYSQL_TYPE_BIT => Holds::Bits,
            MYSQL_TYPE_DATE | MYSQL_TYPE_NEWDATE => Holds::Date,
            MYSQL_TYPE_DATETIME | MYSQL_TYPE_DATETIME2 => Holds::DateTime,
            MYSQL_TYPE_TIMESTAMP | MYSQL_TYPE_TIMESTAMP2 => Holds::Timestamp,
            MYSQL_TYPE_VARCHAR | MYSQL_TYPE_VAR_STRING | MYSQL_TYPE_STRING | MYSQL_TYPE_JSON => Holds::Characters,
            MYSQL_TYPE_TINY_BLOB | MYSQL_TYPE_MEDIUM_BLOB | MYSQL_TYPE_LONG_BLOB | MYSQL_TYPE_BLOB => Holds::Characters,
            MYSQL_TYPE_ENUM | MYSQL_TYPE_SET => Holds::Characters,
            MYSQL_TYPE_TINY | MYSQL_TYPE_SHORT | MYSQL_TYPE_LONG | MYSQL_TYPE_LONGLONG | MYSQL_TYPE_INT24 => {
                Holds::Number
            }
            MYSQL_TYPE_YEAR | MYSQL_TYPE_FLOAT | MYSQL_TYPE_DOUBLE | MYSQL_TYPE_TIME | MYSQL_TYPE_TIME2 => {
                Holds::Number
            }
            _ => Holds::Other,
        };
        let charset = charsets.of(column.character_set());
        Column { holds, charset, name: column.org_name_str().into_owned() }
    }
}

/// Reads a value as a kind. An error names a column that cannot be read at all.
pub(crate) fn read(value: mysql::Value, column: &Column, kind: Kind) -> Result<Value, String> {
    Ok(match value {
        mysql::Value::NULL => Value::Null,
        mysql::Value::Int(value) => integer(value.into(), kind),
        mysql::Value::UInt(value) => integer(value.into(), kind),
        mysql::Value::Float(value) => float(value.into(), kind),
        mysql::Value::Double(value) => float(value, kind),
        mysql::Value::Date(year, month, day, hour, minute, second, micro) => {
            date_time((year, month, day), (hour, minute, second, micro), column.holds, kind)
        }
        mysql::Value::Time(negative, days, hours, minutes, seconds, micros) => {
            time(negative, u64::from(days) * 24 + u64::from(hours), (minutes, seconds, micros), kind)
        }
        mysql::Value::Bytes(bytes) => match column.holds {
            Holds::Decimal => decimal(&String::from_utf8_lossy(&bytes), kind),
            Holds::Bits => bits(&bytes, kind),
            Holds::Characters => return characters(bytes, column, kind),
            Holds::Number | Holds::Date | Holds::DateTime | Holds::Timestamp => {
                malformed(String::from_utf8_lossy(&bytes))
            }
            Holds::Other => malformed("a value of a type that cutover does not know"),
        },
    })
}

fn integer(value: i128, kind: Kind) -> Value {
    match kind {
        Kind::Integer | Kind::Whole => Value::Integer(value),
        Kind::Decimal => Value::Decimal(value.to_string()),
        Kind::Boolean if value == 0 || value == 1 => Value::Boolean(value == 1),
        Kind::Boolean | Kind::Float | Kind::Text | Kind::Bytes | Kind::Uuid => malformed(value),
        Kind::Date | Kind::DateTime | Kind::Instant | Kind::Time => malformed(value),
    }
}

fn float(value: f64, kind: Kind) -> Value {
    if kind == Kind::Float { Value::Float(value) } else { malformed(value) }
}

fn decimal(text: &str, kind: Kind) -> Value {
    match kind {
        Kind::Decimal => Value::Decimal(text.to_string()),
        Kind::Integer | Kind::Whole => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            let whole = whole.parse().ok().filter(|_| fraction.bytes().all(|digit| digit == b'0'));
            whole.map_or_else(|| malformed(text), Value::Integer)
        }
        _ => malformed(text),
    }
}

/// Bits are a number without a sign.
fn bits(bytes: &[u8], kind: Kind) -> Value {
    match kind {
        Kind::Bytes => Value::Bytes(bytes.to_vec()),
        _ => integer(bytes.iter().take(8).fold(0, |sum, byte| sum << 8 | i128::from(*byte)), kind),
    }
}

fn characters(bytes: Vec<u8>, column: &Column, kind: Kind) -> Result<Value, String> {
    match (&column.charset, kind) {
        (Charset::Binary, Kind::Bytes) => return Ok(Value::Bytes(bytes)),
        (Charset::Binary, Kind::Uuid) => {
            return Ok(Uuid::from_slice(&bytes).map_or_else(|_| malformed(Value::Bytes(bytes)), Value::Uuid));
        }
        (Charset::Binary, _) => return Ok(malformed(Value::Bytes(bytes))),
        (Charset::Unknown(name), _) => {
            let column = &column.name;
            return Err(format!("column {column} has the character set {name}, which cutover cannot read; convert it"));
        }
        (Charset::Utf8, Kind::Text) => {
            // The text takes the bytes over.
            let text = String::from_utf8(bytes).map(Value::Text);
            return Ok(text.unwrap_or_else(|error| malformed(Value::Bytes(error.into_bytes()))));
        }
        _ => {}
    }
    let Some(text) = column.charset.decode(&bytes) else { return Ok(malformed(Value::Bytes(bytes))) };
    Ok(match kind {
        Kind::Text => Value::Text(text.into_owned()),
        Kind::Uuid => text.parse().map_or_else(|_| malformed(&text), Value::Uuid),
        _ => malformed(&text),
    })
}

fn date_time(
    (year, month, day): (u16, u8, u8),
    (hour, minute, second, micro): (u8, u8, u8, u32),
    holds: Holds,
    kind: Kind,
) -> Value {
    let date = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into());
    let time = NaiveTime::from_hms_micro_opt(hour.into(), minute.into(), second.into(), micro);
    if let (Some(date), Some(time)) = (date, time)
        && let Some(value) = moment(NaiveDateTime::new(date, time), holds, kind)
    {
        return value;
    }
    let mut raw = format!("{year:04}-{month:02}-{day:02}");
    if holds != Holds::Date {
        raw.push_str(&format!(" {hour:02}:{minute:02}:{second:02}"));
        if micro > 0 {
            raw.push_str(&format!(".{micro:06}"));
        }
    }
    let fault = match (year, month, day) {
        (0, 0, 0) => Fault::ZeroDate,
        (_, 0, _) | (_, _, 0) => Fault::PartialDate,
        _ => Fault::NotOfKind,
    };
    Value::Malformed(Malformed { fault, raw })
}

/// Where points in time are asked for, a wall clock shows UTC.
fn moment(moment: NaiveDateTime, holds: Holds, kind: Kind) -> Option<Value> {
    match (holds, kind) {
        (Holds::Date, Kind::Date) => Some(Value::Date(moment.date())),
        (Holds::DateTime, Kind::DateTime) => Some(Value::DateTime(moment)),
        (Holds::DateTime | Holds::Timestamp, Kind::Instant) => Some(Value::Instant(moment)),
        _ => None,
    }
}

fn time(negative: bool, hours: u64, (minutes, seconds, micros): (u8, u8, u32), kind: Kind) -> Value {
    let hour = u32::try_from(hours).ok().filter(|_| !negative);
    let time = hour.and_then(|hour| NaiveTime::from_hms_micro_opt(hour, minutes.into(), seconds.into(), micros));
    match time {
        Some(time) if kind == Kind::Time => Value::Time(time),
        Some(time) => malformed(time),
        None => {
            let sign = if negative { "-" } else { "" };
            let fraction = if micros > 0 { format!(".{micros:06}") } else { String::new() };
            malformed(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{fraction}"))
        }
    }
}

fn malformed(raw: impl Display) -> Value {
    Value::Malformed(Malformed { fault: Fault::NotOfKind, raw: raw.to_string() })
}

//! Values as they travel between databases, one for every logical type of the language.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use std::fmt;
use uuid::Uuid;

/// One row: values in the order of the columns that were asked for.
pub type Row = Vec<Value>;

/// A legacy or target key: the values of its columns in order.
pub type Key = Vec<Value>;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL null.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i128),
    /// An exact decimal, as the database prints it.
    Decimal(String),
    /// Binary floating point.
    Float(f64),
    /// Text (JSON too).
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A calendar day.
    Date(NaiveDate),
    /// A point on the wall clock of a side's time zone.
    DateTime(NaiveDateTime),
    /// A point in time, as UTC.
    Instant(NaiveDateTime),
    /// A time of day.
    Time(NaiveTime),
    /// A UUID.
    Uuid(Uuid),
    /// What the database holds although no value of the column's kind can be read from it.
    Malformed(Malformed),
}

impl Value {
    /// Returns whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Returns the value as sentences show it: text in quotes, so that an empty one is seen.
    pub fn quoted(&self) -> String {
        match self {
            Value::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Value {
    /// Writes the value as people read it in reports; text without quotes, null as `NULL`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => out.write_str("NULL"),
            Value::Boolean(value) => write!(out, "{value}"),
            Value::Integer(value) => write!(out, "{value}"),
            Value::Decimal(value) | Value::Text(value) => out.write_str(value),
            Value::Float(value) => write!(out, "{value}"),
            Value::Bytes(value) => value.iter().try_for_each(|byte| write!(out, "{byte:02x}")),
            Value::Date(value) => write!(out, "{value}"),
            Value::DateTime(value) | Value::Instant(value) => out.write_str(&write_date_time(value)),
            Value::Time(value) => write!(out, "{value}"),
            Value::Uuid(value) => write!(out, "{value}"),
            Value::Malformed(value) => out.write_str(&value.raw),
        }
    }
}

/// Something that is no value of its column's kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Malformed {
    /// What is wrong with it.
    pub fault: Fault,
    /// What the database holds, as text.
    pub raw: String,
}

/// Why something is no value of its column's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The zero date, 0000-00-00, with or without a time.
    ZeroDate,
    /// A date without month or day, such as 1950-00-00.
    PartialDate,
    /// Anything else that is not of the kind (invalid bytes, text where a number is declared).
    NotOfKind,
}

/// The kinds of values, as a step declares them for its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// [`Value::Boolean`].
    Boolean,
    /// [`Value::Integer`] within 64 bits with a sign.
    Integer,
    /// [`Value::Integer`] of any size.
    Whole,
    /// [`Value::Decimal`].
    Decimal,
    /// [`Value::Float`].
    Float,
    /// [`Value::Text`].
    Text,
    /// [`Value::Bytes`].
    Bytes,
    /// [`Value::Date`].
    Date,
    /// [`Value::DateTime`].
    DateTime,
    /// [`Value::Instant`].
    Instant,
    /// [`Value::Time`].
    Time,
    /// [`Value::Uuid`].
    Uuid,
}

/// Returns `YYYY-MM-DD HH:MM:SS`, with six more digits where the fraction of the second is not zero.
pub fn write_date_time(value: &NaiveDateTime) -> String {
    use chrono::{Datelike, Timelike};
    use std::fmt::Write;
    if let (year @ 0..=9999, 0..1_000_000_000) = (value.year(), value.nanosecond()) {
        // What `format` does, without reading the format each time.
        let mut text = String::with_capacity(26);
        let (month, day, hour, minute, second) =
            (value.month(), value.day(), value.hour(), value.minute(), value.second());
        let moment = write!(text, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
        let fraction = match value.nanosecond() {
            0 => Ok(()),
            nanosecond => write!(text, ".{:06}", nanosecond / 1000),
        };
        moment.and(fraction).expect("a text takes every write");
        return text;
    }
    let format = if value.nanosecond() == 0 { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M:%S%.6f" };
    value.format(format).to_string()
}

/// Reads a day and a time of day as MariaDB and SQLite print them; a day alone means midnight.
/// Accepts a `T` between them, a fraction, and a `Z` or `+00` at the end.
pub fn read_date_time(raw: &str) -> Result<NaiveDateTime, Malformed> {
    let text = raw.strip_suffix('Z').or_else(|| raw.strip_suffix("+00:00")).or_else(|| raw.strip_suffix("+00"));
    let text = text.unwrap_or(raw);
    let (day, time) = match text.get(10..11) {
        Some(" " | "T") => (&text[..10], &text[11..]),
        _ => (text, "00:00:00"),
    };
    let day = read_date(day).map_err(|malformed| Malformed { raw: raw.to_string(), ..malformed })?;
    let time = read_time(time).ok_or_else(|| Malformed { fault: Fault::NotOfKind, raw: raw.to_string() })?;
    Ok(day.and_time(time))
}

/// Reads a day, `YYYY-MM-DD`.
pub fn read_date(raw: &str) -> Result<NaiveDate, Malformed> {
    let malformed = |fault| Malformed { fault, raw: raw.to_string() };
    let bytes = raw.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return Err(malformed(Fault::NotOfKind));
    }
    let part = |range: std::ops::Range<usize>| raw[range].parse::<u32>().unwrap_or(0);
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    match (year, month, day) {
        (0, 0, 0) => Err(malformed(Fault::ZeroDate)),
        (_, 0, _) | (_, _, 0) => Err(malformed(Fault::PartialDate)),
        _ => NaiveDate::from_ymd_opt(year as i32, month, day).ok_or_else(|| malformed(Fault::NotOfKind)),
    }
}

/// Reads a time of day, `HH:MM[:SS[.ffffff]]`.
pub fn read_time(raw: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(raw, "%H:%M:%S%.f").or_else(|_| NaiveTime::parse_from_str(raw, "%H:%M")).ok()
}

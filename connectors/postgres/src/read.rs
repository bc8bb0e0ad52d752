//! Values of the engine out of what PostgreSQL sends. What is no value of the kind that was asked for arrives as
//! malformed, with the text that PostgreSQL shows for it.

use crate::form::Form;
use crate::numeric::{self, Numeric};
use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use cutover_runtime::value::{Fault, Kind, Malformed, Value};
use postgres::types::{FromSql, Type};
use std::error::Error;
use std::fmt::Display;
use uuid::Uuid;

/// The bytes of a value, whatever its type.
pub(crate) struct Raw<'a>(pub(crate) &'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Raw(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Reads a value that is not null as a kind.
pub(crate) fn read(form: Form, raw: &[u8], kind: Kind) -> Value {
    let value = match form {
        Form::Bool => fixed(raw, |[byte]: [u8; 1]| boolean(byte != 0, kind)),
        Form::Int2 => fixed(raw, |bytes| integer(i16::from_be_bytes(bytes).into(), kind)),
        Form::Int4 => fixed(raw, |bytes| integer(i32::from_be_bytes(bytes).into(), kind)),
        Form::Int8 => fixed(raw, |bytes| integer(i64::from_be_bytes(bytes), kind)),
        Form::Oid => fixed(raw, |bytes| integer(u32::from_be_bytes(bytes).into(), kind)),
        Form::Float4 => fixed(raw, |bytes| float(f32::from_be_bytes(bytes).into(), kind)),
        Form::Float8 => fixed(raw, |bytes| float(f64::from_be_bytes(bytes), kind)),
        Form::Numeric => numeric::read(raw).map(|numeric| decimal(numeric, kind)),
        Form::Text => Some(text(raw, kind)),
        Form::Padded => Some(text(raw.trim_ascii_end_blanks(), kind)),
        Form::Jsonb => Some(text(raw.get(1..).unwrap_or_default(), kind)),
        Form::Bytea if kind == Kind::Bytes => Some(Value::Bytes(raw.to_vec())),
        Form::Bytea => Some(malformed(Value::Bytes(raw.to_vec()))),
        Form::Uuid => Uuid::from_slice(raw).ok().map(|uuid| of_uuid(uuid, kind)),
        Form::Date => fixed(raw, |bytes| date(i32::from_be_bytes(bytes), kind)),
        Form::Time => fixed(raw, |bytes| time(i64::from_be_bytes(bytes), kind)),
        Form::Timestamp => fixed(raw, |bytes| timestamp(i64::from_be_bytes(bytes), kind, false)),
        Form::Timestamptz => fixed(raw, |bytes| timestamp(i64::from_be_bytes(bytes), kind, true)),
        Form::Unknown => None,
    };
    value.unwrap_or_else(|| malformed("a value of a type that cutover does not know"))
}

trait Blanks {
    fn trim_ascii_end_blanks(&self) -> &[u8];
}

impl Blanks for [u8] {
    fn trim_ascii_end_blanks(&self) -> &[u8] {
        let end = self.iter().rposition(|byte| *byte != b' ').map_or(0, |at| at + 1);
        &self[..end]
    }
}

fn fixed<const N: usize>(raw: &[u8], read: impl FnOnce([u8; N]) -> Value) -> Option<Value> {
    raw.try_into().ok().map(read)
}

fn boolean(value: bool, kind: Kind) -> Value {
    if kind == Kind::Boolean { Value::Boolean(value) } else { malformed(value) }
}

fn integer(value: i64, kind: Kind) -> Value {
    match kind {
        Kind::Integer | Kind::Whole => Value::Integer(value.into()),
        Kind::Decimal => Value::Decimal(value.to_string()),
        Kind::Boolean if value == 0 || value == 1 => Value::Boolean(value == 1),
        Kind::Boolean | Kind::Float | Kind::Text | Kind::Bytes | Kind::Uuid => malformed(value),
        Kind::Date | Kind::DateTime | Kind::Instant | Kind::Time => malformed(value),
    }
}

fn float(value: f64, kind: Kind) -> Value {
    if kind == Kind::Float { Value::Float(value) } else { malformed(value) }
}

fn decimal(numeric: Numeric, kind: Kind) -> Value {
    match (numeric, kind) {
        (Numeric::Decimal(text), Kind::Decimal) => Value::Decimal(text),
        (Numeric::Decimal(text), Kind::Integer | Kind::Whole) => {
            let whole = text.split_once('.').map_or(text.as_str(), |(whole, fraction)| {
                if fraction.bytes().all(|digit| digit == b'0') { whole } else { "" }
            });
            whole.parse().map_or_else(|_| malformed(&text), Value::Integer)
        }
        (Numeric::Decimal(text), _) => malformed(text),
        (Numeric::Special(name), _) => malformed(name),
    }
}

fn text(raw: &[u8], kind: Kind) -> Value {
    match std::str::from_utf8(raw) {
        Ok(text) if kind == Kind::Text => Value::Text(text.to_string()),
        Ok(text) if kind == Kind::Uuid => text.parse().map_or_else(|_| malformed(text), Value::Uuid),
        Ok(text) => malformed(text),
        Err(_) => malformed(String::from_utf8_lossy(raw)),
    }
}

fn of_uuid(uuid: Uuid, kind: Kind) -> Value {
    match kind {
        Kind::Uuid => Value::Uuid(uuid),
        Kind::Text => Value::Text(uuid.to_string()),
        _ => malformed(uuid),
    }
}

/// The day from which PostgreSQL counts.
const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("there was such a day");

/// Days of the year 1, before which years are counted backwards.
fn date(days: i32, kind: Kind) -> Value {
    let distance = Days::new(days.unsigned_abs().into());
    let day = match days {
        i32::MAX => return malformed("infinity"),
        i32::MIN => return malformed("-infinity"),
        0.. => EPOCH.checked_add_days(distance),
        _ => EPOCH.checked_sub_days(distance),
    };
    match day {
        Some(day) if kind == Kind::Date => Value::Date(day),
        Some(day) => malformed(day),
        None => malformed(format!("the day {days} after {EPOCH}")),
    }
}

fn time(microseconds: i64, kind: Kind) -> Value {
    let (seconds, rest) = (microseconds.div_euclid(1_000_000), microseconds.rem_euclid(1_000_000));
    let time = u32::try_from(seconds)
        .ok()
        .and_then(|seconds| NaiveTime::from_num_seconds_from_midnight_opt(seconds, rest as u32 * 1000));
    match time {
        Some(time) if kind == Kind::Time => Value::Time(time),
        Some(time) => malformed(time),
        None => malformed("24:00:00"),
    }
}

/// Reads a wall-clock time, or a point in time as UTC. Where points in time are asked for, a wall clock shows UTC.
fn timestamp(microseconds: i64, kind: Kind, zoned: bool) -> Value {
    let moment = match microseconds {
        i64::MAX => return malformed("infinity"),
        i64::MIN => return malformed("-infinity"),
        _ => EPOCH.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::microseconds(microseconds)),
    };
    match (moment, kind) {
        (Some(moment), Kind::Instant) => Value::Instant(moment),
        (Some(moment), Kind::DateTime) if !zoned => Value::DateTime(moment),
        (Some(moment), _) => malformed(moment),
        (None, _) => malformed(format!("{microseconds} microseconds after {EPOCH}")),
    }
}

/// Returns the days since the epoch, if PostgreSQL counts that far.
pub(crate) fn days_of(day: NaiveDate) -> Option<i32> {
    // Julian day 0 is the first that PostgreSQL knows: 4714-11-24 BC.
    let days = i32::try_from(day.signed_duration_since(EPOCH).num_days()).ok()?;
    (days >= -2_451_545).then_some(days)
}

/// Returns the microseconds since the epoch, if PostgreSQL counts that far and that finely.
pub(crate) fn microseconds_of(moment: &NaiveDateTime) -> Option<i64> {
    days_of(moment.date())?;
    let distance = moment.signed_duration_since(EPOCH.and_time(NaiveTime::MIN));
    let microseconds = distance.num_microseconds()?;
    (TimeDelta::microseconds(microseconds) == distance).then_some(microseconds)
}

fn malformed(raw: impl Display) -> Value {
    Value::Malformed(Malformed { fault: Fault::NotOfKind, raw: raw.to_string() })
}

//! Values of the engine in the form that PostgreSQL takes, and whether a column keeps them exactly. PostgreSQL itself
//! rounds decimals and fractions of seconds, and cuts blanks off, without a word.

use crate::form::Form;
use crate::numeric;
use crate::read::{days_of, microseconds_of};
use bytes::BytesMut;
use chrono::{NaiveTime, Timelike};
use cutover_runtime::fingerprint::plain_decimal;
use cutover_runtime::value::Value;
use postgres::types::{IsNull, ToSql, Type};
use std::error::Error;

/// What a column keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keeps {
    pub(crate) form: Form,
    /// PostgreSQL's type modifier: length, or digits; -1 without.
    pub(crate) modifier: i32,
}

/// Why a column does not keep a value.
pub(crate) type Misfit = String;

/// Appends a value that is not null.
pub(crate) fn write(value: &Value, keeps: Keeps, out: &mut Vec<u8>) -> Result<(), Misfit> {
    match value {
        Value::Null => Err("null".to_string()),
        Value::Boolean(value) => boolean(*value, keeps.form, out),
        Value::Integer(value) => integer(*value, keeps, out),
        Value::Decimal(value) => decimal(value, keeps, out),
        Value::Float(value) => float(*value, keeps.form, out),
        Value::Text(value) => text(value, keeps, out),
        Value::Bytes(value) => of_form(keeps.form == Form::Bytea, value, out),
        Value::Date(day) => {
            let days = days_of(*day).filter(|_| keeps.form == Form::Date);
            days.map(|days| out.extend_from_slice(&days.to_be_bytes())).ok_or_else(|| no_such(keeps.form, "day"))
        }
        Value::DateTime(moment) if keeps.form == Form::Timestamp => timestamp(moment, keeps, out),
        Value::DateTime(_) => Err(no_such(keeps.form, "wall-clock time")),
        Value::Instant(moment) if matches!(keeps.form, Form::Timestamp | Form::Timestamptz) => {
            timestamp(moment, keeps, out)
        }
        Value::Instant(_) => Err(no_such(keeps.form, "point in time")),
        Value::Time(value) => time(*value, keeps, out),
        Value::Uuid(value) if keeps.form == Form::Uuid => of_form(true, value.as_bytes(), out),
        Value::Uuid(value) if length(keeps) == Some(32) => text(&value.simple().to_string(), keeps, out),
        Value::Uuid(value) => text(&value.hyphenated().to_string(), keeps, out),
        Value::Malformed(_) => Err("which takes no value that was malformed before".to_string()),
    }
}

fn of_form(fits: bool, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Misfit> {
    if !fits {
        return Err("which is of another type".to_string());
    }
    out.extend_from_slice(bytes);
    Ok(())
}

fn no_such(form: Form, what: &str) -> Misfit {
    format!("which is a {form:?} and takes no such {what}")
}

fn boolean(value: bool, form: Form, out: &mut Vec<u8>) -> Result<(), Misfit> {
    match form {
        Form::Bool => of_form(true, &[u8::from(value)], out),
        Form::Int2 | Form::Int4 | Form::Int8 | Form::Numeric => {
            integer(i128::from(value), Keeps { form, modifier: -1 }, out)
        }
        _ => Err(no_such(form, "truth value")),
    }
}

fn integer(value: i128, keeps: Keeps, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let beyond = |_| format!("which has no room for {value}");
    match keeps.form {
        Form::Int2 => out.extend_from_slice(&i16::try_from(value).map_err(beyond)?.to_be_bytes()),
        Form::Int4 => out.extend_from_slice(&i32::try_from(value).map_err(beyond)?.to_be_bytes()),
        Form::Int8 => out.extend_from_slice(&i64::try_from(value).map_err(beyond)?.to_be_bytes()),
        Form::Oid => out.extend_from_slice(&u32::try_from(value).map_err(beyond)?.to_be_bytes()),
        Form::Numeric => return decimal(&value.to_string(), keeps, out),
        Form::Bool if value == 0 || value == 1 => out.push(value as u8),
        form => return Err(no_such(form, "number")),
    }
    Ok(())
}

fn decimal(value: &str, keeps: Keeps, out: &mut Vec<u8>) -> Result<(), Misfit> {
    if keeps.form != Form::Numeric {
        let plain = plain_decimal(value).ok_or("which takes numbers only")?;
        let whole = plain.parse().map_err(|_| format!("which takes no fraction, or has no room for {value}"))?;
        return integer(whole, keeps, out);
    }
    if let Some((precision, scale)) = digits(keeps) {
        let plain = plain_decimal(value).ok_or("which takes numbers only")?;
        let unsigned = plain.trim_start_matches('-');
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let ending = whole.len() - whole.trim_end_matches('0').len();
        let rounds = fraction.len() as i32 > scale.max(0) || scale < 0 && whole != "0" && (ending as i32) < -scale;
        if rounds || whole.trim_start_matches('0').len() as i32 > precision - scale {
            return Err(format!("which takes {precision} digits, {scale} of them after the point"));
        }
    }
    numeric::write(value, out).ok_or_else(|| "which takes numbers only".to_string())
}

/// Returns precision and scale of a `numeric` column that has them.
fn digits(keeps: Keeps) -> Option<(i32, i32)> {
    let modifier = keeps.modifier.checked_sub(4).filter(|modifier| *modifier >= 0)?;
    Some(((modifier >> 16) & 0xffff, ((modifier & 0x7ff) ^ 1024) - 1024))
}

fn float(value: f64, form: Form, out: &mut Vec<u8>) -> Result<(), Misfit> {
    match form {
        Form::Float8 => out.extend_from_slice(&value.to_be_bytes()),
        Form::Float4 if f64::from(value as f32) == value || value.is_nan() => {
            out.extend_from_slice(&(value as f32).to_be_bytes());
        }
        Form::Float4 => return Err("which has not so many binary digits".to_string()),
        form => return Err(no_such(form, "floating point number")),
    }
    Ok(())
}

fn text(value: &str, keeps: Keeps, out: &mut Vec<u8>) -> Result<(), Misfit> {
    if value.contains('\0') {
        return Err("which takes no text with the character 0 in it".to_string());
    }
    match keeps.form {
        Form::Text | Form::Padded => {}
        Form::Jsonb => out.push(1),
        Form::Uuid => {
            // Spelled otherwise it would come back as another text.
            let uuid = value.parse().ok().filter(|uuid: &uuid::Uuid| uuid.to_string() == value);
            return of_form(true, uuid.ok_or("which takes UUIDs only")?.as_bytes(), out);
        }
        form => return Err(no_such(form, "text")),
    }
    if keeps.form == Form::Padded && value.ends_with(' ') {
        return Err("which keeps no blanks at the end".to_string());
    }
    if let Some(length) = length(keeps).filter(|length| value.len() > *length && value.chars().count() > *length) {
        return Err(format!("which takes {length} characters"));
    }
    out.extend_from_slice(value.as_bytes());
    Ok(())
}

/// Returns how many characters a column takes.
fn length(keeps: Keeps) -> Option<usize> {
    let bounded = matches!(keeps.form, Form::Text | Form::Padded);
    usize::try_from(keeps.modifier - 4).ok().filter(|length| bounded && *length > 0)
}

fn fraction_fits(nanoseconds: u32, keeps: Keeps) -> Result<(), Misfit> {
    let digits = u32::try_from(keeps.modifier).unwrap_or(6).min(6);
    if nanoseconds.is_multiple_of(10u32.pow(9 - digits)) {
        return Ok(());
    }
    Err(format!("which keeps {digits} digits of a second's fraction"))
}

fn timestamp(moment: &chrono::NaiveDateTime, keeps: Keeps, out: &mut Vec<u8>) -> Result<(), Misfit> {
    fraction_fits(moment.nanosecond(), keeps)?;
    let microseconds = microseconds_of(moment).ok_or_else(|| no_such(keeps.form, "time"))?;
    out.extend_from_slice(&microseconds.to_be_bytes());
    Ok(())
}

fn time(value: NaiveTime, keeps: Keeps, out: &mut Vec<u8>) -> Result<(), Misfit> {
    if keeps.form != Form::Time {
        return Err(no_such(keeps.form, "time of day"));
    }
    fraction_fits(value.nanosecond(), keeps)?;
    let microseconds = i64::from(value.num_seconds_from_midnight()) * 1_000_000 + i64::from(value.nanosecond() / 1000);
    out.extend_from_slice(&microseconds.to_be_bytes());
    Ok(())
}

/// A value for a column that keeps it.
#[derive(Debug)]
pub(crate) struct Kept<'a>(pub(crate) &'a Value, pub(crate) Keeps);

/// Returns why a column does not keep a value.
pub(crate) fn misfit(value: &Kept<'_>) -> Option<Misfit> {
    if value.0.is_null() { None } else { write(value.0, value.1, &mut Vec::new()).err() }
}

impl ToSql for Kept<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        if self.0.is_null() {
            return Ok(IsNull::Yes);
        }
        let mut bytes = Vec::new();
        write(self.0, self.1, &mut bytes).map_err(|misfit| format!("a column of type {ty}, {misfit}"))?;
        out.extend_from_slice(&bytes);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.to_sql(ty, out)
    }
}

/// A value as a parameter of a statement.
#[derive(Debug)]
pub(crate) struct Bound<'a>(pub(crate) &'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        if self.0.is_null() {
            return Ok(IsNull::Yes);
        }
        let mut bytes = Vec::new();
        // Blanks at the end of what is only compared do no harm.
        let form = if Form::of(ty) == Form::Padded { Form::Text } else { Form::of(ty) };
        write(self.0, Keeps { form, modifier: -1 }, &mut bytes)
            .map_err(|misfit| format!("a parameter of type {ty}, {misfit}"))?;
        out.extend_from_slice(&bytes);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.to_sql(ty, out)
    }
}

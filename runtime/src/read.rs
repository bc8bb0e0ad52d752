//! How generated code reads the values of a row as the types that the mapping declares. What is not of its kind
//! becomes a rejection with the reason that the step gives for it.

use crate::step::Rejection;
use crate::value::{Fault, Malformed, Value};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use std::borrow::Cow;
use uuid::Uuid;

/// A value read: none if it is null, an error if it is not of the kind.
pub type Read<T> = Result<Option<T>, NotOfKind>;

/// A date or time of an engine that lets in the zero date: the zero date is kept as it was found.
pub type Dated<'a, T> = Result<T, &'a Value>;

/// The value is not of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotOfKind;

/// What a value map makes of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped<T> {
    /// This value.
    Value(T),
    /// Null.
    Null,
    /// The row is rejected.
    Rejected,
}

macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident $variant:ident $type:ty, $value:ident => $result:expr;)*) => {
        $($(#[$doc])*
        #[allow(clippy::needless_lifetimes)] // Some of the types borrow from the value, others do not.
        pub fn $name<'a>(value: &'a Value) -> Read<$type> {
            match value {
                Value::Null => Ok(None),
                Value::$variant($value) => Ok(Some($result)),
                _ => Err(NotOfKind),
            }
        })*
    };
}

readers! {
    /// Reads a boolean.
    boolean Boolean bool, value => *value;
    /// Reads a whole number.
    integer Integer i128, value => *value;
    /// Reads a decimal.
    decimal Decimal &'a str, value => value;
    /// Reads a floating point number.
    float Float f64, value => *value;
    /// Reads a text.
    text Text &'a str, value => value;
    /// Reads bytes.
    bytes Bytes &'a [u8], value => value;
    /// Reads a day.
    date Date NaiveDate, value => *value;
    /// Reads a point on a wall clock.
    date_time DateTime NaiveDateTime, value => *value;
    /// Reads a point in time.
    instant Instant NaiveDateTime, value => *value;
    /// Reads a time of day.
    time Time NaiveTime, value => *value;
    /// Reads a UUID.
    uuid Uuid Uuid, value => *value;
}

/// Reads a date or time where the zero date may stand instead, by the reader of the kind.
fn dated<'a, T>(value: &'a Value, read: fn(&'a Value) -> Read<T>) -> Read<Dated<'a, T>> {
    match value {
        Value::Malformed(Malformed { fault: Fault::ZeroDate, .. }) => Ok(Some(Err(value))),
        value => Ok(read(value)?.map(Ok)),
    }
}

/// Reads a day of an engine that lets in the zero date.
pub fn dated_date(value: &Value) -> Read<Dated<'_, NaiveDate>> {
    dated(value, date)
}

/// Reads a point on a wall clock of an engine that lets in the zero date.
pub fn dated_date_time(value: &Value) -> Read<Dated<'_, NaiveDateTime>> {
    dated(value, date_time)
}

/// Reads a point in time of an engine that lets in the zero date.
pub fn dated_instant(value: &Value) -> Read<Dated<'_, NaiveDateTime>> {
    dated(value, instant)
}

/// Reads a value that is there; `reason` rejects what is null or not of its kind.
pub fn required<'a, T>(value: &'a Value, read: fn(&'a Value) -> Read<T>, reason: usize) -> Result<T, Rejection> {
    match read(value) {
        Ok(Some(value)) => Ok(value),
        Ok(None) | Err(NotOfKind) => Err(Rejection { reason, value: value.clone() }),
    }
}

/// Reads a value that may be null; `reason` rejects what is not of its kind.
pub fn optional<'a, T>(
    value: &'a Value,
    read: fn(&'a Value) -> Read<T>,
    reason: usize,
) -> Result<Option<T>, Rejection> {
    read(value).map_err(|NotOfKind| Rejection { reason, value: value.clone() })
}

/// Rejects a row whose partner in a join is missing; `present` is the answer to the join.
pub fn partner(present: &Value, reason: usize) -> Result<(), Rejection> {
    match present {
        Value::Boolean(true) => Ok(()),
        _ => Err(Rejection { reason, value: Value::Null }),
    }
}

/// Rejects a row with several partners in a join; `several` is the answer to the join.
pub fn only_one(several: &Value, reason: usize) -> Result<(), Rejection> {
    match several {
        Value::Boolean(true) => Err(Rejection { reason, value: Value::Null }),
        _ => Ok(()),
    }
}

/// Returns the date or time, or rejects the zero date.
pub fn not_zero<T>(dated: Dated<'_, T>, reason: usize) -> Result<T, Rejection> {
    dated.map_err(|zero| Rejection { reason, value: zero.clone() })
}

/// Values of generated code as values of a row.
pub trait ToValue {
    /// Returns the value.
    fn to_value(&self) -> Value;
}

macro_rules! to_value {
    ($($type:ty: $value:ident => $result:expr;)*) => {
        $(impl ToValue for $type {
            fn to_value(&self) -> Value {
                let $value = self;
                $result
            }
        })*
    };
}

to_value! {
    bool: value => Value::Boolean(*value);
    i128: value => Value::Integer(*value);
    f64: value => Value::Float(*value);
    str: value => Value::Text(value.to_string());
    Cow<'_, str>: value => Value::Text(value.to_string());
    Cow<'_, [u8]>: value => Value::Bytes(value.to_vec());
    NaiveDate: value => Value::Date(*value);
    NaiveDateTime: value => Value::DateTime(*value);
    NaiveTime: value => Value::Time(*value);
    Uuid: value => Value::Uuid(*value);
    Value: value => value.clone();
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

/// Returns a key out of its parts; none if a part is null.
pub fn key(parts: Vec<Value>) -> Option<crate::value::Key> {
    (!parts.iter().any(Value::is_null)).then_some(parts)
}

/// Returns a text folded, for a look-up without regard to case and trailing blanks.
pub fn folded(value: Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(crate::operators::fold(&text)),
        other => other,
    }
}

//! Values as parameters of statements. MariaDB compares a number with a text as binary floating point, so numbers that
//! can only be sent as text are written into the statement instead.

use chrono::{Datelike, NaiveDateTime, Timelike};
use cutover_runtime::fingerprint::plain_decimal;
use cutover_runtime::value::Value;
use mysql::Params;
use std::borrow::Cow;

/// Returns a statement with its parameters as the driver takes them.
pub(crate) fn bind<'s>(sql: &'s str, values: &[Value]) -> (Cow<'s, str>, Params) {
    let literals: Vec<Option<String>> = values.iter().map(literal).collect();
    let sql = match literals.iter().any(Option::is_some) {
        true => Cow::Owned(written_in(sql, &literals)),
        false => Cow::Borrowed(sql),
    };
    let sent = values.iter().zip(&literals).filter(|(_, literal)| literal.is_none());
    let sent: Vec<mysql::Value> = sent.map(|(value, _)| parameter(value)).collect();
    (sql, if sent.is_empty() { Params::Empty } else { Params::Positional(sent) })
}

/// Returns a number that has no parameter of its own type.
fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Decimal(text) => plain_decimal(text),
        Value::Integer(number) if i64::try_from(*number).is_err() && u64::try_from(*number).is_err() => {
            Some(number.to_string())
        }
        _ => None,
    }
}

/// Replaces placeholders; none stands within quotes.
fn written_in(sql: &str, literals: &[Option<String>]) -> String {
    let mut text = String::with_capacity(sql.len() + 32);
    let (mut literals, mut quote) = (literals.iter(), None);
    for letter in sql.chars() {
        match (letter, quote) {
            ('?', None) => match literals.next() {
                Some(Some(literal)) => text.push_str(literal),
                _ => text.push('?'),
            },
            ('`' | '\'' | '"', None) => {
                quote = Some(letter);
                text.push(letter);
            }
            _ => {
                quote = quote.filter(|quote| *quote != letter);
                text.push(letter);
            }
        }
    }
    text
}

/// Returns a value as the driver sends it.
pub(crate) fn parameter(value: &Value) -> mysql::Value {
    match value {
        Value::Null => mysql::Value::NULL,
        Value::Boolean(value) => mysql::Value::Int(i64::from(*value)),
        Value::Integer(value) => integer(*value),
        Value::Decimal(value) | Value::Text(value) => text(value),
        Value::Float(value) => mysql::Value::Double(*value),
        Value::Bytes(value) => mysql::Value::Bytes(value.clone()),
        Value::Date(day) => date_time(&day.and_time(chrono::NaiveTime::MIN)),
        Value::DateTime(value) | Value::Instant(value) => date_time(value),
        Value::Time(value) => {
            let [hour, minute, second] = [value.hour(), value.minute(), value.second()].map(|part| part as u8);
            mysql::Value::Time(false, 0, hour, minute, second, value.nanosecond() / 1000)
        }
        Value::Uuid(value) => text(&value.hyphenated().to_string()),
        Value::Malformed(value) => text(&value.raw),
    }
}

fn integer(value: i128) -> mysql::Value {
    match (i64::try_from(value), u64::try_from(value)) {
        (Ok(value), _) => mysql::Value::Int(value),
        (_, Ok(value)) => mysql::Value::UInt(value),
        _ => text(&value.to_string()),
    }
}

fn text(text: &str) -> mysql::Value {
    mysql::Value::Bytes(text.as_bytes().to_vec())
}

/// A year that MariaDB does not have is sent as text, and refused there.
fn date_time(value: &NaiveDateTime) -> mysql::Value {
    let Some(year) = u16::try_from(value.year()).ok().filter(|year| *year <= 9999) else {
        return text(&value.to_string());
    };
    let [month, day] = [value.month(), value.day()].map(|part| part as u8);
    let [hour, minute, second] = [value.hour(), value.minute(), value.second()].map(|part| part as u8);
    mysql::Value::Date(year, month, day, hour, minute, second, value.nanosecond() / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_the_drivers_are_written_into_the_statement() {
        let values = [Value::Decimal("1.50".into()), Value::Text("?".into()), Value::Integer(i128::from(u64::MAX) + 1)];
        let (sql, parameters) = bind("SELECT `a?``?`, '?' WHERE x = ? AND y = ? AND z = ?", &values);
        assert_eq!(sql, "SELECT `a?``?`, '?' WHERE x = 1.5 AND y = ? AND z = 18446744073709551616");
        assert_eq!(parameters, Params::Positional(vec![mysql::Value::Bytes(b"?".to_vec())]));
        let (sql, parameters) = bind("SELECT ?", &[Value::Integer(u64::MAX.into())]);
        assert_eq!((sql.as_ref(), parameters), ("SELECT ?", Params::Positional(vec![mysql::Value::UInt(u64::MAX)])));
    }
}

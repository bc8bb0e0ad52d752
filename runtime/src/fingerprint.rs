//! Fingerprints and equality of values, independent of how a database spells them: `1.50` equals `1.5`, true equals 1.
//! Two rows have the same fingerprint if, and practically only if, all their values are equal in this sense.

use crate::value::{Value, write_date_time};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::io::Write;
use xxhash_rust::xxh3::xxh3_128;

/// A map keyed by fingerprints.
pub(crate) type PrintMap<T> = HashMap<u128, T, BuildHasherDefault<Spread>>;

/// A set of fingerprints.
pub(crate) type PrintSet = HashSet<u128, BuildHasherDefault<Spread>>;

/// Fingerprints are spread already, so that half of one serves as its hash.
#[derive(Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    }

    fn write_u128(&mut self, value: u128) {
        self.0 = value as u64;
    }
}

/// Returns the fingerprint of values in order.
pub fn of<'a>(values: impl IntoIterator<Item = &'a Value>) -> u128 {
    BUFFER.with_borrow_mut(|bytes| {
        bytes.clear();
        values.into_iter().for_each(|value| encode(value, bytes));
        xxh3_128(bytes)
    })
}

thread_local! {
    /// One fingerprint is taken for each row and each key: this is no place to allocate.
    static BUFFER: RefCell<Vec<u8>> = RefCell::default();
}

/// Returns a fingerprint as the journal keeps it.
pub fn hex(fingerprint: u128) -> String {
    format!("{fingerprint:032x}")
}

/// Returns whether two values are the same, however they are spelled.
pub fn same(left: &Value, right: &Value) -> bool {
    left == right || of([left]) == of([right])
}

/// Folds one more fingerprint into that of a batch.
pub(crate) fn chain(batch: u128, row: u128) -> u128 {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&batch.to_le_bytes());
    bytes[16..].copy_from_slice(&row.to_le_bytes());
    xxh3_128(&bytes)
}

/// Writes a tag, the length and the canonical spelling of a value.
fn encode(value: &Value, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0; 5]);
    out[start] = spell(value, out);
    let length = u32::try_from(out.len() - start - 5).unwrap_or(u32::MAX);
    out[start + 1..start + 5].copy_from_slice(&length.to_le_bytes());
}

fn spell(value: &Value, out: &mut Vec<u8>) -> u8 {
    match value {
        Value::Null => b'0',
        Value::Boolean(value) => number(if *value { "1" } else { "0" }, out),
        Value::Integer(value) => {
            // Numbers of 128 bits take much longer to spell.
            let written = match i64::try_from(*value) {
                Ok(value) => write!(out, "{value}"),
                Err(_) => write!(out, "{value}"),
            };
            written.expect("a vector takes every write");
            b'n'
        }
        Value::Decimal(value) => number(value, out),
        Value::Float(value) => number(&value.to_string(), out),
        Value::Text(value) => tagged(b't', value.as_bytes(), out),
        Value::Bytes(value) => tagged(b'b', value, out),
        Value::Date(value) => tagged(b'd', value.to_string().as_bytes(), out),
        Value::DateTime(value) | Value::Instant(value) => tagged(b'i', write_date_time(value).as_bytes(), out),
        Value::Time(value) => tagged(b'h', value.format("%H:%M:%S%.6f").to_string().as_bytes(), out),
        Value::Uuid(value) => tagged(b'u', value.as_bytes(), out),
        Value::Malformed(value) => tagged(b'm', value.raw.as_bytes(), out),
    }
}

fn tagged(tag: u8, bytes: &[u8], out: &mut Vec<u8>) -> u8 {
    out.extend_from_slice(bytes);
    tag
}

fn number(text: &str, out: &mut Vec<u8>) -> u8 {
    let plain = plain_decimal(text);
    tagged(b'n', plain.as_deref().unwrap_or(text).as_bytes(), out)
}

/// Returns a decimal without plus sign, exponent, superfluous zeros or negative zero; none if it is no decimal.
pub fn plain_decimal(text: &str) -> Option<String> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|e| e.abs() < 10_000)?),
        None => (text, 0),
    };
    let (negative, unsigned) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (whole, fraction) = place_point(&digits, whole.len() as i64 + i64::from(exponent));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if negative && !(whole == "0" && fraction.is_empty()) { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

/// Splits digits where the decimal point belongs, padding with zeros where it lies outside.
fn place_point(digits: &str, point: i64) -> (String, String) {
    if point <= 0 {
        let zeros = usize::try_from(-point).unwrap_or(0);
        return (String::new(), "0".repeat(zeros) + digits);
    }
    let point = usize::try_from(point).unwrap_or(0);
    if point >= digits.len() {
        return (digits.to_string() + &"0".repeat(point - digits.len()), String::new());
    }
    (digits[..point].to_string(), digits[point..].to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        let check = |left: &str, right: &str| assert_eq!(plain_decimal(left).as_deref(), Some(right), "{left}");
        check("1.50", "1.5");
        check("+007", "7");
        check("-0.00", "0");
        check(".5", "0.5");
        check("1e3", "1000");
        check("12.5e-3", "0.0125");
        assert_eq!(plain_decimal("x"), None);
        assert!(same(&Value::Decimal("10".into()), &Value::Integer(10)));
        assert!(same(&Value::Float(0.5), &Value::Decimal("0.50".into())));
    }

    #[test]
    fn values_do_not_run_into_each_other() {
        let text = |text: &str| Value::Text(text.into());
        assert_ne!(of([&text("ab"), &text("c")]), of([&text("a"), &text("bc")]));
        assert_ne!(of([&text("1")]), of([&Value::Integer(1)]));
        assert_ne!(of([&text("")]), of([&Value::Null]));
    }
}

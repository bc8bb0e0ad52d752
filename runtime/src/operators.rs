//! What the operators of the language mean in Rust. Generated code and the interpreter both call these, so that there
//! is one meaning. Arguments are never null: callers pass null through.

use crate::value::{Fault, Malformed, Value};
use chrono::offset::LocalResult;
use chrono::{Duration, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use std::cmp::Ordering;
use unicode_normalization::UnicodeNormalization;

/// Returns the text in lower case, by Unicode, whatever the locale.
pub fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// Returns the text in upper case, by Unicode, whatever the locale.
pub fn upper(text: &str) -> String {
    text.to_uppercase()
}

/// Returns the text with small letters for A to Z; all other characters stay.
pub fn lower_ascii(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// Returns the text with capital letters for a to z; all other characters stay.
pub fn upper_ascii(text: &str) -> String {
    text.to_ascii_uppercase()
}

/// Returns the text without blanks (U+0020) at both ends.
pub fn trim(text: &str) -> String {
    text.trim_matches(' ').to_string()
}

/// Returns the text for comparing without regard to case and trailing blanks.
pub fn fold(text: &str) -> String {
    text.trim_end_matches(' ').to_lowercase()
}

/// Returns the text in Unicode form NFKC.
pub fn nfkc(text: &str) -> String {
    text.nfkc().collect()
}

/// Returns `length` characters from the character at `start`, counted from 1; fewer where the text ends earlier.
pub fn mid(text: &str, start: i128, length: i128) -> String {
    let skip = usize::try_from(start.max(1) - 1).unwrap_or(usize::MAX);
    let take = usize::try_from(length.max(0)).unwrap_or(usize::MAX);
    text.chars().skip(skip).take(take).collect()
}

/// Returns what stands before the last `separator`; the whole text where it does not occur.
pub fn before(text: &str, separator: &str) -> String {
    text.rsplit_once(separator).map_or(text, |(before, _)| before).to_string()
}

/// Returns what stands after the last `separator`; nothing where it does not occur.
pub fn after(text: &str, separator: &str) -> String {
    text.rsplit_once(separator).map_or("", |(_, after)| after).to_string()
}

/// Returns the number of characters (Unicode scalar values).
pub fn length(text: &str) -> i128 {
    text.chars().count() as i128
}

/// Reads a time zone that the compiler has checked.
pub fn zone(name: &str) -> Tz {
    name.parse().expect("the compiler has checked the name of the time zone")
}

/// Returns the UTC time of a wall-clock time. A time that does not exist (clocks went forward) is read with the offset
/// from before the change; a time that happens twice means the first.
pub fn wall_to_utc(zone: Tz, wall: NaiveDateTime) -> NaiveDateTime {
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => instant.naive_utc(),
        LocalResult::None => utc_in_gap(zone, wall),
    }
}

/// No gap of any zone is longer than a day and a bit: the offset that held before it is found by going back in steps.
fn utc_in_gap(zone: Tz, wall: NaiveDateTime) -> NaiveDateTime {
    use chrono::Offset;
    let mut earlier = wall;
    loop {
        earlier -= Duration::minutes(15);
        if let Some(instant) = zone.from_local_datetime(&earlier).latest() {
            let offset = instant.offset().fix().local_minus_utc();
            return wall - Duration::seconds(i64::from(offset));
        }
    }
}

/// Returns the wall-clock time of a UTC time.
pub fn utc_to_wall(zone: Tz, utc: NaiveDateTime) -> NaiveDateTime {
    zone.from_utc_datetime(&utc).naive_local()
}

/// Returns the time with its fraction of a second cut to so many digits.
pub fn cut_fraction(value: NaiveDateTime, digits: u8) -> NaiveDateTime {
    use chrono::Timelike;
    let step = 10u32.pow(9 - u32::from(digits.min(9)));
    value.with_nanosecond(value.nanosecond() / step * step).unwrap_or(value)
}

/// Says whether a malformed date stands for "no date": the zero date does, a partial date does not.
pub fn stands_for_no_date(malformed: &Malformed) -> bool {
    malformed.fault == Fault::ZeroDate
}

/// Compares two decimals by value, however many zeros they are written with.
pub fn compare_decimals(left: &str, right: &str) -> Ordering {
    let (left, right) = (Digits::of(left), Digits::of(right));
    match (left.negative, right.negative) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => left.magnitude(&right),
        (true, true) => right.magnitude(&left),
    }
}

/// Compares two values of one family; none when one is null, or no value of its kind.
pub fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
        (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
        (Value::Decimal(left), Value::Decimal(right)) => Some(compare_decimals(left, right)),
        (Value::Float(left), Value::Float(right)) => Some(left.total_cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        (Value::Bytes(left), Value::Bytes(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::DateTime(left), Value::DateTime(right)) => Some(left.cmp(right)),
        (Value::Instant(left) | Value::DateTime(left), Value::Instant(right) | Value::DateTime(right)) => {
            Some(left.cmp(right))
        }
        (Value::Time(left), Value::Time(right)) => Some(left.cmp(right)),
        (Value::Uuid(left), Value::Uuid(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// Returns whether a decimal has at most `precision - scale` digits before and `scale` digits after the point; zeros
/// at the ends do not count.
pub fn decimal_fits(decimal: &str, precision: u32, scale: u32) -> bool {
    let digits = Digits::of(decimal);
    digits.whole.len() <= (precision.saturating_sub(scale)) as usize && digits.fraction.len() <= scale as usize
}

/// A decimal without the zeros that mean nothing.
struct Digits<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Digits<'a> {
    fn of(text: &'a str) -> Digits<'a> {
        let bare = text.trim_start_matches(['-', '+']);
        let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        Digits { negative: text.starts_with('-') && !(whole.is_empty() && fraction.is_empty()), whole, fraction }
    }

    fn magnitude(&self, other: &Digits<'_>) -> Ordering {
        let length = self.whole.len().cmp(&other.whole.len());
        length.then_with(|| self.whole.cmp(other.whole)).then_with(|| self.fraction.cmp(other.fraction))
    }
}

/// Compiles a pattern of the language; it must fit the whole text.
pub fn pattern(text: &str) -> regex::Regex {
    regex::Regex::new(&format!("^(?:{text})$")).expect("the compiler has checked the pattern")
}

/// Returns a day that the compiler has checked.
pub fn day(year: i32, month: u32, day: u32) -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(year, month, day).expect("the compiler has checked the day")
}

/// Returns midnight of a day.
pub fn midnight(day: chrono::NaiveDate) -> NaiveDateTime {
    day.and_time(chrono::NaiveTime::MIN)
}

/// Returns a day with a time of day, in microseconds since midnight, that the compiler has checked.
pub fn moment(day: chrono::NaiveDate, microseconds: i64) -> NaiveDateTime {
    midnight(day) + Duration::microseconds(microseconds)
}

/// Returns the text's UUID, if it is one.
pub fn parse_uuid(text: &str) -> Option<uuid::Uuid> {
    text.parse().ok()
}

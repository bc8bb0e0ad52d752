//! Decimals between text and the form in which PostgreSQL sends `numeric`: groups of four decimal digits. Exact both
//! ways, with as many digits as there are.

use cutover_runtime::fingerprint::plain_decimal;

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NOT_A_NUMBER: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

/// A decimal as text, or the name of something that is no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Numeric {
    /// Digits, with a point where there is a fraction.
    Decimal(String),
    /// `NaN` and the infinities.
    Special(&'static str),
}

/// Reads what the server sent; none if it is cut off.
pub(crate) fn read(raw: &[u8]) -> Option<Numeric> {
    let word = |at: usize| raw.get(at * 2..at * 2 + 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let (count, weight, sign, scale) = (word(0)? as usize, word(1)? as i16, word(2)?, word(3)? as usize);
    match sign {
        NOT_A_NUMBER => return Some(Numeric::Special("NaN")),
        INFINITY => return Some(Numeric::Special("Infinity")),
        MINUS_INFINITY => return Some(Numeric::Special("-Infinity")),
        _ => {}
    }
    let groups = (0..count).map(|at| word(4 + at)).collect::<Option<Vec<u16>>>()?;
    // The group at `place` stands for itself times 10000 to that power.
    let group = |place: i64| {
        let at = i64::from(weight) - place;
        usize::try_from(at).ok().and_then(|at| groups.get(at)).copied().unwrap_or(0)
    };
    let mut text = String::with_capacity(2 + count * 4 + scale);
    for place in (0..=i64::from(weight).max(0)).rev() {
        text.push_str(&format!("{:04}", group(place)));
    }
    let whole = text.trim_start_matches('0').to_string();
    let mut text = if whole.is_empty() { "0".to_string() } else { whole };
    if scale > 0 {
        let fraction: String = (1..=scale.div_ceil(4) as i64).map(|place| format!("{:04}", group(-place))).collect();
        text.push('.');
        text.push_str(&fraction[..scale]);
    }
    Some(Numeric::Decimal(if sign == NEGATIVE { format!("-{text}") } else { text }))
}

/// Writes a decimal as the server takes it; none if it is no decimal or has more digits than `numeric` can have.
pub(crate) fn write(decimal: &str, out: &mut Vec<u8>) -> Option<()> {
    let spelled;
    let simple = decimal.strip_prefix('-').unwrap_or(decimal);
    let simple = !simple.is_empty() && simple.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let decimal = if simple && plain_decimal(decimal).is_some() {
        decimal
    } else {
        spelled = plain_decimal(decimal)?;
        &spelled
    };
    let (sign, unsigned) = match decimal.strip_prefix('-') {
        Some(rest) => (NEGATIVE, rest),
        None => (POSITIVE, decimal),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let whole = whole.trim_start_matches('0');
    let (before, after) = (whole.len().div_ceil(4), fraction.len().div_ceil(4));
    let padded =
        format!("{}{whole}{fraction}{}", "0".repeat(before * 4 - whole.len()), "0".repeat(after * 4 - fraction.len()));
    let groups: Vec<u16> = padded.as_bytes().chunks(4).map(group).collect();
    let leading = groups.iter().take_while(|group| **group == 0).count();
    let used = &groups[leading..];
    let used = &used[..used.len() - used.iter().rev().take_while(|group| **group == 0).count()];
    let weight = if used.is_empty() { 0 } else { i16::try_from(before as i64 - 1 - leading as i64).ok()? };
    let sign = if used.is_empty() { POSITIVE } else { sign };
    let scale = u16::try_from(fraction.len()).ok().filter(|scale| *scale <= 16_383)?;
    let count = u16::try_from(used.len()).ok()?;
    for word in [count, weight as u16, sign, scale].iter().chain(used) {
        out.extend_from_slice(&word.to_be_bytes());
    }
    Some(())
}

fn group(digits: &[u8]) -> u16 {
    digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn there_and_back(text: &str) -> String {
        let mut bytes = Vec::new();
        write(text, &mut bytes).unwrap();
        match read(&bytes).unwrap() {
            Numeric::Decimal(text) => text,
            Numeric::Special(name) => name.to_string(),
        }
    }

    #[test]
    fn decimals_keep_their_digits() {
        for text in
            ["0", "0.00", "1", "-1", "10000", "9999.9999", "0.0001", "-0.00010", "123456789012345678901234567890.5"]
        {
            assert_eq!(there_and_back(text), text);
        }
        for (text, expected) in
            [("-0.00", "0.00"), ("007", "7"), ("1e3", "1000"), ("+5", "5"), ("12.5e-3", "0.0125"), (".5", "0.5")]
        {
            assert_eq!(there_and_back(text), expected);
        }
        for wrong in ["", "-", ".", "1.2.3", "x", "1x", "NaN"] {
            assert_eq!(write(wrong, &mut Vec::new()), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_decimal_comes_back(whole in "(0|[1-9][0-9]{0,40})", fraction in "[0-9]{0,30}", negative: bool) {
            let point = if fraction.is_empty() { "" } else { "." };
            let zero = whole == "0" && fraction.bytes().all(|digit| digit == b'0');
            let sign = if negative && !zero { "-" } else { "" };
            let text = format!("{sign}{whole}{point}{fraction}");
            prop_assert_eq!(there_and_back(&text), text);
        }
    }
}

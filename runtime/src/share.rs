//! Which of many keys one query asks for: all of them by a range, where whole numbers lie close together, else a few
//! hundred by name.

use crate::entries::CHUNK;
use crate::value::{Key, Value};

/// A range may hold so many numbers for each key that is asked for. Reading a row in vain costs less than naming a key.
const SPARSE: i128 = 3;

/// What one query asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Share<'k> {
    /// Keys from one to another, both included. There may be rows with keys that nobody asked for.
    Range(&'k Key, &'k Key),
    /// These keys.
    Each(&'k [&'k Key]),
}

/// Calls `query` for each share of the keys, which are put in order where that helps.
pub(crate) fn shares<E>(keys: &mut [&Key], mut query: impl FnMut(Share<'_>) -> Result<(), E>) -> Result<(), E> {
    if !keys.iter().all(|key| number(key).is_some()) {
        return keys.chunks(CHUNK).try_for_each(|chunk| query(Share::Each(chunk)));
    }
    keys.sort_unstable_by_key(|key| number(key));
    if let Some(range) = range(keys) {
        return query(range);
    }
    keys.chunks(CHUNK).try_for_each(|chunk| query(range(chunk).unwrap_or(Share::Each(chunk))))
}

/// Returns the range of ordered keys, if they lie close together.
fn range<'k>(keys: &[&'k Key]) -> Option<Share<'k>> {
    let (first, last) = (*keys.first()?, *keys.last()?);
    let span = number(last)?.checked_sub(number(first)?)?;
    (keys.len() > 1 && (0..SPARSE * keys.len() as i128).contains(&span)).then_some(Share::Range(first, last))
}

fn number(key: &Key) -> Option<i128> {
    match key[..] {
        [Value::Integer(number)] => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(numbers: &[i128]) -> Vec<String> {
        let keys: Vec<Key> = numbers.iter().map(|number| vec![Value::Integer(*number)]).collect();
        let mut asked = Vec::new();
        let each = |share: Share<'_>| {
            asked.push(match share {
                Share::Range(first, last) => format!("{:?} to {:?}", number(first), number(last)),
                Share::Each(keys) => format!("{}", keys.len()),
            });
            Ok::<(), ()>(())
        };
        shares(&mut keys.iter().collect::<Vec<_>>(), each).expect("nothing fails");
        asked
    }

    #[test]
    fn numbers_close_together_are_one_range() {
        assert_eq!(asked(&[9, 7, 8, 1]), ["Some(1) to Some(9)"]);
        assert_eq!(asked(&[1, 1_000]), ["2"]);
        assert_eq!(asked(&[5]), ["1"]);
        assert!(asked(&[]).is_empty());
        assert_eq!(asked(&[i128::MIN, i128::MAX]), ["2"]);
    }

    #[test]
    fn what_lies_far_apart_is_asked_for_in_parts() {
        let numbers: Vec<i128> = (0..500).chain(1_000_000..1_000_500).rev().collect();
        assert_eq!(asked(&numbers), ["Some(0) to Some(499)", "Some(1000000) to Some(1000499)"]);
        let sparse: Vec<i128> = (0..1_001).map(|number| number * 10).collect();
        assert_eq!(asked(&sparse), ["500", "500", "1"]);
    }

    #[test]
    fn keys_that_are_no_numbers_are_named() {
        let keys: Vec<Key> = (0..3).map(|number| vec![Value::Text(number.to_string())]).collect();
        let mut seen = 0;
        let each = |share: Share<'_>| {
            assert!(matches!(share, Share::Each(keys) if keys.len() == 3), "{share:?}");
            seen += 1;
            Ok::<(), ()>(())
        };
        shares(&mut keys.iter().collect::<Vec<_>>(), each).expect("nothing fails");
        assert_eq!(seen, 1);
    }
}

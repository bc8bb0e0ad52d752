//! Deviations that verify has seen once. Beside a live system a row may have been changed, carried or deleted between
//! the moments at which the two sides were read; so each row is looked at again later, and what is seen twice is
//! reported. Only what it takes to find the row again is kept.

use crate::fingerprint::{self, PrintMap, PrintSet};
use crate::report::{Deviation, DeviationKind};
use crate::value::{Key, Value};

/// How many suspects are kept before they are looked at again.
const FULL: usize = 100_000;

/// Deviations of one step that were seen once.
#[derive(Default)]
pub(crate) struct Suspects {
    /// Their places by what they are about.
    places: PrintMap<usize>,
    known: PrintSet,
    /// Keys of legacy rows, in the order in which they were seen.
    pub(crate) keys: Vec<Key>,
    /// Roles and keys of target rows that stem from no legacy row.
    pub(crate) born: Vec<(usize, Value)>,
}

impl Suspects {
    /// Takes in a deviation; `role` is the index of its role.
    pub(crate) fn add(&mut self, deviation: &Deviation, role: Option<usize>) {
        let place = self.places.len();
        self.places.insert(print(deviation), place);
        match (&deviation.legacy_key, &deviation.target_key, role) {
            (Some(key), ..) if self.known.insert(fingerprint::of(key)) => self.keys.push(key.clone()),
            (None, Some(key), Some(role)) => self.born.push((role, key.clone())),
            _ => {}
        }
    }

    /// Returns the place of a deviation that was seen before.
    pub(crate) fn place(&self, deviation: &Deviation) -> Option<usize> {
        self.places.get(&print(deviation)).copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.places.len() >= FULL
    }
}

/// Returns the fingerprint of what a deviation is about. Its values are not part of it: another wrong value is wrong too.
fn print(deviation: &Deviation) -> u128 {
    let column = deviation.column.as_deref().filter(|_| deviation.kind == DeviationKind::Differs);
    let texts = [column, deviation.role.as_deref()].map(|text| Value::Text(text.unwrap_or_default().to_string()));
    let kind = Value::Integer(deviation.kind as i128);
    let legacy = deviation.legacy_key.iter().flatten();
    fingerprint::of([&kind].into_iter().chain(&texts).chain(&deviation.target_key).chain(legacy))
}

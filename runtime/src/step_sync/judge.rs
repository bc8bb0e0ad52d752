//! Decides what is to become of one target row, from four things: what was written, what is there, what the legacy row
//! gives now, and who gives the key. Knows no database.

use crate::entries::Entry;
use crate::fingerprint::{self, hex};
use crate::report::{Differing, LeftReason};
use crate::step::{KeyAssigned, Source, TargetSpec};
use crate::value::{Row, Value};

/// What is to become of a target row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// Nothing: it is what the mapping gives.
    Same,
    /// It is what the mapping gives, and no longer what was written: only the fingerprint is renewed.
    Renew,
    /// Only the target was changed: that is not sync's affair.
    Theirs,
    /// These columns get what the mapping gives.
    Set(Vec<usize>),
    /// There is no row, and the target's condition holds now.
    Write,
    /// There is a row, and the target's condition does not hold any more.
    Delete,
    /// It stays as it is, for this reason.
    Left(LeftReason),
}

/// Returns what a target row must be: the columns that the engine fills in are filled in, and what was generated is what
/// is there.
pub(super) fn expected(role: &TargetSpec, converted: &Row, keys: &[Value], present: Option<&Row>) -> Row {
    let filled = role.columns.iter().zip(converted).enumerate().map(|(place, (column, value))| match column.source {
        Source::Sibling(role) => keys[role].clone(),
        Source::Generated => present.map_or_else(|| value.clone(), |row| row[place].clone()),
        Source::Converted | Source::Link(_) | Source::Constant(_) => value.clone(),
    });
    filled.collect()
}

/// Judges the row of one role. `expected` is none if the target's condition does not hold.
pub(super) fn judge(
    role: &TargetSpec,
    entry: &Entry,
    at: usize,
    present: Option<&Row>,
    expected: Option<&Row>,
) -> Verdict {
    let (key, written) = &entry.roles[at];
    let is_written = |row: &Row| *written == Value::Text(hex(fingerprint::of(row)));
    match (expected, present) {
        (None, _) if key.is_null() => Verdict::Same,
        (None, _) => Verdict::Delete,
        (Some(_), _) if key.is_null() => Verdict::Write,
        (Some(expected), None) if !generates(role) && is_written(expected) => Verdict::Theirs,
        (Some(_), None) => Verdict::Left(LeftReason::Lost),
        (Some(expected), Some(present)) => {
            let places = (0..role.columns.len()).filter(|at| !fingerprint::same(&expected[*at], &present[*at]));
            let places: Vec<usize> = places.collect();
            match (places.is_empty(), is_written(present)) {
                (true, true) => Verdict::Same,
                // Nobody can tell whether it was a generated value that somebody has changed.
                (true, false) if generates(role) => Verdict::Same,
                (true, false) => Verdict::Renew,
                (false, true) => change(role, places, expected, present),
                (false, false) if is_written(expected) => Verdict::Theirs,
                (false, false) => {
                    let columns = places.iter().map(|at| differing(role, *at, expected, present)).collect();
                    Verdict::Left(LeftReason::Conflict { columns })
                }
            }
        }
    }
}

fn change(role: &TargetSpec, places: Vec<usize>, expected: &Row, present: &Row) -> Verdict {
    match role.key.assigned {
        KeyAssigned::Conversion(key) if places.contains(&key) => {
            Verdict::Left(LeftReason::KeyChanged(differing(role, key, expected, present)))
        }
        KeyAssigned::Conversion(_) | KeyAssigned::Engine => Verdict::Set(places),
    }
}

fn differing(role: &TargetSpec, at: usize, expected: &Row, present: &Row) -> Differing {
    let column = role.columns[at].name.clone();
    Differing { column, expected: expected[at].clone(), found: present[at].clone() }
}

fn generates(role: &TargetSpec) -> bool {
    role.columns.iter().any(|column| column.source == Source::Generated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entries::State;
    use crate::step::{KeySpec, TargetColumn};
    use crate::value::Kind;

    fn role(assigned: KeyAssigned, sources: &[Source]) -> TargetSpec {
        let column = |(at, source): (usize, &Source)| TargetColumn {
            name: format!("c{at}"),
            kind: Kind::Integer,
            source: source.clone(),
            line: 1,
        };
        TargetSpec {
            role: "t".to_string(),
            table: "t".to_string(),
            key: KeySpec { column: "id".to_string(), kind: Kind::Integer, assigned },
            columns: sources.iter().enumerate().map(column).collect(),
            identity: None,
            conditional: true,
            existing: None,
        }
    }

    fn row(numbers: &[i128]) -> Row {
        numbers.iter().map(|number| Value::Integer(*number)).collect()
    }

    fn verdict(role: &TargetSpec, written: Option<&[i128]>, present: Option<&[i128]>, now: Option<&[i128]>) -> Verdict {
        let print = written.map_or(Value::Null, |written| Value::Text(hex(fingerprint::of(&row(written)))));
        let key = if written.is_some() { Value::Integer(7) } else { Value::Null };
        let entry = Entry { key: row(&[1]), state: State::Migrated, roles: vec![(key, print)] };
        let present = present.map(row);
        let expected = now.map(|now| expected(role, &row(now), &[], present.as_ref()));
        judge(role, &entry, 0, present.as_ref(), expected.as_ref())
    }

    #[test]
    fn a_row_is_changed_only_while_it_is_as_it_was_written() {
        let plain = role(KeyAssigned::Engine, &[Source::Converted, Source::Converted]);
        let told = |written, present, now| verdict(&plain, written, present, now);
        assert_eq!(told(Some(&[1, 2]), Some(&[1, 2]), Some(&[1, 2])), Verdict::Same);
        assert_eq!(told(Some(&[1, 2]), Some(&[1, 2]), Some(&[1, 3])), Verdict::Set(vec![1]));
        assert_eq!(told(Some(&[1, 2]), Some(&[1, 9]), Some(&[1, 2])), Verdict::Theirs);
        assert_eq!(told(Some(&[1, 2]), Some(&[1, 3]), Some(&[1, 3])), Verdict::Renew);
        let Verdict::Left(LeftReason::Conflict { columns }) = told(Some(&[1, 2]), Some(&[1, 9]), Some(&[5, 2])) else {
            panic!("both sides were changed");
        };
        assert_eq!(columns.iter().map(|one| one.column.as_str()).collect::<Vec<_>>(), ["c0", "c1"]);
        assert_eq!(told(Some(&[1, 2]), None, Some(&[1, 2])), Verdict::Theirs);
        assert_eq!(told(Some(&[1, 2]), None, Some(&[1, 3])), Verdict::Left(LeftReason::Lost));
    }

    #[test]
    fn conditions_write_and_delete() {
        let plain = role(KeyAssigned::Engine, &[Source::Converted]);
        assert_eq!(verdict(&plain, None, None, None), Verdict::Same);
        assert_eq!(verdict(&plain, None, None, Some(&[1])), Verdict::Write);
        assert_eq!(verdict(&plain, Some(&[1]), Some(&[1]), None), Verdict::Delete);
    }

    #[test]
    fn what_was_generated_stays_and_keys_do_not_change() {
        let generated = role(KeyAssigned::Engine, &[Source::Converted, Source::Generated]);
        assert_eq!(verdict(&generated, Some(&[1, 2]), Some(&[1, 2]), Some(&[1, 5])), Verdict::Same);
        assert_eq!(verdict(&generated, Some(&[1, 2]), Some(&[1, 2]), Some(&[3, 5])), Verdict::Set(vec![0]));
        assert_eq!(verdict(&generated, Some(&[1, 2]), Some(&[1, 4]), Some(&[1, 5])), Verdict::Same);
        let given = role(KeyAssigned::Conversion(0), &[Source::Converted, Source::Converted]);
        let told = verdict(&given, Some(&[1, 2]), Some(&[1, 2]), Some(&[4, 2]));
        assert!(matches!(told, Verdict::Left(LeftReason::KeyChanged(_))), "{told:?}");
    }
}

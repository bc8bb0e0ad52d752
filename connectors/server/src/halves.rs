//! Writes many units at once though one of them may be refused: what is refused is split in two, until the unit that is
//! to blame stands alone. A batch without fault costs one attempt, one faulty unit about two batches.

use cutover_runtime::connection::{StoreError, Unit, Violation, Written};
use cutover_runtime::step::TargetRows;
use cutover_runtime::value::Value;

/// A unit on its way: its rows with keys and siblings filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// One row for each target; none where its condition does not hold.
    pub rows: TargetRows,
    /// One key for each target; null where there is no row.
    pub keys: Vec<Value>,
}

impl From<Unit> for Draft {
    fn from(unit: Unit) -> Draft {
        Draft { keys: Vec::with_capacity(unit.rows.len()), rows: unit.rows }
    }
}

/// Writes some drafts, all or none: it leaves nothing behind when it returns a violation.
pub type Write<'a> = dyn FnMut(&mut [Draft]) -> Result<Option<Violation>, StoreError> + 'a;

/// Writes drafts in order; one answer for each.
pub fn by_halves(mut drafts: Vec<Draft>, write: &mut Write<'_>) -> Result<Vec<Written>, StoreError> {
    let mut refused: Vec<Option<Violation>> = vec![None; drafts.len()];
    half(&mut drafts, &mut refused, write)?;
    let answer = |(draft, violation): (Draft, Option<Violation>)| match violation {
        Some(violation) => Written::Refused(violation),
        None => Written::Keys(draft.keys, draft.rows),
    };
    Ok(drafts.into_iter().zip(refused).map(answer).collect())
}

fn half(drafts: &mut [Draft], refused: &mut [Option<Violation>], write: &mut Write<'_>) -> Result<(), StoreError> {
    if drafts.is_empty() {
        return Ok(());
    }
    let Some(violation) = write(drafts)? else { return Ok(()) };
    if let [alone] = refused {
        *alone = Some(violation);
        return Ok(());
    }
    let middle = drafts.len() / 2;
    let ((left, right), (left_refused, right_refused)) = (drafts.split_at_mut(middle), refused.split_at_mut(middle));
    half(left, left_refused, write)?;
    half(right, right_refused, write)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cutover_runtime::connection::ViolationKind;
    use std::collections::BTreeSet;

    /// Writes numbers into a set that takes each once and none that is negative.
    fn check(numbers: &[i128], expected: &[bool]) -> usize {
        let mut set: BTreeSet<i128> = BTreeSet::new();
        let mut attempts = 0;
        let drafts =
            numbers.iter().map(|number| Draft { rows: vec![Some(vec![Value::Integer(*number)])], keys: vec![] });
        let mut write = |drafts: &mut [Draft]| {
            attempts += 1;
            let mut next = set.clone();
            let fits = drafts.iter().all(|draft| match draft.rows[0].as_deref() {
                Some([Value::Integer(number)]) => *number >= 0 && next.insert(*number),
                _ => false,
            });
            if fits {
                set = next;
                return Ok(None);
            }
            let (table, constraint) = ("t".to_string(), "c".to_string());
            Ok(Some(Violation { kind: ViolationKind::Check, table, constraint, columns: vec![] }))
        };
        let written = by_halves(drafts.collect(), &mut write).unwrap();
        let fits: Vec<bool> = written.iter().map(|written| matches!(written, Written::Keys(..))).collect();
        assert_eq!(fits, expected, "{numbers:?}");
        attempts
    }

    #[test]
    fn who_is_to_blame_stands_alone_and_the_first_of_two_equals_wins() {
        assert_eq!(check(&[], &[]), 0);
        assert_eq!(check(&[1, 2, 3], &[true; 3]), 1);
        check(&[-1], &[false]);
        check(&[1, 2, 1, 3, -4, 3], &[true, true, false, true, false, false]);
        check(&[5, 5, 5, 5], &[true, false, false, false]);
        let mut many: Vec<i128> = (0..1000).collect();
        let mut expected = vec![true; 1000];
        (many[777], expected[777]) = (-1, false);
        assert!(check(&many, &expected) < 25);
    }
}

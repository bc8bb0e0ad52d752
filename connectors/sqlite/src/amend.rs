//! Changes and deletes rows that are there, all of some or none.

use crate::dialect::SqliteDialect;
use crate::insert::{misplaced, refusal, savepoint};
use crate::value::Bound;
use crate::{Sqlite, error};
use cutover_runtime::connection::{Amendment, Change, SqlDialect, StoreError, Violation, key_condition, untouched};
use cutover_runtime::step::{TargetColumn, TargetSpec};
use cutover_runtime::value::Value;

/// Makes the changes in order. Returns why the target refuses one of them; none is made then.
pub(crate) fn amend(
    sqlite: &Sqlite,
    targets: &[TargetSpec],
    amendments: &[Amendment],
) -> Result<Option<Violation>, StoreError> {
    savepoint(sqlite, "SAVEPOINT cutover_amendment")?;
    for amendment in amendments {
        if let Some(violation) = amend_row(sqlite, &targets[amendment.target], amendment)? {
            savepoint(sqlite, "ROLLBACK TO cutover_amendment")?;
            savepoint(sqlite, "RELEASE cutover_amendment")?;
            return Ok(Some(violation));
        }
    }
    savepoint(sqlite, "RELEASE cutover_amendment").map(|()| None)
}

fn amend_row(sqlite: &Sqlite, target: &TargetSpec, amendment: &Amendment) -> Result<Option<Violation>, StoreError> {
    let values: Vec<(&TargetColumn, &Value)> = match &amendment.change {
        Change::Set(changes) => changes.iter().map(|(at, value)| (&target.columns[*at], value)).collect(),
        Change::Delete => Vec::new(),
    };
    if let Some(violation) = misplaced(sqlite, target, values.iter().copied())? {
        return Ok(Some(violation));
    }
    let (sql, keys) = statement(target, amendment, &values);
    let parameters = values.iter().map(|(_, value)| *value).chain(std::iter::repeat_n(&amendment.key, keys));
    let run = || sqlite.inner.prepare_cached(&sql)?.execute(rusqlite::params_from_iter(parameters.map(Bound)));
    match run() {
        Ok(0) => Ok(Some(untouched(target))),
        Ok(_) => Ok(None),
        Err(error) => match error::violation(&error) {
            Some(kind) => refusal(sqlite, target, kind, &error).map(Some),
            None => Err(sqlite.fault(&error)),
        },
    }
}

/// OR ABORT overrules what a table may declare for conflicts: no other row is to go for this one.
fn statement(target: &TargetSpec, amendment: &Amendment, values: &[(&TargetColumn, &Value)]) -> (String, usize) {
    let table = SqliteDialect.quote(&target.table);
    let (condition, keys) = key_condition(&SqliteDialect, target, values.len() + 1);
    let set = |(at, (column, _)): (usize, &(&TargetColumn, &Value))| {
        format!("{} = {}", SqliteDialect.quote(&column.name), SqliteDialect.placeholder(at + 1))
    };
    let sets: Vec<String> = values.iter().enumerate().map(set).collect();
    let sql = match amendment.change {
        Change::Set(_) => format!("UPDATE OR ABORT {table} SET {} WHERE {condition}", sets.join(", ")),
        Change::Delete => format!("DELETE FROM {table} WHERE {condition}"),
    };
    (sql, keys)
}

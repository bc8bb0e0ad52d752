//! Changes and deletes rows that are there, all of some or none, within a savepoint. What the server changes with no more
//! than a warning counts as refused.

use crate::dialect::MariaDbDialect;
use crate::insert::{loss, positional, refused, violation};
use crate::parameters::bind;
use crate::write::{Keeps, write};
use crate::{MariaDb, catalogue};
use cutover_runtime::connection::{
    Amendment, Change, SqlDialect, StoreError, Violation, ViolationKind, key_condition, untouched,
};
use cutover_runtime::step::TargetSpec;
use cutover_runtime::value::Value;
use mysql::Params;
use mysql::prelude::Queryable;

/// Makes the changes in order. Returns why the target refuses one of them; none is made then.
pub(crate) fn amend(
    mariadb: &mut MariaDb,
    targets: &[TargetSpec],
    amendments: &[Amendment],
) -> Result<Option<Violation>, StoreError> {
    mariadb.run("SAVEPOINT cutover_amendment")?;
    for amendment in amendments {
        let target = &targets[amendment.target];
        let refused = match &amendment.change {
            Change::Set(changes) => update(mariadb, target, &amendment.key, changes)?,
            Change::Delete => delete(mariadb, target, &amendment.key)?,
        };
        if refused.is_some() {
            mariadb.run("ROLLBACK TO SAVEPOINT cutover_amendment")?;
            return Ok(refused);
        }
    }
    mariadb.run("RELEASE SAVEPOINT cutover_amendment").map(|()| None)
}

fn update(
    mariadb: &mut MariaDb,
    target: &TargetSpec,
    key: &Value,
    changes: &[(usize, Value)],
) -> Result<Option<Violation>, StoreError> {
    let columns: Vec<String> = target.columns.iter().map(|column| column.name.clone()).collect();
    let keeps = catalogue::keeps(mariadb, &target.table, &columns)?;
    let (mut sets, mut values) = (Vec::new(), Vec::new());
    for (at, value) in changes {
        let column = &columns[*at];
        match write(value, &keeps[*at]) {
            Ok(value) => values.push(value),
            Err(misfit) => {
                let (constraint, columns) = (format!("{column}, {misfit}"), vec![column.clone()]);
                let table = target.table.clone();
                return Ok(Some(Violation { kind: ViolationKind::Check, table, constraint, columns }));
            }
        }
        sets.push(format!("{} = ?", MariaDbDialect.quote(column)));
    }
    for (at, column) in columns.iter().enumerate() {
        // A column may be declared ON UPDATE: it keeps what it has only if it is set to that.
        let moves = matches!(keeps[at], Keeps::Timestamp { .. } | Keeps::DateTime { .. });
        if moves && !changes.iter().any(|(changed, _)| *changed == at) {
            let name = MariaDbDialect.quote(column);
            sets.push(format!("{name} = {name}"));
        }
    }
    let statement = format!("UPDATE {} SET {}", MariaDbDialect.quote(&target.table), sets.join(", "));
    run(mariadb, target, &statement, values, key)
}

fn delete(mariadb: &mut MariaDb, target: &TargetSpec, key: &Value) -> Result<Option<Violation>, StoreError> {
    let statement = format!("DELETE FROM {}", MariaDbDialect.quote(&target.table));
    run(mariadb, target, &statement, Vec::new(), key)
}

/// Runs a statement on the row with a key, which it must reach.
fn run(
    mariadb: &mut MariaDb,
    target: &TargetSpec,
    statement: &str,
    mut values: Vec<mysql::Value>,
    key: &Value,
) -> Result<Option<Violation>, StoreError> {
    let (condition, keys) = key_condition(&MariaDbDialect, target, values.len() + 1);
    let keys = vec![key.clone(); keys];
    let (condition, parameters) = bind(&condition, &keys);
    if let Params::Positional(parameters) = parameters {
        values.extend(parameters);
    }
    let sql = format!("{statement} WHERE {condition}");
    if let Err(error) = mariadb.conn.exec_drop(&sql, positional(values)) {
        return refused(mariadb, target, error).map(Some);
    }
    if mariadb.conn.affected_rows() == 0 {
        return Ok(Some(untouched(target)));
    }
    if mariadb.conn.warnings() > 0
        && let Some(message) = loss(mariadb)?
    {
        return violation(mariadb, target, ViolationKind::Check, &message).map(Some);
    }
    Ok(None)
}

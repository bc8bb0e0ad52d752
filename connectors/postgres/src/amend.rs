//! Changes and deletes rows that are there, all of some or none, within a savepoint.

use crate::copy::CopyError;
use crate::dialect::PostgresDialect;
use crate::insert::{ATTEMPT, CHECK, KEEP, refused};
use crate::write::{Bound, Kept, misfit};
use crate::{Postgres, catalogue};
use cutover_runtime::connection::{
    Amendment, Change, SqlDialect, StoreError, Violation, ViolationKind, key_condition, untouched,
};
use cutover_runtime::step::TargetSpec;
use cutover_runtime::value::Value;
use postgres::types::ToSql;

/// Makes the changes in order. Returns why the target refuses one of them; none is made then.
pub(crate) fn amend(
    postgres: &mut Postgres,
    targets: &[TargetSpec],
    amendments: &[Amendment],
) -> Result<Option<Violation>, StoreError> {
    postgres.batch(ATTEMPT)?;
    for amendment in amendments {
        let target = &targets[amendment.target];
        let violation = match &amendment.change {
            Change::Set(changes) => update(postgres, target, &amendment.key, changes)?,
            Change::Delete => delete(postgres, target, &amendment.key)?,
        };
        if violation.is_some() {
            return Ok(violation);
        }
    }
    if let Err(error) = postgres.client.batch_execute(CHECK) {
        let table = amendments.first().map_or("", |amendment| targets[amendment.target].table.as_str());
        return refused(postgres, table, CopyError::Server(error));
    }
    postgres.batch(KEEP).map(|()| None)
}

fn update(
    postgres: &mut Postgres,
    target: &TargetSpec,
    key: &Value,
    changes: &[(usize, Value)],
) -> Result<Option<Violation>, StoreError> {
    let columns: Vec<String> = changes.iter().map(|(at, _)| target.columns[*at].name.clone()).collect();
    let keeps = catalogue::keeps(postgres, &target.table, &columns)?;
    let values: Vec<Kept<'_>> = changes.iter().zip(&keeps).map(|((_, value), keeps)| Kept(value, *keeps)).collect();
    for (column, value) in columns.iter().zip(&values) {
        if let Some(misfit) = misfit(value) {
            postgres.batch(crate::insert::GIVE_UP)?;
            let (constraint, columns) = (format!("{column}, {misfit}"), vec![column.clone()]);
            return Ok(Some(Violation {
                kind: ViolationKind::Check,
                table: target.table.clone(),
                constraint,
                columns,
            }));
        }
    }
    let set = |(at, column): (usize, &String)| {
        format!("{} = {}", PostgresDialect.quote(column), PostgresDialect.placeholder(at + 1))
    };
    let sets: Vec<String> = columns.iter().enumerate().map(set).collect();
    let (condition, keys) = key_condition(&PostgresDialect, target, columns.len() + 1);
    let table = PostgresDialect.quote(&target.table);
    let sql = format!("UPDATE {table} SET {} WHERE {condition}", sets.join(", "));
    let key = Bound(key);
    let values = values.iter().map(|value| value as &(dyn ToSql + Sync));
    let parameters: Vec<_> = values.chain(std::iter::repeat_n(&key as &(dyn ToSql + Sync), keys)).collect();
    run(postgres, target, &sql, &parameters)
}

fn delete(postgres: &mut Postgres, target: &TargetSpec, key: &Value) -> Result<Option<Violation>, StoreError> {
    let (condition, keys) = key_condition(&PostgresDialect, target, 1);
    let sql = format!("DELETE FROM {} WHERE {condition}", PostgresDialect.quote(&target.table));
    let key = Bound(key);
    run(postgres, target, &sql, &vec![&key as &(dyn ToSql + Sync); keys])
}

/// Runs a statement that must reach a row.
fn run(
    postgres: &mut Postgres,
    target: &TargetSpec,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Option<Violation>, StoreError> {
    let statement = postgres.prepare(sql)?;
    match postgres.client.execute(&statement, parameters) {
        Ok(0) => postgres.batch(crate::insert::GIVE_UP).map(|()| Some(untouched(target))),
        Ok(_) => Ok(None),
        Err(error) => refused(postgres, &target.table, CopyError::Server(error)),
    }
}

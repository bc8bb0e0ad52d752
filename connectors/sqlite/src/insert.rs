//! Writes units: rows of one or more tables that belong together, all of them or none.

use crate::dialect::SqliteDialect;
use crate::open::failed;
use crate::value::Bound;
use crate::{Sqlite, catalogue, error};
use chrono::Datelike;
use cutover_runtime::connection::{SqlDialect, StoreError, StoreErrorKind, Unit, Violation, ViolationKind, Written};
use cutover_runtime::step::{KeyAssigned, Source, TargetSpec};
use cutover_runtime::value::{Row, Value};
use rusqlite::CachedStatement;
use std::ops::RangeInclusive;

/// Digits that a column of numbers keeps for sure.
const EXACT_DIGITS: usize = 15;

/// Years that have four digits.
const YEARS: RangeInclusive<i32> = 0..=9999;

/// Returns the statement that inserts one row. OR ABORT overrules what a table may declare for conflicts: nothing is
/// to be ignored or replaced silently.
pub(crate) fn statement(table: &str, columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|column| SqliteDialect.quote(column)).collect();
    let places: Vec<String> = (1..=columns.len()).map(|index| SqliteDialect.placeholder(index)).collect();
    let table = SqliteDialect.quote(table);
    format!("INSERT OR ABORT INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "))
}

/// Writes units in order. One answer for each.
pub(crate) fn insert(sqlite: &Sqlite, targets: &[TargetSpec], units: Vec<Unit>) -> Result<Vec<Written>, StoreError> {
    let mut writers = targets.iter().map(|target| Writer::new(sqlite, target)).collect::<Result<Vec<_>, _>>()?;
    let mut answers = Vec::with_capacity(units.len());
    for unit in units {
        answers.push(write_unit(sqlite, &mut writers, unit)?);
    }
    Ok(answers)
}

/// What it takes to write into one target.
struct Writer<'a> {
    target: &'a TargetSpec,
    statement: CachedStatement<'a>,
    /// The next key, if the engine assigns keys here.
    next: Option<i128>,
}

impl<'a> Writer<'a> {
    fn new(sqlite: &'a Sqlite, target: &'a TargetSpec) -> Result<Writer<'a>, StoreError> {
        let mut columns: Vec<String> = target.columns.iter().map(|column| column.name.clone()).collect();
        let next = match target.key.assigned {
            KeyAssigned::Conversion(_) => None,
            KeyAssigned::Engine => {
                columns.push(target.key.column.clone());
                Some(
                    catalogue::next_key(&sqlite.inner, &target.table, &target.key.column)
                        .map_err(|error| sqlite.fault(&error))?,
                )
            }
        };
        let statement = sqlite.inner.prepare_cached(&statement(&target.table, &columns));
        Ok(Writer { target, statement: statement.map_err(|error| sqlite.fault(&error))?, next })
    }

    fn key(&self, row: &Row) -> Value {
        match (self.target.key.assigned, self.next) {
            (KeyAssigned::Conversion(place), _) => row[place].clone(),
            (KeyAssigned::Engine, next) => next.map_or(Value::Null, Value::Integer),
        }
    }
}

fn write_unit(sqlite: &Sqlite, writers: &mut [Writer<'_>], unit: Unit) -> Result<Written, StoreError> {
    // A single statement leaves nothing behind when it fails.
    let several = writers.len() > 1;
    if several {
        savepoint(sqlite, "SAVEPOINT cutover_unit")?;
    }
    let mut rows = unit.rows;
    let mut keys: Vec<Value> = Vec::with_capacity(rows.len());
    for (at, writer) in writers.iter_mut().enumerate() {
        fill_siblings(writer.target, &keys, &mut rows[at]);
        let key = writer.key(&rows[at]);
        if let Some(violation) = write_row(sqlite, writer, &rows[at], &key)? {
            if several {
                savepoint(sqlite, "ROLLBACK TO cutover_unit")?;
                savepoint(sqlite, "RELEASE cutover_unit")?;
            }
            return Ok(Written::Refused(violation));
        }
        keys.push(key);
    }
    if several {
        savepoint(sqlite, "RELEASE cutover_unit")?;
    }
    // Keys are used up only now: a refused unit leaves no gap.
    for writer in writers {
        writer.next = writer.next.map(|next| next + 1);
    }
    Ok(Written::Keys(keys, rows))
}

fn savepoint(sqlite: &Sqlite, sql: &str) -> Result<(), StoreError> {
    let run = || sqlite.inner.prepare_cached(sql)?.execute([]);
    run().map(|_| ()).map_err(|error| sqlite.fault(&error))
}

fn fill_siblings(target: &TargetSpec, keys: &[Value], row: &mut Row) {
    for (column, value) in target.columns.iter().zip(row) {
        match column.source {
            Source::Sibling(role) => *value = keys[role].clone(),
            Source::Converted | Source::Constant(_) | Source::Generated => {}
        }
    }
}

fn write_row(
    sqlite: &Sqlite,
    writer: &mut Writer<'_>,
    row: &Row,
    key: &Value,
) -> Result<Option<Violation>, StoreError> {
    if let Some(violation) = unwritable_time(writer.target, row) {
        return Ok(Some(violation));
    }
    if let Some(violation) = loses_digits(sqlite, writer.target, row)? {
        return Ok(Some(violation));
    }
    let (statement, assigned) = (&mut writer.statement, writer.next.map(|_| key));
    let mut run = || {
        for (at, value) in row.iter().chain(assigned).enumerate() {
            statement.raw_bind_parameter(at + 1, Bound(value))?;
        }
        statement.raw_execute()
    };
    let refused = |kind, constraint| Ok(Some(violation(writer.target, kind, constraint)));
    match run() {
        Ok(0) => refused(ViolationKind::Check, "a trigger that ignores the row".to_string()),
        Ok(_) => Ok(None),
        Err(error) => match error::violation(&error) {
            Some(_) if sqlite.inner.is_autocommit() => {
                let cause = format!("table {} ends the transaction when a row is refused", writer.target.table);
                Err(failed(&sqlite.place, StoreErrorKind::OtherSchema, &cause))
            }
            Some(kind) => refused(kind, constraint(&error::cause(&error))),
            None => Err(sqlite.fault(&error)),
        },
    }
}

/// SQLite names columns, or a check by its name or its text.
fn violation(target: &TargetSpec, kind: ViolationKind, constraint: String) -> Violation {
    let named = target.columns.iter().filter(|column| constraint.contains(&column.name));
    let columns = named.map(|column| column.name.clone()).collect();
    Violation { kind, table: target.table.clone(), constraint, columns }
}

/// Returns what SQLite names: columns or a constraint; its own words where it names nothing.
fn constraint(cause: &str) -> String {
    cause.split_once("constraint failed: ").map_or(cause, |(_, names)| names).to_string()
}

/// Times are texts of a fixed width here, and SQLite's functions know the years 0 to 9999 only: the last evening of the
/// year 9999 in Toronto is a year too late in UTC.
fn unwritable_time(target: &TargetSpec, row: &Row) -> Option<Violation> {
    let beyond = |value: &Value| match value {
        Value::Date(day) => !YEARS.contains(&day.year()),
        Value::DateTime(time) | Value::Instant(time) => !YEARS.contains(&time.year()),
        _ => false,
    };
    let (column, _) = target.columns.iter().zip(row).find(|(_, value)| beyond(value))?;
    let constraint = format!("{}, which takes the years 0000 to 9999", column.name);
    Some(violation(target, ViolationKind::Check, constraint))
}

/// A number with many digits is sent as text; a column with numeric affinity would round it.
fn loses_digits(sqlite: &Sqlite, target: &TargetSpec, row: &Row) -> Result<Option<Violation>, StoreError> {
    for (column, value) in target.columns.iter().zip(row) {
        let long = match value {
            Value::Integer(value) => i64::try_from(*value).is_err(),
            Value::Decimal(value) => value.len() > EXACT_DIGITS && digits(value) > EXACT_DIGITS,
            _ => false,
        };
        let keeps = || catalogue::keeps_text(&sqlite.inner, &target.table, &column.name);
        if long && !keeps().map_err(|error| sqlite.fault(&error))? {
            let constraint = format!("{}, which cannot keep so many digits", column.name);
            return Ok(Some(violation(target, ViolationKind::Check, constraint)));
        }
    }
    Ok(None)
}

fn digits(decimal: &str) -> usize {
    let digits: String = decimal.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}

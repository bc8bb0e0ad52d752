//! Writes units: rows of one or more tables that belong together, all of them or none.

use crate::dialect::SqliteDialect;
use crate::open::failed;
use crate::value::Bound;
use crate::{Sqlite, catalogue, error};
use chrono::Datelike;
use cutover_runtime::connection::{SqlDialect, StoreError, StoreErrorKind, Unit, Violation, ViolationKind, Written};
use cutover_runtime::step::{KeyAssigned, Source, TargetColumn, TargetSpec};
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
    let mut counters = Counters::default();
    let mut writers = Vec::with_capacity(targets.len());
    for target in targets {
        writers.push(Writer::new(sqlite, target, &mut counters)?);
    }
    let mut answers = Vec::with_capacity(units.len());
    for unit in units {
        answers.push(write_unit(sqlite, &mut writers, &mut counters, unit)?);
    }
    Ok(answers)
}

/// The next key of each table in which the engine assigns keys: targets of one table share it.
#[derive(Default)]
struct Counters {
    tables: Vec<String>,
    next: Vec<i128>,
}

impl Counters {
    /// Returns the place of a target's counter.
    fn of(&mut self, sqlite: &Sqlite, target: &TargetSpec) -> Result<usize, StoreError> {
        if let Some(known) = self.tables.iter().position(|table| *table == target.table) {
            return Ok(known);
        }
        let next = catalogue::next_key(&sqlite.inner, &target.table, &target.key.column);
        self.next.push(next.map_err(|error| sqlite.fault(&error))?);
        self.tables.push(target.table.clone());
        Ok(self.next.len() - 1)
    }
}

/// What it takes to write into one target.
struct Writer<'a> {
    target: &'a TargetSpec,
    statement: CachedStatement<'a>,
    who: KeyOf,
}

/// Who gives keys here.
#[derive(Clone, Copy)]
enum KeyOf {
    /// The conversion, in this column.
    Conversion(usize),
    /// The engine, by this counter.
    Counter(usize),
}

impl<'a> Writer<'a> {
    fn new(sqlite: &'a Sqlite, target: &'a TargetSpec, counters: &mut Counters) -> Result<Writer<'a>, StoreError> {
        let mut columns: Vec<String> = target.columns.iter().map(|column| column.name.clone()).collect();
        let who = match target.key.assigned {
            KeyAssigned::Conversion(column) => KeyOf::Conversion(column),
            KeyAssigned::Engine => {
                columns.push(target.key.column.clone());
                KeyOf::Counter(counters.of(sqlite, target)?)
            }
        };
        let statement = sqlite.inner.prepare_cached(&statement(&target.table, &columns));
        Ok(Writer { target, statement: statement.map_err(|error| sqlite.fault(&error))?, who })
    }

    /// Returns the key of the next row, and uses it up.
    fn key(&self, row: &Row, counters: &mut Counters) -> Value {
        match self.who {
            KeyOf::Conversion(column) => row[column].clone(),
            KeyOf::Counter(counter) => {
                let key = counters.next[counter];
                counters.next[counter] += 1;
                Value::Integer(key)
            }
        }
    }
}

fn write_unit(
    sqlite: &Sqlite,
    writers: &mut [Writer<'_>],
    counters: &mut Counters,
    unit: Unit,
) -> Result<Written, StoreError> {
    let before = counters.next.clone();
    // A single statement leaves nothing behind when it fails.
    let several = writers.len() > 1;
    if several {
        savepoint(sqlite, "SAVEPOINT cutover_unit")?;
    }
    let mut rows = unit.rows;
    let mut keys: Vec<Value> = Vec::with_capacity(rows.len());
    for (writer, row) in writers.iter_mut().zip(&mut rows) {
        let Some(row) = row else {
            keys.push(Value::Null);
            continue;
        };
        fill_siblings(writer.target, &keys, row);
        let key = writer.key(row, counters);
        if let Some(violation) = write_row(sqlite, writer, row, &key)? {
            if several {
                savepoint(sqlite, "ROLLBACK TO cutover_unit")?;
                savepoint(sqlite, "RELEASE cutover_unit")?;
            }
            counters.next = before; // A refused unit leaves no gap.
            return Ok(Written::Refused(violation));
        }
        keys.push(key);
    }
    if several {
        savepoint(sqlite, "RELEASE cutover_unit")?;
    }
    Ok(Written::Keys(keys, rows))
}

pub(crate) fn savepoint(sqlite: &Sqlite, sql: &str) -> Result<(), StoreError> {
    let run = || sqlite.inner.prepare_cached(sql)?.execute([]);
    run().map(|_| ()).map_err(|error| sqlite.fault(&error))
}

fn fill_siblings(target: &TargetSpec, keys: &[Value], row: &mut Row) {
    for (column, value) in target.columns.iter().zip(row) {
        match column.source {
            Source::Sibling(role) => *value = keys[role].clone(),
            Source::Converted | Source::Constant(_) | Source::Link(_) | Source::Generated => {}
        }
    }
}

fn write_row(
    sqlite: &Sqlite,
    writer: &mut Writer<'_>,
    row: &Row,
    key: &Value,
) -> Result<Option<Violation>, StoreError> {
    if let Some(violation) = misplaced(sqlite, writer.target, writer.target.columns.iter().zip(row))? {
        return Ok(Some(violation));
    }
    let assigned = matches!(writer.who, KeyOf::Counter(_)).then_some(key);
    let statement = &mut writer.statement;
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
            Some(kind) => refusal(sqlite, writer.target, kind, &error).map(Some),
            None => Err(sqlite.fault(&error)),
        },
    }
}

/// Returns the violation that SQLite reports.
pub(crate) fn refusal(
    sqlite: &Sqlite,
    target: &TargetSpec,
    kind: ViolationKind,
    error: &rusqlite::Error,
) -> Result<Violation, StoreError> {
    if sqlite.inner.is_autocommit() {
        let cause = format!("table {} ends the transaction when a row is refused", target.table);
        return Err(failed(&sqlite.place, StoreErrorKind::OtherSchema, &cause));
    }
    Ok(violation(target, kind, constraint(&error::cause(error))))
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

/// Returns the violation of a value that SQLite would keep as another one.
pub(crate) fn misplaced<'v>(
    sqlite: &Sqlite,
    target: &TargetSpec,
    values: impl Iterator<Item = (&'v TargetColumn, &'v Value)>,
) -> Result<Option<Violation>, StoreError> {
    for (column, value) in values {
        let why = match misfit(value) {
            None if loses_digits(sqlite, target, column, value)? => Some("cannot keep so many digits"),
            why => why,
        };
        if let Some(why) = why {
            return Ok(Some(violation(target, ViolationKind::Check, format!("{}, which {why}", column.name))));
        }
    }
    Ok(None)
}

/// Times are texts of a fixed width here, and SQLite's functions know the years 0 to 9999 only: the last evening of the
/// year 9999 in Toronto is a year too late in UTC. What is no number would become null.
fn misfit(value: &Value) -> Option<&'static str> {
    let beyond = match value {
        Value::Date(day) => !YEARS.contains(&day.year()),
        Value::DateTime(time) | Value::Instant(time) => !YEARS.contains(&time.year()),
        Value::Float(number) if number.is_nan() => return Some("takes no NaN"),
        _ => false,
    };
    beyond.then_some("takes the years 0000 to 9999")
}

/// A number with many digits is sent as text; a column with numeric affinity would round it.
fn loses_digits(
    sqlite: &Sqlite,
    target: &TargetSpec,
    column: &TargetColumn,
    value: &Value,
) -> Result<bool, StoreError> {
    let long = match value {
        Value::Integer(value) => i64::try_from(*value).is_err(),
        Value::Decimal(value) => value.len() > EXACT_DIGITS && digits(value) > EXACT_DIGITS,
        _ => false,
    };
    let keeps = || catalogue::keeps_text(&sqlite.inner, &target.table, &column.name);
    Ok(long && !keeps().map_err(|error| sqlite.fault(&error))?)
}

fn digits(decimal: &str) -> usize {
    let digits: String = decimal.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}

//! Writes units by prepared statements of many rows, within a savepoint. What the server changes with no more than a
//! warning counts as refused.

use crate::dialect::MariaDbDialect;
use crate::parameters::parameter;
use crate::write::{Keeps, write};
use crate::{MariaDb, catalogue, error};
use cutover_runtime::connection::{SqlDialect, StoreError, StoreErrorKind, Unit, Violation, ViolationKind, Written};
use cutover_runtime::step::{KeyAssigned, Source, TargetSpec};
use cutover_runtime::value::{Row, Value};
use cutover_server::{Draft, by_halves};
use mysql::Params;
use mysql::prelude::Queryable;

/// Rows in one statement, and the placeholders that a statement may have.
const ROWS: usize = 500;
const PLACEHOLDERS: usize = 60_000;

/// What it takes to write into one target.
struct Writer<'a> {
    target: &'a TargetSpec,
    columns: Vec<String>,
    keeps: Vec<Keeps>,
}

/// Writes units in order. One answer for each.
pub(crate) fn insert(
    mariadb: &mut MariaDb,
    targets: &[TargetSpec],
    units: Vec<Unit>,
) -> Result<Vec<Written>, StoreError> {
    let mut writers = Vec::with_capacity(targets.len());
    for (at, target) in targets.iter().enumerate() {
        let gives_keys = target.key.assigned == KeyAssigned::Engine;
        // Rows of a table may be there already, and never be written.
        if gives_keys && units.iter().any(|unit| unit.rows[at].is_some()) {
            catalogue::check_counter(mariadb, &target.table, &target.key.column)?;
        }
        writers.push(Writer::new(mariadb, target)?);
    }
    let widest = writers.iter().map(|writer| writer.columns.len()).max().unwrap_or(1);
    let mut written = Vec::with_capacity(units.len());
    let mut drafts: Vec<Draft> = units.into_iter().map(Draft::from).collect();
    while !drafts.is_empty() {
        let count = stretch(mariadb, drafts.iter().map(|draft| draft.rows.iter().flatten().flatten()), widest)?;
        let rest = drafts.split_off(count);
        let some = std::mem::replace(&mut drafts, rest);
        written.extend(by_halves(some, &mut |drafts| attempt(mariadb, &writers, drafts))?);
    }
    Ok(written)
}

/// Returns how many units, or rows, go into one statement: at least one, and no more bytes than half of what the server
/// takes. One that is larger than that alone is an error: the server would end the session.
fn stretch<'v, I>(mariadb: &MariaDb, units: impl Iterator<Item = I>, widest: usize) -> Result<usize, StoreError>
where
    I: Iterator<Item = &'v Value>,
{
    let most = ROWS.min(PLACEHOLDERS / widest.max(1)).max(1);
    let packet = mariadb.limits.packet;
    let (mut bytes, mut count) = (0, 0);
    for unit in units.take(most) {
        let unit: usize = unit.map(size).sum();
        if unit > packet {
            let cause = format!("a row has {unit} bytes, the server takes {packet} at once");
            return Err(mariadb.failed(StoreErrorKind::TooLarge, cause));
        }
        bytes += unit;
        if count > 0 && bytes > packet / 2 {
            break;
        }
        count += 1;
    }
    Ok(count)
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Decimal(text) => text.len() + 9,
        Value::Bytes(bytes) => bytes.len() + 9,
        _ => 40,
    }
}

impl<'a> Writer<'a> {
    fn new(mariadb: &mut MariaDb, target: &'a TargetSpec) -> Result<Writer<'a>, StoreError> {
        let columns: Vec<String> = target.columns.iter().map(|column| column.name.clone()).collect();
        let keeps = catalogue::keeps(mariadb, &target.table, &columns)?;
        Ok(Writer { target, columns, keeps })
    }

    fn encode(&self, row: &Row, out: &mut Vec<mysql::Value>) -> Option<Violation> {
        for ((value, keeps), column) in row.iter().zip(&self.keeps).zip(&self.columns) {
            match write(value, keeps) {
                Ok(value) => out.push(value),
                Err(misfit) => {
                    let (constraint, columns) = (format!("{column}, {misfit}"), vec![column.clone()]);
                    let table = self.target.table.clone();
                    return Some(Violation { kind: ViolationKind::Check, table, constraint, columns });
                }
            }
        }
        None
    }
}

/// Returns the statement that inserts so many rows.
fn statement(table: &str, columns: &[String], rows: usize) -> String {
    let names: Vec<String> = columns.iter().map(|column| MariaDbDialect.quote(column)).collect();
    let row = format!("({})", vec!["?"; columns.len()].join(", "));
    let rows = vec![row; rows].join(", ");
    format!("INSERT INTO {} ({}) VALUES {rows}", MariaDbDialect.quote(table), names.join(", "))
}

/// Writes some units, all or none.
fn attempt(
    mariadb: &mut MariaDb,
    writers: &[Writer<'_>],
    drafts: &mut [Draft],
) -> Result<Option<Violation>, StoreError> {
    drafts.iter_mut().for_each(|draft| draft.keys.clear());
    mariadb.run("SAVEPOINT cutover_units")?;
    for (at, writer) in writers.iter().enumerate() {
        if let Some(violation) = write_target(mariadb, writer, at, drafts)? {
            mariadb.run("ROLLBACK TO SAVEPOINT cutover_units")?;
            return Ok(Some(violation));
        }
    }
    mariadb.run("RELEASE SAVEPOINT cutover_units")?;
    Ok(None)
}

/// Writes the rows of one target, and fills in the keys that it gives.
fn write_target(
    mariadb: &mut MariaDb,
    writer: &Writer<'_>,
    at: usize,
    drafts: &mut [Draft],
) -> Result<Option<Violation>, StoreError> {
    let mut parameters = Vec::with_capacity(drafts.len() * writer.columns.len());
    let mut rows = 0;
    for draft in drafts.iter_mut() {
        let Some(row) = &mut draft.rows[at] else { continue };
        for (column, value) in writer.target.columns.iter().zip(row.iter_mut()) {
            if let Source::Sibling(role) = column.source {
                *value = draft.keys[role].clone();
            }
        }
        if let Some(violation) = writer.encode(row, &mut parameters) {
            return Ok(Some(violation));
        }
        rows += 1;
    }
    let first = match rows {
        0 => 0,
        _ => match send(mariadb, writer, rows, parameters)? {
            Ok(first) => first,
            Err(violation) => return Ok(Some(violation)),
        },
    };
    // One statement gets its keys in one go, in the order of its rows.
    let mut next = first;
    for draft in drafts.iter_mut() {
        draft.keys.push(match (&draft.rows[at], writer.target.key.assigned) {
            (None, _) => Value::Null,
            (Some(row), KeyAssigned::Conversion(place)) => row[place].clone(),
            (Some(_), KeyAssigned::Engine) => {
                next += mariadb.limits.increment;
                Value::Integer(next - mariadb.limits.increment)
            }
        });
    }
    Ok(None)
}

/// Sends rows; returns the first key that the table gave them, or why they are refused.
fn send(
    mariadb: &mut MariaDb,
    writer: &Writer<'_>,
    rows: usize,
    parameters: Vec<mysql::Value>,
) -> Result<Result<i128, Violation>, StoreError> {
    let sql = statement(&writer.target.table, &writer.columns, rows);
    if let Err(error) = mariadb.conn.exec_drop(&sql, positional(parameters)) {
        return refused(mariadb, writer.target, error).map(Err);
    }
    let first = i128::from(mariadb.conn.last_insert_id());
    if mariadb.conn.affected_rows() != rows as u64 {
        let cause = format!("table {} took fewer rows than were sent", writer.target.table);
        return Err(mariadb.failed(StoreErrorKind::OtherSchema, cause));
    }
    if mariadb.conn.warnings() > 0
        && let Some(message) = loss(mariadb)?
    {
        return violation(mariadb, writer.target, ViolationKind::Check, &message).map(Err);
    }
    Ok(Ok(first))
}

pub(crate) fn positional(parameters: Vec<mysql::Value>) -> Params {
    if parameters.is_empty() { Params::Empty } else { Params::Positional(parameters) }
}

/// Returns the first warning that tells of a value that was not kept as it was.
pub(crate) fn loss(mariadb: &mut MariaDb) -> Result<Option<String>, StoreError> {
    let warnings: Vec<(String, String, String)> =
        mariadb.conn.query("SHOW WARNINGS").map_err(|error| mariadb.fault(&error))?;
    Ok(warnings.into_iter().find(|(_, code, _)| error::loses(code)).map(|(_, _, message)| message))
}

/// Returns the violation that the server reports; everything else is an error.
pub(crate) fn refused(
    mariadb: &mut MariaDb,
    target: &TargetSpec,
    error: mysql::Error,
) -> Result<Violation, StoreError> {
    let mysql::Error::MySqlError(server) = &error else { return Err(mariadb.fault(&error)) };
    let Some(kind) = error::violation(server) else { return Err(mariadb.fault(&error)) };
    violation(mariadb, target, kind, &server.message)
}

pub(crate) fn violation(
    mariadb: &mut MariaDb,
    target: &TargetSpec,
    kind: ViolationKind,
    message: &str,
) -> Result<Violation, StoreError> {
    let (name, column) = error::named(message);
    let columns = match (&name, column) {
        (_, Some(column)) => vec![column],
        (Some(name), None) if kind == ViolationKind::Unique => catalogue::key_columns(mariadb, &target.table, name)?,
        // A CHECK that belongs to a column has its name: `table.column`, or `column` alone.
        (Some(name), None) => {
            let names = target.columns.iter().map(|column| &column.name);
            let own = |column: &&String| *column == name || format!("{}.{column}", target.table) == *name;
            names.filter(own).cloned().collect()
        }
        (None, None) => Vec::new(),
    };
    let constraint = match name {
        Some(name) if columns.is_empty() || columns == [name.as_str()] => name,
        Some(name) => format!("{name} ({})", columns.join(", ")),
        None if columns.is_empty() => message.to_string(),
        None => format!("{}: {}", columns.join(", "), error::without_value(message)),
    };
    Ok(Violation { kind, table: target.table.clone(), constraint, columns })
}

/// Appends rows to a control table.
pub(crate) fn append(mariadb: &mut MariaDb, table: &str, columns: &[String], rows: &[Row]) -> Result<(), StoreError> {
    let mut rest = rows;
    while !rest.is_empty() {
        let count = stretch(mariadb, rest.iter().map(|row| row.iter()), columns.len())?;
        let (some, after) = rest.split_at(count);
        let parameters = some.iter().flatten().map(parameter).collect();
        let sql = statement(table, columns, some.len());
        mariadb.conn.exec_drop(&sql, positional(parameters)).map_err(|error| mariadb.fault(&error))?;
        rest = after;
    }
    Ok(())
}

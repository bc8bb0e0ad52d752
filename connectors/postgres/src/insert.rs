//! Writes units: rows of one or more tables that belong together, all of them or none, by COPY within a savepoint.

use crate::copy::{self, CopyError};
use crate::write::{Keeps, Misfit};
use crate::{Postgres, Transaction, catalogue, error, keys};
use cutover_runtime::connection::{StoreError, Unit, Violation, ViolationKind, Written};
use cutover_runtime::step::{KeyAssigned, Source, TargetSpec};
use cutover_runtime::value::{Kind, Row, Value};
use cutover_server::{Draft, by_halves};
use postgres::error::DbError;

/// Begins an attempt. What may be checked late is checked late, since rows of a unit may need each other.
const ATTEMPT: &str = "SAVEPOINT cutover_units; SET CONSTRAINTS ALL DEFERRED";
/// Has everything checked now: a refusal at commit would name no row.
const CHECK: &str = "SET CONSTRAINTS ALL IMMEDIATE";
const KEEP: &str = "RELEASE SAVEPOINT cutover_units";
const GIVE_UP: &str = "ROLLBACK TO SAVEPOINT cutover_units; RELEASE SAVEPOINT cutover_units";

/// What it takes to write into one target.
struct Writer<'a> {
    target: &'a TargetSpec,
    columns: Vec<String>,
    keeps: Vec<Keeps>,
    statement: String,
    /// The keys that the database gave for the units, if it gives them here.
    keys: Vec<i64>,
    /// How many of them are used. A refused unit uses none, so that there are no gaps.
    used: usize,
}

/// Writes units in order. One answer for each.
pub(crate) fn insert(
    postgres: &mut Postgres,
    targets: &[TargetSpec],
    units: Vec<Unit>,
) -> Result<Vec<Written>, StoreError> {
    let mut writers = Vec::with_capacity(targets.len());
    for target in targets {
        writers.push(Writer::new(postgres, target, units.len())?);
    }
    let drafts: Vec<Draft> = units.into_iter().map(Draft::from).collect();
    let written = by_halves(drafts, &mut |drafts| attempt(postgres, &mut writers, drafts))?;
    for (at, writer) in writers.iter().enumerate() {
        postgres.keys.unused(&writer.target.table, &writer.keys[writer.used..]);
        keys::catch_up(postgres, writer.target, highest(&written, at, writer.target))?;
    }
    Ok(written)
}

impl<'a> Writer<'a> {
    fn new(postgres: &mut Postgres, target: &'a TargetSpec, units: usize) -> Result<Writer<'a>, StoreError> {
        let mut columns: Vec<String> = target.columns.iter().map(|column| column.name.clone()).collect();
        let keys = match target.key.assigned {
            KeyAssigned::Conversion(_) => Vec::new(),
            KeyAssigned::Engine => {
                columns.push(target.key.column.clone());
                keys::take(postgres, &target.table, &target.key.column, units)?
            }
        };
        let keeps = catalogue::keeps(postgres, &target.table, &columns)?;
        let statement = copy::statement(&target.table, &columns);
        Ok(Writer { target, columns, keeps, statement, keys, used: 0 })
    }

    fn encode(&self, row: &Row, key: &Value) -> Result<Vec<u8>, Violation> {
        let assigned = if self.keys.is_empty() { &[][..] } else { std::slice::from_ref(key) };
        let values: Vec<&Value> = row.iter().chain(assigned).collect();
        let mut bytes = Vec::with_capacity(32 * values.len());
        copy::encode(values.into_iter(), &self.keeps, &mut bytes).map_err(|(at, misfit)| self.misfit(at, &misfit))?;
        Ok(bytes)
    }

    fn misfit(&self, at: usize, misfit: &Misfit) -> Violation {
        let column = self.columns[at].clone();
        let constraint = format!("{column}, {misfit}");
        Violation { kind: ViolationKind::Check, table: self.target.table.clone(), constraint, columns: vec![column] }
    }
}

/// Fills in keys and siblings.
fn fill(writers: &[Writer<'_>], drafts: &mut [Draft]) {
    let mut next: Vec<usize> = writers.iter().map(|writer| writer.used).collect();
    for draft in drafts {
        draft.keys.clear();
        for ((writer, next), row) in writers.iter().zip(&mut next).zip(&mut draft.rows) {
            let Some(row) = row else {
                draft.keys.push(Value::Null);
                continue;
            };
            for (column, value) in writer.target.columns.iter().zip(row.iter_mut()) {
                if let Source::Sibling(role) = column.source {
                    *value = draft.keys[role].clone();
                }
            }
            draft.keys.push(match writer.target.key.assigned {
                KeyAssigned::Conversion(place) => row[place].clone(),
                KeyAssigned::Engine => Value::Integer(writer.keys[*next].into()),
            });
            *next += 1;
        }
    }
}

/// Writes some units, all or none.
fn attempt(
    postgres: &mut Postgres,
    writers: &mut [Writer<'_>],
    drafts: &mut [Draft],
) -> Result<Option<Violation>, StoreError> {
    fill(writers, drafts);
    let mut encoded = Vec::with_capacity(writers.len());
    for (at, writer) in writers.iter().enumerate() {
        let rows = drafts.iter().filter_map(|draft| Some(writer.encode(draft.rows[at].as_ref()?, &draft.keys[at])));
        match rows.collect::<Result<Vec<Vec<u8>>, Violation>>() {
            Ok(rows) => encoded.push(rows),
            Err(violation) => return Ok(Some(violation)),
        }
    }
    postgres.batch(ATTEMPT)?;
    for (writer, rows) in writers.iter().zip(&encoded) {
        let rows: Vec<&[u8]> = rows.iter().map(Vec::as_slice).collect();
        if let Err(error) = copy::send(postgres, &writer.statement, &rows) {
            return refused(postgres, writers, Some(writer), error);
        }
    }
    if let Err(error) = postgres.client.batch_execute(CHECK) {
        return refused(postgres, writers, None, CopyError::Server(error));
    }
    postgres.batch(KEEP)?;
    for (writer, rows) in writers.iter_mut().zip(&encoded).filter(|(writer, _)| !writer.keys.is_empty()) {
        writer.used += rows.len();
    }
    Ok(None)
}

/// Returns the violation that the server reports, with the attempt undone; everything else is an error.
fn refused(
    postgres: &mut Postgres,
    writers: &[Writer<'_>],
    writer: Option<&Writer<'_>>,
    error: CopyError,
) -> Result<Option<Violation>, StoreError> {
    let violation = match &error {
        CopyError::Server(server) => server.as_db_error().and_then(|db| Some((error::violation(db)?, db.clone()))),
        CopyError::Way(_) => None,
    };
    let Some((kind, db)) = violation else { return Err(copy::fault(postgres, error)) };
    postgres.transaction = Transaction::Open;
    postgres.batch(GIVE_UP)?;
    let fallback = writer.or(writers.first()).map_or("", |writer| writer.target.table.as_str());
    let table = db.table().unwrap_or(fallback).to_string();
    let columns = match (db.column(), db.constraint()) {
        (Some(column), _) => vec![column.to_string()],
        (None, Some(constraint)) => catalogue::constraint(postgres, &table, constraint)?,
        (None, None) => copied_column(&db).into_iter().collect(),
    };
    let constraint = match db.constraint() {
        Some(name) if columns.is_empty() => name.to_string(),
        Some(name) => format!("{name} ({})", columns.join(", ")),
        None if columns.is_empty() => db.message().to_string(),
        None => columns.join(", "),
    };
    Ok(Some(Violation { kind, table, constraint, columns }))
}

/// Returns the column that COPY was at: `COPY person, line 2, column name: …`.
fn copied_column(error: &DbError) -> Option<String> {
    let rest = error.where_()?.split_once(", column ")?.1;
    Some(rest.split_once(": ").map_or(rest, |(column, _)| column).lines().next()?.to_string())
}

/// Returns the highest key that was written, where the conversion gives keys.
fn highest(written: &[Written], at: usize, target: &TargetSpec) -> Option<i128> {
    if target.key.assigned == KeyAssigned::Engine || target.key.kind != Kind::Integer {
        return None;
    }
    let keys = written.iter().filter_map(|written| match written {
        Written::Keys(keys, _) => Some(&keys[at]),
        Written::Refused(_) => None,
    });
    let numbers = keys.filter_map(|key| match key {
        Value::Integer(number) => Some(*number),
        _ => None,
    });
    numbers.max()
}

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
pub(crate) const ATTEMPT: &str = "SAVEPOINT cutover_units; SET CONSTRAINTS ALL DEFERRED";
/// Has everything checked now: a refusal at commit would name no row.
pub(crate) const CHECK: &str = "SET CONSTRAINTS ALL IMMEDIATE";
pub(crate) const KEEP: &str = "RELEASE SAVEPOINT cutover_units";
pub(crate) const GIVE_UP: &str = "ROLLBACK TO SAVEPOINT cutover_units; RELEASE SAVEPOINT cutover_units";

/// What it takes to write into one target.
struct Writer<'a> {
    target: &'a TargetSpec,
    columns: Vec<String>,
    keeps: Vec<Keeps>,
    statement: String,
    /// Which of the given keys are for this target, if the database gives them here.
    given: Option<usize>,
}

/// The keys that the database gave for the rows of a table; targets of one table share them.
struct Given {
    table: String,
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
    let mut given = given(postgres, targets, &units)?;
    let mut writers = Vec::with_capacity(targets.len());
    for target in targets {
        writers.push(Writer::new(postgres, target, &given)?);
    }
    let drafts: Vec<Draft> = units.into_iter().map(Draft::from).collect();
    let written = by_halves(drafts, &mut |drafts| attempt(postgres, &writers, &mut given, drafts))?;
    for given in given {
        postgres.keys.unused(&given.table, &given.keys[given.used..]);
    }
    for (at, target) in targets.iter().enumerate() {
        keys::catch_up(postgres, target, highest(&written, at, target))?;
    }
    Ok(written)
}

/// Takes a key for each row whose key the database gives.
fn given(postgres: &mut Postgres, targets: &[TargetSpec], units: &[Unit]) -> Result<Vec<Given>, StoreError> {
    let mut given: Vec<Given> = Vec::new();
    for (at, target) in targets.iter().enumerate().filter(|(_, target)| target.key.assigned == KeyAssigned::Engine) {
        let rows = units.iter().filter(|unit| unit.rows[at].is_some()).count();
        if rows == 0 {
            continue; // Rows of such a table may be there already, and never be written.
        }
        let keys = keys::take(postgres, &target.table, &target.key.column, rows)?;
        match given.iter_mut().find(|known| known.table == target.table) {
            Some(known) => known.keys.extend(keys),
            None => given.push(Given { table: target.table.clone(), keys, used: 0 }),
        }
    }
    Ok(given)
}

impl<'a> Writer<'a> {
    fn new(postgres: &mut Postgres, target: &'a TargetSpec, given: &[Given]) -> Result<Writer<'a>, StoreError> {
        let mut columns: Vec<String> = target.columns.iter().map(|column| column.name.clone()).collect();
        let given = match target.key.assigned {
            KeyAssigned::Conversion(_) => None,
            KeyAssigned::Engine => {
                columns.push(target.key.column.clone());
                given.iter().position(|given| given.table == target.table)
            }
        };
        let keeps = catalogue::keeps(postgres, &target.table, &columns)?;
        let statement = copy::statement(&target.table, &columns);
        Ok(Writer { target, columns, keeps, statement, given })
    }

    fn encode(&self, row: &Row, key: &Value, out: &mut Vec<u8>) -> Result<(), Violation> {
        let values = row.iter().chain(self.given.map(|_| key));
        copy::encode(values, &self.keeps, out).map_err(|(at, misfit)| self.misfit(at, &misfit))
    }

    fn misfit(&self, at: usize, misfit: &Misfit) -> Violation {
        let column = self.columns[at].clone();
        let constraint = format!("{column}, {misfit}");
        Violation { kind: ViolationKind::Check, table: self.target.table.clone(), constraint, columns: vec![column] }
    }
}

/// Fills in keys and siblings. Returns how many of the given keys are used then.
fn fill(writers: &[Writer<'_>], given: &[Given], drafts: &mut [Draft]) -> Vec<usize> {
    let mut used: Vec<usize> = given.iter().map(|given| given.used).collect();
    for draft in drafts {
        draft.keys.clear();
        for (writer, row) in writers.iter().zip(&mut draft.rows) {
            let Some(row) = row else {
                draft.keys.push(Value::Null);
                continue;
            };
            for (column, value) in writer.target.columns.iter().zip(row.iter_mut()) {
                if let Source::Sibling(role) = column.source {
                    *value = draft.keys[role].clone();
                }
            }
            draft.keys.push(match (writer.target.key.assigned, writer.given) {
                (KeyAssigned::Conversion(place), _) => row[place].clone(),
                (KeyAssigned::Engine, None) => Value::Null,
                (KeyAssigned::Engine, Some(table)) => {
                    used[table] += 1;
                    Value::Integer(given[table].keys[used[table] - 1].into())
                }
            });
        }
    }
    used
}

/// Writes some units, all or none.
fn attempt(
    postgres: &mut Postgres,
    writers: &[Writer<'_>],
    given: &mut [Given],
    drafts: &mut [Draft],
) -> Result<Option<Violation>, StoreError> {
    let used = fill(writers, given, drafts);
    let mut encoded = Vec::with_capacity(writers.len());
    for (at, writer) in writers.iter().enumerate() {
        let mut rows = Vec::with_capacity(32 * writer.columns.len() * drafts.len());
        let mut present = drafts.iter().filter_map(|draft| Some((draft.rows[at].as_ref()?, &draft.keys[at])));
        if let Err(violation) = present.try_for_each(|(row, key)| writer.encode(row, key, &mut rows)) {
            return Ok(Some(violation));
        }
        encoded.push(rows);
    }
    postgres.batch(ATTEMPT)?;
    for (writer, rows) in writers.iter().zip(&encoded).filter(|(_, rows)| !rows.is_empty()) {
        if let Err(error) = copy::send(postgres, &writer.statement, rows) {
            return refused(postgres, &writer.target.table, error);
        }
    }
    if let Err(error) = postgres.client.batch_execute(CHECK) {
        let table = writers.first().map_or("", |writer| writer.target.table.as_str());
        return refused(postgres, table, CopyError::Server(error));
    }
    postgres.batch(KEEP)?;
    given.iter_mut().zip(used).for_each(|(given, used)| given.used = used);
    Ok(None)
}

/// Returns the violation that the server reports, with the attempt undone; everything else is an error. `fallback` is
/// the table that counts where the server names none.
pub(crate) fn refused(
    postgres: &mut Postgres,
    fallback: &str,
    error: CopyError,
) -> Result<Option<Violation>, StoreError> {
    let violation = match &error {
        CopyError::Server(server) => server.as_db_error().and_then(|db| Some((error::violation(db)?, db.clone()))),
        CopyError::Way(_) => None,
    };
    let Some((kind, db)) = violation else { return Err(copy::fault(postgres, error)) };
    postgres.transaction = Transaction::Open;
    postgres.batch(GIVE_UP)?;
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
    if target.key.assigned == KeyAssigned::Engine || !matches!(target.key.kind, Kind::Integer | Kind::Whole) {
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

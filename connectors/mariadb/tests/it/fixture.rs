//! Databases, and short ways to ask them.

use cutover_mariadb::{MariaDb, open_legacy, open_target};
use cutover_runtime::connection::{Connection, Unit, Written};
use cutover_runtime::step::{KeyAssigned, KeySpec, Source, TargetColumn, TargetSpec};
use cutover_runtime::value::{Fault, Kind, Malformed, Row, Value};
use cutover_test_servers::{Database, Kind as Server};
use std::ops::Deref;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Held for reading by all tests, and for writing by the one that changes settings of the whole server.
static SETTINGS: RwLock<()> = RwLock::new(());

/// A database of a server whose settings nobody changes meanwhile.
pub(crate) struct Calm {
    database: Database,
    _settings: RwLockReadGuard<'static, ()>,
}

impl Deref for Calm {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

/// Returns a database with these tables; none if there is no server.
pub(crate) fn database(tables: &str) -> Option<Calm> {
    let settings = SETTINGS.read().unwrap_or_else(PoisonError::into_inner);
    let database = Database::new(Server::MariaDb)?;
    database.run(tables);
    Some(Calm { database, _settings: settings })
}

/// Returns a database of a server whose settings may be changed: no other test runs meanwhile.
pub(crate) fn alone(tables: &str) -> Option<(Database, RwLockWriteGuard<'static, ()>)> {
    let settings = SETTINGS.write().unwrap_or_else(PoisonError::into_inner);
    let database = Database::new(Server::MariaDb)?;
    database.run(tables);
    Some((database, settings))
}

pub(crate) fn legacy(database: &Database) -> MariaDb {
    open_legacy(&database.url()).unwrap()
}

pub(crate) fn target(database: &Database) -> MariaDb {
    open_target(&database.url()).unwrap()
}

pub(crate) fn ask(connection: &mut dyn Connection, sql: &str, kinds: &[Kind]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut each = |row: Row| {
        rows.push(row);
        Ok(())
    };
    connection.query(sql, &[], kinds, &mut each).unwrap();
    rows
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.into())
}

pub(crate) fn malformed(raw: &str) -> Value {
    Value::Malformed(Malformed { fault: Fault::NotOfKind, raw: raw.into() })
}

pub(crate) fn role(name: &str, table: &str, key: (&str, KeyAssigned), columns: &[(&str, Kind, Source)]) -> TargetSpec {
    let column = |(name, kind, source): &(&str, Kind, Source)| TargetColumn {
        name: (*name).into(),
        kind: *kind,
        source: source.clone(),
        line: 1,
    };
    TargetSpec {
        role: name.into(),
        table: table.into(),
        key: KeySpec { column: key.0.into(), kind: Kind::Integer, assigned: key.1 },
        columns: columns.iter().map(column).collect(),
        identity: None,
        conditional: false,
        existing: None,
    }
}

/// Returns a unit with a row for every target.
pub(crate) fn unit(rows: Vec<Row>) -> Unit {
    Unit { rows: rows.into_iter().map(Some).collect() }
}

/// Writes units in a transaction of their own.
pub(crate) fn write(connection: &mut dyn Connection, targets: &[TargetSpec], units: Vec<Vec<Row>>) -> Vec<Written> {
    connection.begin().unwrap();
    let written = connection.insert(targets, units.into_iter().map(unit).collect()).unwrap();
    connection.commit().unwrap();
    written
}

/// Returns the keys that were given, or `None` with the constraint and columns of a refusal.
pub(crate) fn told(written: &Written) -> Result<Vec<Value>, (String, Vec<String>)> {
    match written {
        Written::Keys(keys, _) => Ok(keys.clone()),
        Written::Refused(violation) => Err((violation.constraint.clone(), violation.columns.clone())),
    }
}

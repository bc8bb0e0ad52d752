//! MariaDB (and MySQL as far as it is the same) as legacy and as target. Connects, and answers
//! [`cutover_runtime::connection::Connection`]; what is to be read and written is the engine's affair.

mod amend;
mod catalogue;
mod charset;
mod ddl;
mod dialect;
mod error;
mod insert;
mod lock;
mod open;
mod parameters;
mod read;
mod removable;
mod tls;
mod unique;
mod write;

pub use dialect::MariaDbDialect;
pub use open::{open_legacy, open_target};

use catalogue::Catalogue;
use charset::Charsets;
use cutover_runtime::connection::{
    Amendment, Connection, DefaultColumn, Referrer, RunnerLock, SqlDialect, StoreError, StoreErrorKind, Unit,
    Violation, Written,
};
use cutover_runtime::removable::{Removable, Removal};
use cutover_runtime::step::TargetSpec;
use cutover_runtime::unique_key::UniqueKey;
use cutover_runtime::value::{Kind, Row, Value};
use cutover_server::{Encryption, ServerUrl};
use mysql::prelude::Queryable;
use mysql::{Conn, Params};
use read::Column;

/// A connection to a MariaDB database.
pub struct MariaDb {
    conn: Conn,
    url: ServerUrl,
    /// How it came about that the connection is encrypted, or not.
    encryption: Encryption,
    /// Name of the database in messages.
    place: String,
    charsets: Charsets,
    catalogue: Catalogue,
    limits: Limits,
    open: bool,
}

/// What the server allows.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Bytes in one statement.
    packet: usize,
    /// Distance between two keys that one statement gives.
    increment: i128,
}

impl std::fmt::Debug for MariaDb {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("MariaDb").field("place", &self.place).finish_non_exhaustive()
    }
}

impl MariaDb {
    fn fault(&self, error: &mysql::Error) -> StoreError {
        error::fault(&self.place, error)
    }

    fn failed(&self, kind: StoreErrorKind, cause: impl Into<String>) -> StoreError {
        StoreError { kind, place: self.place.clone(), cause: cause.into() }
    }

    /// Runs a statement without parameters.
    fn run(&mut self, sql: &str) -> Result<(), StoreError> {
        self.conn.query_drop(sql).map_err(|error| self.fault(&error))
    }

    /// Returns the rows of a small query.
    fn rows(&mut self, sql: &str, parameters: Vec<mysql::Value>) -> Result<Vec<mysql::Row>, StoreError> {
        let parameters = if parameters.is_empty() { Params::Empty } else { Params::Positional(parameters) };
        self.conn.exec(sql, parameters).map_err(|error| self.fault(&error))
    }

    /// Returns the rows of a small query whose columns are texts; null is empty.
    fn texts(&mut self, sql: &str, parameters: &[&str]) -> Result<Vec<Vec<String>>, StoreError> {
        let parameters = parameters.iter().map(|text| mysql::Value::Bytes(text.as_bytes().to_vec())).collect();
        let text = |value| match value {
            mysql::Value::NULL => String::new(),
            mysql::Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            other => other.as_sql(true).trim_matches('\'').to_string(),
        };
        let rows = self.rows(sql, parameters)?;
        Ok(rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect())
    }
}

impl Connection for MariaDb {
    fn dialect(&self) -> &dyn SqlDialect {
        &MariaDbDialect
    }

    fn identity(&mut self) -> Result<String, StoreError> {
        catalogue::identity(self)
    }

    fn columns(&mut self, table: &str) -> Result<Option<Vec<String>>, StoreError> {
        catalogue::column_names(self, table)
    }

    fn referrers(&mut self, table: &str) -> Result<Vec<Referrer>, StoreError> {
        catalogue::referrers(self, table)
    }

    fn defaults(&mut self, table: &str) -> Result<Vec<DefaultColumn>, StoreError> {
        catalogue::defaults(self, table)
    }

    fn unique_keys(&mut self, table: &str) -> Result<Vec<UniqueKey>, StoreError> {
        unique::keys(self, table)
    }

    fn collation_keys(&mut self, collation: &str, texts: &[&str]) -> Result<Vec<Value>, StoreError> {
        unique::collation_keys(self, collation, texts)
    }

    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, StoreError> {
        let (sql, parameters) = parameters::bind(sql, parameters);
        self.conn.exec_drop(sql.as_ref(), parameters).map_err(|error| self.fault(&error))?;
        Ok(self.conn.affected_rows())
    }

    fn query(
        &mut self,
        sql: &str,
        parameters: &[Value],
        kinds: &[Kind],
        each: &mut dyn FnMut(Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let (sql, parameters) = parameters::bind(sql, parameters);
        let (place, charsets) = (&self.place, &self.charsets);
        let fault = |error| error::fault(place, &error);
        let rows = self.conn.exec_iter(sql.as_ref(), parameters).map_err(fault)?;
        let columns = rows.columns();
        let columns = columns.as_ref().iter().map(|column| Column::of(column, charsets));
        let columns: Vec<Column> = columns.collect();
        for row in rows {
            let mut values = Row::with_capacity(kinds.len());
            for ((value, column), kind) in row.map_err(fault)?.unwrap().into_iter().zip(&columns).zip(kinds) {
                values.push(read::read(value, column, *kind).map_err(|cause| StoreError {
                    kind: StoreErrorKind::OtherSchema,
                    place: place.clone(),
                    cause,
                })?);
            }
            each(values)?;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.run("START TRANSACTION READ WRITE")?;
        self.open = true;
        Ok(())
    }

    fn begin_read(&mut self) -> Result<(), StoreError> {
        self.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
        self.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")?;
        self.open = true;
        Ok(())
    }

    /// Set statements that write lock what they read, and so see the present state, until the end.
    fn begin_snapshot(&mut self) -> Result<(), StoreError> {
        self.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
        self.begin()
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.open = false;
        self.run("COMMIT")
    }

    fn abort(&mut self) -> Result<(), StoreError> {
        if std::mem::take(&mut self.open) { self.run("ROLLBACK") } else { Ok(()) }
    }

    fn insert(&mut self, targets: &[TargetSpec], units: Vec<Unit>) -> Result<Vec<Written>, StoreError> {
        insert::insert(self, targets, units)
    }

    fn amend(&mut self, targets: &[TargetSpec], amendments: &[Amendment]) -> Result<Option<Violation>, StoreError> {
        amend::amend(self, targets, amendments)
    }

    fn next_key(&mut self, table: &str, column: &str) -> Result<i128, StoreError> {
        catalogue::next_key(self, table, column)
    }

    fn restore_next_key(&mut self, table: &str, column: &str, next: i128, before: i128) -> Result<(), StoreError> {
        catalogue::restore_next_key(self, table, column, next, before)
    }

    fn append(&mut self, table: &str, columns: &[String], rows: &[Row]) -> Result<(), StoreError> {
        insert::append(self, table, columns, rows)
    }

    fn another(&mut self) -> Result<Option<Box<dyn Connection>>, StoreError> {
        Ok(Some(Box::new(open::another(&self.url, &self.encryption)?)))
    }

    fn removable(&mut self, removal: &Removal<'_>) -> Result<Vec<Removable>, StoreError> {
        removable::removable(self, removal)
    }

    fn take_off(&mut self, thing: &Removable) -> Result<(), StoreError> {
        removable::take_off(self, thing)
    }

    fn put_back(&mut self, things: &[Removable]) -> Vec<Result<(), StoreError>> {
        removable::put_back(self, things)
    }

    /// All indexes of a table are built in one way through it.
    fn puts_tables_back_whole(&self) -> bool {
        true
    }

    fn lock_runner(&mut self) -> Result<RunnerLock, StoreError> {
        lock::take(self)
    }

    fn unlock_runner(&mut self) {
        lock::release(self);
    }

    fn lock_holder(&mut self) -> Result<Option<String>, StoreError> {
        lock::holder(self)
    }
}

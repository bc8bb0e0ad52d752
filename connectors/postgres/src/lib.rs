//! PostgreSQL as legacy and as target. Connects, and answers [`cutover_runtime::connection::Connection`]; what is to be
//! read and written is the engine's affair.

mod amend;
mod catalogue;
mod copy;
mod ddl;
mod dialect;
mod error;
mod form;
mod insert;
mod keys;
mod lock;
mod numeric;
mod open;
mod read;
mod removable;
mod tls;
mod unique;
mod write;

pub use dialect::PostgresDialect;
pub use open::{open_legacy, open_target};

use catalogue::Catalogue;
use cutover_runtime::connection::{
    Amendment, Connection, DefaultColumn, Referrer, RunnerLock, SqlDialect, StoreError, StoreErrorKind, Unit,
    Violation, Written,
};
use cutover_runtime::removable::{Removable, Removal};
use cutover_runtime::step::TargetSpec;
use cutover_runtime::unique_key::UniqueKey;
use cutover_runtime::value::{Kind, Row, Value};
use cutover_server::{Encryption, ServerUrl};
use form::Form;
use keys::Keys;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::ToSql;
use postgres::{Client, Statement};
use read::Raw;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use write::Bound;

/// How many prepared statements are kept.
const STATEMENTS: usize = 256;

/// A connection to a PostgreSQL database.
pub struct Postgres {
    client: Client,
    url: ServerUrl,
    /// How it came about that the connection is encrypted, or not.
    encryption: Encryption,
    /// Name of the database in messages.
    place: String,
    statements: HashMap<String, Statement>,
    catalogue: Catalogue,
    keys: Keys,
    transaction: Transaction,
    /// Set when the server has cut a name, which it does with no more than a notice.
    cut: Arc<AtomicBool>,
}

/// How the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    None,
    Open,
    /// A statement failed. A commit would do nothing and say nothing.
    Failed,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Postgres").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Postgres {
    fn fault(&mut self, error: &postgres::Error) -> StoreError {
        if self.transaction == Transaction::Open {
            self.transaction = Transaction::Failed;
        }
        error::fault(&self.place, error)
    }

    fn failed(&self, kind: StoreErrorKind, cause: impl Into<String>) -> StoreError {
        StoreError { kind, place: self.place.clone(), cause: cause.into() }
    }

    /// Runs statements without parameters.
    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.client.batch_execute(sql).map_err(|error| self.fault(&error))
    }

    fn prepare(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).map_err(|error| self.fault(&error))?;
        self.check_names()?;
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(sql.to_string(), statement.clone());
        Ok(statement)
    }

    /// Refuses names that the server has cut: two of them could become one.
    fn check_names(&mut self) -> Result<(), StoreError> {
        if !self.cut.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        if self.transaction == Transaction::Open {
            self.transaction = Transaction::Failed;
        }
        let cause =
            "a name is longer than the 63 bytes that PostgreSQL keeps; give the map, or its target, a shorter one";
        Err(self.failed(StoreErrorKind::OtherSchema, cause))
    }

    /// Returns the rows of a small query.
    fn rows(&mut self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<postgres::Row>, StoreError> {
        let statement = self.prepare(sql)?;
        self.client.query(&statement, parameters).map_err(|error| self.fault(&error))
    }

    fn end(&mut self, sql: &str) -> Result<(), StoreError> {
        self.transaction = Transaction::None;
        self.batch(sql)
    }
}

impl Connection for Postgres {
    fn dialect(&self) -> &dyn SqlDialect {
        &PostgresDialect
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
        let statement = self.prepare(sql)?;
        let bound: Vec<Bound<'_>> = parameters.iter().map(Bound).collect();
        let bound: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let changed = self.client.execute(&statement, &bound).map_err(|error| self.fault(&error))?;
        self.check_names().map(|()| changed)
    }

    fn query(
        &mut self,
        sql: &str,
        parameters: &[Value],
        kinds: &[Kind],
        each: &mut dyn FnMut(Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let statement = self.prepare(sql)?;
        let forms: Vec<Form> = statement.columns().iter().map(|column| Form::of(column.type_())).collect();
        match self.stream(&statement, parameters, &forms, kinds, each) {
            Ok(result) => result,
            Err(error) => Err(self.fault(&error)),
        }
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.batch("BEGIN ISOLATION LEVEL READ COMMITTED")?;
        self.transaction = Transaction::Open;
        Ok(())
    }

    fn begin_read(&mut self) -> Result<(), StoreError> {
        // The state is that of the first statement, not that of BEGIN.
        self.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1")?;
        self.transaction = Transaction::Open;
        Ok(())
    }

    fn begin_snapshot(&mut self) -> Result<(), StoreError> {
        self.batch("BEGIN ISOLATION LEVEL REPEATABLE READ")?;
        self.transaction = Transaction::Open;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        if self.transaction == Transaction::Failed {
            self.abort()?;
            return Err(self.failed(StoreErrorKind::Other, "a statement of this transaction has failed"));
        }
        match self.end("COMMIT") {
            Ok(()) => {
                self.keys.keep();
                Ok(())
            }
            Err(error) => {
                self.keys.give_back();
                Err(error)
            }
        }
    }

    fn abort(&mut self) -> Result<(), StoreError> {
        self.keys.give_back();
        if self.transaction == Transaction::None { Ok(()) } else { self.end("ROLLBACK") }
    }

    fn insert(&mut self, targets: &[TargetSpec], units: Vec<Unit>) -> Result<Vec<Written>, StoreError> {
        insert::insert(self, targets, units)
    }

    fn amend(&mut self, targets: &[TargetSpec], amendments: &[Amendment]) -> Result<Option<Violation>, StoreError> {
        amend::amend(self, targets, amendments)
    }

    fn next_key(&mut self, table: &str, column: &str) -> Result<i128, StoreError> {
        keys::next(self, table, column)
    }

    fn restore_next_key(&mut self, table: &str, column: &str, next: i128, before: i128) -> Result<(), StoreError> {
        keys::restore(self, table, column, next, before)
    }

    fn append(&mut self, table: &str, columns: &[String], rows: &[Row]) -> Result<(), StoreError> {
        copy::append(self, table, columns, rows)
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

impl Postgres {
    /// Hands over the rows of a query one by one, as they arrive.
    fn stream(
        &mut self,
        statement: &Statement,
        parameters: &[Value],
        forms: &[Form],
        kinds: &[Kind],
        each: &mut dyn FnMut(Row) -> Result<(), StoreError>,
    ) -> Result<Result<(), StoreError>, postgres::Error> {
        let mut rows = self.client.query_raw(statement, parameters.iter().map(Bound))?;
        while let Some(row) = rows.next()? {
            let mut values = Row::with_capacity(kinds.len());
            for (at, (form, kind)) in forms.iter().zip(kinds).enumerate() {
                let raw: Option<Raw<'_>> = row.try_get(at)?;
                values.push(raw.map_or(Value::Null, |raw| read::read(*form, raw.0, *kind)));
            }
            if let Err(error) = each(values) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }
}

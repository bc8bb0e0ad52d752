//! SQLite as legacy and as target. Opens files, and answers [`cutover_runtime::connection::Connection`]; what is to
//! be read and written is the engine's affair.

mod amend;
mod catalogue;
mod ddl;
mod dialect;
mod error;
mod insert;
mod lock;
mod open;
mod removable;
mod unique;
mod value;

pub use dialect::SqliteDialect;
pub use open::{open_legacy, open_target};

use cutover_runtime::connection::{
    Amendment, Connection, DefaultColumn, Referrer, RunnerLock, SqlDialect, StoreError, Unit, Violation, Written,
};
use cutover_runtime::removable::{Removable, Removal};
use cutover_runtime::step::TargetSpec;
use cutover_runtime::unique_key::UniqueKey;
use cutover_runtime::value::{Kind, Row, Value};
use std::fs::File;
use std::path::PathBuf;
use value::Bound;

/// A SQLite database file that is open.
#[derive(Debug)]
pub struct Sqlite {
    inner: rusqlite::Connection,
    /// The file, with no symbolic links in it: two names of one file must not count as two databases.
    path: PathBuf,
    place: String,
    lock: Option<File>,
}

impl Sqlite {
    fn fault(&self, error: &rusqlite::Error) -> StoreError {
        error::fault(&self.place, error)
    }

    fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.inner.execute_batch(sql).map_err(|error| self.fault(&error))
    }

    fn give_up(&self, error: StoreError) -> StoreError {
        if !self.inner.is_autocommit() {
            // The first error is the one that counts.
            let _ = self.inner.execute_batch("ROLLBACK");
        }
        error
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        lock::give_back(self);
    }
}

impl Connection for Sqlite {
    fn dialect(&self) -> &dyn SqlDialect {
        &SqliteDialect
    }

    fn identity(&mut self) -> Result<String, StoreError> {
        // A file has no identity of its own but its name: folders change when it is copied, moved or restored, and a
        // target's journal lies within it and goes along.
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        match self.inner.is_readonly("main") {
            Ok(true) => Ok(format!("sqlite:{name}")),
            Ok(false) => Ok("sqlite".to_string()),
            Err(error) => Err(self.fault(&error)),
        }
    }

    fn columns(&mut self, table: &str) -> Result<Option<Vec<String>>, StoreError> {
        catalogue::columns(&self.inner, table).map_err(|error| self.fault(&error))
    }

    fn referrers(&mut self, table: &str) -> Result<Vec<Referrer>, StoreError> {
        catalogue::referrers(&self.inner, table).map_err(|error| self.fault(&error))
    }

    fn defaults(&mut self, table: &str) -> Result<Vec<DefaultColumn>, StoreError> {
        catalogue::defaults(&self.inner, table).map_err(|error| self.fault(&error))
    }

    fn unique_keys(&mut self, table: &str) -> Result<Vec<UniqueKey>, StoreError> {
        unique::keys(&self.inner, table).map_err(|error| self.fault(&error))
    }

    fn collation_keys(&mut self, collation: &str, texts: &[&str]) -> Result<Vec<Value>, StoreError> {
        Ok(texts.iter().map(|text| Value::Text(unique::folded(collation, text))).collect())
    }

    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, StoreError> {
        let run = || {
            let mut statement = self.inner.prepare_cached(sql)?;
            statement.execute(rusqlite::params_from_iter(parameters.iter().map(Bound)))
        };
        run().map(|changed| changed as u64).map_err(|error| self.fault(&error))
    }

    fn query(
        &mut self,
        sql: &str,
        parameters: &[Value],
        kinds: &[Kind],
        each: &mut dyn FnMut(Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let fault = |error| self.fault(&error);
        let mut statement = self.inner.prepare_cached(sql).map_err(fault)?;
        let bound = rusqlite::params_from_iter(parameters.iter().map(Bound));
        let mut rows = statement.query(bound).map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            let mut values = Row::with_capacity(kinds.len());
            for (at, kind) in kinds.iter().enumerate() {
                values.push(value::read(row.get_ref(at).map_err(fault)?, *kind));
            }
            each(values)?;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.batch("BEGIN IMMEDIATE")
    }

    fn begin_read(&mut self) -> Result<(), StoreError> {
        // SQLite takes its snapshot at the first read, not at BEGIN.
        self.batch("BEGIN; SELECT COUNT(*) FROM sqlite_schema").map_err(|error| self.give_up(error))
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        // A commit that a deferred constraint or another reader refuses leaves the transaction open.
        self.batch("COMMIT").map_err(|error| self.give_up(error))
    }

    fn abort(&mut self) -> Result<(), StoreError> {
        if self.inner.is_autocommit() { Ok(()) } else { self.batch("ROLLBACK") }
    }

    fn insert(&mut self, targets: &[TargetSpec], units: Vec<Unit>) -> Result<Vec<Written>, StoreError> {
        insert::insert(self, targets, units)
    }

    fn amend(&mut self, targets: &[TargetSpec], amendments: &[Amendment]) -> Result<Option<Violation>, StoreError> {
        amend::amend(self, targets, amendments)
    }

    fn next_key(&mut self, table: &str, column: &str) -> Result<i128, StoreError> {
        catalogue::next_key(&self.inner, table, column).map_err(|error| self.fault(&error))
    }

    fn restore_next_key(&mut self, table: &str, _: &str, next: i128, before: i128) -> Result<(), StoreError> {
        catalogue::restore_sequence(&self.inner, table, next, before).map_err(|error| self.fault(&error))
    }

    fn append(&mut self, table: &str, columns: &[String], rows: &[Row]) -> Result<(), StoreError> {
        let sql = insert::statement(table, columns);
        let run = || {
            let mut statement = self.inner.prepare_cached(&sql)?;
            for row in rows {
                statement.execute(rusqlite::params_from_iter(row.iter().map(Bound)))?;
            }
            Ok(())
        };
        if rows.is_empty() { Ok(()) } else { run().map_err(|error| self.fault(&error)) }
    }

    fn removable(&mut self, removal: &Removal<'_>) -> Result<Vec<Removable>, StoreError> {
        removable::removable(self, removal).map_err(|error| self.fault(&error))
    }

    fn take_off(&mut self, thing: &Removable) -> Result<(), StoreError> {
        removable::take_off(self, thing)
    }

    fn put_back(&mut self, things: &[Removable]) -> Vec<Result<(), StoreError>> {
        things.iter().map(|thing| removable::put_back(self, thing)).collect()
    }

    fn lock_runner(&mut self) -> Result<RunnerLock, StoreError> {
        lock::take(self)
    }

    fn unlock_runner(&mut self) {
        lock::give_back(self);
    }

    fn lock_holder(&mut self) -> Result<Option<String>, StoreError> {
        lock::holder(self)
    }
}

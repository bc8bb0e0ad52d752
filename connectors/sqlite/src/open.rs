//! Opens database files and finds out at once whether they can be worked with.

use crate::{Sqlite, error};
use cutover_runtime::connection::{StoreError, StoreErrorKind};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a statement waits for other writers.
const PATIENCE: Duration = Duration::from_secs(5);

/// Memory for pages, in the negative KiB that SQLite asks for: indexes of several tables grow side by side.
const CACHE_KIB: i64 = -65_536;

/// How many prepared statements are kept.
const STATEMENTS: usize = 128;

/// Opens a legacy database. It is never written.
pub fn open_legacy(path: impl AsRef<Path>) -> Result<Sqlite, StoreError> {
    open(path.as_ref(), OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// Opens a target database, which must exist. Its journal mode is left as it is.
pub fn open_target(path: impl AsRef<Path>) -> Result<Sqlite, StoreError> {
    let sqlite = open(path.as_ref(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // SQLite opens a file that it may not write all the same, for reading.
    if sqlite.inner.is_readonly("main").map_err(|error| sqlite.fault(&error))? {
        return Err(failed(&sqlite.place, StoreErrorKind::ReadOnly, "the file cannot be written"));
    }
    Ok(sqlite)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Sqlite, StoreError> {
    let place = format!("sqlite:{}", path.display());
    let path = path.canonicalize().map_err(|error| failed(&place, absence(&error), &error.to_string()))?;
    if !path.is_file() {
        return Err(failed(&place, StoreErrorKind::NotADatabase, "it is no file"));
    }
    let inner = Connection::open_with_flags(&path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let inner = inner.map_err(|error| error::fault(&place, &error))?;
    let sqlite = Sqlite { inner, path, place, lock: None };
    prepare(&sqlite.inner).map_err(|error| sqlite.fault(&error))?;
    Ok(sqlite)
}

fn prepare(inner: &Connection) -> Result<(), rusqlite::Error> {
    inner.busy_timeout(PATIENCE)?;
    inner.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise a quoted name that is no column counts as a text.
    inner.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    inner.pragma_update(None, "foreign_keys", true)?;
    inner.pragma_update(None, "cache_size", CACHE_KIB)?;
    // The first read shows whether this is a database at all.
    inner.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))
}

fn absence(error: &std::io::Error) -> StoreErrorKind {
    match error.kind() {
        std::io::ErrorKind::NotFound => StoreErrorKind::Absent,
        std::io::ErrorKind::PermissionDenied => StoreErrorKind::ReadOnly,
        _ => StoreErrorKind::Other,
    }
}

/// Returns an error that SQLite itself does not report.
pub(crate) fn failed(place: &str, kind: StoreErrorKind, cause: &str) -> StoreError {
    StoreError { kind, place: place.to_string(), cause: cause.to_string() }
}

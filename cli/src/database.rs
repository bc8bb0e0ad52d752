//! Database URLs to connections. A new connector is one arm here.

use crate::failure::Failure;
use cutover_runtime::connection::Connection;

/// Opens the legacy database for reading.
pub(crate) fn open_legacy(url: &str) -> Result<Box<dyn Connection>, Failure> {
    Ok(Box::new(cutover_sqlite::open_legacy(sqlite_path(url)?)?))
}

/// Opens the target database for writing.
pub(crate) fn open_target(url: &str) -> Result<Box<dyn Connection>, Failure> {
    Ok(Box::new(cutover_sqlite::open_target(sqlite_path(url)?)?))
}

fn sqlite_path(url: &str) -> Result<&str, Failure> {
    match url.split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => Ok(path.strip_prefix("//").unwrap_or(path)),
        Some((scheme @ ("postgresql" | "postgres" | "mysql" | "mariadb"), _)) => {
            Err(Failure::usage(format!("{scheme} databases cannot be opened yet; this version runs on SQLite only")))
        }
        // The text is not repeated: it may hold a password.
        _ => Err(Failure::usage("a database is named by a URL such as sqlite:legacy.db")),
    }
}

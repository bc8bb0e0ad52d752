//! Indexes that are taken off while rows are carried. Foreign keys are part of their table here, and stay.

use crate::Sqlite;
use crate::dialect::SqliteDialect;
use cutover_runtime::connection::{SqlDialect, StoreError, StoreErrorKind};
use cutover_runtime::removable::{Removable, RemovableKind, Removal};
use rusqlite::{Error, OptionalExtension};

/// Returns the indexes that can go: not those that make something unique, and none of a table with triggers, which may
/// look rows up.
pub(crate) fn removable(sqlite: &Sqlite, removal: &Removal<'_>) -> Result<Vec<Removable>, Error> {
    let mut statement = sqlite.inner.prepare_cached(
        "SELECT m.name, m.sql, (SELECT i.name FROM pragma_index_info(m.name) AS i WHERE i.seqno = 0), m.tbl_name \
         FROM sqlite_schema AS m JOIN pragma_index_list(?1) AS l ON l.name = m.name \
         WHERE m.type = 'index' AND m.sql IS NOT NULL AND l.\"unique\" = 0 AND NOT EXISTS (SELECT 1 \
         FROM sqlite_schema AS g WHERE g.type = 'trigger' AND g.tbl_name = ?1 COLLATE NOCASE) ORDER BY m.rowid",
    )?;
    let found = statement.query_map([removal.table], |row| {
        let name: String = row.get(0)?;
        let take_off = format!("DROP INDEX {}", SqliteDialect.quote(&name));
        let (kind, put_back) = (RemovableKind::Index, row.get(1)?);
        let thing = Removable { kind, table: row.get(3)?, name, take_off, put_back, foreign_key: None };
        Ok((thing, row.get::<_, Option<String>>(2)?))
    })?;
    let found = found.collect::<Result<Vec<_>, _>>()?.into_iter();
    Ok(found.filter(|(_, first)| removal.spares(first.as_deref())).map(|(thing, _)| thing).collect())
}

/// Takes an index off unless it is gone.
pub(crate) fn take_off(sqlite: &Sqlite, thing: &Removable) -> Result<(), StoreError> {
    if is_there(sqlite, thing)? { sqlite.batch(&thing.take_off) } else { Ok(()) }
}

/// Puts an index back unless it is there.
pub(crate) fn put_back(sqlite: &Sqlite, thing: &Removable) -> Result<(), StoreError> {
    if is_there(sqlite, thing)? { Ok(()) } else { sqlite.batch(&thing.put_back) }
}

fn is_there(sqlite: &Sqlite, thing: &Removable) -> Result<bool, StoreError> {
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?1 AND tbl_name = ?2";
    let mut statement = sqlite.inner.prepare_cached(sql).map_err(|error| sqlite.fault(&error))?;
    let found: Option<String> = statement
        .query_row([&thing.name, &thing.table], |row| row.get(0))
        .optional()
        .map_err(|error| sqlite.fault(&error))?;
    match found {
        None => Ok(false),
        Some(found) if found == thing.put_back => Ok(true),
        Some(found) => {
            let (kind, place) = (StoreErrorKind::OtherSchema, sqlite.place.clone());
            Err(StoreError { kind, place, cause: thing.other(&found) })
        }
    }
}

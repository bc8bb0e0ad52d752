//! What the database knows about itself: columns, foreign keys, the next key of a table.

use crate::dialect::SqliteDialect;
use cutover_runtime::connection::{DefaultColumn, Referrer, SqlDialect, is_literal};
use rusqlite::{Connection, Error, OptionalExtension};

/// Returns a table's columns; none if there is no such table.
pub(crate) fn columns(inner: &Connection, table: &str) -> Result<Option<Vec<String>>, Error> {
    let mut statement = inner.prepare_cached("SELECT name FROM pragma_table_xinfo(?1)")?;
    let names = statement.query_map([table], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    Ok((!names.is_empty()).then_some(names))
}

/// Returns the columns with a default that is the same for every row. Where triggers may have filled a column, nobody can
/// tell.
pub(crate) fn defaults(inner: &Connection, table: &str) -> Result<Vec<DefaultColumn>, Error> {
    let mut statement = inner.prepare_cached("SELECT name, dflt_value FROM pragma_table_xinfo(?1) WHERE hidden = 0 AND (\"notnull\" = 0 OR dflt_value IS NOT NULL) \
         AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type IN ('trigger', 'view') \
         AND (tbl_name = ?1 COLLATE NOCASE OR (type = 'view' AND name = ?1 COLLATE NOCASE)))")?;
    let columns = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let columns = columns.collect::<Result<Vec<(String, Option<String>)>, _>>()?.into_iter();
    let departs = columns.filter_map(|(name, default)| {
        let own = format!("t.{}", SqliteDialect.quote(&name));
        let departs = match default {
            None => format!("{own} IS NOT NULL"),
            Some(default) if is_literal(&default) => format!("{own} IS NOT ({default}) COLLATE BINARY"),
            Some(_) => return None,
        };
        Some(DefaultColumn { name, departs })
    });
    Ok(departs.collect())
}

/// Returns the foreign keys that refer to a table.
pub(crate) fn referrers(inner: &Connection, table: &str) -> Result<Vec<Referrer>, Error> {
    let mut statement = inner.prepare_cached(
        "SELECT m.name, f.\"from\", COALESCE(f.\"to\", (SELECT k.name FROM pragma_table_info(?1) AS k \
         WHERE k.pk = f.seq + 1)) FROM sqlite_schema AS m JOIN pragma_foreign_key_list(m.name) AS f \
         WHERE m.type = 'table' AND f.\"table\" = ?1 COLLATE NOCASE ORDER BY m.name, f.id, f.seq",
    )?;
    let referrers = statement.query_map([table], |row| {
        Ok(Referrer { schema: None, table: row.get(0)?, column: row.get(1)?, referenced: row.get(2)? })
    })?;
    referrers.collect()
}

/// Returns the key after the highest one in use or ever given.
pub(crate) fn next_key(inner: &Connection, table: &str, column: &str) -> Result<i128, Error> {
    let (column, quoted) = (SqliteDialect.quote(column), SqliteDialect.quote(table));
    let mut statement = inner.prepare_cached(&format!("SELECT MAX({column}) FROM {quoted}"))?;
    let highest: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(i128::from(highest.unwrap_or(0).max(sequence(inner, table)?)) + 1)
}

/// Returns the highest key ever given in a table with AUTOINCREMENT, else 0.
fn sequence(inner: &Connection, table: &str) -> Result<i64, Error> {
    if columns(inner, "sqlite_sequence")?.is_none() {
        return Ok(0);
    }
    let mut statement = inner.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = ?1 COLLATE NOCASE")?;
    Ok(statement.query_row([table], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Sets the sequence of a table with AUTOINCREMENT back, unless somebody has taken keys after `next`.
pub(crate) fn restore_sequence(inner: &Connection, table: &str, next: i128, before: i128) -> Result<(), Error> {
    let (Ok(next), Ok(before)) = (i64::try_from(next), i64::try_from(before)) else { return Ok(()) };
    let present = sequence(inner, table)?;
    if present == 0 || present != next - 1 {
        return Ok(());
    }
    let sql = match before {
        // A table that never had a row has no sequence.
        ..=1 => "DELETE FROM sqlite_sequence WHERE name = ?1 COLLATE NOCASE AND ?2 <= 1",
        _ => "UPDATE sqlite_sequence SET seq = ?2 - 1 WHERE name = ?1 COLLATE NOCASE",
    };
    inner.prepare_cached(sql)?.execute(rusqlite::params![table, before])?;
    Ok(())
}

/// Returns whether a column keeps text as text. Other columns make a number of what looks like one, and lose digits.
pub(crate) fn keeps_text(inner: &Connection, table: &str, column: &str) -> Result<bool, Error> {
    let mut statement =
        inner.prepare_cached("SELECT type FROM pragma_table_xinfo(?1) WHERE name = ?2 COLLATE NOCASE")?;
    let declared: Option<String> = statement.query_row([table, column], |row| row.get(0)).optional()?;
    let declared = declared.unwrap_or_default().to_uppercase();
    let text = ["CHAR", "CLOB", "TEXT"].iter().any(|word| declared.contains(word));
    Ok(!declared.contains("INT") && (text || declared.is_empty() || declared.contains("BLOB")))
}

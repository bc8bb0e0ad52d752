//! What the database knows about itself: columns and what they keep, foreign keys, the next key of a table.

use crate::MariaDb;
use crate::dialect::MariaDbDialect;
use crate::write::Keeps;
use cutover_runtime::connection::{DefaultColumn, Referrer, SqlDialect, StoreError, StoreErrorKind, is_literal};
use std::collections::HashMap;

/// What was asked before and does not change while a run goes on.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    tables: HashMap<String, Table>,
    keys: HashMap<(String, String), Vec<String>>,
}

/// A table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    columns: HashMap<String, Keeps>,
    /// The column that the table itself counts up.
    counter: Option<String>,
}

/// Returns a name of the database that no other has, as long as its server lives.
pub(crate) fn identity(mariadb: &mut MariaDb) -> Result<String, StoreError> {
    let server = match mariadb.texts("SELECT @@server_uid, DATABASE()", &[]) {
        Err(error) if error.kind == StoreErrorKind::Other => mariadb.texts("SELECT @@server_uuid, DATABASE()", &[]),
        server => server,
    };
    let row = match server {
        Ok(rows) => rows,
        // Older servers have no name of their own.
        Err(_) => mariadb.texts("SELECT CONCAT(@@hostname, ':', @@port, ':', @@datadir), DATABASE()", &[])?,
    };
    Ok(row.first().map_or_else(String::new, |row| format!("mariadb:{}:{}", row[0], row[1])))
}

/// Returns a table's columns; none if there is no such table.
pub(crate) fn column_names(mariadb: &mut MariaDb, table: &str) -> Result<Option<Vec<String>>, StoreError> {
    let sql = "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() \
               AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION";
    let names: Vec<String> = mariadb.texts(sql, &[table])?.into_iter().map(|mut row| row.remove(0)).collect();
    Ok((!names.is_empty()).then_some(names))
}

/// Returns the columns with a default that is the same for every row. Where triggers may have filled a column, nobody can
/// tell.
pub(crate) fn defaults(mariadb: &mut MariaDb, table: &str) -> Result<Vec<DefaultColumn>, StoreError> {
    let sql = "SELECT COLUMN_NAME, COALESCE(COLUMN_DEFAULT, IF(IS_NULLABLE = 'YES', 'NULL', '')), DATA_TYPE \
               FROM information_schema.COLUMNS AS c JOIN information_schema.TABLES AS t USING (TABLE_SCHEMA, TABLE_NAME) \
               WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND EXTRA = '' AND TABLE_TYPE = 'BASE TABLE' \
               AND NOT EXISTS (SELECT 1 FROM information_schema.TRIGGERS AS g \
                 WHERE g.EVENT_OBJECT_SCHEMA = DATABASE() AND g.EVENT_OBJECT_TABLE = c.TABLE_NAME) \
               ORDER BY ORDINAL_POSITION";
    let column = |row: Vec<String>| {
        let [name, default, ty] = <[String; 3]>::try_from(row).ok()?;
        let own = format!("t.{}", MariaDbDialect.quote(&name));
        let quoted = default.starts_with('\'') && !default.contains('?');
        let bytes = |sql: &str| format!("CAST(CONVERT({sql} USING utf8mb4) AS BINARY)");
        let departs = match ty.as_str() {
            _ if default.eq_ignore_ascii_case("null") => format!("{own} IS NOT NULL"),
            _ if !is_literal(&default) => return None,
            // Servers that do not put texts in quotes here leave open what they mean.
            "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" if quoted => {
                format!("NOT ({} <=> {})", bytes(&own), bytes(&default))
            }
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" => {
                format!("NOT ({own} <=> {default})")
            }
            _ => return None,
        };
        Some(DefaultColumn { name, departs })
    };
    Ok(mariadb.texts(sql, &[table])?.into_iter().filter_map(column).collect())
}

/// Returns the foreign keys that refer to a table.
pub(crate) fn referrers(mariadb: &mut MariaDb, table: &str) -> Result<Vec<Referrer>, StoreError> {
    let sql = "SELECT TABLE_NAME, COLUMN_NAME, REFERENCED_COLUMN_NAME, IF(TABLE_SCHEMA = DATABASE(), '', TABLE_SCHEMA) \
               FROM information_schema.KEY_COLUMN_USAGE \
               WHERE REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME = ? \
               ORDER BY 4, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION";
    let mut rows = mariadb.texts(sql, &[table])?;
    let referrer = |row: &mut Vec<String>| {
        let mut take = |at: usize| std::mem::take(&mut row[at]);
        let schema = Some(take(3)).filter(|schema| !schema.is_empty());
        Referrer { schema, table: take(0), column: take(1), referenced: take(2) }
    };
    Ok(rows.iter_mut().map(referrer).collect())
}

/// Returns what the columns of a table keep, in the order of `columns`.
pub(crate) fn keeps(mariadb: &mut MariaDb, table: &str, columns: &[String]) -> Result<Vec<Keeps>, StoreError> {
    let known = table_of(mariadb, table)?;
    let found = columns.iter().map(|column| known.columns.get(column).cloned().ok_or(column));
    found
        .collect::<Result<_, _>>()
        .map_err(|column| mariadb.failed(StoreErrorKind::OtherSchema, format!("table {table} has no column {column}")))
}

/// Refuses a table that does not count a column up itself.
pub(crate) fn check_counter(mariadb: &mut MariaDb, table: &str, column: &str) -> Result<(), StoreError> {
    if table_of(mariadb, table)?.counter.is_some_and(|counter| counter.eq_ignore_ascii_case(column)) {
        return Ok(());
    }
    let cause = format!("column {column} of table {table} is no AUTO_INCREMENT, so the database gives no keys there");
    Err(mariadb.failed(StoreErrorKind::OtherSchema, cause))
}

fn table_of(mariadb: &mut MariaDb, table: &str) -> Result<Table, StoreError> {
    if let Some(known) = mariadb.catalogue.tables.get(table) {
        return Ok(known.clone());
    }
    let engine =
        "SELECT ENGINE, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?";
    let rows = mariadb.texts(engine, &[table])?;
    if let Some([engine, kind]) = rows.first().map(Vec::as_slice)
        && kind == "BASE TABLE"
        && !engine.eq_ignore_ascii_case("InnoDB")
    {
        let cause = format!("table {table} has the engine {engine}, which knows no transactions; make it InnoDB");
        return Err(mariadb.failed(StoreErrorKind::OtherSchema, cause));
    }
    let sql = "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_SCALE, \
               DATETIME_PRECISION, EXTRA FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() \
               AND TABLE_NAME = ?";
    let rows = mariadb.texts(sql, &[table])?;
    let counter = rows.iter().find(|row| row[6].contains("auto_increment")).map(|row| row[0].clone());
    let columns = rows.iter().map(|row| (row[0].clone(), keeps_of(row))).collect();
    let known = Table { columns, counter };
    mariadb.catalogue.tables.insert(table.to_string(), known.clone());
    Ok(known)
}

fn keeps_of(row: &[String]) -> Keeps {
    let number = |at: usize| row[at].parse::<u64>().unwrap_or(0);
    let (length, digits) = (number(3), number(5) as u32);
    match row[1].as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "bit" | "year" => Keeps::Number,
        "decimal" => Keeps::Decimal { scale: number(4) as u32 },
        "float" => Keeps::Float,
        "double" => Keeps::Double,
        "char" => Keeps::Char { length },
        "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "json" => Keeps::Text { length },
        "enum" => Keeps::Enum(members(&row[2])),
        "binary" => Keeps::Binary { length },
        "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Keeps::Bytes,
        "uuid" => Keeps::Uuid,
        "date" => Keeps::Date,
        "datetime" => Keeps::DateTime { digits },
        "timestamp" => Keeps::Timestamp { digits },
        "time" => Keeps::Time { digits },
        other => Keeps::Other(other.to_string()),
    }
}

/// Returns the members out of `enum('a','it''s')`.
fn members(declared: &str) -> Vec<String> {
    let list = declared.split_once('(').map_or("", |(_, list)| list).trim_end_matches(')');
    let list = list.strip_prefix('\'').and_then(|list| list.strip_suffix('\'')).unwrap_or(list);
    list.split("','").map(|member| member.replace("''", "'")).collect()
}

/// Returns the columns of a unique key.
pub(crate) fn key_columns(mariadb: &mut MariaDb, table: &str, name: &str) -> Result<Vec<String>, StoreError> {
    let key = (table.to_string(), name.to_string());
    if let Some(columns) = mariadb.catalogue.keys.get(&key) {
        return Ok(columns.clone());
    }
    let sql = "SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() \
               AND TABLE_NAME = ? AND INDEX_NAME = ? ORDER BY SEQ_IN_INDEX";
    let columns: Vec<String> = mariadb.texts(sql, &[table, name])?.into_iter().map(|mut row| row.remove(0)).collect();
    mariadb.catalogue.keys.insert(key, columns.clone());
    Ok(columns)
}

/// Returns the key after the highest one in use or ever given.
pub(crate) fn next_key(mariadb: &mut MariaDb, table: &str, column: &str) -> Result<i128, StoreError> {
    let (quoted, of) = (MariaDbDialect.quote(column), MariaDbDialect.quote(table));
    let rows = mariadb.texts(&format!("SELECT COALESCE(MAX({quoted}), 0) FROM {of}"), &[])?;
    let highest: i128 = rows.first().and_then(|row| row[0].parse().ok()).unwrap_or(0);
    Ok(counter(mariadb, table)?.max(highest + 1))
}

fn counter(mariadb: &mut MariaDb, table: &str) -> Result<i128, StoreError> {
    let sql = "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?";
    let rows = mariadb.texts(sql, &[table])?;
    Ok(rows.first().and_then(|row| row[0].parse().ok()).unwrap_or(1))
}

/// Sets a counter back, unless somebody has taken keys after `next`. The server itself never goes below a key in use.
pub(crate) fn restore_next_key(
    mariadb: &mut MariaDb,
    table: &str,
    column: &str,
    next: i128,
    before: i128,
) -> Result<(), StoreError> {
    if next_key(mariadb, table, column)? != next || check_counter(mariadb, table, column).is_err() {
        return Ok(());
    }
    mariadb.run(&format!("ALTER TABLE {} AUTO_INCREMENT = {before}", MariaDbDialect.quote(table)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_taken_out_of_a_declaration() {
        assert_eq!(members("enum('a','it''s','x,y','')"), ["a", "it's", "x,y", ""]);
        assert_eq!(members("enum('''')"), ["'"]);
    }
}

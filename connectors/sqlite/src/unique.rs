//! What makes rows of a table unique, and when SQLite calls two texts equal.

use cutover_runtime::unique_key::{UniqueColumn, UniqueKey};
use rusqlite::{Connection, Error};

/// Returns the unique keys of a table: the row's own number, and the unique indexes.
pub(crate) fn keys(inner: &Connection, table: &str) -> Result<Vec<UniqueKey>, Error> {
    let mut keys: Vec<UniqueKey> = rowid(inner, table)?.into_iter().collect();
    let mut statement =
        inner.prepare_cached("SELECT name, partial FROM pragma_index_list(?1) WHERE \"unique\" = 1 ORDER BY name")?;
    let indexes = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (name, partial) in indexes.collect::<Result<Vec<(String, bool)>, _>>()? {
        keys.push(index(inner, table, name, partial)?);
    }
    Ok(keys)
}

/// A column declared `INTEGER PRIMARY KEY` has no index: it is the row's own number.
fn rowid(inner: &Connection, table: &str) -> Result<Option<UniqueKey>, Error> {
    let sql = "SELECT name FROM pragma_table_xinfo(?1) AS c WHERE pk = 1 AND UPPER(type) = 'INTEGER' \
               AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(?1) WHERE pk > 1) \
               AND NOT EXISTS (SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk')";
    let mut statement = inner.prepare_cached(sql)?;
    let names = statement.query_map([table], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    let key = |name: String| UniqueKey {
        name: format!("{table}.{name}"),
        columns: vec![UniqueColumn::exact(name)],
        beyond: None,
    };
    Ok(names.into_iter().next().map(key))
}

fn index(inner: &Connection, table: &str, name: String, partial: bool) -> Result<UniqueKey, Error> {
    let mut statement =
        inner.prepare_cached("SELECT name, coll FROM pragma_index_xinfo(?1) WHERE \"key\" = 1 ORDER BY seqno")?;
    let parts = statement.query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let parts = parts.collect::<Result<Vec<(Option<String>, String)>, _>>()?;
    let mut beyond = partial.then(|| "it is for some rows only".to_string());
    let mut columns = Vec::with_capacity(parts.len());
    for (column, collation) in parts {
        let Some(column) = column else {
            beyond = Some("it contains an expression".to_string());
            continue;
        };
        let other = match collation.to_uppercase().as_str() {
            "BINARY" => None,
            "NOCASE" | "RTRIM" => Some(collation),
            _ => {
                beyond = Some(format!("nobody but its application knows the collation {collation}"));
                None
            }
        };
        columns.push(UniqueColumn { name: column, collation: other });
    }
    // An index that SQLite has made for a constraint has a name that says nothing.
    let name = match name.starts_with("sqlite_autoindex_") {
        true => {
            let names: Vec<String> = columns.iter().map(|column| format!("{table}.{}", column.name)).collect();
            names.join(", ")
        }
        false => name,
    };
    Ok(UniqueKey { name, columns, beyond })
}

/// Returns the same text for texts that a collation calls equal: NOCASE knows no case of the letters A to Z, RTRIM no
/// blanks at the end.
pub(crate) fn folded(collation: &str, text: &str) -> String {
    match collation.eq_ignore_ascii_case("NOCASE") {
        true => text.to_ascii_lowercase(),
        false => text.trim_end_matches(' ').to_string(),
    }
}

//! The content of a database as text: each table with its rows, so that two databases can be compared and what differs
//! can be read.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use std::collections::BTreeMap;
use std::path::Path;

/// Tables with their rows, in the order of the table's own key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content(BTreeMap<String, Vec<String>>);

/// Columns that hold what chance or time decides, or a fingerprint of such.
pub const DIFFERENT_EACH_TIME: [&str; 8] =
    ["uuid", "started", "ended", "since", "owner", "t_written", "profile_written", "fingerprint"];

impl Content {
    /// Reads everything, as it is.
    pub fn exact(path: &Path) -> Content {
        Content::without(path, &[])
    }

    /// Reads everything but what chance, time and the place of the files decide.
    pub fn lasting(path: &Path) -> Content {
        let mut content = Content::without(path, &DIFFERENT_EACH_TIME);
        if let Some(meta) = content.0.get_mut("cutover_meta") {
            meta.retain(|row| !row.contains("_identity"));
        }
        content
    }

    /// Reads everything, leaving out columns with these names.
    pub fn without(path: &Path, columns: &[&str]) -> Content {
        let database = open(path);
        let names = ask(&database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
        let rows = |table: &String| rows(&database, table, columns);
        Content(names.iter().map(|table| (table.clone(), rows(table))).collect())
    }

    /// Keeps the tables that are not cutover's own.
    pub fn own(mut self) -> Content {
        self.0.retain(|table, _| !table.starts_with("cutover_"));
        self
    }

    /// Keeps these tables.
    pub fn only(mut self, tables: &[&str]) -> Content {
        self.0.retain(|table, _| tables.contains(&table.as_str()));
        self
    }

    /// Adds the tables of another content.
    pub fn add(&mut self, other: Content) {
        self.0.extend(other.0);
    }

    /// Returns the rows of a table.
    pub fn rows(&self, table: &str) -> &[String] {
        self.0.get(table).map_or(&[], Vec::as_slice)
    }

    /// Returns what one has and the other has not, as text.
    pub fn differences(&self, other: &Content) -> Vec<String> {
        let missing = |mark: char, these: &Content, those: &Content| {
            let mut found = Vec::new();
            for (table, rows) in &these.0 {
                let there = those.0.get(table);
                found.extend(there.is_none().then(|| format!("{mark} {table}")));
                let there: std::collections::BTreeSet<&String> = there.into_iter().flatten().collect();
                found
                    .extend(rows.iter().filter(|row| !there.contains(row)).map(|row| format!("{mark} {table}: {row}")));
            }
            found
        };
        let mut all = missing('-', self, other);
        all.extend(missing('+', other, self));
        if all.is_empty() && self != other {
            all.push("the same rows, in another order or number".into());
        }
        all
    }

    /// Asserts that another content is the same, and shows what differs.
    #[track_caller]
    pub fn assert_same(&self, other: &Content, what: &str) {
        let differences = self.differences(other);
        let shown = differences.iter().take(30).cloned().collect::<Vec<_>>().join("\n");
        assert!(differences.is_empty(), "{what}: {} differences, such as\n{shown}", differences.len());
    }
}

fn rows(database: &Connection, table: &str, without: &[&str]) -> Vec<String> {
    let columns = ask(database, &format!("SELECT name FROM pragma_table_info('{table}')"));
    let kept: Vec<String> = columns.into_iter().filter(|name| !without.contains(&name.as_str())).collect();
    let select = kept.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let order = (1..=kept.len()).map(|place| place.to_string()).collect::<Vec<_>>().join(", ");
    ask(database, &format!("SELECT {select} FROM \"{table}\" ORDER BY {order}"))
}

/// Opens a database file as it is, with its rows unchecked, for a test to look into or to spoil.
pub fn open(path: &Path) -> Connection {
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    database.pragma_update(None, "foreign_keys", false).unwrap();
    database
}

/// Runs statements on a database file.
pub fn change(path: &Path, sql: &str) {
    open(path).execute_batch(sql).unwrap();
}

/// Returns the rows of a query, columns separated by `|`.
pub fn ask(database: &Connection, query: &str) -> Vec<String> {
    let mut statement = database.prepare(query).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| Ok(line(row, columns))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Returns the rows of a query on a database file.
pub fn ask_file(path: &Path, query: &str) -> Vec<String> {
    ask(&open(path), query)
}

fn line(row: &Row<'_>, columns: usize) -> String {
    let shown = |column| match row.get_ref(column).unwrap() {
        ValueRef::Null => "NULL".to_string(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => value.to_string(),
        ValueRef::Text(value) => String::from_utf8_lossy(value).into_owned(),
        ValueRef::Blob(value) => format!("x'{}'", value.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
    };
    (0..columns).map(shown).collect::<Vec<_>>().join("|")
}

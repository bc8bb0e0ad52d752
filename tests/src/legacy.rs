//! The legacy side of Opal on a server, with the rows of a file.

use crate::content::{ask_file, open};
use crate::engines::{Engine, Store};
use crate::opal::plan;
use cutover_mapping_dsl::schema::{Dialect, translate::create_statements};
use std::fmt::Write;
use std::path::Path;

/// How many rows one statement inserts.
const ROWS: usize = 200;

/// Makes the legacy tables in an empty database and copies the rows of a file into them. Any column may be
/// null, as in the file; else the rows must be clean enough for the server.
pub fn copy(from: &Path, to: &Store) {
    let (dialect, before) = match to.engine() {
        Engine::Sqlite => panic!("a file is copied as a file"),
        Engine::Postgres => (Dialect::PostgreSql, "SET session_replication_role = replica"),
        Engine::MariaDb => {
            (Dialect::MariaDb, "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', foreign_key_checks = 0")
        }
    };
    let mut script = format!("{before};\n");
    for table in create_statements(&plan().legacy.schema, dialect).unwrap().statements {
        writeln!(script, "{};", table.replace('`', "\"").replace(" NOT NULL", "")).unwrap();
    }
    let tables = ask_file(from, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    tables.iter().for_each(|table| insert(from, table, &mut script));
    to.run(&script);
}

fn insert(from: &Path, table: &str, script: &mut String) {
    let name = table.replace('\'', "''");
    let columns = ask_file(from, &format!("SELECT '\"' || name || '\"' FROM pragma_table_info('{name}') ORDER BY cid"));
    let values = columns.iter().map(|column| format!("quote({column})")).collect::<Vec<_>>().join(" || ', ' || ");
    let database = open(from);
    let mut statement = database.prepare(&format!("SELECT {values} FROM \"{table}\"")).unwrap();
    let rows: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for rows in rows.chunks(ROWS) {
        writeln!(script, "INSERT INTO \"{table}\" ({}) VALUES ({});", columns.join(", "), rows.join("), (")).unwrap();
    }
}

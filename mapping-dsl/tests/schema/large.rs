//! Large scripts: the work grows as the script does.

use crate::read_as;
use cutover_mapping_dsl::schema::Dialect;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Returns a script of so many tables, written as the dump tools of all dialects do.
fn script(tables: usize, dialect: Dialect) -> String {
    let mut out = String::new();
    for number in 0..tables {
        let (table, other) = (format!("table_{number}"), format!("table_{}", number / 2));
        write!(out, "CREATE TABLE {table} (\n  id int NOT NULL,\n").expect("a String takes any text");
        for column in 0..8 {
            writeln!(out, "  column_{column} varchar(40) DEFAULT 'it''s {column}' NOT NULL,").expect("as above");
        }
        write!(out, "  kind varchar(9) CHECK (kind IN ('a', 'b')),\n  CONSTRAINT c_{number} PRIMARY KEY (id)\n);\n")
            .expect("as above");
        let go = if dialect == Dialect::SqlServer { "\nGO\n" } else { ";\n" };
        write!(out, "CREATE INDEX i_{number} ON {table} (column_1, column_2){go}").expect("as above");
        write!(out, "ALTER TABLE {table} ADD CONSTRAINT f_{number} FOREIGN KEY (id) REFERENCES {other} (id){go}")
            .expect("as above");
        write!(out, "INSERT INTO {table} VALUES (1, 'CREATE TABLE no (a int);', '--'){go}").expect("as above");
    }
    out
}

/// Returns the shortest of three readings.
fn shortest(text: &str, dialect: Dialect, tables: usize) -> Duration {
    let read = || {
        let started = Instant::now();
        let schema = read_as(text, dialect);
        assert_eq!((schema.tables.len(), schema.tables[tables - 1].foreign_keys.len()), (tables, 1));
        started.elapsed()
    };
    (0..3).map(|_| read()).min().expect("three readings are some")
}

#[test]
fn reading_takes_linear_time() {
    for dialect in Dialect::ALL {
        let (small, large) = (script(1_500, dialect), script(6_000, dialect));
        let (small, large) = (shortest(&small, dialect, 1_500), shortest(&large, dialect, 6_000));
        // Four times as much takes four times as long; sixteen times would be the square.
        assert!(large < small * 10, "{dialect}: {small:?}, and {large:?} for four times as much");
    }
}

//! Schema reading from the outside: the real files of the Opal example, hand-written hard cases, any text at all.

use cutover_mapping_dsl::schema::{Assigned, Column, Dialect, Schema, Table, read, translate};
use cutover_mapping_dsl::source::FileId;
use proptest::prelude::*;
use std::fmt::Write;

const LEGACY: &str = include_str!("../../examples/opal/legacy.sql");
const DUMP: &str = include_str!("../../examples/opal/legacy-mariadb-dump.sql");
const TARGET: &str = include_str!("../../examples/opal/target.sql");

fn read_as(text: &str, dialect: Dialect) -> Schema {
    read::read(FileId(0), text, dialect)
}

/// Writes a schema as text that people can compare with the DDL.
fn show(schema: &Schema) -> String {
    let mut out = String::new();
    for table in &schema.tables {
        show_table(&mut out, table);
    }
    for skipped in &schema.skipped {
        writeln!(out, "skipped, line {}: {} -- {}", skipped.line, skipped.what, skipped.why)
            .expect("a String takes any text");
    }
    out
}

fn show_table(out: &mut String, table: &Table) {
    let namespace = table.namespace.as_ref().map(|name| format!("{name}.")).unwrap_or_default();
    writeln!(out, "{namespace}{} (line {}){}", table.name, table.line, quoted(" --", &table.comment))
        .expect("a String takes any text");
    for column in &table.columns {
        show_column(out, column);
    }
    if !table.primary_key.is_empty() {
        writeln!(out, "  primary key {:?}", table.primary_key).expect("a String takes any text");
    }
    for key in &table.unique_keys {
        writeln!(out, "  unique {:?} {:?} (line {})", key.name, key.columns, key.line)
            .expect("a String takes any text");
    }
    for index in &table.indexes {
        writeln!(out, "  index {:?} {:?} (line {})", index.name, index.columns, index.line)
            .expect("a String takes any text");
    }
    for key in &table.foreign_keys {
        let actions = key.actions.join(" ");
        let (name, columns, referenced) = (&key.name, &key.columns, &key.referenced);
        writeln!(out, "  foreign {name:?} {columns:?} -> {} {referenced:?} {actions} (line {})", key.table, key.line)
            .expect("a String takes any text");
    }
    for check in &table.checks {
        writeln!(out, "  check {:?} {} (line {})", check.name, check.condition, check.line)
            .expect("a String takes any text");
    }
}

fn show_column(out: &mut String, column: &Column) {
    let null = if column.nullable { "" } else { " not null" };
    let assigned = match column.assigned {
        Assigned::No => "",
        Assigned::Counter => " counter",
        Assigned::Computed => " computed",
    };
    let allowed = column.allowed.as_ref().map(|values| format!(" in {values:?}")).unwrap_or_default();
    writeln!(
        out,
        "  {:>3} {} `{}` {:?}{null}{assigned}{}{allowed}{}{}",
        column.line,
        column.name,
        column.declared,
        column.ty,
        quoted(" default", &column.default),
        quoted(" collate", &column.collation),
        quoted(" --", &column.comment),
    )
    .expect("a String takes any text");
}

fn quoted(word: &str, text: &Option<String>) -> String {
    text.as_ref().map(|text| format!("{word} {text}")).unwrap_or_default()
}

/// Returns the tables without their lines, by name.
fn without_lines(schema: &Schema) -> Vec<Table> {
    let mut tables = schema.tables.clone();
    for table in &mut tables {
        table.line = 0;
        table.columns.iter_mut().for_each(|column| column.line = 0);
        table.unique_keys.iter_mut().for_each(|key| key.line = 0);
        table.indexes.iter_mut().for_each(|index| index.line = 0);
        table.foreign_keys.iter_mut().for_each(|key| key.line = 0);
        table.checks.iter_mut().for_each(|check| check.line = 0);
    }
    tables.sort_by(|one, other| one.name.cmp(&other.name));
    tables
}

#[test]
fn opal_legacy() {
    let schema = read_as(LEGACY, Dialect::MariaDb);
    assert_eq!(schema.tables.len(), 17);
    insta::assert_snapshot!(show(&schema));
}

#[test]
fn opal_dump_says_the_same_as_the_script() {
    let dump = read_as(DUMP, Dialect::MariaDb);
    assert_eq!(dump.tables.len(), 17);
    assert_eq!(without_lines(&dump), without_lines(&read_as(LEGACY, Dialect::MariaDb)));
}

#[test]
fn opal_target() {
    let schema = read_as(TARGET, Dialect::PostgreSql);
    assert_eq!(schema.tables.len(), 13);
    insta::assert_snapshot!(show(&schema));
}

#[test]
fn hard_mariadb() {
    insta::assert_snapshot!(show(&read_as(include_str!("schema/mariadb.sql"), Dialect::MariaDb)));
}

#[test]
fn hard_postgresql() {
    insta::assert_snapshot!(show(&read_as(include_str!("schema/postgresql.sql"), Dialect::PostgreSql)));
}

#[test]
fn hard_sqlite() {
    insta::assert_snapshot!(show(&read_as(include_str!("schema/sqlite.sql"), Dialect::Sqlite)));
}

#[test]
fn no_sql_at_all() {
    let schema = read_as("Dear reader,\nthis is no SQL; it isn't.\n", Dialect::PostgreSql);
    assert_eq!(schema.tables, []);
    assert_eq!(schema.skipped.len(), 2);
    for text in [LEGACY, DUMP, TARGET] {
        Dialect::ALL.iter().for_each(|dialect| drop(read_as(text, *dialect)));
    }
}

/// Returns `text` with a piece of it taken away, doubled or replaced.
fn mutated(text: &str, at: usize, length: usize, with: &str) -> String {
    let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (start, end) = (boundary(at), boundary(at + length));
    format!("{}{with}{}", &text[..start], &text[end..])
}

#[test]
fn hostile_options_take_no_long_time() {
    for part in [
        "DEFAULT (",
        "DEFAULT ",
        "CHECK (",
        "CHECK (a OR ",
        "DEFAULT CASE WHEN ",
        "DEFAULT f(",
        "DEFAULT - ",
        "CHECK (NOT ",
    ] {
        for dialect in Dialect::ALL {
            let started = std::time::Instant::now();
            read_as(&format!("CREATE TABLE t (a int {}", part.repeat(32 * 1024 / part.len())), dialect);
            read_as(&format!("CREATE TABLE t (a int {}", part.repeat(40)), dialect);
            assert!(started.elapsed().as_secs() < 5, "{dialect}: {part}");
        }
    }
}

#[test]
fn deep_conditions_are_survived() {
    let chain = "a = 'x' OR ".repeat(2_900);
    let nested = "(".repeat(10_000);
    for dialect in Dialect::ALL {
        for ddl in [
            format!("CREATE TABLE t (a text, CHECK ({chain} a = 'y'))"),
            format!("CREATE TABLE t (a text CHECK {nested}"),
        ] {
            let schema = read_as(&ddl, dialect);
            assert_eq!(schema.tables.len(), 1);
            translate::create_statements(&schema, Dialect::Sqlite).expect("SQLite is written");
        }
    }
}

#[test]
fn case_of_columns_in_keys() {
    let ddl = "CREATE TABLE t (Id int NOT NULL, a int, PRIMARY KEY (ID), KEY x (A))";
    let table = &read_as(ddl, Dialect::MariaDb).tables[0];
    assert_eq!((table.primary_key[0].as_str(), table.indexes[0].columns[0].as_str()), ("Id", "a"));
    assert_eq!(read_as(&ddl.replace(", KEY x (A)", ""), Dialect::PostgreSql).tables[0].columns[0].name, "id");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_survived(text in any::<String>(), dialect in prop::sample::select(Dialect::ALL.to_vec())) {
        read_as(&text, dialect);
    }

    #[test]
    fn any_soup_is_survived(
        words in prop::collection::vec(prop::sample::select(vec![
            "CREATE", "TABLE", "t", "(", ")", ",", ";", "a int", "'", "\"", "`", "$a$", "/*", "*/", "/*!40000", "--",
            "\n", "KEY", "PRIMARY", "CHECK", "IN", "NOT NULL", "DEFAULT", "BEGIN", "END", "enum('a'", "ALTER TABLE t",
            "ADD", "é", "\\", "COPY t FROM stdin", "DELIMITER", "UNIQUE", "INDEX", "ON", ".", "[", "]", "TYPE", "AS ENUM",
            "COMMENT ON", "COLUMN", "IS", "DOMAIN", "CONSTRAINT", "REFERENCES", "#", "GENERATED", "numeric(3,-", "::",
        ]), 0..60),
        blank in prop::sample::select(vec!["", " "]),
        dialect in prop::sample::select(Dialect::ALL.to_vec()),
    ) {
        read_as(&words.join(blank), dialect);
    }

    #[test]
    fn any_mutation_is_survived(
        text in prop::sample::select(vec![LEGACY, DUMP, TARGET]),
        at in 0..40_000usize,
        length in 0..200usize,
        with in prop::sample::select(vec!["", "'", "\"", "`", "(", ")", ";", "/*", "*/", "$$", "\\", "\u{0}", "é", ","]),
        dialect in prop::sample::select(Dialect::ALL.to_vec()),
    ) {
        let schema = read_as(&mutated(text, at % text.len(), length, with), dialect);
        let translation = translate::create_statements(&schema, Dialect::Sqlite).expect("SQLite is written");
        let connection = rusqlite::Connection::open_in_memory().expect("SQLite opens");
        for statement in translation.statements.iter().filter(|statement| !statement.contains('\0')) {
            connection.execute(statement, []).unwrap_or_else(|error| panic!("{error}\n{statement}"));
        }
    }
}

/// Makes all tables of a schema in SQLite and returns the statements and what they leave out.
fn in_sqlite(text: &str, dialect: Dialect) -> (rusqlite::Connection, String) {
    let translation =
        translate::create_statements(&read_as(text, dialect), Dialect::Sqlite).expect("SQLite is written");
    let connection = rusqlite::Connection::open_in_memory().expect("SQLite opens");
    connection.execute_batch("PRAGMA foreign_keys = ON").expect("foreign keys are known");
    let mut shown = String::new();
    for statement in &translation.statements {
        connection.execute(statement, []).unwrap_or_else(|error| panic!("{error}\n{statement}"));
        shown.push_str(&format!("{statement};\n"));
    }
    for left_out in &translation.left_out {
        shown.push_str(&format!("-- left out, line {}: {} -- {}\n", left_out.line, left_out.what, left_out.why));
    }
    // A statement on each table finds foreign keys that do not fit.
    for table in &read_as(text, dialect).tables {
        let delete = format!("DELETE FROM \"{}\"", table.name.replace('"', "\"\""));
        connection.execute(&delete, []).unwrap_or_else(|error| panic!("{error}\n{delete}"));
    }
    (connection, shown)
}

#[test]
fn opal_legacy_in_sqlite() {
    insta::assert_snapshot!(in_sqlite(LEGACY, Dialect::MariaDb).1);
}

#[test]
fn opal_target_in_sqlite() {
    insta::assert_snapshot!(in_sqlite(TARGET, Dialect::PostgreSql).1);
}

#[test]
fn hard_ones_in_sqlite() {
    insta::assert_snapshot!("mariadb_in_sqlite", in_sqlite(include_str!("schema/mariadb.sql"), Dialect::MariaDb).1);
    insta::assert_snapshot!(
        "postgresql_in_sqlite",
        in_sqlite(include_str!("schema/postgresql.sql"), Dialect::PostgreSql).1
    );
    insta::assert_snapshot!("sqlite_in_sqlite", in_sqlite(include_str!("schema/sqlite.sql"), Dialect::Sqlite).1);
}

#[test]
fn sqlite_holds_values_to_their_types() {
    let ddl = "CREATE TABLE t (a tinyint unsigned, b varchar(2), c enum('x','y'), d decimal(5,2) DEFAULT 0.00,
        e varchar(9) CHECK (e IN ('Yes','no')), f bigint unsigned, CHECK (d >= -1.5 AND d < 100), `\"; --` int)";
    let (connection, _) = in_sqlite(ddl, Dialect::MariaDb);
    let takes = |column: &str, value: &str| {
        connection.execute(&format!("INSERT INTO t ({column}) VALUES ({value})"), []).is_ok()
    };
    for (column, value) in [("a", "255"), ("b", "'éé'"), ("c", "''"), ("d", "'99.99'"), ("e", "'yes'"), ("f", "5")] {
        assert!(takes(column, value), "{column} {value}");
    }
    for (column, value) in [("a", "256"), ("a", "'x'"), ("b", "'abc'"), ("c", "'z'"), ("d", "'-2'"), ("d", "'100.00'")]
    {
        assert!(!takes(column, value), "{column} {value}");
    }
    assert!(!takes("e", "'maybe'") && !takes("f", "-1") && !takes("f", "18446744073709551615"));
    let default: String = connection.query_row("SELECT d FROM t WHERE a = 255", [], |row| row.get(0)).expect("a row");
    assert_eq!(default, "0.00");
}

#[test]
fn one_dialect_is_only_read() {
    let error = translate::create_statements(&read_as(TARGET, Dialect::PostgreSql), Dialect::SqlServer).unwrap_err();
    assert_eq!(error.to_string(), "tables cannot be written for sqlserver, only for mariadb, postgresql, sqlite");
}

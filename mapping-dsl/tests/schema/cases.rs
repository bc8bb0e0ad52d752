//! The hard cases and the real files, as they are understood.

use crate::show::show;
use crate::{DUMP, LEGACY, MARIADB_TARGET, TARGET, read_as};
use cutover_mapping_dsl::schema::{Dialect, Schema, Table, encoding};
use std::path::{Path, PathBuf};

/// Returns the hard cases: their names, texts and dialects.
pub(crate) fn all() -> Vec<(String, String, Dialect)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema");
    let mut found = Vec::new();
    for dialect in Dialect::ALL {
        let files = std::fs::read_dir(folder.join(dialect.name())).expect("each dialect has a folder");
        let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file can be listed").path()).collect();
        files.sort();
        for file in files {
            let name = file.file_stem().and_then(|name| name.to_str()).expect("cases have plain names");
            let text = std::fs::read_to_string(&file).expect("a case is UTF-8");
            found.push((format!("{dialect}_{name}"), text, dialect));
        }
    }
    found.push(("mariadb_opal_target".into(), MARIADB_TARGET.into(), Dialect::MariaDb));
    assert!(found.len() >= 12, "cases are lost");
    found
}

#[test]
fn hard_cases() {
    for (name, text, dialect) in all() {
        insta::assert_snapshot!(name, show(&read_as(&text, dialect)));
    }
}

#[test]
fn no_table_of_a_case_is_lost() {
    // Bodies of routines, literals and comments of the cases call their tables `no` or `inside`.
    for (name, text, dialect) in
        all().into_iter().filter(|(name, ..)| name.contains("opal") || name.contains("outsystems"))
    {
        let schema = read_as(&text, dialect);
        assert_eq!(schema.tables.len(), text.matches("CREATE TABLE").count(), "{name}");
        assert!(schema.tables.iter().all(|table| !table.columns.is_empty() && !table.primary_key.is_empty()), "{name}");
    }
    for (text, dialect, count) in
        [(LEGACY, Dialect::MariaDb, 17), (DUMP, Dialect::MariaDb, 17), (TARGET, Dialect::PostgreSql, 13)]
    {
        assert_eq!(read_as(text, dialect).tables.len(), count);
    }
}

#[test]
fn nothing_that_only_looks_like_a_table_is_read() {
    for (name, text, dialect) in all() {
        for table in &read_as(&text, dialect).tables {
            assert!(!["no", "inside", "gone", "inner_one"].contains(&table.name.as_str()), "{name}: {}", table.name);
        }
    }
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
    insta::assert_snapshot!(show(&read_as(LEGACY, Dialect::MariaDb)));
}

#[test]
fn opal_dump_says_the_same_as_the_script() {
    assert_eq!(without_lines(&read_as(DUMP, Dialect::MariaDb)), without_lines(&read_as(LEGACY, Dialect::MariaDb)));
}

#[test]
fn opal_target() {
    insta::assert_snapshot!(show(&read_as(TARGET, Dialect::PostgreSql)));
}

#[test]
fn case_of_columns_in_keys() {
    let ddl = "CREATE TABLE t (Id int NOT NULL, a int, PRIMARY KEY (ID), KEY x (A))";
    let table = &read_as(ddl, Dialect::MariaDb).tables[0];
    assert_eq!((table.primary_key[0].as_str(), table.indexes[0].columns[0].as_str()), ("Id", "a"));
    assert_eq!(read_as(&ddl.replace(", KEY x (A)", ""), Dialect::PostgreSql).tables[0].columns[0].name, "id");
}

#[test]
fn any_encoding_of_a_script_is_the_same_script() {
    for (name, text, dialect) in all() {
        let plain = show(&read_as(&text, dialect));
        let little: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect();
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n")).into_bytes();
        for bytes in [little, big] {
            let decoded = encoding::decode(bytes, dialect).expect("it is text");
            assert_eq!(show(&read_as(&decoded, dialect)), plain, "{name}");
        }
        // Line ends within texts stay as they are, so only the tables are counted here.
        let decoded = encoding::decode(windows, dialect).expect("it is text");
        let (one, other) = (read_as(&decoded, dialect), read_as(&text, dialect));
        assert_eq!(one.tables.len(), other.tables.len(), "{name}");
        assert_eq!(one.skipped.len(), other.skipped.len(), "{name}");
    }
}

#[test]
fn many_statements_about_rows_are_one_entry() {
    let insert = "INSERT INTO t VALUES (1, 'é');\n";
    let schema =
        read_as(&format!("CREATE TABLE t (a int);\n{}DELETE FROM t;\n{insert}", insert.repeat(500)), Dialect::Sqlite);
    let why: Vec<&str> = schema.skipped.iter().map(|skipped| skipped.why.as_str()).collect();
    let rows = "it is about rows, not about tables";
    assert_eq!(why, [&format!("{rows} (500 statements)"), rows, rows]);
}

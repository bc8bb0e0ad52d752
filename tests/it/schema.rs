//! The command `schema`: what it prints of dumps of every tool.

use cutover_tests::command::cutover;
use cutover_tests::opal::repository;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Returns a hard case of a dialect.
fn case(path: &str) -> PathBuf {
    repository("mapping-dsl/tests/schema").join(path)
}

/// Runs the command on a file.
#[track_caller]
fn schema(file: &Path, arguments: &[&str], status: i32) -> cutover_tests::command::Ended {
    cutover([&["schema", file.to_str().unwrap()], arguments].concat()).with(status)
}

#[test]
fn the_dialect_of_each_dump_is_guessed() {
    for (file, count) in [
        ("mariadb/mysqldump_with_data.sql", "read as mariadb: 2 tables, 13 columns"),
        ("postgresql/pg_dump_with_data.sql", "read as postgresql: 8 tables"),
        ("sqlite/shell_dump.sql", "read as sqlite: 6 tables"),
        ("sqlserver/ssms.sql", "read as sqlserver: 3 tables"),
        ("sqlserver/outsystems_legacy.sql", "read as sqlserver: 5 tables, 37 columns, 5 keys, 3 foreign keys"),
    ] {
        let out = schema(&case(file), &[], 0).out;
        assert!(out.lines().last().unwrap().starts_with(count), "{file}: {out}");
    }
}

#[test]
fn what_was_passed_over_has_a_line_and_a_reason() {
    let out = schema(&case("sqlserver/ssms.sql"), &["--skipped"], 0).out;
    assert!(out.contains("line 105: CREATE PRIMARY XML INDEX [px] ON …: only tables, indexes"), "{out}");
    assert!(out.lines().last().unwrap().contains("passed over"), "{out}");
}

#[test]
fn tables_are_written_for_each_dialect_but_one() {
    let file = case("sqlserver/outsystems_legacy.sql");
    for (dialect, words) in [
        ("sqlite", "\"PREMIE\" TEXT DEFAULT '0'"),
        ("postgresql", "\"PREMIE\" numeric(37,8) DEFAULT 0"),
        ("mariadb", "`PREMIE` decimal(37,8) DEFAULT 0"),
    ] {
        let out = schema(&file, &["--dialect", dialect], 0).out;
        assert!(out.contains(words), "{out}");
    }
    schema(&file, &["--dialect", "mssql"], 2)
        .says(&["invalid value 'mssql'", "[possible values: mariadb, postgresql, sqlite]"]);
}

#[test]
fn json_holds_all_that_was_read() {
    let out = schema(&case("sqlserver/ssms.sql"), &["--json", "--as", "tsql"], 0).out;
    let read: Value = serde_json::from_str(&out).unwrap();
    let customer = &read["tables"][0];
    assert_eq!((&customer["name"], &customer["namespace"]), (&"Sales.Customer".into(), &"Sales".into()));
    assert_eq!(customer["comment"], "Whoever bought; it's all here");
    assert_eq!(customer["columns"][2]["collation"], "Latin1_General_CS_AS");
    assert_eq!(customer["columns"][14]["limits"]["fraction_digits"], 7);
    assert_eq!(customer["unique_keys"][0]["name"], "AK_Name");
    assert_eq!(customer["checks"][0]["condition"], "([Share]>=(0.00) AND [Share]<=(1.00))");
    assert_eq!(read["tables"][2]["foreign_keys"][0]["actions"][0], "on delete set null");
}

#[test]
fn any_encoding_is_read_and_bytes_in_rows_are_no_matter() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump.sql");
    let text = std::fs::read_to_string(case("sqlserver/outsystems_target.sql")).unwrap();
    std::fs::write(&file, format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())
        .unwrap();
    assert!(schema(&file, &[], 0).out.contains("read as sqlserver: 7 tables"));
    std::fs::write(&file, b"CREATE TABLE t (a int);\nINSERT INTO t VALUES ('\xff');\n").unwrap();
    assert!(schema(&file, &["--as", "mariadb"], 0).out.contains("1 table, 1 column"));
    std::fs::write(&file, b"CREATE TABLE t (\n  caf\xe9 int\n);\n").unwrap();
    schema(&file, &["--as", "mariadb"], 4).says(&["dump.sql: it is not UTF-8: line 2", "convert it"]);
}

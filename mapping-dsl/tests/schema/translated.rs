//! Schemas in the words of other dialects.

use crate::show::show_translation;
use crate::{LEGACY, TARGET, cases, read_as};
use cutover_mapping_dsl::schema::translate::{Translation, create_statements};
use cutover_mapping_dsl::schema::{Column, Dialect, Schema, Table};
use cutover_mapping_dsl::types::Type;

fn translated(schema: &Schema, dialect: Dialect) -> Translation {
    create_statements(schema, dialect).expect("this dialect is written")
}

/// Makes all tables of a schema in SQLite and returns the statements and what they leave out.
fn in_sqlite(text: &str, dialect: Dialect) -> (rusqlite::Connection, String) {
    let schema = read_as(text, dialect);
    let translation = translated(&schema, Dialect::Sqlite);
    let connection = rusqlite::Connection::open_in_memory().expect("SQLite opens");
    connection.execute_batch("PRAGMA foreign_keys = ON").expect("foreign keys are known");
    for statement in &translation.statements {
        connection.execute(statement, []).unwrap_or_else(|error| panic!("{error}\n{statement}"));
    }
    // A statement on each table finds foreign keys that do not fit.
    let is_made = |table: &&Table| !translation.left_out.iter().any(|it| it.what == format!("table {}", table.name));
    for table in schema.tables.iter().filter(is_made) {
        let delete = format!("DELETE FROM \"{}\"", table.name.replace('"', "\"\""));
        connection.execute(&delete, []).unwrap_or_else(|error| panic!("{error}\n{delete}"));
    }
    (connection, show_translation(&translation))
}

#[test]
fn opal_in_sqlite() {
    insta::assert_snapshot!("opal_legacy_in_sqlite", in_sqlite(LEGACY, Dialect::MariaDb).1);
    insta::assert_snapshot!("opal_target_in_sqlite", in_sqlite(TARGET, Dialect::PostgreSql).1);
}

#[test]
fn cases_in_sqlite() {
    for (name, text, dialect) in cases::all() {
        insta::assert_snapshot!(format!("{name}_in_sqlite"), in_sqlite(&text, dialect).1);
    }
}

#[test]
fn cases_on_servers() {
    for target in [Dialect::PostgreSql, Dialect::MariaDb] {
        for (name, text, dialect) in cases::all() {
            let translation = translated(&read_as(&text, dialect), target);
            insta::assert_snapshot!(format!("{name}_in_{target}"), show_translation(&translation));
        }
    }
}

/// Returns whether a dialect has a type of its own for exactly these values.
fn is_exact(ty: &Type, dialect: Dialect) -> bool {
    let in_postgresql = match ty {
        Type::Boolean | Type::Float | Type::Uuid | Type::Json | Type::Text { .. } => true,
        Type::Integer { min, max } => {
            [16, 32, 64].iter().any(|bits| Type::integer(*bits, true) == Type::Integer { min: *min, max: *max })
        }
        Type::Decimal { .. } => true,
        Type::Bytes { max } => max.is_none(),
        Type::Date { zero } => !zero,
        Type::DateTime { digits, zero } | Type::Instant { digits, zero } => !zero && *digits <= 6,
        Type::Time { digits } => *digits <= 6,
        Type::Enum(_) | Type::Other(_) => false,
    };
    match (dialect, ty) {
        (Dialect::MariaDb, Type::Boolean | Type::Other(_) | Type::Text { .. } | Type::Bytes { .. }) => false,
        (Dialect::MariaDb, Type::Integer { min, max }) => [8, 16, 24, 32, 64].iter().any(|bits| {
            [true, false].iter().any(|signed| Type::integer(*bits, *signed) == Type::Integer { min: *min, max: *max })
        }),
        (Dialect::MariaDb, Type::Decimal { precision, scale }) => *precision <= 65 && *scale <= 38,
        (Dialect::MariaDb, Type::Date { zero } | Type::DateTime { zero, .. } | Type::Instant { zero, .. }) => *zero,
        (Dialect::MariaDb, Type::Time { digits }) => *digits <= 6,
        (Dialect::MariaDb, Type::Enum(_)) => true,
        (Dialect::MariaDb, Type::Float | Type::Uuid | Type::Json) => true,
        (Dialect::PostgreSql, _) => in_postgresql,
        (Dialect::Sqlite | Dialect::SqlServer, _) => false,
    }
}

#[track_caller]
fn assert_same_column(one: &Column, other: &Column, target: Dialect, place: &str) {
    assert_eq!(one.name, other.name, "{place}");
    assert_eq!(one.nullable, other.nullable, "{place}.{}", one.name);
    if is_exact(&one.ty, target) {
        assert_eq!(one.ty, other.ty, "{place}.{}", one.name);
    }
}

/// Checks that what was written says the same, but for what is said to be left out.
#[track_caller]
fn assert_same(schema: &Schema, target: Dialect, name: &str) {
    let translation = translated(schema, target);
    let again = read_as(&(translation.statements.join(";\n") + ";"), target);
    assert!(again.skipped.is_empty(), "{name} in {target}: {:?}", again.skipped);
    let is_left_out = |what: &str| translation.left_out.iter().any(|it| it.what == what);
    for table in schema.tables.iter().filter(|table| !is_left_out(&format!("table {}", table.name))) {
        let place = format!("{name} in {target}: {}", table.name);
        let other =
            again.tables.iter().find(|other| other.name == table.name).unwrap_or_else(|| panic!("{place} is lost"));
        let kept = table.columns.iter().filter(|it| !is_left_out(&format!("column {}.{}", table.name, it.name)));
        let kept: Vec<&Column> = kept.collect();
        assert_eq!(kept.len(), other.columns.len(), "{place}");
        kept.iter().zip(&other.columns).for_each(|(one, other)| assert_same_column(one, other, target, &place));
        let key_is_left_out =
            |columns: &[String]| is_left_out(&format!("key ({}) of {}", columns.join(", "), table.name));
        if !key_is_left_out(&table.primary_key) {
            assert_eq!(table.primary_key, other.primary_key, "{place}");
        }
        let unique: Vec<_> =
            table.unique_keys.iter().map(|key| &key.columns).filter(|it| !key_is_left_out(it)).collect();
        assert_eq!(unique, other.unique_keys.iter().map(|key| &key.columns).collect::<Vec<_>>(), "{place}");
        let foreign = table.foreign_keys.iter().map(|key| (&key.columns, &key.table));
        let foreign =
            foreign.filter(|(it, _)| !is_left_out(&format!("foreign key ({}) of {}", it.join(", "), table.name)));
        let others = other.foreign_keys.iter().map(|key| (&key.columns, &key.table));
        assert_eq!(foreign.collect::<Vec<_>>(), others.collect::<Vec<_>>(), "{place}");
    }
}

#[test]
fn what_is_written_reads_the_same() {
    let real = [(LEGACY, Dialect::MariaDb), (TARGET, Dialect::PostgreSql)];
    let real = real.into_iter().map(|(text, dialect)| ("opal".to_string(), text.to_string(), dialect));
    for (name, text, dialect) in cases::all().into_iter().chain(real) {
        let schema = read_as(&text, dialect);
        Dialect::WRITTEN.into_iter().for_each(|target| assert_same(&schema, target, &name));
    }
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
    let error = create_statements(&read_as(TARGET, Dialect::PostgreSql), Dialect::SqlServer).unwrap_err();
    assert_eq!(error.to_string(), "tables cannot be written for sqlserver, only for mariadb, postgresql, sqlite");
}

//! Every engine as legacy with every engine as target: values of all kinds, null and extreme, arrive as they were, with a
//! run and with a sync.

use cutover_runtime::value::{Kind, Row, Value, read_date, read_date_time, read_time};
use cutover_tests::command::{Ended, command};
use cutover_tests::engines::{Engine, Store};
use cutover_tests::random::Random;
use std::fs;
use std::path::{Path, PathBuf};

const ROWS: u64 = 400;

/// The columns with their kinds, and their types on SQLite, PostgreSQL and MariaDB.
const COLUMNS: [(&str, Kind, [&str; 3]); 13] = [
    ("flag", Kind::Boolean, ["boolean", "boolean", "bit(1)"]),
    ("small", Kind::Integer, ["smallint", "smallint", "smallint"]),
    ("big", Kind::Integer, ["bigint", "bigint", "bigint"]),
    ("amount", Kind::Decimal, ["decimal(15,4)", "numeric(15,4)", "decimal(15,4)"]),
    ("ratio", Kind::Float, ["double", "double precision", "double"]),
    ("word", Kind::Text, ["varchar(40)", "varchar(40)", "varchar(40)"]),
    ("story", Kind::Text, ["text", "text", "longtext"]),
    ("raw", Kind::Bytes, ["blob", "bytea", "longblob"]),
    ("day", Kind::Date, ["date", "date", "date"]),
    ("wall", Kind::DateTime, ["datetime", "timestamp", "datetime(6)"]),
    ("moment", Kind::Instant, ["timestamptz", "timestamptz", "timestamp(6)"]),
    ("hour", Kind::Time, ["time", "time", "time(6)"]),
    ("ident", Kind::Uuid, ["uuid", "uuid", "uuid"]),
];

fn place(engine: Engine) -> usize {
    Engine::ALL.iter().position(|one| *one == engine).unwrap()
}

fn table(engine: Engine, name: &str, key: &str, more: &str) -> String {
    let types = COLUMNS.iter().map(|(name, _, types)| format!("  {name} {} NULL", types[place(engine)]));
    let types: Vec<String> = types.collect();
    format!("CREATE TABLE {name} (\n  {key},\n{more}{}\n);\n", types.join(",\n"))
}

fn legacy_ddl(engine: Engine) -> String {
    table(engine, "src", "id bigint NOT NULL PRIMARY KEY", "")
}

fn target_ddl(engine: Engine) -> String {
    table(engine, "dst", &format!("id {}", engine.counter()), "  legacy_id bigint NOT NULL UNIQUE,\n")
}

/// Writes the mapping of a pair with both schemas into a folder.
fn mapping(folder: &Path, from: Engine, to: Engine) -> PathBuf {
    fs::write(folder.join("legacy.sql"), legacy_ddl(from)).unwrap();
    fs::write(folder.join("target.sql"), target_ddl(to)).unwrap();
    let mut text = format!(
        "language 1\n\nlegacy old = {} \"legacy.sql\" timezone \"UTC\"\ntarget new = {} \"target.sql\" timezone \"UTC\"\n\n\
         map Thing: old.src s -> new.dst t {{\n  key s.id <-> t.legacy_id\n",
        from.dialect(),
        to.dialect()
    );
    for (name, ..) in &COLUMNS {
        // To SQLite, a smallint is any number.
        let wide = *name == "small" && from == Engine::Sqlite && to != Engine::Sqlite;
        let allowed = if wide { " allow(narrow) \"small enough\"" } else { "" };
        text.push_str(&format!("  s.{name} -> t.{name}{allowed}\n"));
    }
    text.push_str("}\n");
    let path = folder.join("pair.map");
    fs::write(&path, text).unwrap();
    path
}

/// Values that every engine holds, the extremes first.
fn value(kind: Kind, name: &str, at: u64, random: &mut Random) -> Value {
    let pick = |values: Vec<Value>, random: &mut Random| match values.get(at as usize) {
        Some(value) => value.clone(),
        None if random.happens(150) => Value::Null,
        None => values[random.below(values.len() as u64) as usize].clone(),
    };
    let texts = |texts: &[&str]| texts.iter().map(|text| Value::Text((*text).to_string())).collect::<Vec<_>>();
    let values = match kind {
        Kind::Boolean => vec![Value::Boolean(true), Value::Boolean(false)],
        Kind::Integer if name == "small" => [-32768, 32767, 0, 1].map(Value::Integer).to_vec(),
        Kind::Integer | Kind::Whole => [i64::MIN, i64::MAX, 0, -1].map(|value| Value::Integer(value.into())).to_vec(),
        Kind::Decimal => ["-99999999999.9999", "0.0001", "0", "12.5"].map(|text| Value::Decimal(text.into())).to_vec(),
        Kind::Float => [-1e308, 5e-324, 0.1, 0.0].map(Value::Float).to_vec(),
        Kind::Text if name == "word" => {
            let mut words =
                texts(&["", " ", "  padded  ", "'\"`\\%_;--", "é👩🏽", "e\u{301}", "İß", "\t\r\n", "a", "A", "a "]);
            words.push(Value::Text("👩".repeat(40)));
            words
        }
        Kind::Text => vec![Value::Text("Ä🦀".repeat(40_000)), Value::Text(String::new()), Value::Text("x".into())],
        Kind::Bytes => vec![Value::Bytes((0..=255).collect()), Value::Bytes(vec![]), Value::Bytes(vec![0xff; 70_000])],
        Kind::Date => ["1000-01-01", "9999-12-31", "2024-02-29", "1969-12-31"]
            .map(|text| Value::Date(read_date(text).unwrap()))
            .to_vec(),
        Kind::DateTime => {
            ["1000-01-01 00:00:00", "9999-12-31 23:59:59.999999", "2021-03-14 02:30:00", "1999-12-31 23:59:59.000001"]
                .map(|text| Value::DateTime(read_date_time(text).unwrap()))
                .to_vec()
        }
        Kind::Instant => ["1970-01-01 00:00:01", "2038-01-19 03:14:07.999999", "2021-11-07 05:30:00"]
            .map(|text| Value::Instant(read_date_time(text).unwrap()))
            .to_vec(),
        Kind::Time => {
            ["00:00:00", "23:59:59.999999", "12:30:00"].map(|text| Value::Time(read_time(text).unwrap())).to_vec()
        }
        Kind::Uuid => [
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ]
        .map(|text| Value::Uuid(text.parse().unwrap()))
        .to_vec(),
    };
    pick(values, random)
}

fn rows() -> Vec<Row> {
    let mut random = Random::new(17);
    let row = |at: u64| {
        let mut row = vec![Value::Integer(i128::from(at) * 7 - 700)];
        row.extend(COLUMNS.iter().map(|(name, kind, _)| value(*kind, name, at, &mut random)));
        row
    };
    let mut rows: Vec<Row> = (0..ROWS).map(row).collect();
    // A row of nothing.
    rows[50].iter_mut().skip(1).for_each(|value| *value = Value::Null);
    rows
}

/// Fills the table anew; each row has the values that the row so many places later has in an unshifted one.
fn fill(store: &Store, shift: usize) {
    let names = ["id"].into_iter().chain(COLUMNS.iter().map(|(name, ..)| *name));
    let names: Vec<String> = names.map(ToString::to_string).collect();
    let mut rows = rows();
    let keys: Vec<Value> = rows.iter().map(|row| row[0].clone()).collect();
    rows.rotate_left(shift);
    rows.iter_mut().zip(keys).for_each(|(row, key)| row[0] = key);
    store.run("DELETE FROM src");
    let mut connection = store.target();
    connection.begin().unwrap();
    connection.append("src", &names, &rows).unwrap();
    connection.commit().unwrap();
}

fn content(store: &Store, table: &str, key: &str, columns: &[(&str, Kind)]) -> Vec<String> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let kinds: Vec<Kind> = [Kind::Integer].into_iter().chain(columns.iter().map(|(_, kind)| *kind)).collect();
    store.ask(&format!("SELECT {key}, {} FROM {table}", names.join(", ")), &kinds)
}

/// Decimals differ in the zeros at their end.
fn plain(rows: Vec<String>) -> Vec<String> {
    let plain = |field: &str| cutover_runtime::fingerprint::plain_decimal(field).unwrap_or_else(|| field.to_string());
    rows.iter().map(|row| row.split('|').map(plain).collect::<Vec<_>>().join("|")).collect()
}

fn cutover(name: &str, map: &Path, from: &Store, to: &Store) -> Ended {
    let mut command = command();
    command.arg(name).arg(map).args(["--from", &from.url(), "--to", &to.url()]);
    if name == "run" {
        // On one server, the server carries what it can.
        command.args(["--batch", "97", "--by-server"]);
    }
    Ended::from(command.output().unwrap())
}

#[test]
fn every_pair_of_engines_carries_every_kind_of_value() {
    for from in Engine::ALL {
        let Some(legacy) = Store::new(from) else { continue };
        legacy.run(&legacy_ddl(from));
        fill(&legacy, 0);
        for to in Engine::ALL {
            let Some(target) = Store::new(to) else { continue };
            target.run(&target_ddl(to));
            pair(&legacy, &target);
        }
    }
}

fn pair(legacy: &Store, target: &Store) {
    let (from, to) = (legacy.engine(), target.engine());
    let folder = tempfile::tempdir().unwrap();
    let map = mapping(folder.path(), from, to);
    let columns = COLUMNS.map(|(name, kind, _)| (name, kind));
    let expected = plain(content(legacy, "src", "id", &columns));
    assert_eq!(expected.len() as u64, ROWS);
    let ran = cutover("run", &map, legacy, target);
    assert_eq!(ran.status, 0, "{from:?} to {to:?}: {}{}", ran.out, ran.err);
    let found = plain(content(target, "dst", "legacy_id", &columns));
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected, "{from:?} to {to:?}");
    }
    assert_eq!(found.len(), expected.len(), "{from:?} to {to:?}");
    let verified = cutover("verify", &map, legacy, target);
    assert_eq!(verified.status, 0, "{from:?} to {to:?}: {}{}", verified.out, verified.err);
    assert!(cutover("run", &map, legacy, target).with(0).out.contains("nothing to migrate"));
    for shift in [1, 0] {
        fill(legacy, shift);
        let expected = plain(content(legacy, "src", "id", &columns));
        cutover("sync", &map, legacy, target).with(0);
        let found = plain(content(target, "dst", "legacy_id", &columns));
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{from:?} to {to:?}");
        }
        cutover("verify", &map, legacy, target).with(0);
    }
    cutover("rollback", &map, legacy, target).with(0);
    assert_eq!(content(target, "dst", "legacy_id", &columns), Vec::<String>::new(), "{from:?} to {to:?}");
}

/// Both sides in one database: two connections to it.
#[test]
fn legacy_and_target_may_be_one_database() {
    for engine in Engine::ALL {
        let Some(store) = Store::new(engine) else { continue };
        store.run(&legacy_ddl(engine));
        store.run(&target_ddl(engine));
        fill(&store, 0);
        pair(&store, &store);
    }
}

//! The connector by itself: databases that cannot be worked with, values that survive the way there and back, names
//! that nobody should have chosen.

use crate::fixture::{World, ask, column, read, sql};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use cutover_runtime::connection::{Connection, RunnerLock, StoreError, StoreErrorKind};
use cutover_runtime::step::*;
use cutover_runtime::value::{Key, Kind, Row, Value};
use cutover_runtime::{RollbackOptions, RunOptions, Silent, VerifyOptions, rollback, run, verify};
use cutover_sqlite::{open_legacy, open_target};
use proptest::prelude::*;

fn fault(result: Result<cutover_sqlite::Sqlite, StoreError>) -> (StoreErrorKind, String) {
    let error = result.unwrap_err();
    (error.kind, error.to_string())
}

#[test]
fn files_that_are_no_databases_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.db");
    let (kind, told) = fault(open_target(&absent));
    assert_eq!(kind, StoreErrorKind::Absent);
    assert!(told.contains("absent.db") && told.contains("check the URL"), "{told}");
    assert!(!absent.exists());
    assert_eq!(fault(open_legacy(&absent)).0, StoreErrorKind::Absent);
    assert_eq!(fault(open_legacy(folder.path())).0, StoreErrorKind::NotADatabase);
    let text = folder.path().join("text.db");
    std::fs::write(&text, "this is no database, but it is long enough to be taken for one".repeat(100)).unwrap();
    assert_eq!(fault(open_legacy(&text)).0, StoreErrorKind::NotADatabase);
}

#[test]
fn a_locked_database_is_named() {
    let world = World::with(1);
    let other = rusqlite::Connection::open(world.target_path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = world.target().begin().unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Locked);
    assert!(error.to_string().contains("end the other program"), "{error}");
}

#[test]
fn a_legacy_database_is_never_written() {
    let world = World::with(1);
    let error = world.legacy().execute("DELETE FROM person", &[]).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::ReadOnly);
}

#[test]
#[cfg(unix)]
fn a_file_that_cannot_be_written_is_no_target() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::with(1);
    let path = world.target_path();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    // The superuser may write it all the same.
    if std::fs::OpenOptions::new().write(true).open(&path).is_err() {
        assert_eq!(fault(open_target(&path)).0, StoreErrorKind::ReadOnly);
    }
}

#[test]
fn a_quoted_name_that_is_no_column_is_an_error() {
    let world = World::with(1);
    let error = world.target().execute("UPDATE lang SET name = \"nope\"", &[]).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::OtherSchema);
}

#[test]
fn what_is_stored_in_another_class_is_malformed() {
    let world = World::new();
    let mut target = world.target();
    let mut check = |stored: &str, kind| {
        let mut found = None;
        let mut each = |mut row: Row| {
            found = row.pop();
            Ok(())
        };
        target.query(&format!("SELECT {stored}"), &[], &[kind], &mut each).unwrap();
        assert!(matches!(found, Some(Value::Malformed(_))), "{stored} as {kind:?}: {found:?}");
    };
    check("'x'", Kind::Integer);
    check("1.5", Kind::Integer);
    check("2", Kind::Boolean);
    check("12", Kind::Text);
    check("x'ff'", Kind::Text);
    check("CAST(x'ff' AS TEXT)", Kind::Text);
    check("'text'", Kind::Bytes);
    check("20200101", Kind::Date);
    check("'2020-02-30'", Kind::Date);
    check("'1,5'", Kind::Decimal);
    check("'no uuid'", Kind::Uuid);
}

#[test]
fn a_conflict_clause_of_the_schema_does_not_hide_a_conflict() {
    let world = World::new();
    world.on_target(
        "DROP TABLE account;
         CREATE TABLE account (id INTEGER PRIMARY KEY, mail TEXT UNIQUE ON CONFLICT REPLACE, kind TEXT, token TEXT,
           lang_id INTEGER);
         CREATE TABLE keep (x TEXT);",
    );
    world.add(1, 3);
    world.on_legacy("UPDATE person SET mail = 'same'; DELETE FROM note");
    let report = world.run();
    assert_eq!((report.steps[0].settled.migrated, report.steps[0].settled.rejected), (1, 2));
}

#[test]
fn a_number_that_a_column_would_round_is_refused() {
    let world = World::new();
    world.on_target("CREATE TABLE n (id INTEGER PRIMARY KEY, whole INTEGER, exact NUMERIC, text TEXT)");
    let target = TargetSpec {
        role: "n".into(),
        table: "n".into(),
        key: KeySpec { column: "id".into(), kind: Kind::Integer, assigned: KeyAssigned::Engine },
        columns: vec![
            column("whole", Kind::Integer, Source::Converted),
            column("exact", Kind::Decimal, Source::Converted),
            column("text", Kind::Decimal, Source::Converted),
        ],
        identity: None,
        conditional: false,
        existing: None,
    };
    let mut connection = world.target();
    let mut check = |whole: i128, exact: &str, fits: bool| {
        let decimal = |text: &str| Value::Decimal(text.to_string());
        let row = vec![Value::Integer(whole), decimal(exact), decimal("12345678901234567890.5")];
        let unit = cutover_runtime::connection::Unit { rows: vec![Some(row)] };
        connection.begin().unwrap();
        let written = connection.insert(std::slice::from_ref(&target), vec![unit]).unwrap();
        connection.commit().unwrap();
        let refused = matches!(written[0], cutover_runtime::connection::Written::Refused(_));
        assert_eq!(!refused, fits, "{whole} {exact}");
    };
    check(i64::MAX.into(), "1234567890.12345", true);
    check(i128::from(i64::MAX) + 1, "1", false);
    check(1, "12345678901234567890.5", false);
    assert_eq!(world.ask("SELECT id, whole, text FROM n"), ["1|9223372036854775807|12345678901234567890.5"]);
}

#[test]
fn what_is_no_number_does_not_become_null() {
    let world = World::new();
    world.on_target("CREATE TABLE n (id INTEGER PRIMARY KEY, ratio REAL)");
    let target = TargetSpec {
        role: "n".into(),
        table: "n".into(),
        key: KeySpec { column: "id".into(), kind: Kind::Integer, assigned: KeyAssigned::Engine },
        columns: vec![column("ratio", Kind::Float, Source::Converted)],
        identity: None,
        conditional: false,
        existing: None,
    };
    let mut connection = world.target();
    let units = [f64::NAN, f64::INFINITY, 0.5]
        .map(|ratio| cutover_runtime::connection::Unit { rows: vec![Some(vec![Value::Float(ratio)])] });
    connection.begin().unwrap();
    let written = connection.insert(std::slice::from_ref(&target), units.into()).unwrap();
    connection.commit().unwrap();
    let refused = |written| matches!(written, &cutover_runtime::connection::Written::Refused(_));
    assert_eq!(written.iter().map(refused).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(world.ask("SELECT ratio FROM n WHERE ratio IS NULL OR ratio < 1"), ["0.5"]);
}

#[test]
fn referrers_are_found_whatever_they_name() {
    let world = World::new();
    world.on_target("CREATE TABLE \"a \"\" b\" (\"x;y\" INTEGER REFERENCES Profile)");
    let found = world.target().referrers("profile").unwrap();
    let found: Vec<_> = found.iter().map(|found| (&*found.table, &*found.column, &*found.referenced)).collect();
    assert_eq!(found, [("a \" b", "x;y", "id"), ("note", "profile_id", "id")]);
}

/// A step over names that nobody should have chosen.
struct Hostile {
    spec: StepSpec,
}

const TABLE: &str = "t\"; DROP TABLE lang; --";
const COLUMN: &str = "c'o\"l;`[]";

impl Hostile {
    fn new() -> Hostile {
        let target = TargetSpec {
            role: "r\"'; x".into(),
            table: TABLE.into(),
            key: KeySpec { column: "i\"d".into(), kind: Kind::Integer, assigned: KeyAssigned::Engine },
            columns: vec![column(COLUMN, Kind::Text, Source::Converted)],
            identity: Some(IdentitySpec { columns: vec![(0, false)], several: None }),
            conditional: false,
            existing: None,
        };
        let spec = StepSpec {
            name: "Map \"'; --".into(),
            map_table: "cutover_map_\"'; --".into(),
            meaning: "m".into(),
            read: ReadSpec {
                table: TABLE.into(),
                alias: "a\"; --".into(),
                joins: vec![],
                exists: vec![],
                required: vec![],
                columns: vec![read("a\"; --", COLUMN, Kind::Text)],
                key: vec![0],
            },
            links: vec![],
            targets: vec![target],
            unique: vec![],
            reasons: vec![],
            rollback: Rollback::Delete,
        };
        Hostile { spec }
    }
}

impl Step for Hostile {
    fn spec(&self) -> &StepSpec {
        &self.spec
    }

    fn in_scope(&self, _: &Row) -> Result<bool, Rejection> {
        Ok(true)
    }

    fn link_keys(&self, _: &Row) -> Result<Vec<Option<Key>>, Rejection> {
        Ok(vec![])
    }

    fn convert(&self, row: &Row, _: &[Link], _: &mut dyn Generator) -> Result<TargetRows, Rejection> {
        Ok(vec![Some(row.clone())])
    }
}

#[test]
fn hostile_names_and_values_are_carried_like_others() {
    let world = World::new();
    let (table, name) = (TABLE.replace('"', "\"\""), COLUMN.replace('"', "\"\""));
    world.on_legacy(&format!("CREATE TABLE \"{table}\" (\"{name}\" TEXT PRIMARY KEY)"));
    world.on_target(&format!("CREATE TABLE \"{table}\" (\"i\"\"d\" INTEGER PRIMARY KEY, \"{name}\" TEXT)"));
    for value in ["x'; DROP TABLE lang; --", "\"", "a", "A", "ä", "", "\u{1F600}"] {
        let connection = rusqlite::Connection::open(world.legacy_path()).unwrap();
        connection.execute(&format!("INSERT INTO \"{table}\" VALUES (?1)"), [value]).unwrap();
    }
    let steps: Vec<Box<dyn Step>> = vec![Box::new(Hostile::new())];
    let options = RunOptions { batch: 2, ..RunOptions::default() };
    for _ in 0..2 {
        let report = run(&mut world.legacy(), &mut world.target(), &steps, &options, &mut Silent).unwrap();
        assert_eq!(report.steps[0].settled.migrated, 7);
    }
    let options = VerifyOptions::default();
    let report = verify(&mut world.legacy(), &mut world.target(), &steps, &options, &mut Silent).unwrap();
    assert_eq!(report.total, 0);
    let report = rollback(&mut world.target(), &steps, &RollbackOptions::default(), &mut Silent).unwrap();
    assert_eq!(report.steps[0].taken_back, 7);
    assert_eq!(world.ask("SELECT COUNT(*) FROM lang"), ["4"]);
}

fn values() -> impl Strategy<Value = (Kind, Value)> {
    let days = (-300_000i32..700_000).prop_filter_map("a day that SQLite can spell", |days| {
        let day = NaiveDate::from_num_days_from_ce_opt(days + 300_001)?;
        (day < NaiveDate::from_ymd_opt(10_000, 1, 1)?).then_some(day)
    });
    let times = (0u32..86_400, 0u32..1_000_000)
        .prop_map(|(second, micro)| NaiveTime::from_num_seconds_from_midnight_opt(second, micro * 1000).unwrap());
    let moments = (days.clone(), times.clone()).prop_map(|(day, time)| NaiveDateTime::new(day, time));
    prop_oneof![
        any::<bool>().prop_map(|value| (Kind::Boolean, Value::Boolean(value))),
        any::<i64>().prop_map(|value| (Kind::Integer, Value::Integer(value.into()))),
        any::<i128>().prop_map(|value| (Kind::Integer, Value::Integer(value))),
        "-?[0-9]{1,30}(\\.[0-9]{1,20})?".prop_map(|value| (Kind::Decimal, Value::Decimal(value))),
        proptest::num::f64::NORMAL.prop_map(|value| (Kind::Float, Value::Float(value))),
        any::<String>().prop_map(|value| (Kind::Text, Value::Text(value))),
        any::<Vec<u8>>().prop_map(|value| (Kind::Bytes, Value::Bytes(value))),
        days.prop_map(|value| (Kind::Date, Value::Date(value))),
        moments.clone().prop_map(|value| (Kind::DateTime, Value::DateTime(value))),
        moments.prop_map(|value| (Kind::Instant, Value::Instant(value))),
        times.prop_map(|value| (Kind::Time, Value::Time(value))),
        any::<u128>().prop_map(|value| (Kind::Uuid, Value::Uuid(uuid::Uuid::from_u128(value)))),
        Just((Kind::Text, Value::Null)),
    ]
}

thread_local! {
    static STORE: (World, std::cell::RefCell<cutover_sqlite::Sqlite>) = {
        let world = World::new();
        sql(&world.target_path(), "CREATE TABLE v (v)");
        let target = world.target();
        (world, std::cell::RefCell::new(target))
    };
}

proptest! {
    #[test]
    fn values_survive_the_way_there_and_back((kind, value) in values()) {
        STORE.with(|(_, target)| {
            let mut target = target.borrow_mut();
            target.begin().unwrap();
            target.execute("INSERT INTO v VALUES (?1)", std::slice::from_ref(&value)).unwrap();
            let mut found = Vec::new();
            let mut each = |row: Row| { found.extend(row); Ok(()) };
            target.query("SELECT v FROM v", &[], &[kind], &mut each).unwrap();
            target.abort().unwrap();
            assert_eq!(found, [value]);
        });
    }
}

#[test]
fn the_lock_dies_with_its_owner_and_names_it() {
    let world = World::new();
    let mut first = world.target();
    first.lock_runner().unwrap();
    let holder = world.target().lock_holder().unwrap().unwrap();
    assert!(holder.starts_with("process "), "{holder}");
    drop(first);
    assert_eq!(world.target().lock_holder().unwrap(), None);
    assert_eq!(ask(&world.target_path(), "SELECT 1"), ["1"]);
}

/// A child has the files of its parent open until it has become another program.
#[test]
fn a_lock_that_is_given_back_is_free_while_children_begin() {
    let world = World::new();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                std::process::Command::new("true").status().unwrap();
            }
        });
        let mut connection = world.target();
        let held = (0..300).find(|_| {
            let answer = connection.lock_runner().unwrap();
            connection.unlock_runner();
            answer != RunnerLock::Taken
        });
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(held, None);
    });
}

//! Connecting, locks, snapshots, and what goes wrong with servers. No message holds a password.

use crate::fixture::{ask, database, legacy, target, text};
use cutover_postgres::{open_legacy, open_target};
use cutover_runtime::connection::{Connection, Referrer, RunnerLock, StoreError, StoreErrorKind};
use cutover_runtime::value::{Kind, Row, Value};
use cutover_test_servers::Database;

fn refused(url: &str) -> StoreError {
    let error = open_target(url).unwrap_err();
    for secret in ["wr0ng", "s3cret"] {
        assert!(!format!("{error} {error:?}").contains(secret), "{error}");
    }
    error
}

/// Returns the URL with another part in place of one of its own.
fn with(database: &Database, user: &str, password: &str, name: &str) -> String {
    let port = database.server().port().unwrap();
    format!("postgresql://{user}:{password}@127.0.0.1:{port}/{name}")
}

#[test]
fn what_keeps_a_connection_from_being_made_is_told() {
    let Some(database) = database("CREATE ROLE guest LOGIN PASSWORD 'guest'") else { return };
    if !database.server().is_private() {
        return;
    }
    assert_eq!(refused(&with(&database, "guest", "wr0ng", database.name())).kind, StoreErrorKind::Denied);
    assert_eq!(refused(&with(&database, "guest", "guest", "nowhere")).kind, StoreErrorKind::Absent);
    let encrypted = refused(&format!("{}?sslmode=require", database.url()));
    assert_eq!(encrypted.kind, StoreErrorKind::Encryption);
    assert!(encrypted.to_string().contains("offers no encryption"), "{encrypted}");
    let odd = refused(&format!("{}?fallback=x", database.url()));
    assert!(odd.to_string().contains("parameter fallback"), "{odd}");
    let gone = refused("postgresql://me:wr0ng@127.0.0.1:1/x");
    assert_eq!(gone.kind, StoreErrorKind::Gone);
    assert!(gone.to_string().contains("postgresql://127.0.0.1:1/x: "), "{gone}");
    assert_eq!(refused("postgresql://me:wr0ng@no.such.host.invalid/x").kind, StoreErrorKind::Gone);
    refused("postgresql://me:wr0ng@");
    // By a socket, and with the password in a file.
    let folder = database.server().folder().unwrap();
    let secret = folder.join("word");
    std::fs::write(&secret, "guest\n").unwrap();
    let port = database.server().port().unwrap();
    let url = format!(
        "postgresql://guest@:{port}/{}?host={}&password-file={}",
        database.name(),
        folder.display(),
        secret.display()
    );
    open_legacy(&url).unwrap();
}

#[test]
fn a_missing_privilege_is_told() {
    let sql = "CREATE ROLE reader LOGIN PASSWORD 'reader'; CREATE TABLE t (id int); GRANT SELECT ON t TO reader";
    let Some(database) = database(sql) else { return };
    if !database.server().is_private() {
        return;
    }
    let mut connection = open_target(&with(&database, "reader", "reader", database.name())).unwrap();
    assert_eq!(connection.execute("INSERT INTO t VALUES (1)", &[]).unwrap_err().kind, StoreErrorKind::Denied);
    assert!(connection.identity().unwrap().ends_with(database.name()));
    assert!(matches!(connection.lock_runner().unwrap(), RunnerLock::Taken));
    database.run("DROP OWNED BY reader; DROP ROLE reader");
}

#[test]
fn a_legacy_database_is_never_written() {
    let Some(database) = database("CREATE TABLE t (id int)") else { return };
    let error = legacy(&database).execute("INSERT INTO t VALUES (1)", &[]).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Denied);
}

#[test]
fn one_runner_holds_the_lock_and_it_dies_with_its_session() {
    let Some(database) = database("") else { return };
    let (mut first, mut second) = (target(&database), target(&database));
    assert_eq!(second.lock_holder().unwrap(), None);
    assert_eq!(first.lock_runner().unwrap(), RunnerLock::Taken);
    let process = format!("process {} since ", std::process::id());
    match second.lock_runner().unwrap() {
        RunnerLock::Held(holder) => assert!(holder.starts_with(&process), "{holder}"),
        RunnerLock::Taken => panic!("two runners"),
    }
    assert!(second.lock_holder().unwrap().unwrap().starts_with(&process));
    let other = Database::new(cutover_test_servers::Kind::Postgres).unwrap();
    assert_eq!(target(&other).lock_runner().unwrap(), RunnerLock::Taken);
    drop(first);
    let taken = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        second.lock_runner().unwrap() == RunnerLock::Taken
    });
    assert!(taken, "the lock outlives its owner");
    second.unlock_runner();
    assert_eq!(second.lock_holder().unwrap(), None);
}

#[test]
fn a_reader_sees_one_state_and_databases_are_told_apart() {
    let Some(database) = database("CREATE TABLE t (id int)") else { return };
    let mut reader = legacy(&database);
    let other = Database::new(cutover_test_servers::Kind::Postgres).unwrap();
    assert_ne!(reader.identity().unwrap(), legacy(&other).identity().unwrap());
    assert_eq!(reader.identity().unwrap(), target(&database).identity().unwrap());
    reader.begin_read().unwrap();
    database.run("INSERT INTO t VALUES (1)");
    let count = "SELECT COUNT(*) FROM t";
    assert_eq!(ask(&mut reader, count, &[Kind::Integer]), [[Value::Integer(0)]]);
    reader.abort().unwrap();
    assert_eq!(ask(&mut reader, count, &[Kind::Integer]), [[Value::Integer(1)]]);
}

#[test]
fn a_name_that_the_server_would_cut_is_refused() {
    let Some(database) = database("") else { return };
    let mut connection = target(&database);
    for table in ["cutover_map_", &"é".repeat(20)] {
        let sql = format!("CREATE TABLE IF NOT EXISTS \"{table}{}\" (id int)", "x".repeat(30));
        assert_eq!(connection.execute(&sql, &[]).is_err(), table.len() > 33, "{table}");
    }
    connection.begin().unwrap();
    let error = connection.execute(&format!("CREATE TABLE {} (id int)", "t".repeat(64)), &[]).unwrap_err();
    assert!(error.to_string().contains("longer than the 63 bytes"), "{error}");
    assert!(connection.commit().is_err());
    assert_eq!(connection.columns(&"t".repeat(63)).unwrap(), None);
}

#[test]
fn foreign_keys_are_found_from_the_other_end() {
    let sql = "CREATE TABLE a (id int PRIMARY KEY, code text UNIQUE); \
               CREATE TABLE b (x int REFERENCES a, y text REFERENCES a (code)); CREATE TABLE \"a'\" (id int PRIMARY KEY)";
    let Some(database) = database(sql) else { return };
    let referrer = |column: &str, referenced: &str| Referrer {
        schema: None,
        table: "b".into(),
        column: column.into(),
        referenced: referenced.into(),
    };
    assert_eq!(target(&database).referrers("a").unwrap(), [referrer("x", "id"), referrer("y", "code")]);
    assert_eq!(target(&database).referrers("a'").unwrap(), []);
}

#[test]
fn waiting_for_a_lock_and_a_server_that_ends_the_session_are_told() {
    let Some(database) = database("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)") else { return };
    let (mut first, mut second) = (target(&database), target(&database));
    first.begin().unwrap();
    first.execute("UPDATE t SET id = 2", &[]).unwrap();
    second.execute("SET lock_timeout = '100ms'", &[]).unwrap();
    second.begin().unwrap();
    let error = second.execute("UPDATE t SET id = 3", &[]).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Locked);
    second.abort().unwrap();
    let pid = ask(&mut second, "SELECT pg_backend_pid()", &[Kind::Integer]);
    database.run(&format!("SELECT pg_terminate_backend({})", pid[0][0]));
    let gone = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        second.execute("SELECT 1", &[]).err()
    });
    assert_eq!(gone.unwrap().kind, StoreErrorKind::Gone);
    first.commit().unwrap();
}

#[test]
fn a_large_result_is_handed_over_row_by_row_and_may_be_left() {
    let Some(database) = database("") else { return };
    let mut connection = legacy(&database);
    let mut seen = 0;
    let mut each = |_: Row| {
        seen += 1;
        match seen {
            1000 => Err(StoreError { kind: StoreErrorKind::Other, place: "here".into(), cause: "enough".into() }),
            _ => Ok(()),
        }
    };
    let query = "SELECT repeat('x', 10000) FROM generate_series(1, 1000000)";
    let error = connection.query(query, &[], &[Kind::Text], &mut each).unwrap_err();
    assert_eq!((error.cause.as_str(), seen), ("enough", 1000));
    assert_eq!(ask(&mut connection, "SELECT 'still there'", &[Kind::Text]), [[text("still there")]]);
}

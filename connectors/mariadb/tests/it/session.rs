//! Connecting, locks, snapshots, and what goes wrong with servers. No message holds a password.

use crate::fixture::{ask, database, legacy, target, text};
use cutover_mariadb::{open_legacy, open_target};
use cutover_runtime::connection::{Connection, Referrer, RunnerLock, StoreError, StoreErrorKind};
use cutover_runtime::value::{Kind, Row, Value};
use cutover_test_servers::{Database, Kind as Server};

fn refused(url: &str) -> StoreError {
    let error = open_target(url).unwrap_err();
    for secret in ["wr0ng", "s3cret"] {
        assert!(!format!("{error} {error:?}").contains(secret), "{error}");
    }
    error
}

fn with(database: &Database, user: &str, password: &str, name: &str) -> String {
    let port = database.server().port().unwrap();
    format!("mysql://{user}:{password}@127.0.0.1:{port}/{name}")
}

#[test]
fn what_keeps_a_connection_from_being_made_is_told() {
    let Some(database) = database("") else { return };
    if !database.server().is_private() {
        return;
    }
    database.run("CREATE USER guest@'%' IDENTIFIED BY 'guest'; GRANT SELECT ON *.* TO guest@'%'");
    database.run("CREATE USER safe@'%' IDENTIFIED BY 'safe' REQUIRE SSL; GRANT SELECT ON *.* TO safe@'%'");
    assert_eq!(refused(&with(&database, "guest", "wr0ng", database.name())).kind, StoreErrorKind::Denied);
    assert_eq!(refused(&with(&database, "guest", "guest", "nowhere")).kind, StoreErrorKind::Absent);
    assert_eq!(refused(&with(&database, "safe", "safe", database.name())).kind, StoreErrorKind::Denied);
    let encrypted = refused(&format!("{}?sslmode=require", database.url()));
    assert_eq!(encrypted.kind, StoreErrorKind::Encryption);
    let odd = refused(&format!("{}?fallback=x", database.url()));
    assert!(odd.to_string().contains("parameter fallback"), "{odd}");
    let gone = refused("mysql://me:wr0ng@127.0.0.1:1/x");
    assert_eq!(gone.kind, StoreErrorKind::Gone);
    assert!(gone.to_string().contains("mysql://127.0.0.1:1/x: "), "{gone}");
    assert_eq!(refused("mysql://me:wr0ng@no.such.host.invalid/x").kind, StoreErrorKind::Gone);
    refused("mysql://me:wr0ng@");
    // By a socket, and with the password in a file.
    let folder = database.server().folder().unwrap();
    let secret = folder.join("word");
    std::fs::write(&secret, "guest\n").unwrap();
    let socket = folder.join("socket");
    let url =
        format!("mysql://guest@/{}?socket={}&password-file={}", database.name(), socket.display(), secret.display());
    let mut guest = open_legacy(&url).unwrap();
    assert_eq!(ask(&mut guest, "SELECT CURRENT_USER()", &[Kind::Text]), [[text("guest@%")]]);
    let mut guest = open_target(&with(&database, "guest", "guest", database.name())).unwrap();
    database.run("CREATE TABLE t (id int)");
    assert_eq!(guest.execute("INSERT INTO t VALUES (1)", &[]).unwrap_err().kind, StoreErrorKind::Denied);
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
    match second.lock_runner().unwrap() {
        RunnerLock::Held(holder) => assert!(holder.contains("session ") && holder.contains("user "), "{holder}"),
        RunnerLock::Taken => panic!("two runners"),
    }
    let other = Database::new(Server::MariaDb).unwrap();
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
    let other = Database::new(Server::MariaDb).unwrap();
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
fn foreign_keys_are_found_from_the_other_end() {
    let sql = "CREATE TABLE a (id int PRIMARY KEY, code varchar(9) UNIQUE); \
               CREATE TABLE b (x int, y varchar(9), FOREIGN KEY (x) REFERENCES a (id), FOREIGN KEY (y) REFERENCES a (code))";
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
    second.execute("SET SESSION innodb_lock_wait_timeout = 1", &[]).unwrap();
    second.begin().unwrap();
    let error = second.execute("UPDATE t SET id = 3", &[]).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Locked);
    second.abort().unwrap();
    let id = ask(&mut second, "SELECT CONNECTION_ID()", &[Kind::Integer]);
    database.run(&format!("KILL {}", id[0][0]));
    let gone = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        second.execute("DO 1", &[]).err()
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
    let query = "SELECT REPEAT('x', 1000) FROM seq_1_to_100000";
    let error = connection.query(query, &[], &[Kind::Text], &mut each).unwrap_err();
    assert_eq!((error.cause.as_str(), seen), ("enough", 1000));
    assert_eq!(ask(&mut connection, "SELECT 'still there'", &[Kind::Text]), [[text("still there")]]);
}

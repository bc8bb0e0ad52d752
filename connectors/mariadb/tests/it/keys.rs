//! Counters: new keys come from them, and they go back after a rollback.

use crate::fixture::{alone, database, role, target, text, told, write};
use cutover_runtime::connection::{Connection, StoreErrorKind, Unit};
use cutover_runtime::step::{KeyAssigned, Source, TargetSpec};
use cutover_runtime::value::{Kind, Value};

fn given(table: &str) -> Vec<TargetSpec> {
    vec![role("t", table, ("id", KeyAssigned::Engine), &[("x", Kind::Text, Source::Converted)])]
}

fn rows(count: usize) -> Vec<Vec<Vec<Value>>> {
    vec![vec![vec![text("x")]]; count]
}

#[test]
fn keys_go_on_after_the_highest_and_a_key_of_zero_stays() {
    let tables = "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, x text); INSERT INTO t VALUES (100, 'old')";
    let Some(database) = database(tables) else { return };
    let mut connection = target(&database);
    assert_eq!(connection.next_key("t", "id").unwrap(), 101);
    let written = write(&mut connection, &given("t"), rows(2));
    assert_eq!(told(&written[1]), Ok(vec![Value::Integer(102)]));
    let columns = [("id", Kind::Integer, Source::Converted), ("x", Kind::Text, Source::Converted)];
    let roles = [role("t", "t", ("id", KeyAssigned::Conversion(0)), &columns)];
    write(
        &mut connection,
        &roles,
        vec![vec![vec![Value::Integer(0), text("nil")]], vec![vec![Value::Integer(170), text("k")]]],
    );
    database.run("INSERT INTO t (x) VALUES ('application')");
    assert_eq!(database.ask("SELECT id FROM t WHERE x IN ('application', 'nil') ORDER BY id"), ["0", "171"]);
}

#[test]
fn keys_of_servers_that_count_in_steps_are_told_right() {
    let tables = "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, x text)";
    let Some((database, _settings)) = alone(tables) else { return };
    if !database.server().is_private() {
        return;
    }
    let url = database.url();
    database.run("SET GLOBAL auto_increment_increment = 3");
    let opened = cutover_mariadb::open_target(&url);
    database.run("SET GLOBAL auto_increment_increment = 1");
    let written = write(&mut opened.unwrap(), &given("t"), rows(4));
    let keys: Vec<String> = written.iter().map(|written| told(written).unwrap()[0].to_string()).collect();
    assert_eq!(database.ask("SELECT id FROM t ORDER BY id"), keys);
    assert_ne!(keys[1], "2");
}

#[test]
fn a_rollback_gives_keys_back_unless_others_took_some() {
    let Some(database) = database("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, x text)") else { return };
    let mut connection = target(&database);
    let next = |connection: &mut dyn Connection| connection.next_key("t", "id").unwrap();
    write(&mut connection, &given("t"), rows(5));
    let after = next(&mut connection);
    connection.execute("DELETE FROM t", &[]).unwrap();
    connection.restore_next_key("t", "id", after, 1).unwrap();
    assert_eq!(next(&mut connection), 1);
    write(&mut connection, &given("t"), rows(5));
    let after = next(&mut connection);
    database.run("INSERT INTO t (x) VALUES ('application'); DELETE FROM t");
    connection.restore_next_key("t", "id", after, 1).unwrap();
    assert!(next(&mut connection) > after);
}

#[test]
fn a_table_that_gives_no_keys_is_refused() {
    let Some(database) = database("CREATE TABLE t (id int PRIMARY KEY, x text)") else { return };
    let mut connection = target(&database);
    connection.begin().unwrap();
    let error = connection.insert(&given("t"), vec![crate::fixture::unit(vec![vec![text("x")]])]).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::OtherSchema);
    assert!(error.to_string().contains("is no AUTO_INCREMENT"), "{error}");
}

/// Two rows for one legacy row, or one, in the same table; and a table that gives no keys, and is never written.
#[test]
fn rows_that_are_missing_have_no_keys() {
    let tables = "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, x varchar(9) UNIQUE); \
                  CREATE TABLE there (id int PRIMARY KEY, x varchar(9))";
    let Some(database) = database(tables) else { return };
    let mut connection = target(&database);
    let roles = [given("t"), given("there"), given("t")].concat();
    let row = |name: String| Some(vec![text(&name)]);
    let unit = |at: usize| Unit {
        rows: vec![row(format!("a{at}")), None, row(format!("b{at}")).filter(|_| at.is_multiple_of(2))],
    };
    connection.begin().unwrap();
    let written = connection.insert(&roles, (0..6).map(unit).collect()).unwrap();
    connection.commit().unwrap();
    for (at, written) in written.iter().enumerate() {
        let keys = told(written).unwrap();
        let id = |name: char| database.ask(&format!("SELECT id FROM t WHERE x = '{name}{at}'"));
        assert_eq!(id('a'), [keys[0].to_string()]);
        assert_eq!(keys[1], Value::Null);
        assert_eq!(id('b'), if at.is_multiple_of(2) { vec![keys[2].to_string()] } else { vec![] });
    }
}

//! Sequences: new keys come from them, they stand right after a run, and they go back after a rollback.

use crate::fixture::{database, role, target, text, told, write};
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
fn a_sequence_that_lags_is_brought_past_the_highest_key() {
    let tables = "CREATE TABLE t (id serial PRIMARY KEY, x text); INSERT INTO t VALUES (100, 'old')";
    let Some(database) = database(tables) else { return };
    let mut connection = target(&database);
    assert_eq!(connection.next_key("t", "id").unwrap(), 101);
    let written = write(&mut connection, &given("t"), rows(2));
    assert_eq!(told(&written[1]), Ok(vec![Value::Integer(102)]));
    database.run("INSERT INTO t (x) VALUES ('application')");
    assert_eq!(database.ask("SELECT id FROM t WHERE x = 'application'"), ["103"]);
}

#[test]
fn keys_that_the_conversion_gives_move_the_sequence() {
    let Some(database) = database("CREATE TABLE t (id bigserial PRIMARY KEY, x text)") else { return };
    let mut connection = target(&database);
    let columns = [("id", Kind::Integer, Source::Converted), ("x", Kind::Text, Source::Converted)];
    let roles = [role("t", "t", ("id", KeyAssigned::Conversion(0)), &columns)];
    write(
        &mut connection,
        &roles,
        vec![vec![vec![Value::Integer(70), text("kept")]], vec![vec![Value::Integer(7), text("kept")]]],
    );
    database.run("INSERT INTO t (x) VALUES ('application')");
    assert_eq!(database.ask("SELECT id FROM t WHERE x = 'application'"), ["71"]);
}

#[test]
fn a_batch_that_was_given_up_wastes_no_keys() {
    let Some(database) = database("CREATE TABLE t (id serial PRIMARY KEY, x text)") else { return };
    let mut connection = target(&database);
    connection.begin().unwrap();
    connection.insert(&given("t"), vec![crate::fixture::unit(vec![vec![text("x")]])]).unwrap();
    connection.abort().unwrap();
    let written = write(&mut connection, &given("t"), rows(1));
    assert_eq!(told(&written[0]), Ok(vec![Value::Integer(1)]));
}

#[test]
fn a_rollback_gives_keys_back_unless_others_took_some() {
    let Some(database) = database("CREATE TABLE t (id serial PRIMARY KEY, x text)") else { return };
    let mut connection = target(&database);
    write(&mut connection, &given("t"), rows(5));
    connection.begin().unwrap();
    connection.execute("DELETE FROM t", &[]).unwrap();
    connection.restore_next_key("t", "id", 6, 1).unwrap();
    connection.commit().unwrap();
    assert_eq!(connection.next_key("t", "id").unwrap(), 1);
    write(&mut connection, &given("t"), rows(5));
    database.run("INSERT INTO t (x) VALUES ('application'); DELETE FROM t");
    connection.begin().unwrap();
    connection.restore_next_key("t", "id", 6, 1).unwrap();
    connection.commit().unwrap();
    assert_eq!(connection.next_key("t", "id").unwrap(), 7);
}

#[test]
fn a_table_that_gives_no_keys_is_refused() {
    let Some(database) = database("CREATE TABLE t (id int PRIMARY KEY, x text)") else { return };
    let mut connection = target(&database);
    connection.begin().unwrap();
    let error = connection.insert(&given("t"), vec![crate::fixture::unit(vec![vec![text("x")]])]).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::OtherSchema);
    assert!(error.to_string().contains("has no sequence"), "{error}");
}

/// Two rows for one legacy row, or one, in the same table.
#[test]
fn targets_of_one_table_share_its_keys() {
    let Some(database) = database("CREATE TABLE t (id serial PRIMARY KEY, x text UNIQUE)") else { return };
    let mut connection = target(&database);
    let roles = [given("t"), given("t")].concat();
    let units = |from: usize| {
        let row = |name: String| Some(vec![text(&name)]);
        (from..from + 6).map(move |at| Unit {
            // The third is refused: the first has its value.
            rows: vec![
                row(format!("a{}", if at % 6 == 2 { from } else { at })),
                row(format!("b{at}")).filter(|_| at.is_multiple_of(2)),
            ],
        })
    };
    for _ in 0..2 {
        connection.begin().unwrap();
        connection.insert(&roles, units(0).collect()).unwrap();
        connection.abort().unwrap();
    }
    for from in [0, 6] {
        connection.begin().unwrap();
        let written = connection.insert(&roles, units(from).collect()).unwrap();
        connection.commit().unwrap();
        let refused: Vec<usize> = (0..6).filter(|at| told(&written[*at]).is_err()).collect();
        assert_eq!(refused, [2]);
        assert_eq!(told(&written[1]).unwrap()[1], Value::Null);
    }
    assert_eq!(database.ask("SELECT MIN(id), MAX(id), COUNT(*) FROM t"), ["1|14|14"]);
}

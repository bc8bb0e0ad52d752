//! Rows that are there are changed and deleted whole or not at all, and hold exactly what they were given.

use crate::fixture::{database, role, target, text};
use cutover_postgres::Postgres;
use cutover_runtime::connection::{Amendment, Change, Connection};
use cutover_runtime::step::{KeyAssigned, Source, TargetSpec};
use cutover_runtime::value::{Kind, Value, read_date_time};

const TABLES: &str = "
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE thing (id bigserial PRIMARY KEY, name varchar(5) UNIQUE, mood mood, doc jsonb, price numeric(5,2),
  code varchar(32), at timestamp(0), owner bigint REFERENCES thing (id) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO thing (name, mood, price) VALUES ('one', 'glad', 1), ('two', 'glad', 2), ('three', 'sad', 3);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF OLD.name = 'three' THEN RETURN NULL; END IF; RETURN NEW; END $$;
CREATE TRIGGER keep BEFORE UPDATE ON thing FOR EACH ROW EXECUTE FUNCTION keep();
";

fn thing() -> Vec<TargetSpec> {
    let kinds = [Kind::Text, Kind::Text, Kind::Text, Kind::Decimal, Kind::Uuid, Kind::DateTime, Kind::Integer];
    let names = ["name", "mood", "doc", "price", "code", "at", "owner"];
    let columns: Vec<_> = names.into_iter().zip(kinds).map(|(name, kind)| (name, kind, Source::Converted)).collect();
    vec![role("t", "thing", ("id", KeyAssigned::Engine), &columns)]
}

fn set(key: i128, column: usize, value: Value) -> Amendment {
    Amendment { target: 0, key: Value::Integer(key), change: Change::Set(vec![(column, value)]) }
}

fn delete(key: i128) -> Amendment {
    Amendment { target: 0, key: Value::Integer(key), change: Change::Delete }
}

/// Returns why the changes are refused; empty if they are not. The transaction goes on in either case.
fn amend(connection: &mut Postgres, amendments: &[Amendment]) -> String {
    let refused = connection.amend(&thing(), amendments).unwrap();
    refused.map_or(String::new(), |violation| violation.constraint)
}

#[test]
fn every_type_of_column_takes_what_it_keeps_and_nothing_else() {
    let Some(database) = database(TABLES) else { return };
    let mut connection = target(&database);
    connection.begin().unwrap();
    let mut told = |amendments: &[Amendment]| amend(&mut connection, amendments);
    let decimal = |text: &str| Value::Decimal(text.into());
    let moment = |text: &str| Value::DateTime(read_date_time(text).unwrap());
    let uuid = Value::Uuid("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".parse().unwrap());
    assert_eq!(told(&[set(1, 1, text("sad")), set(1, 2, text("{\"a\": 1}")), set(1, 3, decimal("2.50"))]), "");
    assert_eq!(told(&[set(1, 4, uuid), set(1, 5, moment("2024-02-29 12:00:00")), set(2, 1, Value::Null)]), "");
    assert_eq!(told(&[set(2, 3, decimal("2.505"))]), "price, which takes 5 digits, 2 of them after the point");
    assert_eq!(told(&[set(2, 5, moment("2024-02-29 12:00:00.5"))]), "at, which keeps 0 digits of a second's fraction");
    assert_eq!(told(&[set(2, 0, text("longer"))]), "name, which takes 5 characters");
    assert!(told(&[set(2, 1, text("angry"))]).contains("mood"));
    connection.commit().unwrap();
    let row = "SELECT name, mood, doc, price, code, at FROM thing WHERE id <= 2 ORDER BY id";
    let first = "one|sad|{\"a\": 1}|2.50|a0eebc999c0b4ef8bb6d6bb9bd380a11|2024-02-29 12:00:00";
    assert_eq!(database.ask(row)[0], first);
    assert!(database.ask(row)[1].starts_with("two|"));
    assert_eq!(database.ask("SELECT price FROM thing WHERE id = 2"), ["2.00"]);
}

#[test]
fn what_is_refused_leaves_nothing_behind_and_costs_no_other() {
    let Some(database) = database(TABLES) else { return };
    let mut connection = target(&database);
    connection.begin().unwrap();
    let mut told = |amendments: &[Amendment]| amend(&mut connection, amendments);
    assert_eq!(told(&[set(1, 1, text("sad")), set(1, 0, text("two"))]), "thing_name_key (name)");
    assert_eq!(told(&[set(1, 1, text("sad")), set(1, 6, Value::Integer(99))]), "thing_owner_fkey (owner)");
    assert!(told(&[set(1, 1, text("sad")), set(3, 0, text("drei"))]).contains("a trigger"));
    assert!(told(&[set(1, 1, text("sad")), delete(77)]).contains("it is gone"));
    assert_eq!(told(&[set(2, 6, Value::Integer(1))]), "");
    assert_eq!(told(&[delete(1)]), "thing_owner_fkey (owner)");
    assert_eq!(told(&[set(1, 0, text("uno"))]), "");
    assert_eq!(told(&[delete(2), delete(1)]), "");
    connection.commit().unwrap();
    assert_eq!(database.ask("SELECT name, mood FROM thing"), ["three|sad"]);
}

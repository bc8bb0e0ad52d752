//! Every kind of value both ways, with its extremes; what is no value of its kind is told as it is.

use crate::fixture::{ask, database, legacy, malformed, role, target, text, told, write};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use cutover_mariadb::MariaDbDialect;
use cutover_runtime::connection::{Connection, SqlDialect, StoreErrorKind};
use cutover_runtime::step::{KeyAssigned, Source};
use cutover_runtime::value::{Fault, Kind, Malformed, Row, Value};

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn at(day: NaiveDate, hour: u32, minute: u32, second: u32, micro: u32) -> NaiveDateTime {
    day.and_time(NaiveTime::from_hms_micro_opt(hour, minute, second, micro).unwrap())
}

fn faulty(fault: Fault, raw: &str) -> Value {
    Value::Malformed(Malformed { fault, raw: raw.into() })
}

/// The type of a column, what is put into it, the kind it is read as, and what it must be read as.
fn readings() -> Vec<(&'static str, &'static str, Kind, Value)> {
    use Kind::*;
    let decimal = |text: &str| Value::Decimal(text.into());
    let uuid = || Value::Uuid("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".parse().unwrap());
    vec![
        ("tinyint(1)", "1", Boolean, Value::Boolean(true)),
        ("tinyint(1)", "2", Boolean, malformed("2")),
        ("tinyint(1)", "-1", Integer, Value::Integer(-1)),
        ("bit(1)", "b'1'", Boolean, Value::Boolean(true)),
        (
            "bit(64)",
            "b'1111111111111111111111111111111111111111111111111111111111111111'",
            Integer,
            Value::Integer(u64::MAX.into()),
        ),
        ("bit(9)", "b'100000001'", Integer, Value::Integer(257)),
        ("bigint unsigned", "18446744073709551615", Integer, Value::Integer(u64::MAX.into())),
        ("bigint", "-9223372036854775808", Integer, Value::Integer(i64::MIN.into())),
        ("int(5) zerofill", "7", Integer, Value::Integer(7)),
        ("year", "2155", Integer, Value::Integer(2155)),
        ("decimal(20,0)", "99999999999999999999", Integer, Value::Integer(99_999_999_999_999_999_999)),
        (
            "decimal(65,30)",
            "12345678901234567890123456789012345.123456789012345678901234567890",
            Decimal,
            decimal("12345678901234567890123456789012345.123456789012345678901234567890"),
        ),
        ("decimal(5,2)", "-0.10", Decimal, decimal("-0.10")),
        ("decimal(5,2)", "1.5", Integer, malformed("1.50")),
        ("float", "0.1", Float, Value::Float(f64::from(0.1f32))),
        ("double", "-1e308", Float, Value::Float(-1e308)),
        ("varchar(20)", "'é👩  '", Text, text("é👩  ")),
        ("varchar(20) character set latin1", "'é€'", Text, text("é€")),
        ("varchar(20) character set utf8mb3", "'Ж'", Text, text("Ж")),
        ("varchar(20) character set ucs2", "'Ж'", Text, text("Ж")),
        ("varchar(20) character set utf16", "'👩'", Text, text("👩")),
        ("varchar(20) character set utf32", "'👩'", Text, text("👩")),
        ("varchar(20) character set ascii", "'a'", Text, text("a")),
        ("varchar(20) character set cp1251", "'Ж'", Text, text("Ж")),
        ("char(5)", "'ab'", Text, text("ab")),
        ("longtext", "''", Text, text("")),
        ("json", "'{\"b\": 1,  \"a\": 2}'", Text, text("{\"b\": 1,  \"a\": 2}")),
        ("enum('a','b')", "'b'", Text, text("b")),
        ("enum('a','b')", "'no such'", Text, text("")),
        ("int", "5", Text, malformed("5")),
        ("varbinary(9)", "X'00FF'", Bytes, Value::Bytes(vec![0, 255])),
        ("blob", "X'00FF'", Text, malformed("00ff")),
        ("binary(3)", "X'00FF'", Bytes, Value::Bytes(vec![0, 255, 0])),
        ("date", "'2024-02-29'", Date, Value::Date(day(2024, 2, 29))),
        ("date", "'0000-00-00'", Date, faulty(Fault::ZeroDate, "0000-00-00")),
        ("date", "'1950-00-00'", Date, faulty(Fault::PartialDate, "1950-00-00")),
        ("date", "'2020-00-10'", Date, faulty(Fault::PartialDate, "2020-00-10")),
        ("date", "'9999-12-31'", Date, Value::Date(day(9999, 12, 31))),
        ("datetime", "'0000-00-00 00:00:00'", DateTime, faulty(Fault::ZeroDate, "0000-00-00 00:00:00")),
        ("datetime", "'1950-06-00 01:02:03'", DateTime, faulty(Fault::PartialDate, "1950-06-00 01:02:03")),
        (
            "datetime(6)",
            "'1999-12-31 23:59:59.999999'",
            DateTime,
            Value::DateTime(at(day(1999, 12, 31), 23, 59, 59, 999_999)),
        ),
        ("datetime", "'1000-01-01 00:00:00'", Instant, Value::Instant(at(day(1000, 1, 1), 0, 0, 0, 0))),
        (
            "timestamp(3) null",
            "'2020-01-02 03:04:05.678'",
            Instant,
            Value::Instant(at(day(2020, 1, 2), 3, 4, 5, 678_000)),
        ),
        ("timestamp null", "'2020-01-02 03:04:05'", DateTime, malformed("2020-01-02 03:04:05")),
        ("time", "'23:59:59'", Time, Value::Time(NaiveTime::from_hms_opt(23, 59, 59).unwrap())),
        ("time(6)", "'838:59:58.999999'", Time, malformed("838:59:58.999999")),
        ("time", "'-00:00:01'", Time, malformed("-00:00:01")),
        ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", Uuid, uuid()),
        ("char(32)", "'a0eebc999c0b4ef8bb6d6bb9bd380a11'", Uuid, uuid()),
        ("binary(16)", "X'a0eebc999c0b4ef8bb6d6bb9bd380a11'", Uuid, uuid()),
        ("varchar(40)", "'no'", Uuid, malformed("no")),
        ("point", "POINT(1, 2)", Text, malformed("a value of a type that cutover does not know")),
        ("int", "NULL", Integer, Value::Null),
        ("varchar(5)", "NULL", Text, Value::Null),
    ]
}

#[test]
fn values_are_read_as_they_are() {
    let Some(database) = database("") else { return };
    for (number, (ty, sql, _, _)) in readings().into_iter().enumerate() {
        database
            .run(&format!("SET sql_mode = ''; CREATE TABLE t{number} (x {ty}); INSERT INTO t{number} VALUES ({sql})"));
    }
    let mut connection = legacy(&database);
    for (number, (ty, sql, kind, expected)) in readings().into_iter().enumerate() {
        let found = ask(&mut connection, &format!("SELECT x FROM t{number}"), &[kind]);
        assert_eq!(found, [[expected]], "{ty} {sql}");
    }
    assert_eq!(ask(&mut connection, "SELECT NULL", &[Kind::Text]), [[Value::Null]]);
}

/// Such bytes got in by tools that said one character set and sent another.
#[test]
fn bytes_that_are_no_text_are_told_and_not_replaced() {
    let sql = "CREATE TABLE t (id int PRIMARY KEY, x varchar(20) CHARACTER SET utf8mb3) ENGINE=InnoDB; \
               CREATE TABLE raw (id int PRIMARY KEY, x varbinary(60)) ENGINE=InnoDB; \
               INSERT INTO raw VALUES (1, X'61FF'), (2, X'62')";
    let Some(database) = database(sql) else { return };
    // The server checks what it is sent, but not what it takes over as it stands.
    database.run("ALTER TABLE raw MODIFY x varchar(20) CHARACTER SET ascii");
    let mut connection = legacy(&database);
    let found = ask(&mut connection, "SELECT x FROM raw ORDER BY id", &[Kind::Text]);
    assert_eq!(found[1], [text("b")]);
    assert_eq!(found[0], [malformed("61ff")]);
}

#[test]
fn a_character_set_that_cannot_be_read_is_named() {
    let sql = "CREATE TABLE t (x varchar(5) CHARACTER SET geostd8); INSERT INTO t VALUES ('a')";
    let Some(database) = database(sql) else { return };
    let mut each = |_: Row| Ok(());
    let error = legacy(&database).query("SELECT x FROM t", &[], &[Kind::Text], &mut each).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::OtherSchema);
    assert!(error.to_string().contains("column x has the character set geostd8"), "{error}");
}

/// The type of a column, the kind and the value written, and why it is refused, if it is.
fn writings() -> Vec<(&'static str, Kind, Value, Option<&'static str>)> {
    use Kind::*;
    let decimal = |text: &str| Value::Decimal(text.into());
    let uuid: uuid::Uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".parse().unwrap();
    let micro = at(day(2020, 1, 2), 3, 4, 5, 6);
    vec![
        ("tinyint(1)", Boolean, Value::Boolean(false), None),
        ("bit(1)", Boolean, Value::Boolean(true), None),
        ("smallint", Integer, Value::Integer(32767), None),
        ("smallint", Integer, Value::Integer(32768), Some("Out of range")),
        ("int unsigned", Integer, Value::Integer(-1), Some("Out of range")),
        ("bigint unsigned", Integer, Value::Integer(u64::MAX.into()), None),
        ("bigint", Integer, Value::Integer(u64::MAX.into()), Some("Out of range")),
        ("bit(64)", Integer, Value::Integer(u64::MAX.into()), None),
        ("bit(2)", Integer, Value::Integer(4), Some("too long")),
        ("decimal(39,0)", Integer, Value::Integer(i128::from(u64::MAX) * 1000), None),
        ("decimal(65,30)", Decimal, decimal("12345678901234567890123456789012345.12345678901234567890123456789"), None),
        ("decimal(5,2)", Decimal, decimal("1.2000"), None),
        ("decimal(5,2)", Decimal, decimal("1.005"), Some("2 digits after the point")),
        ("decimal(5,2)", Decimal, decimal("1000"), Some("Out of range")),
        ("int", Decimal, decimal("12.00"), None),
        ("int", Decimal, decimal("12.5"), Some("0 digits after the point")),
        ("float", Float, Value::Float(0.5), None),
        ("float", Float, Value::Float(0.1), Some("binary digits")),
        ("double", Float, Value::Float(-1e308), None),
        ("double", Float, Value::Float(f64::NAN), Some("takes no NaN")),
        ("varchar(30)", Text, text("é👩\n\t\\ '\" \0 "), None),
        ("varchar(3)", Text, text("éé👩"), None),
        ("varchar(3)", Text, text("abcd"), Some("too long")),
        ("varchar(3)", Text, text("abc  "), Some("Data truncated")),
        ("varchar(9) character set latin1", Text, text("é€"), None),
        ("varchar(9) character set latin1", Text, text("Ж"), Some("Incorrect string value")),
        ("varchar(9) character set utf8mb3", Text, text("👩"), Some("Incorrect string value")),
        ("char(3)", Text, text("ab "), Some("no blanks")),
        ("longtext", Text, text("x"), None),
        ("json", Text, text("{\"b\": 1,  \"a\": 2}"), None),
        ("json", Text, text("{"), Some("x")),
        ("enum('a','B')", Text, text("B"), None),
        ("enum('a','B')", Text, text("b"), Some("no such member")),
        ("blob", Bytes, Value::Bytes((0..=255).collect()), None),
        ("binary(3)", Bytes, Value::Bytes(vec![1, 2, 0]), None),
        ("binary(3)", Bytes, Value::Bytes(vec![1, 2]), Some("3 bytes")),
        ("date", Date, Value::Date(day(9999, 12, 31)), None),
        ("date", Date, Value::Date(day(-43, 3, 15)), Some("0000 to 9999")),
        ("datetime(6)", DateTime, Value::DateTime(micro), None),
        ("datetime(3)", DateTime, Value::DateTime(micro), Some("3 digits")),
        ("datetime", Instant, Value::Instant(at(day(10_000, 1, 1), 0, 0, 0, 0)), Some("0000 to 9999")),
        ("timestamp(6) null", Instant, Value::Instant(micro), None),
        ("timestamp(6) null", DateTime, Value::DateTime(micro), Some("another type")),
        ("timestamp null", Instant, Value::Instant(at(day(1900, 1, 1), 0, 0, 0, 0)), Some("Incorrect datetime")),
        ("time(6)", Time, Value::Time(micro.time()), None),
        ("time", Time, Value::Time(micro.time()), Some("0 digits")),
        ("uuid", Uuid, Value::Uuid(uuid), None),
        ("char(32)", Uuid, Value::Uuid(uuid), None),
        ("char(36)", Uuid, Value::Uuid(uuid), None),
        ("binary(16)", Uuid, Value::Uuid(uuid), None),
        ("uuid", Text, text(&uuid.to_string()), None),
        ("uuid", Text, text(&uuid.to_string().to_uppercase()), Some("UUIDs")),
        ("int", Text, text("5"), Some("another type")),
        ("point", Text, text("x"), Some("type point")),
    ]
}

#[test]
fn values_are_written_exactly_or_refused() {
    let Some(database) = database("") else { return };
    let mut connection = target(&database);
    for (number, (ty, kind, value, refused)) in writings().into_iter().enumerate() {
        let table = format!("t{number}");
        database.run(&format!("CREATE TABLE {table} (id int AUTO_INCREMENT PRIMARY KEY, x {ty})"));
        let roles = [role("t", &table, ("id", KeyAssigned::Engine), &[("x", kind, Source::Converted)])];
        let written = write(&mut connection, &roles, vec![vec![vec![value.clone()]], vec![vec![Value::Null]]]);
        let found = ask(&mut connection, &format!("SELECT x FROM {table} ORDER BY id"), &[kind]);
        match (told(&written[0]), refused) {
            (Ok(_), None) => {
                assert!(cutover_runtime::fingerprint::same(&found[0][0], &value), "{ty} {value:?}: {found:?}");
                assert_eq!(found[1], [Value::Null], "{ty}");
            }
            (Err((constraint, columns)), Some(why)) => {
                assert!(constraint.contains(why), "{ty} {value:?}: {constraint}");
                assert_eq!(columns, ["x"], "{ty} {value:?}: {constraint}");
                assert_eq!(found, [[Value::Null]], "{ty} {value:?}: the other row gets in");
            }
            (told, expected) => panic!("{ty} {value:?}: {told:?} instead of {expected:?}"),
        }
    }
}

#[test]
fn parameters_are_compared_exactly() {
    let sql = "CREATE TABLE t (n decimal(40,20), w varchar(20), l varchar(20) CHARACTER SET latin1, u char(32), UNIQUE (w)); \
               INSERT INTO t VALUES (18446744073709551615, 'Anna', 'é', 'a0eebc999c0b4ef8bb6d6bb9bd380a11'), \
               (0.1, 'anne ', 'e', NULL)";
    let Some(database) = database(sql) else { return };
    let mut connection = legacy(&database);
    let mut count = |column: &str, value: Value, kind: Kind| {
        let mut number = 0;
        let mut next = || {
            number += 1;
            "?".to_string()
        };
        let condition = MariaDbDialect.equal(column, &mut next, kind);
        let mut found = Vec::new();
        let mut each = |row: Row| {
            found.push(row[0].clone());
            Ok(())
        };
        let sql = format!("SELECT COUNT(*) FROM t WHERE {condition}");
        connection.query(&sql, &vec![value; number], &[Kind::Integer], &mut each).unwrap();
        found.remove(0)
    };
    let one = |yes: bool| Value::Integer(yes.into());
    assert_eq!(count("w", text("Anna"), Kind::Text), one(true));
    assert_eq!(count("w", text("anna"), Kind::Text), one(false));
    assert_eq!(count("w", text("anne"), Kind::Text), one(false));
    assert_eq!(count("w", text("anne "), Kind::Text), one(true));
    assert_eq!(count("l", text("é"), Kind::Text), one(true));
    assert_eq!(count("n", Value::Integer(u64::MAX.into()), Kind::Integer), one(true));
    assert_eq!(count("n", Value::Decimal("0.10".into()), Kind::Decimal), one(true));
    assert_eq!(count("n", Value::Decimal("0.1000000000000000055".into()), Kind::Decimal), one(false));
    let uuid = Value::Uuid("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".parse().unwrap());
    assert_eq!(count("u", uuid, Kind::Uuid), one(true));
}

/// MariaDB remembers what a subquery gave for a value, and by default answers out of that for values that the collation
/// calls equal.
#[test]
fn a_question_is_answered_for_each_value_and_not_for_what_the_collation_calls_equal() {
    let tables = "CREATE TABLE item (sku varchar(20) NOT NULL PRIMARY KEY) CHARSET=utf8mb4;
                  CREATE TABLE pos (id int NOT NULL PRIMARY KEY, sku varchar(20) NOT NULL) CHARSET=utf8mb4;
                  INSERT INTO item VALUES ('B-001'), ('C-001');
                  INSERT INTO pos VALUES (1, 'b-001'), (2, 'B-001'), (3, 'C-001'), (4, 'c-001'), (5, 'B-001 ')";
    let Some(database) = database(tables) else { return };
    let equal = MariaDbDialect.equal("x.sku", &mut || "p.sku".to_string(), Kind::Text);
    let sql = format!("SELECT EXISTS (SELECT 1 FROM item AS x WHERE {equal}) FROM pos AS p ORDER BY p.id");
    for connection in [&mut legacy(&database), &mut target(&database)] {
        let answers: Vec<Value> = ask(connection, &sql, &[Kind::Boolean]).concat();
        assert_eq!(answers, [false, true, true, false, false].map(Value::Boolean));
    }
}

//! Every kind of value both ways, with its extremes; what is no value of its kind is told as it is.

use crate::fixture::{ask, database, legacy, malformed, role, target, text, told, write};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use cutover_runtime::connection::Connection;
use cutover_runtime::step::{KeyAssigned, Source};
use cutover_runtime::value::{Kind, Value};

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn at(day: NaiveDate, hour: u32, minute: u32, second: u32, micro: u32) -> NaiveDateTime {
    day.and_time(NaiveTime::from_hms_micro_opt(hour, minute, second, micro).unwrap())
}

/// SQL of a value, the kind it is read as, and what it must be read as.
fn readings() -> Vec<(&'static str, Kind, Value)> {
    use Kind::*;
    let decimal = |text: &str| Value::Decimal(text.into());
    let instant = |value| Value::Instant(value);
    vec![
        ("true", Boolean, Value::Boolean(true)),
        ("1::smallint", Boolean, Value::Boolean(true)),
        ("2::int", Boolean, malformed("2")),
        ("(-32768)::smallint", Integer, Value::Integer(-32768)),
        ("9223372036854775807", Integer, Value::Integer(i64::MAX.into())),
        ("18446744073709551615::numeric", Integer, Value::Integer(u64::MAX.into())),
        ("7.00::numeric", Integer, Value::Integer(7)),
        ("7.5::numeric", Integer, malformed("7.5")),
        ("4294967295::oid", Integer, Value::Integer(4_294_967_295)),
        (
            "123456789012345678901234567890.0987654321::numeric",
            Decimal,
            decimal("123456789012345678901234567890.0987654321"),
        ),
        ("(-0.00)::numeric", Decimal, decimal("0.00")),
        ("1e20::numeric", Decimal, decimal("100000000000000000000")),
        ("0.00001::numeric(20,10)", Decimal, decimal("0.0000100000")),
        ("'NaN'::numeric", Decimal, malformed("NaN")),
        ("'-Infinity'::numeric", Decimal, malformed("-Infinity")),
        ("5::int", Decimal, decimal("5")),
        ("1.5::float4", Float, Value::Float(1.5)),
        ("'-1e308'::float8", Float, Value::Float(-1e308)),
        ("'Infinity'::float8", Float, Value::Float(f64::INFINITY)),
        ("'é👩  '::text", Text, text("é👩  ")),
        ("''::varchar", Text, text("")),
        ("'ab'::char(5)", Text, text("ab")),
        ("'a\"b'::name", Text, text("a\"b")),
        ("'happy'::mood", Text, text("happy")),
        ("'x@y'::mail", Text, text("x@y")),
        ("'{\"b\":1,  \"a\":2}'::json", Text, text("{\"b\":1,  \"a\":2}")),
        ("'{\"b\":1,  \"a\":2}'::jsonb", Text, text("{\"a\": 2, \"b\": 1}")),
        ("5::int", Text, malformed("5")),
        ("'\\x00ff'::bytea", Bytes, Value::Bytes(vec![0, 255])),
        ("'\\x00ff'::bytea", Text, malformed("00ff")),
        ("'2024-02-29'::date", Date, Value::Date(day(2024, 2, 29))),
        ("'0044-03-15 BC'::date", Date, Value::Date(day(-43, 3, 15))),
        ("'4714-11-24 BC'::date", Date, Value::Date(day(-4713, 11, 24))),
        ("'99999-12-31'::date", Date, Value::Date(day(99_999, 12, 31))),
        ("'infinity'::date", Date, malformed("infinity")),
        ("'5874897-12-31'::date", Date, malformed("the day 2145031948 after 2000-01-01")),
        (
            "'1999-12-31 23:59:59.999999'::timestamp",
            DateTime,
            Value::DateTime(at(day(1999, 12, 31), 23, 59, 59, 999_999)),
        ),
        ("'-infinity'::timestamp", DateTime, malformed("-infinity")),
        ("'2021-11-07 01:30:00-04'::timestamptz", Instant, instant(at(day(2021, 11, 7), 5, 30, 0, 0))),
        ("'0001-01-01 00:00:00+00'::timestamptz", Instant, instant(at(day(1, 1, 1), 0, 0, 0, 0))),
        ("'2021-11-07 01:30:00'::timestamp", Instant, instant(at(day(2021, 11, 7), 1, 30, 0, 0))),
        ("'2021-11-07 01:30:00+00'::timestamptz", DateTime, malformed("2021-11-07 01:30:00")),
        ("'23:59:59.999999'::time", Time, Value::Time(NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap())),
        ("'24:00'::time", Time, malformed("24:00:00")),
        (
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
            Uuid,
            Value::Uuid("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".parse().unwrap()),
        ),
        (
            "'a0eebc999c0b4ef8bb6d6bb9bd380a11'::char(32)",
            Uuid,
            Value::Uuid("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".parse().unwrap()),
        ),
        ("'no'::text", Uuid, malformed("no")),
        ("'1 day'::interval", Text, malformed("a value of a type that cutover does not know")),
        ("NULL::int", Integer, Value::Null),
        ("NULL", Text, Value::Null),
    ]
}

#[test]
fn values_are_read_as_they_are() {
    let types = "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN mail AS varchar(20) CHECK (VALUE LIKE '%@%')";
    let Some(database) = database(types) else { return };
    let mut connection = legacy(&database);
    for (sql, kind, expected) in readings() {
        let found = ask(&mut connection, &format!("SELECT {sql}"), &[kind]);
        assert_eq!(found, [[expected]], "{sql}");
    }
    let nan = ask(&mut connection, "SELECT 'NaN'::float8", &[Kind::Float]);
    assert!(matches!(nan[0][0], Value::Float(value) if value.is_nan()));
}

/// The type of a column, the kind and the value written, and why it is refused, if it is.
fn writings() -> Vec<(&'static str, Kind, Value, Option<&'static str>)> {
    use Kind::*;
    let decimal = |text: &str| Value::Decimal(text.into());
    let uuid: uuid::Uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".parse().unwrap();
    let micro = at(day(2020, 1, 2), 3, 4, 5, 6);
    vec![
        ("boolean", Boolean, Value::Boolean(false), None),
        ("smallint", Boolean, Value::Boolean(true), None),
        ("smallint", Integer, Value::Integer(32767), None),
        ("smallint", Integer, Value::Integer(32768), Some("no room for 32768")),
        ("bigint", Integer, Value::Integer(i64::MIN.into()), None),
        ("bigint", Integer, Value::Integer(u64::MAX.into()), Some("no room")),
        ("numeric", Integer, Value::Integer(u64::MAX.into()), None),
        ("numeric", Decimal, decimal("123456789012345678901234567890.0987654321"), None),
        ("numeric(5,2)", Decimal, decimal("-999.99"), None),
        ("numeric(5,2)", Decimal, decimal("1.2000"), None),
        ("numeric(5,2)", Decimal, decimal("1.005"), Some("5 digits, 2 of them")),
        ("numeric(5,2)", Decimal, decimal("1000"), Some("5 digits")),
        ("numeric(3,-2)", Decimal, decimal("12300"), None),
        ("numeric(3,-2)", Decimal, decimal("12340"), Some("digits")),
        ("integer", Decimal, decimal("12.00"), None),
        ("integer", Decimal, decimal("12.5"), Some("fraction")),
        ("real", Float, Value::Float(0.5), None),
        ("real", Float, Value::Float(0.1), Some("binary digits")),
        ("double precision", Float, Value::Float(-1e308), None),
        ("text", Text, text("é👩\n\t\\ '\" "), None),
        ("text", Text, text("nul\0"), Some("character 0")),
        ("varchar(3)", Text, text("éé👩"), None),
        ("varchar(3)", Text, text("ab  "), Some("3 characters")),
        ("char(3)", Text, text("ab"), None),
        ("char(3)", Text, text("ab "), Some("no blanks")),
        ("mail", Text, text("x@y"), None),
        ("mail", Text, text("no mail"), Some("mail_check")),
        ("mood", Text, text("sad"), None),
        ("mood", Text, text("Sad"), Some("x")),
        ("json", Text, text("{\"b\":1,  \"a\":2}"), None),
        ("json", Text, text("{"), Some("x")),
        ("bytea", Bytes, Value::Bytes((0..=255).collect()), None),
        ("date", Date, Value::Date(day(-43, 3, 15)), None),
        ("date", Date, Value::Date(day(-4713, 11, 23)), Some("no such day")),
        ("timestamp", DateTime, Value::DateTime(micro), None),
        ("timestamp(3)", DateTime, Value::DateTime(micro), Some("3 digits")),
        ("timestamptz", DateTime, Value::DateTime(micro), Some("wall-clock")),
        ("timestamptz", Instant, Value::Instant(micro), None),
        ("timestamp", Instant, Value::Instant(micro), None),
        ("timestamptz(0)", Instant, Value::Instant(micro), Some("0 digits")),
        ("time", Time, Value::Time(micro.time()), None),
        ("uuid", Uuid, Value::Uuid(uuid), None),
        ("char(32)", Uuid, Value::Uuid(uuid), None),
        ("text", Uuid, Value::Uuid(uuid), None),
        ("uuid", Text, text(&uuid.to_string()), None),
        ("uuid", Text, text(&uuid.to_string().to_uppercase()), Some("UUIDs")),
        ("integer", Text, text("5"), Some("no such text")),
        ("interval", Text, text("1 day"), Some("no such text")),
    ]
}

#[test]
fn values_are_written_exactly_or_refused() {
    let types = "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN mail AS varchar(20) CHECK (VALUE LIKE '%@%')";
    let Some(database) = database(types) else { return };
    let mut connection = target(&database);
    for (at, (ty, kind, value, refused)) in writings().into_iter().enumerate() {
        let table = format!("t{at}");
        database.run(&format!("CREATE TABLE {table} (id serial PRIMARY KEY, x {ty})"));
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
                assert!(columns == ["x"] || constraint.contains("mail_check"), "{ty} {value:?}: {columns:?}");
                assert_eq!(found, [[Value::Null]], "{ty} {value:?}: the other row gets in");
            }
            (told, expected) => panic!("{ty} {value:?}: {told:?} instead of {expected:?}"),
        }
    }
}

#[test]
fn parameters_are_compared_exactly() {
    let sql = "CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false); \
               CREATE TABLE t (n numeric, w text COLLATE no_case, u uuid); \
               INSERT INTO t VALUES (18446744073709551615, 'Anna', NULL), (0.1, 'anna', NULL)";
    let Some(database) = database(sql) else { return };
    let mut connection = legacy(&database);
    let dialect = cutover_postgres::PostgresDialect;
    let count = |connection: &mut dyn Connection, column: &str, value: Value, kind: Kind| {
        use cutover_runtime::connection::SqlDialect;
        let mut number = 0;
        let mut next = || {
            number += 1;
            format!("${number}")
        };
        let condition = dialect.equal(column, &mut next, kind);
        let mut found = Vec::new();
        let mut each = |row: cutover_runtime::value::Row| {
            found.push(row[0].clone());
            Ok(())
        };
        let sql = format!("SELECT COUNT(*) FROM t WHERE {condition}");
        connection.query(&sql, &vec![value; number], &[Kind::Integer], &mut each).unwrap();
        found.remove(0)
    };
    assert_eq!(count(&mut connection, "w", text("anna"), Kind::Text), Value::Integer(1));
    assert_eq!(count(&mut connection, "n", Value::Integer(u64::MAX.into()), Kind::Integer), Value::Integer(1));
    assert_eq!(count(&mut connection, "n", Value::Decimal("0.10".into()), Kind::Decimal), Value::Integer(1));
    assert_eq!(
        count(&mut connection, "n", Value::Decimal("0.1000000000000000055".into()), Kind::Decimal),
        Value::Integer(0)
    );
}

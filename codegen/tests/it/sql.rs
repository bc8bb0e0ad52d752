//! SQL: snapshots per dialect, and SQLite's statements on the real engine.

use crate::plan::{hostile, plan, words};
use cutover_codegen::sql;
use cutover_mapping_dsl::plan::{ExprKind, Plan};
use cutover_mapping_dsl::schema::Dialect;
use rusqlite::Connection;

/// Legacy and target tables with the rows that matter: 1 and 2 are fine, 3 has an unknown sex, 4 a zero birth date, 5
/// no control row, 6 too long a name, 7 is there already; of the users 12 has no patient and 13 another type.
const TABLES: &str = r#"
ATTACH ':memory:' AS old;
ATTACH ':memory:' AS new;
CREATE TABLE old.Patient (PatientSerNum INTEGER PRIMARY KEY, FirstName TEXT NOT NULL, Sex TEXT NOT NULL,
  Language TEXT NOT NULL, DateOfBirth TEXT NOT NULL, DeathDate TEXT, TelNum INTEGER, Alias TEXT);
CREATE TABLE old.PatientControl (PatientSerNum INTEGER PRIMARY KEY);
CREATE TABLE old.Users (UserSerNum INTEGER PRIMARY KEY, UserType TEXT, UserTypeSerNum INTEGER, Username TEXT);
CREATE TABLE new.patients_patient (id INTEGER PRIMARY KEY, legacy_id INTEGER UNIQUE, first_name TEXT NOT NULL,
  sex TEXT NOT NULL, date_of_birth TEXT NOT NULL, date_of_death TEXT, uuid TEXT NOT NULL UNIQUE, phone TEXT NOT NULL);
CREATE TABLE new.users_user (id INTEGER PRIMARY KEY, username TEXT, language TEXT, type TEXT);
CREATE TABLE new.patients_relationshiptype (id INTEGER PRIMARY KEY, role_type TEXT);
CREATE TABLE new.patients_relationship (id INTEGER PRIMARY KEY, patient_id INTEGER, user_id INTEGER, type_id INTEGER);
INSERT INTO old.Patient VALUES
  (1, 'Ann', 'Female', 'EN', '1980-02-03 00:00:00', NULL, 4165550101, NULL),
  (2, 'Bob', 'Male', 'FR', '1981-02-03 00:00:00', '0000-00-00 00:00:00', NULL, NULL),
  (3, 'Cid', 'male', 'EN', '1982-02-03 00:00:00', NULL, 0, NULL),
  (4, 'Dan', 'Male', 'EN', '0000-00-00 00:00:00', NULL, 0, NULL),
  (5, 'Eve', 'Female', 'EN', '1984-02-03 00:00:00', NULL, 0, NULL),
  (6, 'Fenella', 'Female', 'EN', '1985-02-03 00:00:00', NULL, 0, NULL),
  (7, 'Gil', 'It''s\', 'SN', '1986-02-03 00:00:00', NULL, 0, NULL),
  (8, 'Hal', 'Male', 'EN', '1950-00-00 00:00:00', NULL, 0, NULL),
  (9, 'Ida', 'Female', 'EN', '1988-02-03 00:00:00', NULL, 12345, NULL);
INSERT INTO old.PatientControl VALUES (1), (2), (3), (4), (6), (7), (8), (9);
INSERT INTO old.Users VALUES
  (11, 'Patient', 1, 'ann'), (12, 'Patient', 99, 'nobody'), (13, 'Clinician', 2, 'bob'), (14, 'patient', 2, 'bob'),
  (15, 'Patient', 2, 'bob'), (16, 'Patient', 7, 'gil'), (17, 'Patient', 3, 'cid');
INSERT INTO new.patients_relationshiptype VALUES (1, 'self'), (2, 'SELF');
INSERT INTO new.patients_patient VALUES (40, 7, 'Gil', 'O', '1986-02-03', NULL, 'x', '');
"#;

fn file(zone: &str, dialect: Dialect, artefact: &str) -> String {
    let files = sql::emit_dialect(&plan(zone), dialect).unwrap();
    sql::parse_back(&files).unwrap();
    files.get(&format!("sql/{dialect}/{artefact}.sql")).unwrap().to_string()
}

fn sqlite(artefact: &str) -> String {
    file("UTC", Dialect::Sqlite, artefact)
}

pub(crate) fn database() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(TABLES).unwrap();
    database.execute_batch(&sqlite("migration_table")).unwrap();
    database
}

/// Rows as text, one line each.
fn rows(database: &Connection, query: &str) -> Vec<String> {
    let mut statement = database.prepare(query).unwrap();
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let cells = (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column));
        let cells: Result<Vec<_>, _> = cells.collect();
        Ok(cells?.iter().map(show).collect::<Vec<_>>().join(" "))
    };
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

fn show(value: &rusqlite::types::Value) -> String {
    use rusqlite::types::Value;
    match value {
        Value::Null => "NULL".into(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => format!("'{text}'"),
        Value::Blob(bytes) => format!("{bytes:?}"),
    }
}

/// Statements of a file that return rows, each with its comments.
/// It is asked before there are any.
#[test]
fn preflight_asks_no_migration_table() {
    for dialect in Dialect::WRITTEN {
        let text = file("UTC", dialect, "preflight");
        assert!(!text.contains("cutover_map_") && !text.contains("_key\""), "{dialect}");
    }
}

fn queries(text: &str) -> Vec<String> {
    text.split_inclusive(";\n").filter(|query| query.contains("SELECT")).map(str::to_string).collect()
}

#[test]
fn files_are_as_reviewed() {
    for dialect in Dialect::WRITTEN {
        for (path, text) in sql::emit_dialect(&plan("America/Toronto"), dialect).unwrap().iter() {
            insta::assert_snapshot!(path.replace('/', "-"), text);
        }
    }
}

#[test]
fn sqlite_prepares_all_statements() {
    let database = database();
    for artefact in ["preflight", "pending", "deviations", "counts"] {
        for query in queries(&sqlite(artefact)) {
            database.prepare(&query).unwrap_or_else(|error| panic!("{error}: {query}"));
        }
    }
}

#[test]
fn sqlite_carries_rows_and_takes_them_back() {
    let database = database();
    database.execute_batch(&sqlite("forward")).unwrap();
    let patients =
        "SELECT id, legacy_id, first_name, sex, date_of_birth, date_of_death, phone FROM new.patients_patient";
    assert_eq!(
        rows(&database, patients),
        [
            "40 7 'Gil' 'O' '1986-02-03' NULL ''",
            "41 1 'Ann' 'F' '1980-02-03' NULL '+1 416-5550101'",
            "42 2 'Bob' 'M' '1981-02-03' NULL ''",
        ]
    );
    let entries = "SELECT * FROM new.cutover_map_patient";
    assert_eq!(rows(&database, entries), ["1 'migrated' 41 NULL NULL", "2 'migrated' 42 NULL NULL"]);
    assert_eq!(
        rows(&database, "SELECT * FROM new.users_user"),
        ["1 'ann' 'en' 'CAREGIVER'", "2 'bob' 'fr' 'CAREGIVER'"]
    );
    assert_eq!(rows(&database, "SELECT * FROM new.patients_relationship"), ["1 41 1 2", "2 42 2 2"]);
    database.execute_batch(&sqlite("forward")).unwrap();
    assert_eq!(rows(&database, entries).len(), 2);
    database.execute_batch(&sqlite("rollback")).unwrap();
    assert_eq!(rows(&database, patients), ["40 7 'Gil' 'O' '1986-02-03' NULL ''"]);
    assert_eq!(rows(&database, "SELECT COUNT(*) FROM new.users_user"), ["0"]);
    assert_eq!(rows(&database, entries).len(), 0);
}

#[test]
fn sqlite_counts_and_finds_deviations() {
    let database = database();
    database.execute_batch(&sqlite("forward")).unwrap();
    let counts: Vec<String> = queries(&sqlite("counts")).iter().flat_map(|query| rows(&database, query)).collect();
    assert_eq!(counts, ["'Patient' 8 2 0 0 6", "'Caregiver' 5 2 0 0 3"]);
    database.execute_batch("UPDATE new.patients_patient SET first_name = 'ann' WHERE id = 41").unwrap();
    database
        .execute_batch("DELETE FROM new.users_user WHERE id = 2; DELETE FROM old.Users WHERE UserSerNum = 11")
        .unwrap();
    let found: Vec<String> = queries(&sqlite("deviations")).iter().flat_map(|query| rows(&database, query)).collect();
    insta::assert_snapshot!("sqlite-deviations-found", found.join("\n"));
}

/// Two maps write users: rows that no map knows are asked for once, among those that look like the rows of one of them.
#[test]
fn a_table_of_several_maps_is_asked_for_strangers_once() {
    let mut two = plan("UTC");
    let mut other = two.steps[1].clone();
    other.name = "Clinician".into();
    other.targets[0].rules[2].value.kind = ExprKind::Literal(words("CLINICIAN"));
    two.steps.push(other);
    let deviations = |plan: &Plan| {
        let files = sql::emit_dialect(plan, Dialect::Sqlite).unwrap();
        sql::parse_back(&files).unwrap();
        (
            files.get("sql/sqlite/migration_table.sql").unwrap().to_string(),
            files.get("sql/sqlite/deviations.sql").unwrap().to_string(),
        )
    };
    let (tables, text) = deviations(&two);
    let of_users: Vec<String> =
        queries(&text).into_iter().filter(|query| query.contains("Rows of users_user ")).collect();
    let [strangers] = of_users.as_slice() else { panic!("asked {} times:\n{text}", of_users.len()) };

    let database = database();
    database.execute_batch(&tables).unwrap();
    database
        .execute_batch(
            "INSERT INTO new.users_user VALUES (1, 'a', 'en', 'CAREGIVER'), (2, 'b', 'en', 'CLINICIAN'), (3, 'c', 'en', 'ROBOT'),
               (4, 'd', 'en', 'CAREGIVER'), (5, 'e', 'en', 'CLINICIAN');
             INSERT INTO new.cutover_map_caregiver VALUES (11, 'migrated', 4, NULL, NULL, NULL, NULL);
             INSERT INTO new.cutover_map_clinician VALUES (12, 'migrated', 5, NULL, NULL, NULL, NULL);",
        )
        .unwrap();
    assert_eq!(rows(&database, strangers), ["1", "2"]);

    two.steps[2].targets[0].rules.remove(2);
    let (_, text) = deviations(&two);
    let strangers = queries(&text).into_iter().find(|query| query.contains("Rows of users_user ")).unwrap();
    assert_eq!(rows(&database, &strangers), ["1", "2", "3"], "any row may be one of the map without constants");
}

#[test]
fn hostile_names_stay_names() {
    for dialect in Dialect::ALL {
        let files = sql::emit_dialect(&hostile(), dialect).unwrap();
        sql::parse_back(&files).unwrap();
        for (path, text) in files.iter() {
            let plain = sql::emit_dialect(&plan("UTC"), dialect).unwrap();
            let count = |text: &str| text.lines().filter(|line| line.ends_with(';')).count();
            assert_eq!(count(text), count(plain.get(path).unwrap()), "{text}");
        }
    }
}

//! Live schemas: what a database says about itself is read as its DDL is, and every difference is named.

use crate::engines::opal::target;
use cutover_tests::command::{Ended, cutover};
use cutover_tests::engines::{Engine, Store};
use cutover_tests::opal::{map, repository};
use std::fs;

fn check(store: &Store, more: &[&str]) -> Ended {
    let map = map();
    let url = store.url();
    let arguments = ["check", map.to_str().unwrap(), "--against", &url];
    cutover(arguments.iter().chain(more))
}

#[test]
fn a_target_made_from_the_ddl_has_no_difference() {
    let Some(store) = target(Engine::Postgres) else { return };
    let told = check(&store, &[]);
    assert_eq!(told.status, 0, "{}{}", told.out, told.err);
    assert!(told.out.contains("is as target.sql says"), "{}", told.out);
    let Some(store) = Store::new(Engine::MariaDb) else { return };
    store.load(&fs::read_to_string(repository("examples/opal/legacy.sql")).unwrap());
    let told = check(&store, &[]);
    assert_eq!(told.status, 0, "{}{}", told.out, told.err);
}

#[test]
fn every_difference_of_a_live_database_is_named() {
    let Some(store) = target(Engine::Postgres) else { return };
    store.run(
        "ALTER TABLE patients_patient ALTER ramq TYPE varchar(20), ALTER first_name DROP NOT NULL, DROP data_access; \
         ALTER TABLE users_user ADD nickname text, DROP CONSTRAINT users_user_type_valid; DROP TABLE caregivers_device; \
         ALTER TABLE caregivers_caregiverprofile DROP CONSTRAINT caregivers_caregiverprofile_user_id_key CASCADE",
    );
    let told = check(&store, &[]).with(1);
    let lines: Vec<&str> = told.out.lines().filter(|line| line.starts_with("target.sql")).collect();
    for expected in [
        "patients_patient.ramq: the type is character varying(12) in the DDL and character varying(20) in the database",
        "patients_patient.first_name: may not be null in the DDL, and may be null in the database",
        "patients_patient.data_access: the database has no such column",
        "users_user.nickname: only the database has this column, text",
        "users_user.type: the values are",
        "caregivers_device: the database has no such table",
        "caregivers_caregiverprofile: the database lacks: unique (user_id)",
    ] {
        assert!(lines.iter().any(|line| line.contains(expected)), "no `{expected}` in {lines:#?}");
    }
    assert_eq!(lines.len(), 7, "{lines:#?}");
    assert!(lines[0].starts_with("target.sql:"), "{lines:#?}");
    assert!(!told.out.contains("s3cret") && !told.err.contains("s3cret"));
    let json = check(&store, &["--message-format", "json"]).with(1);
    let first: serde_json::Value = serde_json::from_str(json.out.lines().next().unwrap()).unwrap();
    assert!(first["line"].is_number() && first["message"].is_string(), "{first}");
    check(&store, &["--side", "legacy"]).with(2).says(&["the database is postgresql"]);
}

#[test]
fn the_catalogue_is_shown_as_a_file_is() {
    for engine in Engine::ALL {
        let Some(store) = Store::new(engine) else { continue };
        store.run("CREATE TABLE thing (id int NOT NULL PRIMARY KEY, name varchar(5) DEFAULT 'x', UNIQUE (name))");
        let shown = cutover(["schema", &store.url()]).with(0);
        for expected in ["thing", "id: int", "name: ", "default 'x'", "unique (name)"] {
            assert!(shown.out.contains(expected), "{engine:?}: no `{expected}` in {}", shown.out);
        }
        let json: serde_json::Value =
            serde_json::from_str(&cutover(["schema", &store.url(), "--json"]).with(0).out).unwrap();
        assert_eq!(json["tables"][0]["primary_key"][0], "id", "{engine:?}");
    }
    let Some(empty) = Store::new(Engine::Postgres) else { return };
    cutover(["schema", &empty.url()]).with(1).says(&["the database has no tables"]);
}

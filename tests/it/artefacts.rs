//! What is generated from the example: fresh, the same each time, and taken by a real SQLite.

use cutover_codegen::{disk, emit};
use cutover_mapping_dsl::schema::Schema;
use cutover_tests::command::{command, cutover};
use cutover_tests::content::{Content, ask};
use cutover_tests::opal::{Pair, map, plan, repository, tables};
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Paths of all files below a folder.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { BTreeSet::from([path]) }).collect()
}

#[test]
fn the_files_in_the_repository_are_fresh() {
    let folder = repository("generated/opal");
    let made = emit(&plan()).unwrap();
    let remedy = "cargo run -- generate examples/opal/opal.map --out generated/opal";
    let stale = disk::stale(&made, &folder);
    assert!(stale.is_empty(), "stale: {stale:?}\nrenew them: {remedy}");
    let expected: BTreeSet<PathBuf> = made.iter().map(|(path, _)| folder.join(path)).collect();
    assert_eq!(files(&folder), expected, "files that nothing generates, or the other way round; {remedy}");
}

#[test]
fn the_files_of_the_second_example_are_fresh() {
    let folder = repository("generated/kern");
    let loaded = disk::load(&repository("examples/outsystems/kern.map")).unwrap();
    let made = emit(&loaded.compiled.plan.unwrap()).unwrap();
    let stale = disk::stale(&made, &folder);
    let remedy = "cargo run -- generate examples/outsystems/kern.map --out generated/kern";
    assert!(stale.is_empty(), "stale: {stale:?}\nrenew them: {remedy}");
    let expected: BTreeSet<PathBuf> = made.iter().map(|(path, _)| folder.join(path)).collect();
    assert_eq!(files(&folder), expected, "files that nothing generates, or the other way round; {remedy}");
}

/// Each collection that hashes gets another seed each time that it is made.
#[test]
fn a_hundred_compilations_give_the_same_bytes() {
    let maps = ["examples/opal/opal.map", "examples/outsystems/kern.map"].map(repository);
    let made = || maps.each_ref().map(|map| emit(&disk::load(map).unwrap().compiled.plan.unwrap()).unwrap());
    let first = made();
    for time in 2..=100 {
        assert!(made() == first, "compilation {time}");
    }
}

#[test]
fn each_process_generates_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let made = emit(&plan()).unwrap();
    for (name, zone) in [("a", "Asia/Tokyo"), ("b", "America/Toronto"), ("c", "UTC")] {
        let mut command = command();
        command.env("TZ", zone).env("LANG", "tr_TR.UTF-8").current_dir(folder.path());
        assert!(command.arg("generate").arg(map()).args(["--out", name]).output().unwrap().status.success());
        assert_eq!(disk::stale(&made, &folder.path().join(name)), Vec::<PathBuf>::new(), "{name}");
        assert_eq!(files(&folder.path().join(name)).len(), made.len());
    }
}

#[test]
fn check_tells_what_is_stale_and_generate_renews_only_that() {
    let folder = tempfile::tempdir().unwrap();
    let run = |more: &[&str]| {
        let fixed = [OsStr::new("generate"), map().as_os_str(), OsStr::new("--out"), folder.path().as_os_str()]
            .map(OsStr::to_os_string);
        cutover(fixed.into_iter().chain(more.iter().map(Into::into)))
    };
    let missing = run(&["--check"]).with(1);
    assert_eq!(missing.out.lines().filter(|line| line.starts_with("stale: ")).count(), emit(&plan()).unwrap().len());
    assert_eq!(files(folder.path()).len(), 0, "a check writes nothing");
    run(&[]).with(0);
    assert!(run(&["--check"]).with(0).out.is_empty());
    let spoilt = folder.path().join("mapping.rs");
    std::fs::write(&spoilt, "// by hand").unwrap();
    assert_eq!(run(&["--check"]).with(1).out, format!("stale: {}\n", spoilt.display()));
    assert_eq!(run(&[]).with(0).out, format!("wrote {}\n", spoilt.display()));
    assert_eq!(disk::stale(&emit(&plan()).unwrap(), folder.path()), Vec::<PathBuf>::new());
    assert!(files(folder.path()).iter().all(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.')));
}

/// Opens both files under the names that the generated SQL uses.
fn attached(pair: &Pair) -> Connection {
    let database = Connection::open_in_memory().unwrap();
    for (path, name) in [(pair.legacy(), "old"), (pair.target(), "new")] {
        database.execute(&format!("ATTACH ? AS {name}"), [path.to_str().unwrap()]).unwrap();
    }
    database
}

fn sql(artefact: &str) -> String {
    std::fs::read_to_string(repository(&format!("generated/opal/sql/sqlite/{artefact}.sql"))).unwrap()
}

/// Returns the statements of a file, each prepared by SQLite.
fn statements(database: &Connection, artefact: &str) -> Vec<String> {
    let text = sql(artefact);
    let mut batch = Batch::new(database, &text);
    let mut statements = Vec::new();
    while let Some(statement) = batch.next().unwrap_or_else(|error| panic!("{artefact}: {error}")) {
        statements.push(statement.expanded_sql().unwrap());
    }
    statements
}

#[test]
fn sqlite_takes_every_statement_before_a_run() {
    let pair = Pair::sample();
    let database = attached(&pair);
    database.execute_batch(&sql("migration_table")).unwrap();
    database.execute_batch(&sql("migration_table")).unwrap();
    for (artefact, least) in [("preflight", 50), ("pending", 4), ("counts", 2), ("deviations", 40), ("rollback", 10)] {
        assert!(statements(&database, artefact).len() >= least, "{artefact}");
    }
    statements(&database, "forward");
    // What is pending before the run is what the run is about to settle.
    let pending = statements(&database, "pending");
    let first = pending.iter().find(|query| query.contains("\"old\".\"Patient\" AS")).unwrap();
    assert_eq!(ask(&database, &first.replace("LIMIT NULL", "LIMIT 1000")).len(), 27);
    // The runtime works with these tables, too.
    drop(database);
    pair.run();
    assert_eq!(pair.cutover("verify", &[]).status, 0);
}

#[test]
fn the_migration_tables_of_both_kinds_have_the_same_columns() {
    let (written, run) = (Pair::sample(), Pair::sample());
    attached(&written).execute_batch(&sql("migration_table")).unwrap();
    run.run();
    let columns = "SELECT s.name, c.name, c.type, c.pk FROM sqlite_schema s, pragma_table_info(s.name) c
                   WHERE s.name LIKE 'cutover_map_%' ORDER BY 1, 2";
    assert_eq!(written.ask(columns), run.ask(columns));
}

#[test]
fn sql_agrees_with_the_runtime_after_a_run() {
    let pair = Pair::sample();
    let before = Content::exact(&pair.target()).own();
    pair.run();
    let database = attached(&pair);
    for query in statements(&database, "pending") {
        assert_eq!(ask(&database, &query.replace("LIMIT NULL", "LIMIT 1000")), [""; 0], "{query}");
    }
    let counts: Vec<String> = statements(&database, "counts").iter().flat_map(|query| ask(&database, query)).collect();
    // What the dialect cannot count is left to the runtime.
    let expected = [
        "Site|4|0|2|2|0",
        "Patient|27|19|0|8|0",
        "HospitalIdentifier|9|5|0|4|0",
        "Question|4|2|0|2|0",
        "Staff|5|4|0|1|0",
    ];
    assert_eq!(counts, expected);
    for query in statements(&database, "deviations") {
        assert_eq!(ask(&database, &query), [""; 0], "{query}");
    }
    pair.on_target("UPDATE patients_patient SET last_name = 'other' WHERE legacy_id = 104");
    let found: Vec<String> =
        statements(&database, "deviations").iter().flat_map(|query| ask(&database, query)).collect();
    assert_eq!(found, ["patients_patient.last_name|104|4|Testmann|other"]);
    database.execute_batch(&sql("rollback")).unwrap();
    let tables = ["patients_patient", "patients_hospitalpatient", "users_user", "caregivers_caregiverprofile"];
    before.only(&tables).assert_same(&Content::exact(&pair.target()).only(&tables), "rollback.sql");
}

#[test]
fn sqlite_takes_the_tables_of_both_sides() {
    let plan = plan();
    for (side, schema) in [("legacy", &plan.legacy.schema), ("target", &plan.target.schema)] {
        let ended = cutover([
            OsStr::new("schema"),
            map().as_os_str(),
            "--side".as_ref(),
            side.as_ref(),
            "--dialect".as_ref(),
            "sqlite".as_ref(),
        ]);
        let printed = ended.with(0).out;
        let made = columns_made(&printed);
        assert_eq!(made, columns_of(schema), "{side}");
        assert_eq!(columns_made(&tables(schema)), made, "{side}");
    }
}

fn columns_made(script: &str) -> BTreeSet<String> {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(script).unwrap();
    let columns = "SELECT s.name || '.' || c.name FROM sqlite_schema s, pragma_table_info(s.name) c \
                   WHERE s.type = 'table' AND s.name <> 'sqlite_sequence'";
    ask(&database, columns).into_iter().collect()
}

fn columns_of(schema: &Schema) -> BTreeSet<String> {
    let tables = schema.tables.iter();
    tables.flat_map(|table| table.columns.iter().map(|column| format!("{}.{}", table.name, column.name))).collect()
}

fn lineage() -> serde_json::Value {
    let text = std::fs::read_to_string(repository("generated/opal/lineage.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_lineage_of_a_target_column_goes_through_joins_references_and_value_maps() {
    let lineage = lineage();
    let of = |table: &str, column: &str| -> Vec<String> {
        let columns = lineage["target"].as_array().unwrap().iter();
        let found = columns.filter(|found| found["table"] == table && found["column"] == column);
        let origins = found.flat_map(|found| found["from"].as_array().unwrap().iter());
        origins
            .map(|origin| origin.as_object().unwrap().values().map(ToString::to_string).collect::<Vec<_>>().join(" "))
            .collect()
    };
    let joined = r#""p.PatientSerNum == u.UserTypeSerNum""#;
    assert_eq!(
        of("patients_patient", "sex"),
        [r#""values" "Sex""#, r#""function" "upper""#, r#""Sex" null "column" "Patient""#]
    );
    assert_eq!(
        of("patients_relationship", "patient_id"),
        [r#""reference" "Patient" "t" "patients_patient""#, r#""UserTypeSerNum" null "column" "Users""#]
    );
    assert_eq!(
        of("users_user", "language"),
        [
            r#""function" "lower""#.to_string(),
            format!(r#""Language" {joined} "column" "Patient""#),
            r#""function" "lower""#.to_string(),
            r#""Language" null "column" "OAUser""#.to_string(),
        ],
        "caregivers first, then staff"
    );
    assert_eq!(of("users_user", "type"), [r#""constant" "\"CAREGIVER\"""#, r#""constant" "\"CLINICAL\"""#]);
    assert_eq!(
        of("patients_relationship", "caregiver_id"),
        [r#""id" "sibling" "profile" "caregivers_caregiverprofile""#]
    );
}

#[test]
fn every_legacy_column_that_a_map_speaks_of_has_a_fate() {
    let lineage = lineage();
    let plan = plan();
    for table in lineage["legacy"].as_array().unwrap() {
        let columns = table["columns"].as_array().unwrap();
        let all = plan.legacy.table(table["table"].as_str().unwrap()).columns.len();
        assert_eq!(columns.len() as u64 + table["not_used"].as_u64().unwrap(), all as u64);
        for column in columns {
            let fates = ["goes_to", "decides", "dropped", "deferred"];
            assert!(fates.iter().any(|fate| !column[fate].as_array().unwrap().is_empty()), "{column}");
        }
    }
    let patient = lineage["legacy"].as_array().unwrap().iter().find(|table| table["table"] == "Patient").unwrap();
    assert_eq!(patient["not_used"], 0, "the world of a base table is closed");
}

//! How fast the steps of Opal carry rows on SQLite, against `INSERT … SELECT` written by hand in the same run.
//! `CUTOVER_BENCH_PATIENTS` sets the number of patients; each has an identifier and an account, one in a hundred is
//! dirty. Every variant runs in a process of its own, so that its memory is its own.
#![allow(clippy::print_stdout)] // A benchmark speaks to the terminal.

use cutover_benches::{opal, peak_memory, row, setting};
use cutover_mapping_dsl::plan::{Plan, Side};
use cutover_mapping_dsl::schema::{Dialect, translate::create_statements};
use cutover_runtime::step::Step;
use cutover_runtime::{RunOptions, Silent, VerifyOptions, run, verify};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const VARIANTS: [&str; 5] = ["by hand", "cutover, compiled", "cutover, from the .map", "second run", "verify"];

fn main() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("migrate");
    match std::env::var("CUTOVER_BENCH_VARIANT") {
        Ok(variant) => one(&variant, &folder),
        Err(_) => all(&folder),
    }
}

fn all(folder: &Path) {
    let patients = setting("CUTOVER_BENCH_PATIENTS", 1_000_000);
    std::fs::create_dir_all(folder).expect("the target folder can be written");
    let plan = opal();
    make_legacy(&plan, &folder.join("legacy.db"), patients);
    println!("Opal on SQLite, {patients} patients, each with an identifier and an account: legacy rows/s");
    row(&["", "seconds", "legacy rows/s", "of by hand", "peak memory"].map(String::from));
    let mut floor = None;
    for variant in VARIANTS {
        if variant != "second run" && variant != "verify" {
            make_target(&plan, &folder.join("target.db"));
        }
        let output = Command::new(std::env::current_exe().expect("a process knows its program"))
            .env("CUTOVER_BENCH_VARIANT", variant)
            .output()
            .expect("the benchmark can run itself");
        assert!(output.status.success(), "{variant}: {}", String::from_utf8_lossy(&output.stderr));
        let line = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut figures = line.split_whitespace().map(|figure| figure.parse::<f64>().expect("figures are numbers"));
        let (seconds, memory) = (figures.next().unwrap_or_default(), figures.next().unwrap_or_default());
        let rate = 3.0 * patients as f64 / seconds;
        let floor = *floor.get_or_insert(rate);
        row(&[
            variant.to_string(),
            format!("{seconds:.1}"),
            format!("{:.0} k", rate / 1000.0),
            format!("{:.0} %", 100.0 * rate / floor),
            format!("{memory:.0} MiB"),
        ]);
    }
}

fn one(variant: &str, folder: &Path) {
    let (legacy, target) = (folder.join("legacy.db"), folder.join("target.db"));
    let start = Instant::now();
    match variant {
        "by hand" => by_hand(&legacy, &target),
        "cutover, compiled" | "second run" => carry(&legacy, &target, &cutover_generated::opal::steps()),
        "verify" => compare(&legacy, &target, &cutover_generated::opal::steps()),
        _ => carry(&legacy, &target, &cutover_interpreter::steps(&opal()).expect("it asks no program")),
    }
    println!("{} {}", start.elapsed().as_secs_f64(), peak_memory());
}

fn carry(legacy: &Path, target: &Path, steps: &[Box<dyn Step>]) {
    let mut from = cutover_sqlite::open_legacy(legacy).expect("it was just made");
    let mut to = cutover_sqlite::open_target(target).expect("it was just made");
    let options = RunOptions { max_rejects: None, ..RunOptions::default() };
    run(&mut from, &mut to, steps, &options, &mut Silent).expect("the run completes");
}

fn compare(legacy: &Path, target: &Path, steps: &[Box<dyn Step>]) {
    let mut from = cutover_sqlite::open_legacy(legacy).expect("it was just made");
    let mut to = cutover_sqlite::open_target(target).expect("it was just made");
    let report = verify(&mut from, &mut to, steps, &VerifyOptions::default(), &mut Silent).expect("it can be read");
    assert_eq!(report.total, 0, "a migrated database has no deviations");
}

/// The floor: what somebody would write in an afternoon. No resumption, no rejects, no record of what became of what.
fn by_hand(legacy: &Path, target: &Path) {
    let database = Connection::open(target).expect("it was just made");
    database.execute("ATTACH ? AS old", [legacy.to_string_lossy()]).expect("it was just made");
    database.execute_batch(include_str!("by_hand.sql")).expect("the statements are right");
}

fn tables(side: &Side) -> Vec<String> {
    create_statements(&side.schema, Dialect::Sqlite).expect("SQLite is supported").statements
}

fn make(side: &Side, path: &Path, fill: impl FnOnce(&Connection)) {
    let _ = std::fs::remove_file(path);
    let database = Connection::open(path).expect("the folder can be written");
    database.execute_batch("PRAGMA foreign_keys = OFF; BEGIN").expect("it is open");
    tables(side).iter().for_each(|statement| database.execute_batch(statement).expect("the tables are right"));
    fill(&database);
    database.execute_batch("COMMIT").expect("there is room");
}

fn make_target(plan: &Plan, path: &Path) {
    let rows = include_str!("../../examples/opal/target-reference.sql");
    make(&plan.target, path, |database| database.execute_batch(rows).expect("the rows are right"));
}

fn make_legacy(plan: &Plan, path: &Path, patients: usize) {
    let start = Instant::now();
    make(&plan.legacy, path, |database| {
        database.execute_batch(include_str!("legacy_sites.sql")).expect("the rows are right");
        fill(database, patients);
    });
    let _: Duration = start.elapsed();
}

fn fill(database: &Connection, patients: usize) {
    let prepare = |sql: &str| database.prepare(sql).expect("the statement is right");
    let mut patient = prepare(
        "INSERT INTO Patient (PatientSerNum, FirstName, LastName, Sex, DateOfBirth, TelNum, Email, Language, SSN, \
         AccessLevel, RegistrationDate, DeathDate) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    let mut control = prepare("INSERT INTO PatientControl (PatientSerNum) VALUES (?)");
    let mut identifier = prepare("INSERT INTO Patient_Hospital_Identifier VALUES (?, ?, ?, ?, 1)");
    let mut user = prepare(
        "INSERT INTO Users (UserSerNum, UserType, UserTypeSerNum, Username, Password) VALUES (?, 'Patient', ?, ?, '')",
    );
    let sexes = ["Female", "Male", "Other", "Unknown"];
    for number in 1..=patients as i64 {
        let dirty = number % 100 == 0;
        let day = format!("{:04}-{:02}-{:02}", 1930 + number % 80, 1 + number % 12, 1 + number % 28);
        let birth = if dirty { "0000-00-00 00:00:00".to_string() } else { format!("{day} 00:00:00") };
        let registered = format!("2020-{:02}-{:02} {:02}:30:00", 1 + number % 12, 1 + number % 28, number % 24);
        let email = format!("person{number}@Example.org");
        let ssn = format!("TEST{:08}", number % 100_000_000);
        patient
            .execute(rusqlite::params![
                number,
                format!("First{number}"),
                format!("Last{}", number % 5000),
                sexes[(number % 4) as usize],
                birth,
                4_162_000_000i64 + number % 999_999,
                email,
                if number % 3 == 0 { "FR" } else { "EN" },
                ssn,
                if number % 2 == 0 { "3" } else { "1" },
                registered,
                Option::<String>::None
            ])
            .expect("there is room");
        control.execute([number]).expect("there is room");
        let site = if number % 2 == 0 { "HXA" } else { "HXB" };
        identifier.execute(rusqlite::params![number, number, site, format!("{number:010}")]).expect("there is room");
        user.execute(rusqlite::params![number, number, format!("uid{number}")]).expect("there is room");
    }
}

//! How fast Opal's steps carry rows between real servers with their default durability, against floors and rivals in
//! the same run. Servers are private ones, or those of `CUTOVER_TEST_POSTGRES_URL` and `CUTOVER_TEST_MARIADB_URL`.
//! `CUTOVER_BENCH_PATIENTS` sets how many patients there are, `CUTOVER_BENCH_DIRTY` that every so many-th is dirty,
//! `CUTOVER_BENCH_VARIANTS` (`|` between names) leaves others out.
#![allow(clippy::print_stdout)] // A benchmark speaks to the terminal.

mod bare;
mod carry;
mod floors;
mod sets;
mod stores;

use cutover_benches::{row, setting};
use std::process::Command;
use stores::{Copies, Legacy, Target};

/// Seconds for each of [`carry::MAPS`], for building what was off in the meantime, and the peak memory of the process in MiB
/// where it is known.
pub(crate) struct Figures {
    pub(crate) seconds: Vec<f64>,
    pub(crate) rebuild: f64,
    pub(crate) memory: Option<f64>,
}

fn main() {
    match std::env::var("CUTOVER_BENCH_VARIANT") {
        Ok(variant) => carry::one(&variant),
        Err(_) => all(),
    }
}

fn all() {
    let patients = setting("CUTOVER_BENCH_PATIENTS", 1_000_000);
    if std::env::var("CUTOVER_BENCH_VARIANTS").is_ok_and(|wanted| wanted == "sets") {
        return inside_by_sets(patients);
    }
    let wanted = std::env::var("CUTOVER_BENCH_VARIANTS").unwrap_or_default();
    let wanted = |name: &str| wanted.is_empty() || wanted.split('|').any(|wanted| wanted == name);
    let Some(legacy) = Legacy::make(patients, setting("CUTOVER_BENCH_DIRTY", 1_000_000_000)) else { return };
    println!("Opal on servers, {patients} patients, each with an identifier and an account: thousand legacy rows/s");
    row(&["", carry::MAPS[0], carry::MAPS[1], carry::MAPS[2], "all", "of it rebuild", "memory"].map(String::from));
    let show = |name: &str, figures: Figures| print(name, patients, &figures);
    show("reading alone", floors::read(&legacy));

    println!("MariaDB to PostgreSQL");
    let Some(target) = Target::postgres() else { return };
    let cutover = carry("run", &legacy, &target);
    show("cutover, live", cutover);
    show("cutover, second run", carry("run", &legacy, &target));
    show("cutover, verify", carry("verify", &legacy, &target));
    let copies = Copies::of(&target);
    let name = "COPY with the migration table, two streams";
    if wanted(name) {
        show(name, floors::copy_recorded(&target, &copies, 2));
    }
    drop(target);
    let Some(target) = Target::postgres() else { return };
    show("cutover, load", carry("load", &legacy, &target));
    drop(target);
    for (name, streams) in [("binary COPY of ready-made rows", 1), ("the same in two streams", 2)] {
        if wanted(name) {
            show(name, floors::copy(&copies, streams));
        }
    }
    for (name, streams) in [("COPY, indexes and keys built after", 1), ("the same over two connections", 2)] {
        if wanted(name) {
            show(name, bare::copy(&copies, streams));
        }
    }
    rivals(&legacy, &wanted, &show);

    println!("Inside one MariaDB");
    let Some(target) = Target::mariadb() else { return };
    show("INSERT … SELECT", floors::inside(&legacy, &target, floors::Record::Nothing));
    let Some(target) = Target::mariadb() else { return };
    show("the same with a migration table", floors::inside(&legacy, &target, floors::Record::MigrationTable));
    let Some(target) = Target::mariadb() else { return };
    show("cutover", carry("run", &legacy, &target));
    let Some(target) = Target::mariadb() else { return };
    show("cutover, load", carry("load", &legacy, &target));
    drop(legacy);
    inside_by_sets(patients);
}

/// What people would use instead, as far as it is installed.
fn rivals(legacy: &Legacy, wanted: &dyn Fn(&str) -> bool, show: &dyn Fn(&str, Figures)) {
    type Rival<'r> = (&'r str, &'r str, &'r dyn Fn(&Target) -> Option<Figures>);
    let scanners = "duckdb, duckdb_extensions, duckdb_extension_mysql_scanner, duckdb_extension_postgres_scanner";
    let rivals: [Rival<'_>; 3] = [
        ("Python and COPY", "psycopg2 or pymysql", &|target| {
            floors::python("opal_copy.py", "psycopg2, pymysql", legacy, target)
        }),
        ("DuckDB with both attached", "duckdb or its extensions", &|target| {
            floors::python("opal_duckdb.py", scanners, legacy, target)
        }),
        ("pgloader, tables as they are", "pgloader", &|target| floors::pgloader(legacy, target)),
    ];
    for (name, needs, rival) in rivals.into_iter().filter(|(name, ..)| wanted(name)) {
        match Target::postgres().and_then(|target| rival(&target)) {
            Some(figures) => show(name, figures),
            None => println!("{name}: not measured, {needs} is not installed"),
        }
    }
}

/// A mapping that the server can carry by itself, each way in turn.
fn inside_by_sets(rows: usize) {
    println!("Inside one MariaDB, rules that it can say: one map of {rows} people");
    let Some(people) = sets::People::make(rows) else { return };
    for _ in 0..2 {
        print("by hand, with a migration table", rows, &people.by_hand());
        print("cutover, by the server itself", rows, &people.cutover(false));
    }
    print("cutover, row by row", rows, &people.cutover(true));
}

/// Runs a command of cutover in a process of its own, so that its memory is its own.
fn carry(variant: &str, legacy: &Legacy, target: &Target) -> Figures {
    let output = Command::new(std::env::current_exe().expect("a process knows its program"))
        .env("CUTOVER_BENCH_VARIANT", variant)
        .env("CUTOVER_BENCH_FROM", legacy.url())
        .env("CUTOVER_BENCH_TO", target.url())
        .output()
        .expect("the benchmark can run itself");
    assert!(output.status.success(), "{variant}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut figures: Vec<f64> =
        text.split_whitespace().map(|word| word.parse().expect("figures are numbers")).collect();
    let memory = figures.pop();
    let rebuild = figures.pop().unwrap_or_default();
    Figures { seconds: figures, rebuild, memory }
}

fn print(name: &str, patients: usize, figures: &Figures) {
    let rate = |seconds: &f64| format!("{:.0}", patients as f64 / seconds / 1000.0);
    let mut cells = vec![name.to_string()];
    cells.extend(figures.seconds.iter().map(rate));
    let all = figures.seconds.iter().sum::<f64>() + figures.rebuild;
    cells.push(format!("{:.0}", (patients * figures.seconds.len()) as f64 / all / 1000.0));
    cells.push(if figures.rebuild > 0.0 { format!("{:.0} %", 100.0 * figures.rebuild / all) } else { String::new() });
    cells.push(figures.memory.map_or(String::new(), |memory| format!("{memory:.0} MiB")));
    row(&cells);
}

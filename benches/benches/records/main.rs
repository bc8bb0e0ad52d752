//! The second example at a share of its full size, 55 million records, within one PostgreSQL with default durability:
//! carried over, compared and taken back, each with a `kill -9` on the way. `CUTOVER_BENCH_PERCENT` sets the share (1 by
//! default; 100 takes an hour and 60 GB), `CUTOVER_BENCH_BATCH` the rows of a batch.
#![allow(clippy::print_stdout)] // A benchmark speaks to the terminal.

use cutover_benches::{peak_memory, row, setting};
use cutover_codegen::disk;
use cutover_mapping_dsl::plan::{Plan, Side};
use cutover_mapping_dsl::schema::{Dialect, translate::create_statements};
use cutover_runtime::{RollbackOptions, RunOptions, Silent, VerifyOptions, rollback, run, verify};
use cutover_test_servers::{Database, Durability, Kind, shared};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// People, policies and documents for each percent.
const PERCENT: [usize; 3] = [42_000, 148_000, 360_000];

/// Without an index on what refers to it, the server looks through a whole table for each row that it deletes.
const INDEXES: &str = r#"CREATE INDEX ON "OSUSR_P2D_RELATIE" ("HOOFDRELATIEID");
CREATE INDEX ON "OSUSR_9QF_POLIS" ("RELATIEID"); CREATE INDEX ON "OSUSR_9QF_POLIS" ("VERVANGTPOLISID")"#;

fn main() {
    match std::env::var("CUTOVER_BENCH_VARIANT") {
        Ok(variant) => one(&variant),
        Err(_) => all(),
    }
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/outsystems").join(name)
}

fn plan() -> Plan {
    let loaded = disk::load(&example("kern.map")).expect("the example is there");
    loaded.compiled.plan.expect("the example has no errors")
}

/// Does one thing in a process of its own and prints its peak memory.
fn one(variant: &str) {
    let url = |name| std::env::var(name).expect("the caller names both databases");
    let mut legacy = cutover_postgres::open_legacy(&url("CUTOVER_BENCH_FROM")).expect("it was just made");
    let mut target = cutover_postgres::open_target(&url("CUTOVER_BENCH_TO")).expect("it was just made");
    let steps = cutover_interpreter::steps(&plan()).expect("it asks no program");
    let batch = setting("CUTOVER_BENCH_BATCH", RunOptions::default().batch);
    match variant {
        "verify" => {
            let report = verify(&mut legacy, &mut target, &steps, &VerifyOptions::default(), &mut Silent);
            assert_eq!(report.expect("it can be read").total, 0, "a migrated database has no deviations");
        }
        "rollback" => {
            let options = RollbackOptions { batch, ..RollbackOptions::default() };
            rollback(&mut target, &steps, &options, &mut Silent).expect("it can be taken back");
        }
        _ => {
            let options = RunOptions { batch, load: variant == "load", ..RunOptions::default() };
            run(&mut legacy, &mut target, &steps, &options, &mut Silent).expect("the run completes");
        }
    }
    println!("{}", peak_memory());
}

fn all() {
    let percent = setting("CUTOVER_BENCH_PERCENT", 1);
    let counts = PERCENT.map(|count| count * percent);
    let Some((legacy, target)) = databases(counts) else { return };
    let records: usize = counts.iter().sum();
    println!("{records} records within one PostgreSQL, each phase killed once on its way");
    row(&["", "seconds", "records/s", "memory"].map(String::from));
    for variant in ["run", "verify", "rollback"] {
        let began = Instant::now();
        if variant == "rollback" {
            target.run(INDEXES);
        }
        // Some way into the work, wherever that is.
        let killed = Duration::from_secs(setting("CUTOVER_BENCH_KILL_AFTER", 2 + 2 * percent) as u64);
        let hit = kill(variant, &legacy, &target, killed);
        let memory = complete(variant, &legacy, &target);
        let seconds = began.elapsed().as_secs_f64();
        let name = format!("{variant}, {}", if hit { "killed once" } else { "done before the kill" });
        let rate = records as f64 / seconds;
        row(&[name, format!("{seconds:.0}"), format!("{rate:.0}"), format!("{memory:.0} MiB")]);
        let there = rows(&target);
        let expected = if variant == "rollback" { [0; 3] } else { counts };
        assert_eq!(there, expected, "people, policies and documents after {variant}");
    }
}

/// Makes both sides; none if there is no server.
fn databases(counts: [usize; 3]) -> Option<(Database, Database)> {
    let server = shared(Kind::Postgres, Durability::Default)?;
    let (legacy, target, plan) = (Database::on(server), Database::on(server), plan());
    let tables = |side: &Side| create_statements(&side.schema, Dialect::PostgreSql).expect("it has no such types");
    let tables = |side: &Side| tables(side).statements.join(";\n");
    legacy.run(&tables(&plan.legacy));
    let mut fill = include_str!("fill.sql").to_string();
    for (name, count) in ["{relaties}", "{polissen}", "{documenten}"].iter().zip(counts) {
        fill = fill.replace(name, &count.to_string());
    }
    legacy.load(&fill);
    target.run(&tables(&plan.target));
    target.run(&std::fs::read_to_string(example("target-reference.sql")).expect("the example is there"));
    Some((legacy, target))
}

fn child(variant: &str, legacy: &Database, target: &Database) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a process knows its program"));
    command.env("CUTOVER_BENCH_VARIANT", variant).env("CUTOVER_BENCH_FROM", legacy.url());
    command.env("CUTOVER_BENCH_TO", target.url());
    command
}

/// Begins something and kills it after a while. Returns whether it was still at work.
fn kill(variant: &str, legacy: &Database, target: &Database, after: Duration) -> bool {
    let mut command = child(variant, legacy, target);
    let mut child = command.stdout(Stdio::null()).spawn().expect("the benchmark can run itself");
    std::thread::sleep(after);
    let at_work = child.try_wait().expect("it is our own").is_none();
    child.kill().and_then(|()| child.wait()).expect("it is our own");
    at_work
}

/// Does something to its end. Returns the peak memory in MiB.
fn complete(variant: &str, legacy: &Database, target: &Database) -> f64 {
    // The lock of the one that was killed dies once the server notices.
    std::thread::sleep(Duration::from_secs(1));
    let output = child(variant, legacy, target).output().expect("the benchmark can run itself");
    assert!(output.status.success(), "{variant}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("figures are numbers")
}

fn rows(target: &Database) -> [usize; 3] {
    ["OSUSR_P2D_RELATIE", "OSUSR_9QF_POLIS", "OSUSR_M4C_DOCUMENT"].map(|table| {
        let count = target.ask(&format!("SELECT COUNT(*) FROM \"{table}\""));
        count[0].parse().expect("it is a number")
    })
}

//! How fast rows are carried. By hand: `cargo test --release -p cutover-sqlite speed -- --ignored --nocapture`.

use crate::fixture::{World, column, read};
use cutover_runtime::step::*;
use cutover_runtime::value::{Key, Kind, Row};
use cutover_runtime::{RollbackOptions, RunOptions, Silent, VerifyOptions, rollback, run, verify};
use std::time::Instant;

const ROWS: u32 = 500_000;

/// One table to one table, ten columns, key assigned by the engine.
struct Simple {
    spec: StepSpec,
}

impl Simple {
    fn new() -> Simple {
        let names: Vec<String> = (1..10).map(|at| format!("c{at}")).collect();
        let mut columns = vec![read("s", "id", Kind::Integer)];
        columns.extend(names.iter().map(|name| read("s", name, Kind::Text)));
        let mut written = vec![column("legacy_id", Kind::Integer, Source::Converted)];
        written.extend(names.iter().map(|name| column(name, Kind::Text, Source::Converted)));
        let target = TargetSpec {
            role: "row".into(),
            table: "simple".into(),
            key: KeySpec { column: "id".into(), kind: Kind::Integer, assigned: KeyAssigned::Engine },
            columns: written,
            identity: Some(0),
        };
        let read = ReadSpec {
            table: "simple".into(),
            alias: "s".into(),
            joins: vec![],
            exists: vec![],
            required: vec![],
            columns,
            key: vec![0],
        };
        let spec = StepSpec {
            name: "Simple".into(),
            map_table: "cutover_map_simple".into(),
            meaning: "m".into(),
            read,
            links: vec![],
            targets: vec![target],
            unique: vec![],
            reasons: vec![],
            rollback: Rollback::Delete,
        };
        Simple { spec }
    }
}

impl Step for Simple {
    fn spec(&self) -> &StepSpec {
        &self.spec
    }

    fn in_scope(&self, _: &Row) -> Result<bool, Rejection> {
        Ok(true)
    }

    fn link_keys(&self, _: &Row) -> Result<Vec<Option<Key>>, Rejection> {
        Ok(vec![])
    }

    fn convert(&self, row: &Row, _: &[Link], _: &mut dyn Generator) -> Result<Vec<Row>, Rejection> {
        Ok(vec![row.clone()])
    }
}

#[test]
#[ignore = "measures, takes a while"]
fn rows_per_second() {
    let world = World::new();
    let columns = "c1 TEXT, c2 TEXT, c3 TEXT, c4 TEXT, c5 TEXT, c6 TEXT, c7 TEXT, c8 TEXT, c9 TEXT";
    let values = ["'some text ' || i"; 9].join(", ");
    world.on_legacy(&format!(
        "CREATE TABLE simple (id INTEGER PRIMARY KEY, {columns}); WITH RECURSIVE n(i) AS \
         (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) INSERT INTO simple SELECT i, {values} FROM n"
    ));
    world.on_target(&format!("CREATE TABLE simple (id INTEGER PRIMARY KEY, legacy_id INTEGER, {columns})"));
    let steps: Vec<Box<dyn Step>> = vec![Box::new(Simple::new())];
    let (mut legacy, mut target) = (world.legacy(), world.target());
    let report = |name: &str, began: Instant| {
        let seconds = began.elapsed().as_secs_f64();
        println!("{name}: {:.0} rows/s, {seconds:.2} s", f64::from(ROWS) / seconds);
    };
    let began = Instant::now();
    let done = run(&mut legacy, &mut target, &steps, &RunOptions::default(), &mut Silent).unwrap();
    report("run", began);
    println!("{:?}", done.steps[0].stages);
    let began = Instant::now();
    run(&mut legacy, &mut target, &steps, &RunOptions::default(), &mut Silent).unwrap();
    report("second run", began);
    let began = Instant::now();
    let compared = verify(&mut legacy, &mut target, &steps, &VerifyOptions::default(), &mut Silent).unwrap();
    assert_eq!(compared.total, 0);
    report("verify", began);
    let began = Instant::now();
    rollback(&mut target, &steps, &RollbackOptions::default(), &mut Silent).unwrap();
    report("rollback", began);
}

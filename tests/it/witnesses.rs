//! Two witnesses of one meaning: the interpreter walks the plan, the generated crate was compiled from it. Whatever the
//! rows hold, both leave the same database behind.

use cutover_runtime::step::Step;
use cutover_runtime::{RunOptions, Silent, VerifyOptions, run, verify};
use cutover_tests::content::{Content, ask_file};
use cutover_tests::opal::{Pair, plan};
use cutover_tests::rows::{Rows, add};
use std::path::Path;

fn interpreted() -> Vec<Box<dyn Step>> {
    cutover_interpreter::steps(&plan()).unwrap()
}

fn compiled() -> Vec<Box<dyn Step>> {
    cutover_generated::opal::steps()
}

/// Migrates into a fresh target and returns what it holds then.
fn migrate(pair: &Pair, steps: &[Box<dyn Step>]) -> Content {
    pair.fresh_target();
    let mut legacy = cutover_sqlite::open_legacy(pair.legacy()).unwrap();
    let mut target = cutover_sqlite::open_target(pair.target()).unwrap();
    let options = RunOptions { batch: 97, max_rejects: None, ..RunOptions::default() };
    run(&mut legacy, &mut target, steps, &options, &mut Silent).unwrap();
    let report = verify(&mut legacy, &mut target, steps, &VerifyOptions::default(), &mut Silent).unwrap();
    assert_eq!(report.deviations, [], "what was just migrated must compare equal");
    Content::lasting(&pair.target())
}

#[test]
fn both_describe_their_steps_alike() {
    let (interpreted, compiled) = (interpreted(), compiled());
    assert_eq!(interpreted.len(), compiled.len());
    for (interpreted, compiled) in interpreted.iter().zip(&compiled) {
        assert_eq!(interpreted.spec(), compiled.spec());
    }
}

#[test]
fn both_migrate_the_sample_alike() {
    let pair = Pair::sample();
    let compiled = migrate(&pair, &compiled());
    assert_eq!(compiled.rows("patients_patient").len(), 19);
    migrate(&pair, &interpreted()).assert_same(&compiled, "interpreter and generated code on the sample");
}

#[test]
fn both_migrate_dirty_rows_alike() {
    for (seed, odd) in [(1, 60), (2, 250)] {
        let pair = Pair::empty();
        add(&pair.legacy(), Rows { first: 1, patients: 1000, odd, seed });
        let compiled = migrate(&pair, &compiled());
        migrate(&pair, &interpreted()).assert_same(&compiled, &format!("seed {seed}"));
        assert_rich(&pair.target(), odd);
    }
}

/// The rows made up must reach what they are made for, or the comparison says little.
fn assert_rich(target: &Path, odd: u64) {
    let count = |query: &str| ask_file(target, query)[0].parse::<usize>().unwrap();
    assert!(count("SELECT COUNT(*) FROM users_user") > 20, "odd {odd}");
    assert!(count("SELECT COUNT(*) FROM patients_hospitalpatient") > 100, "odd {odd}");
    assert!(count("SELECT COUNT(DISTINCT map || rule) FROM cutover_reject") > 30, "odd {odd}");
}

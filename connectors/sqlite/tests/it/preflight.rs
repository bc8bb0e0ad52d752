//! Preflight says before a run what the run then does, and leaves no trace.

use crate::fixture::{World, any_rejects, steps};
use cutover_runtime::report::{Counts, Outcome};
use cutover_runtime::{
    PreflightOptions, PreflightReport, RejectFilter, RunError, RunOptions, Silent, Verdict, preflight,
};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

fn try_asked(world: &World, options: &PreflightOptions) -> Result<PreflightReport, RunError> {
    preflight(&mut world.legacy(), &mut world.target(), &steps(), options, &mut Silent)
}

fn asked(world: &World, batch: usize) -> PreflightReport {
    let before = [world.legacy_path(), world.target_path()].map(|path| fs::read(path).unwrap());
    let options = PreflightOptions { batch, keep: 100, ..PreflightOptions::default() };
    let report = try_asked(world, &options).unwrap();
    let after = [world.legacy_path(), world.target_path()].map(|path| fs::read(path).unwrap());
    assert!(before == after, "something was written");
    report
}

/// What is rejected, by map and reason.
fn foretold(report: &PreflightReport) -> BTreeMap<(String, String), u64> {
    let mut counts = BTreeMap::new();
    for step in &report.steps {
        for obligation in step.obligations.iter().filter(|obligation| obligation.offenders > 0) {
            *counts.entry((step.map.clone(), obligation.reason.clone())).or_default() += obligation.offenders;
        }
    }
    counts
}

fn rejected(world: &World) -> BTreeMap<(String, String), u64> {
    let rows = world.ask("SELECT map, rule, COUNT(*) FROM cutover_reject GROUP BY map, rule");
    let count = |row: &String| {
        let parts: Vec<&str> = row.split('|').collect();
        ((parts[0].to_string(), parts[1].to_string()), parts[2].parse().unwrap())
    };
    rows.iter().map(count).collect()
}

/// Asks in batches of several sizes, runs, and compares.
fn agrees(world: &World) -> PreflightReport {
    let report = asked(world, 5000);
    for batch in [1, 3, 7] {
        assert_eq!(asked(world, batch), report, "batch {batch}");
    }
    let run = world.run();
    assert_eq!(foretold(&report), rejected(world));
    let now: Vec<Counts> = run.steps.iter().map(|step| step.now).collect();
    assert_eq!(report.steps.iter().map(|step| step.would).collect::<Vec<_>>(), now);
    report
}

const DIRT: &str = "UPDATE person SET boss = NULL WHERE id < 10;
    UPDATE person SET lang = 'Greek' WHERE id = 1;
    UPDATE person SET lang = 'latin' WHERE id = 2;
    UPDATE person SET lang = NULL WHERE id = 3;
    UPDATE person SET born = '0000-00-00' WHERE id = 4;
    UPDATE person SET name = 'name 5  ' WHERE id = 6;
    UPDATE person SET mail = 'p5@EXAMPLE.org' WHERE id = 9;";

#[test]
fn every_reject_of_a_run_is_foretold() {
    let world = World::with(30);
    world.on_legacy(DIRT);
    let report = agrees(&world);
    assert_eq!((report.verdict, report.outcome), (Verdict::Fail, Outcome::Complete));
    // Who refers to a row that would be rejected is told apart from who refers to none.
    let caused = |parent: &str| {
        let all = report.steps.iter().flat_map(|step| &step.obligations);
        all.filter(|asked| asked.parent.as_deref() == Some(parent)).map(|asked| asked.offenders).sum::<u64>()
    };
    assert!(caused("Person") > 5, "{report:?}");
    let mail = report.steps[0].obligations.iter().find(|asked| asked.reason == "target_unique" && asked.offenders > 0);
    let mail = mail.unwrap();
    assert_eq!((mail.column.as_str(), mail.samples[0].value.to_string().as_str()), ("mail", "p5@example.org"));
    assert_eq!(mail.samples[0].legacy_key[0].to_string(), "9");
}

#[test]
fn rows_that_refer_to_later_ones_and_to_each_other_come_out_as_in_a_run() {
    let world = World::with(30);
    // A chain against the order of keys, and a ring.
    world.on_legacy(
        "UPDATE person SET boss = id + 1 WHERE id BETWEEN 11 AND 18;
         UPDATE person SET boss = 22 WHERE id = 21; UPDATE person SET boss = 21 WHERE id = 22;
         UPDATE person SET lang = 'Greek' WHERE id = 19",
    );
    let report = agrees(&world);
    assert!(foretold(&report)[&("Person".to_string(), "Boss".to_string())] >= 10, "{:?}", foretold(&report));
}

#[test]
fn rows_of_the_target_count_and_those_that_stand_for_legacy_rows_are_found() {
    let world = World::with(12);
    world.on_target(
        "INSERT INTO account (id, mail) VALUES (70, 'p3@example.org'), (71, 'elsewhere');
         INSERT INTO profile (id, legacy_id, name, account_id) VALUES (50, 5, 'Name 5', 71);
         INSERT INTO note (id, body) VALUES ('c4/2', 'there already')",
    );
    let report = agrees(&world);
    assert_eq!(report.steps[0].would.found, 1);
    assert_eq!(foretold(&report)[&("Note".to_string(), "target_unique".to_string())], 1);
}

#[test]
fn what_is_settled_is_not_asked_again_unless_a_retry_would() {
    let world = World::with(20);
    world.on_legacy(DIRT);
    world.run();
    let rejected = world.ask("SELECT COUNT(*) FROM cutover_reject")[0].parse().unwrap();
    world.add(21, 25);
    world
        .on_legacy("UPDATE person SET lang = 'French' WHERE id IN (1, 2); UPDATE person SET boss = NULL WHERE id > 20");
    let report = asked(&world, 4);
    assert_eq!((report.steps[0].asked, report.steps[0].would.rejected, report.rejects), (5, 0, rejected));
    assert_eq!(report.verdict, Verdict::Fail, "those that stand rejected count");
    let options = PreflightOptions { retry: true, ..PreflightOptions::default() };
    let again = try_asked(&world, &options).unwrap();
    let retry = RunOptions { retry: Some(RejectFilter::default()), ..any_rejects() };
    let run = world.try_run(&retry).unwrap();
    assert_eq!(again.rejects, run.rejects);
    assert_eq!(foretold(&again), self::rejected(&world));
}

#[test]
fn a_budget_makes_it_a_warning_and_stopping_says_so() {
    let world = World::with(20);
    world.on_legacy("UPDATE person SET lang = 'Greek' WHERE id = 13; DELETE FROM note");
    let with = |options: PreflightOptions| try_asked(&world, &options).unwrap();
    let report = with(PreflightOptions { max_rejects: Some(1), ..PreflightOptions::default() });
    assert_eq!((report.verdict, report.rejects), (Verdict::Warn, 1));
    let clean = with(PreflightOptions { max_rejects: None, keep: 0, ..PreflightOptions::default() });
    assert!(clean.steps.iter().flat_map(|step| &step.obligations).all(|asked| asked.samples.is_empty()));
    let stopped = with(PreflightOptions { stop: Arc::new(true.into()), ..PreflightOptions::default() });
    assert_eq!((stopped.outcome, stopped.steps.len(), stopped.steps[0].complete), (Outcome::Interrupted, 1, false));
    let late = with(PreflightOptions { deadline: Some(Duration::ZERO), ..PreflightOptions::default() });
    assert_eq!(late.outcome, Outcome::MoreWork);
}

#[test]
fn what_a_run_would_not_begin_is_refused() {
    let world = World::with(3);
    world.run();
    world.on_target("UPDATE cutover_meta SET value = 'meaning 0' WHERE name = 'meaning:Person'");
    let refused = try_asked(&world, &PreflightOptions::default());
    assert!(matches!(refused, Err(RunError::OtherWorld(_))), "{refused:?}");
    let accepted = try_asked(&world, &PreflightOptions { rebind: true, ..PreflightOptions::default() });
    assert_eq!(accepted.unwrap().steps[0].asked, 0);
}

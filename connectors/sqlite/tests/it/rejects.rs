//! Rows that cannot be carried: each is kept with its reason, the others arrive, and a budget decides when to stop.

use crate::fixture::{World, any_rejects};
use cutover_runtime::report::Outcome;
use cutover_runtime::{RejectFilter, RunOptions};

fn rejects(world: &World) -> Vec<String> {
    world.ask("SELECT map, legacy_key, column_name, rule, value FROM cutover_reject ORDER BY map, rowid")
}

#[test]
fn every_kind_of_reject_is_kept_with_its_reason() {
    let world = World::with(9);
    world.on_legacy(
        "UPDATE person SET boss = NULL;
         UPDATE person SET lang = 'Greek' WHERE id = 1;
         UPDATE person SET lang = 'latin' WHERE id = 2;
         UPDATE person SET lang = NULL WHERE id = 3;
         UPDATE person SET born = '0000-00-00' WHERE id = 4;
         UPDATE person SET name = 'name 5  ' WHERE id = 6;
         UPDATE person SET name = 'bad' WHERE id = 7;
         UPDATE person SET name = NULL WHERE id = 8;
         UPDATE person SET mail = 'p5@EXAMPLE.org' WHERE id = 9;
         DELETE FROM note",
    );
    world.run();
    let expected = [
        "Person|1|lang|Lang|Greek",
        "Person|2|lang|Lang|latin",
        "Person|3|lang|Lang|-",
        "Person|4|born|Born|0000-00-00",
        "Person|6|name|Name|name 5  ",
        "Person|7|name|target_check|bad",
        "Person|8|name|target_not_null|-",
        "Person|9|mail|target_unique|p5@example.org",
    ];
    let mut found = rejects(&world);
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(world.ask("SELECT COUNT(*) FROM account"), ["1"]);
    // A refused unit leaves no gap in the keys.
    world.add(11, 11);
    world.run();
    assert_eq!(world.ask("SELECT id, legacy_id, account_id FROM profile"), ["1|5|1", "2|11|2"]);
}

#[test]
fn a_commit_that_is_refused_rejects_the_offender_alone() {
    let world = World::with(9);
    world.on_legacy("UPDATE note SET body = 'orphan', person = 77 WHERE code = 'c4' AND part = 2");
    let report = world.run();
    assert_eq!(report.steps[1].settled.rejected, 1);
    assert_eq!(report.steps[1].settled.migrated, 17);
    assert_eq!(rejects(&world), ["Note|[\"c4\",\"2\"]||target_foreign_key|-"]);
}

#[test]
fn the_budget_stops_the_run_and_what_is_committed_stays() {
    let world = World::with(40);
    world.on_legacy("UPDATE person SET lang = 'Greek' WHERE id IN (2, 12, 13, 14)");
    let budget = |max| RunOptions { batch: 4, max_rejects: Some(max), ..RunOptions::default() };
    let report = world.try_run(&budget(0)).unwrap();
    assert_eq!((report.outcome, report.rejects), (Outcome::OverBudget, 2));
    assert_eq!(world.ask("SELECT COUNT(*) FROM profile"), ["2"]);
    assert_eq!(world.ask("SELECT outcome FROM cutover_run"), ["over_budget"]);
    let report = world.try_run(&RunOptions { max_rejects: None, ..budget(0) }).unwrap();
    assert_eq!(report.outcome, Outcome::Complete);
}

#[test]
fn rejected_rows_can_be_tried_again() {
    let world = World::with(20);
    world.on_legacy("UPDATE person SET lang = 'Greek' WHERE id IN (2, 13); DELETE FROM note");
    // Who works for a rejected person is rejected too.
    let before = world.run();
    assert_eq!(before.steps[0].settled.rejected, 11);
    world.on_legacy("UPDATE person SET lang = 'French' WHERE id = 2");
    let after = world.try_run(&RunOptions { retry: Some(RejectFilter::default()), ..any_rejects() }).unwrap();
    assert_eq!(after.steps[0].settled.rejected, 1, "{:?}", rejects(&world));
    assert_eq!(after.steps[0].in_scope, before.steps[0].in_scope);
    assert_eq!(rejects(&world), ["Person|13|lang|Lang|Greek"]);
    assert_eq!(after.rejects, 1);
}

//! Runs that go well: everything arrives once, and a second run has nothing to do.

use crate::fixture::{World, any_rejects};
use cutover_runtime::RunOptions;
use cutover_runtime::report::{Counts, Outcome};

#[test]
fn everything_in_scope_arrives_and_the_equation_holds() {
    let world = World::with(25);
    let report = world.run();
    assert_eq!(report.outcome, Outcome::Complete);
    let person = &report.steps[0];
    assert_eq!((person.in_scope, person.settled.migrated, person.complete), (23, 23, true), "{person:?}");
    // The notes of the two inactive people have nobody to belong to.
    let note = &report.steps[1];
    assert_eq!(note.settled, Counts { migrated: 46, found: 0, rejected: 4 });
    assert_eq!(report.rejects, 4);
    let steps =
        world.ask("SELECT map, in_scope, migrated, found, rejected, gone, complete FROM cutover_step ORDER BY 1");
    assert_eq!(steps, ["Note|50|46|0|4|0|1", "Person|23|23|0|0|0|1"]);
    assert_eq!(world.ask("SELECT SUM(migrated), SUM(rejected) FROM cutover_batch"), ["69|4"]);
    let row = world.ask("SELECT p.name, p.born, a.mail, b.legacy_id, a.lang_id FROM profile p \
                         JOIN account a ON a.id = p.account_id JOIN profile b ON b.id = p.boss_id WHERE p.legacy_id = 9");
    assert_eq!(row, ["Name 9|1980-02-03|p9@example.org|4|2"]);
}

#[test]
fn a_second_run_has_nothing_to_do_and_new_rows_are_picked_up() {
    let world = World::with(25);
    world.run();
    let content = world.content();
    let again = world.run();
    assert!(again.steps.iter().all(|step| step.now == Counts::default() && step.complete), "{again:?}");
    assert_eq!(world.content(), content);
    world.add(101, 110);
    let more = world.run();
    assert_eq!(more.steps[0].now.migrated, 9);
    assert_eq!(more.steps[0].in_scope, 32);
    assert_eq!(world.content().len(), content.len() + 9 * 4);
}

#[test]
fn the_result_does_not_depend_on_the_size_of_batches() {
    let check = |batch| {
        let world = World::with(60);
        world.on_legacy(
            "UPDATE person SET boss = 55 WHERE id IN (1, 2); UPDATE person SET boss = 1 WHERE id = 40;
                         UPDATE person SET name = 'name 3 ' WHERE id = 5; UPDATE person SET name = 'bad' WHERE id = 7;
                         UPDATE person SET name = 'bad' WHERE id = 8",
        );
        world.try_run(&RunOptions { batch, ..any_rejects() }).unwrap();
        (world.content(), world.entries())
    };
    let expected = check(1000);
    for batch in [1, 2, 7, 59] {
        assert_eq!(check(batch), expected, "batch {batch}");
    }
}

#[test]
fn an_empty_scope_is_flagged() {
    let world = World::with(3);
    world.on_legacy("DELETE FROM control; DELETE FROM note");
    let report = world.run();
    assert_eq!(report.steps.iter().map(|step| step.scope_is_empty).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_boss_with_a_higher_key_arrives_first() {
    let world = World::with(9);
    world.on_legacy(
        "UPDATE person SET boss = 9 WHERE id = 1; UPDATE person SET boss = 8 WHERE id = 9;
                     UPDATE person SET boss = 3 WHERE id = 3",
    );
    let report = world.run();
    let rejects = world.ask("SELECT legacy_key, rule FROM cutover_reject WHERE map = 'Person'");
    // Person 3 is its own boss, and 6 and 7 work for it.
    assert_eq!(rejects, ["3|Boss", "6|Boss", "7|Boss"]);
    assert_eq!(report.steps[0].settled.migrated, 6);
    let boss = "SELECT b.legacy_id FROM profile p JOIN profile b ON b.id = p.boss_id WHERE p.legacy_id = 1";
    assert_eq!(world.ask(boss), ["9"]);
}

#[test]
fn rows_that_left_the_legacy_side_do_not_disturb_a_run() {
    let world = World::with(25);
    world.run();
    world.on_legacy("DELETE FROM person WHERE id IN (1, 12, 25)");
    let report = world.run();
    assert_eq!((report.steps[0].in_scope, report.steps[0].gone), (20, 3));
}

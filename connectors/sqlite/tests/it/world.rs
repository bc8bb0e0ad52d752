//! Worlds that do not fit: refused before anything is written, with what differs.

use crate::fixture::{Note, Person, World, any_rejects, note, person, sql};
use cutover_runtime::step::Step;
use cutover_runtime::{RunError, RunOptions, Silent, run};

fn refusal(world: &World, steps: &[Box<dyn Step>], options: &RunOptions) -> String {
    run(&mut world.legacy(), &mut world.target(), steps, options, &mut Silent).unwrap_err().to_string()
}

fn changed() -> Vec<Box<dyn Step>> {
    vec![Box::new(Person { spec: person("meaning 2") }), Box::new(Note { spec: note() })]
}

#[test]
fn a_changed_meaning_is_refused_until_it_is_accepted() {
    let world = World::with(9);
    world.run();
    let told = refusal(&world, &changed(), &any_rejects());
    assert!(told.contains("the rules of map Person have changed since its rows were carried"), "{told}");
    let rebind = RunOptions { rebind: true, ..any_rejects() };
    run(&mut world.legacy(), &mut world.target(), &changed(), &rebind, &mut Silent).unwrap();
    run(&mut world.legacy(), &mut world.target(), &changed(), &any_rejects(), &mut Silent).unwrap();
}

#[test]
fn another_legacy_database_is_refused() {
    let world = World::with(9);
    world.run();
    let path = world.legacy_path().with_file_name("other.db");
    std::fs::copy(world.legacy_path(), &path).unwrap();
    let mut other = cutover_sqlite::open_legacy(path).unwrap();
    let result = run(&mut other, &mut world.target(), &crate::fixture::steps(), &any_rejects(), &mut Silent);
    let told = result.unwrap_err().to_string();
    assert!(told.contains("legacy identity was sqlite:") && told.contains("--rebind"), "{told}");
}

#[test]
fn databases_that_were_moved_are_the_same() {
    let (world, moved) = (World::with(9), World::with(9));
    world.run();
    std::fs::copy(world.legacy_path(), moved.legacy_path()).unwrap();
    std::fs::copy(world.target_path(), moved.target_path()).unwrap();
    assert_eq!(moved.run().steps[0].now.total(), 0);
}

#[test]
fn another_format_of_the_journal_is_refused() {
    let world = World::with(9);
    world.run();
    world.on_target("UPDATE cutover_meta SET value = '99' WHERE name = 'state_format'");
    assert!(matches!(world.try_run(&any_rejects()), Err(RunError::OtherFormat { .. })));
}

#[test]
fn an_emptied_target_is_refused() {
    let world = World::with(9);
    world.run();
    world.on_target("DELETE FROM note; DELETE FROM profile; DELETE FROM account");
    let told = world.try_run(&any_rejects()).unwrap_err().to_string();
    assert!(told.contains("the row 1 of table account that was migrated is gone"), "{told}");
}

#[test]
fn all_that_is_missing_is_listed_and_nothing_is_written() {
    let world = World::with(9);
    world.on_legacy("ALTER TABLE person RENAME COLUMN born TO b; DROP TABLE control");
    world.on_target("ALTER TABLE account RENAME COLUMN token TO t; DROP TABLE lang");
    let told = world.try_run(&any_rejects()).unwrap_err().to_string();
    for missing in
        ["legacy column person.born", "legacy table control", "target column account.token", "target table lang"]
    {
        assert!(told.contains(missing), "{missing}: {told}");
    }
    assert_eq!(world.ask("SELECT COUNT(*) FROM sqlite_schema WHERE name LIKE 'cutover%'"), ["0"]);
}

#[test]
fn a_key_that_is_null_stops_the_run() {
    let world = World::with(2);
    sql(&world.legacy_path(), "INSERT INTO note VALUES (NULL, 1, 1, 'x')");
    let told = world.try_run(&any_rejects()).unwrap_err().to_string();
    assert!(told.contains("table note has a row with the key [\"NULL\",\"1\"]"), "{told}");
}

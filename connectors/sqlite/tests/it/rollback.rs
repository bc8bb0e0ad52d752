//! Rollback: the target is as it was, but for what others have changed or built upon.

use crate::fixture::{Note, Person, World, any_rejects, note, person, steps};
use cutover_runtime::failpoint::{Action, arm, disarm};
use cutover_runtime::report::{Left, RollbackReport};
use cutover_runtime::step::{Rollback, Step};
use cutover_runtime::{RollbackOptions, RunError, Silent, rollback, run, status};

fn options() -> RollbackOptions {
    RollbackOptions { batch: 4, ..RollbackOptions::default() }
}

fn take_back(world: &World) -> RollbackReport {
    rollback(&mut world.target(), &steps(), &options(), &mut Silent).unwrap()
}

fn own_tables(world: &World) -> Vec<String> {
    let mut rows = world.content();
    rows.extend(world.ask("SELECT * FROM sqlite_sequence"));
    rows
}

fn show(left: &Left) -> String {
    format!("{} {} {} {}: {}", left.map, left.legacy_key, left.role, left.target_key, left.reason)
}

#[test]
fn everything_goes_back_and_comes_again() {
    let world = World::with(30);
    world.on_legacy("UPDATE person SET boss = 29 WHERE id = 1; UPDATE person SET lang = 'Greek' WHERE id = 7");
    world.on_target("INSERT INTO account (id, mail) VALUES (5, 'there')");
    world.on_target("INSERT INTO profile (id, legacy_id, name) VALUES (7, 12, 'there')");
    let before = own_tables(&world);
    world.run();
    let (content, entries) = (world.content(), world.entries());
    let report = take_back(&world);
    assert_eq!(own_tables(&world), before);
    assert_eq!(report.left, []);
    assert!(report.steps.iter().all(|step| step.kept == 0), "{report:?}");
    assert_eq!(world.ask("SELECT COUNT(*) FROM cutover_reject"), ["0"]);
    world.run();
    assert_eq!((world.content(), world.entries()), (content, entries));
}

#[test]
fn what_was_changed_or_is_referred_to_stays() {
    let world = World::with(9);
    world.run();
    world.on_target(
        "UPDATE profile SET name = 'mine' WHERE id = 6;
         DELETE FROM note WHERE id = 'c2/1';
         CREATE TABLE visit (who INTEGER REFERENCES profile (id) ON DELETE CASCADE);
         INSERT INTO visit VALUES (9)",
    );
    let report = take_back(&world);
    let left: Vec<String> = report.left.iter().map(show).collect();
    let expected = [
        "Note [\"c2\",\"1\"] note c2/1: already gone",
        "Person 9 profile 9: referred to by visit.who",
        "Person 6 profile 6: changed since it was migrated",
    ];
    assert_eq!(left, expected);
    assert_eq!(
        report.steps.iter().map(|step| (step.taken_back, step.gone, step.kept)).collect::<Vec<_>>(),
        [(17, 1, 0), (7, 0, 2)]
    );
    assert_eq!(world.ask("SELECT id FROM profile UNION ALL SELECT id FROM account"), ["6", "9", "6", "9"]);
    assert_eq!(world.ask("SELECT in_scope, migrated, complete FROM cutover_step"), ["2|2|0"]);
    // Once nothing stands in the way, the rest goes too.
    world.on_target("DROP TABLE visit; UPDATE profile SET name = 'Name 6' WHERE id = 6");
    assert_eq!(take_back(&world).left, []);
    assert_eq!(world.ask("SELECT COUNT(*) FROM profile"), ["0"]);
}

#[test]
fn an_interrupted_rollback_is_resumed() {
    for point in ["rollback.before_commit", "rollback.after_commit"] {
        for at in [1, 2, 5] {
            let world = World::with(9);
            let before = own_tables(&world);
            world.run();
            arm(point, Action::Error, at);
            let result = rollback(&mut world.target(), &steps(), &options(), &mut Silent);
            disarm();
            assert!(matches!(result, Err(RunError::Failpoint { .. })), "{point}@{at}");
            take_back(&world);
            assert_eq!(own_tables(&world), before, "{point}@{at}");
        }
    }
}

#[test]
fn a_map_that_others_refer_to_is_not_taken_back_alone() {
    let world = World::with(9);
    world.run();
    let only = |map: &str| RollbackOptions { maps: Some(vec![map.to_string()]), ..options() };
    let told = rollback(&mut world.target(), &steps(), &only("Person"), &mut Silent).unwrap_err().to_string();
    assert!(told.contains("map Note refers to it"), "{told}");
    rollback(&mut world.target(), &steps(), &only("Note"), &mut Silent).unwrap();
    rollback(&mut world.target(), &steps(), &only("Person"), &mut Silent).unwrap();
    assert_eq!(world.content(), [""; 0]);
    assert!(rollback(&mut world.target(), &steps(), &only("Nobody"), &mut Silent).is_err());
}

#[test]
fn what_cannot_be_taken_back_is_refused_first() {
    let steps = || -> Vec<Box<dyn Step>> {
        let mut note = note();
        note.rollback = Rollback::Irreversible { line: 12, reason: "sent by post".into() };
        vec![Box::new(Person { spec: person("meaning 1") }), Box::new(Note { spec: note })]
    };
    let world = World::with(9);
    run(&mut world.legacy(), &mut world.target(), &steps(), &any_rejects(), &mut Silent).unwrap();
    let content = world.content();
    let told = rollback(&mut world.target(), &steps(), &options(), &mut Silent).unwrap_err().to_string();
    assert!(told.contains("map Note (line 12: sent by post)"), "{told}");
    // The people stay as well: the notes refer to them.
    let skip = RollbackOptions { skip_irreversible: true, ..options() };
    let told = rollback(&mut world.target(), &steps(), &skip, &mut Silent).unwrap_err().to_string();
    assert!(told.contains("map Person cannot be taken back alone"), "{told}");
    assert_eq!(world.content(), content);
}

#[test]
fn status_tells_how_it_stands() {
    let world = World::with(25);
    assert!(!status(&mut world.target()).unwrap().begun);
    world.run();
    let report = status(&mut world.target()).unwrap();
    assert_eq!((report.runs.len(), report.runs[0].outcome.as_deref()), (1, Some("complete")));
    assert!(report.steps.iter().all(|step| step.complete && step.balanced));
    assert_eq!((report.rejects.len(), report.rejects[0].rows, report.rejects[0].rule.as_str()), (1, 4, "Person"));
    assert_eq!(report.holder, None);
}

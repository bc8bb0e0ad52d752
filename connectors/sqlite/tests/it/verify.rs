//! Verify names exactly what was changed on either side.

use crate::fixture::{World, any_rejects, steps};
use cutover_runtime::report::{Deviation, VerifyReport, key_text};
use cutover_runtime::{Silent, VerifyOptions, run, verify};

fn check(world: &World, batch: usize) -> VerifyReport {
    let options = VerifyOptions { batch, keep: 1000, settle: std::time::Duration::ZERO, ..VerifyOptions::default() };
    verify(&mut world.legacy(), &mut world.target(), &steps(), &options, &mut Silent).unwrap()
}

fn show(deviation: &Deviation) -> String {
    let key = deviation.legacy_key.as_ref().map_or("-".to_string(), |key| key_text(key));
    let text = |value: &Option<_>| value.as_ref().map_or("-".to_string(), ToString::to_string);
    let value = |value: &Option<cutover_runtime::value::Value>| value.as_ref().map_or("-".into(), ToString::to_string);
    format!(
        "{:?} {} {} {}.{} legacy {key} target {} expected {} found {}",
        deviation.kind,
        deviation.side,
        deviation.map,
        deviation.table,
        text(&deviation.column),
        value(&deviation.target_key),
        value(&deviation.expected),
        value(&deviation.found)
    )
}

fn deviations(world: &World) -> Vec<String> {
    let report = check(world, 5000);
    let shown: Vec<String> = report.deviations.iter().map(show).collect();
    for batch in [1, 3] {
        assert_eq!(check(world, batch).deviations.iter().map(show).collect::<Vec<_>>(), shown, "batch {batch}");
    }
    shown
}

#[test]
fn what_was_carried_does_not_deviate() {
    let world = World::with(25);
    world.run();
    assert_eq!(deviations(&world), [""; 0]);
    let report = check(&world, 7);
    assert_eq!((report.steps[0].in_scope, report.steps[0].compared), (23, 23));
    assert_eq!((report.steps[1].in_scope, report.steps[1].compared, report.steps[1].rejected), (50, 46, 4));
}

#[test]
fn before_the_first_run_everything_is_missing() {
    let world = World::with(3);
    let shown = deviations(&world);
    assert_eq!(shown.len(), 9);
    assert_eq!(shown[0], "Missing legacy Person person.- legacy 1 target - expected - found -");
    assert_eq!(world.ask("SELECT COUNT(*) FROM sqlite_schema WHERE name LIKE 'cutover%'"), ["0"]);
}

#[test]
fn each_change_on_either_side_is_named() {
    let world = World::with(9);
    world.run();
    world.on_legacy(
        "UPDATE person SET name = 'New 2' WHERE id = 2;
         UPDATE person SET lang = 'Greek' WHERE id = 3;
         UPDATE person SET active = 0 WHERE id = 4;
         UPDATE person SET boss = 5 WHERE id = 8;
         DELETE FROM note WHERE code = 'c9' AND part = 2;
         INSERT INTO note VALUES ('d', 1, 1, 'new')",
    );
    world.on_target(
        "UPDATE account SET mail = 'x', token = 'other' WHERE id = 1;
         UPDATE profile SET account_id = 1 WHERE id = 7;
         PRAGMA foreign_keys = OFF;
         DELETE FROM note WHERE id = 'c5/1';
         DELETE FROM account WHERE id = 6;
         INSERT INTO account (id, mail, kind) VALUES (70, 'a', 'PERSON'), (71, 'b', 'ROBOT');
         INSERT INTO profile (id, legacy_id, name) VALUES (70, 77, 'native')",
    );
    let expected = [
        "NoLongerConverts legacy Person person.Lang legacy 3 target - expected - found Greek",
        "LegacyGone target Person account.- legacy 4 target 4 expected - found -",
        "Differs target Person account.mail legacy 1 target 1 expected p1@example.org found x",
        "Differs target Person profile.name legacy 2 target 2 expected New 2 found Name 2",
        "Lost legacy Person account.- legacy 6 target 6 expected - found -",
        "Differs target Person profile.account_id legacy 7 target 7 expected 7 found 1",
        "Differs target Person profile.boss_id legacy 8 target 8 expected 5 found 4",
        "TargetOnly target Person account.- legacy - target 70 expected - found -",
        "TargetOnly target Person profile.legacy_id legacy - target 70 expected - found 77",
        "LegacyGone target Note note.- legacy [\"c9\",\"2\"] target c9/2 expected - found -",
        "Missing legacy Note note.- legacy [\"d\",\"1\"] target - expected - found -",
        "Lost legacy Note note.- legacy [\"c5\",\"1\"] target c5/1 expected - found -",
    ];
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    let shown = check(&world, 5000).deviations.iter().map(show).collect();
    let expected = sorted(expected.iter().map(ToString::to_string).collect());
    assert_eq!(sorted(shown), expected);
    for batch in [1, 3] {
        assert_eq!(sorted(check(&world, batch).deviations.iter().map(show).collect()), expected, "batch {batch}");
    }
}

#[test]
fn only_as_many_deviations_are_kept_as_asked_for() {
    let world = World::with(9);
    run(&mut world.legacy(), &mut world.target(), &steps(), &any_rejects(), &mut Silent).unwrap();
    world.on_target("UPDATE profile SET born = '1999-09-09'");
    let options = VerifyOptions { batch: 4, keep: 2, settle: std::time::Duration::ZERO, ..VerifyOptions::default() };
    let report = verify(&mut world.legacy(), &mut world.target(), &steps(), &options, &mut Silent).unwrap();
    assert_eq!((report.total, report.deviations.len(), report.steps[0].deviations), (9, 2, 9));
}

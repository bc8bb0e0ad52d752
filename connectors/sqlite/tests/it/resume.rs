//! Runs that are cut off: whatever happens, the next run goes on and the result is the same.

use crate::fixture::{World, any_rejects, steps};
use cutover_runtime::failpoint::{Action, arm, disarm};
use cutover_runtime::report::Outcome;
use cutover_runtime::{Observer, RunError, RunOptions, Silent, run};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

const POINTS: [&str; 7] = [
    "run.after_read",
    "run.after_convert",
    "run.before_insert",
    "run.after_insert",
    "run.before_commit",
    "run.after_commit",
    "run.between_steps",
];

/// A world with rejects of several kinds, and with bosses that come later than those who work for them.
fn difficult() -> World {
    let world = World::with(40);
    world.on_legacy(
        "UPDATE person SET boss = 33 WHERE id IN (1, 2, 17); UPDATE person SET boss = 38 WHERE id = 33;
         UPDATE person SET lang = 'Greek' WHERE id = 6; UPDATE person SET name = 'bad' WHERE id = 9;
         UPDATE person SET name = 'NAME 21' WHERE id = 23;
         UPDATE note SET body = 'orphan', person = 77 WHERE code = 'c4' AND part = 2",
    );
    world
}

#[test]
fn a_run_that_fails_anywhere_is_resumed_with_the_same_result() {
    let expected = difficult();
    expected.run();
    for point in POINTS {
        for at in [1, 3, 8] {
            let world = difficult();
            arm(point, Action::Error, at);
            let failed = world.try_run(&any_rejects());
            disarm();
            assert!(failed.is_err() || (point, at) == ("run.between_steps", 3) || at == 8, "{point}@{at}");
            world.run();
            assert_eq!(world.content(), expected.content(), "{point}@{at}");
            assert_eq!(world.entries(), expected.entries(), "{point}@{at}");
        }
    }
}

#[test]
fn a_run_that_fails_again_and_again_comes_to_the_same_result() {
    let expected = difficult();
    expected.run();
    let world = difficult();
    let mut runs = 0;
    loop {
        arm("run.after_commit", Action::Error, 1);
        let result = world.try_run(&any_rejects());
        disarm();
        runs += 1;
        if result.is_ok() {
            break;
        }
        assert!(runs < 200);
    }
    assert!(runs > 10);
    assert_eq!((world.content(), world.entries()), (expected.content(), expected.entries()));
}

#[test]
fn a_killed_process_leaves_nothing_half_done() {
    if let Ok(folder) = std::env::var("CUTOVER_TEST_CHILD") {
        let path = std::path::PathBuf::from(folder);
        let mut legacy = cutover_sqlite::open_legacy(path.join("legacy.db")).unwrap();
        let mut target = cutover_sqlite::open_target(path.join("target.db")).unwrap();
        let _ = run(&mut legacy, &mut target, &steps(), &any_rejects(), &mut Silent);
        return;
    }
    let expected = difficult();
    expected.run();
    for point in ["run.after_insert=abort@2", "run.before_commit=abort@5", "run.after_commit=abort@3"] {
        let world = difficult();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["resume::a_killed_process_leaves_nothing_half_done", "--exact"])
            .env("CUTOVER_TEST_CHILD", world.folder.path())
            .env("CUTOVER_FAILPOINT", point)
            .output()
            .unwrap();
        assert!(!child.status.success(), "{point}");
        world.run();
        assert_eq!((world.content(), world.entries()), (expected.content(), expected.entries()), "{point}");
    }
}

#[test]
fn a_second_runner_is_told_who_works() {
    struct Second<'a>(&'a World, Option<String>);
    impl Observer for Second<'_> {
        fn batch_done(&mut self, _: &str, _: &cutover_runtime::observer::BatchDone) {
            let refused = self.0.try_run(&any_rejects()).unwrap_err();
            self.1 = Some(refused.to_string());
        }
    }
    let world = World::with(9);
    let mut second = Second(&world, None);
    run(&mut world.legacy(), &mut world.target(), &steps(), &any_rejects(), &mut second).unwrap();
    let told = second.1.unwrap();
    assert!(told.contains(&format!("process {} since 20", std::process::id())), "{told}");
}

#[test]
fn a_runner_that_was_taken_over_cannot_commit() {
    struct Usurper<'a>(&'a World);
    impl Observer for Usurper<'_> {
        fn batch_done(&mut self, _: &str, _: &cutover_runtime::observer::BatchDone) {
            self.0.on_target("UPDATE cutover_lock SET epoch = epoch + 1, owner = 'somebody else'");
        }
    }
    let world = World::with(30);
    let result = run(&mut world.legacy(), &mut world.target(), &steps(), &any_rejects(), &mut Usurper(&world));
    assert!(matches!(&result, Err(RunError::Fenced { owner }) if owner.contains("somebody else")), "{result:?}");
    assert_eq!(world.ask("SELECT COUNT(*) FROM cutover_batch"), ["1"]);
}

#[test]
fn a_deadline_or_a_wish_ends_the_run_between_batches() {
    let world = World::with(30);
    let late = RunOptions { deadline: Some(Duration::ZERO), ..any_rejects() };
    assert_eq!(world.try_run(&late).unwrap().outcome, Outcome::MoreWork);
    let stopped = RunOptions { stop: Arc::new(AtomicBool::new(true)), ..any_rejects() };
    assert_eq!(world.try_run(&stopped).unwrap().outcome, Outcome::Interrupted);
    assert_eq!(world.run().outcome, Outcome::Complete);
    assert_eq!(world.ask("SELECT outcome FROM cutover_run"), ["more_work", "interrupted", "complete"]);
}

//! Syncs that are cut off, refused at the commit, or stopped: whatever happens, the next one goes on and the result is the
//! same.

use crate::fixture::{World, steps};
use cutover_runtime::failpoint::{Action, arm, disarm};
use cutover_runtime::report::{LeftReason, Outcome, SyncReport};
use cutover_runtime::{Observer, RunError, Silent, SyncOptions, VerifyOptions, sync, verify};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const POINTS: [&str; 3] = ["sync.after_write", "sync.before_commit", "sync.after_commit"];

fn options() -> SyncOptions {
    SyncOptions { batch: 5, delete: true, ..SyncOptions::default() }
}

fn try_sync(world: &World, options: &SyncOptions) -> Result<SyncReport, RunError> {
    sync(&mut world.legacy(), &mut world.target(), &steps(), options, &mut Silent)
}

/// A world that was carried, and whose legacy side has moved on since.
fn moved_on() -> World {
    let world = World::with(40);
    world.run();
    world.on_legacy(
        "UPDATE person SET name = 'Name 5' WHERE id = 6; UPDATE person SET name = 'Name 50' WHERE id = 5;
         UPDATE person SET lang = 'French', boss = 33 WHERE id IN (8, 17, 28);
         UPDATE person SET mail = 'NEW' || id WHERE id % 3 = 0; UPDATE note SET body = 'new' WHERE part = 2;
         DELETE FROM note WHERE person IN (7, 14, 35, 36, 37); DELETE FROM person WHERE id IN (35, 36, 37);
         UPDATE person SET active = 0 WHERE id = 39; DELETE FROM note WHERE person = 39",
    );
    world
}

#[test]
fn a_sync_that_fails_anywhere_is_resumed_with_the_same_result() {
    let expected = moved_on();
    let report = try_sync(&expected, &options()).unwrap();
    assert_eq!((report.outcome, report.total), (Outcome::Complete, 0), "{:?}", report.left);
    let settle = VerifyOptions { settle: Duration::ZERO, ..VerifyOptions::default() };
    let verified = verify(&mut expected.legacy(), &mut expected.target(), &steps(), &settle, &mut Silent).unwrap();
    assert_eq!(verified.total, 0, "{:?}", verified.deviations);
    for point in POINTS {
        for at in [1, 2, 4, 9] {
            let world = moved_on();
            arm(point, Action::Error, at);
            let failed = try_sync(&world, &options());
            disarm();
            assert!(failed.is_err(), "{point}@{at}");
            assert_eq!(try_sync(&world, &options()).unwrap().total, 0, "{point}@{at}");
            assert_eq!(world.content(), expected.content(), "{point}@{at}");
            assert_eq!(world.entries(), expected.entries(), "{point}@{at}");
        }
    }
}

#[test]
fn a_killed_process_leaves_nothing_half_done() {
    if let Ok(folder) = std::env::var("CUTOVER_TEST_CHILD") {
        let path = std::path::PathBuf::from(folder);
        let mut legacy = cutover_sqlite::open_legacy(path.join("legacy.db")).unwrap();
        let mut target = cutover_sqlite::open_target(path.join("target.db")).unwrap();
        let _ = sync(&mut legacy, &mut target, &steps(), &options(), &mut Silent);
        return;
    }
    let expected = moved_on();
    try_sync(&expected, &options()).unwrap();
    for point in ["sync.after_write=abort@2", "sync.before_commit=abort@5", "sync.after_commit=abort@3"] {
        let world = moved_on();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["sync::a_killed_process_leaves_nothing_half_done", "--exact"])
            .env("CUTOVER_TEST_CHILD", world.folder.path())
            .env("CUTOVER_FAILPOINT", point)
            .output()
            .unwrap();
        assert!(!child.status.success(), "{point}");
        assert_eq!(try_sync(&world, &options()).unwrap().total, 0, "{point}");
        assert_eq!((world.content(), world.entries()), (expected.content(), expected.entries()), "{point}");
    }
}

/// The first batch is written, then somebody asks to stop.
struct Stopper(Arc<AtomicBool>);

impl Observer for Stopper {
    fn batch_done(&mut self, _: &str, _: &cutover_runtime::observer::BatchDone) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_sync_that_is_stopped_again_and_again_gets_round() {
    let expected = moved_on();
    try_sync(&expected, &options()).unwrap();
    let world = moved_on();
    let late = SyncOptions { deadline: Some(Duration::ZERO), ..options() };
    assert_eq!(try_sync(&world, &late).unwrap().outcome, Outcome::MoreWork);
    let mut stops = 0;
    let last = loop {
        let stop = Arc::new(AtomicBool::new(false));
        let options = SyncOptions { stop: stop.clone(), ..options() };
        let (mut legacy, mut target) = (world.legacy(), world.target());
        let report = sync(&mut legacy, &mut target, &steps(), &options, &mut Stopper(stop)).unwrap();
        if report.outcome == Outcome::Complete {
            break report;
        }
        stops += 1;
        assert!(stops < 100 && report.outcome == Outcome::Interrupted);
    };
    assert!(stops > 10, "{stops}");
    // The last one went all the way round, each row once: 36 people and 72 notes were carried, 4 and 12 are gone.
    assert_eq!(last.steps.iter().map(|step| step.compared).collect::<Vec<_>>(), [32, 60]);
    assert_eq!((world.content(), world.entries()), (expected.content(), expected.entries()));
}

#[test]
fn a_row_that_the_commit_refuses_is_left_alone() {
    let world = World::with(9);
    world.run();
    world.on_legacy(
        "UPDATE note SET body = 'new'; UPDATE note SET body = 'orphan', person = 77 WHERE code = 'c4' AND part = 2",
    );
    let report = try_sync(&world, &options()).unwrap();
    assert_eq!((report.total, report.steps[1].updated), (1, 17));
    assert_eq!(report.left[0].legacy_key, "[\"c4\",\"2\"]");
    assert!(matches!(report.left[0].reason, LeftReason::Refused { .. }), "{:?}", report.left);
    assert_eq!(world.ask("SELECT COUNT(*) FROM note WHERE body = 'new'"), ["17"]);
}

#[test]
fn a_sync_that_was_taken_over_cannot_commit() {
    struct Usurper<'a>(&'a World);
    impl Observer for Usurper<'_> {
        fn batch_done(&mut self, _: &str, _: &cutover_runtime::observer::BatchDone) {
            self.0.on_target("UPDATE cutover_lock SET epoch = epoch + 1, owner = 'somebody else'");
        }
    }
    let world = moved_on();
    let result = sync(&mut world.legacy(), &mut world.target(), &steps(), &options(), &mut Usurper(&world));
    assert!(matches!(&result, Err(RunError::Fenced { owner }) if owner.contains("somebody else")), "{result:?}");
    assert_eq!(world.ask("SELECT COUNT(*) FROM cutover_batch WHERE run = 2"), ["1"]);
}

//! A run that is killed, late or interrupted goes on where it stopped, and the result is that of an uninterrupted one.

use cutover_tests::content::{Content, DIFFERENT_EACH_TIME, ask, open};
use cutover_tests::opal::Pair;
use cutover_tests::random::Random;
use cutover_tests::rows::{Rows, add};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

const PATIENTS: i64 = 20_000;

/// Returns a pair whose legacy side is large enough to be interrupted.
fn large() -> Pair {
    static LEGACY: OnceLock<Pair> = OnceLock::new();
    let made = LEGACY.get_or_init(|| {
        let pair = Pair::empty();
        add(&pair.legacy(), Rows { first: 1, patients: PATIENTS, odd: 20, seed: 7 });
        pair
    });
    let pair = Pair::empty();
    fs::copy(made.legacy(), pair.legacy()).unwrap();
    pair
}

/// The target's tables, keys included, and what the migration tables know of them; not which run did what.
fn result(target: &Path) -> Content {
    let content = Content::without(target, &[&DIFFERENT_EACH_TIME[..], &["run"]].concat());
    let maps = ["cutover_map_patient", "cutover_map_hospital_identifier", "cutover_map_caregiver"];
    let mut kept = content.clone().own();
    kept.add(content.only(&[&maps[..], &["cutover_reject", "cutover_step"]].concat()));
    kept
}

fn start(pair: &Pair, more: &[&str]) -> Child {
    let mut command = pair.command("run", &["--max-rejects", "any", "--json"]);
    command.args(more).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_run_that_is_killed_twenty_times_gives_the_same_in_the_end() {
    let batch = ["--batch", "200"];
    let expected = large();
    let began = Instant::now();
    expected.cutover("run", &[&["--max-rejects", "any"], &batch[..]].concat()).with(0);
    let whole = began.elapsed();
    let expected = result(&expected.target());
    assert!(expected.rows("patients_patient").len() > 10_000);

    let pair = large();
    let mut random = Random::new(11);
    let (mut killed, mut complete, mut working) = (0, 0, 0);
    while killed < 20 {
        let mut child = start(&pair, &batch);
        // Some die before their first batch, some late.
        sleep(whole * random.below(120) as u32 / 1000);
        child.kill().unwrap();
        let ended = child.wait_with_output().unwrap();
        if ended.status.success() {
            // It was faster than the signal: once more from the start.
            complete += 1;
            assert!(complete < 20, "runs end before they can be killed");
            working += runs_that_wrote(&pair);
            expected.assert_same(&result(&pair.target()), "after kills");
            pair.fresh_target();
        } else {
            assert_eq!(ended.status.code(), None, "{}", String::from_utf8_lossy(&ended.stderr));
            killed += 1;
        }
    }
    pair.cutover("run", &["--max-rejects", "any"]).with(0);
    expected.assert_same(&result(&pair.target()), "after twenty kills");
    working += runs_that_wrote(&pair);
    assert!(working - complete > 5, "{working} runs wrote something, {complete} of them whole: kills came too early");
    assert_eq!(pair.cutover("verify", &[]).status, 0);
}

fn runs_that_wrote(pair: &Pair) -> i32 {
    pair.ask("SELECT COUNT(DISTINCT run) FROM cutover_batch")[0].parse().unwrap()
}

#[test]
fn a_deadline_ends_a_run_with_its_own_status_and_the_next_run_goes_on() {
    let pair = large();
    let nothing = pair.cutover("run", &["--for", "0s"]).with(3);
    assert!(nothing.out.contains("more work left: run again"), "{}", nothing.out);
    assert_eq!(pair.ask("SELECT COUNT(*) FROM patients_patient"), ["0"]);
    let one = ["--max-rejects", "any", "--for", "1s", "--batch", "1", "--json"];
    let report: serde_json::Value = serde_json::from_str(&pair.cutover("run", &one).with(3).out).unwrap();
    assert_eq!(report["outcome"], "more_work");
    let there: i64 = pair.ask("SELECT COUNT(*) FROM patients_patient")[0].parse().unwrap();
    assert!(0 < there && there < PATIENTS, "{there}");
    pair.run();
    assert_eq!(pair.ask("SELECT outcome FROM cutover_run"), ["more_work", "more_work", "complete"]);
    assert_eq!(pair.cutover("verify", &[]).status, 0);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_run_at_a_batch_boundary() {
    for signal in ["-INT", "-TERM"] {
        let pair = large();
        let child = start(&pair, &["--batch", "7"]);
        wait_for_batches(&pair);
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let ended = cutover_tests::command::Ended::from(child.wait_with_output().unwrap()).with(3);
        let report: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!(report["outcome"], "interrupted");
        assert!(ended.err.contains("stopping at the next batch boundary"), "{}", ended.err);
        // Whole batches, and nothing but whole batches.
        let rows = pair.ask("SELECT SUM(migrated), SUM(rejected) FROM cutover_batch WHERE map = 'Patient'");
        let there = pair.ask(
            "SELECT (SELECT COUNT(*) FROM patients_patient), \
             (SELECT COUNT(*) FROM cutover_reject WHERE map = 'Patient')",
        );
        assert_eq!(rows, there);
        assert_eq!(pair.ask("SELECT owner FROM cutover_lock"), ["NULL"]);
        pair.run();
        assert_eq!(pair.cutover("verify", &[]).status, 0);
    }
}

fn wait_for_batches(pair: &Pair) {
    let target = open(&pair.target());
    for _ in 0..3000 {
        let begun = ask(&target, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'cutover_batch'") == ["1"];
        if begun && ask(&target, "SELECT COUNT(*) > 3 FROM cutover_batch") == ["1"] {
            return;
        }
        sleep(Duration::from_millis(10));
    }
    panic!("no batch within half a minute");
}

#[test]
fn a_second_run_at_the_same_time_is_refused() {
    let pair = large();
    let mut child = start(&pair, &["--batch", "1"]);
    wait_for_batches(&pair);
    let process = format!("process {} since", child.id());
    pair.cutover("run", &[]).with(4).says(&["another runner works on this target", &process, "wait until it ends"]);
    pair.cutover("rollback", &[]).with(4).says(&["another runner works on this target"]);
    let status = pair.cutover("status", &[]).with(0);
    assert!(status.out.contains(&format!("at work now: {process}")), "{}", status.out);
    child.kill().unwrap();
    child.wait().unwrap();
    // The lock died with its owner.
    pair.run();
}

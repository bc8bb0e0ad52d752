//! A run that others must not suffer from: it keeps to a rate, and it can be paused from another terminal.

use cutover_tests::content::{ask, open};
use cutover_tests::opal::Pair;
use cutover_tests::rows::{Rows, add};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// Long enough for a run that is not held back to write several batches.
const WHILE: Duration = Duration::from_millis(1500);

fn pair() -> Pair {
    let pair = Pair::empty();
    add(&pair.legacy(), Rows { first: 1, patients: 3000, odd: 0, seed: 5 });
    pair
}

/// Starts a run and waits until it has written something.
fn at_work(pair: &Pair, more: &[&str]) -> Child {
    let mut command = pair.command("run", &["--max-rejects", "any"]);
    let mut child = command.args(more).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = (0..3000).any(|_| {
        sleep(Duration::from_millis(10));
        batches(pair) > 1
    });
    if !begun {
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("no batch within half a minute");
    }
    child
}

fn batches(pair: &Pair) -> usize {
    let target = open(&pair.target());
    if ask(&target, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'cutover_batch'") == ["0"] {
        return 0;
    }
    ask(&target, "SELECT COUNT(*) FROM cutover_batch")[0].parse().unwrap()
}

/// Waits until a paused run has ended its last batch.
fn settled(pair: &Pair) -> usize {
    sleep(WHILE);
    batches(pair)
}

#[test]
fn a_rate_holds_within_each_batch() {
    let pair = pair();
    let mut child = at_work(&pair, &["--max-rate", "40"]);
    let (out, most) = (pair.cutover("status", &[]).with(0).out, "SELECT MAX(rows) <= 40 FROM cutover_batch");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(out.contains("at work now"), "{out}");
    assert_eq!(pair.ask(most), ["1"]);
    pair.run();
    assert_eq!(pair.cutover("verify", &[]).status, 0);
}

#[test]
fn a_run_pauses_and_goes_on() {
    let pair = pair();
    let child = at_work(&pair, &["--max-rate", "1000", "--batch", "20"]);
    let process = format!("process {}", child.id());
    let paused = pair.cutover("pause", &[]).with(0);
    assert!(paused.out.contains(&process) && paused.out.contains("cutover resume"), "{}", paused.out);
    let there = settled(&pair);
    sleep(WHILE);
    assert_eq!(batches(&pair), there, "it works although it is paused");
    let status = pair.cutover("status", &[]).with(0).out;
    assert!(status.contains("(paused; `cutover resume` lets it go on)"), "{status}");

    let resumed = pair.cutover("resume", &[]).with(0).out;
    assert!(resumed.contains("goes on"), "{resumed}");
    let ended = cutover_tests::command::Ended::from(child.wait_with_output().unwrap()).with(0);
    ended.says(&["paused; `cutover resume` lets it go on", "goes on"]);
    assert!(batches(&pair) > there);
    assert_eq!(pair.cutover("verify", &[]).status, 0);
}

#[test]
fn a_pause_does_not_outlive_its_run() {
    let pair = pair();
    let mut child = at_work(&pair, &["--max-rate", "1000", "--batch", "20"]);
    pair.cutover("pause", &[]).with(0);
    settled(&pair);
    child.kill().unwrap();
    child.wait().unwrap();
    pair.run();
    assert_eq!(pair.cutover("verify", &[]).status, 0);
}

#[test]
fn without_a_run_there_is_nothing_to_pause() {
    let pair = pair();
    for command in ["pause", "resume"] {
        pair.cutover(command, &[]).with(2).says(&["no run is at work on this target"]);
    }
    pair.run();
    pair.cutover("pause", &[]).with(2).says(&["no run is at work on this target"]);
}

#[test]
fn a_rollback_keeps_to_its_time_and_rate_too() {
    let pair = pair();
    pair.run();
    let late = pair.cutover("rollback", &["--for", "0s"]).with(3);
    assert!(late.out.contains("stopped at a batch boundary: run again"), "{}", late.out);
    let there = "SELECT COUNT(*) > 0 FROM patients_patient";
    assert_eq!(pair.ask(there), ["1"]);
    pair.cutover("rollback", &["--max-rate", "1000000", "--batch", "100"]).with(0);
    assert_eq!(pair.ask(there), ["0"]);
    assert_eq!(pair.ask("SELECT MAX(rows) FROM cutover_batch WHERE run = 3"), ["100"]);
}

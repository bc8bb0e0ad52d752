//! `cutover preflight`: what it tells of Opal's rows is what a run then does, and it leaves no trace.

use cutover_tests::opal::Pair;
use cutover_tests::rows::{self, Rows};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

fn json(pair: &Pair, more: &[&str], status: i32) -> Value {
    let ended = pair.cutover("preflight", &[&["--json"], more].concat()).with(status);
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {}", ended.out))
}

fn obligations(report: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let steps = report["steps"].as_array().unwrap().iter();
    steps.flat_map(|step| step["obligations"].as_array().unwrap().iter().map(move |asked| (step, asked)))
}

fn foretold(report: &Value) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (step, asked) in obligations(report).filter(|(_, asked)| asked["offenders"] != 0) {
        let name = format!("{} {}", step["map"].as_str().unwrap(), asked["reason"].as_str().unwrap());
        *counts.entry(name).or_default() += asked["offenders"].as_u64().unwrap();
    }
    counts
}

fn rejected(pair: &Pair) -> BTreeMap<String, u64> {
    let rows = pair.ask("SELECT map || ' ' || rule, COUNT(*) FROM cutover_reject GROUP BY 1");
    rows.iter()
        .map(|row| row.split_once('|').unwrap())
        .map(|(name, rows)| (name.into(), rows.parse().unwrap()))
        .collect()
}

/// Checks of the target are not asked: they show in a run.
fn check_foretold(pair: &Pair) {
    let before = [pair.legacy(), pair.target()].map(|path| fs::read(path).unwrap());
    let report = json(pair, &[], 1);
    let after = [pair.legacy(), pair.target()].map(|path| fs::read(path).unwrap());
    assert!(before == after, "something was written");
    assert_eq!(fs::read_dir(pair.folder()).unwrap().count(), 2, "a file was made");
    pair.run();
    let (foretold, mut rejected) = (foretold(&report), rejected(pair));
    let unasked: u64 = ["Patient target_check"].iter().filter_map(|name| rejected.remove(*name)).sum();
    let dependent = |name: &str| name.contains(" No") || name.contains("TheUserName") || name.contains("target_unique");
    if unasked == 0 {
        assert_eq!(foretold, rejected);
    } else {
        // Rows that refer to what only the target refuses are rejected too.
        let independent = |counts: &BTreeMap<String, u64>| {
            counts
                .iter()
                .filter(|(name, _)| !dependent(name))
                .map(|(name, rows)| (name.clone(), *rows))
                .collect::<Vec<_>>()
        };
        let (mine, theirs): (u64, u64) = (foretold.values().sum(), rejected.values().sum());
        assert!(mine <= theirs && theirs <= mine + 4 * unasked, "{mine} {theirs} {unasked}");
        assert!(!independent(&foretold).is_empty());
    }
}

#[test]
fn what_a_run_rejects_of_the_sample_is_told_before() {
    let pair = Pair::sample();
    // The one row that only a check of the target refuses.
    let report = json(&pair, &[], 1);
    pair.run();
    let mut rejected = rejected(&pair);
    assert_eq!(rejected.remove("Patient target_check"), Some(1));
    assert_eq!(foretold(&report), rejected);
    // Every reason of every map is asked, also those that no row offends against.
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 8);
    assert!(obligations(&report).filter(|(_, asked)| asked["verdict"] == "pass").count() > 60);
}

#[test]
fn what_a_run_rejects_of_odd_rows_is_told_before() {
    for seed in 0..4 {
        let pair = Pair::empty();
        rows::add(&pair.legacy(), Rows { first: 1, patients: 150, odd: 20 + seed * 10, seed: 77 + seed });
        check_foretold(&pair);
    }
}

#[test]
fn keys_and_values_are_masked_and_a_budget_is_respected() {
    let pair = Pair::sample();
    let report = json(&pair, &["--samples", "1"], 1);
    assert_eq!(report["verdict"], "fail");
    let access = |report: &Value| {
        let (_, asked) = obligations(report).find(|(_, asked)| asked["reason"] == "Access").unwrap();
        asked["samples"][0].clone()
    };
    assert_eq!(access(&report)["value"], "text of 1 characters");
    assert!(access(&report)["legacy_key"].as_str().unwrap().starts_with("integer of"));
    assert_eq!(access(&json(&pair, &["--show-values"], 1))["value"], "2");
    let any = json(&pair, &["--max-rejects", "any"], 0);
    assert_eq!((&any["verdict"], &any["max_rejects"]), (&"warn".into(), &Value::Null));
    let out = pair.cutover("preflight", &["--max-rejects", "any"]).with(0).out;
    assert!(out.contains("level 2 has no counterpart") && !out.contains("Alpha"), "{out}");
    assert!(out.lines().any(|line| line.starts_with("Patient") && line.contains("opal.map:65")), "{out}");
    let all = pair.cutover("preflight", &["--max-rejects", "any", "--all"]).with(0).out;
    assert!(all.lines().count() > out.lines().count() + 60, "{all}");
    assert!(pair.cutover("preflight", &["--for", "0s"]).with(3).out.contains("the time was over"));
}

#[test]
fn clean_rows_pass() {
    let pair = Pair::sample();
    pair.on_legacy("DELETE FROM Users; DELETE FROM Patient; DELETE FROM OAUser; DELETE FROM SecurityQuestion");
    pair.on_legacy("DELETE FROM Patient_Hospital_Identifier; DELETE FROM SecurityAnswer");
    pair.on_legacy("DELETE FROM PatientDeviceIdentifier; DELETE FROM Hospital_Identifier_Type");
    let ended = pair.cutover("preflight", &[]).with(0);
    assert!(ended.out.contains("pass: no row would be rejected"), "{}", ended.out);
}

//! `cutover preflight`: what it tells of Opal's rows is what a run then does, and it leaves no trace.

use cutover_tests::command::{Ended, command};
use cutover_tests::opal::{Pair, plan, repository, tables};
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

/// Returns a pair without rows; what only a check of the target refuses is not asked, so there are none.
fn unchecked() -> Pair {
    let pair = Pair::empty();
    let mut schema = plan().target.schema;
    schema.tables.iter_mut().for_each(|table| table.checks.clear());
    let reference = fs::read_to_string(repository("examples/opal/target-reference.sql")).unwrap();
    fs::write(pair.target(), "").unwrap();
    pair.on_target(&format!("BEGIN; {} {reference}; COMMIT", without_checks(&tables(&schema))));
    pair
}

/// Takes out the checks that stand for the types of columns.
fn without_checks(ddl: &str) -> String {
    let mut parts = ddl.split(" CHECK (");
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let mut open = 1;
        let end = part.find(|sign| {
            open += i32::from(sign == '(') - i32::from(sign == ')');
            open == 0
        });
        text += &part[end.unwrap() + 1..];
    }
    text
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
fn what_a_run_rejects_of_odd_rows_is_told_before_and_nothing_is_written() {
    for seed in 0..4 {
        let pair = unchecked();
        rows::add(&pair.legacy(), Rows { first: 1, patients: 150, odd: 20 + seed * 10, seed: 77 + seed });
        let before = [pair.legacy(), pair.target()].map(|path| fs::read(path).unwrap());
        let report = json(&pair, &["--batch", "37"], 1);
        let after = [pair.legacy(), pair.target()].map(|path| fs::read(path).unwrap());
        assert!(before == after, "something was written");
        assert_eq!(fs::read_dir(pair.folder()).unwrap().count(), 2, "a file was made");
        pair.run();
        assert_eq!(foretold(&report), rejected(&pair), "seed {seed}");
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
    let ended = pair.cutover("preflight", &["--max-rejects", "any"]).with(0).says(&["patients_patient_date_valid"]);
    let out = ended.out;
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

#[test]
fn results_are_pinned_and_shown_with_each_rule() {
    let pair = Pair::sample();
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(repository("examples/opal")).unwrap().map(Result::unwrap) {
        if entry.path().is_file() {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    let (map, file) = (folder.path().join("opal.map"), folder.path().join("opal.preflight.json"));
    pair.cutover("preflight", &["--pin", file.to_str().unwrap(), "--for", "0s"]).with(3).says(&["not written"]);
    assert!(!file.exists());
    pair.cutover("preflight", &["--pin", file.to_str().unwrap(), "--show-values"]).with(1);
    let pinned = fs::read_to_string(&file).unwrap();
    assert!(!pinned.contains("legacy_key") && !pinned.contains("sample"), "{pinned}");
    let date = serde_json::from_str::<Value>(&pinned).unwrap()["date"].as_str().unwrap().to_string();
    let check = |more: &[&str]| {
        let mut command = command();
        command.arg("check").arg(&map).args(more);
        Ended::from(command.output().unwrap())
    };
    let shown = |out: &str, reason: &str| {
        let mut lines = out.lines().filter(|line| line.starts_with("Patient "));
        lines.find(|line| line.split_whitespace().nth(1) == Some(reason)).unwrap_or_default().to_string()
    };
    let out = check(&[]).with(0).out;
    assert!(shown(&out, "Access").ends_with(&format!("1 of 27 rows at {date}")), "{out}");
    assert!(shown(&out, "RamqTooLong").ends_with(&format!("0 of 27 rows at {date}")), "{out}");
    assert_eq!(check(&["--message-format", "json"]).with(0).out, "");
    let json = check(&["--message-format", "json", "--pinned", file.to_str().unwrap()]).with(0).out;
    assert!(json.lines().any(|line| line.contains("\"Access\"") && line.contains("\"offenders\":1")), "{json}");
    // Of a map that means something else now nothing is shown.
    let text = fs::read_to_string(&map).unwrap();
    fs::write(&map, text.replace("/[A-Z]{4}[0-9]{8}/", "/[A-Z]{4}[0-9]{7}/")).unwrap();
    let stale = check(&[]).with(0).says(&["map Patient has another meaning now"]);
    assert_eq!(shown(&stale.out, "Access"), "");
    assert!(stale.out.lines().any(|line| line.starts_with("Caregiver ")), "{}", stale.out);
    fs::write(&file, "{}").unwrap();
    check(&[]).with(4).says(&["it is no pinned preflight", "--pin"]);
    check(&["--pinned", "nowhere.json"]).with(4).says(&["nowhere.json"]);
    check(&["second.map", "--pinned", "nowhere.json"]).with(2).says(&["of one mapping"]);
}

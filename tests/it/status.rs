//! `cutover status`: the history of runs and the rejected rows, also of a journal that an older version wrote.

use cutover_tests::command::{cutover, url};
use cutover_tests::opal::Pair;
use serde_json::Value;

fn json(pair: &Pair, more: &[&str]) -> Value {
    let ended = pair.cutover("status", &[&["--json"], more].concat()).with(0);
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {}", ended.out))
}

#[test]
fn the_history_says_who_did_what_and_how_much() {
    let pair = Pair::sample();
    pair.run();
    let sums = "SELECT SUM(in_scope), SUM(migrated), SUM(rejected) FROM cutover_step";
    let sums = pair.ask(sums)[0].split('|').map(|sum| sum.parse().unwrap()).collect::<Vec<u64>>();
    pair.cutover("retry", &["--max-rejects", "any"]).with(0);
    pair.cutover("rollback", &[]).with(0);
    let report = json(&pair, &[]);
    let runs = report["runs"].as_array().unwrap();
    let shown: Vec<String> = runs
        .iter()
        .map(|run| {
            ["run", "command", "epoch", "rows", "moved", "outcome"].map(|field| run[field].to_string()).join(" ")
        })
        .collect();
    assert_eq!(
        shown,
        [
            format!("1 \"run\" 1 {} {} \"complete\"", sums[0], sums[1]),
            format!("2 \"retry\" 2 {} 0 \"complete\"", sums[2]),
            format!("3 \"rollback\" 3 {} {} \"complete\"", sums[0], sums[1]),
        ]
    );
    for run in runs {
        assert!(run["owner"].as_str().unwrap().starts_with("process "), "{run}");
        assert!(run["seconds"].is_u64() && run["version"].is_string() && run["ended"].is_string(), "{run}");
    }
    let out = pair.cutover("status", &[]).with(0).out;
    let heads = ["run", "command", "started", "took", "rows", "moved", "rows/s", "by", "outcome"];
    let line = out.lines().find(|line| line.starts_with("run ")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), heads);
}

fn rejected(pair: &Pair) -> u64 {
    pair.ask("SELECT COUNT(*) FROM cutover_reject")[0].parse().unwrap()
}

#[test]
fn rejected_rows_are_listed_and_their_values_masked() {
    let pair = Pair::sample();
    pair.run();
    let all = rejected(&pair);
    let list = json(&pair, &["--rejects"]);
    assert_eq!((list["total"].as_u64(), list["rows"].as_array().unwrap().len() as u64), (Some(all), all));
    let keys: Vec<&str> = list["rows"][0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["column", "legacy_key", "line", "map", "message", "reason", "run", "value"]);
    let access = json(&pair, &["--reason", "Access"]);
    assert_eq!(access["total"], 1);
    let row = &access["rows"][0];
    assert_eq!((&row["legacy_key"], &row["value"]), (&"109".into(), &"text of 1 characters".into()));
    let shown = json(&pair, &["--rejects", "--reason", "Access", "--show-values"]);
    assert_eq!(shown["rows"][0]["value"], "2");
    let some = json(&pair, &["--map", "Patient,HospitalIdentifier", "--limit", "3", "--rejects"]);
    assert_eq!((&some["total"], some["rows"].as_array().unwrap().len()), (&12.into(), 3));

    let out = pair.cutover("status", &["--rejects", "--limit", "2"]).with(0).out;
    assert!(out.ends_with(&format!("{all} rejected rows; values are masked, --show-values shows them\n")), "{out}");
    assert!(out.contains(&format!("… and {} more; --limit shows more", all - 2)), "{out}");
    assert_eq!(pair.cutover("status", &["--map", "Nobody"]).with(0).out, "no rejected rows\n");
    pair.fresh_target();
    assert_eq!(pair.cutover("status", &["--rejects"]).with(0).out, "no rejected rows\n");
}

#[test]
fn a_journal_of_an_older_version_is_read_and_brought_up_to_date() {
    let pair = Pair::sample();
    pair.run();
    pair.on_target(
        "ALTER TABLE cutover_run DROP COLUMN owner; DROP TABLE cutover_taken_off;
         UPDATE cutover_meta SET value = '1' WHERE name = 'state_format'",
    );
    assert_eq!(json(&pair, &[])["runs"][0]["owner"], Value::Null);
    assert_eq!(json(&pair, &["--rejects"])["total"], rejected(&pair));
    let format = "SELECT value FROM cutover_meta WHERE name = 'state_format'";
    assert_eq!(pair.ask(format), ["1"], "status writes nothing");
    pair.run();
    assert_eq!(pair.ask(format), ["3"]);
    assert_eq!(pair.ask("SELECT run, owner IS NULL FROM cutover_run ORDER BY run"), ["1|1", "2|0"]);
    assert_eq!(pair.cutover("verify", &[]).status, 0);
}

#[test]
fn a_journal_of_a_newer_version_is_refused() {
    let pair = Pair::sample();
    pair.run();
    pair.on_target("UPDATE cutover_meta SET value = '99' WHERE name = 'state_format'");
    for more in [&[][..], &["--rejects"]] {
        pair.cutover("status", more).with(4).says(&["has format 99", "this version knows 3"]);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let pair = Pair::sample();
    let to = url(&pair.target());
    cutover(["status", "--to", &to, "--show-values"]).with(2).says(&["--rejects"]);
    cutover(["status", "--to", &to, "--limit", "3"]).with(2).says(&["--rejects"]);
}

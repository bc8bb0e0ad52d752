//! Load mode on SQLite, where indexes can be taken off and foreign keys cannot; and who hears of it.

use cutover_tests::command::{Ended, command, url};
use cutover_tests::content::{Content, change};
use cutover_tests::opal::{Pair, map};
use std::fs;
use std::process::Command;

const INDEXES: &str = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL \
                       AND tbl_name NOT LIKE 'cutover%' ORDER BY name";

/// Adds indexes with names that nobody should give, and one that makes something unique.
fn indexed(pair: &Pair) {
    pair.on_target(
        "CREATE INDEX \"by \"\"name\"\"; -- 'x'\" ON patients_patient (last_name COLLATE NOCASE, first_name) WHERE sex = 'F';
         CREATE INDEX by_expression ON users_user (lower(username));
         CREATE UNIQUE INDEX only_one ON caregivers_caregiverprofile (legacy_id, user_id);
         CREATE INDEX untouched ON auth_group (name, id);
         CREATE INDEX watched ON caregivers_device (type);
         CREATE TRIGGER watch AFTER INSERT ON caregivers_device BEGIN SELECT 1; END",
    );
}

#[test]
fn load_mode_leaves_what_a_live_run_leaves() {
    let (live, loaded) = (Pair::sample(), Pair::sample());
    indexed(&live);
    indexed(&loaded);
    let before = loaded.ask(INDEXES);
    live.run();
    let ended = loaded.cutover("run", &["--max-rejects", "any", "--load"]).with(0);
    assert!(ended.err.contains("indexes and foreign keys are back"), "{}", ended.err);
    assert_eq!(loaded.ask(INDEXES), before);
    Content::lasting(&live.target()).assert_same(&Content::lasting(&loaded.target()), "live and load");
}

fn failing(pair: &Pair, failpoint: &str) -> std::process::Output {
    let mut failing = Command::new(env!("CARGO_BIN_EXE_cutover-failing"));
    failing.arg(map()).args([url(&pair.legacy()), url(&pair.target()), "load".into()]);
    failing.env("CUTOVER_FAILPOINT", failpoint).output().unwrap()
}

fn off(pair: &Pair) -> Vec<String> {
    pair.ask("SELECT table_name, name FROM cutover_taken_off ORDER BY table_name, name")
}

#[test]
fn what_is_off_is_what_only_costs_time() {
    let pair = Pair::sample();
    indexed(&pair);
    let before = pair.ask(INDEXES);
    assert_eq!(failing(&pair, "run.before_commit=abort@3").status.code(), None);
    let off = off(&pair);
    assert!(off.contains(&"patients_patient|by \"name\"; -- 'x'".to_string()), "{off:?}");
    assert!(off.contains(&"users_user|by_expression".to_string()), "{off:?}");
    let kept = ["only_one", "untouched", "watched"];
    assert!(!off.iter().any(|off| kept.iter().any(|kept| off.ends_with(kept))), "{off:?}");
    assert_eq!(pair.ask(INDEXES).len() + off.len(), before.len());
    let status = pair.cutover("status", &[]).with(1);
    assert!(
        status.out.contains("indexes and foreign keys are off: `cutover restore` puts them back"),
        "{}",
        status.out
    );
    let restored = pair.cutover("restore", &["--json"]).with(0);
    assert_eq!(restored.out, format!("{{\n  \"put_back\": {}\n}}\n", off.len()));
    assert_eq!(pair.ask(INDEXES), before);
    pair.cutover("status", &[]).with(0);
    assert_eq!(pair.ask("SELECT command, outcome FROM cutover_run ORDER BY run"), ["run|NULL", "restore|complete"]);
}

/// Nothing is lost when the run fails, be it before, between or after the rows.
#[test]
fn a_run_that_fails_puts_back_what_it_can() {
    for (point, stays_off) in [
        ("load.logged", false),
        ("load.taken_off", false),
        ("run.after_insert", false),
        ("load.before_put_back", true),
        ("load.put_back", true),
    ] {
        let pair = Pair::sample();
        indexed(&pair);
        let before = pair.ask(INDEXES);
        let output = failing(&pair, &format!("{point}=error"));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{point}: {told}");
        assert!(told.contains("Failpoint"), "{point}: {told}");
        assert_eq!(!off(&pair).is_empty(), stays_off, "{point}");
        pair.cutover("run", &["--max-rejects", "any"]).with(0);
        assert_eq!(pair.ask(INDEXES), before, "{point}");
        assert_eq!(off(&pair), Vec::<String>::new(), "{point}");
    }
}

#[test]
fn a_rollback_puts_back_first() {
    let pair = Pair::sample();
    indexed(&pair);
    let before = pair.ask(INDEXES);
    assert_eq!(failing(&pair, "load.before_put_back=abort").status.code(), None);
    assert!(!off(&pair).is_empty());
    pair.cutover("rollback", &[]).with(0);
    assert_eq!(pair.ask(INDEXES), before);
}

/// A target of which nobody knows what it holds is no place to be careless.
#[test]
fn a_damaged_journal_is_told() {
    let pair = Pair::sample();
    pair.run();
    pair.on_target("INSERT INTO cutover_taken_off (place, kind) VALUES (1, 'view')");
    for name in ["run", "restore", "status"] {
        pair.cutover(name, &[]).with(4).says(&["cutover_taken_off holds the kind view"]);
    }
}

#[test]
fn a_large_run_into_empty_tables_proposes_load_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let legacy = "CREATE TABLE a (id integer PRIMARY KEY);\n";
    let target = "CREATE TABLE b (id integer PRIMARY KEY AUTOINCREMENT, legacy_id bigint NOT NULL UNIQUE);\n\
                  CREATE INDEX twice ON b (legacy_id, id);\n";
    let text = "language 1\n\nlegacy old = sqlite \"legacy.sql\" timezone \"UTC\"\n\
                target new = sqlite \"target.sql\" timezone \"UTC\"\n\n\
                map A: old.a a -> new.b t {\n  key a.id <-> t.legacy_id\n}\n";
    fs::write(path("legacy.sql"), legacy).unwrap();
    fs::write(path("target.sql"), target).unwrap();
    fs::write(path("large.map"), text).unwrap();
    fs::write(path("legacy.db"), "").unwrap();
    change(&path("legacy.db"), legacy);
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO a \
                SELECT i FROM n";
    change(&path("legacy.db"), rows);
    let run = |more: &[&str]| {
        let mut command = command();
        command.arg("run").arg(path("large.map")).args(more);
        command.args(["--from", &url(&path("legacy.db")), "--to", &url(&path("target.db"))]);
        Ended::from(command.output().unwrap()).with(0)
    };
    let proposal = "with --load, 1 index or foreign key";
    for (more, rows, proposed) in
        [(&[][..], "", true), (&["--load"], "", false), (&[], "INSERT INTO b VALUES (1, -1)", false)]
    {
        fs::write(path("target.db"), "").unwrap();
        change(&path("target.db"), &format!("{target}{rows}"));
        assert_eq!(run(more).err.contains(proposal), proposed, "{more:?} {rows}");
    }
}

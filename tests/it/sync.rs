//! `cutover sync` on SQLite: what it says, and what it leaves.

use cutover_runtime::value::Kind;
use cutover_tests::command::Ended;
use cutover_tests::content::{ask, open};
use cutover_tests::engines::Engine;
use cutover_tests::syncing::Club;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

fn club() -> Club {
    Club::new(Engine::Sqlite, Engine::Sqlite).unwrap()
}

/// Asserts that a sync ends with a status and says nothing but this.
#[track_caller]
fn says(club: &Club, more: &[&str], status: i32, expected: &str) -> Ended {
    let ended = club.cutover("sync", more).with(status);
    assert_eq!(ended.out, expected.trim_start());
    ended
}

#[test]
fn nothing_to_do_is_said() {
    let club = club();
    let before = (club.people(), club.entries());
    says(
        &club,
        &[],
        0,
        "
map     compared  updated  deleted  gone  left  new
Member         6        0        0     0     0    0
Note           4        0        0     0     0    0
nothing to do: everything is in line
",
    );
    assert_eq!((club.people(), club.entries()), before);
    let batches = club.to.ask("SELECT COUNT(*) FROM cutover_batch WHERE run > 1", &[Kind::Integer]);
    assert_eq!(batches, ["0"]);
}

#[test]
fn changed_rows_are_brought_in_line() {
    let club = club();
    let identities = club.identities();
    club.old("UPDATE member SET name = 'Anna', city = 'Y' WHERE id = 1");
    club.old("UPDATE member SET city = 'Z' WHERE id = 2");
    club.old("UPDATE note SET body = 'TWO' WHERE id = 2");
    club.old("INSERT INTO member VALUES (7, 'Gus', 'X', 'gone', 70)");
    says(
        &club,
        &[],
        0,
        "
map     compared  updated  deleted  gone  left  new
Member         6        2        0     0     0    1
Note           4        1        0     0     0    0
complete: 3 legacy rows brought in line
1 legacy row is never carried: `cutover run` carries them
",
    );
    let people = club.people();
    assert_eq!(people[..2], ["1|Anna|York|10|Anna", "2|Bo|NULL|20|Bo"]);
    assert_eq!(club.remarks()[1], "2|Anna|TWO");
    assert_eq!(club.identities(), identities);
    club.cutover("run", &[]).with(0);
    club.cutover("verify", &[]).with(0);
    club.cutover("rollback", &[]).with(0);
    assert_eq!((club.people(), club.remarks()), (Vec::new(), Vec::new()));
}

#[test]
fn what_was_changed_in_the_target_wins() {
    let club = club();
    // 1 and 2 were changed on both sides, 3 in the target only, 4 in the same way on both; of 5 a column of no rule.
    club.new_side("UPDATE person SET name = 'Secret' WHERE legacy_id IN (1)");
    club.new_side("UPDATE person SET city = 'Secret' WHERE legacy_id IN (2, 3)");
    club.new_side("UPDATE person SET visits = 7 WHERE legacy_id = 5");
    club.new_side("UPDATE remark SET body = 'THREE' WHERE legacy_id = 3");
    club.old("UPDATE member SET city = 'Y' WHERE id = 1");
    club.old("UPDATE member SET name = 'Bob' WHERE id = 2");
    club.old("UPDATE member SET city = 'X' WHERE id = 5");
    club.old("UPDATE note SET body = 'THREE' WHERE id = 3");
    let ended = says(
        &club,
        &[],
        1,
        "
Member.p: legacy key 1 target key 1 in person: changed on both sides: name is text of 6 characters, the mapping gives \
text of 3 characters; city is text of 6 characters, the mapping gives text of 4 characters
Member.p: legacy key 2 target key 2 in person: changed on both sides: name is text of 2 characters, the mapping gives \
text of 3 characters; city is text of 6 characters, the mapping gives text of 4 characters

map     compared  updated  deleted  gone  left  new
Member         6        2        0     0     2    0
Note           4        0        0     0     0    0
2 legacy rows not in line; values are masked, --show-values shows them
",
    );
    assert!(!ended.out.contains("Secret") && !ended.err.contains("Secret"), "{}", ended.out);
    // The login of the second was changed by nobody: row by row.
    assert_eq!(
        club.people()[..5],
        [
            "1|Secret|Xanten|10|Ann",
            "2|Bo|Secret|20|Bob",
            "3|Cy|Secret|30|NULL",
            "4|Di|Xanten|40|NULL",
            "5|Ed|Xanten|50|Ed"
        ]
    );
    let shown = club.cutover("sync", &["--show-values", "--limit", "1"]).with(1).out;
    assert!(shown.contains("name is \"Secret\", the mapping gives \"Ann\""), "{shown}");
    assert!(shown.contains("… and 1 more; --limit shows more") && !shown.contains("Bob"), "{shown}");
    // Once somebody has settled it, it is in line; and what has the same value on both sides is cutover's again.
    club.new_side("UPDATE person SET name = 'Ann', city = 'York' WHERE legacy_id = 1");
    club.new_side("UPDATE person SET name = 'Bo', city = 'York' WHERE legacy_id = 2");
    assert!(club.cutover("sync", &[]).with(0).out.contains("complete: 1 legacy row brought in line"));
    let kept = club.cutover("rollback", &[]).with(1).out;
    assert!(kept.contains("Member.p legacy key 3") && kept.contains("Member.p legacy key 5"), "{kept}");
    assert_eq!(club.remarks(), Vec::<String>::new());
}

#[test]
fn deleted_rows_are_counted_and_deleted_only_if_asked_for() {
    let club = club();
    club.old("DELETE FROM member WHERE id IN (1, 3, 6)");
    club.old("DELETE FROM note WHERE member = 1");
    club.old("UPDATE note SET body = 'secret' WHERE id = 3");
    let before = (club.people(), club.remarks());
    let gone = club.cutover("sync", &[]).with(1).out;
    assert!(gone.contains("6 legacy rows are gone from the legacy side: --delete deletes their target rows"), "{gone}");
    assert!(
        gone.contains("Member.p: legacy key 3 target key 3 in person: gone from the legacy side (or out of scope)")
    );
    assert_eq!((club.people(), club.remarks()), before);
    // The new system has a visit of 3; 6 has a note still.
    club.new_side("UPDATE person SET visits = 1 WHERE legacy_id = 3");
    says(
        &club,
        &["--delete"],
        1,
        "
Member.p: legacy key 3 target key 3 in person: changed since it was migrated
Member.p: legacy key 6 target key 6 in person: referred to by remark.person_id

map     compared  updated  deleted  gone  left  new
Member         3        0        1     0     2    0
Note           1        0        3     0     0    0
2 legacy rows not in line; values are masked, --show-values shows them
",
    );
    assert_eq!(
        club.people(),
        ["2|Bo|York|20|Bo", "3|Cy|NULL|30|NULL", "4|Di|Xanten|40|NULL", "5|Ed|York|50|Ed", "6|Flo|Xanten|60|NULL"]
    );
    assert_eq!(club.remarks(), ["4|Flo|four"]);
    let status = club.cutover("status", &[]).with(0).out;
    assert!(!status.contains("DOES NOT ADD UP") && status.contains("sync"), "{status}");
    club.old("DELETE FROM note WHERE id = 4");
    club.new_side("UPDATE person SET visits = 0");
    club.cutover("sync", &["--delete"]).with(0);
    assert_eq!((club.people().len(), club.remarks().len()), (3, 0));
    club.cutover("verify", &[]).with(0);
    // A row that comes back is carried again.
    club.old("INSERT INTO member VALUES (3, 'Cyd', NULL, 'gone', 30)");
    club.cutover("run", &[]).with(0);
    club.cutover("verify", &[]).with(0);
    assert_eq!(club.people().len(), 4);
    club.cutover("rollback", &[]).with(0);
    assert_eq!(club.people(), Vec::<String>::new());
}

#[test]
fn conditions_that_have_changed_write_and_delete_rows() {
    let club = club();
    club.old("UPDATE member SET status = 'gone', city = 'Z' WHERE id = 1");
    club.old("UPDATE member SET status = 'active', name = 'Dia' WHERE id = 4");
    let ended = club.cutover("sync", &[]).with(1).out;
    let left =
        "Member.l: legacy key 1 target key 1 in login: the mapping's condition for a row here does not hold any more";
    assert!(ended.lines().any(|line| line == left), "{ended}");
    assert_eq!([&club.people()[0], &club.people()[3]], ["1|Ann|NULL|10|Ann", "4|Dia|Xanten|40|Dia"]);
    club.cutover("sync", &["--delete"]).with(0);
    assert_eq!(club.people()[0], "1|Ann|NULL|10|NULL");
    club.cutover("verify", &[]).with(0);
    club.cutover("rollback", &[]).with(0);
    assert_eq!(club.people(), Vec::<String>::new());
}

#[test]
fn what_the_target_or_the_mapping_refuses_is_left_and_the_rest_goes_in() {
    let club = club();
    club.old("UPDATE member SET name = 'Bo' WHERE id = 1");
    club.old("UPDATE member SET name = 'A name that is far too long for it' WHERE id = 3");
    club.old("UPDATE member SET badge = 60 WHERE id = 4");
    club.old("UPDATE member SET city = 'Q' WHERE id = 5");
    club.old("UPDATE member SET city = 'Y' WHERE id = 6");
    says(
        &club,
        &[],
        1,
        "
Member.p: legacy key 3 target key 3 in person: would be rejected now: NameTooLong
Member.p: legacy key 5 target key 5 in person: would be rejected now: City
Member.p: legacy key 1 target key 1 in person: the target refuses the change: table person, its value is there already \
in person.name
Member.p: legacy key 4 target key 4 in person: the target refuses the change: TheBadgeIsTaken, the badge is \
taken

map     compared  updated  deleted  gone  left  new
Member         6        2        0     0     4    0
Note           4        0        0     0     0    0
4 legacy rows not in line; values are masked, --show-values shows them
",
    );
    assert_eq!(club.people()[5], "6|Flo|York|60|NULL");
    // Values that wander from row to row arrive, whichever row comes first.
    club.old("UPDATE member SET name = 'Cy', city = 'X' WHERE id = 3");
    club.old("UPDATE member SET city = 'X' WHERE id = 5");
    club.old("UPDATE member SET name = 'Bob' WHERE id = 2");
    club.old("UPDATE member SET badge = 61 WHERE id = 6");
    club.cutover("sync", &["--batch", "1"]).with(0);
    assert_eq!(club.people()[..2], ["1|Bo|Xanten|10|Bo", "2|Bob|York|20|Bob"]);
    assert_eq!(club.people()[3], "4|Di|Xanten|60|NULL");
    club.cutover("verify", &[]).with(0);
}

#[test]
fn rows_that_cutover_did_not_write_are_never_touched() {
    let club = club();
    club.new_side("INSERT INTO person (legacy_id, name, badge, token) VALUES (8, 'Hal', 80, '00000000-0000-0000-0000-000000000001')");
    club.old("INSERT INTO member VALUES (8, 'Hal', NULL, 'gone', 80), (9, 'Ann', NULL, 'gone', 90)");
    club.cutover("run", &["--max-rejects", "any"]).with(0);
    club.old("UPDATE member SET city = 'X' WHERE id IN (8, 9)");
    let before = club.people();
    club.cutover("sync", &["--delete"]).with(0);
    club.old("DELETE FROM member WHERE id IN (8, 9)");
    club.cutover("sync", &["--delete"]).with(0);
    assert_eq!(club.people(), before);
}

#[test]
fn maps_that_are_irreversible_are_updated_and_nothing_of_them_is_deleted() {
    let club = club();
    let text = std::fs::read_to_string(club.map()).unwrap();
    let text = text.replace("  n.body -> r.body\n", "  n.body -> r.body\n  irreversible \"letters were sent\"\n");
    std::fs::write(club.map(), text).unwrap();
    club.old("UPDATE note SET body = 'ONE' WHERE id = 1");
    club.old("DELETE FROM note WHERE id = 2");
    club.cutover("sync", &[]).with(4).says(&["the rules of map Note have changed"]);
    let ended = club.cutover("sync", &["--rebind", "--delete"]).with(1).out;
    let left = "Note.r: legacy key 2 target key 2 in remark: gone from the legacy side, but its map is irreversible: letters were sent";
    assert!(ended.lines().any(|line| line == left), "{ended}");
    assert_eq!(club.remarks()[..2], ["1|Ann|ONE", "2|Ann|two"]);
}

#[test]
fn maps_can_be_named_and_a_sync_before_a_run_is_no_failure() {
    let club = club();
    club.old("UPDATE note SET body = 'x'");
    club.old("UPDATE member SET city = 'Z' WHERE id = 1");
    let ended = club.cutover("sync", &["--map", "Note"]).with(0).out;
    assert!(!ended.contains("Member"), "{ended}");
    assert_eq!(club.people()[0], "1|Ann|Xanten|10|Ann");
    club.cutover("sync", &["--map", "Nobody"]).with(2).says(&["no map Nobody"]);
    club.cutover("rollback", &[]).with(0);
    club.cutover("sync", &[]).with(0);
    let empty = cutover_tests::opal::Pair::sample().cutover("sync", &[]).with(0).out;
    assert_eq!(empty, "nothing was ever migrated into this database\n");
}

#[cfg(unix)]
#[test]
fn an_interrupt_and_a_deadline_end_a_sync_between_batches() {
    let club = club();
    club.old(
        "WITH RECURSIVE n (id) AS (SELECT 100 UNION ALL SELECT id + 1 FROM n WHERE id < 3000)
         INSERT INTO member SELECT id, 'N' || id, 'X', 'active', id * 10 FROM n",
    );
    club.cutover("run", &[]).with(0);
    club.old("UPDATE member SET city = 'Y'");
    let late = club.cutover("sync", &["--for", "0s"]).with(3).out;
    assert!(late.contains("more work left: run again"), "{late}");
    let mut command = club.command("sync", &["--batch", "1", "--json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let target = open(Path::new(club.to.url().trim_start_matches("sqlite:")));
    let batches = || {
        let query = "SELECT COUNT(*) FROM cutover_batch b JOIN cutover_run r ON r.run = b.run WHERE r.command = 'sync'";
        ask(&target, query)
    };
    let begun = (0..3000).any(|_| {
        sleep(Duration::from_millis(10));
        batches() != ["0"]
    });
    assert!(begun, "no batch within half a minute");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ended = Ended::from(child.wait_with_output().unwrap()).with(3);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report["outcome"], "interrupted");
    // Each batch that was counted is one member in York, and the place where it stopped is remembered.
    let york =
        club.to.ask("SELECT COUNT(*) FROM person WHERE city = 'York' AND legacy_id NOT IN (2, 5)", &[Kind::Integer]);
    assert_eq!(batches(), york);
    club.cutover("sync", &[]).with(0);
    club.cutover("verify", &[]).with(0);
    let outcomes = club.to.ask("SELECT outcome FROM cutover_run WHERE command = 'sync'", &[Kind::Text]);
    assert_eq!(outcomes, ["complete", "interrupted", "more_work"]);
}

#[test]
fn the_report_has_the_form_that_is_documented() {
    let club = club();
    club.old("UPDATE member SET city = 'Z' WHERE id = 1");
    club.new_side("UPDATE person SET city = 'Secret' WHERE legacy_id = 1");
    club.old("DELETE FROM note WHERE id = 1");
    let ended = club.cutover("sync", &["--json"]).with(1);
    assert!(!ended.out.contains("Secret"), "{}", ended.out);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    let step = |map: &str, counts: [u64; 10]| {
        let [in_scope, compared, updated, deleted, renewed, changed_in_target, gone, left, new, _] = counts;
        serde_json::json!({ "map": map, "in_scope": in_scope, "compared": compared, "updated": updated,
            "deleted": deleted, "renewed": renewed, "changed_in_target": changed_in_target, "gone": gone,
            "left": left, "new": new })
    };
    let expected = serde_json::json!({
        "run": 2,
        "outcome": "complete",
        "steps": [step("Member", [6, 6, 0, 0, 0, 0, 0, 1, 0, 0]), step("Note", [3, 3, 0, 0, 0, 0, 1, 0, 0, 0])],
        "left": [
            { "map": "Member", "role": "p", "table": "person", "legacy_key": "1", "target_key": "1", "reason":
              { "conflict": { "columns": [{ "column": "city", "expected": null, "found": "text of 6 characters" }] } } },
            { "map": "Note", "role": "r", "table": "remark", "legacy_key": "1", "target_key": "1", "reason": "legacy_gone" },
        ],
        "more": 0,
        "total": 2,
    });
    assert_eq!(report, expected);
}

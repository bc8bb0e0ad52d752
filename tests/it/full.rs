//! No room left: what was committed stays, nothing half-written stays, and the next attempt goes on.

#![cfg(unix)]

use cutover_tests::command::{Ended, binary};
use cutover_tests::content::Content;
use cutover_tests::opal::{Pair, map};
use cutover_tests::rows::{Rows, add};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs the command in a process that may not make files larger than so many KiB.
fn limited(kib: u64, arguments: &[&str], folder: &Path) -> Ended {
    // The signal that comes with the limit is ignored, so that writing fails as it does on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"");
    let mut command = Command::new("bash");
    command.args(["-c", &script]).arg(binary()).args(arguments).current_dir(folder).env("NO_COLOR", "1");
    Ended::from(command.output().unwrap())
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_run_keeps_what_is_committed_and_goes_on_when_there_is_room() {
    let make = || {
        let pair = Pair::empty();
        add(&pair.legacy(), Rows { first: 1, patients: 3000, odd: 20, seed: 9 });
        pair
    };
    let expected = make();
    expected.run();
    let pair = make();
    let more = ["--max-rejects", "any", "--batch", "100"];
    let command = pair.command("run", &more);
    let arguments: Vec<&str> = command.get_args().map(|argument| argument.to_str().unwrap()).collect();
    let ended = limited(700, &arguments, pair.folder()).with(4);
    let ended = ended.says(&["error: target database: sqlite:", "target.db", "make room"]);
    assert_eq!(ended.err.lines().filter(|line| line.starts_with("error")).count(), 1, "{}", ended.err);
    let there: usize = pair.ask("SELECT COUNT(*) FROM patients_patient")[0].parse().unwrap();
    let known: usize =
        pair.ask("SELECT COUNT(*) FROM cutover_map_patient WHERE state = 'migrated'")[0].parse().unwrap();
    assert!(0 < there && there < 3000, "{there}");
    assert_eq!(there, known);
    pair.run();
    let tables = ["patients_patient", "patients_hospitalpatient", "users_user", "sqlite_sequence"];
    let content = |pair: &Pair| Content::lasting(&pair.target()).only(&tables);
    content(&expected).assert_same(&content(&pair), "after a full disk");
}

#[test]
fn generate_leaves_no_half_file() {
    let folder = tempfile::tempdir().unwrap();
    let map = map();
    let arguments = ["generate", map.to_str().unwrap(), "--out", "out"];
    limited(10, &arguments, folder.path()).with(4).says(&["out/mapping.rs cannot be written"]);
    assert_eq!(names(&folder.path().join("out")), [""; 0]);
    limited(1_000_000, &arguments, folder.path()).with(0);
}

#[test]
fn a_demo_that_had_no_room_can_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["demo", "opal", "--keep", "here"];
    // Enough for the artefacts, not for the databases.
    limited(200, &arguments, folder.path()).with(4).says(&["here/legacy.db: "]);
    assert_eq!(names(&folder.path().join("here")), ["artefacts"]);
    limited(1_000_000, &arguments, folder.path()).with(0);
}

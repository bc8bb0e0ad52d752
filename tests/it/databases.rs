//! Databases that cannot be used: one message with place, cause and remedy, status 4, and nothing is changed.

use cutover_tests::command::{Ended, command, cutover, url};
use cutover_tests::content::{change, open};
use cutover_tests::opal::{Pair, map};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// The commands that open both databases.
const BOTH: [&str; 3] = ["run", "retry", "verify"];

fn try_with(name: &str, legacy: &Path, target: &Path) -> Ended {
    let mut command = command();
    command.arg(name).arg(map()).args(["--from", &url(legacy), "--to", &url(target)]);
    Ended::from(command.output().unwrap())
}

/// Asserts that the message is one line that names the place.
#[track_caller]
fn refused(ended: Ended, texts: &[&str]) {
    let ended = ended.with(4).says(texts);
    assert_eq!(ended.err.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{}", ended.err);
    assert!(ended.out.is_empty(), "{}", ended.out);
}

#[test]
fn a_database_that_is_not_there_is_not_made() {
    let pair = Pair::sample();
    let none = pair.folder().join("none.db");
    for name in BOTH {
        let place = format!("error: {}: ", url(&none));
        refused(try_with(name, &none, &pair.target()), &[&place, "No such file", "check the URL"]);
        refused(try_with(name, &pair.legacy(), &none), &[&place, "No such file", "cutover schema --dialect"]);
    }
    refused(cutover(["status", "--to", &url(&none)]), &["No such file"]);
    assert!(!none.exists());
}

#[test]
fn something_else_than_a_database_is_left_as_it_is() {
    let pair = Pair::sample();
    let text = pair.folder().join("text.db");
    fs::write(&text, "a letter, not a database, and long enough to be mistaken for one".repeat(50)).unwrap();
    let before = fs::read(&text).unwrap();
    for name in BOTH {
        let place = format!("error: {}: ", url(&text));
        refused(try_with(name, &text, &pair.target()), &[&place, "not a database", "check the URL"]);
        refused(try_with(name, &pair.legacy(), &text), &[&place, "not a database", "check the URL"]);
        refused(try_with(name, &pair.legacy(), pair.folder()), &["it is no file"]);
    }
    assert_eq!(fs::read(&text).unwrap(), before);
}

#[test]
fn a_damaged_database_is_reported() {
    let pair = Pair::sample();
    let bytes = fs::read(pair.target()).unwrap();
    fs::write(pair.target(), &bytes[..bytes.len() / 2]).unwrap();
    refused(try_with("run", &pair.legacy(), &pair.target()), &["malformed", "or it is damaged"]);
}

#[test]
fn another_schema_is_refused_with_everything_that_is_missing() {
    let pair = Pair::sample();
    pair.on_target("ALTER TABLE users_user DROP COLUMN first_name; DROP TABLE patients_hospitalpatient");
    pair.on_legacy("ALTER TABLE Patient RENAME COLUMN SSN TO Number");
    let missing = [
        "legacy column Patient.SSN",
        "target column users_user.first_name",
        "target table patients_hospitalpatient",
        "compare the database with the DDL that the mapping names",
    ];
    let before = fs::read(pair.target()).unwrap();
    for name in BOTH {
        refused(try_with(name, &pair.legacy(), &pair.target()), &missing);
    }
    // Both the wrong way round.
    refused(try_with("run", &pair.target(), &pair.legacy()), &["legacy table Users", "target table users_user"]);
    assert_eq!(fs::read(pair.target()).unwrap(), before, "not even the control tables are made");
}

#[test]
fn sides_that_are_swapped_are_recognised() {
    let pair = Pair::sample();
    for name in BOTH {
        let told = ["legacy table Users", "target table users_user", "are --from and --to swapped?"];
        refused(try_with(name, &pair.target(), &pair.legacy()), &told);
    }
}

#[test]
fn rules_that_have_changed_are_named_by_their_maps() {
    let pair = Pair::sample();
    pair.run();
    let told =
        "the rules of map Patient have changed since its rows were carried; roll back with what it was made with";
    pair.on_target("UPDATE cutover_meta SET value = 'another' WHERE name = 'meaning:Patient'");
    let ended = try_with("run", &pair.legacy(), &pair.target());
    assert!(!ended.err.contains("another"), "{}", ended.err);
    refused(ended, &[told, "--rebind"]);
    pair.on_target("UPDATE cutover_meta SET value = 'another' WHERE name = 'meaning:Caregiver'");
    let told = "the rules of maps Patient, Caregiver have changed since their rows were carried";
    refused(try_with("run", &pair.legacy(), &pair.target()), &[told]);
}

#[test]
fn a_database_that_another_process_locks_is_waited_for_and_then_left() {
    let pair = Pair::sample();
    for (path, lock) in [(pair.target(), "BEGIN IMMEDIATE"), (pair.legacy(), "BEGIN EXCLUSIVE")] {
        let other = open(&path);
        other.execute_batch(lock).unwrap();
        let place = url(&path);
        refused(
            try_with("run", &pair.legacy(), &pair.target()),
            &[&place, "database is locked", "end the other program"],
        );
        other.execute_batch("ROLLBACK").unwrap();
    }
    pair.run();
}

/// Another legacy database under the same mapping is no continuation; a file is known by its name.
#[test]
fn a_database_of_another_migration_is_refused() {
    let pair = Pair::sample();
    pair.run();
    let other = pair.folder().join("other.db");
    fs::copy(pair.legacy(), &other).unwrap();
    let ended = try_with("run", &other, &pair.target());
    refused(ended, &["the journal in the target does not fit", "legacy identity", "--rebind"]);
    pair.on_target("DELETE FROM patients_hospitalpatient");
    refused(try_with("run", &pair.legacy(), &pair.target()), &["map HospitalIdentifier", "is gone", "cutover verify"]);
}

#[test]
fn what_is_no_url_of_a_database_is_a_matter_of_usage_and_secrets_stay_secret() {
    let pair = Pair::sample();
    let legacy = url(&pair.legacy());
    let nobody_listens = ["postgresql://user:s3cret@127.0.0.1:1/db", "mysql://root:s3cret@127.0.0.1:1/x"];
    for (to, status) in ["user:s3cret@host", "sqlite:", "", "ftp://root:s3cret@h/x"]
        .map(|to| (to, 2))
        .into_iter()
        .chain(nobody_listens.map(|to| (to, 4)))
    {
        let ended = cutover([
            OsStr::new("run"),
            map().as_os_str(),
            "--from".as_ref(),
            legacy.as_ref(),
            "--to".as_ref(),
            to.as_ref(),
        ]);
        let ended = ended.with(status);
        assert!(!ended.err.contains("s3cret") && !ended.out.contains("s3cret"), "{}", ended.err);
    }
    let help =
        command().args(["run", "--help"]).env("CUTOVER_TO", "postgresql://user:s3cret@host/db").output().unwrap();
    assert!(!String::from_utf8(help.stdout).unwrap().contains("s3cret"));
}

#[test]
fn a_missing_url_is_asked_for_with_its_variable() {
    cutover(["run".as_ref(), map().as_os_str()]).with(2).says(&["--from <URL>", "CUTOVER_FROM, CUTOVER_TO"]);
    cutover(["status"]).with(2).says(&["the environment can give it too: CUTOVER_TO"]);
    let ended = cutover(["run"]).with(2).says(&["<MAP>"]);
    assert!(ended.err.contains("CUTOVER_FROM"), "{}", ended.err);
}

#[test]
fn databases_can_be_named_by_the_environment() {
    let pair = Pair::sample();
    let mut command = command();
    command.arg("run").arg(map()).args(["--max-rejects", "any"]);
    command.env("CUTOVER_FROM", url(&pair.legacy())).env("CUTOVER_TO", url(&pair.target()));
    Ended::from(command.output().unwrap()).with(0);
    assert_eq!(pair.ask("SELECT COUNT(*) FROM patients_patient"), ["19"]);
}

#[test]
fn arguments_that_make_no_sense_are_a_matter_of_usage() {
    for arguments in [
        &["frobnicate"][..],
        &["run"],
        &["check"],
        &["run", "x.map", "--from", "sqlite:a"],
        &["demo", "nobody"],
        &["run", "x.map", "--from", "sqlite:a", "--to", "sqlite:b", "--batch", "0"],
        &["run", "x.map", "--from", "sqlite:a", "--to", "sqlite:b", "--for", "5"],
        &["run", "x.map", "--from", "sqlite:a", "--to", "sqlite:b", "--max-rejects", "-1"],
        &["schema", "x.sql", "--as", "db2"],
    ] {
        let ended = cutover(arguments).with(2);
        assert!(ended.err.starts_with("error: ") || ended.err.contains("Usage:"), "{arguments:?}: {}", ended.err);
    }
    cutover(["--help"]).with(0);
    cutover(["--version"]).with(0);
}

/// What is legal SQL in a constraint of the target's own still counts: its refusal is a reject, not a failure.
#[test]
fn a_row_that_the_target_refuses_is_rejected_with_the_reason() {
    let pair = Pair::sample();
    change(
        &pair.target(),
        "CREATE TRIGGER no_alpha BEFORE INSERT ON users_user WHEN new.first_name = 'Alpha' \
         BEGIN SELECT RAISE(ABORT, 'no Alphas here'); END",
    );
    pair.on_legacy("UPDATE Patient SET RegistrationDate = '9999-12-31 23:59:59' WHERE PatientSerNum = 102");
    pair.run();
    let rejects = "SELECT legacy_key, rule, message FROM cutover_reject WHERE legacy_key IN ('201', '102') ORDER BY 1";
    assert_eq!(
        pair.ask(rejects),
        [
            "102|target_check|table patients_patient refuses the row: it violates the check created_at, which takes \
             the years 0000 to 9999",
            "201|target_check|table users_user refuses the row: it violates the check no Alphas here",
        ]
    );
    assert_eq!(pair.cutover("verify", &[]).status, 0);
}

#[cfg(unix)]
mod unix {
    use super::*;
    use cutover_tests::command::binary;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    /// Returns the command as a user who is bound by permissions: root is not.
    fn bound(folder: &Path) -> Command {
        let probe = folder.join("probe");
        fs::write(&probe, "").unwrap();
        fs::set_permissions(&probe, Permissions::from_mode(0o000)).unwrap();
        if fs::read(&probe).is_err() {
            return command();
        }
        let own = folder.join("cutover");
        if fs::hard_link(binary(), &own).is_err() {
            fs::copy(binary(), &own).unwrap();
        }
        let mut command = Command::new(own);
        command.uid(65_534).gid(65_534).env("NO_COLOR", "1");
        command
    }

    /// Makes everything in the folder readable and unwritable.
    fn seal(pair: &Pair) {
        fs::copy(map(), pair.folder().join("opal.map")).unwrap();
        for schema in ["legacy.sql", "target.sql"] {
            fs::copy(map().with_file_name(schema), pair.folder().join(schema)).unwrap();
        }
        for entry in fs::read_dir(pair.folder()).unwrap() {
            let path = entry.unwrap().path();
            let mode = if path.ends_with("cutover") { 0o755 } else { 0o444 };
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
        fs::set_permissions(pair.folder(), Permissions::from_mode(0o555)).unwrap();
    }

    #[test]
    fn a_target_that_cannot_be_written_is_refused_and_a_legacy_database_may_be() {
        let pair = Pair::sample();
        pair.run();
        let lock = pair.folder().join("target.db.cutover-lock");
        fs::remove_file(&lock).unwrap();
        let mut run = bound(pair.folder());
        seal(&pair);
        let folder = pair.folder();
        run.arg("run").arg(folder.join("opal.map"));
        run.args(["--from", &url(&pair.legacy()), "--to", &url(&pair.target())]);
        let before = fs::read(pair.target()).unwrap();
        let place = format!("{}: ", url(&pair.target()));
        let remedy = "give this user the right to write to the file and its folder";
        refused(Ended::from(run.output().unwrap()), &[&place, remedy]);
        // The file alone does not do: SQLite writes its journal beside it.
        fs::set_permissions(pair.target(), Permissions::from_mode(0o666)).unwrap();
        refused(Ended::from(run.output().unwrap()), &[&place, remedy]);
        assert_eq!(fs::read(pair.target()).unwrap(), before);
        fs::set_permissions(folder, Permissions::from_mode(0o777)).unwrap();
        run.args(["--max-rejects", "any"]);
        Ended::from(run.output().unwrap()).with(0);
    }

    #[test]
    fn files_that_may_not_be_read_are_named() {
        let pair = Pair::sample();
        let mut check = bound(pair.folder());
        seal(&pair);
        let copy = pair.folder().join("opal.map");
        fs::set_permissions(&copy, Permissions::from_mode(0o000)).unwrap();
        Ended::from(check.arg("check").arg(&copy).output().unwrap())
            .with(4)
            .says(&["opal.map: this user may not read it"]);
        fs::set_permissions(&copy, Permissions::from_mode(0o444)).unwrap();
        fs::set_permissions(pair.folder().join("target.sql"), Permissions::from_mode(0o000)).unwrap();
        let ended = Ended::from(check.output().unwrap()).with(1);
        ended.says(&["error[M0901]", "opal.map:4:25", "this user may not read it"]);
        fs::set_permissions(pair.folder(), Permissions::from_mode(0o777)).unwrap();
    }
}

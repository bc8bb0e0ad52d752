//! Mappings and schemas that cannot be used: one message with place, cause and remedy, and the right exit status.

use cutover_tests::command::{Ended, cutover};
use cutover_tests::opal::repository;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A copy of the example, to be spoilt.
struct Copy {
    folder: TempDir,
}

impl Copy {
    fn new() -> Copy {
        let folder = tempfile::tempdir().unwrap();
        for name in ["opal.map", "legacy.sql", "target.sql"] {
            fs::copy(repository("examples/opal").join(name), folder.path().join(name)).unwrap();
        }
        Copy { folder }
    }

    /// Returns a copy in which a text of the mapping reads otherwise.
    fn with(from: &str, to: &str) -> Copy {
        let copy = Copy::new();
        let map = fs::read_to_string(copy.map()).unwrap();
        assert!(map.contains(from), "the mapping has no `{from}`");
        fs::write(copy.map(), map.replacen(from, to, 1)).unwrap();
        copy
    }

    fn map(&self) -> PathBuf {
        self.folder.path().join("opal.map")
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let map = self.map().display().to_string();
        cutover(arguments.iter().map(|argument| if *argument == "MAP" { map.as_str() } else { argument }))
    }

    /// Asserts what `check` says, and that every other command refuses the mapping as well.
    #[track_caller]
    fn check(&self, status: i32, texts: &[&str]) {
        self.run(&["check", "MAP"]).with(status).says(texts);
        let out = self.folder.path().join("out");
        let out = out.to_str().unwrap();
        self.run(&["generate", "MAP", "--out", out]).with(status).says(texts);
        assert!(!fs::exists(out).unwrap(), "nothing is written for a mapping that has errors");
        for command in ["plan", "test", "verify", "run", "rollback"] {
            let databases: &[&str] = match command {
                "plan" | "test" => &[],
                _ => &["--from", "sqlite:none.db", "--to", "sqlite:none.db"],
            };
            self.run(&[&[command, "MAP"], databases].concat()).with(status).says(texts);
        }
    }
}

#[test]
fn a_mapping_that_is_fine_passes() {
    let ended = Copy::new().run(&["check", "MAP"]).with(0);
    assert!(ended.out.starts_with("ok ") && ended.out.contains("opal.map: 8 maps, "), "{}", ended.out);
}

#[test]
fn a_missing_mapping() {
    let copy = Copy::new();
    fs::remove_file(copy.map()).unwrap();
    copy.check(4, &["opal.map: there is no such file"]);
}

#[test]
fn a_folder_instead_of_a_mapping() {
    let copy = Copy::new();
    fs::remove_file(copy.map()).unwrap();
    fs::create_dir(copy.map()).unwrap();
    copy.check(4, &["opal.map: it is a folder"]);
}

#[test]
fn an_empty_mapping() {
    let copy = Copy::new();
    for text in ["", "\n\n", "// nothing yet\n"] {
        fs::write(copy.map(), text).unwrap();
        copy.check(1, &["error[M0", "opal.map:1:1", "begin with `language 1`"]);
    }
}

#[test]
fn a_mapping_that_is_not_utf8() {
    let copy = Copy::new();
    fs::write(copy.map(), b"language 1\n\n// caf\xe9\n").unwrap();
    copy.check(4, &["opal.map: line 3 is not UTF-8; save the file as UTF-8"]);
}

#[test]
fn a_schema_that_is_not_utf8() {
    let copy = Copy::new();
    let mut ddl = fs::read(copy.folder.path().join("legacy.sql")).unwrap();
    let line = ddl.iter().filter(|byte| **byte == b'\n').count() + 1;
    ddl.extend_from_slice(b"CREATE TABLE caf\xe9 (id int);\n");
    fs::write(copy.folder.path().join("legacy.sql"), ddl).unwrap();
    copy.check(1, &["error[M0901]", "opal.map:3:25", &format!("not UTF-8: line {line}"), "make the dump with UTF-8"]);
}

#[test]
fn a_schema_that_is_missing_or_empty() {
    let copy = Copy::new();
    fs::write(copy.folder.path().join("target.sql"), "").unwrap();
    copy.check(1, &["error[M0902]", "opal.map:4:25", "the schema \"target.sql\" is empty"]);
    fs::remove_file(copy.folder.path().join("target.sql")).unwrap();
    copy.check(1, &["error[M0901]", "opal.map:4:25", "there is no such file", "relative to the mapping"]);
}

#[test]
fn a_schema_in_another_dialect() {
    let copy = Copy::with("= mariadb    \"legacy.sql\"", "= postgresql \"legacy.sql\"");
    copy.check(1, &["error[M0903]", "opal.map:3:14", "no table that can be read as postgresql", "check the dialect"]);
}

#[test]
fn a_statement_that_cannot_be_read() {
    let copy = Copy::with("p.FirstName              <-> t.first_name", "p.FirstName              <=> t.first_name");
    copy.check(1, &["error[M0101]", "opal.map:59:", "expected"]);
}

#[test]
fn a_column_that_does_not_exist() {
    let copy = Copy::with("p.LastName               <->", "p.LstName                <->");
    copy.check(1, &["error[M0210]: old.Patient has no column `LstName`", "opal.map:60:5", "did you mean `LastName`?"]);
    // The place in the schema is named, too.
    copy.check(1, &["legacy.sql:12:1"]);
}

#[test]
fn all_errors_come_in_one_run() {
    let copy = Copy::with("p.LastName               <->", "p.LstName                <->");
    let map = fs::read_to_string(copy.map()).unwrap();
    fs::write(copy.map(), map.replace("<-> h.mrn ", "<-> h.nrm ")).unwrap();
    copy.check(1, &["`LstName`", "`nrm`", "opal.map:60:", "opal.map:100:"]);
}

#[test]
fn examples_of_a_mapping_are_run() {
    let ended = Copy::new().run(&["test", "MAP"]).with(0);
    assert!(ended.out.ends_with("20 examples passed, 0 failed\n"), "{}", ended.out);
}

#[test]
fn an_example_that_is_wrong_fails() {
    let copy = Copy::with(
        "t { legacy_id: 51, first_name: \"Ann\", sex: \"F\"",
        "t { legacy_id: 51, first_name: \"Ann\", sex: \"M\"",
    );
    let ended = copy.run(&["test", "MAP"]).with(1);
    assert!(ended.out.ends_with("19 examples passed, 1 failed\n"), "{}", ended.out);
    let line = ended.out.lines().find(|line| line.starts_with("failed ")).unwrap();
    assert!(line.contains("Patient \"plain\" (") && line.ends_with("opal.map:76)"), "{line}");
    assert!(ended.out.contains("sex"), "{}", ended.out);
    let report: serde_json::Value = serde_json::from_str(&copy.run(&["test", "MAP", "--json"]).with(1).out).unwrap();
    assert_eq!((&report["passed"], &report["failed"]), (&19.into(), &1.into()));
}

#[test]
fn an_example_that_should_be_rejected_and_is_not_fails() {
    let copy = Copy::with(
        "Sex: \"F\", DateOfBirth: 1980-02-03 00:00:00, AccessLevel: \"1\"",
        "Sex: \"Female\", DateOfBirth: 1980-02-03 00:00:00, AccessLevel: \"1\"",
    );
    assert!(copy.run(&["test", "MAP"]).with(1).out.contains("Patient \"sex by one letter\""));
}

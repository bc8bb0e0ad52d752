//! `cutover explain`, and where messages point to it.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use cutover_mapping_dsl::diagnostic::CODES;
use std::fs;
use std::path::Path;
use std::process::Command;

fn cutover(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cutover")).args(arguments).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), out, err)
}

#[test]
fn every_code_is_listed_and_explained() {
    let (status, list, _) = cutover(&["explain"]);
    assert_eq!((status, list.lines().count()), (0, CODES.len() + 1));
    for (code, title) in CODES {
        assert!(list.contains(&format!("{}  {title}", code.0)), "{list}");
        let (status, page, err) = cutover(&["explain", code.0]);
        assert_eq!((status, err.as_str()), (0, ""));
        assert!(page.starts_with(&format!("{}: {title}\n\n", code.0)), "{page}");
        for part in ["\nExample\n\n    ", &format!("[{}]: ", code.0), "\nMended\n\n    "] {
            assert!(page.contains(part), "no {part:?} in {page}");
        }
        assert!(!page.contains("```") && !page.contains("\n#"), "marks are left: {page}");
    }
}

#[test]
fn codes_may_be_written_as_they_are_seen() {
    let (_, page, _) = cutover(&["explain", "M0604"]);
    for written in ["m0604", "604", "0604", "error[M0604]", "error[M0604]:"] {
        assert_eq!(cutover(&["explain", written]), (0, page.clone(), String::new()), "{written}");
    }
    let (status, two, _) = cutover(&["explain", "M0604", "M0605"]);
    assert_eq!(status, 0);
    assert!(two.starts_with(&page) && two.contains("\nM0605: "), "{two}");
}

#[test]
fn unknown_codes_are_a_mistake_of_usage() {
    for (written, near) in [("M0614", "M0604"), ("M0299", "M0309"), ("9999", "M0")] {
        let (status, out, err) = cutover(&["explain", written]);
        assert_eq!((status, out.as_str()), (2, ""), "{written}");
        assert!(err.contains(&format!("no code `{written}`; did you mean {near}")), "{err}");
    }
    for written in ["", "lossy", "[", "M060é", "123456"] {
        let (status, out, err) = cutover(&["explain", "M0604", written]);
        assert_eq!((status, out.as_str()), (2, ""), "{written}");
        assert!(err.contains("`cutover explain` lists all codes") && !err.contains("mean"), "{err}");
    }
}

#[test]
fn messages_point_to_the_pages_once() {
    let folder = tempfile::tempdir().unwrap();
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mapping-dsl/tests/suite");
    for name in ["errors/legacy.sql", "errors/target.sql", "errors/M0203-table.map", "errors/M0702-used.map"] {
        let path = suite.join(name);
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let maps = ["M0702-used.map", "M0203-table.map", "M0702-used.map"].map(|map| folder.path().join(map));
    let [first, second, third] = maps.each_ref().map(|map| map.to_str().unwrap());
    let (status, _, err) = cutover(&["check", first, second, third]);
    assert_eq!((status, err.matches("for more: cutover explain").count()), (1, 1), "{err}");
    assert!(err.ends_with("for more: cutover explain M0203 M0702\n"), "{err}");
    let (_, _, err) = cutover(&["plan", first]);
    assert!(err.contains("for more: cutover explain M0702\n"), "{err}");
    let (_, out, err) = cutover(&["check", first, "--message-format", "json"]);
    assert!(!out.contains("for more") && err.is_empty(), "{err}");
    let fine = suite.join("explain/M0702-used.map");
    fs::copy(fine, folder.path().join("fine.map")).unwrap();
    let (_, _, err) = cutover(&["check", folder.path().join("fine.map").to_str().unwrap()]);
    assert_eq!(err, "");
}

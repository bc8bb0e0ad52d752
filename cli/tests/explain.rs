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

/// Returns the path of a mapping of the suite.
fn case(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/suite").join(name).join("case.map");
    path.to_str().unwrap().to_string()
}

#[test]
fn the_proof_of_a_mapping_is_a_table_under_two_verdicts() {
    let (status, out, err) = cutover(&["explain", &case("ST-09-denormalisation")]);
    assert_eq!((status, err.as_str()), (0, ""));
    let (head, table) = out.split_once("\n\n").unwrap();
    assert_eq!(
        head.lines().collect::<Vec<_>>(),
        [
            "Denorm (case.map:6), iso",
            "put: can a legacy row that is still there be brought up to date from its target rows?",
            "  up to t.city",
            "  - t.city: `->`: it claims no way back (case.map:12)",
            "create: can a legacy row be made anew from its target rows alone?",
            "  up to p.city_id",
            "  - p.city_id: only conditions look at it (case.map:6)",
        ]
    );
    let words =
        |line: &str| line.split("  ").map(str::trim).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("|");
    let lines: Vec<String> = table.lines().map(words).collect();
    assert_eq!(lines[0], "line|rule|class|way back|obligation");
    assert_eq!(lines[1], "10|p.id <-> t.id|iso|copy");
    assert_eq!(lines[3], "12|c.name -> t.city|iso|none");
    assert!(!out.contains('\u{1b}'), "colours belong on a terminal: {out:?}");
}

#[test]
fn the_proof_of_one_map_is_shown_alone_and_to_machines() {
    let map = case("ST-08-self-join");
    let (status, all, _) = cutover(&["explain", &map]);
    assert!(status == 0 && all.contains("\nManages (") && all.starts_with("Emp ("), "{all}");
    let (status, one, _) = cutover(&["explain", &map, "--map", "Manages"]);
    assert!(status == 0 && one.starts_with("Manages (") && !one.contains("Emp (case"), "{one}");
    let (status, json, _) = cutover(&["explain", &map, "--map", "Emp", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(status, 0);
    assert_eq!(json.as_array().unwrap().len(), 1);
    let proof = &json[0];
    assert_eq!((&proof["class"], &proof["put"]["answer"]), (&"iso".into(), &"exact".into()));
    assert_eq!(proof["create"]["answer"], "up_to");
    let lost = &proof["create"]["lost"][0];
    assert_eq!((&lost["what"], &lost["operator"], &lost["line"]), (&"e.boss".into(), &"defer".into(), &9.into()));
    assert_eq!(proof["rules"][1]["inverse"], "copy");
}

#[test]
fn what_no_proof_can_be_shown_of_is_a_mistake_of_usage() {
    let map = case("ST-08-self-join");
    for (arguments, words) in [
        (vec!["explain", &map, "--map", "Boss"], "case.map has no map `Boss`; it has Emp, Manages"),
        (vec!["explain", &map, "M0604"], "one mapping is explained at a time"),
        (vec!["explain", "M0604", "--json"], "name its file"),
        (vec!["explain", "--map", "Emp"], "name its file"),
    ] {
        let (status, out, err) = cutover(&arguments);
        assert_eq!((status, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains(words), "{err}");
    }
    let (status, _, err) = cutover(&["explain", "nowhere.map"]);
    assert!(status == 4 && err.contains("nowhere.map"), "{status} {err}");
}

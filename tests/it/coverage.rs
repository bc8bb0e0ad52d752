//! `cutover test` says what the examples of a mapping reach, and names the rest.

use cutover_tests::command::{Ended, cutover};
use serde_json::Value;
use std::ffi::OsString;
use tempfile::TempDir;

const LEGACY: &str =
    "CREATE TABLE room (id INTEGER PRIMARY KEY, kind VARCHAR(9) NOT NULL, floor INTEGER, owner INTEGER);
                      CREATE TABLE person (id INTEGER PRIMARY KEY, name VARCHAR(30) NOT NULL);";

const TARGET: &str = "CREATE TABLE place (id INTEGER PRIMARY KEY AUTOINCREMENT, legacy_id INTEGER UNIQUE, kind CHAR(1) NOT NULL,
                        height VARCHAR(20) NOT NULL, name VARCHAR(20) NOT NULL);
                      CREATE TABLE stay (id INTEGER PRIMARY KEY AUTOINCREMENT, legacy_id INTEGER UNIQUE, place INTEGER NOT NULL);";

/// The mapping with more examples in its first map.
fn mapping(examples: &str) -> String {
    format!(
        r#"language 1
legacy old = sqlite "legacy.sql" timezone "UTC"
target new = sqlite "target.sql" timezone "UTC"

values Kind: text <-> text {{
  "hall"  <-> "H"
  "lab"   <-> "L"
  _        -> reject "no such kind"
}}

map Place: old.room r
  join one old.person p on p.id == r.owner
  -> new.place t
{{
  key r.id        <-> t.legacy_id
  reject "below ground" when r.floor < 0
  unique t.name else reject "the name is taken"
  r.kind via Kind  -> t.kind
  match r.floor {{
    null    -> "unknown"
    0       -> "ground"
    1..9    -> "upper"
    _       -> reject "too high"
  }}               -> t.height
  p.name           -> t.name   values {{ not "" }} else reject "nobody"  allow(narrow) "names are short"

  example "a hall" {{
    r {{ id: 1, kind: "hall", floor: 0, owner: 7, .. }}
    p {{ id: 7, name: "Ann", .. }}
    t {{ kind: "H", height: "ground", .. }}
  }}
{examples}}}

map Stay: old.room r -> new.stay s {{
  key r.id        <-> s.legacy_id
  ref Place(r.id)  -> s.place
  drop r.{{kind, floor, owner}} "carried by Place"
}}
"#
    )
}

const MORE: &str = r#"  example "too high" {
    r { id: 2, kind: "lab", floor: 70, owner: 7, .. }
    p { id: 7, name: "Ann", .. }
    reject height
  }
  example "below" {
    r { id: 2, kind: "lab", floor: -1, owner: 7, .. }
    p { id: 7, name: "Ann", .. }
    reject BelowGround
  }
  example "no owner" {
    r { id: 2, kind: "lab", floor: 1, owner: 8, .. }
    reject NoPerson
  }
"#;

fn test(examples: &str, more: &[&str]) -> Ended {
    let folder = TempDir::new().unwrap();
    for (name, text) in [("legacy.sql", LEGACY), ("target.sql", TARGET), ("rooms.map", &mapping(examples))] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let map = folder.path().join("rooms.map").into_os_string();
    cutover([OsString::from("test"), map].into_iter().chain(more.iter().map(Into::into)))
}

#[test]
fn each_map_says_how_much_its_examples_reach() {
    let covers = |examples: &str| -> Vec<String> {
        let out = test(examples, &[]).with(0).out;
        out.lines().filter(|line| line.starts_with("covers ")).map(str::to_string).collect()
    };
    let stay = "covers Stay   rules 0/2, arms 0/0, reasons 0/0";
    assert_eq!(covers(""), ["covers Place  rules 4/4, arms 2/7, reasons 0/6", stay]);
    assert_eq!(covers(MORE), ["covers Place  rules 4/4, arms 4/7, reasons 3/6", stay]);
}

#[test]
fn what_no_example_reaches_is_named_with_its_line() {
    let out = test(MORE, &["--uncovered"]).with(0).out;
    let missed: Vec<&str> = out.lines().filter(|line| line.starts_with("       ")).map(str::trim).collect();
    assert_eq!(
        missed,
        [
            "not _ in values Kind (rooms.map:5)",
            "not arm 1 of the match for t.height (rooms.map:20)",
            "not arm 3 of the match for t.height (rooms.map:22)",
            "not reason Kind: no such kind (rooms.map:18)",
            "not reason Name: nobody (rooms.map:25)",
            "not reason NameTooLong: longer than 20 characters (rooms.map:25)",
            "5 reasons of other rows and unreadable values are not counted",
            "not rule for s.legacy_id (rooms.map:49)",
            "not rule for s.place (rooms.map:50)",
            "2 reasons of other rows and unreadable values are not counted",
        ]
    );
    assert!(test("", &[]).out.contains("--uncovered names what no example reaches\n"));
}

#[test]
fn programs_read_the_same() {
    let report: Value = serde_json::from_str(&test("", &["--json"]).with(0).out).unwrap();
    let place = &report["coverage"][0];
    assert_eq!(
        (&place["map"], &place["arms"]["reached"], &place["arms"]["of"]),
        (&"Place".into(), &2.into(), &7.into())
    );
    assert_eq!(place["arms"]["missed"].as_array().unwrap().len(), 5);
    assert_eq!(place["arms"]["missed"][0]["line"], 5);
    assert_eq!(place["reasons_beyond_examples"], 5);
}

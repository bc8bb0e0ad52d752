//! What programs read: JSON that parses, in forms that are known.

use cutover_tests::command::cutover;
use cutover_tests::opal::{Pair, map, repository};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn every_report_parses() {
    let pair = Pair::sample();
    let run = json(&pair.cutover("run", &["--json", "--max-rejects", "any"]).with(0).out);
    assert_eq!((&run["outcome"], &run["rejects"]), (&"complete".into(), &35.into()));
    let retry = json(&pair.cutover("retry", &["--json", "--max-rejects", "any"]).with(0).out);
    assert_eq!(retry["steps"][1]["now"]["rejected"], 8);
    assert_eq!(json(&pair.cutover("verify", &["--json"]).with(0).out)["total"], 0);
    let status = json(&pair.cutover("status", &["--json"]).with(0).out);
    assert_eq!((&status["begun"], status["runs"].as_array().unwrap().len()), (&true.into(), 2));
    let rollback = json(&pair.cutover("rollback", &["--json"]).with(0).out);
    assert_eq!(rollback["steps"][0]["map"], "Staff", "the last step goes back first");
    // Over budget is a finding, and still a report.
    assert_eq!(json(&pair.cutover("run", &["--json"]).with(1).out)["outcome"], "over_budget");
    let map = map();
    for arguments in [&["plan"][..], &["test"], &["schema", "--side", "legacy"], &["schema", "--side", "target"]] {
        let arguments = [&arguments[..1], &[map.to_str().unwrap(), "--json"], &arguments[1..]].concat();
        assert!(json(&cutover(arguments).with(0).out).is_object());
    }
}

#[test]
fn findings_have_the_form_of_rustc() {
    let folder = tempfile::tempdir().unwrap();
    for schema in ["legacy.sql", "target.sql"] {
        fs::copy(repository("examples/opal").join(schema), folder.path().join(schema)).unwrap();
    }
    let map =
        fs::read_to_string(map()).unwrap().replace("p.LastName  ", "p.`LästName`  ").replace("via Sex ", "via Sax ");
    let path = folder.path().join("opal.map");
    fs::write(&path, &map).unwrap();
    let ended = cutover([OsStr::new("check"), path.as_os_str(), "--message-format".as_ref(), "json".as_ref()]).with(1);
    let lines: Vec<Value> = ended.out.lines().map(json).collect();
    assert!(lines.len() >= 2, "{}", ended.out);
    for finding in &lines {
        assert_eq!(finding["$message_type"], "diagnostic");
        assert!(["error", "warning"].contains(&finding["level"].as_str().unwrap()));
        assert!(finding["code"]["code"].as_str().unwrap().starts_with('M'));
        assert!(finding["rendered"].as_str().unwrap().contains(finding["message"].as_str().unwrap()));
        assert!(finding["children"].is_array());
        let spans = finding["spans"].as_array().unwrap();
        assert_eq!(spans.iter().filter(|span| span["is_primary"] == true).count(), 1);
        spans.iter().for_each(|span| assert_span(span, folder.path()));
    }
    assert!(lines.iter().any(|finding| finding["message"].as_str().unwrap().contains("`LästName`")));
}

/// A span must point at what it says, counted as rustc counts: bytes from 0, lines and characters from 1.
fn assert_span(span: &Value, folder: &std::path::Path) {
    let number = |name: &str| usize::try_from(span[name].as_u64().unwrap()).unwrap();
    let text = fs::read_to_string(folder.join(span["file_name"].as_str().unwrap())).unwrap();
    let start = &text[..number("byte_start")];
    assert_eq!(start.matches('\n').count() + 1, number("line_start"));
    let line = start.rsplit('\n').next().unwrap();
    assert_eq!(line.chars().count() + 1, number("column_start"));
    assert!(number("byte_end") >= number("byte_start") && text.is_char_boundary(number("byte_end")));
    let shown = span["text"][0]["text"].as_str().unwrap();
    assert_eq!(text.lines().nth(number("line_start") - 1), Some(shown));
}

//! Any text at all: the compiler answers, it never panics.

use cutover_mapping_dsl::compile;
use proptest::prelude::*;

const HEAD: &str = "language 1\nlegacy old = sqlite \"old.sql\"\ntarget new = sqlite \"new.sql\"\n";
const OLD: &str = "CREATE TABLE T (Id INTEGER PRIMARY KEY, Name TEXT NOT NULL, Day DATE);";
const NEW: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(5), day DATE);";

fn run(text: &str, old: &str, new: &str) -> cutover_mapping_dsl::Compiled {
    let compiled = compile("any.map", text, &mut |file| match file {
        "old.sql" => Ok(old.as_bytes().to_vec()),
        "new.sql" => Ok(new.as_bytes().to_vec()),
        _ => Err("there is no such file".to_string()),
    });
    crate::support::messages(&compiled);
    for diagnostic in &compiled.diagnostics {
        cutover_mapping_dsl::diagnostic::to_json(diagnostic, &compiled.sources, String::new());
    }
    compiled
}

/// Words of the language in any order.
pub(crate) fn soup() -> impl Strategy<Value = String> {
    let words = vec![
        "map",
        "values",
        "key",
        "drop",
        "match",
        "ref",
        "lookup",
        "into",
        "where",
        "exists",
        "on",
        "join one",
        "example",
        "reject",
        "when",
        "unique",
        "allow(narrow)",
        "->",
        "<->",
        "<-",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "\"x\"",
        "`ä`",
        "/a/",
        "//",
        "///",
        "\n",
        "\n",
        "\nmap ",
        "\nvalues ",
        "old.T a",
        "new.t b",
        "a.Name",
        "b.name",
        "M:",
        "1",
        "1..2",
        "1.5",
        "2020-01-01",
        "null",
        "_",
        "|",
        "++",
        "+",
        "-",
        "*",
        "==",
        "<",
        "in",
        "not",
        "and",
        "or",
        "via",
        ",",
        ":",
        "..",
        ".",
        "\t",
        "\r\n",
        "é",
        "\u{feff}",
        "\\",
        "\"",
        "`",
        "/",
    ];
    prop::collection::vec(prop::sample::select(words), 0..60).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        run(&text, OLD, NEW);
        run(&format!("{HEAD}{text}"), OLD, NEW);
    }

    #[test]
    fn any_schema(old in "\\PC{0,120}", new in "[A-Z a-z(),;'\"`\n]{0,120}") {
        let text = format!("{HEAD}map M: old.T a -> new.t b {{\n key a.Id <-> b.id\n}}\n");
        run(&text, &format!("CREATE TABLE T (Id INT PRIMARY KEY, {old}"), &format!("CREATE TABLE t ({new}"));
        run(&text, &old, &new);
    }

    #[test]
    fn words_in_any_order(body in soup()) {
        run(&format!("{HEAD}{body}"), OLD, NEW);
        run(&format!("{HEAD}map M: old.T a -> new.t b {{\n key a.Id <-> b.id\n {body}\n}}\n"), OLD, NEW);
        run(&format!("{HEAD}values V: text -> text {{\n {body}\n}}\n"), OLD, NEW);
    }
}

const RULES: &str = "  key a.Id <-> b.id\n  a.Name -> b.name allow(narrow) \"x\"\n  a.Day <-> b.day\n";

fn accepted(text: &str) {
    let compiled = run(text, OLD, NEW);
    assert!(compiled.plan.is_some(), "{}", crate::support::messages(&compiled));
}

#[test]
fn line_ends_marks_and_tabs() {
    let text = format!("{HEAD}/// Doc.\nmap M: old.T a -> new.t b {{\n{RULES}}}\n");
    accepted(&text);
    accepted(&text.replace('\n', "\r\n"));
    accepted(&format!("\u{feff}{text}"));
    accepted(&text.replace("  ", "\t"));
    accepted(text.trim_end());
    let compiled = run(&text.replace('\n', "\r\n"), OLD, NEW);
    let plan = compiled.plan.expect("line ends change nothing");
    assert_eq!(plan.steps[0].docs, ["Doc."]);
}

#[test]
fn nesting_is_refused_not_followed() {
    for (open, close) in
        [("(", ")"), ("lower(", ")"), ("match a.Name { _ -> ", " }"), ("not ", ""), ("{", "}"), ("[", "]")]
    {
        for depth in [10, 40, 47, 48, 60, 3000, 100_000] {
            let nested = format!("{}a.Name{}", open.repeat(depth), close.repeat(depth));
            run(&format!("{HEAD}map M: old.T a -> new.t b {{\n  {nested} -> b.name\n}}\n"), OLD, NEW);
        }
    }
    run(&format!("{HEAD}map M: old.T a -> new.t b {{\n{}\n}}\n", "into b {\n".repeat(5000)), OLD, NEW);
    run(&format!("{HEAD}{}", "(".repeat(100_000)), OLD, NEW);
}

#[test]
fn what_was_found_once() {
    run(&format!("{HEAD}map M: old.T a -> new.t b {{\n é \n ]\n}}\n"), OLD, NEW);
}

#[test]
fn long_lines_and_lists() {
    let long = format!("{HEAD}map M: old.T a -> new.t b {{\n  a.{} -> b.name\n}}\n", "x".repeat(1_000_000));
    run(&long, OLD, NEW);
    let sum = vec!["a.Name"; 20_000].join(" ++ ");
    run(&format!("{HEAD}map M: old.T a -> new.t b {{\n  {sum} -> b.name\n}}\n"), OLD, NEW);
    let arms: String = (0..5000).map(|number| format!("  \"{number}\" -> \"a\"\n")).collect();
    run(&format!("{HEAD}values V: text -> text {{\n{arms}  _ -> reject \"x\"\n}}\n"), OLD, NEW);
    let patterns: Vec<String> = (0..5000).map(|number| format!("\"{number}\"")).collect();
    let rule = format!("match a.Name {{ {} -> \"x\", _ -> \"y\" }} -> b.name", patterns.join(" | "));
    run(&format!("{HEAD}map M: old.T a -> new.t b {{\n{rule}\n}}\n"), OLD, NEW);
}

//! The hash of a step's meaning, by which a run tells whether the mapping was changed since the last one.

use cutover_mapping_dsl::compile;

const OLD: &str = "CREATE TABLE T (Id INTEGER PRIMARY KEY, Name TEXT NOT NULL, Kind TEXT NOT NULL);";
const NEW: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, legacy_id INTEGER, name TEXT NOT NULL, kind TEXT NOT NULL);";
const TEXT: &str = "\
language 1
legacy old = sqlite \"old.sql\"
target new = sqlite \"new.sql\"
fn tidy(name: text) -> text
values Other: text -> text { _ -> reject \"none\" }
values Kind: text -> text {
  \"a\" -> \"x\"
  _ -> reject \"no such kind\"
}
map M: old.T a -> new.t b {
  key a.Id <-> b.legacy_id
  tidy(a.Name) -> b.name
  a.Kind via Kind -> b.kind
}
";

fn meaning(text: &str) -> String {
    let schema = |file: &str| Ok(if file == "old.sql" { OLD } else { NEW }.into());
    let compiled = compile("meaning.map", text, &mut { schema });
    let plan = compiled.plan.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    plan.steps[0].meaning.clone()
}

#[test]
fn what_changes_a_value_changes_the_meaning() {
    for (from, to) in [
        ("\"a\" -> \"x\"", "\"a\" -> \"y\""),
        ("\"a\" -> \"x\"", "\"a\" | \"b\" -> \"x\""),
        ("_ -> reject \"no such kind\"", "_ -> \"z\""),
        ("fn tidy(name: text) -> text", "fn tidy(name: text) -> text else reject \"none\""),
        ("tidy(a.Name)", "trim(tidy(a.Name))"),
    ] {
        let changed = TEXT.replace(from, to);
        assert_ne!(changed, TEXT);
        assert_ne!(meaning(&changed), meaning(TEXT), "{from} to {to}");
    }
}

#[test]
fn layout_words_and_what_is_not_used_do_not() {
    for (from, to) in [
        ("map M", "\n// a comment\n/// a doc\nmap M"),
        ("reject \"no such kind\"", "reject \"other words\""),
        ("values Other: text -> text { _ -> reject \"none\" }\n", ""),
        ("fn tidy", "fn other(name: text) -> text\nfn tidy"),
        ("(name: text)", "(  name :text  )"),
    ] {
        let changed = TEXT.replace(from, to);
        assert_ne!(changed, TEXT);
        assert_eq!(meaning(&changed), meaning(TEXT), "{from} to {to}");
    }
}

//! The pages of `docs/diagnostics`, one for each code: made of the words in `tests/suite/explain`, the case in
//! `tests/suite/errors` and the same mapping mended. Nothing on them is written by hand.

use crate::support::{compile_file, compile_text, maps_in, messages, suite};
use cutover_mapping_dsl::diagnostic::{CODES, Code};
use cutover_mapping_dsl::format::format;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// What makes the pages anew.
const COMMAND: &str = "INSTA_UPDATE=always cargo test -p cutover-mapping-dsl pages";
/// Longer lines of cases are cut on the page.
const LONGEST: usize = 160;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/diagnostics")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn stem(path: &Path) -> String {
    path.file_stem().expect("a case has a name").to_string_lossy().into_owned()
}

/// Returns the mended mappings, named as the cases they mend.
fn mended() -> Vec<PathBuf> {
    maps_in(&suite().join("explain"))
}

#[test]
fn the_pages_of_all_codes_are_fresh() {
    let mut wanted: BTreeMap<String, String> = CODES.iter().map(|(code, title)| page(*code, title)).collect();
    wanted.insert("README.md".to_string(), index());
    let update = std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
    if update {
        fs::create_dir_all(folder()).expect("the folder can be made");
        wanted.iter().for_each(|(name, text)| fs::write(folder().join(name), text).expect("a page can be written"));
    }
    let files = fs::read_dir(folder()).expect("the folder is there");
    let files = files.map(|file| file.expect("its files can be listed").file_name().to_string_lossy().into_owned());
    let there: BTreeSet<String> = files.collect();
    let stale: Vec<&String> = wanted
        .iter()
        .filter(|(name, text)| !there.contains(*name) || read(&folder().join(name)) != **text)
        .map(|(name, _)| name)
        .collect();
    assert!(stale.is_empty(), "{stale:?} are stale; renew them with `{COMMAND}`");
    let too_many: Vec<&String> = there.iter().filter(|name| !wanted.contains_key(*name)).collect();
    assert!(too_many.is_empty(), "no code has these pages: {too_many:?}");
}

fn page(code: Code, title: &str) -> (String, String) {
    let words = read(&suite().join("explain").join(format!("{}.md", code.0)));
    let mended: Vec<PathBuf> = mended().into_iter().filter(|path| stem(path).starts_with(code.0)).collect();
    let [mended] = mended.as_slice() else { panic!("{} needs one mended mapping, not {mended:?}", code.0) };
    let case = suite().join("errors").join(mended.file_name().expect("a mapping has a name"));
    let message = messages(&compile_file(&case));
    let shown = (short(&read(&case)), short(&message), read(mended));
    let mut page = format!(
        "# {}: {title}\n\n{words}\n## Example\n\n```map\n{}```\n\n```text\n{}```\n\n## Mended\n\n```map\n{}```\n",
        code.0, shown.0, shown.1, shown.2
    );
    let others = other_forms(code, &case);
    if !others.is_empty() {
        page.push_str("\n## Other forms\n\n");
        others.iter().for_each(|message| writeln!(page, "- {message}").expect("a text takes all"));
    }
    (format!("{}.md", code.0), page)
}

fn short(text: &str) -> String {
    let line = |line: &str| match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …\n", &line[..end]),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Returns what else is said under this code, without repetition.
fn other_forms(code: Code, shown: &Path) -> BTreeSet<String> {
    let first = |path: &Path| compile_file(path).diagnostics[0].message.clone();
    let cases = maps_in(&suite().join("errors")).into_iter();
    let cases = cases.filter(|path| stem(path).starts_with(code.0) && path != shown);
    let mut others: BTreeSet<String> = cases.map(|path| first(&path)).collect();
    others.remove(&first(shown));
    others
}

fn index() -> String {
    let mut page = "# Messages\n\nEach message has a code that never changes its meaning. `cutover explain CODE` shows its \
                    page in the terminal.\nThe examples map [these tables](../../mapping-dsl/tests/suite/errors/legacy.sql) \
                    into [those](../../mapping-dsl/tests/suite/errors/target.sql).\n\n| code | meaning |\n|---|---|\n"
        .to_string();
    for (code, title) in CODES {
        writeln!(page, "| [{0}]({0}.md) | {title} |", code.0).expect("a text takes all");
    }
    page
}

#[test]
fn mended_mappings_are_right_and_in_the_one_style() {
    let mut wrong = Vec::new();
    for path in mended() {
        let case = suite().join("errors").join(path.file_name().expect("a mapping has a name"));
        let text = read(&path);
        let compiled = compile_text(&case, &text);
        if !compiled.diagnostics.is_empty() {
            wrong.push(messages(&compiled));
        } else if format(&text).expect("it keeps its meaning").text != text {
            wrong.push(format!("{}: run `cutover fmt` on it", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn words_of_pages_have_a_code() {
    let files = fs::read_dir(suite().join("explain")).expect("the folder is there");
    let codes: BTreeSet<&str> = CODES.iter().map(|(code, _)| code.0).collect();
    for path in files.map(|file| file.expect("its files can be listed").path()) {
        assert!(codes.contains(&stem(&path)[..5]), "{}", path.display());
        let case = suite().join("errors").join(format!("{}.map", stem(&path)));
        assert!(path.extension().is_some_and(|kind| kind == "md") || case.exists(), "{} mends nothing", path.display());
    }
}

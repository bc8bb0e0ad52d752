//! One small file for each mistake; its snapshot is the message. The file's name begins with the code.

use crate::support::{compile_file, compile_text, maps_in, messages, suite};
use cutover_mapping_dsl::diagnostic::{CODES, to_json};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn cases() -> Vec<PathBuf> {
    maps_in(&suite().join("errors"))
}

fn slug(path: &std::path::Path) -> String {
    path.file_stem().expect("a case has a name").to_string_lossy().into_owned()
}

#[test]
fn messages_are_as_reviewed() {
    insta::glob!("../suite/errors", "*.map", |path| {
        let compiled = compile_file(path);
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(messages(&compiled));
        });
    });
}

#[test]
fn one_mistake_gives_one_message_of_its_code() {
    let mut wrong = Vec::new();
    for path in cases() {
        let compiled = compile_file(&path);
        let codes: Vec<&str> = compiled.diagnostics.iter().map(|diagnostic| diagnostic.code.0).collect();
        let expected = &slug(&path)[..5];
        if codes != [expected] {
            wrong.push(format!("{}: {codes:?}", slug(&path)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_case() {
    let cases: BTreeSet<String> = cases().iter().map(|path| slug(path)[..5].to_string()).collect();
    let codes: BTreeSet<String> = CODES.iter().map(|(code, _)| code.0.to_string()).collect();
    assert_eq!(codes, cases);
}

#[test]
fn offered_changes_mend_the_mistake() {
    let mut wrong = Vec::new();
    for path in cases() {
        let text = std::fs::read_to_string(&path).expect("the corpus can be read");
        for diagnostic in compile_text(&path, &text).diagnostics {
            for patch in &diagnostic.patches {
                let mut mended = text.clone();
                mended.replace_range(patch.span.start..patch.span.end, &patch.replacement);
                let left = compile_text(&path, &mended).diagnostics;
                if left.iter().any(|left| left.code == diagnostic.code) {
                    wrong.push(format!("{}: {}: {}", slug(&path), patch.message, left[0].message));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_machine_form_says_everything_once() {
    for path in cases() {
        let compiled = compile_file(&path);
        for diagnostic in &compiled.diagnostics {
            let line = to_json(diagnostic, &compiled.sources, String::new());
            let json: serde_json::Value = serde_json::from_str(&line).expect("it is JSON");
            let children = json["children"].as_array().expect("there is a list");
            let said: BTreeSet<String> = children.iter().map(|child| child["message"].to_string()).collect();
            assert_eq!(said.len(), children.len(), "{}: {line}", slug(&path));
            let changes: Vec<&serde_json::Value> =
                children.iter().flat_map(|child| child["spans"].as_array().expect("there is a list")).collect();
            assert_eq!(changes.len(), diagnostic.patches.len(), "{}", slug(&path));
            for (span, patch) in changes.into_iter().zip(&diagnostic.patches) {
                assert_eq!(span["suggested_replacement"], patch.replacement.as_str());
                let sure = span["suggestion_applicability"].as_str().expect("it says how sure it is");
                assert_eq!(sure, format!("{:?}", patch.applicability), "the names are rustc's");
            }
        }
    }
}

#[test]
fn what_a_map_leaves_out_is_one_message_whose_lines_can_be_pasted() {
    let head = "language 1\nlegacy old = mariadb \"legacy.sql\"\ntarget new = postgresql \"target.sql\"\n";
    let path = suite().join("errors/lines.map");
    for map in [
        "map Tag: old.Tag a -> new.tag t {\n  key a.Id\n}",
        "map Tag: old.Tag a -> new.tag t { key a.Id }",
        "map Tag: old.Tag a -> new.tag t {}",
        "  map Tag: old.Tag a\n    -> new.tag t, new.misc m, new.stamp s\n  {\n    key a.Id\n  }".trim_start(),
        "map Note: old.Note n\n  join optional old.Tag a on a.Id == n.TagId\n  -> new.note t, new.tag u {\n  key n.Id\n}",
    ] {
        let text = format!("{head}{map}\n");
        let found = compile_text(&path, &text).diagnostics;
        let missing: Vec<_> = found.iter().filter(|found| ["M0604", "M0605"].contains(&found.code.0)).collect();
        let [missing] = missing.as_slice() else { panic!("{map}: {found:?}") };
        let [patch] = missing.patches.as_slice() else { panic!("{map}: {missing:?}") };
        let mut mended = text.clone();
        mended.replace_range(patch.span.start..patch.span.end, &patch.replacement);
        let left = compile_text(&path, &mended).diagnostics;
        assert!(!left.iter().any(|left| left.code.0 < "M0200" || left.code.0 >= "M0604"), "{mended}\n{left:?}");
    }
}

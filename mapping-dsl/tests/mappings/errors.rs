//! One small file for each mistake; its snapshot is the message. The file's name begins with the code.

use crate::support::{compile_file, compile_text, maps_in, messages, suite};
use cutover_mapping_dsl::diagnostic::CODES;
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

//! Rust: what names and texts of a mapping can and cannot do to the generated file. That it compiles and does the right
//! thing is shown by the examples.

use crate::plan::{hostile, plan};
use cutover_codegen::rust::{FILE, emit};
use cutover_mapping_dsl::plan::Plan;

fn file(plan: &Plan) -> syn::File {
    let files = emit(plan).unwrap();
    let text = files.get(FILE).unwrap();
    syn::parse_file(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// Names of the items, with those of modules behind them.
fn items(items: &[syn::Item]) -> Vec<String> {
    let names = items.iter().filter_map(|item| match item {
        syn::Item::Fn(function) => Some(vec![format!("fn {}", function.sig.ident)]),
        syn::Item::Enum(item) => Some(vec![format!("enum {}", item.ident)]),
        syn::Item::Struct(item) => Some(vec![format!("struct {}", item.ident)]),
        syn::Item::Static(item) => Some(vec![format!("static {}", item.ident)]),
        syn::Item::Mod(module) => {
            let inner = self::items(&module.content.as_ref()?.1);
            Some(std::iter::once(format!("mod {}", module.ident)).chain(inner).collect())
        }
        _ => None,
    });
    names.flatten().collect()
}

#[test]
fn a_plan_becomes_the_items_that_it_asks_for() {
    let step = ["fn in_scope", "fn link_keys", "fn convert", "struct Step", "fn specification"];
    let patient = ["mod patient", "static ZONE_UTC", "struct Legacy", "struct TRow", "struct Targets", "enum Reject"];
    let user =
        ["mod caregiver", "struct Legacy", "struct CaregiverRow", "struct SelfRow", "struct Targets", "enum Reject"];
    let found = items(&file(&plan("UTC")).items);
    let expected: Vec<&str> =
        ["fn steps", "fn map_sex"].into_iter().chain(patient).chain(step).chain(user).chain(step).collect();
    assert_eq!(found, expected);
}

#[test]
fn names_that_try_to_leave_their_places_stay_in_them() {
    let items = items(&file(&hostile()).items);
    assert_eq!(items.iter().filter(|item| item.starts_with("mod ")).count(), 2, "{items:?}");
    assert_eq!(items.iter().filter(|item| item.starts_with("fn ")).count(), 2 + 2 * 4, "{items:?}");
}

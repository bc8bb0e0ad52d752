//! Rules over whole maps, one in each file. They look at drafts and report; they change nothing but what only they can
//! know (the columns of `unique`, the examples).

mod coverage;
mod deferred;
mod examples;
mod keys;
pub(crate) mod leave;
mod nulls;
pub(crate) mod require;
mod targets;
mod unique;

use crate::diagnostic::{Code, Diagnostic};
use crate::names::map_table;
use crate::resolve::Draft;
use crate::source::Span;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// Checks all maps.
pub(crate) fn check(world: &World<'_>, drafts: &mut [Draft<'_>], diagnostics: &mut Vec<Diagnostic>) {
    duplicate_maps(world, diagnostics);
    unused(world, drafts, diagnostics);
    for draft in drafts.iter_mut() {
        keys::check(world, draft, diagnostics);
        nulls::check(draft, diagnostics);
        coverage::check(world, draft, diagnostics);
        unique::check(draft, diagnostics);
        targets::check(draft, diagnostics);
        examples::check(world, draft, diagnostics);
    }
    deferred::check(drafts, diagnostics);
}

fn duplicate_maps(world: &World<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut names: BTreeMap<&str, Span> = BTreeMap::new();
    let mut tables: BTreeMap<String, Span> = BTreeMap::new();
    for map in &world.tree.maps {
        let table = map_table(&map.name.text);
        let named = tables.insert(table.clone(), map.name.span);
        if let Some(first) = names.insert(&map.name.text, map.name.span) {
            let message = format!("the map `{}` is given twice", map.name.text);
            diagnostics.push(Diagnostic::error(Code::DUPLICATE, map.name.span, message).label(first, "first here"));
        } else if let Some(first) = named {
            let message = format!("two maps would share the migration table {table}");
            let error = Diagnostic::error(Code::DUPLICATE, map.name.span, message).label(first, "the other one");
            diagnostics.push(error.help("choose names that differ by more than case and underscores"));
        }
    }
}

fn unused(world: &World<'_>, drafts: &[Draft<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let unread = world.tree.incomplete || !world.tree.unreadable.is_empty();
    if unread || drafts.len() < world.tree.maps.len() || drafts.iter().any(|draft| draft.damaged) {
        return;
    }
    let used: BTreeSet<usize> = drafts.iter().flat_map(|draft| draft.used_values.iter().copied()).collect();
    let all = world.tree.values.iter().enumerate();
    let all = all.filter(|(index, _)| !world.broken_values.contains(index));
    let all = all.filter(|(index, values)| world.values(&values.name.text) == Some(*index)); // Not the second of a name.
    for (_, values) in all.filter(|(index, _)| !used.contains(index)) {
        diagnostics.push(unused_one("the value map", &values.name));
    }
    let used: BTreeSet<usize> = drafts.iter().flat_map(|draft| draft.used_functions.iter().copied()).collect();
    let first = |name: &str| world.functions.iter().position(|given| given.name == name);
    let given = world.tree.functions.iter().enumerate();
    let given = given.filter(|(index, given)| first(&given.name.text) == Some(*index) && !used.contains(index));
    diagnostics.extend(given.map(|(_, given)| unused_one("the function", &given.name)));
}

fn unused_one(what: &str, name: &crate::ast::Name) -> Diagnostic {
    let message = format!("{what} `{}` is used by no map", name.text);
    Diagnostic::warning(Code::UNUSED, name.span, message).help("take it out")
}

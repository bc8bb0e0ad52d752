//! Tables that stay where they are: they exist, no map carries their rows, and somebody says why.
//!
//! ```text
//! leave old.{Session, Cache} "the legacy system goes on using them"
//! ```

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::LeftTables;
use crate::source::Span;
use crate::world::{Which, World};
use std::collections::BTreeMap;

/// Resolves all `leave` lines.
pub(crate) fn left_tables(world: &World<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<LeftTables> {
    let carried: BTreeMap<String, Span> = world
        .tree
        .maps
        .iter()
        .filter_map(|map| {
            let found = world.table(&map.base.path, Which::Legacy, &mut Vec::new())?;
            Some((found.name.clone(), map.name.span))
        })
        .collect();
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    let mut left = Vec::new();
    for leave in &world.tree.left {
        if leave.reason.as_ref().is_none_or(|reason| reason.text.trim().is_empty()) {
            let error = Diagnostic::error(Code::REASON, leave.span, "this `leave` says no reason");
            diagnostics.push(error.help("write `leave … \"why the rows stay\"`"));
        }
        let mut tables = Vec::new();
        for (table, span) in named(world, leave, diagnostics) {
            if let Some(map) = carried.get(&table) {
                let message = format!("`{table}` is left here, and a map carries its rows");
                let error = Diagnostic::error(Code::STALE_DROP, span, message).label(*map, "this map");
                diagnostics.push(error.help("take it out of the list"));
            } else if let Some(first) = seen.insert(table.clone(), span) {
                let message = format!("`{table}` is left twice");
                diagnostics.push(Diagnostic::error(Code::TWICE, span, message).label(first, "first here"));
            } else {
                tables.push(table);
            }
        }
        let reason = leave.reason.as_ref().map(|reason| reason.text.clone()).unwrap_or_default();
        left.push(LeftTables { tables, reason, line: world.line(leave.span) });
    }
    left
}

fn named(world: &World<'_>, leave: &crate::ast::Leave, diagnostics: &mut Vec<Diagnostic>) -> Vec<(String, Span)> {
    let mut tables = Vec::new();
    for group in &leave.tables {
        for name in &group.names {
            // Of `old.Module.Entity` the columns' form keeps the module.
            let side = group
                .alias
                .as_ref()
                .filter(|alias| world.legacy.schema.entities.get(&alias.text, &name.text).is_some());
            let side = side.map(|alias| crate::ast::Name { text: world.legacy.alias.clone(), span: alias.span });
            let names = side.into_iter().chain(group.alias.iter().cloned()).chain([name.clone()]).collect();
            let path = crate::ast::Path { names, span: name.span };
            let table = world.table(&path, Which::Legacy, diagnostics);
            tables.extend(table.map(|table| (table.name.clone(), name.span)));
        }
    }
    tables
}

//! The closed world: of every legacy column something is said, and every target column has a value.
//!
//! ```text
//! map Patient: old.Patient p -> new.patient t {
//!   key p.Id <-> t.legacy_id
//! }                             // M0604: nothing is said of p.Name; M0605: t.name gets no value
//! ```

use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::Draft;
use crate::schema::{Assigned, Column};
use crate::source::Span;
use crate::types::Type;
use crate::world::{Which, World, nearest, quoted_if_needed};
use std::collections::BTreeMap;

pub(super) fn check(world: &World<'_>, draft: &Draft<'_>, diagnostics: &mut Vec<Diagnostic>) {
    left_behind(draft, diagnostics);
    if draft.damaged {
        return; // What seems missing may stand in a statement that was not understood.
    }
    legacy(world, draft, diagnostics);
    // Rows that must be there already are not written: of them a map says what it compares.
    for role in (0..draft.roles.len()).filter(|role| draft.map.targets[*role].existing.is_none()) {
        target(world, draft, role, diagnostics);
    }
}

/// Reports columns that are dropped or deferred twice, or although they are used.
fn left_behind(draft: &Draft<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<(usize, &str), Span> = BTreeMap::new();
    for column in &draft.left_behind {
        let name = format!("{}.{}", draft.aliases[column.alias].name, column.column);
        if let Some(first) = seen.insert((column.alias, &column.column), column.span) {
            let message = format!("`{name}` is dropped or deferred twice");
            diagnostics.push(Diagnostic::error(Code::TWICE, column.span, message).label(first, "first here"));
        } else if column.alias != 0 {
            let message = format!(
                "`{name}` need not be dropped: only the base table `{}` must be spoken of whole",
                draft.aliases[0].name
            );
            diagnostics.push(Diagnostic::error(Code::STALE_DROP, column.span, message).help("take it out"));
        } else if draft.used.contains(&(column.alias, column.column.clone())) {
            let what = if column.to.is_some() { "deferred" } else { "dropped" };
            let message = format!("`{name}` is {what} here, and used in this map");
            diagnostics.push(Diagnostic::error(Code::STALE_DROP, column.span, message).help("take it out of the list"));
        }
    }
}

fn legacy(world: &World<'_>, draft: &Draft<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let base = &draft.aliases[0];
    let spoken_of = |column: &&Column| {
        draft.used.contains(&(0, column.name.clone()))
            || draft.left_behind.iter().any(|left| left.alias == 0 && left.column == column.name)
    };
    let missing: Vec<&Column> = base.table.columns.iter().filter(|column| !spoken_of(column)).collect();
    if missing.is_empty() {
        return;
    }
    let names: Vec<String> = missing.iter().map(|column| quoted_if_needed(&column.name)).collect();
    let verb = if missing.len() == 1 { "is" } else { "are" };
    let message =
        format!("{} of {} columns {verb} not spoken of: {}", missing.len(), base.table.columns.len(), shorten(&names));
    let line = match names.as_slice() {
        [one] => format!("  drop {}.{one} \"reason\"\n", base.name),
        _ => format!("  drop {}.{{{}}} \"reason\"\n", base.name, names.join(", ")),
    };
    let error = Diagnostic::error(Code::UNMAPPED_LEGACY, draft.map.base.path.span, message)
        .here("every column is mapped, deferred or dropped")
        .label(world.ddl_line(Which::Legacy, missing[0].line), "the first of them");
    let help = format!("map what is needed, then add\n{}", line.trim_end());
    diagnostics.push(error.help(help).patch("drop them", insertion(draft), line));
}

fn target(world: &World<'_>, draft: &Draft<'_>, role: usize, diagnostics: &mut Vec<Diagnostic>) {
    let target = &draft.roles[role];
    let given = |column: &Column| draft.rule_spans.contains_key(&(role, column.name.clone()));
    let missing: Vec<&Column> = target
        .table
        .columns
        .iter()
        .filter(|column| !given(column) && column.default.is_none() && column.assigned == Assigned::No)
        .filter(|column| !(column.nullable && matches!(column.ty, Type::Other(_)))) // Nothing can be written there.
        .collect();
    if missing.is_empty() {
        return;
    }
    let legacy: Vec<&str> =
        draft.aliases.iter().flat_map(|alias| alias.table.columns.iter().map(|column| column.name.as_str())).collect();
    let lines: Vec<String> = missing.iter().map(|column| suggestion(draft, &target.name, column, &legacy)).collect();
    let names: Vec<String> = missing.iter().map(|column| quoted_if_needed(&column.name)).collect();
    let plural = if missing.len() == 1 { "column gets" } else { "columns get" };
    let message = format!("{} {plural} no value in `{}`: {}", missing.len(), target.name, shorten(&names));
    let error = Diagnostic::error(Code::UNMAPPED_TARGET, target.span, message)
        .label(world.ddl_line(Which::Target, missing[0].line), "the first of them: no default");
    let shown: Vec<&str> = lines.iter().take(12).map(|line| line.trim_end()).collect();
    let help = format!("give each a value, such as\n{}", shown.join("\n"));
    diagnostics.push(error.help(help).patch("give each a value", insertion(draft), lines.concat()));
}

/// A line that would give the column a value: the legacy column of the nearest name, or null, or a constant.
fn suggestion(draft: &Draft<'_>, role: &str, column: &Column, legacy: &[&str]) -> String {
    let name = quoted_if_needed(&column.name);
    if let Some(near) = nearest(&column.name, legacy) {
        let alias = draft.aliases.iter().find(|alias| alias.table.column(near).is_some());
        let alias = alias.map_or("", |alias| alias.name.as_str());
        return format!("  {alias}.{} <-> {role}.{name}\n", quoted_if_needed(near));
    }
    let value = match (&column.ty, column.nullable) {
        (crate::types::Type::Uuid, false) => "generated uuid()",
        (crate::types::Type::Boolean, false) => "false",
        (crate::types::Type::Integer { .. }, false) => "0",
        (_, true) => "null",
        _ => "\"\"",
    };
    format!("  {value} -> {role}.{name}\n")
}

/// The place right before the closing brace of the map.
fn insertion(draft: &Draft<'_>) -> Span {
    Span { end: draft.map.end.start, ..draft.map.end }
}

fn shorten(names: &[String]) -> String {
    match names.len() {
        0..=10 => names.join(", "),
        more => format!("{}, and {} more", names[..9].join(", "), more - 9),
    }
}

//! The closed world: of every legacy column something is said, and every target column has a value.
//!
//! ```text
//! map Patient: old.Patient p -> new.patient t {
//!   key p.Id <-> t.legacy_id
//! }                             // M0604: nothing is said of p.Name, and t.name gets no value
//! ```
//!
//! All that is missing in one map is one message. Its code is M0605 when only target columns are missing.

mod offer;

use crate::diagnostic::{Applicability, Code, Diagnostic, before_brace};
use crate::resolve::Draft;
use crate::resolve::convert::ONLY_JSON;
use crate::schema::{Assigned, Column};
use crate::source::Span;
use crate::types::Type;
use crate::world::{Which, World, quoted_if_needed};
use std::collections::BTreeMap;

pub(super) fn check(world: &World<'_>, draft: &Draft<'_>, diagnostics: &mut Vec<Diagnostic>) {
    left_behind(draft, diagnostics);
    if draft.damaged {
        return; // What seems missing may stand in a statement that was not understood.
    }
    report(world, draft, &Missing::of(draft), diagnostics);
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

/// What one side of a map says nothing of.
struct Missing<'a> {
    /// The legacy columns.
    legacy: Vec<&'a Column>,
    /// The target columns, with the index of the target.
    target: Vec<(usize, &'a Column)>,
}

impl<'a> Missing<'a> {
    fn of(draft: &Draft<'a>) -> Missing<'a> {
        let spoken_of = |column: &&Column| {
            draft.used.contains(&(0, column.name.clone()))
                || draft.left_behind.iter().any(|left| left.alias == 0 && left.column == column.name)
        };
        let legacy = draft.aliases[0].table.columns.iter().filter(|column| !spoken_of(column)).collect();
        // Rows that must be there already are not written: of them a map says what it compares.
        let written = |(role, _): &(usize, _)| draft.map.targets[*role].existing.is_none();
        let roles = draft.roles.iter().enumerate().filter(written);
        let target = roles.flat_map(|(role, target)| {
            let given = move |column: &Column| draft.rule_spans.contains_key(&(role, column.name.clone()));
            let columns = target.table.columns.iter();
            columns.filter(move |column| needs_value(column) && !given(column)).map(move |column| (role, column))
        });
        Missing { legacy, target: target.collect() }
    }
}

fn needs_value(column: &Column) -> bool {
    let cannot_be_written = column.nullable && matches!(column.ty, Type::Other(_));
    column.default.is_none() && column.assigned == Assigned::No && !cannot_be_written
}

/// Reports all that is missing in one map at once, with lines that would say it.
fn report(world: &World<'_>, draft: &Draft<'_>, missing: &Missing<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let (base, all) = (&draft.aliases[0], draft.aliases[0].table.columns.len());
    let mut messages = Vec::new();
    let mut labels: Vec<(Span, String)> = Vec::new();
    if let Some(first) = missing.legacy.first() {
        let names: Vec<String> = missing.legacy.iter().map(|column| quoted_if_needed(&column.name)).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        let side = format!("{}.{}", world.legacy.alias, base.table.name);
        messages.push(format!("{} of {all} columns of {side} {verb} not spoken of: {}", names.len(), shorten(&names)));
        labels.push((draft.map.base.path.span, "every column is mapped, deferred or dropped".to_string()));
        labels.push((world.ddl_line(Which::Legacy, first.line), "the first of them".to_string()));
    }
    for (role, target) in draft.roles.iter().enumerate() {
        let columns: Vec<&Column> =
            missing.target.iter().filter(|(of, _)| *of == role).map(|(_, column)| *column).collect();
        let Some(first) = columns.first() else { continue };
        let names: Vec<String> = columns.iter().map(|column| quoted_if_needed(&column.name)).collect();
        let plural = if names.len() == 1 { "column gets" } else { "columns get" };
        messages.push(format!("{} {plural} no value in `{}`: {}", names.len(), target.name, shorten(&names)));
        labels.push((target.span, "every column without a default is given a value".to_string()));
        labels.push((world.ddl_line(Which::Target, first.line), "the first of them: no default".to_string()));
    }
    let Some(((place, remark), others)) = labels.split_first() else { return };
    let code = if missing.legacy.is_empty() { Code::UNMAPPED_TARGET } else { Code::UNMAPPED_LEGACY };
    let mut error = Diagnostic::error(code, *place, messages.join("; ")).here(remark);
    for (span, remark) in others {
        error = error.label(*span, remark);
    }
    let lines = offer::lines(draft, &missing.legacy, &missing.target);
    let json = missing.target.iter().find(|(_, column)| column.ty == Type::Json && !column.nullable);
    if let Some((role, column)) = json {
        error = error.note(format!("`{}.{}` is JSON: {ONLY_JSON}", draft.roles[*role].name, column.name));
    }
    if lines.is_empty() {
        diagnostics.push(error);
        return;
    }
    let (end, lines) = before_brace(world.sources, draft.map.end, &lines);
    let help = "say what becomes of each, such as";
    diagnostics.push(error.patch_as(Applicability::HasPlaceholders, help, end, lines));
}

fn shorten(names: &[String]) -> String {
    match names.len() {
        0..=10 => names.join(", "),
        more => format!("{}, and {} more", names[..9].join(", "), more - 9),
    }
}

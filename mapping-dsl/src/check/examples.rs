//! Examples must speak of columns and reasons that the map has, in values of their types.

use crate::ast::{self, StatementKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Example, Expected, Literal};
use crate::resolve::Draft;
use crate::resolve::kinds::literal_type;
use crate::schema::Column;
use crate::source::Span;
use crate::types::Type;
use crate::world::{Which, World};
use std::collections::BTreeMap;

pub(super) fn check(world: &World<'_>, draft: &mut Draft<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let map = draft.map;
    let mut names: BTreeMap<&str, Span> = BTreeMap::new();
    for statement in &map.statements {
        if let StatementKind::Example(example) = &statement.kind
            && !given_twice(&mut names, example, diagnostics)
            && let Some(example) = resolve(world, draft, example, statement.span, diagnostics)
        {
            draft.step.examples.push(example);
        }
    }
}

fn given_twice<'e>(
    names: &mut BTreeMap<&'e str, Span>,
    example: &'e ast::Example,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let Some(first) = names.insert(&example.name.text, example.name.span) else { return false };
    let message = format!("this map has an example \"{}\" already", example.name.text);
    diagnostics.push(Diagnostic::error(Code::EXAMPLE, example.name.span, message).label(first, "the other one"));
    true
}

fn resolve(
    world: &World<'_>,
    draft: &Draft<'_>,
    example: &ast::Example,
    span: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Example> {
    let (mut given, mut cells) = (Vec::new(), Vec::new());
    let absent = absent(draft, example, diagnostics)?;
    let mut there = std::collections::BTreeSet::new();
    for row in &example.rows {
        if let Some(table) = looked_into(draft, &row.alias.text) {
            let table = world.legacy.schema.table(table)?;
            for (name, value, place) in &row.cells {
                check_value(world.column(table, Which::Legacy, name, diagnostics)?, value, *place, diagnostics)?;
            }
            there.insert(row.alias.text.clone());
            continue;
        }
        let legacy = draft.aliases.iter().find(|alias| alias.name == row.alias.text);
        let target = draft.roles.iter().position(|role| role.name == row.alias.text);
        let (table, which) = match (legacy, target) {
            (Some(alias), _) => (alias.table, Which::Legacy),
            (None, Some(role)) => (draft.roles[role].table, Which::Target),
            (None, None) => {
                let message = format!("this map has no table `{}`", row.alias.text);
                diagnostics.push(Diagnostic::error(Code::EXAMPLE, row.alias.span, message));
                return None;
            }
        };
        for (name, value, place) in &row.cells {
            let column = world.column(table, which, name, diagnostics)?;
            check_value(column, value, *place, diagnostics)?;
            match target {
                Some(role) if legacy.is_none() => cells.push((role, column.name.clone(), value.clone())),
                _ => given.push((row.alias.text.clone(), column.name.clone(), value.clone())),
            }
        }
    }
    let expected = match &example.rejected {
        Some(name) => Expected::Rejected(rejection(draft, name, diagnostics)?),
        None if example.out_of_scope => Expected::OutOfScope,
        None if cells.is_empty() && absent.is_empty() => {
            let message = "this example expects nothing";
            let help = "add the cells of a target row, `reject Reason`, or `out`";
            diagnostics.push(Diagnostic::error(Code::EXAMPLE, example.name.span, message).help(help));
            return None;
        }
        None => Expected::Rows { cells, absent },
    };
    let name = example.name.text.clone();
    Some(Example { name, given, there: there.into_iter().collect(), expected, line: world.line(span) })
}

/// Returns the table of a question's alias.
fn looked_into<'d>(draft: &'d Draft<'_>, alias: &str) -> Option<&'d str> {
    let tables = draft.step.read.exists.iter().flat_map(|exists| &exists.tables);
    tables.into_iter().find(|table| table.alias == alias).map(|table| table.table.as_str())
}

/// Resolves the targets that get no row.
fn absent(draft: &Draft<'_>, example: &ast::Example, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<usize>> {
    let mut absent = Vec::new();
    for name in &example.absent {
        let role = draft.roles.iter().position(|role| role.name == name.text);
        let message = match role {
            Some(role) if draft.roles[role].conditional => {
                absent.push(role);
                continue;
            }
            Some(_) => format!("`{}` always gets a row: it has no `when`", name.text),
            None => format!("this map has no target `{}`", name.text),
        };
        diagnostics.push(Diagnostic::error(Code::EXAMPLE, name.span, message));
        return None;
    }
    Some(absent)
}

fn check_value(column: &Column, value: &Literal, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<()> {
    let given = literal_type(value);
    let fits = match (value, &column.ty) {
        (Literal::Null, _) => true,
        (Literal::DateTime(_), Type::Instant { .. }) | (Literal::Integer(_), Type::Decimal { .. }) => true,
        (Literal::Date(_), Type::DateTime { .. } | Type::Instant { .. }) => true,
        (Literal::Text(_), Type::Uuid | Type::Json) => true,
        (_, ty) => given.family() == ty.family() || (given.is_text() && ty.is_text()),
    };
    if !fits {
        let message = format!("`{}` is {}, this is {}", column.name, column.ty.family(), given.family());
        diagnostics.push(Diagnostic::error(Code::EXAMPLE, span, message));
    }
    fits.then_some(())
}

/// A rejection is named by its reason, by a value map, or by a target column.
fn rejection(draft: &Draft<'_>, name: &ast::Name, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let known = draft.step.reasons.iter().any(|reason| reason_is(&reason.name, &reason.column, &name.text));
    if !known && !draft.damaged {
        let names: Vec<&str> = draft.step.reasons.iter().map(|reason| reason.name.as_str()).collect();
        let message = format!("this map never rejects for `{}`", name.text);
        let error = Diagnostic::error(Code::EXAMPLE, name.span, message);
        diagnostics.push(error.note(format!("it rejects for: {}", names.join(", "))));
        return None;
    }
    Some(name.text.clone())
}

/// Returns whether an example means this reason: by its name, or by the column it belongs to.
pub(crate) fn reason_is(reason: &str, column: &str, wanted: &str) -> bool {
    reason.eq_ignore_ascii_case(wanted) || column.rsplit('.').next() == Some(wanted)
}

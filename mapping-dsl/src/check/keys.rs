//! Keys: the legacy key names one row, joins give at most one row, target rows can be named.

use crate::ast::StatementKind;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Join;
use crate::resolve::Draft;
use crate::schema::{Assigned, Table};
use crate::source::Span;
use crate::world::{Which, World};

pub(super) fn check(world: &World<'_>, draft: &Draft<'_>, diagnostics: &mut Vec<Diagnostic>) {
    legacy_key(world, draft, diagnostics);
    joins(world, draft, diagnostics);
    for role in 0..draft.roles.len() {
        target_key(world, draft, role, diagnostics);
    }
}

fn key_statements(draft: &Draft<'_>) -> Vec<Span> {
    let keys = draft.map.statements.iter().filter(|statement| matches!(statement.kind, StatementKind::Key { .. }));
    keys.map(|statement| statement.span).collect()
}

fn legacy_key(world: &World<'_>, draft: &Draft<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let base = &draft.aliases[0];
    let known = known_keys(base.table);
    let spans = key_statements(draft);
    let Some(span) = spans.first() else {
        if !draft.damaged {
            let message = format!("map `{}` has no key", draft.step.name);
            let error = Diagnostic::error(Code::NO_KEY, draft.map.name.span, message);
            let columns: Vec<String> =
                base.table.primary_key.iter().map(|column| format!("{}.{column}", base.name)).collect();
            diagnostics.push(error.help(match columns.is_empty() {
                true => "add `key alias.column` with a unique key of the base table".to_string(),
                false => {
                    format!("add `key {}`, with `<-> target.column` if the target remembers it", columns.join(", "))
                }
            }));
        }
        return;
    };
    if let Some(second) = spans.get(1) {
        let error = Diagnostic::error(Code::NO_KEY, *second, "a map has one key").label(*span, "the first one");
        diagnostics.push(error.help("write several columns in one `key`, separated by commas"));
    }
    let columns: Vec<&str> =
        draft.step.read.key.iter().map(|place| draft.step.read.columns[*place].column.as_str()).collect();
    if columns.is_empty() {
        return; // Reported where the statement was resolved.
    }
    let unique = base.table.is_unique(&columns);
    if !unique {
        let message = format!(
            "key {} is not known to be unique in {}.{}",
            columns.join(", "),
            world.legacy.alias,
            base.table.name
        );
        let line = base.table.column(columns[0]).map_or(base.table.line, |column| column.line);
        let error = Diagnostic::error(Code::NO_KEY, *span, message)
            .here("two rows with one value would become one row")
            .label(world.ddl_line(Which::Legacy, line), "no unique key here");
        diagnostics.push(error.help(match known.is_empty() {
            true => "the table has no unique key that could be used".to_string(),
            false => format!("use {}", known.join(" or ")),
        }));
    }
    let nullable =
        draft.step.read.key.iter().map(|place| &draft.step.read.columns[*place]).find(|column| column.nullable);
    if let Some(column) = nullable.filter(|_| unique) {
        let message = format!("the key column `{}` can be null", column.column);
        diagnostics.push(
            Diagnostic::error(Code::NO_KEY, *span, message)
                .help("rows with null could not be told apart; use another key"),
        );
    }
}

fn known_keys(table: &Table) -> Vec<String> {
    let unique = table.unique_keys.iter().map(|key| &key.columns);
    std::iter::once(&table.primary_key).chain(unique).filter(|key| !key.is_empty()).map(|key| key.join(", ")).collect()
}

fn joins(world: &World<'_>, draft: &Draft<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (index, join) in draft.step.read.joins.iter().enumerate() {
        let written = &draft.map.joins[index];
        if written.optional.is_none() {
            let message = "a join says whether rows without partner are rejected or kept";
            let error = Diagnostic::error(Code::JOIN, written.span, message);
            diagnostics.push(error.help("write `join one` to reject them, `join optional` to keep them with nulls"));
        }
        several(world, draft, index, join, diagnostics);
    }
}

/// One legacy row stays one row: the joined columns are a unique key, or the author says what happens to several rows.
fn several(world: &World<'_>, draft: &Draft<'_>, index: usize, join: &Join, diagnostics: &mut Vec<Diagnostic>) {
    let (written, table) = (&draft.map.joins[index], draft.aliases[index + 1].table);
    let plain = join.on.iter().filter(|condition| condition.is_plain());
    let columns: Vec<&str> = plain.map(|condition| condition.column.as_str()).collect();
    let unique = table.is_unique(&columns);
    if let (true, Some(words)) = (unique, &written.several) {
        let message = format!("this join finds at most one row of {}.{}", world.legacy.alias, table.name);
        let error = Diagnostic::error(Code::JOIN, words.span, message);
        diagnostics.push(error.help("take `several reject …` out"));
    } else if !columns.is_empty() && !unique && written.several.is_none() {
        let message = format!("this join may give several rows of {}.{}", world.legacy.alias, table.name);
        let line = table.column(columns[0]).map_or(table.line, |column| column.line);
        let error = Diagnostic::error(Code::JOIN, written.on.span, message)
            .here("one legacy row would become several")
            .label(world.ddl_line(Which::Legacy, line), "no unique key here");
        let keys = known_keys(table);
        diagnostics.push(error.help(match keys.is_empty() {
            true => "add `several reject \"why such rows stay behind\"`".to_string(),
            false => format!(
                "join by a unique key: {}; or add `several reject \"why such rows stay behind\"`",
                keys.join(" or ")
            ),
        }));
    }
}

/// A target row is named by a primary key of one column, which the target or a rule gives.
fn target_key(world: &World<'_>, draft: &Draft<'_>, role: usize, diagnostics: &mut Vec<Diagnostic>) {
    let (target, table) = (&draft.roles[role], draft.roles[role].table);
    let ddl = world.ddl_line(Which::Target, table.line);
    let [key] = table.primary_key.as_slice() else {
        let message = format!("the rows of {}.{} cannot be named", world.target.alias, table.name);
        let error = Diagnostic::error(Code::TARGET_KEY, target.span, message)
            .label(ddl, "the table has no primary key of one column");
        diagnostics.push(error.help("rollback and comparison need one; targets with other keys are not supported yet"));
        return;
    };
    // A key without default is reported with the other columns that get no value.
    let known = table.column(key);
    let given = known.is_none_or(|column| column.assigned == Assigned::Counter || column.default.is_none());
    let written = draft.map.targets[role].existing.is_none();
    if written && !given && draft.step.targets[role].key_rule.is_none() && !draft.damaged {
        let message = format!("nothing gives `{}.{key}` a value", target.name);
        let error =
            Diagnostic::error(Code::TARGET_KEY, target.span, message).label(ddl, "its primary key is no counter");
        diagnostics.push(error.help(format!("add a rule `… <-> {}.{key}`", target.name)));
    }
}

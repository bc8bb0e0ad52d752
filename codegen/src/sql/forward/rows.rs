//! The rows of one set statement: the temporary table with their keys, and the rows of each target.

use super::BATCH;
use crate::names;
use crate::sql::expression::Translator;
use crate::sql::read::{self, Line};
use cutover_mapping_dsl::plan::{ExprKind, Generated, Rule, Target};
use cutover_mapping_dsl::types::Type;

/// The query that fills the temporary table.
pub(in crate::sql) struct Batch {
    pub(in crate::sql) create: String,
    pub(in crate::sql) columns: Vec<String>,
    pub(in crate::sql) base: String,
    pub(in crate::sql) joins: Vec<String>,
    pub(in crate::sql) conditions: Vec<Line>,
}

/// The rows of one target.
pub(in crate::sql) struct Insert {
    pub(in crate::sql) table: String,
    pub(in crate::sql) columns: String,
    pub(in crate::sql) values: Vec<Line>,
    pub(in crate::sql) batch: String,
    pub(in crate::sql) base: String,
    pub(in crate::sql) on: String,
    pub(in crate::sql) joins: Vec<String>,
    /// Which rows of the batch get a row here, where not all do.
    pub(in crate::sql) only: Option<String>,
}

/// Builds the query that decides which rows are carried, and under which new keys.
pub(in crate::sql) fn batch(translator: &mut Translator<'_>) -> Batch {
    let dialect = translator.dialect;
    let joins = joins(translator);
    let conditions = translator.carried();
    let legacy = translator.key_columns().into_iter().zip(translator.entry_columns());
    let mut columns: Vec<String> = legacy.map(|(key, name)| format!("{key} AS {name}")).collect();
    for index in 0..translator.step.targets.len() {
        let name = names::target_key_column(&translator.step.targets[index].role);
        if is_late(translator, index) {
            continue;
        }
        let key = new_key(translator, index);
        let key = match translator.step.targets[index].when {
            Some(_) => format!("CASE WHEN {} THEN {key} END", translator.row_condition(index)),
            None => key,
        };
        columns.push(format!("{key} AS {}", dialect.quote(&name)));
    }
    let name = dialect.batch_name(&translator.plan.target.alias, &names::batch_table(&translator.step.name));
    Batch { create: dialect.create_batch(&name), columns, base: translator.base(), joins, conditions }
}

/// Builds the rows of one target.
pub(in crate::sql) fn insert(translator: &mut Translator<'_>, index: usize) -> Insert {
    let dialect = translator.dialect;
    let target = &translator.step.targets[index];
    let late = is_late(translator, index);
    let mut columns = Vec::new();
    let mut values = Vec::new();
    if target.key_rule.is_none() && !late {
        columns.push(dialect.quote(&target.key));
        values.push(Line::plain(own_key(translator, target)));
    }
    for (rule_index, rule) in target.rules.iter().enumerate() {
        columns.push(dialect.quote(&rule.column));
        let value = match target.key_rule == Some(rule_index) && !late {
            true => own_key(translator, target),
            false => written(translator, target, rule),
        };
        values.push(Line::remarked(value, remark(translator, rule)));
    }
    let name = dialect.batch_name(&translator.plan.target.alias, &names::batch_table(&translator.step.name));
    Insert {
        table: read::qualified(dialect, &translator.plan.target.alias, &target.table),
        columns: columns.join(", "),
        values,
        batch: format!("{name} AS {}", dialect.quote(BATCH)),
        base: translator.base(),
        on: batch_key(translator).join(" AND "),
        joins: joins(translator),
        only: target.when.is_some().then(|| match late {
            true => translator.row_condition(index),
            false => format!("{} IS NOT NULL", own_key(translator, target)),
        }),
    }
}

/// Whether the key of a target is known only once its row is written: the server gives it, or gives the one that it is
/// taken from.
pub(in crate::sql) fn is_late(translator: &Translator<'_>, index: usize) -> bool {
    let target = &translator.step.targets[index];
    let rule = target.key_rule.map(|rule| &target.rules[rule].value.kind);
    translator.dialect.gives_keys()
        && match rule {
            None => true,
            Some(ExprKind::Sibling(other)) => is_late(translator, *other),
            Some(_) => false,
        }
}

pub(in crate::sql) fn joins(translator: &mut Translator<'_>) -> Vec<String> {
    let mut joins = translator.joins();
    joins.extend(translator.link_joins().into_iter().map(|(_, join)| join));
    joins
}

/// Where the temporary table takes its keys' types and collations from the legacy columns, the usual comparison is right.
fn batch_key(translator: &mut Translator<'_>) -> Vec<String> {
    if translator.dialect.gives_keys() {
        return translator.same_key(BATCH);
    }
    let batch = translator.dialect.quote(BATCH);
    let pairs = translator.entry_columns().into_iter().zip(translator.key_columns());
    pairs.map(|(entry, key)| format!("{batch}.{entry} = {key}")).collect()
}

fn own_key(translator: &Translator<'_>, target: &Target) -> String {
    read::qualified(translator.dialect, BATCH, &names::target_key_column(&target.role))
}

/// Returns a rule's value as the target's column takes it.
fn written(translator: &mut Translator<'_>, target: &Target, rule: &Rule) -> String {
    let value = translator.at(rule.line, &rule.value).value;
    let side = &translator.plan.target;
    let column = side.schema.table(&target.table).and_then(|table| table.column(&rule.column));
    match (&rule.ty, column) {
        (Type::Enum(_), Some(column)) if side.dialect == translator.dialect.dialect() => {
            translator.dialect.text_as_listed(&value, &column.declared)
        }
        _ => value,
    }
}

fn remark(translator: &Translator<'_>, rule: &Rule) -> String {
    [&*crate::comment::line(&rule.text), rule.arrow.sign(), &translator.place(rule.line)].join(" ")
}

/// Returns the key of a new target row: what the conversion says, or the next ones after the highest.
fn new_key(translator: &mut Translator<'_>, index: usize) -> String {
    let target = &translator.step.targets[index];
    let Some(rule) = target.key_rule.map(|rule| &target.rules[rule]) else {
        return counted_key(translator, index);
    };
    translator.line = rule.line;
    match rule.value.kind {
        ExprKind::Sibling(other) if is_random(&translator.step.targets[other]) => {
            translator.cannot("a key taken from a random key within one statement")
        }
        ExprKind::Sibling(other) => new_key(translator, other),
        _ => translator.translate(&rule.value).value,
    }
}

fn is_random(target: &Target) -> bool {
    let rule = target.key_rule.map(|rule| &target.rules[rule].value.kind);
    matches!(rule, Some(ExprKind::Generated(Generated::Uuid)))
}

/// Targets of the same table share its numbers.
fn counted_key(translator: &mut Translator<'_>, index: usize) -> String {
    let dialect = translator.dialect;
    let step = translator.step;
    let target = &step.targets[index];
    if !matches!(target.key_type, Type::Integer { .. }) {
        translator.line = target.line;
        return translator.cannot(format!("a key of type {} that the target assigns", target.key_type.family()));
    }
    let same: Vec<usize> = (0..step.targets.len()).filter(|other| step.targets[*other].table == target.table).collect();
    let order = translator.key_columns().join(", ");
    let place = format!("ROW_NUMBER() OVER (ORDER BY {order})");
    let before = same.iter().filter(|other| **other > index).count();
    let place = match same.len() {
        1 => place,
        count => format!("{count} * {place} - {before}"),
    };
    let mut highest = format!("COALESCE({}, 0)", highest_of_table(translator, target));
    for role in same.iter().map(|other| &step.targets[*other].role) {
        let column = dialect.quote(&names::target_key_column(role));
        let table = read::map_table(translator.plan, dialect, &step.name);
        highest = dialect.greatest(&highest, &format!("COALESCE((SELECT MAX({column}) FROM {table}), 0)"));
    }
    format!("{} + {place}", dialect.greatest(&highest, "0"))
}

fn highest_of_table(translator: &Translator<'_>, target: &Target) -> String {
    let table = read::qualified(translator.dialect, &translator.plan.target.alias, &target.table);
    format!("(SELECT MAX({}) FROM {table})", translator.dialect.quote(&target.key))
}

//! One column of one target: the rows whose value is not what the mapping says.

use super::{ENTRY, FOUND, blocked};
use crate::comment;
use crate::sql::dialect::SqlDialect;
use crate::sql::expression::Translator;
use crate::sql::read;
use cutover_mapping_dsl::plan::{Plan, Rule, Step, Target};

/// The query for one column.
pub(in crate::sql) struct ColumnQuery {
    /// Table and column, for the comment.
    pub(super) name: String,
    /// The rule as written, and where.
    pub(super) rule: String,
    pub(in crate::sql) blocked: Vec<String>,
    /// Table and column, as a literal in the result.
    pub(super) label: String,
    pub(in crate::sql) expected: String,
    pub(in crate::sql) found: String,
    pub(in crate::sql) joins: Vec<String>,
    pub(in crate::sql) conditions: Vec<String>,
}

/// Builds the query for one column.
pub(in crate::sql) fn column(
    plan: &Plan,
    step: &Step,
    target: &Target,
    rule: &Rule,
    dialect: &dyn SqlDialect,
) -> ColumnQuery {
    let mut translator = Translator::new(plan, step, dialect, ENTRY);
    let fragment = translator.at(rule.line, &rule.value);
    if is_folded(target, rule) {
        translator.cannot("comparing without case with rows that were there before");
    }
    let found = translator.target_side(FOUND, &target.table, &rule.column, &rule.ty);
    let expected = translator.side_of(&rule.value, &fragment.value);
    let differ = translator.differ(&rule.ty, &expected, &found);
    let mut conditions: Vec<String> = fragment.rejects.iter().map(|reject| format!("NOT ({reject})")).collect();
    conditions.push(differ);
    let joins = needed_joins(&mut translator, &fragment.value, &conditions);
    let name = format!("{}.{}", target.table, rule.column);
    ColumnQuery {
        name: comment::line(&name).into_owned(),
        rule: format!("{} {} ({})", comment::line(&rule.text), rule.arrow, translator.place(rule.line)),
        blocked: blocked(dialect, translator.finish()),
        label: dialect.text(&name),
        expected: fragment.value,
        found: read::qualified(dialect, FOUND, &rule.column),
        joins,
        conditions,
    }
}

/// Rows that were recognised without regard to case may be spelled otherwise.
fn is_folded(target: &Target, rule: &Rule) -> bool {
    let columns = target.identity.iter().flat_map(|identity| &identity.columns);
    columns.into_iter().any(|(column, fold)| *fold && target.rules[*column].column == rule.column)
}

/// Returns the joins, of the answers to links only those that are used.
fn needed_joins(translator: &mut Translator<'_>, value: &str, conditions: &[String]) -> Vec<String> {
    let mut joins = translator.joins();
    for (alias, join) in translator.link_joins() {
        if value.contains(&alias) || conditions.iter().any(|condition| condition.contains(&alias)) {
            joins.push(join);
        }
    }
    joins
}

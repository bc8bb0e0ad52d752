//! Questions to a target that was filled by an older mapping: which rows that were migrated would be otherwise now. Like
//! all generated SQL they are for both sides in one database.

use super::deviations::{self, ENTRY, FOUND};
use super::dialect::{self, SqlDialect};
use super::expression::Translator;
use super::read;
use crate::names;
use askama::Template;
use cutover_mapping_dsl::plan::{ExprKind, Plan, Step, Target};
use cutover_mapping_dsl::schema::Dialect;

/// What is asked about the rows that were migrated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// Whose column would get another value.
    Column {
        /// Name of the target in the map.
        role: &'a str,
        /// The column.
        column: &'a str,
    },
    /// Which of them would not be in scope.
    Scope,
    /// Which of them would be rejected.
    Rejects,
}

#[derive(Template, Default)]
#[template(path = "sql/changed.sql")]
struct Query {
    columns: String,
    from: String,
    joins: Vec<String>,
    conditions: Vec<String>,
}

/// Returns the query that lists the rows, or why a dialect has none.
pub fn changed(plan: &Plan, step: &Step, asked: Asked<'_>, dialect: Dialect) -> Result<String, Vec<String>> {
    let dialect = dialect::of(dialect);
    let query = match asked {
        Asked::Column { role, column } => values(plan, step, role, column, dialect)?,
        Asked::Scope => scope(plan, step, dialect)?,
        Asked::Rejects => rejects(plan, step, dialect)?,
    };
    query.render().map_err(|error| vec![error.to_string()])
}

/// Returns the columns of the legacy key, as the entries have it.
fn entry_key(step: &Step, dialect: &dyn SqlDialect) -> Vec<String> {
    let columns = step.read.key.iter().map(|key| &step.read.columns[*key].column);
    columns.map(|column| read::qualified(dialect, ENTRY, &names::legacy_key_column(column))).collect()
}

fn entries(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> String {
    format!("{} AS {}", read::map_table(plan, dialect, &step.name), dialect.quote(ENTRY))
}

fn base(translator: &mut Translator<'_>) -> String {
    format!("JOIN {} ON {}", translator.base(), translator.same_key(ENTRY).join(" AND "))
}

fn values(plan: &Plan, step: &Step, role: &str, name: &str, dialect: &dyn SqlDialect) -> Result<Query, Vec<String>> {
    let target = step.targets.iter().find(|target| target.role == role);
    let found = target.and_then(|target| Some((target, target.rules.iter().find(|rule| rule.column == name)?)));
    let (target, rule) = found.ok_or_else(|| vec![format!("no rule gives {role}.{name} a value")])?;
    if matches!(rule.value.kind, ExprKind::Generated(_)) {
        return Err(vec!["what is generated anew is not compared".to_string()]);
    }
    let column = deviations::columns::column(plan, step, target, rule, dialect);
    if !column.blocked.is_empty() {
        return Err(column.blocked);
    }
    let key = read::qualified(dialect, ENTRY, &names::target_key_column(&target.role));
    let found = read::target_table(plan, dialect, &target.table, FOUND);
    let mut columns = entry_key(step, dialect);
    columns.extend([key.clone(), format!("{} AS expected", column.expected), format!("{} AS found", column.found)]);
    let own = read::qualified(dialect, FOUND, &target.key);
    let mut translator = Translator::new(plan, step, dialect, ENTRY);
    let mut joins = vec![format!("JOIN {found} ON {own} = {key}"), base(&mut translator)];
    joins.extend(column.joins);
    Ok(Query { columns: columns.join(", "), from: entries(plan, step, dialect), joins, conditions: column.conditions })
}

fn scope(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> Result<Query, Vec<String>> {
    let mut translator = Translator::new(plan, step, dialect, ENTRY);
    let mut joins = vec![base(&mut translator)];
    joins.extend(translator.joins());
    let scope: Vec<String> = translator.scope().into_iter().map(|line| line.sql).collect();
    if scope.is_empty() {
        return Err(vec!["every row is in scope now".to_string()]);
    }
    let conditions = vec![dialect.is_not_true(&format!("({})", scope.join(" AND ")))];
    finished(translator, Query { joins, conditions, ..Query::default() })
}

fn rejects(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> Result<Query, Vec<String>> {
    let mut translator = Translator::new(plan, step, dialect, ENTRY);
    let mut joins = vec![base(&mut translator)];
    joins.extend(translator.joins());
    let mut rejects = Vec::new();
    for guard in &step.guards {
        let when = translator.ask_at(step.reasons[guard.reason].line, &guard.when);
        rejects.push(dialect.is_true(&format!("({})", when.value)));
        rejects.extend(when.rejects);
    }
    for target in &step.targets {
        rejects.extend(refused(&mut translator, target));
    }
    rejects.dedup();
    if rejects.is_empty() {
        return Err(vec!["no value of a row is a reason to reject it now".to_string()]);
    }
    let conditions = vec![format!("({})", rejects.join(" OR "))];
    let used = |alias: &String| conditions[0].contains(alias.as_str());
    joins.extend(translator.link_joins().into_iter().filter(|(alias, _)| used(alias)).map(|(_, join)| join));
    finished(translator, Query { joins, conditions, ..Query::default() })
}

/// Returns the conditions under which the rules of a target reject a row.
fn refused(translator: &mut Translator<'_>, target: &Target) -> Vec<String> {
    let asked = target.when.as_ref().map(|when| translator.ask_at(target.line, when));
    let mut rejects = Vec::new();
    for rule in &target.rules {
        rejects.extend(translator.at(rule.line, &rule.value).rejects);
    }
    match asked {
        None => rejects,
        Some(when) => {
            let holds = translator.dialect.is_true(&format!("({})", when.value));
            let inner = rejects.into_iter().map(|reject| format!("({holds} AND {reject})"));
            inner.chain(when.rejects.iter().cloned()).collect()
        }
    }
}

/// Completes a query that lists legacy keys, unless the dialect cannot say a part of it.
fn finished(translator: Translator<'_>, query: Query) -> Result<Query, Vec<String>> {
    let (plan, step, dialect) = (translator.plan, translator.step, translator.dialect);
    let blocked = deviations::blocked(dialect, translator.finish());
    match blocked.is_empty() {
        true => Ok(Query { columns: entry_key(step, dialect).join(", "), from: entries(plan, step, dialect), ..query }),
        false => Err(blocked),
    }
}

//! One side's tables that the mapping touches: the columns that it uses, keys, relations.

use super::label::{label, type_label};
use crate::files::Mark;
use askama::Template;
use cutover_mapping_dsl::plan::{Comparison, Condition, Operand, Plan, Side, Step, Test};
use cutover_mapping_dsl::schema::{self, ForeignKey};
use std::collections::{BTreeMap, BTreeSet};

/// The diagram.
#[derive(Template)]
#[template(path = "plantuml/schema.puml")]
pub(super) struct Schema {
    mark: Mark,
    title: String,
    tables: Vec<Table>,
    relations: Vec<Relation>,
}

struct Table {
    id: String,
    name: String,
    key: Vec<Column>,
    columns: Vec<Column>,
    /// How many columns are not shown, in words.
    others: Option<String>,
}

struct Column {
    name: String,
    ty: String,
    /// Marks such as `<<PK>>`.
    marks: String,
    required: bool,
}

struct Relation {
    from: String,
    arrow: &'static str,
    to: String,
    label: String,
}

/// Columns used, by table; both by the names of the schema.
type Used = BTreeMap<String, BTreeSet<String>>;

/// Builds the diagram of the legacy side.
pub(super) fn legacy(plan: &Plan) -> Schema {
    let mut used = Used::new();
    let mut joins = Vec::new();
    for step in &plan.steps {
        read_columns(&plan.legacy, step, &mut used);
        joins.extend(step_joins(step));
    }
    diagram(plan, "legacy", &plan.legacy, used, joins)
}

/// Builds the diagram of the target side.
pub(super) fn target(plan: &Plan) -> Schema {
    let mut used = Used::new();
    for target in plan.steps.iter().flat_map(|step| &step.targets) {
        let columns = target.rules.iter().map(|rule| rule.column.as_str());
        use_columns(&plan.target, &target.table, columns, &mut used);
    }
    diagram(plan, "target", &plan.target, used, Vec::new())
}

fn read_columns(side: &Side, step: &Step, used: &mut Used) {
    let table = |alias: &str| crate::sql::table_of(step, alias).to_string();
    for column in &step.read.columns {
        use_columns(side, &table(&column.alias), [column.column.as_str()], used);
    }
    for condition in conditions(step) {
        use_columns(side, &table(&condition.alias), [condition.column.as_str()], used);
        if let Some((alias, column)) = column_operand(condition) {
            use_columns(side, &table(alias), [column], used);
        }
    }
}

/// The conditions of all joins and questions of a step.
fn conditions(step: &Step) -> impl Iterator<Item = &Condition> {
    let joins = step.read.joins.iter().flat_map(|join| &join.on);
    joins.chain(step.read.exists.iter().flat_map(|exists| &exists.on))
}

fn column_operand(condition: &Condition) -> Option<(&str, &str)> {
    match &condition.test {
        Test::Compare(_, Operand::Column(alias, column) | Operand::Folded(alias, column)) => Some((alias, column)),
        Test::Compare(_, Operand::Literal(_)) | Test::Among(_) => None,
    }
}

fn is_equality(condition: &Condition) -> bool {
    matches!(condition.test, Test::Compare(Comparison::Equal, _))
}

fn use_columns<'a>(side: &Side, table: &str, columns: impl IntoIterator<Item = &'a str>, used: &mut Used) {
    let table = side.table(table);
    let known = used.entry(table.name.clone()).or_default();
    known.extend(columns.into_iter().filter_map(|column| Some(table.column(column)?.name.clone())));
}

/// Joins and questions of a step: tables joined without a foreign key are related all the same.
fn step_joins(step: &Step) -> Vec<(String, String, String)> {
    let table = |alias: &str| crate::sql::table_of(step, alias).to_string();
    let line = |condition: &Condition| {
        let (alias, column) = column_operand(condition)?;
        let text = format!("{}: {column} = {}", step.name, condition.column);
        Some((table(alias), table(&condition.alias), text))
    };
    conditions(step).filter(|condition| is_equality(condition)).filter_map(line).collect()
}

fn diagram(plan: &Plan, kind: &str, side: &Side, used: Used, joins: Vec<(String, String, String)>) -> Schema {
    let shown: Vec<&schema::Table> = side.schema.tables.iter().filter(|table| used.contains_key(&table.name)).collect();
    let id = |name: &str| shown.iter().position(|table| table.name == side.table(name).name).map(|at| format!("t{at}"));
    let mut relations = Vec::new();
    for table in &shown {
        for key in &table.foreign_keys {
            let to = shown.iter().position(|other| other.name.eq_ignore_ascii_case(&key.table));
            relations.extend(to.and_then(|to| Some(foreign_key(id(&table.name)?, key, format!("t{to}")))));
        }
    }
    for (from, to, text) in joins {
        if let (Some(from), Some(to)) = (id(&from), id(&to)) {
            relations.push(Relation { from, arrow: "..>", to, label: label(&text) });
        }
    }
    let tables = shown.iter().enumerate().map(|(at, table)| entity(at, table, &used[&table.name])).collect();
    let title = format!("{} ({kind}, {}): what {} uses", side.alias, side.dialect, plan.file);
    Schema { mark: Mark::new(plan), title: label(&title), tables, relations }
}

fn foreign_key(from: String, key: &ForeignKey, to: String) -> Relation {
    Relation { from, arrow: "}o--||", to, label: label(&key.columns.join(", ")) }
}

fn entity(at: usize, table: &schema::Table, used: &BTreeSet<String>) -> Table {
    let is_key = |column: &schema::Column| table.primary_key.contains(&column.name);
    let shown = table.columns.iter().filter(|column| used.contains(&column.name) || is_key(column));
    let (key, columns): (Vec<_>, Vec<_>) = shown.partition(|column| is_key(column));
    let others = table.columns.len() - key.len() - columns.len();
    Table {
        id: format!("t{at}"),
        name: label(&table.name),
        key: key.into_iter().map(|column| member(table, column)).collect(),
        columns: columns.into_iter().map(|column| member(table, column)).collect(),
        others: (others > 0).then(|| format!("and {others} more")),
    }
}

fn member(table: &schema::Table, column: &schema::Column) -> Column {
    let refers = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
    let marks = match (table.primary_key.contains(&column.name), refers) {
        (true, true) => " <<PK>> <<FK>>",
        (true, false) => " <<PK>>",
        (false, true) => " <<FK>>",
        (false, false) => "",
    };
    Column {
        name: label(&column.name),
        ty: type_label(&column.ty),
        marks: marks.to_string(),
        required: !column.nullable,
    }
}

//! Migration tables: which legacy row became which target rows, one table per map.

use super::dialect::SqlDialect;
use super::expression::{Translator, Unsupported};
use super::model::{Head, Section};
use super::read;
use crate::names;
use askama::Template;
use cutover_mapping_dsl::plan::{Plan, Step};

/// The file.
#[derive(Template)]
#[template(path = "sql/migration_table.sql")]
pub(super) struct MigrationTables {
    head: Head,
    steps: Vec<MigrationTable>,
}

struct MigrationTable {
    section: Section,
    create: String,
    key: Vec<Column>,
    key_columns: String,
    state: Column,
    targets: Vec<Target>,
    run: Column,
}

struct Column {
    name: String,
    ty: String,
}

struct Target {
    table: String,
    key: Column,
    written: Column,
    /// Keeps a target row from belonging to two legacy rows: a line of the table, or a statement of its own.
    unique: Option<String>,
    index: Option<String>,
}

const ABOUT: &[&str] =
    &["Tables that remember which legacy row became which target rows.", "Creating them again changes nothing."];

/// Builds the file's model.
pub(super) fn build(plan: &Plan, dialect: &dyn SqlDialect) -> MigrationTables {
    let steps = plan.steps.iter().map(|step| table(plan, step, dialect)).collect();
    MigrationTables { head: Head::new(plan, dialect, ABOUT), steps }
}

fn table(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> MigrationTable {
    let translator = Translator::new(plan, step, dialect, "cutover_entry");
    let columns = step.read.key.iter().map(|key| &step.read.columns[*key]);
    let key = translator.entry_columns().into_iter().zip(columns);
    let key = key.map(|(name, column)| Column { name, ty: dialect.key_type(&column.ty).unwrap_or_default() });
    let name = |name: &str, ty: &str| Column { name: dialect.quote(name), ty: ty.to_string() };
    MigrationTable {
        section: Section::new(plan, step, dialect, &unsupported(plan, step, dialect)),
        create: dialect.create_table(&read::map_table(plan, dialect, &step.name)),
        key: key.collect(),
        key_columns: translator.entry_columns().join(", "),
        state: name("state", dialect.name_type()),
        targets: step.targets.iter().map(|target| role(plan, step, target, dialect)).collect(),
        run: name("run", dialect.integer_type()),
    }
}

fn role(plan: &Plan, step: &Step, target: &cutover_mapping_dsl::plan::Target, dialect: &dyn SqlDialect) -> Target {
    let key = dialect.quote(&names::target_key_column(&target.role));
    let constraint = names::key_constraint(&step.name, &target.role);
    let table = read::map_table(plan, dialect, &step.name);
    Target {
        unique: dialect.unique(&constraint, &key),
        index: dialect.unique_index(&table, &constraint, &key),
        table: crate::comment::line(&target.table).into_owned(),
        key: Column { name: key, ty: dialect.key_type(&target.key_type).unwrap_or_default() },
        written: Column {
            name: dialect.quote(&names::written_column(&target.role)),
            ty: dialect.name_type().to_string(),
        },
    }
}

/// Returns the keys that no migration table can hold in this dialect.
pub(super) fn unsupported(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> Vec<Unsupported> {
    let mut translator = Translator::new(plan, step, dialect, "cutover_entry");
    let legacy = step.read.key.iter().map(|key| &step.read.columns[*key]);
    let legacy = legacy.map(|column| (step.line, &column.column, &column.ty));
    let target = step.targets.iter().map(|target| (target.line, &target.key, &target.key_type));
    for (line, column, ty) in legacy.chain(target) {
        if dialect.key_type(ty).is_none() {
            translator.line = line;
            translator.cannot(format!("a key of type {} ({})", ty.family(), crate::comment::line(column)));
        }
    }
    translator.finish()
}

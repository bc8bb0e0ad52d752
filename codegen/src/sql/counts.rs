//! Counts: the equation "in scope = migrated + found + rejected + pending" for each map.

use super::dialect::SqlDialect;
use super::expression::Translator;
use super::model::{Head, Section};
use super::read::{self, Line};
use askama::Template;
use cutover_mapping_dsl::plan::{Plan, Step};

/// The file.
#[derive(Template)]
#[template(path = "sql/counts.sql")]
pub(super) struct Counts {
    head: Head,
    steps: Vec<Count>,
}

struct Count {
    section: Section,
    name: String,
    table: String,
    base: String,
    joins: Vec<String>,
    scope: Vec<Line>,
    no_entry: Line,
}

const ABOUT: &[&str] = &[
    "One row per map: legacy rows in scope, entries by state, and what is pending. The equation holds when",
    "in_scope = migrated + found + rejected + pending.",
];

/// Builds the file's model.
pub(super) fn build(plan: &Plan, dialect: &dyn SqlDialect) -> Counts {
    let steps = plan.steps.iter().map(|step| count(plan, step, dialect)).collect();
    Counts { head: Head::new(plan, dialect, ABOUT), steps }
}

fn count(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> Count {
    let mut translator = Translator::new(plan, step, dialect, "cutover_entry");
    let (joins, scope, no_entry) = (translator.joins(), translator.scope(), translator.no_entry());
    Count {
        name: dialect.text(&step.name),
        table: read::map_table(plan, dialect, &step.name),
        base: translator.base(),
        joins,
        scope,
        no_entry,
        section: Section::new(plan, step, dialect, &translator.finish()),
    }
}

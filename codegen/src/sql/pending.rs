//! Pending rows: legacy rows in scope without an entry in the migration table, in key order, a page at a time.

use super::dialect::SqlDialect;
use super::expression::Translator;
use super::model::{Head, Section};
use super::read::Line;
use askama::Template;
use cutover_mapping_dsl::plan::{Plan, Step};

/// The file.
#[derive(Template)]
#[template(path = "sql/pending.sql")]
pub(super) struct Pending {
    head: Head,
    steps: Vec<PendingStep>,
}

struct PendingStep {
    section: Section,
    key: String,
    base: String,
    joins: Vec<String>,
    conditions: Vec<Line>,
    /// The first page and any other.
    pages: Vec<Page>,
}

struct Page {
    /// The condition that leaves out what came before.
    after: Option<String>,
    limit: String,
}

const ABOUT: &[&str] = &[
    "Legacy rows in scope that have no entry in the migration table, in the order of their keys.",
    "For each map the first page (parameter: number of rows) and the next one (parameters: the last key",
    "of the page before, number of rows).",
];

/// Builds the file's model.
pub(super) fn build(plan: &Plan, dialect: &dyn SqlDialect) -> Pending {
    let steps = plan.steps.iter().map(|step| pending(plan, step, dialect)).collect();
    Pending { head: Head::new(plan, dialect, ABOUT), steps }
}

fn pending(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> PendingStep {
    let mut translator = Translator::new(plan, step, dialect, "cutover_entry");
    let key = translator.key_columns();
    let joins = translator.joins();
    let mut conditions = vec![translator.no_entry()];
    conditions.extend(translator.scope());
    let first = Page { after: None, limit: dialect.placeholder(1) };
    let next = Page { after: Some(after(dialect, &key)), limit: dialect.placeholder(key.len() + 1) };
    PendingStep {
        base: translator.base(),
        joins,
        conditions,
        pages: vec![first, next],
        key: key.join(", "),
        section: Section::new(plan, step, dialect, &translator.finish()),
    }
}

fn after(dialect: &dyn SqlDialect, key: &[String]) -> String {
    let parameters: Vec<String> = (1..=key.len()).map(|index| dialect.placeholder(index)).collect();
    match key {
        [one] => format!("{one} > {}", parameters[0]),
        more => format!("({}) > ({})", more.join(", "), parameters.join(", ")),
    }
}

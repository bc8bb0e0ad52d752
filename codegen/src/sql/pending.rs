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
    /// Declarations of the parameters, where the script needs them.
    declared: Vec<String>,
    /// What limits the rows, behind SELECT.
    top: String,
    /// The condition that leaves out what came before.
    after: Option<String>,
    /// What limits the rows, at the end.
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
    let types = step.read.key.iter().map(|key| dialect.key_type(&step.read.columns[*key].ty).unwrap_or_default());
    let parameters: Vec<(String, String)> =
        types.enumerate().map(|(at, ty)| (dialect.placeholder(at + 1), ty)).collect();
    let first = page(dialect, &key, &[]);
    let next = page(dialect, &key, &parameters);
    PendingStep {
        base: translator.base(),
        joins,
        conditions,
        pages: vec![first, next],
        key: key.join(", "),
        section: Section::new(plan, step, dialect, &translator.finish()),
    }
}

/// A page behind the key that the parameters hold, or the first one without any.
fn page(dialect: &dyn SqlDialect, key: &[String], parameters: &[(String, String)]) -> Page {
    let rows = (dialect.placeholder(parameters.len() + 1), dialect.integer_type().to_string());
    let (top, limit) = dialect.limit(&rows.0);
    let declared = parameters.iter().filter_map(|(name, ty)| dialect.declare(name, ty, "NULL"));
    let names: Vec<String> = parameters.iter().map(|(name, _)| name.clone()).collect();
    Page {
        declared: declared.chain(dialect.declare(&rows.0, &rows.1, "1000")).collect(),
        top,
        after: (!names.is_empty()).then(|| dialect.behind(key, &names)),
        limit,
    }
}

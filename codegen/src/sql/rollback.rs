//! Rollback: what the steps wrote is deleted by the migration tables, in reverse order.

use super::dialect::SqlDialect;
use super::model::{Head, Section};
use super::read;
use crate::{comment, names};
use askama::Template;
use cutover_mapping_dsl::plan::{self, Plan, Step};

/// The file.
#[derive(Template)]
#[template(path = "sql/rollback.sql")]
pub(super) struct Rollback {
    head: Head,
    begin: &'static str,
    keep_away: Option<String>,
    steps: Vec<RollbackStep>,
}

struct RollbackStep {
    section: Section,
    table: String,
    alias: String,
    targets: Vec<Target>,
    irreversible: Option<String>,
}

struct Target {
    table: String,
    key: String,
    entry: String,
    /// Whether rows are deleted one by one, those first that others cannot refer to.
    last_first: bool,
}

const ABOUT: &[&str] = &[
    "Deletes what the maps wrote, the last map first, then the entries of the migration tables. Rows that were found",
    "and not written stay. This asks nobody whether a row has been changed since: `cutover rollback` does, and leaves",
    "such rows.",
];

/// Builds the file's model.
pub(super) fn build(plan: &Plan, dialect: &dyn SqlDialect) -> Rollback {
    let steps = plan.steps.iter().rev().map(|step| rollback(plan, step, dialect)).collect();
    Rollback {
        head: Head::new(plan, dialect, ABOUT),
        begin: dialect.begin(),
        keep_away: dialect.keep_away(&plan.target.alias),
        steps,
    }
}

fn rollback(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> RollbackStep {
    let target = |target: &plan::Target| Target {
        table: read::qualified(dialect, &plan.target.alias, &target.table),
        key: dialect.quote(&target.key),
        entry: dialect.quote(&names::target_key_column(&target.role)),
        last_first: dialect.checks_each_row() && step.own_links().next().is_some(),
    };
    let irreversible = match &step.rollback {
        plan::Rollback::Delete => None,
        plan::Rollback::Irreversible { line, reason } => {
            Some(format!("{} ({}:{line})", comment::line(reason), comment::line(&plan.file)))
        }
    };
    RollbackStep {
        section: Section::new(plan, step, dialect, &[]),
        table: read::map_table(plan, dialect, &step.name),
        alias: dialect.quote("cutover_entry"),
        targets: step.targets.iter().rev().filter(|target| target.existing.is_none()).map(target).collect(),
        irreversible,
    }
}

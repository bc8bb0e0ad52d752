//! `cutover plan`: the steps in order, how each finds its rows and keys, and what could run inside the database.

use crate::arguments::PlanOptions;
use crate::failure::Failure;
use crate::{Status, mapping, output};
use cutover_codegen::sql::pushdown;
use cutover_mapping_dsl::plan::{LeftTables, LinkKind, Plan, Rollback, Step, Target};
use cutover_mapping_dsl::schema::Dialect;
use serde_json::json;

pub(crate) fn run(options: &PlanOptions) -> Result<Status, Failure> {
    let plan = mapping::load(&options.map)?;
    match options.json {
        true => output::json(&json!({
            "mapping": plan.file,
            "steps": plan.steps.iter().map(|step| as_json(&plan, step)).collect::<Vec<_>>(),
            "left": plan.left.iter().map(left_as_json).collect::<Vec<_>>(),
        })),
        false => {
            plan.steps.iter().enumerate().for_each(|(index, step)| print(&plan, index, step));
            plan.left.iter().for_each(|left| {
                let tables = left.tables.join(", ");
                output::line(&format!("left where they are: {tables} ({}:{}): {}", plan.file, left.line, left.reason));
            });
        }
    }
    Ok(Status::Done)
}

fn left_as_json(left: &LeftTables) -> serde_json::Value {
    json!({ "tables": left.tables, "reason": left.reason, "line": left.line })
}

/// Returns, for each dialect, what keeps a step from being one set statement there.
fn pushed_down(plan: &Plan, step: &Step) -> Vec<(Dialect, Vec<String>)> {
    let why = |dialect| match pushdown(plan, step, dialect) {
        Ok(()) => Vec::new(),
        Err(reasons) => reasons.iter().map(ToString::to_string).collect(),
    };
    Dialect::ALL.into_iter().map(|dialect| (dialect, why(dialect))).collect()
}

fn needs(step: &Step) -> Vec<String> {
    let mut names: Vec<String> = step
        .links
        .iter()
        .map(|link| match &link.kind {
            LinkKind::Reference { step, .. } => format!("keys of {step} (migration table)"),
            LinkKind::Lookup { table, by, .. } => {
                let by: Vec<&str> = by.iter().map(|by| by.column.as_str()).collect();
                format!("{table} by {} (held in memory)", by.join(", "))
            }
        })
        .collect();
    names.dedup();
    names
}

fn as_json(plan: &Plan, step: &Step) -> serde_json::Value {
    let pushed = pushed_down(plan, step).into_iter().map(|(dialect, reasons)| {
        (dialect.name().to_string(), json!({ "pushed_down": reasons.is_empty(), "because": reasons }))
    });
    json!({
        "map": step.name,
        "line": step.line,
        "class": step.class().to_string(),
        "reads": { "table": step.read.table, "joins": step.read.joins.iter().map(|join| &join.table).collect::<Vec<_>>() },
        "writes": step.targets.iter().filter(|target| target.existing.is_none()).map(|target| &target.table).collect::<Vec<_>>(),
        "finds": step.targets.iter().filter(|target| target.existing.is_some()).map(|target| &target.table).collect::<Vec<_>>(),
        "needs": needs(step),
        "migration_table": step.map_table(),
        "reasons": step.reasons.iter().map(|reason| &reason.name).collect::<Vec<_>>(),
        "rollback": step.rollback == Rollback::Delete,
        "same_server": pushed.collect::<serde_json::Map<_, _>>(),
    })
}

/// Returns a target's table, and when it gets a row.
fn described(plan: &Plan, target: &Target) -> String {
    let when = target.when_text.as_ref().map_or(String::new(), |when| format!(" when {when}"));
    format!("{}.{}{when}", plan.target.alias, target.table)
}

fn print(plan: &Plan, index: usize, step: &Step) {
    let heading = output::HEADING;
    output::line(&format!(
        "{heading}{}. {}{heading:#} ({}:{}), {}",
        index + 1,
        step.name,
        plan.file,
        step.line,
        step.class()
    ));
    let joins: Vec<String> = step.read.joins.iter().map(|join| format!(" + {}", join.table)).collect();
    output::line(&format!("   reads     {}.{}{}", plan.legacy.alias, step.read.table, joins.concat()));
    let written = step.targets.iter().filter(|target| target.existing.is_none());
    let written: Vec<String> = written.map(|target| described(plan, target)).collect();
    let found = step.targets.iter().filter(|target| target.existing.is_some());
    let found: Vec<String> = found.map(|target| described(plan, target)).collect();
    for (verb, tables) in [("writes   ", written), ("finds    ", found)].iter().filter(|(_, tables)| !tables.is_empty())
    {
        output::line(&format!("   {verb} {}", tables.join(", ")));
    }
    for need in needs(step) {
        output::line(&format!("   needs     {need}"));
    }
    output::line(&format!("   remembers {}", step.map_table()));
    match &step.rollback {
        Rollback::Delete => output::line("   rollback  deletes by the migration table"),
        Rollback::Irreversible { reason, .. } => output::line(&format!("   rollback  none: {reason}")),
    }
    for (dialect, reasons) in pushed_down(plan, step) {
        let verdict = match reasons.is_empty() {
            true => "one set statement".to_string(),
            false => format!("through the runtime: {}", reasons.join("; ")),
        };
        output::line(&format!("   on one {:<10} server: {verdict}", dialect.name()));
    }
    output::line("");
}

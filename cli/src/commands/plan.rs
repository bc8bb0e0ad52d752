//! `cutover plan`: the steps in order, how each finds its rows and keys, what it costs, and what could run inside the
//! database.

use crate::arguments::PlanOptions;
use crate::failure::Failure;
use crate::{Status, mapping, output};
use cutover_codegen::outline::{EntityOutline, StepOutline, outline};
use cutover_mapping_dsl::plan::Plan;

pub(crate) fn run(options: &PlanOptions) -> Result<Status, Failure> {
    let plan = mapping::load(&options.map)?;
    let outline = outline(&plan);
    match options.json {
        true => output::json(&outline),
        false => {
            outline.steps.iter().enumerate().for_each(|(index, step)| print(&plan, index, step));
            for left in &outline.left {
                let tables = left.tables.join(", ");
                output::line(&format!("left where they are: {tables} ({}:{}): {}", plan.file, left.line, left.reason));
            }
            for EntityOutline { side, entity, table } in &outline.entities {
                output::line(&format!("named: {side}.{entity} is {table}"));
            }
        }
    }
    Ok(Status::Done)
}

fn print(plan: &Plan, index: usize, step: &StepOutline) {
    let heading = output::HEADING;
    let title = format!("{heading}{}. {}{heading:#}", index + 1, step.map);
    output::line(&format!("{title} ({}:{}), {}", plan.file, step.line, step.class));
    let say = |what: &str, text: &str| output::line(&format!("   {what:<9} {text}"));
    say("reads", &format!("{}.{}", plan.legacy.alias, step.reads.table));
    step.reads.joins.iter().for_each(|join| say("", join));
    step.reads.nulls.iter().for_each(|class| say("nulls", class));
    step.reads.scope.iter().for_each(|condition| say("where", condition));
    for (verb, tables) in [("writes", &step.writes), ("finds", &step.finds)] {
        let tables: Vec<String> = tables.iter().map(|table| format!("{}.{table}", plan.target.alias)).collect();
        if !tables.is_empty() {
            say(verb, &tables.join(", "));
        }
    }
    step.keys.iter().for_each(|key| say("key", &key.words()));
    step.references.iter().for_each(|reference| say("needs", &reference.words()));
    step.memory.iter().for_each(|held| say("holds", held));
    step.expected.words().iter().for_each(|line| say("expects", line));
    say("remembers", &step.migration_table);
    match &step.irreversible {
        None => say("rollback", "deletes by the migration table"),
        Some(reason) => say("rollback", &format!("none: {reason}")),
    }
    say("put", &step.put.to_string());
    say("create", &step.create.to_string());
    for (dialect, pushed) in &step.same_server {
        let verdict = match pushed.pushed_down {
            true => "one set statement".to_string(),
            false => format!("{}: {}", pushed.otherwise, pushed.because.join("; ")),
        };
        output::line(&format!("   on one {dialect:<10} server: {verdict}"));
    }
    output::line("");
}

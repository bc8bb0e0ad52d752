//! `cutover status`: how a migration stands.

use crate::arguments::StatusOptions;
use crate::failure::Failure;
use crate::{Status, database, output};
use cutover_runtime::report::StatusReport;
use cutover_runtime::status;

pub(crate) fn run(options: &StatusOptions) -> Result<Status, Failure> {
    let mut target = database::open_target(&options.to)?;
    let report = status(&mut *target)?;
    match options.json {
        true => output::json(&report),
        false => print(&report),
    }
    let sound = report.steps.iter().all(|step| step.balanced);
    Ok(if sound { Status::Done } else { Status::Findings })
}

fn print(report: &StatusReport) {
    if !report.begun {
        output::line("nothing was ever migrated into this database");
        return;
    }
    if let Some(holder) = &report.holder {
        output::line(&format!("at work now: {holder}"));
    }
    let steps: Vec<Vec<String>> = report
        .steps
        .iter()
        .map(|step| {
            let state = if step.complete { "complete" } else { "more to do" };
            let state = if step.balanced { state } else { "DOES NOT ADD UP" };
            let counts = [step.in_scope, step.settled.migrated, step.settled.found, step.settled.rejected];
            let counts = counts.iter().map(u64::to_string);
            std::iter::once(step.map.clone()).chain(counts).chain([state.to_string()]).collect()
        })
        .collect();
    output::table(&["map", "in scope", "migrated", "already there", "rejected", "state"], &steps);
    rejects(report);
    output::line("");
    let runs: Vec<Vec<String>> = report
        .runs
        .iter()
        .map(|run| {
            let outcome = run.outcome.clone().unwrap_or_else(|| "at work, or killed".into());
            vec![run.run.to_string(), run.command.clone(), run.started.clone(), outcome]
        })
        .collect();
    output::table(&["run", "command", "started (UTC)", "outcome"], &runs);
}

fn rejects(report: &StatusReport) {
    if report.rejects.is_empty() {
        return;
    }
    output::line("");
    let rows: Vec<Vec<String>> = report
        .rejects
        .iter()
        .map(|reject| {
            vec![
                reject.map.clone(),
                reject.rows.to_string(),
                reject.rule.clone(),
                reject.column.clone(),
                reject.message.clone(),
            ]
        })
        .collect();
    output::table(&["map", "rejected", "reason", "column", "what it means"], &rows);
}

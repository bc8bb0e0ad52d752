//! `cutover run` and `cutover retry`.

use crate::arguments::{RejectOptions, RetryOptions, RunOptions};
use crate::failure::Failure;
use crate::mapping::counted;
use crate::set_steps::set_steps;
use crate::{Status, database, mapping, output, progress, stop};
use cutover_runtime::report::{Outcome, RunReport};
use cutover_runtime::set::SetSteps;
use cutover_runtime::{RejectFilter, run as carry};

/// Tries rejected rows again, and carries all pending rows.
pub(crate) fn retry(options: &RetryOptions) -> Result<Status, Failure> {
    run(&options.run, Some(options.rejects.filter()))
}

/// Carries all pending rows.
pub(crate) fn run(options: &RunOptions, retry: Option<RejectFilter>) -> Result<Status, Failure> {
    let plan = mapping::load(&options.sides.map)?;
    let steps = cutover_interpreter::steps(&plan)?;
    let mut legacy = database::open_legacy(&options.sides.from)?;
    let mut target = database::open_target(&options.sides.to)?;
    let sets = match options.by_server {
        true => set_steps(&plan, (&options.sides.from, &mut *legacy), (&options.sides.to, &mut *target))?,
        false => SetSteps::new(),
    };
    let engine = cutover_runtime::RunOptions {
        batch: options.batch as usize,
        streams: options.streams as usize,
        max_rejects: options.max_rejects.0,
        deadline: options.pacing.deadline,
        rate: options.pacing.max_rate,
        stop: stop::flag(),
        rebind: options.rebind,
        retry,
        sets,
        load: options.load,
    };
    let mut observer = progress::observer(options.json);
    let report = carry(&mut *legacy, &mut *target, &steps, &engine, &mut *observer)?;
    match options.json {
        true => output::json(&report),
        false => print(&report, options),
    }
    Ok(status(report.outcome))
}

impl RejectOptions {
    pub(crate) fn filter(&self) -> RejectFilter {
        RejectFilter { maps: self.maps.clone(), reasons: self.reasons.clone() }
    }
}

fn status(outcome: Outcome) -> Status {
    match outcome {
        Outcome::Complete => Status::Done,
        Outcome::OverBudget => Status::Findings,
        Outcome::MoreWork | Outcome::Interrupted => Status::MoreWork,
    }
}

fn print(report: &RunReport, options: &RunOptions) {
    let rows: Vec<Vec<String>> = report
        .steps
        .iter()
        .map(|step| {
            vec![
                step.map.clone(),
                step.in_scope.to_string(),
                step.now.migrated.to_string(),
                step.settled.migrated.to_string(),
                step.settled.found.to_string(),
                step.settled.rejected.to_string(),
            ]
        })
        .collect();
    output::table(&["map", "in scope", "migrated now", "migrated in all", "already there", "rejected"], &rows);
    for step in report.steps.iter().filter(|step| step.scope_is_empty) {
        output::note(&format!(
            "warning: {}: the table has rows, but none is in scope; is the `where` right?",
            step.map
        ));
    }
    let migrated: u64 = report.steps.iter().map(|step| step.now.migrated).sum();
    output::line(&ending(report, migrated, options));
}

fn ending(report: &RunReport, migrated: u64, options: &RunOptions) -> String {
    let (good, alert) = (output::GOOD, output::ALERT);
    match report.outcome {
        Outcome::Complete if migrated == 0 => {
            format!("{good}nothing to migrate{good:#}: everything in scope is settled")
        }
        Outcome::Complete => format!("{good}complete{good:#}: {migrated} legacy rows migrated"),
        Outcome::OverBudget => {
            let allowed = options.max_rejects.0.unwrap_or_default();
            format!(
                "{alert}stopped{alert:#}: {} rejected, {allowed} allowed; `cutover status` tells why, --max-rejects N \
                 goes on",
                counted(report.rejects as usize, "row")
            )
        }
        Outcome::MoreWork => "more work left: run again".to_string(),
        Outcome::Interrupted => "interrupted at a batch boundary: run again".to_string(),
    }
}

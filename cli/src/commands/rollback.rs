//! `cutover rollback`.

use crate::arguments::RollbackOptions;
use crate::failure::Failure;
use crate::{Status, database, mapping, output, progress, stop};
use cutover_runtime::report::{Left, LeftReason, RollbackReport};
use cutover_runtime::rollback;

pub(crate) fn run(options: &RollbackOptions) -> Result<Status, Failure> {
    let plan = mapping::load(&options.map)?;
    let steps = cutover_interpreter::steps_to_take_back(&plan);
    let mut target = database::open_target(&options.to)?;
    let engine = cutover_runtime::RollbackOptions {
        maps: (!options.maps.is_empty()).then(|| options.maps.clone()),
        skip_irreversible: options.skip_irreversible,
        rebind: options.rebind,
        batch: options.batch as usize,
        deadline: options.pacing.deadline,
        rate: options.pacing.max_rate,
        stop: stop::flag(),
        ..Default::default()
    };
    let mut observer = progress::observer(options.json);
    let report = rollback(&mut *target, &steps, &engine, &mut *observer)?;
    match options.json {
        true => output::json(&report),
        false => print(&report),
    }
    let kept = report.left.iter().any(|left| left.reason != LeftReason::Gone);
    Ok(match (report.interrupted, kept) {
        (true, _) => Status::MoreWork,
        (false, true) => Status::Findings,
        (false, false) => Status::Done,
    })
}

fn print(report: &RollbackReport) {
    if report.steps.is_empty() {
        output::line("nothing to take back");
        return;
    }
    report.left.iter().for_each(|left| output::line(&describe(left)));
    if !report.left.is_empty() {
        output::line("");
    }
    let rows: Vec<Vec<String>> = report
        .steps
        .iter()
        .map(|step| {
            let counts = [step.taken_back, step.kept, step.gone, step.forgotten];
            std::iter::once(step.map.clone()).chain(counts.iter().map(u64::to_string)).collect()
        })
        .collect();
    output::table(&["map", "taken back", "kept", "gone before", "forgotten"], &rows);
    if report.interrupted {
        output::line("stopped at a batch boundary: run again");
    }
}

fn describe(left: &Left) -> String {
    let verb = if left.reason == LeftReason::Gone { "gone" } else { "kept" };
    format!(
        "{verb}: {}.{} legacy key {}, {} {}: {}",
        left.map, left.role, left.legacy_key, left.table, left.target_key, left.reason
    )
}

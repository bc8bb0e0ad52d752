//! `cutover sync`.

use crate::arguments::SyncOptions;
use crate::failure::Failure;
use crate::mapping::counted;
use crate::{Status, database, mapping, output, progress, stop};
use cutover_runtime::report::{Differing, Left, LeftReason, Outcome, SyncReport, mask};
use cutover_runtime::sync;
use cutover_runtime::value::Value;

pub(crate) fn run(options: &SyncOptions) -> Result<Status, Failure> {
    let plan = mapping::load(&options.sides.map)?;
    let steps = cutover_interpreter::steps(&plan)?;
    let mut legacy = database::open_legacy(&options.sides.from)?;
    let mut target = database::open_target(&options.sides.to)?;
    let engine = cutover_runtime::SyncOptions {
        batch: options.batch as usize,
        maps: (!options.maps.is_empty()).then(|| options.maps.clone()),
        delete: options.delete,
        deadline: options.pacing.deadline,
        rate: options.pacing.max_rate,
        stop: stop::flag(),
        rebind: options.rebind,
        keep: options.limit,
    };
    let mut observer = progress::bar(options.json);
    let mut report = sync(&mut *legacy, &mut *target, &steps, &engine, &mut *observer)?;
    if !options.show_values {
        report.left.iter_mut().flat_map(|left| left.reason.differing()).for_each(masked);
    }
    match options.json {
        true => output::json(&report),
        false => print(&report, options),
    }
    Ok(match (report.outcome, report.total) {
        (Outcome::Complete | Outcome::OverBudget, 0) => Status::Done,
        (Outcome::Complete | Outcome::OverBudget, _) => Status::Findings,
        (Outcome::MoreWork | Outcome::Interrupted, _) => Status::MoreWork,
    })
}

fn masked(differing: &mut Differing) {
    for value in [&mut differing.expected, &mut differing.found] {
        if !value.is_null() {
            *value = Value::Text(mask(value));
        }
    }
}

fn print(report: &SyncReport, options: &SyncOptions) {
    if report.steps.is_empty() {
        output::line("nothing was ever migrated into this database");
        return;
    }
    report.left.iter().for_each(|left| output::line(&describe(left, options.show_values)));
    if report.more > 0 {
        output::line(&format!("… and {} more; --limit shows more", report.more));
    }
    if !report.left.is_empty() {
        output::line("");
    }
    let rows: Vec<Vec<String>> = report
        .steps
        .iter()
        .map(|step| {
            let counts = [step.compared, step.updated, step.deleted, step.gone, step.left, step.new];
            std::iter::once(step.map.clone()).chain(counts.iter().map(u64::to_string)).collect()
        })
        .collect();
    output::table(&["map", "compared", "updated", "deleted", "gone", "left", "new"], &rows);
    output::line(&ending(report, options));
    let gone: u64 = report.steps.iter().map(|step| step.gone).sum();
    if gone > 0 {
        output::line(&format!("{} gone from the legacy side: --delete deletes their target rows", rows_of(gone)));
    }
    let new: u64 = report.steps.iter().map(|step| step.new).sum();
    if new > 0 {
        output::line(&format!("{} never carried: `cutover run` carries them", rows_of(new)));
    }
}

fn rows_of(number: u64) -> String {
    format!("{} {}", counted(number as usize, "legacy row"), if number == 1 { "is" } else { "are" })
}

fn ending(report: &SyncReport, options: &SyncOptions) -> String {
    let (good, alert) = (output::GOOD, output::ALERT);
    let changed: u64 = report.steps.iter().map(|step| step.updated + step.deleted + step.renewed).sum();
    match report.outcome {
        Outcome::MoreWork => "more work left: run again".to_string(),
        Outcome::Interrupted => "interrupted at a batch boundary: run again".to_string(),
        Outcome::Complete | Outcome::OverBudget if report.total > 0 => {
            let hint = if options.show_values { "" } else { "; values are masked, --show-values shows them" };
            format!("{alert}{} not in line{alert:#}{hint}", counted(report.total as usize, "legacy row"))
        }
        Outcome::Complete | Outcome::OverBudget if changed == 0 => {
            format!("{good}nothing to do{good:#}: everything is in line")
        }
        Outcome::Complete | Outcome::OverBudget => {
            format!("{good}complete{good:#}: {} brought in line", counted(changed as usize, "legacy row"))
        }
    }
}

/// Returns one line: map, keys, table, and what is in the way. Masked values are words, others stand as they are.
fn describe(left: &Left, show_values: bool) -> String {
    let show = |value: &Value| match value {
        Value::Text(words) if !show_values => words.clone(),
        value => value.quoted(),
    };
    let line = |differing: &Differing| {
        let (found, expected) = (show(&differing.found), show(&differing.expected));
        format!("{} is {found}, the mapping gives {expected}", differing.column)
    };
    let what = match &left.reason {
        LeftReason::Conflict { columns } => {
            format!("changed on both sides: {}", columns.iter().map(line).collect::<Vec<_>>().join("; "))
        }
        LeftReason::KeyChanged(differing) => format!("its key would change: {}", line(differing)),
        reason => reason.to_string(),
    };
    let target = if left.target_key.is_null() { String::new() } else { format!(" target key {}", left.target_key) };
    format!("{}.{}: legacy key {}{target} in {}: {what}", left.map, left.role, left.legacy_key, left.table)
}

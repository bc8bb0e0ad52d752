//! `cutover preflight`: what a run would reject, before anything is written.

use crate::arguments::PreflightOptions;
use crate::failure::Failure;
use crate::mapping::counted;
use crate::{Status, database, mapping, output, pinned, progress, stop};
use cutover_mapping_dsl::plan::Plan;
use cutover_mapping_dsl::schema::{Check, Table};
use cutover_runtime::report::{Outcome, key_text, mask};
use cutover_runtime::value::Value;
use cutover_runtime::{Obligation, PreflightReport, PreflightStep, Sample, Verdict, preflight};
use std::collections::BTreeSet;

pub(crate) fn run(options: &PreflightOptions) -> Result<Status, Failure> {
    let plan = mapping::load(&options.sides.map)?;
    let steps = cutover_interpreter::steps(&plan)?;
    let mut legacy = database::open_legacy(&options.sides.from)?;
    let mut target = database::open_target(&options.sides.to)?;
    let engine = cutover_runtime::PreflightOptions {
        batch: options.batch as usize,
        keep: options.samples,
        max_rejects: options.max_rejects.0,
        deadline: options.pacing.deadline,
        rate: options.pacing.max_rate,
        stop: stop::flag(),
        rebind: options.rebind,
        retry: options.retry,
    };
    let mut observer = progress::observer(options.json);
    let mut report = preflight(&mut *legacy, &mut *target, &steps, &engine, &mut *observer)?;
    if !options.show_values {
        samples(&mut report).for_each(masked);
    }
    match options.json {
        true => output::json(&report),
        false => print(&report, options, &plan),
    }
    if let Some(path) = &options.pin {
        pinned::pin(&report, path)?;
    }
    Ok(status(&report))
}

/// What was found counts more than what was not asked.
fn status(report: &PreflightReport) -> Status {
    match (report.verdict, report.outcome) {
        (Verdict::Fail, _) => Status::Findings,
        (_, Outcome::Interrupted | Outcome::MoreWork) => Status::MoreWork,
        _ => Status::Done,
    }
}

fn samples(report: &mut PreflightReport) -> impl Iterator<Item = &mut Sample> {
    report.steps.iter_mut().flat_map(|step| &mut step.obligations).flat_map(|obligation| &mut obligation.samples)
}

fn masked(sample: &mut Sample) {
    for value in sample.legacy_key.iter_mut().chain([&mut sample.value]).filter(|value| !value.is_null()) {
        *value = Value::Text(mask(value));
    }
}

fn print(report: &PreflightReport, options: &PreflightOptions, plan: &Plan) {
    let asked = || report.steps.iter().flat_map(|step| step.obligations.iter().map(move |asked| (step, asked)));
    let shown = |obligation: &Obligation| options.all || obligation.verdict != Verdict::Pass;
    let rows: Vec<Vec<String>> = asked()
        .filter(|(_, obligation)| shown(obligation))
        .map(|(step, asked)| line(step, asked, &plan.file))
        .collect();
    if !rows.is_empty() {
        output::table(&["map", "verdict", "rows", "of", "reason", "column", "rule", "what it means"], &rows);
        output::line("");
    }
    let rows: Vec<Vec<String>> = asked().flat_map(|(step, obligation)| examples(step, obligation, options)).collect();
    if !rows.is_empty() {
        output::table(&["map", "reason", "legacy key", "value"], &rows);
        output::line("");
    }
    output::table(
        &["map", "settled", "asked", "would be migrated", "already there", "would be rejected", "questions", "verdict"],
        &report.steps.iter().map(summary).collect::<Vec<_>>(),
    );
    for step in report.steps.iter().filter(|step| step.scope_is_empty) {
        output::note(&format!(
            "warning: {}: the table has rows, but none is in scope; is the `where` right?",
            step.map
        ));
    }
    if let Some(checks) = checks(plan) {
        output::note(&checks);
    }
    output::line(&ending(report, options));
}

/// Names the checks of the tables that are written: the target alone can say which rows they refuse.
fn checks(plan: &Plan) -> Option<String> {
    let written = plan.steps.iter().flat_map(|step| &step.targets).filter(|target| target.existing.is_none());
    let tables: BTreeSet<&str> = written.map(|target| target.table.as_str()).collect();
    let checks = tables.into_iter().filter_map(|table| plan.target.schema.table(table));
    let checks: Vec<String> = checks.flat_map(|table| table.checks.iter().map(|check| named(table, check))).collect();
    let count = counted(checks.len(), "check");
    (!checks.is_empty()).then(|| format!("not asked, as the target alone can say: {count}, {}", checks.join(", ")))
}

fn named(table: &Table, check: &Check) -> String {
    let nameless = || format!("one of {} (line {})", table.name, check.line);
    one_line(check.name.clone().unwrap_or_else(nameless))
}

fn line(step: &PreflightStep, obligation: &Obligation, file: &str) -> Vec<String> {
    let rule = if obligation.line == 0 { "-".to_string() } else { format!("{file}:{}", obligation.line) };
    let message = match &obligation.unasked {
        Some(why) => format!("{} (not asked: {why})", obligation.message),
        None => obligation.message.clone(),
    };
    let (verdict, rows) = (obligation.verdict.name().to_string(), obligation.offenders.to_string());
    let texts = [obligation.reason.clone(), obligation.column.clone(), rule, message];
    [step.map.clone(), verdict, rows, step.asked.to_string()].into_iter().chain(texts).map(one_line).collect()
}

/// Masked samples that look alike are shown once.
fn examples(step: &PreflightStep, obligation: &Obligation, options: &PreflightOptions) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for sample in &obligation.samples {
        let value = if options.show_values { sample.value.quoted() } else { sample.value.to_string() };
        let row = [step.map.clone(), obligation.reason.clone(), key_text(&sample.legacy_key), value];
        let row: Vec<String> = row.into_iter().map(one_line).collect();
        if options.show_values || !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows
}

/// Returns a text that stays within its cell.
fn one_line(text: String) -> String {
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

fn summary(step: &PreflightStep) -> Vec<String> {
    let worst = step.obligations.iter().map(|obligation| obligation.verdict).max().unwrap_or_default();
    let verdict = if step.complete { worst.name().to_string() } else { format!("{}, not all asked", worst.name()) };
    let counts = [step.settled.total(), step.asked, step.would.migrated, step.would.found, step.would.rejected];
    let counts = counts.iter().map(u64::to_string);
    let last = [step.obligations.len().to_string(), verdict];
    std::iter::once(step.map.clone()).chain(counts).chain(last).collect()
}

fn ending(report: &PreflightReport, options: &PreflightOptions) -> String {
    let (good, alert) = (output::GOOD, output::ALERT);
    let unfinished = match report.outcome {
        Outcome::Interrupted => "; interrupted before all rows were asked",
        Outcome::MoreWork => "; the time was over before all rows were asked",
        Outcome::Complete | Outcome::OverBudget => "",
    };
    let rejects = counted(report.rejects as usize, "row");
    let hint = if options.show_values || report.rejects == 0 { "" } else { "; --show-values shows keys and values" };
    match (report.verdict, report.max_rejects) {
        (Verdict::Fail, Some(allowed)) => {
            format!("{alert}fail{alert:#}: {rejects} would stand rejected, {allowed} allowed{hint}{unfinished}")
        }
        (Verdict::Warn, _) => {
            format!("{good}warn{good:#}: {rejects} would stand rejected, as allowed{hint}{unfinished}")
        }
        (Verdict::Unasked, _) => {
            format!("{good}pass{good:#}: no row would be rejected for what could be asked{unfinished}")
        }
        _ => format!("{good}pass{good:#}: no row would be rejected{unfinished}"),
    }
}

//! `cutover verify`: deviations, both directions.

use crate::arguments::{Ignored, VerifyOptions};
use crate::failure::Failure;
use crate::mapping::counted;
use crate::{Status, database, mapping, output, progress};
use cutover_runtime::report::{Deviation, DeviationKind, VerifyReport, key_text, mask};
use cutover_runtime::value::Value;
use cutover_runtime::{error::Side, verify};

pub(crate) fn run(options: &VerifyOptions) -> Result<Status, Failure> {
    let plan = mapping::load(&options.sides.map)?;
    let steps = cutover_interpreter::steps(&plan)?;
    let mut legacy = database::open_legacy(&options.sides.from)?;
    let mut target = database::open_target(&options.sides.to)?;
    let ignore = options.ignore.iter().map(|kind| ignored(*kind)).collect();
    let maps = (!options.maps.is_empty()).then(|| options.maps.clone());
    let (keep, settle) = (options.limit, options.settle);
    let engine = cutover_runtime::VerifyOptions { keep, maps, ignore, settle, ..Default::default() };
    let mut observer = progress::bar(options.json);
    let mut report = verify(&mut *legacy, &mut *target, &steps, &engine, &mut *observer)?;
    if !options.show_values {
        report.deviations.iter_mut().for_each(masked);
    }
    match options.json {
        true => output::json(&report),
        false => print(&report, options.show_values),
    }
    let sound = report.total == 0 && report.taken_off.is_empty();
    Ok(if sound { Status::Done } else { Status::Findings })
}

fn ignored(kind: Ignored) -> DeviationKind {
    match kind {
        Ignored::Missing => DeviationKind::Missing,
        Ignored::Lost => DeviationKind::Lost,
        Ignored::Differs => DeviationKind::Differs,
        Ignored::LegacyGone => DeviationKind::LegacyGone,
        Ignored::NoLongerConverts => DeviationKind::NoLongerConverts,
        Ignored::TargetOnly => DeviationKind::TargetOnly,
        Ignored::NotWritten => DeviationKind::NotWritten,
        Ignored::Superfluous => DeviationKind::Superfluous,
    }
}

fn masked(deviation: &mut Deviation) {
    for value in [&mut deviation.expected, &mut deviation.found].into_iter().flatten() {
        if !value.is_null() {
            *value = Value::Text(mask(value));
        }
    }
}

fn print(report: &VerifyReport, show_values: bool) {
    for deviation in &report.deviations {
        output::line(&describe(deviation, show_values));
    }
    if report.total > report.deviations.len() as u64 {
        output::line(&format!("… and {} more; --limit shows more", report.total - report.deviations.len() as u64));
    }
    if !report.deviations.is_empty() {
        output::line("");
    }
    let rows: Vec<Vec<String>> = report
        .steps
        .iter()
        .map(|step| {
            let counts = [step.in_scope, step.compared, step.rejected, step.deviations];
            std::iter::once(step.map.clone()).chain(counts.iter().map(u64::to_string)).collect()
        })
        .collect();
    output::table(&["map", "in scope", "compared", "rejected", "deviations"], &rows);
    let (good, alert) = (output::GOOD, output::ALERT);
    if report.total == 0 {
        output::line(&format!("{good}no deviations{good:#}"));
    } else {
        let hint = if show_values { "" } else { "; values are masked, --show-values shows them" };
        output::line(&format!("{alert}{}{alert:#}{hint}", counted(report.total as usize, "deviation")));
    }
    if !report.taken_off.is_empty() {
        output::line(&progress::off(report.taken_off.len(), false));
    }
}

/// Returns one line: side, table, key, and what is wrong. Masked values are words, others stand as they are.
fn describe(deviation: &Deviation, show_values: bool) -> String {
    let legacy = deviation.legacy_key.as_ref().map_or(String::new(), |key| format!(" legacy key {}", key_text(key)));
    let target = deviation.target_key.as_ref().map_or(String::new(), |key| format!(" target key {key}"));
    let role = deviation.role.as_ref().map_or(String::new(), |role| format!(".{role}"));
    // The table is the role's where there is one, whichever side shows the deviation.
    let side = if deviation.role.is_some() { Side::Target } else { deviation.side };
    let place = format!("{}{role}:{legacy}{target} in {side} {}:", deviation.map, deviation.table);
    let show = |value: &Option<Value>| match value {
        Some(value) if show_values => value.quoted(),
        Some(value) => value.to_string(),
        None => "nothing".to_string(),
    };
    let column = deviation.column.clone().unwrap_or_default();
    let what = match deviation.kind {
        DeviationKind::Missing => "not migrated".to_string(),
        DeviationKind::Lost => "migrated, but gone from the target".to_string(),
        DeviationKind::Differs => {
            format!("{column} is {}, the mapping gives {}", show(&deviation.found), show(&deviation.expected))
        }
        DeviationKind::LegacyGone => "migrated, but gone from the legacy side (or out of scope)".to_string(),
        DeviationKind::NoLongerConverts => format!("migrated, but would be rejected now: {column}"),
        DeviationKind::TargetOnly => "stems from no legacy row".to_string(),
        DeviationKind::NotWritten => "has no row here, though the mapping's condition for one holds".to_string(),
        DeviationKind::Superfluous => {
            "has a row here, though the mapping's condition for one does not hold".to_string()
        }
    };
    format!("{place} {what}")
}

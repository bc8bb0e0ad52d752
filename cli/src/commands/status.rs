//! `cutover status`: how a migration stands, the runs so far, and the rejected rows.

use crate::arguments::StatusOptions;
use crate::failure::Failure;
use crate::mapping::counted;
use crate::{Status, database, output, progress};
use cutover_runtime::report::{RunStatus, StatusReport, TakenOff, mask};
use cutover_runtime::value::Value;
use cutover_runtime::{RejectList, rejects, status};

pub(crate) fn run(options: &StatusOptions) -> Result<Status, Failure> {
    let mut target = database::open_target(&options.target.to)?;
    let filter = options.filter.filter();
    if options.rejects || filter != Default::default() {
        let mut list = rejects(&mut *target, &filter, options.limit)?;
        if !options.show_values {
            list.rows.iter_mut().for_each(|row| row.value = row.value.take().map(masked));
        }
        match options.json {
            true => output::json(&list),
            false => print_rejects(&list, options.show_values),
        }
        return Ok(Status::Done);
    }
    let report = status(&mut *target)?;
    match options.json {
        true => output::json(&report),
        false => print(&report),
    }
    // A run at work puts back what it has taken off.
    let whole = report.taken_off.is_empty() || report.holder.is_some();
    let sound = report.steps.iter().all(|step| step.balanced);
    Ok(if sound && whole { Status::Done } else { Status::Findings })
}

fn masked(value: String) -> String {
    mask(&Value::Text(value))
}

fn print_rejects(list: &RejectList, show_values: bool) {
    if list.total == 0 {
        output::line("no rejected rows");
        return;
    }
    let rows: Vec<Vec<String>> = list
        .rows
        .iter()
        .map(|row| {
            let value = match row.value.as_deref() {
                None => "NULL".to_string(),
                Some("") => "\"\"".to_string(),
                Some(value) => value.to_string(),
            };
            let texts = [&row.map, &row.legacy_key, &row.column, &row.reason, &value, &row.message];
            texts.map(|text| one_line(text)).to_vec()
        })
        .collect();
    output::table(&["map", "legacy key", "column", "reason", "value", "what it means"], &rows);
    output::line("");
    let hidden = list.total - list.rows.len() as u64;
    if hidden > 0 {
        output::line(&format!("… and {hidden} more; --limit shows more"));
    }
    let hint = if show_values { "" } else { "; values are masked, --show-values shows them" };
    output::line(&format!("{}{hint}", counted(list.total as usize, "rejected row")));
}

/// A key or a value may hold anything; a row of the table is one line.
fn one_line(text: &str) -> String {
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

fn print(report: &StatusReport) {
    if !report.begun {
        output::line("nothing was ever migrated into this database");
        return;
    }
    if let Some(holder) = &report.holder {
        let paused = if report.paused { " (paused; `cutover resume` lets it go on)" } else { "" };
        output::line(&format!("at work now: {holder}{paused}"));
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
    reasons(report);
    taken_off(report);
    output::line("");
    let runs: Vec<Vec<String>> = report.runs.iter().map(run_line).collect();
    let heads = ["run", "command", "started", "took", "rows", "moved", "rows/s", "by", "outcome"];
    output::table(&heads, &runs);
}

fn run_line(run: &RunStatus) -> Vec<String> {
    let outcome = run.outcome.clone().unwrap_or_else(|| "at work, or killed".into());
    let took = run.seconds.map_or_else(|| "-".into(), duration);
    let rate = run.rows_per_second.map_or_else(|| "-".into(), |rate| rate.to_string());
    let owner = run.owner.clone().unwrap_or_else(|| "-".into());
    let numbers = [run.rows.to_string(), run.moved.to_string()];
    let first = [run.run.to_string(), run.command.clone(), run.started.clone(), took];
    first.into_iter().chain(numbers).chain([rate, owner, outcome]).collect()
}

/// Returns a time such as `2h 05m` or `42s`.
fn duration(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m {seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h {minutes:02}m"),
    }
}

/// Says what is off, and what brings it back.
fn taken_off(report: &StatusReport) {
    if report.taken_off.is_empty() {
        return;
    }
    let row = |off: &TakenOff| vec![off.table.clone(), off.kind.to_string(), one_line(&off.name), off.since.clone()];
    let rows: Vec<Vec<String>> = report.taken_off.iter().map(row).collect();
    output::line("");
    output::table(&["table", "off", "name", "since"], &rows);
    output::line(&progress::off(report.taken_off.len(), report.holder.is_some()));
}

fn reasons(report: &StatusReport) {
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

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn times_are_short() {
        for (seconds, shown) in [(0, "0s"), (59, "59s"), (61, "1m 01s"), (3600, "1h 00m"), (90_061, "25h 01m")] {
            assert_eq!(duration(seconds), shown);
        }
    }
}

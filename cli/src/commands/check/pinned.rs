//! What a preflight has found of each rule, shown beside the findings of `cutover check`.

use crate::arguments::MessageFormat;
use crate::failure::Failure;
use crate::output;
use crate::pinned::{Pinned, PinnedMap, PinnedObligation, Standing, beside, words};
use cutover_mapping_dsl::plan::Plan;
use serde_json::json;
use std::path::Path;

/// Shows the results of a file: the one that is named, else the one beside the mapping, if it is there. Programs that read
/// findings as rustc's get them only if a file is named.
pub(super) fn show(plan: &Plan, map: &Path, named: Option<&Path>, format: MessageFormat) -> Result<(), Failure> {
    let usual = beside(map);
    let path = match named {
        Some(path) => path,
        None if usual.is_file() && format == MessageFormat::Human => &usual,
        None => return Ok(()),
    };
    let pinned = Pinned::read(path)?;
    match format {
        MessageFormat::Human => print(plan, &pinned, path),
        MessageFormat::Json => lines(plan, &pinned),
    }
    Ok(())
}

fn print(plan: &Plan, pinned: &Pinned, path: &Path) {
    let mut rows = Vec::new();
    for map in &pinned.maps {
        match map.standing(plan) {
            None => note(path, &format!("the mapping has no map {} any more", map.map)),
            Some(Standing::Stale) => {
                let cause = format!("map {} has another meaning now than at {}", map.map, pinned.date);
                note(path, &format!("{cause}, so its counts are not shown; run `cutover preflight --pin` again"));
            }
            Some(Standing::Current) => {
                rows.extend(map.obligations.iter().map(|asked| row(map, asked, &pinned.date)));
            }
        }
    }
    for step in plan.steps.iter().filter(|step| !pinned.maps.iter().any(|map| map.map == step.name)) {
        note(path, &format!("it says nothing about map {}", step.name));
    }
    if !rows.is_empty() {
        output::table(&["map", "reason", "column", "rows that would be rejected"], &rows);
    }
}

fn note(path: &Path, text: &str) {
    output::note(&format!("warning: {}: {text}", path.display()));
}

fn row(map: &PinnedMap, asked: &PinnedObligation, date: &str) -> Vec<String> {
    let reason = match &asked.parent {
        Some(parent) => format!("{} (row of {parent} rejected)", asked.reason),
        None => asked.reason.clone(),
    };
    vec![map.map.clone(), reason, asked.column.clone(), words(asked.offenders, map.rows, date)]
}

fn lines(plan: &Plan, pinned: &Pinned) {
    for map in &pinned.maps {
        let current = map.standing(plan) == Some(Standing::Current);
        for asked in &map.obligations {
            let object = json!({
                "map": map.map, "reason": asked.reason, "column": asked.column, "parent": asked.parent,
                "offenders": asked.offenders, "rows": map.rows, "date": pinned.date, "current": current,
            });
            output::line(&object.to_string());
        }
    }
}

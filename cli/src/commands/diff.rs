//! `cutover diff`: what a new mapping does otherwise than an old one, and the queries that list rows already migrated
//! which would be otherwise now.

mod json;

use crate::arguments::DiffOptions;
use crate::failure::Failure;
use crate::{Status, mapping, output};
use cutover_codegen::sql::{Asked, changed};
use cutover_mapping_dsl::difference::{Change, Column, Kind, MapDifference, compare, is_changed};
use cutover_mapping_dsl::plan::{Plan, Step};
use std::path::Path;

pub(crate) fn run(options: &DiffOptions) -> Result<Status, Failure> {
    let load = |path: &Path| {
        mapping::load(path).map_err(|failure| match failure.status() {
            Status::Findings => failure.into_usage(), // Status 1 says that something changed; here nothing could be compared.
            _ => failure,
        })
    };
    let (old, new) = (load(&options.old)?, load(&options.new)?);
    let maps = compare(&old, &new);
    match options.json {
        true => output::json(&json::report(&maps, &new)),
        false => print(&maps, &new, &options.new),
    }
    Ok(if is_changed(&maps) { Status::Findings } else { Status::Done })
}

/// A question about the rows that were migrated, and the query that answers it, or why there is none.
struct Question {
    about: String,
    sql: Result<String, Vec<String>>,
}

/// Returns the questions that a change raises. Where rows are known by another key no query can find them.
fn questions(plan: &Plan, name: &str, changes: &[Change]) -> Vec<Question> {
    let Some(step) = plan.place(name).map(|place| &plan.steps[place]) else { return Vec::new() };
    if changes.iter().any(|change| matches!(change, Change::Key { .. })) {
        return Vec::new();
    }
    let is_new = |role: &str| {
        let named = |change: &Change| matches!(change, Change::Target { role: other, .. } if other == role);
        changes.iter().any(named)
    };
    let mut asked: Vec<(String, Asked<'_>)> = Vec::new();
    for change in changes {
        match change {
            Change::ColumnAdded(Column { role, column }) | Change::Values { column: Column { role, column }, .. }
                if !is_new(role) =>
            {
                asked.push((format!("whose {role}.{column} would differ"), Asked::Column { role, column }));
            }
            Change::Scope => asked.push(("that would not be in scope".to_string(), Asked::Scope)),
            Change::Rejects { .. } => asked.push(("that would be rejected".to_string(), Asked::Rejects)),
            _ => {}
        }
    }
    asked.into_iter().map(|(about, asked)| question(plan, step, about, asked)).collect()
}

fn question(plan: &Plan, step: &Step, about: String, asked: Asked<'_>) -> Question {
    Question {
        about: format!("rows of {} already migrated {about} now", step.name),
        sql: changed(plan, step, asked, plan.target.dialect),
    }
}

fn print(maps: &[MapDifference], plan: &Plan, path: &Path) {
    let heading = output::HEADING;
    let mut asked = false;
    for map in maps {
        output::line(&format!("{heading}{}{heading:#}: {}", map.name, words(&map.kind)));
        let Kind::Changed(changes) = &map.kind else { continue };
        changes.iter().flat_map(lines).for_each(|line| output::line(&format!("  {line}")));
        let questions = questions(plan, &map.name, changes);
        questions.iter().for_each(show);
        let verify = format!("cutover verify {} --map {}", path.display(), map.name);
        if questions.iter().any(|question| question.sql.is_ok()) {
            asked = true;
        }
        if questions.is_empty() || questions.iter().any(|question| question.sql.is_err()) {
            output::line(&format!("  -- what else differs: {verify}"));
        }
    }
    if asked {
        output::note(&format!(
            "the queries are {}'s, for both sides in one database ({} and {}); elsewhere `cutover verify --map NAME` lists the rows",
            plan.target.dialect, plan.legacy.alias, plan.target.alias
        ));
    }
    if !is_changed(maps) {
        output::line("no row would be otherwise: only layout, comments and words differ, if anything does");
    }
}

fn show(question: &Question) {
    output::line("");
    output::line(&format!("  -- {}", question.about));
    match &question.sql {
        Ok(sql) => sql.lines().for_each(|line| output::line(&format!("  {line}"))),
        Err(why) => why.iter().for_each(|why| output::line(&format!("  -- no query: {why}"))),
    }
}

fn words(kind: &Kind) -> &'static str {
    match kind {
        Kind::Unchanged => "unchanged",
        Kind::Worded => "does the same; docs, reasons, examples or other words differ",
        Kind::Added => "is new; all its rows are pending",
        Kind::Removed => "is gone; take its rows back with the old mapping, or they stay as they are",
        Kind::Changed(_) => "changed",
    }
}

/// Says a change in words, a line or several.
fn lines(change: &Change) -> Vec<String> {
    let name = |column: &Column| format!("{}.{}", column.role, column.column);
    let one = |line: String| vec![line];
    match change {
        Change::Key { before, after } => vec![
            format!("changes key: {after}, was {before}"),
            "  rows already migrated are known by the old key: take them back with the old mapping first".to_string(),
        ],
        Change::Target { role, what } => one(format!("changes target: {role} {what}")),
        Change::Identity { role } => one(format!("changes how rows of {role} that were there before are recognised")),
        Change::Scope => one("changes scope: other rows are carried; those that are new to it are pending".to_string()),
        Change::Joins => one("changes joins: other rows are looked into".to_string()),
        Change::ColumnAdded(column) => one(format!("adds column: {}", name(column))),
        Change::ColumnRemoved(column) => {
            one(format!("removes column: {}; rows already migrated keep its value", name(column)))
        }
        Change::Values { column, before, after, arms } if before == after => {
            let mut lines = vec![format!("changes values: {} ({after})", name(column))];
            lines.extend(arms.iter().map(|arm| format!("  {arm}")));
            lines
        }
        Change::Values { column, before, after, arms } => {
            let mut lines = vec![format!("changes values: {}: {after}, was {before}", name(column))];
            lines.extend(arms.iter().map(|arm| format!("  {arm}")));
            lines
        }
        Change::Rejects { added, removed } => one(format!("changes rejects: {}", reasons(added, removed))),
        Change::WayBackLost(what) => one(format!("loses reversibility: {what}")),
        Change::WayBackGained(what) => one(format!("gains reversibility: {what}")),
        Change::Names => one("changes names within the map only; no row would be otherwise".to_string()),
    }
}

fn reasons(added: &[String], removed: &[String]) -> String {
    let listed = |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")));
    let parts: Vec<String> = [listed("new", added), listed("gone", removed)].into_iter().flatten().collect();
    if parts.is_empty() { "other conditions for the same reasons".to_string() } else { parts.join("; ") }
}

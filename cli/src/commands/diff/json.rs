//! The differences of two mappings as JSON.

use super::{lines, questions};
use cutover_mapping_dsl::difference::{Change, Column, Kind, MapDifference, is_changed};
use cutover_mapping_dsl::plan::Plan;
use serde::Serialize;

/// Everything that `cutover diff` says.
#[derive(Serialize)]
pub(super) struct Report {
    changed: bool,
    maps: Vec<Map>,
}

#[derive(Serialize)]
struct Map {
    name: String,
    kind: &'static str,
    changes: Vec<Entry>,
    queries: Vec<Query>,
}

#[derive(Serialize)]
struct Entry {
    kind: &'static str,
    /// Target and column, if it is about one.
    column: Option<String>,
    words: Vec<String>,
}

#[derive(Serialize)]
struct Query {
    about: String,
    sql: Option<String>,
    why_not: Vec<String>,
}

pub(super) fn report(maps: &[MapDifference], plan: &Plan) -> Report {
    Report { changed: is_changed(maps), maps: maps.iter().map(|map| entry(map, plan)).collect() }
}

fn entry(map: &MapDifference, plan: &Plan) -> Map {
    let (kind, changes): (_, &[Change]) = match &map.kind {
        Kind::Unchanged => ("unchanged", &[]),
        Kind::Worded => ("worded", &[]),
        Kind::Added => ("added", &[]),
        Kind::Removed => ("removed", &[]),
        Kind::Changed(changes) => ("changed", changes),
    };
    let queries = questions(plan, &map.name, changes).into_iter().map(|question| {
        let (sql, why_not) = match question.sql {
            Ok(sql) => (Some(sql), Vec::new()),
            Err(why_not) => (None, why_not),
        };
        Query { about: question.about, sql, why_not }
    });
    Map { name: map.name.clone(), kind, changes: changes.iter().map(change).collect(), queries: queries.collect() }
}

fn change(change: &Change) -> Entry {
    let (kind, column): (_, Option<&Column>) = match change {
        Change::Key { .. } => ("key", None),
        Change::Target { .. } => ("target", None),
        Change::Identity { .. } => ("identity", None),
        Change::Scope => ("scope", None),
        Change::Joins => ("joins", None),
        Change::ColumnAdded(column) => ("column-added", Some(column)),
        Change::ColumnRemoved(column) => ("column-removed", Some(column)),
        Change::Values { column, .. } => ("values", Some(column)),
        Change::Rejects { .. } => ("rejects", None),
        Change::WayBackLost(_) => ("reversibility-lost", None),
        Change::WayBackGained(_) => ("reversibility-gained", None),
        Change::Names => ("names", None),
    };
    let column = column.map(|column| format!("{}.{}", column.role, column.column));
    Entry { kind, column, words: lines(change) }
}

//! The lineage as a page: target columns with what they are made of, legacy columns with where they go.

use super::filters;
use crate::lineage::{LegacyColumn, Lineage, TargetColumn};
use askama::Template;

#[derive(Template)]
#[template(path = "markdown/lineage.md")]
pub(super) struct Page<'l> {
    mark: &'l str,
    lineage: &'l Lineage,
    /// Target columns by table, in the order of steps.
    targets: Vec<(&'l str, Vec<&'l TargetColumn>)>,
}

/// Returns the page.
pub(super) fn page<'l>(lineage: &'l Lineage, mark: &'l str) -> Page<'l> {
    let mut places = std::collections::BTreeMap::new();
    let mut targets: Vec<(&str, Vec<&TargetColumn>)> = Vec::new();
    for column in &lineage.target {
        let place = *places.entry(column.table.as_str()).or_insert_with(|| {
            targets.push((&column.table, Vec::new()));
            targets.len() - 1
        });
        targets[place].1.push(column);
    }
    Page { mark, lineage, targets }
}

impl LegacyColumn {
    /// Where the values go, one line each.
    fn destinations(&self) -> Vec<String> {
        self.goes_to.iter().map(|to| format!("{}.{} (map {}, line {})", to.table, to.column, to.map, to.line)).collect()
    }

    /// What else becomes of it, one line each.
    fn others(&self) -> Vec<String> {
        let decides = self.decides.iter().map(|what| format!("decides: {what}"));
        let deferred =
            self.deferred.iter().map(|left| format!("{} leaves it to {}, line {}", left.map, left.why, left.line));
        let dropped =
            self.dropped.iter().map(|left| format!("{} drops it: {}, line {}", left.map, left.why, left.line));
        decides.chain(deferred).chain(dropped).collect()
    }
}

//! What only the data can decide: conditions on the rows, without which a verdict would claim too much.

use super::OnlyIf;
use super::reads::Map;
use crate::plan::{Conversion, Expr, ExprKind, Rule, Target};
use crate::resolve::class::parts;
use crate::schema::Column;
use crate::types::Type;

/// Rows that were in the target before the map ran are taken as they are: they may say something else.
pub(super) fn found_rows(map: &Map<'_>) -> Vec<OnlyIf> {
    let known = map.step.targets.iter().filter(|target| target.identity.is_some());
    let condition = |target: &Target| OnlyIf {
        what: format!(
            "rows of `{}.{}` that were there before hold what the mapping gives (`cutover verify` compares them)",
            map.plan.target.alias, target.table
        ),
        line: target.line,
    };
    known.map(condition).collect()
}

/// Returns what must hold for the values of a rule to be told apart in the target.
pub(super) fn told_apart<'p>(map: &Map<'p>, target: &'p Target, rule: &'p Rule) -> Vec<OnlyIf> {
    let mut found = Vec::new();
    let mut open = vec![&rule.value];
    while let Some(expr) = open.pop() {
        if let ExprKind::Convert(conversion, part) = &expr.kind {
            found.extend(not_kept(conversion, &map.named(part)));
        }
        open.extend(parts(expr, &map.step.links));
    }
    let from = map.named(&rule.value);
    let to = format!("`{}.{}`", target.role, rule.column);
    let column = map.written(target, rule);
    found.extend(kept(&from, &to, column, legacy_column(map, &rule.value)));
    found.into_iter().map(|what| OnlyIf { what, line: rule.line }).collect()
}

/// Clocks that are put forward or back show times that are one point in time, or one time that is two; of a UUID the
/// value is kept, not how it was written.
fn not_kept(conversion: &Conversion, column: &str) -> Option<String> {
    match conversion {
        Conversion::WallToInstant { zone } if changes_its_clocks(zone) => {
            Some(format!("no time in {column} lies in an hour that the clocks of {zone} skip"))
        }
        Conversion::InstantToWall { zone } if changes_its_clocks(zone) => {
            Some(format!("no time in {column} lies in an hour that the clocks of {zone} show twice"))
        }
        Conversion::TextToUuid { .. } => {
            Some(format!("each UUID in {column} is written in small letters, with dashes and without braces"))
        }
        _ => None,
    }
}

/// Whether a zone may put its clocks forward or back; of the zone database, only `Etc/…` never does.
fn changes_its_clocks(zone: &str) -> bool {
    !matches!(zone, "UTC" | "GMT" | "UCT" | "Zulu" | "Universal") && !zone.starts_with("Etc/")
}

/// What types do not tell: how many digits a floating point number has, and what fills up columns of fixed length.
fn kept(from: &str, to: &str, column: &Column, legacy: Option<&Column>) -> Option<String> {
    let fixed = |column: &Column, names: &[&str]| {
        let declared = column.declared.to_ascii_lowercase();
        let word = declared.split(|character: char| !character.is_ascii_alphanumeric()).next().unwrap_or_default();
        names.contains(&word) && !declared.contains("varying")
    };
    let is_char = |column: &Column| fixed(column, &["char", "character", "bpchar", "nchar", "national"]);
    let is_binary = |column: &Column| fixed(column, &["binary"]);
    match &column.ty {
        Type::Float => Some(format!("{to} keeps every digit of {from}, a floating point number")),
        Type::Text { .. } if is_char(column) && !legacy.is_some_and(is_char) => {
            Some(format!("no text of {from} ends in a blank, which {to} would not keep"))
        }
        Type::Bytes { .. } if is_binary(column) && !legacy.is_some_and(is_binary) => {
            Some(format!("nothing in {from} ends in a zero byte, with which {to} is filled up"))
        }
        _ => None,
    }
}

/// Returns the legacy column that an expression copies.
fn legacy_column<'p>(map: &Map<'p>, expr: &Expr) -> Option<&'p Column> {
    match &expr.kind {
        ExprKind::Legacy { column, .. } => {
            let column = &map.step.read.columns[*column];
            (column.alias == map.step.read.alias).then(|| map.table.column(&column.column)).flatten()
        }
        ExprKind::Convert(_, part) => legacy_column(map, part),
        ExprKind::Restrict { argument, .. } => legacy_column(map, argument),
        _ => None,
    }
}

//! *Create*: a legacy row is made anew from its target rows alone. Every column of the base table must be told by them: by
//! a rule with `<->` that loses nothing, or by a condition that leaves it one value.

use super::reads::{Map, sibling};
use super::{Lost, OnlyIf, Verdict, data, operator, put};
use crate::plan::{Arrow, Class, Literal, Rule, Step, Target};
use crate::resolve::class::weakest;
use crate::schema::{Assigned, Column};
use crate::types::Type;
use std::collections::BTreeSet;

/// Legacy columns of the base table.
type Columns<'p> = BTreeSet<&'p str>;

pub(super) fn verdict(map: &Map<'_>) -> Verdict {
    let told: Vec<Columns<'_>> = map.step.targets.iter().map(|target| told_by(map, target)).collect();
    let columns = map.table.columns.iter().filter(|column| column.assigned != Assigned::Computed);
    let mut lost: Vec<Lost> =
        columns.filter(|column| !everywhere(map, &told, &column.name)).map(|column| lost(map, &told, column)).collect();
    // If nothing but the key is told, there is no row worth the name.
    if !told_besides_key(map, &told, &lost) {
        lost.iter_mut().for_each(|lost| lost.needed = true);
    }
    lost.extend(unpaired(map, &told));
    lost.extend(map.step.targets.iter().enumerate().filter_map(|(index, target)| other_writer(map, index, target)));
    let rules = map.rules().filter(|(_, rule)| tells(rule));
    let only_if: Vec<OnlyIf> = rules.flat_map(|(target, rule)| data::told_apart(map, target, rule)).collect();
    Verdict::new(lost, only_if.into_iter().chain(data::found_rows(map)).collect())
}

/// Whether the legacy values that a rule reads can be had from what it gives. A database may spell JSON in its own way.
fn tells(rule: &Rule) -> bool {
    rule.arrow == Arrow::Both && rule.class <= Class::Prism && rule.ty != Type::Json
}

/// Returns the columns that the rows of a target tell.
fn told_by<'p>(map: &Map<'p>, target: &'p Target) -> Columns<'p> {
    let rules = target.rules.iter().filter(|rule| tells(rule)).flat_map(|rule| map.reads_base(&rule.value));
    rules.chain(map.fixed_in(target).into_keys()).collect()
}

/// Whether every legacy row that is carried has a target row that is in such a set with the column.
fn everywhere(map: &Map<'_>, by_target: &[Columns<'_>], column: &str) -> bool {
    let mut always = map.step.targets.iter().zip(by_target).filter(|(target, _)| target.when.is_none());
    // Where all targets have a condition, a row that fulfils none is rejected.
    let one_of_all = map.step.no_target.is_some() && by_target.iter().all(|columns| columns.contains(column));
    always.any(|(_, columns)| columns.contains(column)) || one_of_all
}

/// Whether some column besides the key is told, be it in part.
fn told_besides_key(map: &Map<'_>, told: &[Columns<'_>], lost: &[Lost]) -> bool {
    let key = map.key();
    map.table.columns.iter().filter(|column| !key.contains(column.name.as_str())).any(|column| {
        let what = named(map, column);
        everywhere(map, told, &column.name) || lost.iter().any(|lost| lost.what == what && lost.in_part)
    })
}

fn named(map: &Map<'_>, column: &Column) -> String {
    format!("{}.{}", map.step.read.alias, column.name)
}

/// Returns how a column is lost.
fn lost(map: &Map<'_>, told: &[Columns<'_>], column: &Column) -> Lost {
    let what = named(map, column);
    if let Some((rule, name, why)) = in_part(map, column) {
        return Lost { what, operator: name, why, line: rule.line, needed: false, in_part: true, remedy: None };
    }
    let (operator, why, line, remedy) = cause(map, told, column);
    let counted = column.assigned == Assigned::Counter;
    let needed = !column.nullable && column.default.is_none() && !counted;
    let why = match needed {
        true => format!("{why}; the column takes no null and has no default"),
        false if counted => format!("{why}; the counter gives another value"),
        false => why,
    };
    Lost { what, operator, why, line, needed, in_part: false, remedy }
}

/// A rule with `<->` that is there for every row and loses a part of the column's value.
fn in_part<'p>(map: &Map<'p>, column: &Column) -> Option<(&'p Rule, Option<String>, String)> {
    let is_part = |rule: &'p Rule| {
        rule.arrow == Arrow::Both && map.reads_base(&rule.value).contains(column.name.as_str()) && !tells(rule)
    };
    let of_target = |target: &'p Target| target.rules.iter().find(|rule| is_part(rule));
    let holders: Vec<Columns<'_>> = map
        .step
        .targets
        .iter()
        .map(|target| of_target(target).map(|_| column.name.as_str()).into_iter().collect())
        .collect();
    let rule = map.step.targets.iter().find_map(of_target).filter(|_| everywhere(map, &holders, &column.name))?;
    let part = weakest(&rule.value, map.facts()).1;
    let (name, why) = match operator::of(map, part).filter(|_| rule.class == Class::Lens) {
        Some(operator) => (Some(operator.name), operator.why),
        None => (None, "the target may spell its JSON in another way".to_string()),
    };
    Some((rule, name, why))
}

/// Returns what keeps a column out of the target: operator, words, line, remedy.
fn cause(map: &Map<'_>, told: &[Columns<'_>], column: &Column) -> (Option<String>, String, usize, Option<String>) {
    let step = map.step;
    let is_it = |(alias, name): &(String, String)| *alias == step.read.alias && *name == column.name;
    if let Some(dropped) = step.dropped.iter().find(|dropped| dropped.columns.iter().any(is_it)) {
        let why = format!("it is left behind: {}", dropped.reason);
        return (
            Some("drop".to_string()),
            why,
            dropped.line,
            Some("write a rule for it instead of `drop`".to_string()),
        );
    }
    let some = step.targets.iter().zip(told).find(|(_, told)| told.contains(column.name.as_str()));
    if let Some((target, _)) = some {
        let why = format!("only rows with `{}` tell it", target.role);
        return (Some("when".to_string()), why, target.line, None);
    }
    let rule = map.rules().find(|(_, rule)| map.reads_base(&rule.value).contains(column.name.as_str()));
    if let Some((_, rule)) = rule {
        let (operator, why, remedy) = match rule.arrow {
            Arrow::Both => (Some("when".to_string()), "only some rows have that target".to_string(), None),
            Arrow::Forward | Arrow::Back => put::forward(map, &rule.value),
        };
        return (operator, why, rule.line, remedy);
    }
    if let Some(deferred) = step.deferred.iter().find(|deferred| deferred.columns.iter().any(is_it)) {
        return (Some("defer".to_string()), format!("only `{}` takes it", deferred.to), deferred.line, None);
    }
    if map.key().contains(column.name.as_str()) {
        let remedy = "give the key a column of the target: `key … <-> …`".to_string();
        return (Some("key".to_string()), "only the migration table holds it".to_string(), step.line, Some(remedy));
    }
    (None, "only conditions look at it".to_string(), step.line, None)
}

/// The rows of several targets belong together by a reference, or by the legacy key that both hold. Returns what is lost
/// where neither says so.
fn unpaired(map: &Map<'_>, told: &[Columns<'_>]) -> Option<Lost> {
    let (step, key) = (map.step, map.key());
    let refers = |from: usize, to: usize| step.targets[from].rules.iter().any(|rule| sibling(&rule.value) == Some(to));
    let both_hold = |left: usize, right: usize| key.is_subset(&told[left]) && key.is_subset(&told[right]);
    let mut known = BTreeSet::from([0]);
    while let Some(next) = (0..step.targets.len()).find(|index| {
        let near = |other: &usize| refers(*index, *other) || refers(*other, *index) || both_hold(*index, *other);
        !known.contains(index) && known.iter().any(near)
    }) {
        known.insert(next);
    }
    let apart = step.targets.iter().enumerate().find(|(index, _)| !known.contains(index))?.1;
    let (first, side) = (&step.targets[0], &map.plan.target.alias);
    Some(Lost {
        what: format!("which rows of {side}.{} and {side}.{} belong together", first.table, apart.table),
        operator: None,
        why: "neither refers to the other, and not both hold the legacy key".to_string(),
        line: apart.line,
        needed: true,
        in_part: false,
        remedy: Some(format!("write the key into `{}` and `{}` with `<->`", first.role, apart.role)),
    })
}

/// Returns what is lost where rows of the same table come from elsewhere, and no column tells from where.
fn other_writer<'p>(map: &Map<'p>, index: usize, target: &'p Target) -> Option<Lost> {
    let others = map.plan.steps.iter().flat_map(|step| step.targets.iter().enumerate().map(move |other| (step, other)));
    let same_place = |step: &Step, at: usize| step.name == map.step.name && at == index;
    let mut others = others.filter(|(step, (at, other))| other.table == target.table && !same_place(step, *at));
    let (step, (_, other)) = others.find(|(step, (_, other))| {
        let theirs = Map::new(map.plan, step);
        !target.rules.iter().any(|own| told_from(map, target, own, &theirs, other))
    })?;
    let who = if step.name == map.step.name { &other.role } else { &step.name };
    Some(Lost {
        what: format!("where a row of {}.{} is from", map.plan.target.alias, target.table),
        operator: None,
        why: format!("`{who}` writes this table too, and no constant column tells them apart"),
        line: target.line,
        needed: false,
        in_part: false,
        remedy: Some("write a constant of its own into one column of each".to_string()),
    })
}

/// Whether a rule gives a value by which the rows of two targets are told apart.
fn told_from<'p>(map: &Map<'p>, target: &'p Target, own: &'p Rule, theirs: &Map<'p>, other: &'p Target) -> bool {
    let same_column = other.rules.iter().find(|rule| rule.column == own.column);
    same_column.is_some_and(|rule| match (map.constant(target, own), theirs.constant(other, rule)) {
        (Some(left), Some(right)) => differ(left, right),
        (Some(Literal::Null), None) => !rule.value.nullable,
        (None, Some(Literal::Null)) => !own.value.nullable,
        _ => false,
    })
}

/// Whether two literals are surely two values: decimals may be one value in two spellings, and literals of two kinds may
/// become one.
fn differ(left: &Literal, right: &Literal) -> bool {
    let same_kind = std::mem::discriminant(left) == std::mem::discriminant(right);
    let null = *left == Literal::Null || *right == Literal::Null;
    left != right && (null || (same_kind && !matches!(left, Literal::Decimal(_))))
}

//! *Put*: a legacy row that is still there is brought up to date from its target rows. What the target does not hold stays
//! as it is in the legacy row, so that nothing dropped is lost; what changed in the target must find its way back.

use super::reads::{Map, takes_nothing};
use super::{Lost, Verdict, data, operator};
use crate::plan::{Arrow, Class, Expr, ExprKind, Literal, Outcome, Rule, Target, ValueMap};
use crate::resolve::class::weakest;
use std::collections::BTreeSet;

pub(super) fn verdict(map: &Map<'_>) -> Verdict {
    let rules = map.rules().filter(|(target, rule)| !is_checked(map, target, rule));
    let mut lost: Vec<Lost> = rules.filter_map(|(target, rule)| lost(map, target, rule)).collect();
    // If nothing but the key goes back, nothing does.
    if !map.rules().any(|(_, rule)| goes_back(map, rule)) {
        lost.iter_mut().for_each(|lost| lost.needed = true);
    }
    Verdict::new(lost, data::found_rows(map))
}

/// Whether a rule gives nothing that can change: on the way back its value is only checked.
fn is_checked<'p>(map: &Map<'p>, target: &'p Target, rule: &'p Rule) -> bool {
    takes_nothing(&rule.value) || map.constant(target, rule).is_some()
}

/// Whether a rule brings something back into the legacy row besides its key.
fn goes_back(map: &Map<'_>, rule: &Rule) -> bool {
    let key = map.key();
    rule.arrow == Arrow::Both && map.reads_base(&rule.value).into_iter().any(|column| !key.contains(column))
}

/// Returns why a change of a column in the target cannot go back.
fn lost<'p>(map: &Map<'p>, target: &Target, rule: &'p Rule) -> Option<Lost> {
    let (operator, why, remedy) = match rule.arrow {
        Arrow::Both => no_way_for_changes(map, &rule.value)?,
        Arrow::Forward | Arrow::Back => forward(map, &rule.value),
    };
    let what = format!("{}.{}", target.role, rule.column);
    Some(Lost { what, operator, why, line: rule.line, needed: false, in_part: false, remedy })
}

/// What a rule that only goes forward loses: the part that has no way back, or else the arrow.
pub(super) fn forward<'p>(map: &Map<'p>, value: &'p Expr) -> (Option<String>, String, Option<String>) {
    match weakest(value, map.facts()) {
        (Class::OneWay, part) => {
            let operator = operator::of(map, part).expect("what has no way back is an operator");
            (Some(operator.name), operator.why, None)
        }
        _ => (Some("->".to_string()), "it claims no way back".to_string(), Some("claim it with `<->`".to_string())),
    }
}

/// What a rule with `<->` cannot bring back although the legacy row is there.
fn no_way_for_changes<'p>(map: &Map<'p>, value: &'p Expr) -> Option<(Option<String>, String, Option<String>)> {
    if let Some((alias, column)) = map.reads_joined(value).first() {
        let why = format!("`{alias}.{column}` belongs to a row of its own, which others may share");
        return Some((Some("join".to_string()), why, None));
    }
    let through = throughs(map, value).into_iter().find_map(|values| {
        let none = without_way_back(values);
        (!none.is_empty()).then_some((values, none))
    });
    let (values, none) = through?;
    let none: Vec<String> = none.iter().map(|value| format!("`{}`", crate::resolve::values::show(value))).collect();
    let why = format!("no arm is the way back from {}", none.join(", "));
    Some((Some(format!("via {}", values.name)), why, Some("write `<->` in the arm that is the way back".to_string())))
}

/// Returns the value maps that a value goes through.
fn throughs<'p>(map: &Map<'p>, value: &'p Expr) -> Vec<&'p ValueMap> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(expr) = open.pop() {
        if let ExprKind::Through { map: index, .. } = &expr.kind {
            found.push(&map.plan.value_maps[*index]);
        }
        open.extend(expr.children());
    }
    found
}

fn given(outcome: &Outcome) -> Option<&Literal> {
    match outcome {
        Outcome::Value(value) => Some(value),
        Outcome::Reject(_) => None,
    }
}

/// Returns the values that a value map gives and of which no arm says where they go back to.
fn without_way_back(values: &ValueMap) -> BTreeSet<&Literal> {
    let back = values.arms.iter().filter(|arm| arm.arrow != Arrow::Forward).filter_map(|arm| given(&arm.to));
    let back: BTreeSet<&Literal> = back.collect();
    let all = values.arms.iter().map(|arm| &arm.to).chain(&values.rest).filter_map(given);
    all.filter(|value| !back.contains(value)).collect()
}

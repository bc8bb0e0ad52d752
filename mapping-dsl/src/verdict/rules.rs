//! The proof rule by rule: class, inverse, and what has to hold that the schemas do not tell.

use super::reads::{Map, sibling, takes_nothing};
use super::{RuleProof, data, operator};
use crate::plan::{Arrow, Cause, Class, Conversion, Expr, ExprKind, Function, LinkKind, Rule, Target};
use crate::resolve::class::weakest;
use crate::resolve::values::show;

pub(super) fn proofs(map: &Map<'_>) -> Vec<RuleProof> {
    map.rules().map(|(target, rule)| proof(map, target, rule)).collect()
}

fn proof<'p>(map: &Map<'p>, target: &'p Target, rule: &'p Rule) -> RuleProof {
    RuleProof {
        column: format!("{}.{}", target.role, rule.column),
        rule: rule.text.clone(),
        arrow: rule.arrow.sign(),
        class: rule.class,
        because: operator_of(map, rule),
        inverse: inverse(map, target, rule),
        obligations: obligations(map, target, rule),
        line: rule.line,
    }
}

/// Returns the operator that the class is due to, where it is weaker than a copy with checks.
fn operator_of<'p>(map: &Map<'p>, rule: &'p Rule) -> Option<String> {
    let (class, part) = weakest(&rule.value, map.facts());
    (class >= Class::Lens).then(|| operator::of(map, part).map(|operator| operator.name)).flatten()
}

/// Returns how the value of a rule goes back.
fn inverse<'p>(map: &Map<'p>, target: &'p Target, rule: &'p Rule) -> String {
    let value = &rule.value;
    if let Some(target) = sibling(value) {
        return format!("a check: still the row of `{}`", map.step.targets[target].role);
    }
    if let Some(literal) = map.constant(target, rule) {
        return format!("a check: still {}", show(literal));
    }
    match (rule.arrow, rule.class) {
        (Arrow::Forward | Arrow::Back, _) => "none".to_string(),
        (Arrow::Both, Class::Lens) => format!("{}, while the legacy row still gives it", undone(map, value)),
        (Arrow::Both, _) => undone(map, value),
    }
}

/// Returns what undoes an expression: its operators from the outside to the inside, without those that only check.
fn undone(map: &Map<'_>, value: &Expr) -> String {
    let mut steps = Vec::new();
    let mut expr = value;
    loop {
        let (step, part) = match &expr.kind {
            ExprKind::Convert(conversion, part) => (of_conversion(conversion), Some(&**part)),
            ExprKind::Restrict { argument, .. } => (None, Some(&**argument)),
            ExprKind::Through { map: index, argument, .. } => {
                (Some(format!("the `<->` arms of {}", map.plan.value_maps[*index].name)), Some(&**argument))
            }
            ExprKind::Call(function, arguments) => (of_function(*function), arguments.first()),
            ExprKind::Concat(parts) => (Some("the constant taken off".to_string()), open_part(parts.iter())),
            ExprKind::Arithmetic(_, left, right) => {
                (Some("the opposite operation".to_string()), open_part([&**left, &**right].into_iter()))
            }
            ExprKind::Link { link, .. } => (Some(of_link(&map.step.links[*link].kind)), None),
            _ => (None, None),
        };
        steps.extend(step);
        let Some(part) = part else { break };
        expr = part;
    }
    if steps.is_empty() { "copy".to_string() } else { steps.join(", then ") }
}

fn open_part<'e>(mut parts: impl Iterator<Item = &'e Expr>) -> Option<&'e Expr> {
    parts.find(|part| !matches!(part.kind, ExprKind::Literal(_)))
}

fn of_link(kind: &LinkKind) -> String {
    match kind {
        LinkKind::Reference { step, .. } => format!("the migration table of {step}"),
        LinkKind::Lookup { table, by, .. } => {
            let by: Vec<&str> = by.iter().map(|by| by.column.as_str()).collect();
            format!("{} of that row of {table}", by.join(", "))
        }
    }
}

fn of_function(function: Function) -> Option<String> {
    match function {
        Function::Text => Some("the number read".to_string()),
        Function::Date => Some("the day with the time of the legacy row".to_string()),
        _ => Some("the legacy value".to_string()),
    }
}

fn of_conversion(conversion: &Conversion) -> Option<String> {
    let words = match conversion {
        Conversion::WallToInstant { zone } => return Some(format!("the wall clock of {zone}")),
        Conversion::InstantToWall { zone } => return Some(format!("the point in time by the clock of {zone}")),
        Conversion::DateToWall => "the day, if it is midnight",
        Conversion::IntegerToBoolean { .. } => "0 or 1",
        Conversion::BooleanToInteger => "false or true",
        Conversion::IntegerToDecimal => "the whole number",
        Conversion::TextToUuid { .. } => "the UUID as text",
        Conversion::UuidToText => "the UUID read",
        Conversion::Unset { .. } => "null, or the value that means it",
        Conversion::CutFraction { .. } => "the time with the fraction of the legacy row",
        Conversion::NotNull { .. }
        | Conversion::Length { .. }
        | Conversion::Range { .. }
        | Conversion::Digits { .. } => return None,
    };
    Some(words.to_string())
}

/// Returns what a rule asks of rows: those that it rejects on the way there, values without a counterpart on the way back,
/// and what only the data can decide.
fn obligations<'p>(map: &Map<'p>, target: &'p Target, rule: &'p Rule) -> Vec<String> {
    let rejects = rule.value.rejections(map.plan).into_iter();
    let mut reasons: Vec<&str> = rejects
        .filter(|(_, cause)| *cause != Cause::Unreadable)
        .map(|(reason, _)| map.step.reasons[reason].name.as_str())
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    reasons.retain(|reason| seen.insert(*reason));
    let mut all: Vec<String> = reasons.into_iter().map(|reason| format!("else rejected: {reason}")).collect();
    if rule.arrow == Arrow::Both && !takes_nothing(&rule.value) {
        all.extend(back(map, target, rule));
        all.extend(
            data::told_apart(map, target, rule).into_iter().map(|condition| format!("only if {}", condition.what)),
        );
    }
    all
}

/// Returns the values of the target that have no legacy value.
fn back(map: &Map<'_>, target: &Target, rule: &Rule) -> Option<String> {
    let column = map.written(target, rule);
    let null = column.nullable && !rule.value.nullable;
    match (rule.class, null) {
        (Class::Iso | Class::OneWay, _) => None,
        (Class::Section, true) if crate::resolve::class::is_same_width(&rule.value, column) => {
            Some("on the way back: not null".to_string())
        }
        (Class::Section, _) => Some("on the way back: a value that the rule can give".to_string()),
        (Class::Prism | Class::Lens, true) => Some("on the way back: not null".to_string()),
        (Class::Prism | Class::Lens, false) => None,
    }
}

//! The class of an expression: what claim it supports. The operator table of the design, its column of classes.

use super::KeyShape;
use crate::plan::{
    Arithmetic, Arrow, Class, Conversion, Expr, ExprKind, Function, Link, LinkKind, Literal, OnZero, Outcome, Plan,
    ValueMap,
};
use crate::schema::{Column, Schema};
use crate::types::Type;
use std::collections::BTreeMap;

/// What the class of an expression depends on besides the expression.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    /// The value maps of the mapping.
    pub(crate) value_maps: &'a [ValueMap],
    /// The links of the map.
    pub(crate) links: &'a [Link],
    /// The schema in which look-ups look.
    pub(crate) target: &'a Schema,
    /// The maps to whose rows references lead.
    pub(crate) maps: Maps<'a>,
}

/// The maps of a mapping, while they are resolved and afterwards.
#[derive(Clone, Copy)]
pub(crate) enum Maps<'a> {
    /// As other maps see them.
    Shapes(&'a BTreeMap<String, KeyShape>),
    /// As steps of the plan.
    Steps(&'a Plan),
}

impl Maps<'_> {
    /// Whether some rows that a map carries have no row in one of its targets.
    pub(crate) fn may_lack(self, map: &str, target: usize) -> bool {
        match self {
            Maps::Shapes(shapes) => shapes.get(map).is_some_and(|shape| shape.roles[target].conditional),
            Maps::Steps(plan) => plan.place(map).is_some_and(|place| plan.steps[place].targets[target].when.is_some()),
        }
    }
}

/// Returns the class of an expression: the weakest of its parts.
pub(crate) fn class(expr: &Expr, facts: Facts<'_>) -> Class {
    weakest(expr, facts).0
}

/// Returns the class of an expression, and the part that it is due to: the outermost of the weakest.
pub(crate) fn weakest<'e>(expr: &'e Expr, facts: Facts<'e>) -> (Class, &'e Expr) {
    let parts = parts(expr, facts.links).into_iter().map(|part| weakest(part, facts));
    parts.fold((own_class(expr, facts), expr), |weakest, part| if part.0 > weakest.0 { part } else { weakest })
}

/// Returns the direct parts of an expression, those among them by which a link finds its row.
pub(crate) fn parts<'e>(expr: &'e Expr, links: &'e [Link]) -> Vec<&'e Expr> {
    match &expr.kind {
        ExprKind::Link { link, .. } => links[*link].key.iter().collect(),
        _ => expr.children(),
    }
}

/// Returns the class of a rule: a copy into a column that takes more than the legacy column holds goes back only where
/// the value is one of the legacy column's.
pub(crate) fn rule_class(value: &Expr, column: &Column, facts: Facts<'_>) -> Class {
    match class(value, facts) {
        Class::Iso if takes_more(value, column) => Class::Section,
        class => class,
    }
}

fn own_class(expr: &Expr, facts: Facts<'_>) -> Class {
    match &expr.kind {
        ExprKind::Legacy { on_zero: OnZero::Null, .. } => Class::Lens,
        ExprKind::Legacy { .. } => Class::Iso,
        ExprKind::Literal(_) | ExprKind::Sibling(_) => Class::Section,
        ExprKind::Link { link, .. } => link_class(&facts.links[*link], facts),
        ExprKind::Generated(_) | ExprKind::Exists(_) | ExprKind::Fits(..) | ExprKind::Compare(..) => Class::OneWay,
        ExprKind::Given { .. } => Class::OneWay,
        ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Not(_) | ExprKind::Match { .. } => Class::OneWay,
        ExprKind::Call(function, arguments) => function_class(*function, arguments, &expr.ty),
        ExprKind::Concat(parts) => constant_but_one(parts.iter()),
        ExprKind::Arithmetic(Arithmetic::Multiply, left, right) if is_zero(left) || is_zero(right) => Class::OneWay,
        ExprKind::Arithmetic(_, left, right) => constant_but_one([&**left, &**right].into_iter()),
        ExprKind::Through { map, argument, .. } => value_map_class(&facts.value_maps[*map], argument.nullable),
        ExprKind::Restrict { .. } => Class::Prism,
        ExprKind::Convert(conversion, _) => conversion_class(conversion),
    }
}

/// A reference is a row of its own for each legacy row, unless some have none: these are all null to it. What is looked up is so only by columns that compare exactly, and
/// where the answer is unique.
fn link_class(link: &Link, facts: Facts<'_>) -> Class {
    let own = match &link.kind {
        LinkKind::Reference { step, target } if facts.maps.may_lack(step, *target) => Class::Lens,
        LinkKind::Reference { .. } => Class::Iso,
        LinkKind::Lookup { table, result, .. } if !names_a_row(facts.target, table, result) => Class::OneWay,
        LinkKind::Lookup { by, .. } if by.iter().any(|by| by.fold) => Class::Lens,
        LinkKind::Lookup { .. } => Class::Iso,
    };
    // With one part null the answer is null, whatever the others are.
    let several = link.key.iter().filter(|key| !matches!(key.kind, ExprKind::Literal(_))).count() > 1;
    if several && link.key.iter().any(|key| key.nullable) { own.max(Class::Lens) } else { own }
}

/// Whether a value of the column belongs to one row only.
fn names_a_row(schema: &Schema, table: &str, column: &str) -> bool {
    schema
        .table(table)
        .is_some_and(|table| table.is_unique(&[column]) && table.column(column).is_some_and(|column| !column.nullable))
}

fn is_zero(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::Integer(0)))
}

/// Whether a column takes values that the expression never has.
fn takes_more(value: &Expr, column: &Column) -> bool {
    (column.nullable && !value.nullable) || is_wider(&value.ty, column)
}

/// Whether a copy into a column meets no value there but null that the expression never has.
pub(crate) fn is_same_width(value: &Expr, column: &Column) -> bool {
    own_width(value) && !is_wider(&value.ty, column)
}

/// Whether an expression takes all values of its type: it is a column, whatever is checked on the way.
fn own_width(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Legacy { .. } | ExprKind::Link { .. } => true,
        ExprKind::Restrict { argument, .. } => own_width(argument),
        _ => false,
    }
}

fn is_wider(from: &Type, column: &Column) -> bool {
    let longer = |given: &Option<u32>, taken: &Option<u32>| match (given, taken) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(given), Some(taken)) => taken > given,
    };
    match (from, &column.ty, &column.allowed) {
        (Type::Enum(given), Type::Enum(taken), _) | (Type::Enum(given), _, Some(taken)) => {
            taken.iter().any(|value| !given.contains(value))
        }
        (Type::Enum(_), Type::Text { .. }, None) => true,
        (Type::Text { max: given }, Type::Text { max }, _) => longer(given, max),
        (Type::Bytes { max: given }, Type::Bytes { max }, _) => longer(given, max),
        (Type::Integer { min, max }, Type::Integer { min: low, max: high }, _) => low < min || high > max,
        (Type::Decimal { precision: p, scale: s }, Type::Decimal { precision, scale }, _) => {
            scale > s || precision - scale > p - s
        }
        (Type::DateTime { digits: given, .. }, Type::DateTime { digits, .. }, _)
        | (Type::Instant { digits: given, .. }, Type::Instant { digits, .. }, _)
        | (Type::Time { digits: given }, Type::Time { digits }, _) => digits > given,
        _ => false,
    }
}

fn function_class(function: Function, arguments: &[Expr], ty: &Type) -> Class {
    match function {
        Function::Lower | Function::Upper | Function::LowerAscii | Function::UpperAscii
            if one_to_one(&arguments[0].ty, ty) =>
        {
            Class::Iso
        }
        Function::LowerAscii | Function::UpperAscii => Class::Lens,
        Function::Lower | Function::Upper | Function::Trim | Function::Fold | Function::Nfkc | Function::Date => {
            Class::Lens
        }
        Function::Text => Class::Section,
        Function::Mid | Function::Before | Function::After | Function::Length | Function::Coalesce => Class::OneWay,
    }
}

fn constant_but_one<'e>(parts: impl Iterator<Item = &'e Expr> + Clone) -> Class {
    let open = parts.clone().filter(|part| !matches!(part.kind, ExprKind::Literal(_))).count();
    let null = parts.into_iter().any(|part| matches!(part.kind, ExprKind::Literal(Literal::Null)));
    if open <= 1 && !null { Class::Section } else { Class::OneWay }
}

fn value_map_class(map: &ValueMap, nullable: bool) -> Class {
    let takes_null = map.arms.iter().any(|arm| arm.from.contains(&Literal::Null));
    let gives_null = map.arms.iter().any(|arm| arm.to == Outcome::Value(Literal::Null));
    // Null that no arm takes stays null, so that an arm that gives null is not the only way there.
    let two_nulls = if nullable && gives_null && !takes_null { Class::Lens } else { Class::Iso };
    let arms = map.arms.iter().map(|arm| (&arm.to, arm.arrow, arm.from.len()));
    let outcomes = arms.chain(map.rest.iter().map(|rest| (rest, Arrow::Forward, 1)));
    let classes = outcomes.map(|(outcome, arrow, values)| match (outcome, arrow) {
        (Outcome::Reject(_), _) => Class::Prism,
        (Outcome::Value(_), Arrow::Forward) => Class::Lens,
        // Of several legacy values the first is the way back, unless the legacy row still says better.
        (Outcome::Value(_), Arrow::Both | Arrow::Back) if values > 1 => Class::Lens,
        (Outcome::Value(_), Arrow::Both | Arrow::Back) => Class::Iso,
    });
    classes.fold(two_nulls, Class::max)
}

fn conversion_class(conversion: &Conversion) -> Class {
    match conversion {
        Conversion::NotNull { .. }
        | Conversion::Length { .. }
        | Conversion::Range { .. }
        | Conversion::Digits { .. } => Class::Prism,
        Conversion::IntegerToBoolean { .. } | Conversion::TextToUuid { .. } => Class::Prism,
        Conversion::WallToInstant { .. } | Conversion::InstantToWall { .. } => Class::Section,
        Conversion::DateToWall
        | Conversion::BooleanToInteger
        | Conversion::IntegerToDecimal
        | Conversion::UuidToText => Class::Section,
        // Which of the values that mean null it was is not known afterwards.
        Conversion::Unset { .. } | Conversion::CutFraction { .. } => Class::Lens,
    }
}

pub(super) fn one_to_one(from: &Type, to: &Type) -> bool {
    matches!((from, to), (Type::Enum(given), Type::Enum(made)) if given.len() == made.len())
}

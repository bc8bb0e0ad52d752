//! The class of an expression: what claim it supports. The operator table of the design, its column of classes.

use crate::plan::{Arrow, Class, Conversion, Expr, ExprKind, Function, OnZero, Outcome, ValueMap};
use crate::types::Type;

/// Returns the class of an expression: the weakest of its parts.
pub(crate) fn class(expr: &Expr, value_maps: &[ValueMap]) -> Class {
    let own = match &expr.kind {
        ExprKind::Legacy { on_zero: OnZero::Null, .. } => Class::Lens,
        ExprKind::Legacy { .. } => Class::Iso,
        ExprKind::Literal(_) | ExprKind::Sibling(_) => Class::Section,
        ExprKind::Link { .. } => Class::Iso,
        ExprKind::Generated(_) | ExprKind::Exists(_) | ExprKind::Fits(..) | ExprKind::Compare(..) => Class::OneWay,
        ExprKind::Given { .. } => Class::OneWay,
        ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Not(_) | ExprKind::Match { .. } => Class::OneWay,
        ExprKind::Call(function, arguments) => function_class(*function, arguments, &expr.ty),
        ExprKind::Concat(parts) => constant_but_one(parts.iter()),
        ExprKind::Arithmetic(_, left, right) => constant_but_one([&**left, &**right].into_iter()),
        ExprKind::Through { map, .. } => value_map_class(&value_maps[*map]),
        ExprKind::Restrict { .. } => Class::Prism,
        ExprKind::Convert(conversion, _) => conversion_class(conversion),
    };
    expr.children().into_iter().map(|child| class(child, value_maps)).fold(own, Class::max)
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

fn constant_but_one<'e>(parts: impl Iterator<Item = &'e Expr>) -> Class {
    let open = parts.filter(|part| !matches!(part.kind, ExprKind::Literal(_))).count();
    if open <= 1 { Class::Section } else { Class::OneWay }
}

fn value_map_class(map: &ValueMap) -> Class {
    let arms = map.arms.iter().map(|arm| (&arm.to, arm.arrow, arm.from.len()));
    let outcomes = arms.chain(map.rest.iter().map(|rest| (rest, Arrow::Forward, 1)));
    let classes = outcomes.map(|(outcome, arrow, values)| match (outcome, arrow) {
        (Outcome::Reject(_), _) => Class::Prism,
        (Outcome::Value(_), Arrow::Forward) => Class::Lens,
        // Of several legacy values the first is the way back, unless the legacy row still says better.
        (Outcome::Value(_), Arrow::Both | Arrow::Back) if values > 1 => Class::Lens,
        (Outcome::Value(_), Arrow::Both | Arrow::Back) => Class::Iso,
    });
    classes.fold(Class::Iso, Class::max)
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

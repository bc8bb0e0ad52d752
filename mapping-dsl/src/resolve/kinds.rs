//! Small questions about types and literals.

use crate::plan::{Expr, ExprKind, Literal};
use crate::types::Type;

/// Returns a literal as an expression.
pub(crate) fn literal_expr(literal: Literal) -> Expr {
    let (ty, nullable) = (literal_type(&literal), literal == Literal::Null);
    Expr { kind: ExprKind::Literal(literal), ty, nullable }
}

/// Returns the narrowest type of a literal.
pub(crate) fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Other("null".into()),
        Literal::Boolean(_) => Type::Boolean,
        Literal::Integer(value) => Type::Integer { min: *value, max: *value },
        Literal::Decimal(text) => {
            let digits = text.trim_start_matches('-');
            let scale = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u32);
            Type::Decimal { precision: digits.len() as u32 - u32::from(scale > 0), scale }
        }
        Literal::Text(text) => Type::Enum(vec![text.clone()]),
        Literal::Date(_) => Type::Date { zero: false },
        Literal::DateTime(_) => Type::DateTime { digits: 6, zero: false },
    }
}

/// Returns whether this is the literal null.
pub(crate) fn is_null(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::Null))
}

/// Returns the largest length of a text type.
pub(crate) fn text_max(ty: &Type) -> Option<u32> {
    match ty {
        Type::Text { max } => *max,
        Type::Enum(values) => values.iter().map(|value| value.chars().count() as u32).max(),
        _ => None,
    }
}

/// Returns the type without zero dates, and whether there were some.
pub(super) fn without_zero(ty: &Type) -> (Type, bool) {
    match ty {
        Type::Date { zero } => (Type::Date { zero: false }, *zero),
        Type::DateTime { digits, zero } => (Type::DateTime { digits: *digits, zero: false }, *zero),
        Type::Instant { digits, zero } => (Type::Instant { digits: *digits, zero: false }, *zero),
        other => (other.clone(), false),
    }
}

/// Returns the smallest type that holds the values of both.
pub(crate) fn unite(left: &Type, right: &Type) -> Option<Type> {
    Some(match (left, right) {
        _ if left == right => left.clone(),
        (Type::Integer { min: a, max: b }, Type::Integer { min: c, max: d }) => {
            Type::Integer { min: *a.min(c), max: *b.max(d) }
        }
        (Type::Enum(a), Type::Enum(b)) => {
            Type::Enum(a.iter().chain(b.iter().filter(|value| !a.contains(value))).cloned().collect())
        }
        (left, right) if left.is_text() && right.is_text() => {
            Type::Text { max: text_max(left).zip(text_max(right)).map(|(left, right)| left.max(right)) }
        }
        (Type::DateTime { digits: a, .. }, Type::DateTime { digits: b, .. }) => {
            Type::DateTime { digits: *a.max(b), zero: false }
        }
        (Type::Instant { digits: a, .. }, Type::Instant { digits: b, .. }) => {
            Type::Instant { digits: *a.max(b), zero: false }
        }
        (Type::Decimal { precision: a, scale: b }, Type::Decimal { precision: c, scale: d }) => {
            let scale = *b.max(d);
            Type::Decimal { precision: (a - b).max(c - d) + scale, scale }
        }
        _ => return None,
    })
}

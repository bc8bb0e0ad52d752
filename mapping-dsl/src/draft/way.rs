//! The way from a legacy column to a target column, as far as types tell it: how the value is written, what the arrow
//! can claim, and which losses somebody has to accept. It says what `resolve/convert.rs` will ask for, no more.

use crate::schema::Column;
use crate::types::Type;

/// How a value gets from one column to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// As it is, or through a function.
    Copy(Copy),
    /// Through a value map, since the target column takes listed values only.
    Values {
        /// Whether rows with null are rejected.
        null: bool,
    },
    /// Not without more words of the author: why not.
    None(String),
}

/// A value that is copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copy {
    /// The function that it goes through, if there is one.
    pub(super) function: Option<&'static str>,
    /// Whether there is a way back.
    pub(super) both: bool,
    /// Whether some values do not fit.
    pub(super) narrow: bool,
    /// Whether rows with null are rejected.
    pub(super) null: bool,
}

/// Returns the values that a column is limited to, if they are texts.
pub(super) fn listed(column: &Column) -> Option<&[String]> {
    match (&column.ty, &column.allowed) {
        (Type::Enum(listed), _) => Some(listed),
        (Type::Text { .. }, Some(listed)) => Some(listed),
        _ => None,
    }
}

/// Returns the way between two columns.
pub(super) fn way(from: &Column, to: &Column) -> Way {
    let null = from.nullable && !to.nullable;
    if from.ty.is_text() && to.ty.is_text() && !takes_all(from, to) {
        return Way::Values { null };
    }
    if let Some(taken) = listed(to).filter(|_| !from.ty.is_text()) {
        return Way::None(format!("say by a value map what stands for which of: {}", taken.join(", ")));
    }
    match copied(&from.ty, &to.ty) {
        Some((function, both, narrow)) => Way::Copy(Copy { function, both, narrow, null }),
        None => Way::None(format!("{} does not go into {} by itself", from.declared, to.declared)),
    }
}

/// Returns the way of a reference: the key that it gives, into the column that holds it.
pub(super) fn reference(from: &Column, key: &Type, to: &Column) -> Option<Copy> {
    let (_, both, narrow) = copied(key, &to.ty).filter(|(function, ..)| function.is_none())?;
    (listed(to).is_none()).then_some(Copy { function: None, both, narrow, null: from.nullable && !to.nullable })
}

/// Returns whether every text of a column is one that the other takes, as far as lists tell.
fn takes_all(from: &Column, to: &Column) -> bool {
    match (&from.ty, listed(to)) {
        (_, None) => true,
        (Type::Enum(given), Some(taken)) => given.iter().all(|value| taken.contains(value)),
        (_, Some(_)) => false,
    }
}

/// A function, whether there is a way back, whether values may not fit.
type Copied = Option<(Option<&'static str>, bool, bool)>;

fn copied(from: &Type, to: &Type) -> Copied {
    let plain = |narrow: bool| Some((None, true, narrow));
    match (from, to) {
        (Type::Other(_), _) | (_, Type::Other(_)) => None,
        (from, to) if from.is_text() && to.is_text() => plain(is_longer(longest(from), longest(to))),
        (Type::Integer { min, max }, Type::Integer { min: low, max: high }) => plain(min < low || max > high),
        (Type::Integer { min, max }, Type::Boolean) => plain(![(-128, 127), (0, 1)].contains(&(*min, *max))),
        (Type::Boolean, Type::Integer { .. }) => plain(false),
        (Type::Integer { min, max }, Type::Decimal { precision, scale }) => {
            let digits = min.unsigned_abs().max(max.unsigned_abs()).to_string().len() as u32;
            plain(digits > precision.saturating_sub(*scale))
        }
        (Type::Decimal { precision: p, scale: s }, Type::Decimal { precision, scale }) => {
            plain(s > scale || p.saturating_sub(*s) > precision.saturating_sub(*scale))
        }
        (Type::Integer { min, max }, Type::Text { max: limit }) => {
            let digits = min.to_string().len().max(max.to_string().len()) as u32;
            Some((Some("text"), false, is_longer(Some(digits), *limit)))
        }
        (Type::Decimal { precision, .. }, Type::Text { max }) => {
            Some((Some("text"), false, is_longer(Some(precision.saturating_add(2)), *max)))
        }
        (Type::Date { .. }, Type::Date { .. } | Type::DateTime { .. } | Type::Instant { .. }) => plain(false),
        (Type::DateTime { .. } | Type::Instant { .. }, Type::Date { .. }) => Some((Some("date"), false, false)),
        (
            Type::DateTime { digits: given, .. } | Type::Instant { digits: given, .. },
            Type::DateTime { digits, .. } | Type::Instant { digits, .. },
        ) => Some((None, given <= digits, false)),
        (Type::Time { digits: given }, Type::Time { digits }) if given <= digits => plain(false),
        (Type::Bytes { max: given }, Type::Bytes { max }) if !is_longer(*given, *max) => plain(false),
        (from, Type::Uuid) if from.is_text() => plain(false),
        (Type::Uuid, Type::Text { max }) if max.is_none_or(|max| max >= 36) => plain(false),
        (Type::Boolean, Type::Boolean) | (Type::Uuid, Type::Uuid) => plain(false),
        (Type::Float, Type::Float) | (Type::Json, Type::Json) => plain(false),
        _ => None,
    }
}

fn longest(ty: &Type) -> Option<u32> {
    match ty {
        Type::Text { max } => *max,
        Type::Enum(values) => values.iter().map(|value| value.chars().count() as u32).max(),
        _ => None,
    }
}

fn is_longer(given: Option<u32>, max: Option<u32>) -> bool {
    max.is_some_and(|max| given.is_none_or(|given| given > max))
}

//! What an expression loses on the way, which the author has to allow by name.

use super::class::{one_to_one, parts};
use crate::plan::{Expr, ExprKind, Function, Link, LinkKind};
use crate::types::Type;

/// Something that a conversion loses or refuses, which the author has to allow by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loss {
    /// Name for `allow(…)`.
    pub(crate) name: &'static str,
    /// What happens, for the message.
    pub(crate) why: String,
}

/// All names that `allow` takes, with what they allow.
pub(crate) const ALLOWS: &[(&str, &str)] = &[
    ("narrow", "values that do not fit the target are rejected"),
    ("null", "rows with null are rejected"),
    ("zero.null", "a zero date becomes null"),
    ("lossy.time", "the time of day is lost"),
    ("lossy.case", "capital and small letters are no longer told apart"),
    ("lossy.blanks", "blanks at the ends are lost"),
    ("lossy.form", "the Unicode form is lost"),
    ("lossy.fraction", "fractions of a second are cut"),
];

/// Collects what the operators of an expression lose, also on the way to what a link finds.
pub(super) fn collect_losses(expr: &Expr, links: &[Link], losses: &mut Vec<Loss>) {
    if let ExprKind::Link { link, .. } = expr.kind
        && let LinkKind::Lookup { by, .. } = &links[link].kind
        && by.iter().any(|by| by.fold)
    {
        let why = "`fold` no longer tells capital and small letters apart";
        losses.push(Loss { name: "lossy.case", why: why.into() });
    }
    if let ExprKind::Call(function, arguments) = &expr.kind {
        let loss = match function {
            Function::Lower | Function::Upper | Function::LowerAscii | Function::UpperAscii
                if !one_to_one(&arguments[0].ty, &expr.ty) =>
            {
                Some(("lossy.case", "capital and small letters are no longer told apart"))
            }
            Function::Fold => Some(("lossy.case", "capital and small letters are no longer told apart")),
            Function::Trim => Some(("lossy.blanks", "blanks at the ends are lost")),
            Function::Nfkc => Some(("lossy.form", "the Unicode form is lost")),
            Function::Date => Some(("lossy.time", "date() drops the time of day")),
            _ => None,
        };
        losses.extend(loss.map(|(name, why)| Loss { name, why: why.into() }));
    }
    parts(expr, links).into_iter().for_each(|part| collect_losses(part, links, losses));
}

/// Returns whether an expression reads a column that can hold a zero date.
pub(crate) fn reads_zero_dates(expr: &Expr, columns: &[crate::plan::ReadColumn]) -> bool {
    let here = match &expr.kind {
        ExprKind::Legacy { column, .. } => {
            matches!(
                columns[*column].ty,
                Type::Date { zero: true } | Type::DateTime { zero: true, .. } | Type::Instant { zero: true, .. }
            )
        }
        _ => false,
    };
    here || expr.children().into_iter().any(|child| reads_zero_dates(child, columns))
}

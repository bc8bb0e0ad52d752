//! Walks through expressions of the plan.

use cutover_mapping_dsl::plan::Expr;

/// Returns an expression and all its parts, parts after the whole.
pub(crate) fn parts(expr: &Expr) -> Vec<&Expr> {
    let mut parts = vec![expr];
    let mut next = 0;
    while let Some(part) = parts.get(next).copied() {
        parts.extend(part.children());
        next += 1;
    }
    parts
}

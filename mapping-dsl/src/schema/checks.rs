//! CHECK conditions that list the values of a column, in the forms that people and engines write.

use super::Dialect;
use super::scan::{Kind, Scanner};
use super::sql::{expression, name};
use sqlparser::ast::{BinaryOperator, Expr, Value};

/// Returns the column and the texts that a condition lists for it, if that is all that it says.
///
/// Forms: `col IN ('a','b')`, `(col)::text = ANY ((ARRAY['a'::character varying, …])::text[])`,
/// `col = 'a' OR col = 'b'`; `col IS NULL OR …` in front of them says nothing more.
pub(super) fn listed(condition: &str, dialect: Dialect) -> Option<(String, Vec<String>)> {
    let condition = expression(condition, dialect)?;
    let mut values = Vec::new();
    let mut column = None;
    for part in alternatives(&condition) {
        let (of, listed) = one_list(part, dialect)?;
        if *column.get_or_insert(of.clone()) != of {
            return None;
        }
        values.extend(listed);
    }
    column.filter(|_| !values.is_empty()).map(|column| (column, values))
}

/// Returns a condition of a domain with the column in the place of VALUE.
pub(super) fn with_value(condition: &str, column: &str, dialect: Dialect) -> String {
    let quoted = format!("\"{}\"", column.replace('"', "\"\""));
    let mut out = String::with_capacity(condition.len());
    for piece in Scanner::new(condition, dialect, 0) {
        let text = &condition[piece.range];
        let is_value = piece.kind == Kind::Word && text.eq_ignore_ascii_case("value");
        out.push_str(if is_value { &quoted } else { text });
    }
    out
}

/// Returns the parts between ORs.
fn alternatives(condition: &Expr) -> Vec<&Expr> {
    let mut open = vec![condition];
    let mut parts = Vec::new();
    while let Some(part) = open.pop() {
        match bare(part) {
            Expr::BinaryOp { left, op: BinaryOperator::Or, right } => open.extend([right.as_ref(), left.as_ref()]),
            other => parts.push(other),
        }
    }
    parts
}

fn one_list(part: &Expr, dialect: Dialect) -> Option<(String, Vec<String>)> {
    let (column, values): (&Expr, Vec<&Expr>) = match part {
        Expr::InList { expr, list, negated: false } => (expr, list.iter().collect()),
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => (left, vec![right]),
        Expr::IsNull(expr) => (expr, Vec::new()),
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => match bare(right) {
            Expr::Array(array) => (left, array.elem.iter().collect()),
            _ => return None,
        },
        _ => return None,
    };
    let Expr::Identifier(ident) = bare(column) else { return None };
    let values = values.into_iter().map(text).collect::<Option<Vec<_>>>()?;
    Some((name(ident, dialect), values))
}

/// Returns an expression without the parentheses and casts around it.
pub(super) fn bare(expression: &Expr) -> &Expr {
    let mut inner = expression;
    while let Expr::Nested(next) | Expr::Cast { expr: next, .. } = inner {
        inner = next;
    }
    inner
}

fn text(expression: &Expr) -> Option<String> {
    match bare(expression) {
        Expr::Value(value) => literal_text(&value.value),
        _ => None,
    }
}

/// Returns what a string literal stands for.
pub(super) fn literal_text(value: &Value) -> Option<String> {
    match value {
        Value::SingleQuotedString(text)
        | Value::EscapedStringLiteral(text)
        | Value::NationalStringLiteral(text)
        | Value::DoubleQuotedString(text) => Some(text.clone()),
        Value::DollarQuotedString(text) => Some(text.value.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(condition: &str, dialect: Dialect, expected: Option<(&str, &[&str])>) {
        let expected = expected
            .map(|(name, values)| (name.to_string(), values.iter().map(|value| value.to_string()).collect::<Vec<_>>()));
        assert_eq!(listed(condition, dialect), expected, "{condition}");
    }

    #[test]
    fn forms_of_lists() {
        let pg = Dialect::PostgreSql;
        check("Type IN ('a', 'it''s')", pg, Some(("type", &["a", "it's"])));
        let printed = "((type)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))";
        check(printed, pg, Some(("type", &["a", "b"])));
        check("(status = ANY (ARRAY['x'::text, 'y'::text]))", pg, Some(("status", &["x", "y"])));
        check("\"A\" = 'x' OR (\"A\" = 'y')", pg, Some(("A", &["x", "y"])));
        check("a IS NULL OR a IN ('x')", pg, Some(("a", &["x"])));
        check(r"`a` in ('x\'y','z')", Dialect::MariaDb, Some(("a", &["x'y", "z"])));
    }

    #[test]
    fn what_is_no_list() {
        for condition in [
            "a NOT IN ('x')",
            "a IN ('x') OR b IN ('y')",
            "a = b",
            "b IS NULL OR a IN ('x')",
            "a IS NULL",
            "a IN (1, 2)",
            "a IN ('x') AND b > 1",
            ")",
        ] {
            check(condition, Dialect::Sqlite, None);
        }
    }
}

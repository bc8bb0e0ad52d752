//! CHECK conditions in SQLite's words: comparisons of columns and literals, and what joins them.
//! Both sides of a comparison must be numbers or both texts; engines differ too much in the rest.

use super::literal;
use super::{quoted, storage};
use crate::schema::checks::{bare, listed, literal_text};
use crate::schema::sql::{expression, name};
use crate::schema::{Column, Dialect, Table};
use crate::types::Type;
use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, UnaryOperator,
};

/// Longest chain of parts that are followed down, so that no condition is too deep.
const DEEPEST: usize = 200;

/// Returns a condition in SQLite's words, if all of it can be said.
pub(super) fn translate(condition: &str, table: &Table, dialect: Dialect) -> Option<String> {
    let scope = Scope { table, dialect };
    if let Some((column, values)) = listed(condition, dialect) {
        let column = table.column(&column).filter(|column| storage(&column.ty) == "TEXT")?;
        let values: Vec<String> = values.iter().map(|value| literal::text(value)).collect();
        return Some(format!("{}{} IN ({})", quoted(&column.name), scope.collation(column), values.join(", ")));
    }
    scope.condition(&expression(condition, dialect)?, 0)
}

struct Scope<'a> {
    table: &'a Table,
    dialect: Dialect,
}

/// One side of a comparison.
struct Side {
    sql: String,
    is_number: bool,
}

impl Scope<'_> {
    fn condition(&self, condition: &Expr, depth: usize) -> Option<String> {
        let part = |part: &Expr| if depth < DEEPEST { self.condition(part, depth + 1) } else { None };
        match condition {
            Expr::Nested(inner) => part(inner).map(|inner| format!("({inner})")),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => part(expr).map(|inner| format!("NOT ({inner})")),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                Some(format!("{} AND {}", part(left)?, part(right)?))
            }
            Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
                Some(format!("{} OR {}", part(left)?, part(right)?))
            }
            Expr::BinaryOp { left, op, right } => self.comparison(left, op, right),
            Expr::IsNull(column) => Some(format!("{} IS NULL", quoted(&self.column(column)?.name))),
            Expr::IsNotNull(column) => Some(format!("{} IS NOT NULL", quoted(&self.column(column)?.name))),
            Expr::Between { expr, negated: false, low, high } => self.between(expr, low, high),
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated),
            Expr::Identifier(_) => {
                self.column(condition).filter(|column| column.ty == Type::Boolean).map(|column| quoted(&column.name))
            }
            Expr::Function(call) if call.name.to_string().eq_ignore_ascii_case("json_valid") => {
                Some(format!("json_valid({})", quoted(&self.column(only_argument(call)?)?.name)))
            }
            _ => None,
        }
    }

    fn comparison(&self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<String> {
        let op = match op {
            BinaryOperator::Eq => "=",
            BinaryOperator::NotEq => "<>",
            BinaryOperator::Lt => "<",
            BinaryOperator::LtEq => "<=",
            BinaryOperator::Gt => ">",
            BinaryOperator::GtEq => ">=",
            _ => return None,
        };
        let (left, right) = (self.side(left)?, self.side(right)?);
        (left.is_number == right.is_number).then(|| format!("{} {op} {}", left.sql, right.sql))
    }

    fn between(&self, expr: &Expr, low: &Expr, high: &Expr) -> Option<String> {
        let (side, low, high) = (self.side(expr)?, self.side(low)?, self.side(high)?);
        let same = side.is_number == low.is_number && side.is_number == high.is_number;
        same.then(|| format!("{} BETWEEN {} AND {}", side.sql, low.sql, high.sql))
    }

    fn in_list(&self, expr: &Expr, list: &[Expr], negated: bool) -> Option<String> {
        let side = self.side(expr)?;
        let values = list.iter().map(|value| self.side(value)).collect::<Option<Vec<Side>>>()?;
        if values.iter().any(|value| value.is_number != side.is_number) {
            return None;
        }
        let values: Vec<String> = values.into_iter().map(|value| value.sql).collect();
        let not = if negated { "NOT " } else { "" };
        Some(format!("{} {not}IN ({})", side.sql, values.join(", ")))
    }

    fn side(&self, side: &Expr) -> Option<Side> {
        let side = bare(side);
        if let Some(sql) = literal::number(side) {
            return Some(Side { sql, is_number: true });
        }
        match side {
            Expr::Value(value) => {
                literal_text(&value.value).map(|it| Side { sql: literal::text(&it), is_number: false })
            }
            Expr::Identifier(_) => self.column_side(self.column(side)?),
            Expr::Function(call) => self.length(call),
            _ => None,
        }
    }

    /// Decimals are stored as text; as numbers they are exact up to 15 digits.
    fn column_side(&self, column: &Column) -> Option<Side> {
        let sql = quoted(&column.name);
        match (&column.ty, storage(&column.ty)) {
            (Type::Decimal { precision, .. }, _) => {
                (*precision <= 15).then(|| Side { sql: format!("CAST({sql} AS NUMERIC)"), is_number: true })
            }
            (Type::Other(_) | Type::Bytes { .. } | Type::Json, _) => None,
            (_, "INTEGER" | "REAL") => Some(Side { sql, is_number: true }),
            _ => Some(Side { sql: format!("{sql}{}", self.collation(column)), is_number: false }),
        }
    }

    /// MariaDB compares texts without regard to case, unless the collation is a binary one.
    fn collation(&self, column: &Column) -> &'static str {
        let binary = column.collation.as_ref().is_some_and(|it| it.ends_with("_bin") || it.ends_with("_cs"));
        let folds = self.dialect == Dialect::MariaDb && matches!(column.ty, Type::Text { .. }) && !binary;
        if folds { " COLLATE NOCASE" } else { "" }
    }

    /// Returns a length in characters; MariaDB's `length` counts bytes and is not carried over.
    fn length(&self, call: &Function) -> Option<Side> {
        let function = call.name.to_string().to_ascii_lowercase();
        let counts = matches!(function.as_str(), "char_length" | "character_length")
            || function == "length" && self.dialect != Dialect::MariaDb;
        let column = self.column(only_argument(call)?).filter(|column| column.ty.is_text())?;
        counts.then(|| Side { sql: format!("length({})", quoted(&column.name)), is_number: true })
    }

    fn column(&self, expression: &Expr) -> Option<&Column> {
        let Expr::Identifier(ident) = bare(expression) else { return None };
        self.by_name(ident)
    }

    fn by_name(&self, ident: &Ident) -> Option<&Column> {
        self.table.column(&name(ident, self.dialect))
    }
}

fn only_argument(call: &Function) -> Option<&Expr> {
    let FunctionArguments::List(list) = &call.args else { return None };
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] => Some(argument),
        _ => None,
    }
}

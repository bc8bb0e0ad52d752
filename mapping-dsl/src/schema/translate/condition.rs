//! CHECK conditions in another dialect's words: comparisons of columns and literals, and what joins them.
//! Both sides of a comparison must be of one kind; engines differ too much in the rest.

use super::literal;
use super::spelling::{Spelling, is_time};
use crate::schema::checks::{bare, listed, literal_text};
use crate::schema::sql::{expression, name};
use crate::schema::{Column, Dialect, Table};
use crate::types::Type;
use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, UnaryOperator,
};

/// Longest chain of parts that are followed down, so that no condition is too deep.
const DEEPEST: usize = 200;

/// Returns a condition in another dialect's words, if all of it can be said; empty if it need not be said.
pub(super) fn translate(condition: &str, table: &Table, dialect: Dialect, spelling: &dyn Spelling) -> Option<String> {
    let scope = Scope { table, dialect, spelling };
    if let Some((column, values)) = listed(condition, dialect) {
        let column = scope.side_of(table.column(&column)?).filter(|side| side.kind == Kind::Text)?;
        let values = values.iter().map(|value| scope.literal(value, &column)).collect::<Option<Vec<_>>>()?;
        return Some(format!("{} IN ({})", scope.compared(&column, false), values.join(", ")));
    }
    scope.condition(&expression(condition, dialect)?, 0)
}

struct Scope<'a> {
    table: &'a Table,
    dialect: Dialect,
    spelling: &'a dyn Spelling,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Truth,
    /// A day or a time; a literal of it is a text.
    Time,
}

/// One side of a comparison.
struct Side {
    sql: String,
    kind: Kind,
    /// The literal's text, if it is one.
    text: Option<String>,
    /// Whether it is compared without regard to case.
    folds: bool,
    ty: Option<Type>,
}

impl Side {
    fn number(sql: String) -> Side {
        Side { sql, kind: Kind::Number, text: None, folds: false, ty: None }
    }
}

impl Scope<'_> {
    fn condition(&self, condition: &Expr, depth: usize) -> Option<String> {
        let part = |part: &Expr| if depth < DEEPEST { self.condition(part, depth + 1) } else { None };
        match condition {
            Expr::Nested(inner) => part(inner).map(|inner| if inner.is_empty() { inner } else { format!("({inner})") }),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                part(expr).filter(|inner| !inner.is_empty()).map(|inner| format!("NOT ({inner})"))
            }
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => match (part(left)?, part(right)?) {
                (one, none) | (none, one) if none.is_empty() => Some(one),
                (left, right) => Some(format!("{left} AND {right}")),
            },
            Expr::BinaryOp { left, op: BinaryOperator::Or, right } => match (part(left)?, part(right)?) {
                (left, right) if left.is_empty() || right.is_empty() => Some(String::new()),
                (left, right) => Some(format!("{left} OR {right}")),
            },
            Expr::BinaryOp { left, op, right } => self.comparison(left, op, right),
            Expr::IsNull(column) => Some(format!("{} IS NULL", self.quoted(column)?)),
            Expr::IsNotNull(column) => Some(format!("{} IS NOT NULL", self.quoted(column)?)),
            Expr::Between { expr, negated: false, low, high } => self.between(expr, low, high),
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated),
            Expr::Identifier(_) => {
                let column = self.column(condition).filter(|column| column.ty == Type::Boolean)?;
                Some(self.spelling.quote(&column.name))
            }
            Expr::Function(call) if call.name.to_string().eq_ignore_ascii_case("json_valid") => {
                let column = self.column(only_argument(call)?)?;
                let condition = self.spelling.json_condition(&self.spelling.quote(&column.name));
                (column.ty == Type::Json || !condition.is_empty()).then_some(condition)
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
        let sides = self.of_one_kind(vec![self.side(left)?, self.side(right)?])?;
        Some(format!("{} {op} {}", sides[0], sides[1]))
    }

    fn between(&self, expr: &Expr, low: &Expr, high: &Expr) -> Option<String> {
        let sides = self.of_one_kind(vec![self.side(expr)?, self.side(low)?, self.side(high)?])?;
        Some(format!("{} BETWEEN {} AND {}", sides[0], sides[1], sides[2]))
    }

    fn in_list(&self, expr: &Expr, list: &[Expr], negated: bool) -> Option<String> {
        let side = self.side(expr)?;
        let values = list.iter().map(|value| self.side(value)).collect::<Option<Vec<Side>>>()?;
        let sides = self.of_one_kind([side].into_iter().chain(values).collect())?;
        let not = if negated { "NOT " } else { "" };
        Some(format!("{} {not}IN ({})", sides[0], sides[1..].join(", ")))
    }

    /// Returns the sides of a comparison as SQL, if they can be compared.
    fn of_one_kind(&self, sides: Vec<Side>) -> Option<Vec<String>> {
        let folds = sides.iter().any(|side| side.folds);
        let ty = sides.iter().find_map(|side| side.ty.clone());
        let of_columns = sides.iter().find(|side| side.ty.is_some()).map_or(sides.first()?.kind, |side| side.kind);
        sides.iter().map(|side| self.as_kind(side, of_columns, ty.as_ref(), folds)).collect()
    }

    fn as_kind(&self, side: &Side, kind: Kind, ty: Option<&Type>, folds: bool) -> Option<String> {
        match (kind, side.kind) {
            (Kind::Truth, Kind::Number) => match side.sql.as_str() {
                "0" => Some(self.spelling.truth(false).to_string()),
                "1" => Some(self.spelling.truth(true).to_string()),
                _ => None,
            },
            (Kind::Time, Kind::Text) => {
                let text = side.text.as_ref()?;
                ty.is_some_and(|ty| is_time(text, ty)).then(|| self.spelling.text(text))
            }
            (wanted, own) if wanted != own => None,
            (Kind::Text, _) => Some(self.compared(side, folds)),
            (Kind::Number | Kind::Truth | Kind::Time, _) => Some(side.sql.clone()),
        }
    }

    /// Returns a text as it is compared.
    fn compared(&self, side: &Side, folds: bool) -> String {
        match side.folds || folds && !self.spelling.folds_at_columns() {
            true => self.spelling.folded(&side.sql),
            false => side.sql.clone(),
        }
    }

    fn literal(&self, text: &str, column: &Side) -> Option<String> {
        if let Some(Type::Enum(values)) = &column.ty {
            return values.iter().any(|value| value == text).then(|| self.spelling.text(text));
        }
        let side = Side { sql: self.spelling.text(text), kind: Kind::Text, text: None, folds: false, ty: None };
        Some(self.compared(&side, column.folds))
    }

    fn side(&self, side: &Expr) -> Option<Side> {
        let side = bare(side);
        if let Some(sql) = literal::number(side) {
            return Some(Side::number(sql));
        }
        match side {
            Expr::Value(value) => {
                let text = literal_text(&value.value)?;
                let sql = self.spelling.text(&text);
                Some(Side { sql, kind: Kind::Text, text: Some(text), folds: false, ty: None })
            }
            Expr::Identifier(_) => self.side_of(self.column(side)?),
            Expr::Function(call) => self.length(call),
            _ => None,
        }
    }

    fn side_of(&self, column: &Column) -> Option<Side> {
        let sql = self.spelling.quote(&column.name);
        let side = |kind| Some(Side { sql: sql.clone(), kind, text: None, folds: false, ty: Some(column.ty.clone()) });
        match &column.ty {
            Type::Boolean => side(Kind::Truth),
            Type::Integer { .. } | Type::Float | Type::Decimal { .. } => {
                Some(Side { ty: Some(column.ty.clone()), ..Side::number(self.spelling.numeric_side(column)?) })
            }
            Type::Text { .. } => side(Kind::Text).map(|side| Side { folds: self.folds(column), ..side }),
            Type::Enum(_) => side(Kind::Text),
            Type::Date { .. } | Type::DateTime { .. } | Type::Instant { .. } | Type::Time { .. } => side(Kind::Time),
            Type::Uuid | Type::Json | Type::Bytes { .. } | Type::Other(_) => None,
        }
    }

    /// MariaDB and SQL Server compare texts without regard to case, unless the collation says otherwise.
    fn folds(&self, column: &Column) -> bool {
        let collation = column.collation.as_deref().unwrap_or_default().to_ascii_lowercase();
        let is_exact = ["_bin", "_bin2", "_cs"].iter().any(|ending| collation.ends_with(ending))
            || collation.contains("_cs_")
            || collation == "binary";
        matches!(self.dialect, Dialect::MariaDb | Dialect::SqlServer) && !is_exact
    }

    /// Returns a length in characters; MariaDB's `length` counts bytes and SQL Server's `len` no blanks at the end, so
    /// they are not carried over.
    fn length(&self, call: &Function) -> Option<Side> {
        let function = call.name.to_string().to_ascii_lowercase();
        let counts = matches!(function.as_str(), "char_length" | "character_length")
            || function == "length" && matches!(self.dialect, Dialect::PostgreSql | Dialect::Sqlite);
        let column = self.column(only_argument(call)?).filter(|column| matches!(column.ty, Type::Text { .. }))?;
        let name = self.spelling.quote(&column.name);
        counts.then(|| Side::number(format!("{}({name})", self.spelling.char_length())))
    }

    fn quoted(&self, expression: &Expr) -> Option<String> {
        self.column(expression).map(|column| self.spelling.quote(&column.name))
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

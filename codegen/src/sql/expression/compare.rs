//! Comparisons. Texts compare code point by code point on every engine: where a collation may call different texts
//! equal, the ordinary comparison (which an index serves) stands beside the exact one.

use super::{Fragment, Translator};
use crate::sql::read;
use cutover_mapping_dsl::plan::{Comparison, Condition, Expr, ExprKind, Literal, LookedInto, Operand, Test};
use cutover_mapping_dsl::types::Type;

/// One side of a comparison.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    sql: String,
    origin: Origin,
}

/// Where a text comes from, which says how it compares.
#[derive(Debug, Clone, PartialEq)]
enum Origin {
    /// A literal: it takes the other side's collation.
    Literal,
    /// A column that compares exactly.
    ExactColumn,
    /// A column with a collation that may not.
    Column(Option<String>),
    /// Anything else.
    Computed,
}

impl Translator<'_> {
    pub(super) fn compare(&mut self, comparison: Comparison, left: &Expr, right: &Expr) -> Fragment {
        self.check_decimals(&left.ty);
        self.check_decimals(&right.ty);
        let (first, second) = (self.translate(left), self.translate(right));
        let sides = (self.side_of(left, &first.value), self.side_of(right, &second.value));
        let value = self.comparison(comparison, &left.ty, &sides.0, &sides.1);
        Fragment { value, rejects: [first.rejects, second.rejects].concat() }
    }

    /// Returns a comparison, safe as an operand.
    pub(super) fn comparison(&mut self, comparison: Comparison, ty: &Type, left: &Side, right: &Side) -> String {
        let sign = match comparison {
            Comparison::Equal => return self.equal(ty, left, right),
            Comparison::NotEqual if self.dialect.same_length(&left.sql, &right.sql, ty).is_some() => {
                return format!("(NOT {})", self.equal(ty, left, right));
            }
            Comparison::NotEqual => "<>",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        };
        if ty.is_text() && comparison != Comparison::NotEqual && !self.dialect.orders_texts() {
            return self.cannot("the order of texts");
        }
        match ty.is_text() {
            true => format!("({} {sign} {})", self.ordered(left), self.exact_side(right)),
            false => format!("({} {sign} {})", left.sql, right.sql),
        }
    }

    /// Returns an equality, safe as an operand.
    pub(crate) fn equal(&self, ty: &Type, left: &Side, right: &Side) -> String {
        let is_exact = !ty.is_text() || (self.is_exact(left) && self.is_exact(right));
        let mut conditions = Vec::new();
        if is_exact || index_serves(left, right) {
            conditions.push(format!("{} = {}", left.sql, right.sql));
        }
        if !is_exact {
            conditions.push(format!("{} = {}", self.exact_side(left), self.exact_side(right)));
        }
        conditions.extend(self.dialect.same_length(&left.sql, &right.sql, ty));
        format!("({})", conditions.join(" AND "))
    }

    /// Returns whether two values differ, null being a value like others.
    pub(crate) fn differ(&self, ty: &Type, left: &Side, right: &Side) -> String {
        match ty {
            Type::Bytes { .. } => self.dialect.differ_in_length(&left.sql, &right.sql, ty),
            _ if ty.is_text() => self.dialect.differ_in_length(&self.exact_side(left), &self.exact_side(right), ty),
            _ => self.dialect.differ(&left.sql, &right.sql),
        }
    }

    /// Returns the conditions of a join or of a question that looks into tables.
    pub(crate) fn conditions(&mut self, tables: &[LookedInto], on: &[Condition]) -> Vec<String> {
        on.iter().map(|condition| self.condition(tables, condition)).collect()
    }

    fn condition(&mut self, tables: &[LookedInto], condition: &Condition) -> String {
        let ty = &condition.ty;
        let own = self.looked_at(tables, &condition.alias, &condition.column, ty, condition.fold);
        let asked = match &condition.test {
            Test::Among(values) => {
                let equal = |literal: &Literal| {
                    let value = Side { sql: self.literal(literal, ty), origin: Origin::Literal };
                    self.equal(ty, &own, &value)
                };
                let equal: Vec<String> = values.iter().map(equal).collect();
                format!("({})", equal.join(" OR "))
            }
            Test::Compare(comparison, other) => {
                if *comparison != Comparison::Equal {
                    self.check_decimals(ty);
                }
                let other = match other {
                    Operand::Column(alias, column) => self.looked_at(tables, alias, column, ty, false),
                    Operand::Folded(alias, column) => self.looked_at(tables, alias, column, ty, true),
                    Operand::Literal(literal) => Side { sql: self.literal(literal, ty), origin: Origin::Literal },
                };
                self.comparison(*comparison, ty, &own, &other)
            }
        };
        // What is no value of its type fulfils nothing but an equality that the database is asked.
        let column = read::qualified(self.dialect, &condition.alias, &condition.column);
        match self.dialect.malformed(&column, ty).filter(|_| !condition.is_plain()) {
            Some(malformed) => format!("({asked} AND NOT ({malformed}))"),
            None => asked,
        }
    }

    /// Returns a column of a table that is looked into, or of one that is read already.
    fn looked_at(&mut self, tables: &[LookedInto], alias: &str, column: &str, ty: &Type, fold: bool) -> Side {
        let own = tables.iter().find(|table| table.alias == alias).map(|table| table.table.clone());
        let table = own.unwrap_or_else(|| read::table_of(self.step, alias).to_string());
        let side = self.legacy_side(alias, &table, column, ty);
        match (fold, ty) {
            (false, _) => side,
            (true, Type::Enum(labels)) if labels.iter().all(|label| label.is_ascii()) => {
                let folded = self.dialect.lower_ascii(&self.dialect.trim_end(&side.sql));
                Side { sql: folded, origin: Origin::Computed }
            }
            (true, _) => Side { sql: self.cannot("fold() beyond ASCII"), origin: Origin::Computed },
        }
    }

    /// Translates an expression to be compared; its rejections are somebody else's business.
    pub(crate) fn side(&mut self, expr: &Expr) -> Side {
        let value = self.translate(expr).value;
        self.side_of(expr, &value)
    }

    pub(crate) fn side_of(&self, expr: &Expr, value: &str) -> Side {
        let origin = match &expr.kind {
            ExprKind::Literal(_) => Origin::Literal,
            ExprKind::Legacy { column, .. } => {
                let column = &self.step.read.columns[*column];
                self.origin(read::collation(self.plan, self.dialect, self.step, &column.alias, &column.column))
            }
            _ => Origin::Computed,
        };
        Side { sql: value.to_string(), origin }
    }

    pub(super) fn literal_side(&mut self, literal: &Literal, ty: &Type) -> Side {
        Side { sql: self.literal(literal, ty), origin: Origin::Literal }
    }

    /// Returns a column of a legacy table.
    pub(crate) fn legacy_side(&self, alias: &str, table: &str, column: &str, ty: &Type) -> Side {
        let sql = read::legacy_value(self.plan, self.dialect, table, alias, column);
        let origin = self.origin(read::legacy_collation(self.plan, self.dialect, table, column));
        match ty {
            Type::Enum(_) => Side { sql: self.dialect.listed_as_text(&sql), origin },
            _ => Side { sql, origin },
        }
    }

    /// Returns a column of a target table.
    pub(crate) fn target_side(&self, alias: &str, table: &str, column: &str, ty: &Type) -> Side {
        let sql = read::target_value(self.plan, self.dialect, table, alias, column);
        let origin = self.origin(read::target_collation(self.plan, self.dialect, table, column));
        match ty {
            Type::Enum(_) => Side { sql: self.dialect.listed_as_text(&sql), origin },
            _ => Side { sql, origin },
        }
    }

    /// Returns a column of a migration table; those compare exactly.
    pub(crate) fn control_side(&self, alias: &str, column: &str) -> Side {
        Side { sql: read::qualified(self.dialect, alias, column), origin: Origin::ExactColumn }
    }

    /// Returns a value that a query has computed.
    pub(super) fn computed_side(&self, sql: String) -> Side {
        Side { sql, origin: Origin::Computed }
    }

    fn origin(&self, collation: Option<String>) -> Origin {
        match self.dialect.compares_exactly(collation.as_deref()) {
            true => Origin::ExactColumn,
            false => Origin::Column(collation),
        }
    }

    /// What is computed takes the database's usual collation.
    fn is_exact(&self, side: &Side) -> bool {
        match side.origin {
            Origin::Literal | Origin::ExactColumn => true,
            Origin::Column(_) => false,
            Origin::Computed => self.dialect.compares_exactly(None),
        }
    }

    fn exact_side(&self, side: &Side) -> String {
        match side.origin {
            Origin::Literal => side.sql.clone(),
            Origin::ExactColumn | Origin::Column(_) | Origin::Computed => self.dialect.exact(&side.sql),
        }
    }

    /// A text to be ordered: a literal takes the exact order too, lest two literals meet in another.
    fn ordered(&self, side: &Side) -> String {
        self.dialect.exact(&side.sql)
    }

    pub(super) fn check_decimals(&mut self, ty: &Type) {
        if matches!(ty, Type::Decimal { .. }) && !self.dialect.exact_decimals() {
            self.cannot_at_all("comparing decimals, which are floating point there");
        }
    }
}

/// Whether the ordinary comparison can use an index, and cannot fail for a clash of two collations.
fn index_serves(left: &Side, right: &Side) -> bool {
    match (&left.origin, &right.origin) {
        (Origin::Column(_), Origin::Literal) | (Origin::Literal, Origin::Column(_)) => true,
        (Origin::Column(Some(first)), Origin::Column(Some(second))) => first == second,
        _ => false,
    }
}

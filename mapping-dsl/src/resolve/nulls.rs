//! `nulls`: values of a legacy column that mean null, wherever the map looks at the column.
//!
//! ```text
//! nulls r.{Manager, Branch}: 0
//! nulls r.Born: 1900-01-01
//! ```

use super::Resolver;
use super::pattern::plan_pattern;
use crate::ast::{self, StatementKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Conversion, Expr, ExprKind, Literal, Pattern};
use crate::schema::Column;
use crate::source::Span;
use crate::types::Type;
use crate::world::Which;

/// A legacy column of which some values mean null.
pub(crate) struct NullClass {
    /// Index of its alias.
    pub(crate) alias: usize,
    pub(crate) column: String,
    pub(crate) values: Vec<Literal>,
    pub(crate) span: Span,
    /// Whether an expression looks at the column.
    pub(crate) used: bool,
}

impl Resolver<'_, '_> {
    /// Resolves all `nulls` of the map. They hold for its head too, so they come first.
    pub(super) fn nulls(&mut self) {
        for statement in &self.draft.map.statements {
            let inner = match &statement.kind {
                StatementKind::Into { statements, .. } => statements.as_slice(),
                _ => std::slice::from_ref(statement),
            };
            for statement in inner {
                if let StatementKind::Nulls { columns, values } = &statement.kind {
                    self.null_classes(columns, values);
                }
            }
        }
    }

    fn null_classes(&mut self, columns: &ast::Columns, values: &[(Literal, Span)]) {
        let alias = match &columns.alias {
            Some(alias) => self.alias(alias),
            None => Some(0),
        };
        let Some(alias) = alias else { return };
        let table = self.draft.aliases[alias].table;
        for name in &columns.names {
            let mut found = Vec::new();
            let column = self.world.column(table, Which::Legacy, name, &mut found);
            found.into_iter().for_each(|error| self.report(error));
            if let Some(column) = column {
                self.null_class(alias, column, name.span, values);
            }
        }
    }

    fn null_class(&mut self, alias: usize, column: &Column, span: Span, values: &[(Literal, Span)]) {
        let known = self.draft.nulls.iter().find(|class| class.alias == alias && class.column == column.name);
        if let Some(first) = known {
            let message = format!("what means null in `{}` is said twice", column.name);
            let error = Diagnostic::error(Code::TWICE, span, message).label(first.span, "first here");
            self.report(error.help("write all values in one `nulls`, with `|` between them"));
            return;
        }
        let mut typed: Vec<Literal> = Vec::new();
        for (value, span) in values {
            let Some(value) = self.null_value(value, *span, &column.ty) else { return };
            if typed.contains(&value) {
                self.report(Diagnostic::error(Code::TWICE, *span, "this value is there twice").help("take it out"));
                return;
            }
            typed.push(value);
        }
        self.draft.nulls.push(NullClass { alias, column: column.name.clone(), values: typed, span, used: false });
    }

    /// Returns a value as the column holds it: a day in a column of times is its midnight.
    fn null_value(&mut self, value: &Literal, span: Span, ty: &Type) -> Option<Literal> {
        if *value == Literal::Null {
            let error = Diagnostic::error(Code::UNREACHABLE, span, "null means null without being told");
            self.report(error.help("take it out"));
            return None;
        }
        let value = match (value, ty) {
            (Literal::Date(day), Type::DateTime { .. }) => Literal::DateTime(day.and_time(chrono::NaiveTime::MIN)),
            (Literal::Integer(number), Type::Decimal { .. }) => Literal::Decimal(number.to_string()),
            (value, _) => value.clone(),
        };
        let pattern = ast::Pattern { kind: ast::PatternKind::Literal(value), span };
        self.patterns(std::slice::from_ref(&pattern), ty)?;
        match plan_pattern(&pattern) {
            Pattern::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Returns a legacy column without the values that mean null there. Where an arm has taken null, they are taken too.
    pub(super) fn without_unset(&mut self, value: Expr, alias: usize, column: &str) -> Expr {
        let class = self.draft.nulls.iter_mut().find(|class| class.alias == alias && class.column == column);
        let Some(class) = class else { return value };
        class.used = true;
        let ExprKind::Legacy { column, .. } = value.kind else { return value };
        if self.not_null.contains(&column) {
            return value;
        }
        let (ty, values) = (value.ty.clone(), class.values.clone());
        Expr { kind: ExprKind::Convert(Conversion::Unset { values }, Box::new(value)), ty, nullable: true }
    }

    /// Reports a key of which a value means null: rows with it could not be told apart.
    pub(super) fn key_is_never_null(&mut self, key: Option<Expr>, span: Span) {
        if key.is_some_and(|key| matches!(key.kind, ExprKind::Convert(Conversion::Unset { .. }, _))) {
            let error = Diagnostic::error(Code::NO_KEY, span, "`nulls` says that the key column can be null");
            self.report(error.help("take the column out of `nulls`; every row keeps its key"));
        }
    }
}

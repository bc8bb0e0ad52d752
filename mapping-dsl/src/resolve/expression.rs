//! Expressions: names looked up, types known, null followed through.

use super::Resolver;
use super::kinds::{is_null, literal_expr, text_max, without_zero};
use crate::ast::{self};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Arithmetic, Comparison, Expr, ExprKind, Generated, Literal, OnZero};
use crate::source::Span;
use crate::types::Type;
use crate::world::Which;

/// What an expression needs to know of the rule around it.
#[derive(Clone)]
pub(crate) struct Place {
    /// The column that reasons are named after.
    pub(crate) column: String,
    /// Whether zero dates become null.
    pub(crate) zero_is_null: bool,
}

impl Place {
    pub(crate) fn of(column: &str) -> Place {
        Place { column: column.to_string(), zero_is_null: false }
    }
}

impl<'a> Resolver<'a, '_> {
    /// Types an expression; reports and returns none when it cannot be.
    pub(crate) fn expression(&mut self, expr: &ast::Expr, place: &Place) -> Option<Expr> {
        match &expr.kind {
            ast::ExprKind::Path(path) => self.legacy_column(path, place),
            ast::ExprKind::Literal(literal) => Some(literal_expr(literal.clone())),
            ast::ExprKind::Call { function, arguments } => self.call(function, arguments, expr.span, place),
            ast::ExprKind::Concat(left, right) => self.concat(left, right, place),
            ast::ExprKind::Arithmetic(operator, left, right) => self.arithmetic(*operator, left, right, place),
            ast::ExprKind::Compare(comparison, left, right) => self.compare(*comparison, left, right, expr.span, place),
            ast::ExprKind::And(left, right) => self.logical(ExprKind::And, left, right, place),
            ast::ExprKind::Or(left, right) => self.logical(ExprKind::Or, left, right, place),
            ast::ExprKind::Not(operand) => {
                let operand = self.condition_expr(operand, place)?;
                let nullable = operand.nullable;
                Some(Expr { kind: ExprKind::Not(Box::new(operand)), ty: Type::Boolean, nullable })
            }
            ast::ExprKind::In(operand, patterns) => {
                let operand = self.expression(operand, place)?;
                let patterns = self.patterns(patterns, &operand.ty)?;
                Some(Expr { kind: ExprKind::Fits(Box::new(operand), patterns), ty: Type::Boolean, nullable: false })
            }
            ast::ExprKind::Via(operand, name) => self.through(operand, name, place),
            ast::ExprKind::Match(subject, arms) => self.match_expr(subject, arms, expr.span, place),
            ast::ExprKind::Exists(tables, on) => self.exists(tables, on, expr.span),
            ast::ExprKind::Reference(path, arguments) => self.reference(path, arguments.as_deref(), expr.span, place),
            ast::ExprKind::Lookup(lookup) => self.lookup(lookup, expr.span, place),
            ast::ExprKind::Generated { generator, arguments } => self.generated(generator, arguments, expr.span),
        }
    }

    fn legacy_column(&mut self, path: &ast::Path, place: &Place) -> Option<Expr> {
        let [alias, name] = path.names.as_slice() else {
            let aliases: Vec<String> = self.draft.aliases.iter().map(|alias| format!("`{}.…`", alias.name)).collect();
            let message = "a legacy column is named by its alias and its name";
            let help = format!("the aliases here are {}", aliases.join(", "));
            self.report(Diagnostic::error(Code::UNKNOWN_ALIAS, path.span, message).help(help));
            return None;
        };
        let alias_index = self.alias(alias)?;
        let table = self.draft.aliases[alias_index].table;
        let mut found = Vec::new();
        let column = self.world.column(table, Which::Legacy, name, &mut found);
        found.into_iter().for_each(|error| self.report(error));
        let column = column?;
        if let Type::Other(declared) = &column.ty {
            let message = format!("`{}` is {declared}, a type that cannot be mapped", column.name);
            let ddl = self.world.ddl_line(Which::Legacy, column.line);
            self.report(
                Diagnostic::error(Code::UNSUPPORTED_TYPE, path.span, message)
                    .label(ddl, "declared here")
                    .help("drop it with a reason"),
            );
            return None;
        }
        let read = self.read_column(alias_index, column);
        let value = self.legacy_expr(read, path.span, place);
        Some(self.without_unset(value, alias_index, &column.name))
    }

    fn legacy_expr(&mut self, read: usize, span: Span, place: &Place) -> Expr {
        let column = self.draft.step.read.columns[read].clone();
        let line = self.line(span);
        let name = super::pascal(&column.column);
        let full = format!("{}.{}", column.alias, column.column);
        let message = match without_zero(&column.ty) {
            (_, true) => "no such date: a part of it is zero, or it is something else".to_string(),
            (Type::Enum(_), false) => "what the legacy database holds is no listed text".to_string(),
            (ty, false) => format!("what the legacy database holds is no {}", ty.family()),
        };
        let malformed = self.reason(&format!("{name}Malformed"), &full, &message, line);
        let (ty, zero) = without_zero(&column.ty);
        let on_zero = match (zero, place.zero_is_null) {
            (true, true) => OnZero::Null,
            (true, false) => OnZero::Reject(self.reason(&format!("{name}Zero"), &full, "a zero date", line)),
            (false, _) => OnZero::Reject(malformed),
        };
        let nullable = (column.nullable && !self.not_null.contains(&read)) || on_zero == OnZero::Null;
        Expr { kind: ExprKind::Legacy { column: read, on_zero, malformed }, ty, nullable }
    }

    fn concat(&mut self, left: &ast::Expr, right: &ast::Expr, place: &Place) -> Option<Expr> {
        let (left, right) = (self.text(left, place), self.text(right, place));
        let (left, right) = (left?, right?);
        let max = text_max(&left.ty).zip(text_max(&right.ty)).map(|(left, right)| left.saturating_add(right));
        let nullable = left.nullable || right.nullable;
        let mut parts = match left.kind {
            ExprKind::Concat(parts) => parts,
            _ => vec![left],
        };
        parts.push(right);
        Some(Expr { kind: ExprKind::Concat(parts), ty: Type::Text { max }, nullable })
    }

    fn text(&mut self, expr: &ast::Expr, place: &Place) -> Option<Expr> {
        let typed = self.expression(expr, place)?;
        if !typed.ty.is_text() {
            let message = format!("a text is needed here, this is {}", typed.ty.family());
            self.report(Diagnostic::error(Code::TYPES, expr.span, message).help("`text(…)` makes a text of a number"));
            return None;
        }
        Some(typed)
    }

    fn arithmetic(&mut self, operator: Arithmetic, left: &ast::Expr, right: &ast::Expr, place: &Place) -> Option<Expr> {
        let (left, right) = (self.integer(left, place), self.integer(right, place));
        let (left, right) = (left?, right?);
        let (Type::Integer { min: a, max: b }, Type::Integer { min: c, max: d }) = (&left.ty, &right.ty) else {
            return None;
        };
        let ends = match operator {
            Arithmetic::Add => vec![a.saturating_add(*c), b.saturating_add(*d)],
            Arithmetic::Subtract => vec![a.saturating_sub(*d), b.saturating_sub(*c)],
            Arithmetic::Multiply => {
                vec![a.saturating_mul(*c), a.saturating_mul(*d), b.saturating_mul(*c), b.saturating_mul(*d)]
            }
        };
        let min = ends.iter().min().copied().unwrap_or_default();
        let ty = Type::Integer { min, max: ends.iter().max().copied().unwrap_or_default() };
        let nullable = left.nullable || right.nullable;
        Some(Expr { kind: ExprKind::Arithmetic(operator, Box::new(left), Box::new(right)), ty, nullable })
    }

    fn integer(&mut self, expr: &ast::Expr, place: &Place) -> Option<Expr> {
        let typed = self.expression(expr, place)?;
        if !matches!(typed.ty, Type::Integer { .. }) {
            let message = format!("a whole number is needed here, this is {}", typed.ty.family());
            self.report(Diagnostic::error(Code::TYPES, expr.span, message));
            return None;
        }
        Some(typed)
    }

    fn compare(
        &mut self,
        comparison: Comparison,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        place: &Place,
    ) -> Option<Expr> {
        let (left_typed, right_typed) = (self.expression(left, place), self.expression(right, place));
        let (left_typed, right_typed) = (left_typed?, right_typed?);
        if is_null(&left_typed) || is_null(&right_typed) {
            let message = "a comparison with `null` is never true";
            self.report(Diagnostic::error(Code::TYPES, span, message).help("write `x in [null]` or `not x in [null]`"));
            return None;
        }
        let both_text = left_typed.ty.is_text() && right_typed.ty.is_text();
        if !both_text && left_typed.ty.family() != right_typed.ty.family() {
            let message = format!("{} is compared with {}", left_typed.ty.family(), right_typed.ty.family());
            self.report(Diagnostic::error(Code::TYPES, span, message).here("these can never be equal"));
            return None;
        }
        if let (Type::Enum(values), ExprKind::Literal(Literal::Text(text))) = (&left_typed.ty, &right_typed.kind)
            && !values.contains(text)
        {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let message = format!("\"{text}\" is none of the listed values");
            let error = Diagnostic::error(Code::NOT_ALLOWED_VALUE, right.span, message)
                .note(format!("listed are: {}", values.join(", ")));
            self.report(error);
            return None;
        }
        let nullable = left_typed.nullable || right_typed.nullable;
        let kind = ExprKind::Compare(comparison, Box::new(left_typed), Box::new(right_typed));
        Some(Expr { kind, ty: Type::Boolean, nullable })
    }

    fn logical(
        &mut self,
        kind: fn(Box<Expr>, Box<Expr>) -> ExprKind,
        left: &ast::Expr,
        right: &ast::Expr,
        place: &Place,
    ) -> Option<Expr> {
        let (left, right) = (self.condition_expr(left, place), self.condition_expr(right, place));
        let (left, right) = (left?, right?);
        let nullable = left.nullable || right.nullable;
        Some(Expr { kind: kind(Box::new(left), Box::new(right)), ty: Type::Boolean, nullable })
    }

    /// Types an expression that must be true or false.
    pub(crate) fn condition_expr(&mut self, expr: &ast::Expr, place: &Place) -> Option<Expr> {
        let typed = self.expression(expr, place)?;
        if typed.ty != Type::Boolean {
            let message = format!("a condition is needed here, this is {}", typed.ty.family());
            self.report(Diagnostic::error(Code::TYPES, expr.span, message));
            return None;
        }
        Some(typed)
    }

    fn generated(&mut self, generator: &ast::Name, arguments: &[ast::Expr], span: Span) -> Option<Expr> {
        if generator.text != "uuid" || !arguments.is_empty() {
            let message = format!("there is no generator `{}`", generator.text);
            self.report(Diagnostic::error(Code::UNKNOWN_FUNCTION, span, message).help("write `generated uuid()`"));
            return None;
        }
        Some(Expr { kind: ExprKind::Generated(Generated::Uuid), ty: Type::Uuid, nullable: false })
    }
}

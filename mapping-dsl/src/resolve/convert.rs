//! From an expression's type to a column's: which conversions are needed, what they may lose, and what class of claim
//! the whole supports. The operator table of the design is written down here, once.

use super::Resolver;
use super::function::longest;
use super::kinds::{is_null, text_max};
use super::loss::{Loss, collect_losses};
use super::values::texts;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Conversion, Expr, ExprKind, Literal};
use crate::schema::Column;
use crate::source::Span;
use crate::types::Type;
use crate::world::Which;

/// What to say where a value is to become JSON: texts are not read, and databases spell JSON in ways of their own.
pub(crate) const ONLY_JSON: &str =
    "it takes a legacy column of JSON; else give the column a default, such as `DEFAULT '{}'`, and leave it out";

impl Resolver<'_, '_> {
    /// Wraps an expression into the conversions that bring it to a column, and returns what is lost on the way.
    pub(crate) fn convert(&mut self, expr: Expr, column: &Column, span: Span, role: &str) -> Option<(Expr, Vec<Loss>)> {
        let mut losses = Vec::new();
        collect_losses(&expr, &self.draft.step.links, &mut losses);
        if let Type::Other(declared) = &column.ty {
            let message = format!("`{}` is {declared}, a type that cannot be mapped", column.name);
            let ddl = self.world.ddl_line(Which::Target, column.line);
            self.report(Diagnostic::error(Code::UNSUPPORTED_TYPE, span, message).label(ddl, "declared here"));
            return None;
        }
        if is_null(&expr) {
            if !column.nullable {
                let ddl = self.world.ddl_line(Which::Target, column.line);
                let error = Diagnostic::error(Code::NULL, span, format!("`{}` does not take null", column.name));
                self.report(error.label(ddl, "the column is declared here").help("write a value that it takes"));
                return None;
            }
            let typed = Expr { ty: column.ty.clone(), ..expr };
            return self.not_null(typed, column, span, role, losses);
        }
        self.listed(&expr, column, span)?;
        self.literal_fits(&expr, column, span)?;
        let conversions = self.conversions(&expr, column, span, role, &mut losses)?;
        let converted = conversions.into_iter().fold(expr, |inner, conversion| {
            let nullable = inner.nullable;
            let ty = converted_type(&conversion, &inner.ty, &column.ty);
            Expr { kind: ExprKind::Convert(conversion, Box::new(inner)), ty, nullable }
        });
        self.not_null(converted, column, span, role, losses)
    }

    fn not_null(
        &mut self,
        expr: Expr,
        column: &Column,
        span: Span,
        role: &str,
        mut losses: Vec<Loss>,
    ) -> Option<(Expr, Vec<Loss>)> {
        if !expr.nullable || column.nullable {
            return Some((expr, losses));
        }
        losses.push(Loss { name: "null", why: format!("null can reach `{}`, which does not take it", column.name) });
        let line = self.line(span);
        let name = format!("{}Null", super::pascal(&column.name));
        let reject = self.reason(&name, &format!("{role}.{}", column.name), "null where a value is needed", line);
        let ty = expr.ty.clone();
        Some((
            Expr { kind: ExprKind::Convert(Conversion::NotNull { reject }, Box::new(expr)), ty, nullable: false },
            losses,
        ))
    }

    /// Refuses a literal that no row could bring into the column.
    fn literal_fits(&mut self, expr: &Expr, column: &Column, span: Span) -> Option<()> {
        let fits = match (&expr.kind, &column.ty) {
            (ExprKind::Literal(Literal::Integer(value)), Type::Integer { min, max }) => min <= value && value <= max,
            (ExprKind::Literal(Literal::Text(text)), Type::Text { max: Some(max) }) => {
                text.chars().count() <= *max as usize
            }
            _ => true,
        };
        if !fits {
            let message = format!("{} does not fit into {}", self.declared(expr), column.declared);
            let ddl = self.world.ddl_line(Which::Target, column.line);
            let error = Diagnostic::error(Code::NARROW, span, message);
            self.report(error.label(ddl, format!("`{}` is declared here", column.name)));
        }
        fits.then_some(())
    }

    /// Refuses listed values that the column's list does not have.
    fn listed(&mut self, expr: &Expr, column: &Column, span: Span) -> Option<()> {
        let taken = match (&column.ty, &column.allowed) {
            (Type::Enum(listed), _) => listed,
            (_, Some(allowed)) => allowed,
            (_, None) => return Some(()),
        };
        let Type::Enum(given) = &expr.ty else {
            if expr.ty.is_text() {
                let message = format!("`{}` takes listed values only, this is any text", column.name);
                let ddl = self.world.ddl_line(Which::Target, column.line);
                let error = Diagnostic::error(Code::NOT_ALLOWED_VALUE, span, message).label(ddl, "declared here");
                let error = error.note(format!("it takes: {}", texts(taken)));
                self.report(error.help("use a value map, or `values { … } else reject \"…\"`"));
                return None;
            }
            return Some(());
        };
        let wrong: Vec<String> =
            given.iter().filter(|value| !taken.contains(value)).map(|value| format!("\"{value}\"")).collect();
        if wrong.is_empty() {
            return Some(());
        }
        let message = format!("`{}` does not take {}", column.name, wrong.join(", "));
        let ddl = self.world.ddl_line(Which::Target, column.line);
        let error = Diagnostic::error(Code::NOT_ALLOWED_VALUE, span, message).label(ddl, "the column is declared here");
        let error = error.note(format!("it takes: {}", texts(taken)));
        self.report(error.help("use a value map, or `values { … } else reject \"…\"`"));
        None
    }

    fn conversions(
        &mut self,
        expr: &Expr,
        column: &Column,
        span: Span,
        role: &str,
        losses: &mut Vec<Loss>,
    ) -> Option<Vec<Conversion>> {
        let mut narrow = |why: String| losses.push(Loss { name: "narrow", why });
        let full = format!("{role}.{}", column.name);
        let name = super::pascal(&column.name);
        let line = self.line(span);
        let from_to = format!("{} to {}", self.declared(expr), column.declared);
        Some(match (&expr.ty, &column.ty) {
            (from, to) if from.is_text() && to.is_text() => match (text_max(from), to) {
                (_, Type::Enum(_)) if matches!(from, Type::Enum(_)) => Vec::new(),
                (given, Type::Text { max: Some(max) }) if longest(expr).is_none_or(|longest| longest > *max) => {
                    if given.is_none_or(|given| given > *max) {
                        narrow(format!("{from_to}: texts longer than {max} characters do not fit"));
                    }
                    let reject =
                        self.reason(&format!("{name}TooLong"), &full, &format!("longer than {max} characters"), line);
                    vec![Conversion::Length { max: *max, reject }]
                }
                (_, Type::Enum(_)) => {
                    return self.no_conversion(
                        expr,
                        column,
                        span,
                        "say which values there are: `values { … } else reject \"…\"`, or a value map",
                    );
                }
                _ => Vec::new(),
            },
            (Type::Integer { min, max }, Type::Integer { min: low, max: high }) => {
                if min >= low && max <= high {
                    return Some(Vec::new());
                }
                narrow(format!("{from_to}: numbers outside {low} to {high} do not fit"));
                let reject =
                    self.reason(&format!("{name}OutOfRange"), &full, &format!("outside {low} to {high}"), line);
                vec![Conversion::Range { min: *low, max: *high, reject }]
            }
            (Type::Integer { min, max }, Type::Boolean) => {
                if !matches!(expr.kind, ExprKind::Literal(_)) {
                    if (*min, *max) != (-128, 127) && (*min, *max) != (0, 1) {
                        narrow(format!("{from_to}: only 0 and 1 are booleans"));
                    }
                    let reject = self.reason(&format!("{name}NotBoolean"), &full, "neither 0 nor 1", line);
                    return Some(vec![Conversion::IntegerToBoolean { reject }]);
                }
                return self.no_conversion(expr, column, span, "write `true` or `false`");
            }
            (Type::Boolean, Type::Integer { .. }) => vec![Conversion::BooleanToInteger],
            (Type::Integer { min, max }, Type::Decimal { precision, scale }) => {
                let digits = min.unsigned_abs().max(max.unsigned_abs()).to_string().len() as u32;
                let mut all = vec![Conversion::IntegerToDecimal];
                if digits > precision - scale {
                    narrow(format!("{from_to}: numbers of more than {} digits do not fit", precision - scale));
                    let reject =
                        self.reason(&format!("{name}TooManyDigits"), &full, "more digits than the column takes", line);
                    all.push(Conversion::Digits { precision: *precision, scale: *scale, reject });
                }
                all
            }
            (Type::Decimal { precision: p, scale: s }, Type::Decimal { precision, scale }) => {
                if s <= scale && p - s <= precision - scale {
                    return Some(Vec::new());
                }
                narrow(format!("{from_to}: some numbers have more digits than the column takes"));
                let reject =
                    self.reason(&format!("{name}TooManyDigits"), &full, "more digits than the column takes", line);
                vec![Conversion::Digits { precision: *precision, scale: *scale, reject }]
            }
            (Type::Date { .. }, Type::Date { .. }) | (Type::Boolean, Type::Boolean) | (Type::Uuid, Type::Uuid) => {
                Vec::new()
            }
            (Type::Float, Type::Float) | (Type::Json, Type::Json) => Vec::new(),
            (Type::Time { digits: given }, Type::Time { digits }) if given <= digits => Vec::new(),
            (Type::Bytes { max: given }, Type::Bytes { max })
                if max.is_none() || given.is_some_and(|given| Some(given) <= *max) =>
            {
                Vec::new()
            }
            (Type::Date { .. }, Type::DateTime { .. }) => vec![Conversion::DateToWall],
            (Type::Date { .. }, Type::Instant { .. }) => {
                let zone = self.world.legacy.zone.clone();
                self.zone_is_given(&zone, "legacy", span)?;
                vec![Conversion::DateToWall, Conversion::WallToInstant { zone }]
            }
            (Type::DateTime { .. } | Type::Instant { .. }, Type::DateTime { .. } | Type::Instant { .. }) => {
                return self.moments(expr, column, span, losses);
            }
            (Type::DateTime { .. } | Type::Instant { .. }, Type::Date { .. }) => {
                return self.no_conversion(expr, column, span, "write `date(…)`; it drops the time of day");
            }
            (from, Type::Uuid) if from.is_text() => {
                let reject = self.reason(&format!("{name}NotUuid"), &full, "no UUID", line);
                vec![Conversion::TextToUuid { reject }]
            }
            (Type::Uuid, Type::Text { max }) if max.is_none_or(|max| max >= 36) => vec![Conversion::UuidToText],
            (Type::Integer { .. } | Type::Decimal { .. }, to) if to.is_text() => {
                return self.no_conversion(expr, column, span, "write `text(…)`");
            }
            (_, Type::Json) => return self.no_conversion(expr, column, span, ONLY_JSON),
            (from, Type::Boolean | Type::Integer { .. } | Type::Date { .. }) if from.is_text() => {
                return self.no_conversion(expr, column, span, "use a value map");
            }
            _ => return self.no_conversion(expr, column, span, ""),
        })
    }

    /// Times: wall clock to point in time and back, and the digits of fractions.
    fn moments(&mut self, expr: &Expr, column: &Column, span: Span, losses: &mut Vec<Loss>) -> Option<Vec<Conversion>> {
        let (Type::DateTime { digits: given, .. } | Type::Instant { digits: given, .. }) = &expr.ty else {
            return None;
        };
        let (Type::DateTime { digits, .. } | Type::Instant { digits, .. }) = &column.ty else { return None };
        let (legacy, target) = (self.world.legacy.zone.clone(), self.world.target.zone.clone());
        let is_literal = matches!(expr.kind, ExprKind::Literal(_));
        let from_wall = matches!(expr.ty, Type::DateTime { .. });
        let to_wall = matches!(column.ty, Type::DateTime { .. });
        let mut all = Vec::new();
        let same_wall = from_wall && to_wall && (legacy == target || is_literal);
        if from_wall && !same_wall {
            all.push(Conversion::WallToInstant { zone: legacy.clone() });
        }
        if to_wall && !same_wall {
            all.push(Conversion::InstantToWall { zone: target.clone() });
        }
        let zones = [(from_wall, &legacy, "legacy"), (to_wall, &target, "target")];
        for (needed, zone, side) in zones {
            if needed && !same_wall {
                self.zone_is_given(zone, side, span)?;
            }
        }
        if given > digits && !is_literal {
            losses.push(Loss {
                name: "lossy.fraction",
                why: format!("`{}` keeps {digits} digits of a second, not {given}", column.name),
            });
            all.push(Conversion::CutFraction { digits: *digits });
        }
        Some(all)
    }

    fn zone_is_given(&mut self, zone: &str, side: &str, span: Span) -> Option<()> {
        if zone.is_empty() {
            let message = format!("the time zone of the {side} side is needed here");
            let error = Diagnostic::error(Code::ZONE, span, message);
            self.report(error.help(format!("add `timezone \"…\"` to the `{side}` line")));
        }
        (!zone.is_empty()).then_some(())
    }

    fn no_conversion(&mut self, expr: &Expr, column: &Column, span: Span, help: &str) -> Option<Vec<Conversion>> {
        let message = format!("{} cannot go into {}", self.declared(expr), column.declared);
        let ddl = self.world.ddl_line(Which::Target, column.line);
        let error = Diagnostic::error(Code::CONVERSION, span, message)
            .label(ddl, format!("`{}` is declared here", column.name));
        self.report(if help.is_empty() { error } else { error.help(help) });
        None
    }

    /// Returns the type of an expression for messages: as declared where it is a column.
    fn declared(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Legacy { column, .. } => {
                let read = &self.draft.step.read.columns[*column];
                let alias = self.draft.aliases.iter().find(|alias| alias.name == read.alias);
                let column = alias.and_then(|alias| alias.table.column(&read.column));
                column.map_or_else(|| expr.ty.family().to_string(), |column| column.declared.clone())
            }
            ExprKind::Literal(literal) => super::values::show(literal),
            _ => match text_max(&expr.ty) {
                Some(max) => format!("text of up to {max} characters"),
                None => expr.ty.family().to_string(),
            },
        }
    }
}

fn converted_type(conversion: &Conversion, from: &Type, to: &Type) -> Type {
    match conversion {
        Conversion::WallToInstant { .. } => Type::Instant { digits: digits_of(from), zero: false },
        Conversion::InstantToWall { .. } => Type::DateTime { digits: digits_of(from), zero: false },
        Conversion::CutFraction { digits } => match from {
            Type::DateTime { .. } => Type::DateTime { digits: *digits, zero: false },
            _ => Type::Instant { digits: *digits, zero: false },
        },
        Conversion::DateToWall => Type::DateTime { digits: 0, zero: false },
        Conversion::NotNull { .. } | Conversion::Unset { .. } => from.clone(),
        Conversion::Length { .. } | Conversion::Range { .. } | Conversion::Digits { .. } => to.clone(),
        Conversion::IntegerToBoolean { .. } => Type::Boolean,
        Conversion::BooleanToInteger | Conversion::IntegerToDecimal => to.clone(),
        Conversion::TextToUuid { .. } => Type::Uuid,
        Conversion::UuidToText => Type::Text { max: Some(36) },
    }
}

fn digits_of(ty: &Type) -> u8 {
    match ty {
        Type::DateTime { digits, .. } | Type::Instant { digits, .. } => *digits,
        _ => 0,
    }
}

/// Returns a literal as the column's type wants it; `0` into a decimal column, for example.
pub(crate) fn adapt_literal(expr: Expr, ty: &Type) -> Expr {
    match (&expr.kind, ty) {
        (ExprKind::Literal(Literal::Integer(value)), Type::Decimal { .. }) => {
            let text = value.to_string();
            let precision = text.trim_start_matches('-').len() as u32;
            Expr {
                kind: ExprKind::Literal(Literal::Decimal(text)),
                ty: Type::Decimal { precision, scale: 0 },
                nullable: false,
            }
        }
        (ExprKind::Literal(Literal::DateTime(value)), Type::Instant { .. }) => Expr {
            kind: ExprKind::Literal(Literal::DateTime(*value)),
            ty: Type::Instant { digits: 6, zero: false },
            nullable: false,
        },
        _ => expr,
    }
}

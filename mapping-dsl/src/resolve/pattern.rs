//! Patterns and `match`: what the arms take, what they leave out, what they give.

use super::Resolver;
use super::expression::Place;
use super::kinds::{is_null, literal_type, unite};
use super::values::{same_family, texts};
use crate::ast::{self, PatternKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Arm, ArmResult, Expr, ExprKind, Function, Literal, Pattern};
use crate::source::Span;
use crate::types::Type;
use std::collections::BTreeSet;

impl Resolver<'_, '_> {
    pub(super) fn match_expr(
        &mut self,
        subject: &ast::Expr,
        arms: &[ast::Arm],
        span: Span,
        place: &Place,
    ) -> Option<Expr> {
        let subject = self.expression(subject, place)?;
        let known = self.not_null.len();
        let mut null_taken = false;
        let mut typed = Vec::new();
        for arm in arms {
            let takes_null = takes_null(&arm.patterns);
            if null_taken || !takes_null {
                strict_columns(&subject, &mut self.not_null);
            }
            typed.push(self.arm(arm, &subject.ty, place));
            self.not_null.truncate(known);
            null_taken |= takes_null;
        }
        let mut typed: Vec<Arm> = typed.into_iter().collect::<Option<_>>()?;
        self.check_arms(&subject, arms, span)?;
        typed.extend(self.outside_the_list(&subject.ty, arms, span, place));
        let ty = self.union(&typed, span)?;
        let unhandled_null = subject.nullable && !null_taken;
        if unhandled_null {
            let message = "no arm takes null";
            self.report(Diagnostic::error(Code::NOT_EXHAUSTIVE, span, message).help("add an arm `null -> …`"));
            return None;
        }
        let nullable = typed.iter().any(|arm| matches!(&arm.result, ArmResult::Value(value) if value.nullable));
        Some(Expr { kind: ExprKind::Match { subject: Box::new(subject), arms: typed }, ty, nullable })
    }

    /// Returns an arm for what a listed column can hold beside its list: MariaDB keeps an invalid value as `""`, SQLite
    /// anything.
    fn outside_the_list(&mut self, ty: &Type, arms: &[ast::Arm], span: Span, place: &Place) -> Option<Arm> {
        let all = arms.iter().flat_map(|arm| &arm.patterns).any(|pattern| matches!(pattern.kind, PatternKind::Any));
        if all || !matches!(ty, Type::Enum(_)) {
            return None;
        }
        let line = self.line(span);
        let name = super::pascal(place.column.rsplit('.').next().unwrap_or_default());
        let reason = self.reason(&name, &place.column, "a value outside the list", line);
        Some(Arm { patterns: vec![Pattern::Any], result: ArmResult::Reject(reason), line })
    }

    pub(super) fn arm(&mut self, arm: &ast::Arm, ty: &Type, place: &Place) -> Option<Arm> {
        let patterns = self.patterns(&arm.patterns, ty)?;
        let line = self.line(arm.span);
        let result = match &arm.result {
            Ok(value) => ArmResult::Value(self.expression(value, place)?),
            Err(words) => {
                let words = words.as_ref().map_or("not a value that is taken over", |words| words.text.as_str());
                let name = super::pascal(place.column.rsplit('.').next().unwrap_or_default());
                ArmResult::Reject(self.reason(&name, &place.column, words, line))
            }
        };
        Some(Arm { patterns, result, line })
    }

    /// Returns the type that holds the values of all arms.
    pub(super) fn union(&mut self, arms: &[Arm], span: Span) -> Option<Type> {
        let values = arms.iter().filter_map(|arm| match &arm.result {
            ArmResult::Value(value) if !is_null(value) => Some(value.ty.clone()),
            _ => None,
        });
        let types: Vec<Type> = values.collect();
        let Some(first) = types.first() else {
            self.report(Diagnostic::error(Code::TYPES, span, "no arm gives a value"));
            return None;
        };
        let union = types.iter().skip(1).try_fold(first.clone(), |union, ty| unite(&union, ty));
        if union.is_none() {
            let families: Vec<&str> = types.iter().map(Type::family).collect();
            let message = format!("the arms give different types: {}", families.join(", "));
            self.report(Diagnostic::error(Code::TYPES, span, message));
        }
        union
    }

    /// Resolves patterns and checks that they fit the type.
    pub(crate) fn patterns(&mut self, patterns: &[ast::Pattern], ty: &Type) -> Option<Vec<Pattern>> {
        let mut fits = true;
        for pattern in patterns {
            fits &= self.pattern_fits(pattern, ty);
        }
        fits.then(|| patterns.iter().map(plan_pattern).collect())
    }

    fn pattern_fits(&mut self, pattern: &ast::Pattern, ty: &Type) -> bool {
        let literals: Vec<&Literal> = match &pattern.kind {
            PatternKind::Any | PatternKind::Literal(Literal::Null) => return true,
            PatternKind::Literal(literal) => vec![literal],
            PatternKind::Range(from, to) => {
                if from > to {
                    self.report(Diagnostic::error(Code::UNREACHABLE, pattern.span, "this range is empty"));
                }
                vec![from, to]
            }
            PatternKind::Regex(_) if ty.is_text() => return true,
            PatternKind::Regex(_) => {
                let message = format!("a regular expression takes texts, this is {}", ty.family());
                self.report(
                    Diagnostic::error(Code::TYPES, pattern.span, message).help("`text(…)` makes a text of a number"),
                );
                return false;
            }
            PatternKind::Not(inner) => return self.pattern_fits(inner, ty),
        };
        let wrong = literals.into_iter().find(|literal| !same_family(&literal_type(literal), ty));
        if let Some(literal) = wrong {
            let message = format!("{} where the values are {}", literal_type(literal).family(), ty.family());
            self.report(Diagnostic::error(Code::TYPES, pattern.span, message));
        }
        wrong.is_none() && self.pattern_is_listed(pattern, ty)
    }

    /// A pattern outside the list of an ENUM can never apply; the empty text is what the engine keeps for a wrong value.
    fn pattern_is_listed(&mut self, pattern: &ast::Pattern, ty: &Type) -> bool {
        let (PatternKind::Literal(Literal::Text(text)), Type::Enum(listed)) = (&pattern.kind, ty) else { return true };
        if text.is_empty() || listed.contains(text) {
            return true;
        }
        let message = format!("\"{text}\" is none of the listed values");
        let error = Diagnostic::error(Code::NOT_ALLOWED_VALUE, pattern.span, message);
        self.report(error.note(format!("listed are: {}", texts(listed))));
        false
    }

    /// Checks that the arms of a match take every value and that none is useless.
    pub(super) fn check_arms(&mut self, subject: &Expr, arms: &[ast::Arm], span: Span) -> Option<()> {
        let mut taken: BTreeSet<Literal> = BTreeSet::new();
        let mut all = false;
        for arm in arms {
            if all {
                self.report(
                    Diagnostic::error(Code::UNREACHABLE, arm.span, "this arm can never apply")
                        .here("`_` above it takes everything"),
                );
                return None;
            }
            for pattern in &arm.patterns {
                match &pattern.kind {
                    PatternKind::Any => all = true,
                    PatternKind::Literal(literal) if !taken.insert(literal.clone()) => {
                        self.report(Diagnostic::error(
                            Code::UNREACHABLE,
                            pattern.span,
                            "this value is taken by an arm above",
                        ));
                    }
                    _ => {}
                }
            }
        }
        let all = all || arms.iter().flat_map(|arm| &arm.patterns).any(|pattern| leaves_nothing(pattern, &taken));
        let missing: Option<Vec<String>> = match &subject.ty {
            _ if all || is_null(subject) => return Some(()),
            Type::Enum(listed) => Some(
                listed
                    .iter()
                    .filter(|value| !taken.contains(&Literal::Text((*value).clone())))
                    .map(|value| format!("\"{value}\""))
                    .collect(),
            ),
            Type::Boolean => Some(
                [false, true]
                    .iter()
                    .filter(|value| !taken.contains(&Literal::Boolean(**value)))
                    .map(bool::to_string)
                    .collect(),
            ),
            _ => None,
        };
        match missing {
            Some(missing) if missing.is_empty() => Some(()),
            Some(missing) => {
                let message = format!("no arm takes {}", missing.join(", "));
                self.report(Diagnostic::error(Code::NOT_EXHAUSTIVE, span, message).help("add an arm for it"));
                None
            }
            None => {
                let message = "the arms do not say what happens to other values";
                self.report(
                    Diagnostic::error(Code::NOT_EXHAUSTIVE, span, message).help("add an arm `_ -> reject \"…\"`"),
                );
                None
            }
        }
    }
}

/// Returns whether `not x` takes all that is not null and not taken by the literals of other arms.
fn leaves_nothing(pattern: &ast::Pattern, taken: &BTreeSet<Literal>) -> bool {
    let PatternKind::Not(inner) = &pattern.kind else { return false };
    matches!(&inner.kind, PatternKind::Literal(literal) if *literal == Literal::Null || taken.contains(literal))
}

fn takes_null(patterns: &[ast::Pattern]) -> bool {
    patterns.iter().any(|pattern| matches!(pattern.kind, PatternKind::Any | PatternKind::Literal(Literal::Null)))
}

/// Collects the columns that cannot be null when the expression is not.
fn strict_columns(expr: &Expr, columns: &mut Vec<usize>) {
    match &expr.kind {
        ExprKind::Legacy { column, .. } => columns.push(*column),
        ExprKind::Call(function, arguments) if *function != Function::Coalesce => {
            arguments.iter().for_each(|argument| strict_columns(argument, columns));
        }
        ExprKind::Concat(parts) => parts.iter().for_each(|part| strict_columns(part, columns)),
        ExprKind::Arithmetic(_, left, right) => {
            strict_columns(left, columns);
            strict_columns(right, columns);
        }
        ExprKind::Convert(_, argument) => strict_columns(argument, columns),
        _ => {}
    }
}

/// Returns a pattern in its plan form.
pub(crate) fn plan_pattern(pattern: &ast::Pattern) -> Pattern {
    match &pattern.kind {
        PatternKind::Any => Pattern::Any,
        PatternKind::Literal(Literal::Null) => Pattern::Null,
        PatternKind::Literal(literal) => Pattern::Literal(literal.clone()),
        PatternKind::Range(from, to) => Pattern::Range(from.clone(), to.clone()),
        PatternKind::Regex(regex) => Pattern::Regex(regex.clone()),
        PatternKind::Not(inner) => Pattern::Not(Box::new(plan_pattern(inner))),
    }
}

//! Expressions: names looked up, types known, null followed through.

use super::Resolver;
use crate::ast::{self, PatternKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{
    Arithmetic, Arm, ArmResult, Comparison, Exists, Expr, ExprKind, Function, Generated, Literal, OnZero, Pattern,
};
use crate::source::Span;
use crate::types::Type;
use crate::world::{Which, suggest};

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
            ast::ExprKind::Exists(table, on) => self.exists(table, on, expr.span),
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
        Some(self.legacy_expr(read, path.span, place))
    }

    fn legacy_expr(&mut self, read: usize, span: Span, place: &Place) -> Expr {
        let column = self.draft.step.read.columns[read].clone();
        let line = self.line(span);
        let name = super::pascal(&column.column);
        let full = format!("{}.{}", column.alias, column.column);
        let message = match without_zero(&column.ty) {
            (_, true) => "no such date: a part of it is zero, or it is something else".to_string(),
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

    fn call(&mut self, function: &ast::Name, arguments: &[ast::Expr], span: Span, place: &Place) -> Option<Expr> {
        let Some((kind, signature)) = FUNCTIONS
            .iter()
            .find(|(_, name, _)| *name == function.text)
            .map(|(kind, _, signature)| (*kind, *signature))
        else {
            let names: Vec<&str> = FUNCTIONS.iter().map(|(_, name, _)| *name).collect();
            let message = format!("there is no function `{}`", function.text);
            let error = Diagnostic::error(Code::UNKNOWN_FUNCTION, function.span, message)
                .note(format!("there is: {}", names.join(", ")));
            self.report(suggest(error, function.span, &function.text, &names));
            return None;
        };
        let typed: Option<Vec<Expr>> = arguments.iter().map(|argument| self.expression(argument, place)).collect();
        let typed = typed?;
        let fits = typed.len() == signature.len()
            && typed.iter().zip(signature).all(|(argument, takes)| takes.accepts(&argument.ty));
        if !fits {
            let takes: Vec<&str> = signature.iter().map(|takes| takes.words()).collect();
            let given: Vec<&str> = typed.iter().map(|argument| argument.ty.family()).collect();
            let message = format!("`{}` takes ({}), not ({})", function.text, takes.join(", "), given.join(", "));
            self.report(Diagnostic::error(Code::ARGUMENTS, span, message));
            return None;
        }
        Some(call_expr(kind, typed))
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

    fn exists(&mut self, table: &ast::Table, on: &ast::Expr, span: Span) -> Option<Expr> {
        let mut found = Vec::new();
        let resolved = self.world.table(&table.path, Which::Legacy, &mut found);
        found.into_iter().for_each(|error| self.report(error));
        let resolved = resolved?;
        let alias = table.alias.text.clone();
        if self.draft.aliases.iter().any(|known| known.name == alias) {
            let message = format!("the alias `{alias}` is taken");
            self.report(Diagnostic::error(Code::DUPLICATE, table.alias.span, message).help("choose another"));
            return None;
        }
        let known = self.draft.aliases.len();
        let on = self.conditions(on, &alias, resolved, known);
        let line = self.line(span);
        self.draft.step.read.exists.push(Exists { table: resolved.name.clone(), alias, on, line });
        let index = self.draft.step.read.exists.len() - 1;
        Some(Expr { kind: ExprKind::Exists(index), ty: Type::Boolean, nullable: false })
    }

    fn generated(&mut self, generator: &ast::Name, arguments: &[ast::Expr], span: Span) -> Option<Expr> {
        if generator.text != "uuid" || !arguments.is_empty() {
            let message = format!("there is no generator `{}`", generator.text);
            self.report(Diagnostic::error(Code::UNKNOWN_FUNCTION, span, message).help("write `generated uuid()`"));
            return None;
        }
        Some(Expr { kind: ExprKind::Generated(Generated::Uuid), ty: Type::Uuid, nullable: false })
    }

    fn match_expr(&mut self, subject: &ast::Expr, arms: &[ast::Arm], span: Span, place: &Place) -> Option<Expr> {
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
        let typed: Vec<Arm> = typed.into_iter().collect::<Option<_>>()?;
        self.check_arms(&subject, arms, span)?;
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

    fn arm(&mut self, arm: &ast::Arm, ty: &Type, place: &Place) -> Option<Arm> {
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
    fn union(&mut self, arms: &[Arm], span: Span) -> Option<Type> {
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
}

/// Kinds of arguments.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Text,
    Integer,
    Number,
    Moment,
    Anything,
}

impl Takes {
    fn accepts(self, ty: &Type) -> bool {
        match self {
            Takes::Text => ty.is_text(),
            Takes::Integer => matches!(ty, Type::Integer { .. }),
            Takes::Number => matches!(ty, Type::Integer { .. } | Type::Decimal { .. }),
            Takes::Moment => matches!(ty, Type::DateTime { .. } | Type::Instant { .. }),
            Takes::Anything => true,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Takes::Text => "text",
            Takes::Integer => "integer",
            Takes::Number => "number",
            Takes::Moment => "time",
            Takes::Anything => "value",
        }
    }
}

/// Every function with its name and arguments. A new function is one line here, one in the operators of the runtime,
/// and one for each backend.
const FUNCTIONS: &[(Function, &str, &[Takes])] = &[
    (Function::Lower, "lower", &[Takes::Text]),
    (Function::Upper, "upper", &[Takes::Text]),
    (Function::Trim, "trim", &[Takes::Text]),
    (Function::Fold, "fold", &[Takes::Text]),
    (Function::Nfkc, "nfkc", &[Takes::Text]),
    (Function::Mid, "mid", &[Takes::Text, Takes::Integer, Takes::Integer]),
    (Function::Before, "before", &[Takes::Text, Takes::Text]),
    (Function::After, "after", &[Takes::Text, Takes::Text]),
    (Function::Length, "length", &[Takes::Text]),
    (Function::Text, "text", &[Takes::Number]),
    (Function::Date, "date", &[Takes::Moment]),
    (Function::Coalesce, "coalesce", &[Takes::Anything, Takes::Anything]),
];

fn call_expr(function: Function, arguments: Vec<Expr>) -> Expr {
    let first = &arguments[0].ty;
    let strict = arguments.iter().any(|argument| argument.nullable);
    let (ty, nullable) = match function {
        Function::Lower => (each_listed(first, |text| text.to_lowercase()), strict),
        Function::Upper => (each_listed(first, |text| text.to_uppercase()), strict),
        Function::Trim | Function::Before | Function::After => (Type::Text { max: text_max(first) }, strict),
        Function::Fold => (Type::Text { max: text_max(first) }, strict),
        Function::Nfkc => (Type::Text { max: text_max(first) }, strict),
        Function::Mid => (Type::Text { max: mid_length(&arguments[2]).or(text_max(first)) }, strict),
        Function::Length => {
            (Type::Integer { min: 0, max: text_max(first).map_or(i128::from(u32::MAX), i128::from) }, strict)
        }
        Function::Text => (Type::Text { max: number_length(first) }, strict),
        Function::Date => (Type::Date { zero: false }, strict),
        Function::Coalesce => (unite(first, &arguments[1].ty).unwrap_or_else(|| first.clone()), arguments[1].nullable),
    };
    Expr { kind: ExprKind::Call(function, arguments), ty, nullable }
}

fn mid_length(argument: &Expr) -> Option<u32> {
    match argument.kind {
        ExprKind::Literal(Literal::Integer(length)) => u32::try_from(length).ok(),
        _ => None,
    }
}

fn number_length(ty: &Type) -> Option<u32> {
    match ty {
        Type::Integer { min, max } => Some(min.to_string().len().max(max.to_string().len()) as u32),
        Type::Decimal { precision, .. } => Some(precision + 2),
        _ => None,
    }
}

fn each_listed(ty: &Type, change: impl Fn(&str) -> String) -> Type {
    match ty {
        Type::Enum(values) => {
            let mut changed: Vec<String> = values.iter().map(|value| change(value)).collect();
            let mut seen = std::collections::BTreeSet::new();
            changed.retain(|value| seen.insert(value.clone()));
            Type::Enum(changed)
        }
        other => Type::Text { max: text_max(other) },
    }
}

/// Returns the largest length of a text type.
pub(crate) fn text_max(ty: &Type) -> Option<u32> {
    match ty {
        Type::Text { max } => *max,
        Type::Enum(values) => values.iter().map(|value| value.chars().count() as u32).max(),
        _ => None,
    }
}

/// Returns the type without zero dates, and whether there were some.
fn without_zero(ty: &Type) -> (Type, bool) {
    match ty {
        Type::Date { zero } => (Type::Date { zero: false }, *zero),
        Type::DateTime { digits, zero } => (Type::DateTime { digits: *digits, zero: false }, *zero),
        Type::Instant { digits, zero } => (Type::Instant { digits: *digits, zero: false }, *zero),
        other => (other.clone(), false),
    }
}

/// Returns the smallest type that holds the values of both.
pub(crate) fn unite(left: &Type, right: &Type) -> Option<Type> {
    Some(match (left, right) {
        _ if left == right => left.clone(),
        (Type::Integer { min: a, max: b }, Type::Integer { min: c, max: d }) => {
            Type::Integer { min: *a.min(c), max: *b.max(d) }
        }
        (Type::Enum(a), Type::Enum(b)) => {
            Type::Enum(a.iter().chain(b.iter().filter(|value| !a.contains(value))).cloned().collect())
        }
        (left, right) if left.is_text() && right.is_text() => {
            Type::Text { max: text_max(left).zip(text_max(right)).map(|(left, right)| left.max(right)) }
        }
        (Type::DateTime { digits: a, .. }, Type::DateTime { digits: b, .. }) => {
            Type::DateTime { digits: *a.max(b), zero: false }
        }
        (Type::Instant { digits: a, .. }, Type::Instant { digits: b, .. }) => {
            Type::Instant { digits: *a.max(b), zero: false }
        }
        (Type::Decimal { precision: a, scale: b }, Type::Decimal { precision: c, scale: d }) => {
            let scale = *b.max(d);
            Type::Decimal { precision: (a - b).max(c - d) + scale, scale }
        }
        _ => return None,
    })
}

/// Returns a literal as an expression.
pub(crate) fn literal_expr(literal: Literal) -> Expr {
    let (ty, nullable) = (literal_type(&literal), literal == Literal::Null);
    Expr { kind: ExprKind::Literal(literal), ty, nullable }
}

/// Returns the narrowest type of a literal.
pub(crate) fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Other("null".into()),
        Literal::Boolean(_) => Type::Boolean,
        Literal::Integer(value) => Type::Integer { min: *value, max: *value },
        Literal::Decimal(text) => {
            let digits = text.trim_start_matches('-');
            let scale = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u32);
            Type::Decimal { precision: digits.len() as u32 - u32::from(scale > 0), scale }
        }
        Literal::Text(text) => Type::Enum(vec![text.clone()]),
        Literal::Date(_) => Type::Date { zero: false },
        Literal::DateTime(_) => Type::DateTime { digits: 6, zero: false },
    }
}

/// Returns whether this is the literal null.
pub(crate) fn is_null(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::Null))
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

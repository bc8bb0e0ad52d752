//! Functions of the language: what they take and what type they give.

use super::Resolver;
use super::convert::adapt_literal;
use super::expression::Place;
use super::kinds::{is_null, text_max, unite};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, ExprKind, Function, Literal};
use crate::source::Span;
use crate::types::Type;
use crate::world::suggest;

impl Resolver<'_, '_> {
    pub(super) fn call(
        &mut self,
        function: &ast::Name,
        arguments: &[ast::Expr],
        span: Span,
        place: &Place,
    ) -> Option<Expr> {
        if let Some(index) = self.world.functions.iter().position(|given| given.name == function.text) {
            return self.given(index, arguments, span, place);
        }
        let found = FUNCTIONS.iter().find(|(_, name, _)| *name == function.text);
        let Some((kind, signature)) = found.map(|(kind, _, signature)| (*kind, *signature)) else {
            self.unknown_function(function);
            return None;
        };
        let typed: Option<Vec<Expr>> = arguments.iter().map(|argument| self.expression(argument, place)).collect();
        let mut typed = typed?;
        if let (Function::Coalesce, [first, default]) = (kind, typed.as_mut_slice())
            && matches!(first.ty, Type::Decimal { .. })
        {
            *default = adapt_literal(default.clone(), &first.ty);
        }
        let fits = typed.len() == signature.len()
            && typed.iter().zip(signature).all(|(argument, takes)| takes.accepts(&argument.ty));
        if !fits {
            let takes: Vec<&str> = signature.iter().map(|takes| takes.words()).collect();
            let given: Vec<&str> = typed.iter().map(|argument| argument.ty.family()).collect();
            let message = format!("`{}` takes ({}), not ({})", function.text, takes.join(", "), given.join(", "));
            self.report(Diagnostic::error(Code::ARGUMENTS, span, message));
            return None;
        }
        if kind == Function::Coalesce && !is_null(&typed[0]) && unite(&typed[0].ty, &typed[1].ty).is_none() {
            let (first, default) = (typed[0].ty.family(), typed[1].ty.family());
            let message = format!("the default is {default}, the value {first}");
            self.report(Diagnostic::error(Code::ARGUMENTS, arguments[1].span, message));
            return None;
        }
        Some(call_expr(kind, typed))
    }

    fn unknown_function(&mut self, function: &ast::Name) {
        if self.world.may_exist(&function.text) {
            self.draft.damaged = true;
            return;
        }
        let given = self.world.functions.iter().map(|given| given.name.as_str());
        let names: Vec<&str> = FUNCTIONS.iter().map(|(_, name, _)| *name).chain(given).collect();
        let message = format!("there is no function `{}`", function.text);
        let error = Diagnostic::error(Code::UNKNOWN_FUNCTION, function.span, message)
            .note(format!("there is: {}", names.join(", ")))
            .note("what the language cannot say is declared by `fn name(argument: text) -> text` and given in Rust");
        self.report(suggest(error, function.span, &function.text, &names));
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
    (Function::LowerAscii, "lower_ascii", &[Takes::Text]),
    (Function::UpperAscii, "upper_ascii", &[Takes::Text]),
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

/// Returns whether the language has a function of this name.
pub(super) fn is_known(name: &str) -> bool {
    FUNCTIONS.iter().any(|(_, known, _)| *known == name)
}

fn call_expr(function: Function, arguments: Vec<Expr>) -> Expr {
    let first = &arguments[0].ty;
    let strict = arguments.iter().any(|argument| argument.nullable);
    let (ty, nullable) = match function {
        Function::Lower => (each_listed(first, |text| text.to_lowercase()), strict),
        Function::Upper => (each_listed(first, |text| text.to_uppercase()), strict),
        Function::LowerAscii => (each_listed(first, str::to_ascii_lowercase), strict),
        Function::UpperAscii => (each_listed(first, str::to_ascii_uppercase), strict),
        Function::Trim | Function::Before | Function::After => (Type::Text { max: text_max(first) }, strict),
        Function::Fold | Function::Nfkc => (Type::Text { max: text_max(first) }, strict),
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

/// Returns the length that a text can have at most. Its type tells the usual length; but `İ` becomes two characters in
/// small letters, `ΐ` three in capital ones, and `ﷺ` eighteen in form NFKC.
pub(super) fn longest(expr: &Expr) -> Option<u32> {
    let times = match &expr.kind {
        ExprKind::Concat(parts) => {
            return parts.iter().map(longest).try_fold(0u32, |sum, part| Some(sum.saturating_add(part?)));
        }
        ExprKind::Call(Function::Lower | Function::Fold, _) => 2,
        ExprKind::Call(Function::Upper, _) => 3,
        ExprKind::Call(Function::Nfkc, _) => 18,
        _ => return text_max(&expr.ty),
    };
    match &expr.ty {
        Type::Enum(_) => text_max(&expr.ty), // Its values are known as they are.
        ty => text_max(ty).map(|max| max.saturating_mul(times)),
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

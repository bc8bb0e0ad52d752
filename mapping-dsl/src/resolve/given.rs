//! Functions that the mapping declares and the program gives, for what the language cannot say.

use super::Resolver;
use super::expression::Place;
use super::function::is_known;
use super::values::{named_type, same_family};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, ExprKind, GivenFunction};
use crate::source::Span;
use crate::types::Type;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// Resolves all `fn` lines of a mapping; tells which of them have errors.
pub(crate) fn functions(world: &World<'_>, diagnostics: &mut Vec<Diagnostic>) -> (Vec<GivenFunction>, BTreeSet<usize>) {
    let mut names: BTreeMap<&str, Span> = BTreeMap::new();
    let (mut given, mut broken) = (Vec::new(), BTreeSet::new());
    for (index, function) in world.tree.functions.iter().enumerate() {
        let (name, before) = (&function.name, diagnostics.len());
        if is_known(&name.text) {
            let message = format!("the language has a function `{}` already", name.text);
            diagnostics.push(Diagnostic::error(Code::DUPLICATE, name.span, message).help("choose another name"));
        }
        if let Some(first) = names.insert(&name.text, name.span) {
            let message = format!("the function `{}` is given twice", name.text);
            diagnostics.push(Diagnostic::error(Code::DUPLICATE, name.span, message).label(first, "first here"));
        }
        given.push(signature(world, function, diagnostics));
        if diagnostics.len() > before {
            broken.insert(index);
        }
    }
    (given, broken)
}

fn signature(world: &World<'_>, function: &ast::Function, diagnostics: &mut Vec<Diagnostic>) -> GivenFunction {
    let mut parameters: Vec<(String, Type)> = Vec::new();
    for (name, ty) in &function.parameters {
        if parameters.iter().any(|(known, _)| *known == name.text) {
            let message = format!("two arguments are called `{}`", name.text);
            diagnostics.push(Diagnostic::error(Code::DUPLICATE, name.span, message).help("choose another name"));
        }
        parameters.push((name.text.clone(), declared(ty, diagnostics)));
    }
    let refusal = function.rejection.as_ref().map(|words| match words {
        Some(words) => words.text.clone(),
        None => format!("a value that {}() refuses", function.name.text),
    });
    GivenFunction {
        name: function.name.text.clone(),
        docs: function.docs.clone(),
        line: world.line(function.span),
        parameters,
        result: declared(&function.result, diagnostics),
        refusal,
    }
}

fn declared(name: &ast::Name, diagnostics: &mut Vec<Diagnostic>) -> Type {
    named_type(&name.text).unwrap_or_else(|| {
        let message = format!("there is no type `{}`", name.text);
        let error = Diagnostic::error(Code::TYPES, name.span, message);
        diagnostics.push(error.help("write `text`, `integer` or `boolean`"));
        Type::TEXT
    })
}

impl Resolver<'_, '_> {
    /// Types a call of a function that the program gives.
    pub(super) fn given(
        &mut self,
        function: usize,
        arguments: &[ast::Expr],
        span: Span,
        place: &Place,
    ) -> Option<Expr> {
        self.draft.used_functions.insert(function);
        if self.world.broken_functions.contains(&function) {
            self.draft.damaged = true;
            return None;
        }
        let typed: Option<Vec<Expr>> = arguments.iter().map(|argument| self.expression(argument, place)).collect();
        let typed = typed?;
        let given = &self.world.functions[function];
        let fits = typed.len() == given.parameters.len()
            && typed.iter().zip(&given.parameters).all(|(argument, (_, ty))| same_family(&argument.ty, ty));
        if !fits {
            let message = format!("`{}` takes ({}), not ({})", given.name, takes(given), families(&typed));
            self.report(Diagnostic::error(Code::ARGUMENTS, span, message));
            return None;
        }
        let nullable = typed.iter().any(|argument| argument.nullable);
        let (ty, name, refusal) = (given.result.clone(), given.name.clone(), given.refusal.clone());
        let line = self.line(span);
        let reject = refusal.map(|words| self.reason(&super::pascal(&name), &place.column, &words, line));
        Some(Expr { kind: ExprKind::Given { function, arguments: typed, reject }, ty, nullable })
    }
}

fn takes(given: &GivenFunction) -> String {
    given.parameters.iter().map(|(name, ty)| format!("{name}: {}", ty.family())).collect::<Vec<_>>().join(", ")
}

fn families(arguments: &[Expr]) -> String {
    arguments.iter().map(|argument| argument.ty.family()).collect::<Vec<_>>().join(", ")
}

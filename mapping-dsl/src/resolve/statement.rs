//! Bodies of maps: keys, rules, what is left behind, guards, examples.

use super::expression::Place;
use super::{LeftBehind, Resolver, UniquePlace};
use crate::ast::{self, StatementKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Deferred, Dropped, Expr, ExprKind, Guard, Identity, Rollback, Unique};
use crate::source::Span;
use crate::types::Type;
use crate::world::Which;

impl<'a> Resolver<'a, '_> {
    /// Resolves everything after the tables of the head.
    pub(super) fn body(&mut self) {
        self.nulls();
        self.joins();
        self.scope();
        self.targets();
        let map = self.draft.map;
        for statement in &map.statements {
            self.statement(statement, None);
        }
    }

    fn scope(&mut self) {
        let Some(scope) = &self.draft.map.scope else { return };
        let place = Place::of("where");
        let mut rest: Option<Expr> = None;
        let mut parts = Vec::new();
        split_and(scope, &mut parts);
        for part in parts {
            let Some(typed) = self.condition_expr(part, &place) else { continue };
            match typed.kind {
                ExprKind::Exists(index) if !self.draft.step.read.exists[index].probed => {
                    self.draft.step.read.required.push(index);
                }
                _ => {
                    rest = Some(match rest {
                        None => typed,
                        Some(before) => {
                            let nullable = before.nullable || typed.nullable;
                            let kind = ExprKind::And(Box::new(before), Box::new(typed));
                            Expr { kind, ty: Type::Boolean, nullable }
                        }
                    });
                }
            }
        }
        self.draft.step.scope = rest;
    }

    fn statement(&mut self, statement: &'a ast::Statement, into: Option<usize>) {
        match &statement.kind {
            StatementKind::Key { legacy, target } => self.key(legacy, target.as_deref(), into),
            StatementKind::Rule(rule) => self.rule(rule, into),
            StatementKind::Into { target, statements } => {
                let role = self.role(target);
                for statement in statements.iter().filter(|_| role.is_some()) {
                    self.statement(statement, role);
                }
            }
            StatementKind::Drop { columns, reason } => self.drop_columns(columns, reason.as_ref(), statement.span),
            StatementKind::Defer { columns, to } => self.defer(columns, to, statement.span),
            StatementKind::Guard { reason, when } => self.guard(reason, when),
            StatementKind::Unique { columns, reason } => self.unique(columns, reason, statement.span, into),
            StatementKind::Identity { columns, reason } => self.identity(columns, reason, statement.span, into),
            StatementKind::Nulls { .. } => {} // Before everything else, in nulls.rs.
            StatementKind::Irreversible(reason) => self.irreversible(reason.as_ref(), statement.span),
            StatementKind::Require(_) => {} // When the whole plan is known, in check/require.rs.
            StatementKind::Example(_) => {} // After all rules, in check/examples.rs.
        }
    }

    fn key(&mut self, legacy: &'a [ast::Expr], target: Option<&'a ast::KeyColumn>, into: Option<usize>) {
        for expr in legacy {
            let base = self.draft.aliases[0].name.clone();
            match &expr.kind {
                ast::ExprKind::Path(path) if path.names.len() == 2 && path.names[0].text == base => {
                    let typed = self.expression(expr, &Place::of("key"));
                    self.key_is_never_null(typed, expr.span);
                }
                _ => {
                    let message = format!("a key is made of columns of `{base}`");
                    self.report(Diagnostic::error(Code::NO_KEY, expr.span, message));
                }
            }
        }
        let Some(target) = target else { return };
        let [only] = legacy else {
            self.report(
                Diagnostic::error(
                    Code::NO_KEY,
                    target.columns.span,
                    "a key of several columns cannot go into one column",
                )
                .help("leave the arrow out: the migration table remembers the key"),
            );
            return;
        };
        let rule = ast::Rule {
            value: only.clone(),
            arrow: target.arrow,
            arrow_span: target.arrow_span,
            columns: target.columns.clone(),
            restriction: None,
            allows: target.allows.clone(),
        };
        let before: Vec<usize> = self.draft.step.targets.iter().map(|target| target.rules.len()).collect();
        self.rule(&rule, into);
        for (target, before) in self.draft.step.targets.iter_mut().zip(before) {
            if target.rules.len() > before && target.key_rule != Some(before) {
                target.identity = Some(Identity { columns: vec![(before, false)], several: None });
            }
        }
    }

    /// Resolves the columns of `drop` and `defer`.
    fn left_behind(&mut self, columns: &[ast::Columns], to: Option<(String, Span)>) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for group in columns {
            let alias = match &group.alias {
                Some(alias) => self.alias(alias),
                None => Some(0),
            };
            let Some(alias) = alias else { continue };
            for name in &group.names {
                let table = self.draft.aliases[alias].table;
                let mut found = Vec::new();
                let column = self.world.column(table, Which::Legacy, name, &mut found);
                found.into_iter().for_each(|error| self.report(error));
                let Some(column) = column else { continue };
                all.push((self.draft.aliases[alias].name.clone(), column.name.clone()));
                self.draft.left_behind.push(LeftBehind {
                    alias,
                    column: column.name.clone(),
                    span: name.span,
                    to: to.clone(),
                });
            }
        }
        all
    }

    fn drop_columns(&mut self, columns: &[ast::Columns], reason: Option<&ast::Text>, span: Span) {
        if reason.is_none_or(|reason| reason.text.trim().is_empty()) {
            let error = Diagnostic::error(Code::REASON, span, "this `drop` says no reason");
            self.report(error.help("write `drop … \"why nobody needs it\"`"));
        }
        let line = self.line(span);
        let columns = self.left_behind(columns, None);
        self.draft.step.dropped.push(Dropped { columns, reason: words(reason), line });
    }

    fn defer(&mut self, columns: &[ast::Columns], to: &ast::Name, span: Span) {
        if !self.maps.contains(to.text.as_str()) {
            self.unknown_map(to);
        }
        let line = self.line(span);
        let columns = self.left_behind(columns, Some((to.text.clone(), to.span)));
        self.draft.step.deferred.push(Deferred { columns, to: to.text.clone(), line });
    }

    fn guard(&mut self, reason: &ast::Text, when: &ast::Expr) {
        let Some(when) = self.condition_expr(when, &Place::of("reject")) else { return };
        let line = self.line(reason.span);
        let reason = self.reason(&super::pascal(&reason.text), "", &reason.text, line);
        self.draft.step.guards.push(Guard { when, reason });
    }

    fn unique(&mut self, columns: &[(ast::Path, bool)], reason: &ast::Text, span: Span, into: Option<usize>) {
        let Some(places) = self.unique_places(columns, "unique", into) else { return };
        let role = places[0].0;
        let line = self.line(span);
        let column = format!("{}.{}", self.draft.roles[role].name, places[0].2);
        let reason = self.reason(&super::pascal(&reason.text), &column, &reason.text, line);
        // The rules may stand below: indexes are filled in when all are known.
        self.draft.unique.push((places, Unique { target: role, columns: Vec::new(), reason, line }));
    }

    /// Resolves columns of one target, as `unique` and `identity` name them.
    pub(super) fn unique_places(
        &mut self,
        columns: &[(ast::Path, bool)],
        word: &str,
        into: Option<usize>,
    ) -> Option<Vec<UniquePlace>> {
        let mut places: Vec<UniquePlace> = Vec::new();
        for (path, fold) in columns {
            let (alias, name) = match path.names.as_slice() {
                [name] => (None, name),
                [alias, name] => (Some(alias.clone()), name),
                _ => {
                    self.report(Diagnostic::error(Code::UNKNOWN_COLUMN, path.span, "this is no target column"));
                    return None;
                }
            };
            let columns = ast::Columns { alias, names: vec![name.clone()], span: path.span };
            let role = self.rule_target(&columns, into)?;
            let column = self.target_column(role, name)?;
            places.push((role, path.span, column.name.clone(), *fold));
        }
        let role = places[0].0;
        if let Some((_, span, ..)) = places.iter().find(|(other, ..)| *other != role) {
            let message = format!("`{word}` takes columns of one target");
            self.report(Diagnostic::error(Code::UNKNOWN_COLUMN, *span, message));
            return None;
        }
        Some(places)
    }

    fn irreversible(&mut self, reason: Option<&ast::Text>, span: Span) {
        if reason.is_none_or(|reason| reason.text.trim().is_empty()) {
            let error = Diagnostic::error(Code::REASON, span, "`irreversible` says no reason");
            self.report(error.help("write `irreversible \"why it may never be taken back\"`"));
        }
        self.draft.step.rollback = Rollback::Irreversible { line: self.line(span), reason: words(reason) };
    }
}

fn split_and<'e>(expr: &'e ast::Expr, parts: &mut Vec<&'e ast::Expr>) {
    match &expr.kind {
        ast::ExprKind::And(left, right) => {
            split_and(left, parts);
            split_and(right, parts);
        }
        _ => parts.push(expr),
    }
}

pub(super) fn words(text: Option<&ast::Text>) -> String {
    text.map(|text| text.text.clone()).unwrap_or_default()
}

//! Bodies of maps: keys, rules, what is left behind, guards, examples.

use super::convert::{ALLOWS, Loss, adapt_literal, class, reads_zero_dates};
use super::expression::Place;
use super::{LeftBehind, Resolver};
use crate::ast::{self, StatementKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{self, Arrow, Class, Deferred, Dropped, Expr, ExprKind, Guard, Literal, Rollback, Unique};
use crate::schema::{Assigned, Column};
use crate::source::Span;
use crate::types::Type;
use crate::world::{Which, suggest};
use std::collections::BTreeSet;

impl<'a> Resolver<'a, '_> {
    /// Resolves everything after the head. `maps` holds the names of all maps.
    pub(super) fn body(&mut self, maps: &BTreeSet<&str>) {
        self.joins();
        self.scope();
        let map = self.draft.map;
        for statement in &map.statements {
            self.statement(statement, None, maps);
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
                ExprKind::Exists(index) => self.draft.step.read.required.push(index),
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

    fn statement(&mut self, statement: &'a ast::Statement, into: Option<usize>, maps: &BTreeSet<&str>) {
        match &statement.kind {
            StatementKind::Key { legacy, target } => self.key(legacy, target.as_ref(), statement.span, into),
            StatementKind::Rule(rule) => self.rule(rule, into),
            StatementKind::Into { target, statements } => {
                let role = self.role(target);
                for statement in statements.iter().filter(|_| role.is_some()) {
                    self.statement(statement, role, maps);
                }
            }
            StatementKind::Drop { columns, reason } => self.drop_columns(columns, reason.as_ref(), statement.span),
            StatementKind::Defer { columns, to } => self.defer(columns, to, statement.span, maps),
            StatementKind::Guard { reason, when } => self.guard(reason, when),
            StatementKind::Unique { columns, reason } => self.unique(columns, reason, statement.span, into),
            StatementKind::Irreversible(reason) => self.irreversible(reason.as_ref(), statement.span),
            StatementKind::Example(_) => {} // After all rules, in check/examples.rs.
        }
    }

    fn key(
        &mut self,
        legacy: &'a [ast::Expr],
        target: Option<&'a (Arrow, ast::Columns)>,
        span: Span,
        into: Option<usize>,
    ) {
        for expr in legacy {
            let base = self.draft.aliases[0].name.clone();
            match &expr.kind {
                ast::ExprKind::Path(path) if path.names.len() == 2 && path.names[0].text == base => {
                    self.expression(expr, &Place::of("key"));
                }
                _ => {
                    let message = format!("a key is made of columns of `{base}`");
                    self.report(Diagnostic::error(Code::NO_KEY, expr.span, message));
                }
            }
        }
        let Some((arrow, columns)) = target else { return };
        let [only] = legacy else {
            self.report(
                Diagnostic::error(Code::NO_KEY, columns.span, "a key of several columns cannot go into one column")
                    .help("leave the arrow out: the migration table remembers the key"),
            );
            return;
        };
        let rule = ast::Rule {
            value: only.clone(),
            arrow: *arrow,
            arrow_span: span,
            columns: columns.clone(),
            restriction: None,
            allows: Vec::new(),
        };
        let before: Vec<usize> = self.draft.step.targets.iter().map(|target| target.rules.len()).collect();
        self.rule(&rule, into);
        for (target, before) in self.draft.step.targets.iter_mut().zip(before) {
            if target.rules.len() > before && target.key_rule != Some(before) {
                target.identity = Some(before);
            }
        }
    }

    fn rule(&mut self, rule: &ast::Rule, into: Option<usize>) {
        let Some(role) = self.rule_target(&rule.columns, into) else { return };
        if rule.arrow == Arrow::Back {
            let message = "rules that only go back are not supported yet";
            self.report(
                Diagnostic::error(Code::BACK_ARROW, rule.arrow_span, message)
                    .help("write `<->` if nothing is lost, else `->`"),
            );
            return;
        }
        for name in &rule.columns.names {
            if let Some(column) = self.target_column(role, name) {
                self.column_rule(rule, role, name, column);
            }
        }
    }

    fn rule_target(&mut self, columns: &ast::Columns, into: Option<usize>) -> Option<usize> {
        match (&columns.alias, into) {
            (Some(alias), _) => {
                let found = self.role(alias)?;
                if into.is_some_and(|into| into != found) {
                    let message = format!("this block writes another target than `{}`", alias.text);
                    self.report(
                        Diagnostic::error(Code::UNKNOWN_ALIAS, alias.span, message)
                            .help("move the rule out of the block"),
                    );
                    return None;
                }
                Some(found)
            }
            (None, Some(into)) => Some(into),
            (None, None) if self.draft.roles.len() == 1 => Some(0),
            (None, None) => {
                let roles: Vec<String> = self.draft.roles.iter().map(|role| format!("`{}`", role.name)).collect();
                let message = format!("this map has several targets: {}", roles.join(", "));
                self.report(
                    Diagnostic::error(Code::UNKNOWN_ALIAS, columns.span, message)
                        .help("write `target.column`, or use an `into` block"),
                );
                None
            }
        }
    }

    fn column_rule(&mut self, rule: &ast::Rule, role: usize, name: &ast::Name, column: &Column) {
        let role_name = self.draft.roles[role].name.clone();
        let full = format!("{role_name}.{}", column.name);
        if let Some(first) = self.draft.rule_spans.insert((role, column.name.clone()), rule.value.span.to(name.span)) {
            let message = format!("`{full}` gets a value twice");
            self.report(Diagnostic::error(Code::TWICE, name.span, message).label(first, "first here"));
            return;
        }
        if column.assigned == Assigned::Computed {
            let message = format!("the database computes `{full}` itself");
            let ddl = self.world.ddl_line(Which::Target, column.line);
            self.report(Diagnostic::error(Code::NOT_WRITABLE, name.span, message).label(ddl, "declared here"));
            return;
        }
        let zero_is_null = rule.allows.iter().any(|allow| allow.name.text == "zero.null");
        let place = Place { column: full.clone(), zero_is_null };
        let Some(value) = self.expression(&rule.value, &place) else { return };
        let value = adapt_literal(value, &column.ty);
        let Some(value) = self.restricted(value, rule, &place) else { return };
        let zero = reads_zero_dates(&value, &self.draft.step.read.columns);
        let Some((value, losses)) = self.convert(value, column, rule.value.span, &role_name) else { return };
        self.check_claim(rule, column, &value, &losses, zero);
        let class = class(&value, &self.world.value_maps);
        let plan_rule = plan::Rule {
            column: column.name.clone(),
            ty: column.ty.clone(),
            nullable: column.nullable,
            arrow: rule.arrow,
            value,
            class,
            allows: rule.allows.iter().map(|allow| (allow.name.text.clone(), words(allow.reason.as_ref()))).collect(),
            text: one_line(self.world.sources.text(rule.value.span)),
            line: self.line(rule.value.span),
        };
        let target = &mut self.draft.step.targets[role];
        if target.key == column.name {
            target.key_rule = Some(target.rules.len());
        }
        target.rules.push(plan_rule);
    }

    fn restricted(&mut self, value: Expr, rule: &ast::Rule, place: &Place) -> Option<Expr> {
        let Some(restriction) = &rule.restriction else { return Some(value) };
        let patterns = self.patterns(&restriction.patterns, &value.ty)?;
        let name = super::pascal(place.column.rsplit('.').next().unwrap_or_default());
        let words = restriction.reason.as_ref().map_or("not a value that is taken over", |words| words.text.as_str());
        let line = self.line(restriction.span);
        let reject = self.reason(&name, &place.column, words, line);
        let listed: Option<Vec<String>> = patterns
            .iter()
            .map(|pattern| match pattern {
                plan::Pattern::Literal(Literal::Text(text)) => Some(text.clone()),
                _ => None,
            })
            .collect();
        let (ty, nullable) = (listed.map_or_else(|| value.ty.clone(), Type::Enum), value.nullable);
        Some(Expr { kind: ExprKind::Restrict { argument: Box::new(value), patterns, reject }, ty, nullable })
    }

    /// Checks that the arrow claims no more than is true, and that every allow is needed and has a reason.
    fn check_claim(&mut self, rule: &ast::Rule, column: &Column, value: &Expr, losses: &[Loss], zero: bool) {
        let ddl = self.world.ddl_line(Which::Target, column.line);
        let allowed = |name: &str| rule.allows.iter().any(|allow| allow.name.text == name);
        for loss in losses.iter().filter(|loss| !allowed(loss.name)) {
            if let Some(error) = refused_loss(rule, loss, ddl) {
                self.report(error);
            }
        }
        if rule.arrow == Arrow::Both && class(value, &self.world.value_maps) == Class::OneWay {
            let message = "`<->` claims a way back, and there is none";
            let error =
                Diagnostic::error(Code::NO_WAY_BACK, rule.value.span, message).label(rule.arrow_span, "the claim");
            self.report(error.help("write `->`").patch("claim the way forward only", rule.arrow_span, "->"));
        }
        for allow in &rule.allows {
            self.check_allow(rule, allow, losses, zero);
        }
    }

    fn check_allow(&mut self, rule: &ast::Rule, allow: &ast::Allow, losses: &[Loss], zero: bool) {
        let name = allow.name.text.as_str();
        if !ALLOWS.iter().any(|(known, _)| *known == name) {
            let names: Vec<&str> = ALLOWS.iter().map(|(name, _)| *name).collect();
            let message = format!("there is no allow `{name}`");
            let error = Diagnostic::error(Code::UNKNOWN_ALLOW, allow.name.span, message)
                .note(format!("there is: {}", names.join(", ")));
            self.report(suggest(error, allow.name.span, name, &names));
            return;
        }
        let claimed = rule.arrow == Arrow::Both || !name.starts_with("lossy.");
        let needed = if name == "zero.null" { zero } else { losses.iter().any(|loss| loss.name == name) };
        if !(needed && claimed) {
            let message = format!("stale allow: `{name}` does not apply here");
            let error = Diagnostic::error(Code::STALE_ALLOW, allow.span, message);
            let error = if needed { error.note("`->` claims nothing about the way back") } else { error };
            self.report(error.help("take it out").patch("take it out", allow.span, ""));
        } else if allow.reason.as_ref().is_none_or(|reason| reason.text.trim().is_empty()) {
            let message = format!("`allow({name})` says no reason");
            self.report(
                Diagnostic::error(Code::REASON, allow.span, message)
                    .help(format!("write `allow({name}) \"why that is right\"`")),
            );
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

    fn defer(&mut self, columns: &[ast::Columns], to: &ast::Name, span: Span, maps: &BTreeSet<&str>) {
        if !maps.contains(to.text.as_str()) {
            let names: Vec<&str> = maps.iter().copied().collect();
            let message = format!("there is no map `{}`", to.text);
            let error = Diagnostic::error(Code::UNKNOWN_MAP, to.span, message);
            self.report(suggest(error, to.span, &to.text, &names));
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
        let mut places: Vec<(usize, Span, String, bool)> = Vec::new();
        for (path, fold) in columns {
            let (alias, name) = match path.names.as_slice() {
                [name] => (None, name),
                [alias, name] => (Some(alias.clone()), name),
                _ => {
                    self.report(Diagnostic::error(Code::UNKNOWN_COLUMN, path.span, "this is no target column"));
                    return;
                }
            };
            let columns = ast::Columns { alias, names: vec![name.clone()], span: path.span };
            let Some(role) = self.rule_target(&columns, into) else { return };
            let Some(column) = self.target_column(role, name) else { return };
            places.push((role, path.span, column.name.clone(), *fold));
        }
        let role = places[0].0;
        if let Some((_, span, ..)) = places.iter().find(|(other, ..)| *other != role) {
            self.report(Diagnostic::error(Code::UNKNOWN_COLUMN, *span, "`unique` takes columns of one target"));
            return;
        }
        let line = self.line(span);
        let column = format!("{}.{}", self.draft.roles[role].name, places[0].2);
        let reason = self.reason(&super::pascal(&reason.text), &column, &reason.text, line);
        // The rules may stand below: indexes are filled in when all are known.
        self.draft.unique.push((places, Unique { target: role, columns: Vec::new(), reason, line }));
    }

    fn irreversible(&mut self, reason: Option<&ast::Text>, span: Span) {
        if reason.is_none_or(|reason| reason.text.trim().is_empty()) {
            let error = Diagnostic::error(Code::REASON, span, "`irreversible` says no reason");
            self.report(error.help("write `irreversible \"why it may never be taken back\"`"));
        }
        self.draft.step.rollback = Rollback::Irreversible { line: self.line(span), reason: words(reason) };
    }
}

fn refused_loss(rule: &ast::Rule, loss: &Loss, ddl: Span) -> Option<Diagnostic> {
    let allow = format!("allow({}) \"reason\"", loss.name);
    let end = rule.columns.span.after();
    let error = match loss.name {
        "narrow" => Diagnostic::error(Code::NARROW, rule.value.span, loss.why.clone()),
        "null" => Diagnostic::error(Code::NULL, rule.value.span, loss.why.clone()),
        _ if rule.arrow == Arrow::Both => {
            let message = format!("`<->` claims that nothing is lost, but {}", loss.why);
            Diagnostic::error(Code::LOSS, rule.value.span, message)
        }
        _ => return None,
    };
    let help = match loss.name {
        "narrow" => format!("add `{allow}`: values that do not fit are then rejected"),
        "null" => format!(
            "give a value for null, as in `coalesce(…, \"\")`, or add `{allow}`: rows with null are then rejected"
        ),
        _ => format!("add `{allow}`, or write `->`"),
    };
    Some(error.label(ddl, "the column is declared here").help(help).patch("allow it", end, format!(" {allow}")))
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

fn words(text: Option<&ast::Text>) -> String {
    text.map(|text| text.text.clone()).unwrap_or_default()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

//! Rules: the value of a target column, and whether the arrow claims no more than is true.

use super::Resolver;
use super::class::{Facts, Maps, class, rule_class};
use super::convert::adapt_literal;
use super::expression::Place;
use super::loss::{ALLOWS, Loss, reads_zero_dates};
use super::statement::words;
use crate::ast;
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::plan::{self, Arrow, Class, Expr, ExprKind, Literal};
use crate::schema::{Assigned, Column};
use crate::source::Span;
use crate::types::Type;
use crate::world::{Which, suggest};

impl Resolver<'_, '_> {
    pub(super) fn rule(&mut self, rule: &ast::Rule, into: Option<usize>) {
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

    pub(super) fn rule_target(&mut self, columns: &ast::Columns, into: Option<usize>) -> Option<usize> {
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

    pub(super) fn column_rule(&mut self, rule: &ast::Rule, role: usize, name: &ast::Name, column: &Column) {
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
        let Some(value) = self.sibling_is_there(value, role, column, rule.value.span) else { return };
        let Some(value) = self.restricted(value, rule, &place) else { return };
        let zero = reads_zero_dates(&value, &self.draft.step.read.columns);
        let Some((value, losses)) = self.convert(value, column, rule.value.span, &role_name) else { return };
        self.check_claim(rule, column, &value, &losses, zero);
        let class = rule_class(&value, column, self.facts());
        let plan_rule = plan::Rule {
            column: column.name.clone(),
            ty: column.ty.clone(),
            nullable: column.nullable,
            arrow: rule.arrow,
            value,
            class,
            allows: rule.allows.iter().map(|allow| (allow.name.text.clone(), words(allow.reason.as_ref()))).collect(),
            text: self.world.written(rule.value.span),
            line: self.line(rule.value.span),
        };
        let target = &mut self.draft.step.targets[role];
        if target.key == column.name {
            target.key_rule = Some(target.rules.len());
        }
        target.rules.push(plan_rule);
    }

    fn facts(&self) -> Facts<'_> {
        let (value_maps, links) = (&self.world.value_maps, &self.draft.step.links);
        Facts { value_maps, links, target: &self.world.target.schema, maps: Maps::Shapes(self.shapes) }
    }

    /// The row of a target with a condition is there where the same condition is this target's; elsewhere its key can
    /// be null.
    fn sibling_is_there(&mut self, value: Expr, role: usize, column: &Column, span: Span) -> Option<Expr> {
        let ExprKind::Sibling(other) = value.kind else { return Some(value) };
        let when = |target: usize| self.draft.map.targets[target].when.as_ref();
        let same = when(role)
            .zip(when(other))
            .is_some_and(|(own, other)| self.world.written(own.span) == self.world.written(other.span));
        if same {
            return Some(Expr { nullable: false, ..value });
        }
        if value.nullable && !column.nullable {
            let (own, other) = (&self.draft.roles[role].name, &self.draft.roles[other].name);
            let message = format!("there may be a row of `{own}` without one of `{other}` to refer to");
            let ddl = self.world.ddl_line(Which::Target, column.line);
            let error = Diagnostic::error(Code::NULL, span, message).label(ddl, "this column does not take null");
            let help = format!("give `{own}` the same `when` as `{other}`");
            self.report(error.help(help));
            return None;
        }
        Some(value)
    }

    pub(super) fn restricted(&mut self, value: Expr, rule: &ast::Rule, place: &Place) -> Option<Expr> {
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
    pub(super) fn check_claim(&mut self, rule: &ast::Rule, column: &Column, value: &Expr, losses: &[Loss], zero: bool) {
        let ddl = self.world.ddl_line(Which::Target, column.line);
        let allowed = |name: &str| rule.allows.iter().any(|allow| allow.name.text == name);
        for loss in losses.iter().filter(|loss| !allowed(loss.name)) {
            if let Some(error) = refused_loss(rule, loss, ddl) {
                self.report(error);
            }
        }
        if rule.arrow == Arrow::Both && class(value, self.facts()) == Class::OneWay {
            let message = "`<->` claims a way back, and there is none";
            let error =
                Diagnostic::error(Code::NO_WAY_BACK, rule.value.span, message).label(rule.arrow_span, "the claim");
            self.report(error.patch("write `->`", rule.arrow_span, "->"));
        }
        for allow in &rule.allows {
            self.check_allow(rule, allow, losses, zero);
        }
    }

    pub(super) fn check_allow(&mut self, rule: &ast::Rule, allow: &ast::Allow, losses: &[Loss], zero: bool) {
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
        let first = rule.allows.iter().find(|other| other.name.text == name);
        if let Some(first) = first.filter(|first| first.span != allow.span) {
            let message = format!("`allow({name})` is given twice");
            let error = Diagnostic::error(Code::STALE_ALLOW, allow.span, message).label(first.span, "first here");
            self.report(error.patch("take one out", allow.span, ""));
            return;
        }
        let needed = if name == "zero.null" { zero } else { losses.iter().any(|loss| loss.name == name) };
        if !(needed && claimed) {
            let message = format!("stale allow: `{name}` does not apply here");
            let error = Diagnostic::error(Code::STALE_ALLOW, allow.span, message);
            let error = if needed { error.note("`->` claims nothing about the way back") } else { error };
            self.report(error.patch_as(Applicability::MachineApplicable, "take it out", allow.span, ""));
        } else if allow.reason.as_ref().is_none_or(|reason| reason.text.trim().is_empty()) {
            let message = format!("`allow({name})` says no reason");
            self.report(
                Diagnostic::error(Code::REASON, allow.span, message)
                    .help(format!("write `allow({name}) \"why that is right\"`")),
            );
        }
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
    Some(error.label(ddl, "the column is declared here").patch_as(
        Applicability::HasPlaceholders,
        help,
        end,
        format!("  {allow}"),
    ))
}

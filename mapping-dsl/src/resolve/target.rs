//! What a map says of a target as a whole: under which condition there is a row, whether rows must be there already,
//! and by which columns one that is there is recognised.

use super::expression::Place;
use super::{IdentityDraft, Resolver};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, ExprKind, Unique};
use crate::source::Span;

impl Resolver<'_, '_> {
    /// Resolves the conditions of the head's targets.
    pub(super) fn targets(&mut self) {
        let targets = &self.draft.map.targets;
        for (at, target) in targets.iter().enumerate() {
            if let Some(when) = &target.when {
                let place = Place::of(&target.table.alias.text);
                self.draft.step.targets[at].when = self.row_condition(when, &place);
                self.draft.step.targets[at].when_text = Some(self.world.written(when.span));
            }
            if let Some(words) = &target.existing {
                let line = self.line(target.span);
                let table = super::pascal(&self.draft.roles[at].table.name);
                let reason = self.reason(&format!("No{table}"), &target.table.alias.text, &words.text, line);
                self.draft.step.targets[at].existing = Some(reason);
            }
        }
        if targets.iter().all(|target| target.when.is_some()) {
            let line = self.line(self.draft.map.span);
            let message = "no target's condition holds: the row would leave nothing behind";
            self.draft.step.no_target = Some(self.reason("NoTarget", "", message, line));
        }
    }

    /// A condition is asked before anything is looked up or written.
    fn row_condition(&mut self, when: &ast::Expr, place: &Place) -> Option<Expr> {
        let typed = self.condition_expr(when, place)?;
        if let Some(what) = asks_too_much(&typed) {
            let message = format!("{what} cannot decide whether there is a row");
            let error = Diagnostic::error(Code::CONDITION, when.span, message)
                .here("this is asked before anything is looked up or written");
            self.report(error.help("compare legacy columns, or use `exists`"));
            return None;
        }
        Some(typed)
    }

    /// Resolves `identity t.x, fold(t.y) else reject "…"`. A second legacy row with these values would claim the same
    /// row of the target, or make a second one: it falls under the same rule as `unique`.
    pub(super) fn identity(
        &mut self,
        columns: &[(ast::Path, bool)],
        reason: &ast::Text,
        span: Span,
        into: Option<usize>,
    ) {
        let Some(places) = self.unique_places(columns, "identity", into) else { return };
        let (role, line) = (places[0].0, self.line(span));
        let column = format!("{}.{}", self.draft.roles[role].name, places[0].2);
        let twice = self.reason(&super::pascal(&reason.text), &column, &reason.text, line);
        let table = &self.draft.roles[role].table.name;
        let several = format!("several rows of {}.{table} could be meant", self.world.target.alias);
        let several = self.reason(&format!("Several{}", super::pascal(table)), &column, &several, line);
        self.draft.unique.push((places.clone(), Unique { target: role, columns: Vec::new(), reason: twice, line }));
        self.draft.identities.push(IdentityDraft { span, places, several });
    }
}

/// Returns what of an expression is not known before keys are looked up.
pub(super) fn asks_too_much(expr: &Expr) -> Option<&'static str> {
    match &expr.kind {
        ExprKind::Link { .. } => Some("what is looked up"),
        ExprKind::Sibling(_) => Some("the key of another target"),
        ExprKind::Generated(_) => Some("what is generated"),
        _ => expr.children().into_iter().find_map(asks_too_much),
    }
}

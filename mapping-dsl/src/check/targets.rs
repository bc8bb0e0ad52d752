//! Targets as a whole: rows that must be there already can be recognised and are never written.
//!
//! ```text
//! map Site: old.Site s -> new.site t existing else reject "enter it by hand first" {
//!   key s.Id
//!   s.Name -> t.name
//! }                             // M0507: by what is a row recognised?
//! ```

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{ExprKind, Identity};
use crate::resolve::{Draft, IdentityDraft};

pub(super) fn check(draft: &mut Draft<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for identity in std::mem::take(&mut draft.identities) {
        take_identity(draft, identity, diagnostics);
    }
    for at in 0..draft.map.targets.len() {
        if draft.map.targets[at].existing.is_some() {
            existing(draft, at, diagnostics);
        }
    }
}

/// Puts an `identity` statement into its target.
fn take_identity(draft: &mut Draft<'_>, identity: IdentityDraft, diagnostics: &mut Vec<Diagnostic>) {
    let role = identity.places[0].0;
    let target = &draft.step.targets[role];
    if target.identity.is_some() {
        let message = format!("rows of `{}` are recognised by something already", target.role);
        let error = Diagnostic::error(Code::IDENTITY, identity.span, message);
        diagnostics.push(error.help(match target.identity.as_ref().is_some_and(|known| known.several.is_none()) {
            true => "take the arrow of `key` out, or this statement",
            false => "write one `identity` with all columns, separated by commas",
        }));
        return;
    }
    let mut columns = Vec::new();
    for (_, span, column, fold) in &identity.places {
        // A column without rule has been reported with `unique`, whose rule this is too.
        let Some(rule) = target.rules.iter().position(|rule| rule.column == *column) else { return };
        if matches!(target.rules[rule].value.kind, ExprKind::Sibling(_) | ExprKind::Generated(_)) {
            let message = format!("`{column}` is not known before the row is written");
            let error = Diagnostic::error(Code::IDENTITY, *span, message);
            diagnostics.push(error.help("recognise rows by values that the legacy row gives"));
            return;
        }
        columns.push((rule, *fold));
    }
    draft.step.targets[role].identity = Some(Identity { columns, several: Some(identity.several) });
}

fn existing(draft: &Draft<'_>, at: usize, diagnostics: &mut Vec<Diagnostic>) {
    let (target, written) = (&draft.step.targets[at], &draft.map.targets[at]);
    let name = &target.role;
    if draft.roles.len() > 1 {
        let message = format!("`{name}` must be there already, the other targets are written");
        let error = Diagnostic::error(Code::IDENTITY, written.span, message);
        diagnostics.push(error.help("make it a map of its own; other maps `ref` it"));
    }
    if target.identity.is_none() && !draft.damaged {
        let message = format!("nothing says by what a row of `{name}` is recognised");
        let error = Diagnostic::error(Code::IDENTITY, written.span, message);
        diagnostics.push(error.help(format!(
            "add `identity {name}.column else reject \"…\"`, or `key … <-> {name}.column` if it remembers the legacy key"
        )));
    }
    for rule in target.rules.iter().filter(|rule| matches!(rule.value.kind, ExprKind::Generated(_))) {
        let message = format!("rows of `{name}` are never written: a generated value does nothing");
        let place = draft.rule_spans.get(&(at, rule.column.clone())).copied().unwrap_or(written.span);
        diagnostics.push(Diagnostic::error(Code::NOT_WRITABLE, place, message).help("take the rule out"));
    }
}

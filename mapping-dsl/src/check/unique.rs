//! Columns of `unique` and `identity` must get their values by rules of the map.

use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::Draft;

pub(super) fn check(draft: &mut Draft<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (places, mut unique) in std::mem::take(&mut draft.unique) {
        let target = &draft.step.targets[unique.target];
        for (_, span, column, fold) in places {
            match target.rules.iter().position(|rule| rule.column == column) {
                Some(_) if fold && !target.rules.iter().any(|rule| rule.column == column && rule.ty.is_text()) => {
                    let message = format!("`fold` takes texts, `{column}` is none");
                    diagnostics.push(Diagnostic::error(Code::TYPES, span, message));
                }
                Some(rule) => unique.columns.push((rule, fold)),
                None if draft.damaged => {}
                None => {
                    let message = format!("no rule gives `{}.{column}` a value", target.role);
                    diagnostics.push(Diagnostic::error(Code::UNKNOWN_COLUMN, span, message));
                }
            }
        }
        draft.step.unique.push(unique);
    }
}

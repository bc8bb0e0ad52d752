//! A column that is deferred to another map must be used there.

use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::Draft;
use std::collections::BTreeMap;

pub(super) fn check(drafts: &[Draft<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let by_name: BTreeMap<&str, &Draft<'_>> = drafts.iter().map(|draft| (draft.step.name.as_str(), draft)).collect();
    for draft in drafts {
        for left in &draft.left_behind {
            let Some((to, span)) = &left.to else { continue };
            let Some(other) = by_name.get(to.as_str()) else { continue };
            let table = &draft.aliases[left.alias].table.name;
            let taken = other
                .used
                .iter()
                .any(|(alias, column)| other.aliases[*alias].table.name == *table && *column == left.column);
            if !taken && !other.damaged {
                let message = format!("`{}` does not use `{}` of {table}", to, left.column);
                let error =
                    Diagnostic::error(Code::STALE_DROP, left.span, message).label(*span, "deferred to this map");
                diagnostics.push(error.help("use it there, or drop it here with a reason"));
            }
        }
    }
}

//! A `nulls` says something as long as the map looks at the column.
//!
//! ```text
//! nulls p.Email: ""
//! drop p.Email "not needed"   // M0702: nothing looks at p.Email
//! ```

use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::Draft;

pub(super) fn check(draft: &Draft<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if draft.damaged {
        return; // The rule that looks at the column may not have been understood.
    }
    for class in draft.nulls.iter().filter(|class| !class.used) {
        let name = format!("{}.{}", draft.aliases[class.alias].name, class.column);
        let message = format!("no rule looks at `{name}`, so nothing of it means null");
        diagnostics.push(Diagnostic::error(Code::STALE_DROP, class.span, message).help("take it out"));
    }
}

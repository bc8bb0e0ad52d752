//! What all files of SQL share: the head of a file, the head of a step's section, and how a template becomes a file.

use super::dialect::SqlDialect;
use super::expression::Unsupported;
use crate::comment;
use crate::files::Mark;
use cutover_mapping_dsl::plan::{Plan, Step};

/// The head of a file.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) mark: Mark,
    /// What the file is and how it is used, line by line.
    pub(crate) about: Vec<String>,
    /// Statements that every session needs.
    pub(crate) prelude: &'static [&'static str],
    /// What ends them.
    pub(crate) end: &'static str,
}

impl Head {
    pub(crate) fn new(plan: &Plan, dialect: &dyn SqlDialect, about: &[&str]) -> Head {
        let place = dialect.place();
        let (old, new) = (comment::line(&plan.legacy.alias), comment::line(&plan.target.alias));
        let names = [
            format!(
                "For {}: the legacy tables lie in the {} {old}, the target tables and",
                dialect.title(),
                place.noun
            ),
            format!("the control tables in the {} {new}; {}.", place.noun, place.advice),
        ];
        let usage = dialect.usage().iter().map(|line| line.to_string());
        let about = about.iter().map(|line| line.to_string()).chain(names).chain(usage).collect();
        Head { mark: Mark::new(plan), about, prelude: dialect.prelude(), end: dialect.batch_end() }
    }
}

/// The head of a step's section.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    /// Name of the map.
    pub(crate) name: String,
    /// File and line of the map.
    pub(crate) place: String,
    /// Lines of its doc comment.
    pub(crate) docs: Vec<String>,
    /// Why there are no statements, if there are none.
    pub(crate) blocked: Vec<String>,
    /// Where the step is carried then.
    pub(crate) otherwise: &'static str,
    /// What ends statements that belong together.
    pub(crate) end: &'static str,
}

impl Section {
    pub(crate) fn new(plan: &Plan, step: &Step, dialect: &dyn SqlDialect, unsupported: &[Unsupported]) -> Section {
        let place = format!("{}:{}", comment::line(&plan.file), step.line);
        let blocked = unsupported.iter().map(|what| not_expressible(dialect, what)).collect();
        Section {
            name: comment::line(&step.name).into_owned(),
            place,
            docs: comment::lines(&step.docs),
            blocked,
            otherwise: dialect.otherwise(),
            end: dialect.batch_end(),
        }
    }
}

/// Says that a dialect cannot express something.
pub(crate) fn not_expressible(dialect: &dyn SqlDialect, what: &Unsupported) -> String {
    format!("not expressible in {}: {what}", dialect.title())
}

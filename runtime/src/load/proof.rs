//! Which foreign keys no row of a run can violate. Only those may go in load mode: a row that one of the others refuses is
//! rejected, and that must not depend on the mode.

use crate::connection::Connection;
use crate::entries;
use crate::error::RunError;
use crate::removable::ForeignKey;
use crate::step::{KeyAssigned, LinkSpec, Source, Step, StepSpec, TargetSpec};
use crate::value::Value;
use std::collections::BTreeSet;

/// What is known of the steps of a run.
pub(super) struct Proofs<'s> {
    steps: &'s [Box<dyn Step>],
    /// Targets, by step and index, with entries whose rows somebody has deleted: what refers to them may find nothing.
    gone: BTreeSet<(&'s str, usize)>,
}

impl<'s> Proofs<'s> {
    /// Looks at what earlier runs have written.
    pub(super) fn load(target: &mut dyn Connection, steps: &'s [Box<dyn Step>]) -> Result<Proofs<'s>, RunError> {
        let mut gone = BTreeSet::new();
        for step in steps {
            let spec = step.spec();
            for role in (0..spec.targets.len()).filter(|role| is_referred_to(steps, &spec.name, *role)) {
                if entries::any_without_row(target, spec, role)? {
                    gone.insert((spec.name.as_str(), role));
                }
            }
        }
        Ok(Proofs { steps, gone })
    }

    /// Returns whether every row that the steps write fulfils a foreign key.
    pub(super) fn hold(&self, foreign_key: &ForeignKey) -> bool {
        self.steps.iter().map(|step| step.spec()).all(|spec| {
            let writes = |role: &&TargetSpec| role.table == foreign_key.table && role.existing.is_none();
            spec.targets.iter().filter(writes).all(|role| self.holds(foreign_key, spec, role))
        })
    }

    fn holds(&self, foreign_key: &ForeignKey, spec: &StepSpec, role: &TargetSpec) -> bool {
        let column = &foreign_key.column;
        let is_it = |name: &str| name.eq_ignore_ascii_case(column);
        if role.key.assigned == KeyAssigned::Engine && is_it(&role.key.column) {
            return false;
        }
        let Some(written) = role.columns.iter().find(|written| is_it(&written.name)) else {
            return foreign_key.null_by_default;
        };
        match &written.source {
            Source::Constant(value) => *value == Value::Null,
            Source::Sibling(of) => is_key(foreign_key, &spec.targets[*of]),
            Source::Link(link) => self.finds(foreign_key, &spec.links[*link]),
            Source::Converted | Source::Generated => false,
        }
    }

    /// Returns whether a link that finds something finds a value to which the foreign key may refer.
    fn finds(&self, foreign_key: &ForeignKey, link: &LinkSpec) -> bool {
        match link {
            LinkSpec::Lookup { table, result, .. } => {
                *table == foreign_key.referenced && *result == foreign_key.referenced_column
            }
            LinkSpec::Reference { step, target } => {
                let specs = self.steps.iter().map(|step| step.spec());
                let role = specs.filter(|spec| spec.name == *step).find_map(|spec| spec.targets.get(*target));
                role.is_some_and(|role| is_key(foreign_key, role)) && !self.gone.contains(&(step.as_str(), *target))
            }
        }
    }
}

fn is_key(foreign_key: &ForeignKey, role: &TargetSpec) -> bool {
    role.table == foreign_key.referenced && role.key.column == foreign_key.referenced_column
}

fn is_referred_to(steps: &[Box<dyn Step>], name: &str, role: usize) -> bool {
    let mut links = steps.iter().flat_map(|step| &step.spec().links);
    links.any(|link| matches!(link, LinkSpec::Reference { step, target } if step == name && *target == role))
}

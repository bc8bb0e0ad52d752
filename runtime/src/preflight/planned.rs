//! What would become of the rows of each step, as far as others ask: fingerprints of their keys, which go into scratch
//! files once they are many.

use crate::error::RunError;
use crate::fingerprint::{self, PrintMap};
use crate::print_store::PrintStore;
use crate::step::{LinkSpec, Step, StepSpec, TargetRows};
use crate::value::Value;
use std::collections::BTreeMap;

/// The outcomes of all steps that others, or their own rows, refer to, by name.
#[derive(Default)]
pub(super) struct Plans {
    steps: BTreeMap<String, Planned>,
}

/// The outcomes of one step.
struct Planned {
    migrated: PrintStore,
    rejected: PrintStore,
    /// For each target whether it has a condition, and rows for which it does not hold.
    without: Vec<Option<PrintStore>>,
    /// Keys of the rows that stand for legacy rows already, by role.
    found: PrintMap<Vec<Value>>,
}

/// What would become of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// It would be written, and get a key in this role.
    Migrated,
    /// It would be written, but not in this role.
    Without,
    /// There is a row already; this is its key in this role, or null.
    Found(Value),
    /// It would be rejected.
    Rejected,
}

impl Plans {
    /// Makes room for the steps that are referred to.
    pub(super) fn new(steps: &[Box<dyn Step>]) -> Plans {
        let links = steps.iter().flat_map(|step| &step.spec().links);
        let referred: Vec<&String> = links
            .filter_map(|link| match link {
                LinkSpec::Reference { step, .. } => Some(step),
                LinkSpec::Lookup { .. } => None,
            })
            .collect();
        let specs = steps.iter().map(|step| step.spec()).filter(|spec| referred.contains(&&spec.name));
        Plans { steps: specs.map(|spec| (spec.name.clone(), Planned::new(spec))).collect() }
    }

    /// Returns what would become of a row, in a role; none if it was not asked.
    pub(super) fn outcome(&self, step: &str, role: usize, key: u128) -> Result<Option<Outcome>, RunError> {
        let Some(planned) = self.steps.get(step) else { return Ok(None) };
        if let Some(keys) = planned.found.get(&key) {
            return Ok(Some(Outcome::Found(keys[role].clone())));
        }
        if planned.migrated.contains(key)? {
            let without = planned.without[role].as_ref().map_or(Ok(false), |without| without.contains(key))?;
            return Ok(Some(if without { Outcome::Without } else { Outcome::Migrated }));
        }
        Ok(planned.rejected.contains(key)?.then_some(Outcome::Rejected))
    }

    pub(super) fn migrated(&mut self, step: &str, key: u128, rows: &TargetRows) -> Result<(), RunError> {
        let Some(planned) = self.steps.get_mut(step) else { return Ok(()) };
        for (without, _) in planned.without.iter_mut().zip(rows).filter(|(_, row)| row.is_none()) {
            without.iter_mut().try_for_each(|without| without.insert(key))?;
        }
        planned.migrated.insert(key)
    }

    pub(super) fn found(&mut self, step: &str, key: u128, keys: Vec<Value>) {
        if let Some(planned) = self.steps.get_mut(step) {
            planned.found.insert(key, keys);
        }
    }

    pub(super) fn rejected(&mut self, step: &str, key: u128) -> Result<(), RunError> {
        self.steps.get_mut(step).map_or(Ok(()), |planned| planned.rejected.insert(key))
    }
}

impl Planned {
    fn new(spec: &StepSpec) -> Planned {
        let without = spec.targets.iter().map(|target| target.conditional.then(PrintStore::default));
        let (migrated, rejected) = (PrintStore::default(), PrintStore::default());
        Planned { migrated, rejected, without: without.collect(), found: PrintMap::default() }
    }
}

/// Returns what stands for the key of a row that would be written: no row that is there refers to it, and each row has
/// another one.
pub(super) fn key_to_come(step: &str, role: usize, key: u128) -> Value {
    let parts = [Value::Text(step.to_string()), Value::Integer(role as i128), Value::Bytes(key.to_be_bytes().to_vec())];
    Value::Bytes(fingerprint::of(&parts).to_be_bytes().to_vec())
}

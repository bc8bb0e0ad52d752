//! What would become of the rows of each step, as far as others ask: fingerprints of their keys, which go into scratch
//! files once they are many.

use crate::error::RunError;
use crate::fingerprint::{self, PrintMap};
use crate::links::folded;
use crate::print_store::PrintStore;
use crate::step::{LinkSpec, Step, StepSpec, TargetRows, TargetSpec};
use crate::value::{Row, Value};
use std::collections::BTreeMap;

/// The outcomes of all steps that others, or their own rows, refer to, by name.
#[derive(Default)]
pub(super) struct Plans {
    steps: BTreeMap<String, Planned>,
    /// What steps before would write into tables in which a later step looks rows up: for each link of that step.
    lookups: BTreeMap<String, BTreeMap<usize, PrintMap<PlannedRow>>>,
    /// The same for what a later step says is unique: for each rule of that step.
    uniques: BTreeMap<String, BTreeMap<usize, PrintStore>>,
}

/// What a later step would find by a lookup.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PlannedRow {
    /// A value that the row would have.
    Value(Value),
    /// The key that it would get; this stands for it.
    ToCome(Value),
    /// Several rows.
    Several,
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
        let steps = specs.map(|spec| (spec.name.clone(), Planned::new(spec))).collect();
        Plans { steps, ..Plans::default() }
    }

    /// Takes in the rows that a step would write for a legacy row, as far as `later` steps look into their tables.
    pub(super) fn written<'s>(
        &mut self,
        spec: &StepSpec,
        key: u128,
        rows: &TargetRows,
        later: impl Iterator<Item = &'s StepSpec>,
    ) -> Result<(), RunError> {
        for later in later {
            for (at, row) in rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.as_ref()?))) {
                self.seen_by_lookups(later, (spec, at), key, row);
                self.seen_by_rules(later, (spec, at), row)?;
            }
        }
        Ok(())
    }

    fn seen_by_lookups(&mut self, later: &StepSpec, (spec, at): (&StepSpec, usize), key: u128, row: &Row) {
        let target = &spec.targets[at];
        for (link, lookup) in later.links.iter().enumerate() {
            let LinkSpec::Lookup { table, result, by, .. } = lookup else { continue };
            let by = by.iter().map(|column| (column.column.as_str(), column.fold));
            let Some(print) = (*table == target.table).then(|| print_of(target, row, by)).flatten() else { continue };
            let found = match value_of(target, row, result) {
                Some(value) => PlannedRow::Value(value.clone()),
                None => PlannedRow::ToCome(key_to_come(&spec.name, at, key)),
            };
            let rows = self.lookups.entry(later.name.clone()).or_default().entry(link).or_default();
            rows.entry(print).and_modify(|row| *row = PlannedRow::Several).or_insert(found);
        }
    }

    fn seen_by_rules(&mut self, later: &StepSpec, (spec, at): (&StepSpec, usize), row: &Row) -> Result<(), RunError> {
        let target = &spec.targets[at];
        for (at, rule) in later.unique.iter().enumerate() {
            let own = &later.targets[rule.target];
            let columns = rule.columns.iter().map(|(place, fold)| (own.columns[*place].name.as_str(), *fold));
            let Some(print) = (own.table == target.table).then(|| print_of(target, row, columns)).flatten() else {
                continue;
            };
            self.uniques.entry(later.name.clone()).or_default().entry(at).or_default().insert(print)?;
        }
        Ok(())
    }

    /// Returns what a lookup of a step would find of the rows of steps before.
    pub(super) fn looked_up(&self, step: &str, link: usize, print: u128) -> Option<&PlannedRow> {
        self.lookups.get(step)?.get(&link)?.get(&print)
    }

    /// Returns the first unique rule of a step under which a row of a step before has the same value.
    pub(super) fn violated(&self, step: &str, prints: &[(usize, u128)]) -> Result<Option<usize>, RunError> {
        let Some(rules) = self.uniques.get(step) else { return Ok(None) };
        for (rule, print) in prints {
            if rules.get(rule).map_or(Ok(false), |taken| taken.contains(*print))? {
                return Ok(Some(*rule));
            }
        }
        Ok(None)
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

/// Returns the value of a column that a step writes.
fn value_of<'r>(target: &TargetSpec, row: &'r Row, name: &str) -> Option<&'r Value> {
    let place = target.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))?;
    row.get(place)
}

/// Returns the fingerprint of some columns of a row; none if no rule writes one of them, or it is null.
fn print_of<'c>(target: &TargetSpec, row: &Row, columns: impl Iterator<Item = (&'c str, bool)>) -> Option<u128> {
    let value = |(name, fold)| {
        value_of(target, row, name).filter(|value| !value.is_null()).map(|value| folded(value.clone(), fold))
    };
    let values: Vec<Value> = columns.map(value).collect::<Option<_>>()?;
    Some(fingerprint::of(&values))
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

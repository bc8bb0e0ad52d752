//! Runs the plan of a mapping without generated code: behind `cutover run` and `cutover test`, and a third witness
//! beside the generated Rust and the SQL. What operators mean stands in the runtime; this only walks the plan.

mod eval;
mod example;
mod spec;

pub use example::{ExampleOutcome, run_examples};

use cutover_mapping_dsl::plan::{self, Plan};
use cutover_runtime::step::{Generator, Link, Rejection, Step, StepSpec, TargetRows};
use cutover_runtime::value::{Fault, Key, Row, Value};
use eval::{Context, Tools};

/// Returns the steps of a plan, in running order, ready to run.
pub fn steps(plan: &Plan) -> Vec<Box<dyn Step>> {
    plan.steps.iter().map(|step| Box::new(InterpretedStep::new(plan, step)) as Box<dyn Step>).collect()
}

/// One step of a plan, interpreted.
pub(crate) struct InterpretedStep {
    spec: StepSpec,
    step: plan::Step,
    tools: Tools,
    malformed: Vec<Option<usize>>,
}

impl InterpretedStep {
    pub(crate) fn new(plan: &Plan, step: &plan::Step) -> InterpretedStep {
        InterpretedStep {
            spec: spec::spec(step),
            step: step.clone(),
            tools: Tools::new(plan, step),
            malformed: step.malformed_reasons(),
        }
    }

    /// Where the answer of the join stands in a row: after the columns.
    fn present(&self, row: &Row, join: usize) -> bool {
        row[self.step.read.columns.len() + join] == Value::Boolean(true)
    }

    /// Returns the joins that found several rows, each with its reason; the answers stand at the end of a row.
    fn several<'r>(&'r self, row: &'r Row) -> impl Iterator<Item = (usize, usize)> + 'r {
        let read = &self.step.read;
        let answers = &row[read.columns.len() + read.joins.len() + read.exists.len()..];
        let several = self.step.several().zip(answers).filter(|(_, answer)| **answer == Value::Boolean(true));
        several.map(|(join, _)| join)
    }
}

impl Step for InterpretedStep {
    fn spec(&self) -> &StepSpec {
        &self.spec
    }

    fn in_scope(&self, row: &Row) -> Result<bool, Rejection> {
        let Some(scope) = &self.step.scope else { return Ok(true) };
        let looked_at = self.step.looked_at(scope);
        if let Some((_, reason)) = self.several(row).find(|(join, _)| looked_at.contains(join)) {
            return Err(Rejection { reason, value: Value::Null }); // Nobody can tell which of them the scope means.
        }
        if self.step.partners(scope).into_iter().any(|join| !self.present(row, join)) {
            return Ok(false); // A scope that looks at a joined row needs it.
        }
        let mut context =
            Context { step: &self.step, tools: &self.tools, row, links: &[], generator: &mut NoGenerator };
        Ok(context.eval(scope)? == Value::Boolean(true))
    }

    fn link_keys(&self, row: &Row) -> Result<Vec<Option<Key>>, Rejection> {
        let mut context =
            Context { step: &self.step, tools: &self.tools, row, links: &[], generator: &mut NoGenerator };
        self.readable(row)?;
        self.step.links.iter().map(|link| context.link_key(link)).collect()
    }

    fn convert(&self, row: &Row, links: &[Link], generator: &mut dyn Generator) -> Result<TargetRows, Rejection> {
        self.readable(row)?;
        let mut context = Context { step: &self.step, tools: &self.tools, row, links, generator };
        for guard in &self.step.guards {
            if context.eval(&guard.when)? == Value::Boolean(true) {
                return Err(Rejection { reason: guard.reason, value: Value::Null });
            }
        }
        let mut rows = TargetRows::with_capacity(self.step.targets.len());
        for target in &self.step.targets {
            let row = match context.is_written(target)? {
                true => Some(target.rules.iter().map(|rule| context.eval(&rule.value)).collect::<Result<Row, _>>()?),
                false => None,
            };
            rows.push(row);
        }
        match self.step.no_target {
            Some(reason) if rows.iter().all(Option::is_none) => Err(Rejection { reason, value: Value::Null }),
            _ => Ok(rows),
        }
    }
}

impl InterpretedStep {
    /// Rejects a row without partner, and one that holds something that is no value of its column's type. The zero
    /// date is left to the rules: they say what it means.
    fn readable(&self, row: &Row) -> Result<(), Rejection> {
        let joins = self.step.read.joins.iter().enumerate();
        let missing = joins.filter(|(index, _)| !self.present(row, *index)).find_map(|(_, join)| join.missing);
        if let Some(reason) = missing {
            return Err(Rejection { reason, value: Value::Null });
        }
        if let Some((_, reason)) = self.several(row).next() {
            return Err(Rejection { reason, value: Value::Null });
        }
        for ((column, value), reason) in self.step.read.columns.iter().zip(row).zip(&self.malformed) {
            let bad = match value {
                Value::Malformed(malformed) => malformed.fault != Fault::ZeroDate,
                Value::Null => !column.nullable,
                _ => false,
            };
            if let (true, Some(reason)) = (bad, reason) {
                return Err(Rejection { reason: *reason, value: value.clone() });
            }
        }
        Ok(())
    }
}

/// Scopes and keys generate nothing: the checker has seen to that.
struct NoGenerator;

impl Generator for NoGenerator {
    fn uuid(&mut self) -> uuid::Uuid {
        uuid::Uuid::nil()
    }
}

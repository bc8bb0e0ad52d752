//! Runs the plan of a mapping without generated code: behind `cutover run` and `cutover test`, and a third witness
//! beside the generated Rust and the SQL. What operators mean stands in the runtime; this only walks the plan.

mod coverage;
mod eval;
mod example;
mod spec;
mod watch;

pub use coverage::{Coverage, Covered, Missed};
pub use example::{ExampleOutcome, Tested, run_examples};

use cutover_mapping_dsl::plan::{self, Plan};
use cutover_runtime::step::{Generator, Link, Rejection, Step, StepSpec};
use cutover_runtime::value::{Fault, Key, Row, Value};
use eval::{Context, Tools};
use watch::{Nobody, Watch};

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
}

impl Step for InterpretedStep {
    fn spec(&self) -> &StepSpec {
        &self.spec
    }

    fn in_scope(&self, row: &Row) -> Result<bool, Rejection> {
        self.is_in_scope(row, &mut Nobody)
    }

    fn link_keys(&self, row: &Row) -> Result<Vec<Option<Key>>, Rejection> {
        self.find_keys(row, &mut Nobody)
    }

    fn convert(&self, row: &Row, links: &[Link], generator: &mut dyn Generator) -> Result<Vec<Row>, Rejection> {
        self.convert_row(row, links, generator, &mut Nobody)
    }
}

/// The same with somebody who watches.
impl InterpretedStep {
    fn is_in_scope(&self, row: &Row, watch: &mut impl Watch) -> Result<bool, Rejection> {
        let Some(scope) = &self.step.scope else { return Ok(true) };
        if self.step.partners(scope).into_iter().any(|join| !self.present(row, join)) {
            return Ok(false); // A scope that looks at a joined row needs it.
        }
        let mut generator = NoGenerator;
        let mut context = self.context(row, &[], &mut generator, watch);
        Ok(context.eval(scope)? == Value::Boolean(true))
    }

    fn find_keys(&self, row: &Row, watch: &mut impl Watch) -> Result<Vec<Option<Key>>, Rejection> {
        self.readable(row)?;
        let mut generator = NoGenerator;
        let mut context = self.context(row, &[], &mut generator, watch);
        self.step.links.iter().map(|link| context.link_key(link)).collect()
    }

    fn convert_row(
        &self,
        row: &Row,
        links: &[Link],
        generator: &mut dyn Generator,
        watch: &mut impl Watch,
    ) -> Result<Vec<Row>, Rejection> {
        self.readable(row)?;
        let mut context = self.context(row, links, generator, watch);
        for guard in &self.step.guards {
            if context.eval(&guard.when)? == Value::Boolean(true) {
                return Err(Rejection { reason: guard.reason, value: Value::Null });
            }
        }
        let mut rows = Vec::with_capacity(self.step.targets.len());
        for target in &self.step.targets {
            let mut row = Vec::with_capacity(target.rules.len());
            for rule in &target.rules {
                row.push(context.eval(&rule.value)?);
                context.watch.rule(rule);
            }
            rows.push(row);
        }
        Ok(rows)
    }

    fn context<'a, W>(
        &'a self,
        row: &'a Row,
        links: &'a [Link],
        generator: &'a mut dyn Generator,
        watch: &'a mut W,
    ) -> Context<'a, W> {
        Context { step: &self.step, tools: &self.tools, row, links, generator, watch }
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

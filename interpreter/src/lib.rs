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
use cutover_runtime::step::{Generator, Link, Rejection, Step, StepSpec, TargetRows};
use cutover_runtime::value::{Fault, Key, Row, Value};
use eval::{Context, Tools};
use std::collections::BTreeSet;
use watch::{Nobody, Watch};

/// Returns the steps of a plan, in running order, ready to run. What asks for functions that are given in Rust runs in
/// the program that gives them, and nowhere else.
pub fn steps(plan: &Plan) -> Result<Vec<Box<dyn Step>>, GivenInRust> {
    plan.steps.iter().try_for_each(|step| given_in_rust(plan, step).map_or(Ok(()), Err))?;
    Ok(steps_to_take_back(plan))
}

/// Returns the steps of a plan for taking rows back, which converts nothing.
pub fn steps_to_take_back(plan: &Plan) -> Vec<Box<dyn Step>> {
    plan.steps.iter().map(|step| Box::new(InterpretedStep::new(plan, step)) as Box<dyn Step>).collect()
}

/// Why a step cannot be interpreted: it asks for a function that a program gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: map {map} asks for {function}(), which is given in Rust; run it in the program that gives it")]
pub struct GivenInRust {
    /// Name of the mapping's file.
    pub file: String,
    /// Line of the map.
    pub line: usize,
    /// Name of the map.
    pub map: String,
    /// Name of the function.
    pub function: String,
}

/// Returns the first function of a step that is given in Rust.
fn given_in_rust(plan: &Plan, step: &plan::Step) -> Option<GivenInRust> {
    let function = &plan.functions[step.given_functions().into_iter().next()?];
    Some(GivenInRust {
        file: plan.file.clone(),
        line: step.line,
        map: step.name.clone(),
        function: function.name.clone(),
    })
}

/// One step of a plan, interpreted.
pub(crate) struct InterpretedStep {
    spec: StepSpec,
    step: plan::Step,
    tools: Tools,
    malformed: Vec<Option<usize>>,
    /// Joins that the scope looks at, and those of whose rows it needs one.
    scope_joins: (BTreeSet<usize>, BTreeSet<usize>),
}

impl InterpretedStep {
    pub(crate) fn new(plan: &Plan, step: &plan::Step) -> InterpretedStep {
        let scope = step.scope.as_ref();
        let joins = |of: &dyn Fn(&plan::Expr) -> BTreeSet<usize>| scope.map(of).unwrap_or_default();
        InterpretedStep {
            scope_joins: (joins(&|scope| step.looked_at(scope)), joins(&|scope| step.partners(scope))),
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
        self.is_in_scope(row, &mut Nobody)
    }

    fn link_keys(&self, row: &Row) -> Result<Vec<Option<Key>>, Rejection> {
        self.find_keys(row, &mut Nobody)
    }

    fn convert(&self, row: &Row, links: &[Link], generator: &mut dyn Generator) -> Result<TargetRows, Rejection> {
        self.convert_row(row, links, generator, &mut Nobody)
    }
}

/// The same with somebody who watches.
impl InterpretedStep {
    fn is_in_scope(&self, row: &Row, watch: &mut impl Watch) -> Result<bool, Rejection> {
        let Some(scope) = &self.step.scope else { return Ok(true) };
        let (looked_at, partners) = &self.scope_joins;
        if let Some((_, reason)) = self.several(row).find(|(join, _)| looked_at.contains(join)) {
            return Err(Rejection { reason, value: Value::Null }); // Nobody can tell which of them the scope means.
        }
        if partners.iter().any(|join| !self.present(row, *join)) {
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
    ) -> Result<TargetRows, Rejection> {
        self.readable(row)?;
        let mut context = self.context(row, links, generator, watch);
        for guard in &self.step.guards {
            if context.eval(&guard.when)? == Value::Boolean(true) {
                return Err(Rejection { reason: guard.reason, value: Value::Null });
            }
        }
        let mut rows = TargetRows::with_capacity(self.step.targets.len());
        for target in &self.step.targets {
            rows.push(target_row(&mut context, target)?);
        }
        match self.step.no_target {
            Some(reason) if rows.iter().all(Option::is_none) => Err(Rejection { reason, value: Value::Null }),
            _ => Ok(rows),
        }
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

/// Returns the row of a target; none where its condition does not hold.
fn target_row<W: Watch>(context: &mut Context<'_, W>, target: &plan::Target) -> Result<Option<Row>, Rejection> {
    if !context.is_written(target)? {
        return Ok(None);
    }
    let mut row = Vec::with_capacity(target.rules.len());
    for rule in &target.rules {
        row.push(context.eval(&rule.value)?);
        context.watch.rule(rule);
    }
    Ok(Some(row))
}

/// Scopes and keys generate nothing: the checker has seen to that.
struct NoGenerator;

impl Generator for NoGenerator {
    fn uuid(&mut self) -> uuid::Uuid {
        uuid::Uuid::nil()
    }
}

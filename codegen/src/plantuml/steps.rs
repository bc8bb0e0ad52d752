//! The order of steps, and the references that demand it.

use super::label::label;
use crate::files::Mark;
use askama::Template;
use cutover_mapping_dsl::plan::{LinkKind, Plan, Rollback, Step};

/// The diagram.
#[derive(Template)]
#[template(path = "plantuml/steps.puml")]
pub(super) struct Steps {
    mark: Mark,
    title: String,
    steps: Vec<StepBox>,
    /// Steps that follow one another though no reference says so.
    order: Vec<Order>,
    references: Vec<Reference>,
}

struct Order {
    from: String,
    to: String,
}

struct StepBox {
    id: String,
    number: usize,
    name: String,
    base: String,
    targets: Vec<String>,
    /// Said when the step cannot be taken back.
    irreversible: bool,
}

struct Reference {
    from: String,
    to: String,
    label: String,
}

/// Builds the diagram.
pub(super) fn build(plan: &Plan) -> Steps {
    let references: Vec<Reference> =
        plan.steps.iter().enumerate().flat_map(|(at, step)| references(plan, at, step)).collect();
    Steps {
        mark: Mark::new(plan),
        title: label(&format!("{}: order of steps", plan.file)),
        steps: plan.steps.iter().enumerate().map(|(at, step)| step_box(at, step)).collect(),
        order: order(plan.steps.len(), &references),
        references,
    }
}

fn order(steps: usize, references: &[Reference]) -> Vec<Order> {
    let pairs = (1..steps).map(|at| Order { from: format!("s{}", at - 1), to: format!("s{at}") });
    let referred = |order: &Order| references.iter().any(|other| other.from == order.from && other.to == order.to);
    pairs.filter(|order| !referred(order)).collect()
}

fn step_box(at: usize, step: &Step) -> StepBox {
    StepBox {
        id: format!("s{at}"),
        number: at + 1,
        name: label(&step.name),
        base: label(&step.read.table),
        targets: step.targets.iter().map(|target| label(&target.table)).collect(),
        irreversible: matches!(step.rollback, Rollback::Irreversible { .. }),
    }
}

fn references(plan: &Plan, at: usize, step: &Step) -> Vec<Reference> {
    let mut references = Vec::new();
    for link in &step.links {
        let LinkKind::Reference { step: referred, target } = &link.kind else { continue };
        let Some(from) = plan.place(referred) else { continue };
        let role = &plan.steps[from].targets[*target].role;
        let text = format!("key of {role} (line {})", link.line);
        references.push(Reference { from: format!("s{from}"), to: format!("s{at}"), label: label(&text) });
    }
    references
}

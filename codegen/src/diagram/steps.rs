//! The order of steps, and the references that demand it. Overviews of other models are drawn with the same boxes.

use super::split::{self, Links, Part, part_name};
use super::{Content, Diagram, Level, Subject, counted};
use cutover_mapping_dsl::plan::{LinkKind, Plan, Rollback, Step};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Boxes and arrows.
#[derive(Debug)]
pub(crate) struct Boxes {
    pub(crate) boxes: Vec<Boxed>,
    pub(crate) arrows: Vec<Arrow>,
}

/// A box with a title.
#[derive(Debug)]
pub(crate) struct Boxed {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
}

/// An arrow; one without a label says no more than that one box follows the other.
#[derive(Debug)]
pub(crate) struct Arrow {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) label: Option<String>,
}

/// A step whose key another one needs.
struct Reference {
    from: usize,
    to: usize,
    label: String,
}

/// Returns the diagrams of the order.
pub(super) fn diagrams(plan: &Plan) -> Vec<Diagram> {
    let (subject, title) = (Subject::Steps, format!("{}: order of steps", plan.file));
    let references = references(plan);
    let pages = split::even(plan.steps.len());
    if let [all] = pages.as_slice() {
        let content = Content::Boxes(boxes(plan, &references, &pages, all.clone()));
        return vec![Diagram { name: subject.name().into(), subject, level: Level::Top, title, content }];
    }
    let part = |(at, page): (usize, &Range<usize>)| {
        Part::new(at + 1, page.clone().map(|step| step_title(plan, step)).collect())
    };
    let parts = pages.iter().enumerate().map(part).collect();
    let mut diagrams = split::overviews(subject, &title, "step", parts, &links(&pages, &references));
    diagrams.extend(pages.iter().enumerate().map(|(at, page)| {
        let name = part_name(subject, at + 1);
        let content = Content::Boxes(boxes(plan, &references, &pages, page.clone()));
        Diagram { title: format!("{title} ({name})"), name, subject, level: Level::Part, content }
    }));
    diagrams
}

fn page_of(pages: &[Range<usize>], step: usize) -> usize {
    pages.iter().position(|page| page.contains(&step)).unwrap_or_default()
}

fn links(pages: &[Range<usize>], references: &[Reference]) -> Links {
    let mut links = Links::new();
    for reference in references {
        let pair = (page_of(pages, reference.from), page_of(pages, reference.to));
        if pair.0 != pair.1 {
            *links.entry(pair).or_default() += 1;
        }
    }
    links
}

fn references(plan: &Plan) -> Vec<Reference> {
    let places: BTreeMap<&str, usize> =
        plan.steps.iter().enumerate().map(|(at, step)| (step.name.as_str(), at)).collect();
    let mut references = Vec::new();
    for (to, step) in plan.steps.iter().enumerate() {
        for link in &step.links {
            let LinkKind::Reference { step: referred, target } = &link.kind else { continue };
            let Some(from) = places.get(referred.as_str()).copied() else { continue };
            let role = &plan.steps[from].targets[*target].role;
            references.push(Reference { from, to, label: format!("key of {role}, line {}", link.line) });
        }
    }
    references
}

fn boxes(plan: &Plan, references: &[Reference], pages: &[Range<usize>], shown: Range<usize>) -> Boxes {
    let mut boxes: Vec<Boxed> = shown.clone().map(|at| boxed(plan, at)).collect();
    let mut arrows = Vec::new();
    let mut referred = BTreeSet::new();
    for reference in references.iter().filter(|reference| shown.contains(&reference.to)) {
        if shown.contains(&reference.from) {
            referred.insert((reference.from, reference.to));
            let (from, to) = (id(reference.from), id(reference.to));
            arrows.push(Arrow { from, to, label: Some(reference.label.clone()) });
        } else {
            let page = part_name(Subject::Steps, page_of(pages, reference.from) + 1);
            let line = format!("{} of {} ({page})", reference.label, plan.steps[reference.from].name);
            boxes[reference.to - shown.start].lines.push(line);
        }
    }
    let pairs = shown.clone().zip(shown.skip(1)).filter(|pair| !referred.contains(pair));
    let follows = pairs.map(|(from, to)| Arrow { from: id(from), to: id(to), label: None });
    Boxes { arrows: follows.chain(arrows).collect(), boxes }
}

fn id(step: usize) -> String {
    format!("s{step}")
}

fn step_title(plan: &Plan, at: usize) -> String {
    format!("Step {}: {}", at + 1, plan.steps[at].name)
}

fn boxed(plan: &Plan, at: usize) -> Boxed {
    let step = &plan.steps[at];
    let mut lines = vec![tables(step)];
    if let Rollback::Irreversible { .. } = step.rollback {
        lines.push("not taken back".into());
    }
    Boxed { id: id(at), title: step_title(plan, at), lines }
}

/// What is read and written, in one line.
fn tables(step: &Step) -> String {
    let targets: Vec<&str> = step.targets.iter().map(|target| target.table.as_str()).collect();
    let written = match targets.len() {
        0..=4 => targets.join(", "),
        more => counted(more, "table"),
    };
    format!("{} → {written}", step.read.table)
}

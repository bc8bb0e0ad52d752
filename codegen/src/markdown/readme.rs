//! The page that shows everything: the plan, the diagrams, what rows are rejected for, value maps. Of a large mapping
//! each map has a page of its own, and the first page holds the overviews.

use super::filters;
use crate::diagram::{Diagram, Level, MOST, Subject, counted};
use crate::outline::{EntityOutline, LeftOutline, Outline, StepOutline};
use crate::wording::literal;
use crate::{EmitError, Files, mermaid, names, sql};
use askama::Template;
use cutover_mapping_dsl::parallel;
use cutover_mapping_dsl::plan::{Arrow, Outcome, Plan, Side, Step, ValueMap};
use cutover_mapping_dsl::schema::Dialect;

#[derive(Template)]
#[template(path = "markdown/readme.md")]
struct Readme<'p> {
    mark: &'p str,
    name: &'p str,
    file: &'p str,
    legacy: &'p Side,
    target: &'p Side,
    size: String,
    sql: Vec<(&'static str, Vec<Link>)>,
    steps: &'p [StepOutline],
    left: &'p [LeftOutline],
    entities: &'p [EntityOutline],
    /// Where the section of each step is.
    places: Vec<String>,
    order: Drawings,
    mapping: Drawings,
    sections: Vec<String>,
    values: Vec<Values<'p>>,
    legacy_model: Drawings,
    target_model: Drawings,
}

#[derive(Template)]
#[template(path = "markdown/map.md")]
struct Section<'p> {
    docs: &'p [String],
    outline: &'p StepOutline,
    drawings: Drawings,
}

#[derive(Template)]
#[template(path = "markdown/page.md")]
struct Page<'p> {
    mark: &'p str,
    name: &'p str,
    section: String,
}

struct Link {
    label: String,
    path: String,
}

/// Diagrams: those that are shown, and links to the others.
struct Drawings {
    shown: Vec<Drawn>,
    linked: Vec<Link>,
}

struct Drawn {
    /// Said where several stand together.
    title: Option<String>,
    text: String,
}

struct Values<'p> {
    map: &'p ValueMap,
    arms: Vec<Arm>,
}

struct Arm {
    from: String,
    arrow: &'static str,
    to: String,
    reject: Option<String>,
    line: String,
}

/// Returns the first page, and a page for each map where there are many.
pub(super) fn pages(plan: &Plan, outline: &Outline, diagrams: &[Diagram], mark: &str) -> Result<Files, EmitError> {
    let small = plan.steps.len() <= MOST;
    let mut files = Files::default();
    let maps: Vec<_> = plan.steps.iter().zip(&outline.steps).zip(of_maps(plan, diagrams)).collect();
    let sections =
        parallel::map_owned(maps, |((step, outline), own)| section(step, outline, own, if small { "" } else { "../" }));
    let mut sections = sections.into_iter().collect::<Result<Vec<String>, EmitError>>()?;
    let places: Vec<String> = plan.steps.iter().map(|step| place(step, small)).collect();
    let shown = if small { std::mem::take(&mut sections) } else { Vec::new() };
    files.render(super::README.into(), &readme(plan, outline, diagrams, mark, shown, places)?)?;
    for (step, section) in plan.steps.iter().zip(sections) {
        files.render(names::map_page(&step.name), &Page { mark, name: &step.name, section })?;
    }
    Ok(files)
}

fn place(step: &Step, small: bool) -> String {
    if small { format!("#{}", names::map_diagram(&step.name)) } else { names::map_page(&step.name) }
}

fn readme<'p>(
    plan: &'p Plan,
    outline: &'p Outline,
    diagrams: &[Diagram],
    mark: &'p str,
    sections: Vec<String>,
    places: Vec<String>,
) -> Result<Readme<'p>, EmitError> {
    let rules: usize = plan.steps.iter().flat_map(|step| &step.targets).map(|target| target.rules.len()).sum();
    let about = |subject| {
        let whole = |diagram: &&Diagram| diagram.subject == subject && !matches!(diagram.level, Level::Map(_));
        drawings(diagrams.iter().filter(whole).collect(), "")
    };
    Ok(Readme {
        mark,
        name: &plan.name,
        file: &plan.file,
        legacy: &plan.legacy,
        target: &plan.target,
        size: format!("{}, {}", counted(plan.steps.len(), "map"), counted(rules, "rule")),
        sql: sql::dialects(plan).map(|dialect| (dialect.name(), sql_links(dialect))).collect(),
        steps: &outline.steps,
        left: &outline.left,
        entities: &outline.entities,
        places,
        order: about(Subject::Steps)?,
        mapping: about(Subject::Mapping)?,
        sections,
        values: plan.value_maps.iter().map(values).collect(),
        legacy_model: about(Subject::Legacy)?,
        target_model: about(Subject::Target)?,
    })
}

fn sql_links(dialect: Dialect) -> Vec<Link> {
    let link =
        |artefact: &str| Link { label: artefact.replace('_', " "), path: names::sql_file(dialect.name(), artefact) };
    sql::artefacts(dialect).map(|(artefact, _)| link(artefact)).collect()
}

/// The diagrams of each map.
fn of_maps<'d>(plan: &Plan, diagrams: &'d [Diagram]) -> Vec<Vec<&'d Diagram>> {
    let mut maps = vec![Vec::new(); plan.steps.len()];
    for diagram in diagrams {
        match diagram.level {
            Level::Top | Level::Part => {}
            Level::Map(step) => maps[step].push(diagram),
        }
    }
    maps
}

fn section(step: &Step, outline: &StepOutline, own: Vec<&Diagram>, up: &str) -> Result<String, EmitError> {
    let section = Section { docs: &step.docs, outline, drawings: drawings(own, up)? };
    section.render().map(|text| text.trim().to_string()).map_err(|cause| super::broken(super::README, &cause))
}

/// All diagrams are shown if they are few, else the first.
fn drawings(diagrams: Vec<&Diagram>, up: &str) -> Result<Drawings, EmitError> {
    let few = diagrams.len() <= MOST;
    let (shown, linked): (Vec<_>, Vec<_>) = diagrams.iter().partition(|diagram| few || diagram.level == Level::Top);
    let draw = |diagram: &&&Diagram| {
        let text = mermaid::draw(diagram).map_err(|cause| super::broken(super::README, &cause))?;
        Ok(Drawn { title: (shown.len() > 1).then(|| diagram.title.clone()), text })
    };
    let link = |diagram: &&Diagram| Link {
        label: diagram.name.clone(),
        path: format!("{up}{}", names::diagram_file(&diagram.name, "mmd")),
    };
    let shown = shown.iter().map(draw).collect::<Result<_, EmitError>>()?;
    Ok(Drawings { shown, linked: linked.into_iter().map(link).collect() })
}

fn values(map: &ValueMap) -> Values<'_> {
    let arm = |from: String, arrow: Arrow, to: &Outcome, line: String| {
        let (to, reject) = match to {
            Outcome::Value(value) => (literal(value), None),
            Outcome::Reject(reason) => (String::new(), Some(reason.clone())),
        };
        Arm { from, arrow: crate::diagram::arrow(arrow), to, reject, line }
    };
    let arms = map.arms.iter().map(|known| {
        let from: Vec<String> = known.from.iter().map(literal).collect();
        arm(from.join(" | "), known.arrow, &known.to, known.line.to_string())
    });
    let rest = map.rest.iter().map(|rest| arm("_".into(), Arrow::Forward, rest, String::new()));
    Values { map, arms: arms.chain(rest).collect() }
}

fn dotted(side: &str, entity: &str) -> String {
    format!("{side}.{entity}")
}

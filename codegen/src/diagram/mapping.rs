//! The mapping: first which map reads and writes which tables, then each map with its rules and its doc comment.

use super::split::{self, Links, Part, part_name};
use super::{Content, Diagram, LONGEST, Level, MOST, Subject, counted, short};
use crate::names;
use crate::walk::parts;
use cutover_mapping_dsl::plan::{Arrow, ExprKind, LinkKind, Plan, Rule, Step, Target};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Tables of both sides with the maps between them.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub(crate) legacy: Vec<Named>,
    pub(crate) target: Vec<Named>,
    pub(crate) maps: Vec<Map>,
    /// Tables of which no map carries rows, with the reasons, in lines.
    pub(crate) left: Vec<String>,
}

/// A table without its columns.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A map.
#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) groups: Vec<Group>,
    /// Doc comments in lines, with an empty line between them.
    pub(crate) note: Vec<String>,
    pub(crate) touches: Vec<Touch>,
}

/// Lines under a title.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
}

/// An arrow between a table and a map.
#[derive(Debug)]
pub(crate) struct Touch {
    pub(crate) from: String,
    pub(crate) to: String,
    /// Whether rows are only asked for.
    pub(crate) asks: bool,
    pub(crate) label: String,
}

/// Returns the diagrams of the mapping.
pub(super) fn diagrams(plan: &Plan) -> Vec<Diagram> {
    let mut diagrams = overview(plan);
    diagrams.extend(plan.steps.iter().enumerate().flat_map(|(at, step)| details(plan, at, step)));
    diagrams
}

/// The tables of a step; true stands for the legacy side.
fn tables(step: &Step) -> BTreeSet<(bool, &str)> {
    let read = read_tables(step).into_iter().map(|read| (true, read.table));
    read.chain(step.targets.iter().map(|target| (false, target.table.as_str()))).collect()
}

struct Read<'p> {
    table: &'p str,
    asks: bool,
    label: String,
}

fn read_tables(step: &Step) -> Vec<Read<'_>> {
    let base = Read { table: &step.read.table, asks: false, label: step.read.alias.clone() };
    let joins = step.read.joins.iter().map(|join| Read {
        table: &join.table,
        asks: false,
        label: format!("{} joined", join.alias),
    });
    let exists = step.read.exists.iter().flat_map(|asked| &asked.tables).map(|asked| Read {
        table: &asked.table,
        asks: true,
        label: format!("{} exists", asked.alias),
    });
    [base].into_iter().chain(joins).chain(exists).collect()
}

fn overview(plan: &Plan) -> Vec<Diagram> {
    let (subject, title) = (Subject::Mapping, format!("{}: {} to {}", plan.file, plan.legacy.alias, plan.target.alias));
    let all: Vec<BTreeSet<(bool, &str)>> = plan.steps.iter().map(tables).collect();
    let runs = split::runs(&all);
    if runs.len() <= 1 {
        let content = Content::Mapping(overview_of(plan, 0..plan.steps.len()));
        return vec![Diagram { name: subject.name().into(), subject, level: Level::Top, title, content }];
    }
    let part = |(at, run): (usize, &Range<usize>)| {
        let names = plan.steps[run.clone()].iter().map(|step| step.name.clone());
        Part::new(at + 1, names.collect())
    };
    let parts = runs.iter().enumerate().map(part).collect();
    let mut diagrams = split::overviews(subject, &title, "map", parts, &links(plan, &runs));
    diagrams.extend(runs.iter().enumerate().map(|(at, run)| {
        let name = part_name(subject, at + 1);
        let content = Content::Mapping(overview_of(plan, run.clone()));
        Diagram { title: format!("{title} ({name})"), name, subject, level: Level::Part, content }
    }));
    diagrams
}

fn links(plan: &Plan, runs: &[Range<usize>]) -> Links {
    let run_of = |step: usize| runs.iter().position(|run| run.contains(&step)).unwrap_or_default();
    let places: BTreeMap<&str, usize> =
        plan.steps.iter().enumerate().map(|(at, step)| (step.name.as_str(), run_of(at))).collect();
    let mut links = Links::new();
    for step in &plan.steps {
        for link in &step.links {
            let LinkKind::Reference { step: referred, .. } = &link.kind else { continue };
            let pair = (places[referred.as_str()], places[step.name.as_str()]);
            if pair.0 != pair.1 {
                *links.entry(pair).or_default() += 1;
            }
        }
    }
    links
}

/// Maps without their rules. A map with more tables than a diagram has shows the first of them here.
fn overview_of(plan: &Plan, shown: Range<usize>) -> Mapping {
    let steps = &plan.steps[shown.clone()];
    let all: BTreeSet<(bool, &str)> = steps.iter().flat_map(tables).collect();
    let ids = ids(steps.iter().flat_map(ordered_tables), all.len().min(MOST));
    let map = |(at, step): (usize, &Step)| {
        let rules: usize = step.targets.iter().map(|target| target.rules.len()).sum();
        let mut lines = vec![counted(rules, "rule")];
        lines.extend((all.len() > MOST).then(|| format!("{} in all", counted(all.len(), "table"))));
        let groups = vec![Group { title: String::new(), lines }];
        Map { groups, note: Vec::new(), ..map_box(shown.start + at, step, &ids) }
    };
    Mapping {
        legacy: named(&ids, true),
        target: named(&ids, false),
        maps: steps.iter().enumerate().map(map).collect(),
        left: if shown.start == 0 { left(plan) } else { Vec::new() },
    }
}

/// What the mapping says of tables that stay where they are; nothing where it says nothing.
fn left(plan: &Plan) -> Vec<String> {
    let lines = plan.left.iter().flat_map(|left| folded(&format!("{}: {}", left.tables.join(", "), left.reason)));
    let heading = (!plan.left.is_empty()).then(|| "not carried, left where they are".to_string());
    heading.into_iter().chain(lines).collect()
}

/// A map with its rules; in several parts if it has more tables than one diagram shows.
fn details(plan: &Plan, step_at: usize, step: &Step) -> Vec<Diagram> {
    let mut known = BTreeSet::new();
    let all: Vec<(bool, &str)> = ordered_tables(step).filter(|table| known.insert(*table)).collect();
    let pages = split::even(all.len());
    let page = |(at, page): (usize, &Range<usize>)| {
        let ids = ids(all[page.clone()].iter().copied(), MOST);
        let groups = step.targets.iter().filter(|target| ids.contains_key(&(false, target.table.as_str()))).map(group);
        let rest = left_behind(step).filter(|_| at + 1 == pages.len());
        let note = if at == 0 { note(plan, step) } else { Vec::new() };
        let map = Map { groups: groups.chain(rest).collect(), note, ..map_box(0, step, &ids) };
        let part = if at == 0 { String::new() } else { format!("-{}", at + 1) };
        Diagram {
            name: format!("{}{part}", names::map_diagram(&step.name)),
            subject: Subject::Mapping,
            level: Level::Map(step_at),
            title: format!("{}: map {}, line {}", plan.file, step.name, step.line),
            content: Content::Mapping(Mapping {
                legacy: named(&ids, true),
                target: named(&ids, false),
                maps: vec![map],
                left: Vec::new(),
            }),
        }
    };
    pages.iter().enumerate().map(page).collect()
}

/// The tables of a step in the order in which they are spoken of; some come twice.
fn ordered_tables(step: &Step) -> impl Iterator<Item = (bool, &str)> {
    let read = read_tables(step).into_iter().map(|read| (true, read.table));
    read.chain(step.targets.iter().map(|target| (false, target.table.as_str())))
}

/// Ids of tables, by side and name, with the order in which they are drawn.
type Ids<'p> = BTreeMap<(bool, &'p str), usize>;

fn ids<'p>(tables: impl Iterator<Item = (bool, &'p str)>, most: usize) -> Ids<'p> {
    let mut ids = Ids::new();
    for table in tables {
        if ids.len() < most && !ids.contains_key(&table) {
            ids.insert(table, ids.len());
        }
    }
    ids
}

fn id(table: usize) -> String {
    format!("t{table}")
}

fn named(ids: &Ids<'_>, legacy: bool) -> Vec<Named> {
    let mut tables: Vec<(usize, &str)> =
        ids.iter().filter(|((side, _), _)| *side == legacy).map(|((_, name), at)| (*at, *name)).collect();
    tables.sort_unstable();
    tables.into_iter().map(|(at, name)| Named { id: id(at), name: name.to_string() }).collect()
}

/// The box of a map, without its lines, and its arrows to the tables that are shown.
fn map_box(at: usize, step: &Step, ids: &Ids<'_>) -> Map {
    let map = format!("m{at}");
    let read = read_tables(step).into_iter().filter_map(|read| {
        let from = id(*ids.get(&(true, read.table))?);
        Some(Touch { from, to: map.clone(), asks: read.asks, label: read.label })
    });
    let written = step.targets.iter().filter_map(|target| {
        let to = id(*ids.get(&(false, target.table.as_str()))?);
        let (asks, label) = match target.existing {
            Some(_) => (true, format!("{} is there already", target.role)),
            None => (false, target.role.clone()),
        };
        Some(Touch { from: map.clone(), to, asks, label })
    });
    let touches = read.chain(written).collect();
    Map { title: format!("{}, {}", step.name, step.class()), groups: Vec::new(), note: Vec::new(), touches, id: map }
}

fn group(target: &Target) -> Group {
    let when = target.when_text.as_ref().map_or(String::new(), |when| format!(" when {}", short(when)));
    let title = format!("{} in {}{when}", target.role, target.table);
    Group { title, lines: target.rules.iter().map(rule).collect() }
}

fn rule(rule: &Rule) -> String {
    format!("{} {} {}, {}", short(&rule.text), arrow(rule.arrow), rule.column, rule.class)
}

/// Returns the sign of a claim.
pub(crate) fn arrow(arrow: Arrow) -> &'static str {
    match arrow {
        Arrow::Both => "↔",
        Arrow::Forward => "→",
        Arrow::Back => "←",
    }
}

/// How many columns the map drops or leaves to another map.
fn left_behind(step: &Step) -> Option<Group> {
    let dropped: usize = step.dropped.iter().map(|dropped| dropped.columns.len()).sum();
    let mut lines = Vec::new();
    lines.extend((dropped > 0).then(|| format!("{} dropped", counted(dropped, "column"))));
    for deferred in &step.deferred {
        lines.push(format!("{} left to {}", counted(deferred.columns.len(), "column"), deferred.to));
    }
    (!lines.is_empty()).then(|| Group { title: "not carried".to_string(), lines })
}

/// Doc comments of the map and of the value maps that it uses.
fn note(plan: &Plan, step: &Step) -> Vec<String> {
    let mut used = BTreeSet::new();
    for rule in step.targets.iter().flat_map(|target| &target.rules) {
        used.extend(parts(&rule.value).into_iter().filter_map(|part| match part.kind {
            ExprKind::Through { map, .. } => Some(map),
            _ => None,
        }));
    }
    let own = (!step.docs.is_empty()).then(|| step.docs.join(" "));
    let values = used.into_iter().map(|map| &plan.value_maps[map]).filter(|map| !map.docs.is_empty());
    let values = values.map(|map| format!("{}: {}", map.name, map.docs.join(" ")));
    let paragraphs: Vec<Vec<String>> = own.into_iter().chain(values).map(|text| folded(&text)).collect();
    paragraphs.join(&String::new())
}

/// Returns words in lines that a note can hold.
fn folded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < LONGEST => *line += &format!(" {word}"),
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

//! The mapping: legacy tables, the maps with their rules, target tables.

use super::label::{label, short};
use crate::files::Mark;
use askama::Template;
use cutover_mapping_dsl::plan::{Arrow, Identity, Plan, Rule, Step, Target};

/// The diagram.
#[derive(Template)]
#[template(path = "plantuml/mapping.puml")]
pub(super) struct Mapping {
    mark: Mark,
    title: String,
    legacy: Vec<Table>,
    target: Vec<Table>,
    maps: Vec<Map>,
    /// Lines of a note: tables that stay where they are, and why.
    left: Vec<String>,
}

struct Table {
    id: String,
    name: String,
}

struct Map {
    id: String,
    name: String,
    class: String,
    groups: Vec<Group>,
    arrows: Vec<Link>,
}

/// The rules of one target.
struct Group {
    title: String,
    rules: Vec<String>,
}

struct Link {
    from: String,
    arrow: &'static str,
    to: String,
    label: String,
}

/// Builds the diagram.
pub(super) fn build(plan: &Plan) -> Mapping {
    let legacy = names(plan.steps.iter().flat_map(legacy_tables).map(|(table, _, _)| table));
    let target = names(plan.steps.iter().flat_map(|step| &step.targets).map(|target| target.table.as_str()));
    let maps = plan.steps.iter().enumerate().map(|(at, step)| map(at, step, &legacy, &target)).collect();
    let title = format!("{}: {} to {}", plan.file, plan.legacy.alias, plan.target.alias);
    Mapping {
        mark: Mark::new(plan),
        title: label(&title),
        legacy: tables("l", &legacy),
        target: tables("t", &target),
        maps,
        left: plan
            .left
            .iter()
            .map(|left| format!("{}: {}", label(&left.tables.join(", ")), label(&left.reason)))
            .collect(),
    }
}

/// Tables that a step reads: name, arrow, label.
fn legacy_tables(step: &Step) -> Vec<(&str, &'static str, String)> {
    let base = (step.read.table.as_str(), "-->", step.read.alias.clone());
    let joins = step.read.joins.iter().map(|join| (join.table.as_str(), "-->", format!("{} (joined)", join.alias)));
    let asked = step.read.exists.iter().flat_map(|exists| &exists.tables);
    let exists = asked.map(|asked| (asked.table.as_str(), "..>", format!("{} (exists)", asked.alias)));
    [base].into_iter().chain(joins).chain(exists).collect()
}

fn names<'a>(tables: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names = Vec::new();
    for table in tables {
        if !names.contains(&table) {
            names.push(table);
        }
    }
    names
}

fn tables(prefix: &str, names: &[&str]) -> Vec<Table> {
    let table = |(at, name): (usize, &&str)| Table { id: format!("{prefix}{at}"), name: label(name) };
    names.iter().enumerate().map(table).collect()
}

fn map(at: usize, step: &Step, legacy: &[&str], target: &[&str]) -> Map {
    let id = format!("m{at}");
    let place = |tables: &[&str], name: &str| {
        tables.iter().position(|table| *table == name).expect("the list was made of these tables")
    };
    let read = legacy_tables(step).into_iter().map(|(table, arrow, text)| Link {
        from: format!("l{}", place(legacy, table)),
        arrow,
        to: id.clone(),
        label: label(&text),
    });
    let written = step.targets.iter().map(|written| Link {
        from: id.clone(),
        arrow: if written.existing.is_some() { "..>" } else { "-->" },
        to: format!("t{}", place(target, &written.table)),
        label: label(&format!("{}{}", written.role, mode(written))),
    });
    Map {
        name: label(&step.name),
        class: step.class().to_string(),
        groups: step.targets.iter().map(group).chain(left_behind(step)).collect(),
        arrows: read.chain(written).collect(),
        id,
    }
}

fn group(target: &Target) -> Group {
    let title = format!("{} ({}){}", target.role, target.table, mode(target));
    let when = target.when_text.iter().map(|when| format!("when {}", short(when)));
    let identity = target.identity.iter().filter(|identity| identity.several.is_some());
    let identity = identity.map(|identity| format!("recognised by {}", label(&recognised(target, identity))));
    Group { title: label(&title), rules: when.chain(identity).chain(target.rules.iter().map(rule)).collect() }
}

/// What is not written for each legacy row.
fn mode(target: &Target) -> &'static str {
    match (&target.when, target.existing) {
        (Some(_), _) => ", with a condition",
        (None, Some(_)) => ", must be there",
        (None, None) => "",
    }
}

fn recognised(target: &Target, identity: &Identity) -> String {
    let column = |(rule, fold): &(usize, bool)| match fold {
        true => format!("fold({})", target.rules[*rule].column),
        false => target.rules[*rule].column.clone(),
    };
    identity.columns.iter().map(column).collect::<Vec<_>>().join(", ")
}

fn rule(rule: &Rule) -> String {
    let arrow = match rule.arrow {
        Arrow::Both => "↔",
        Arrow::Forward => "→",
        Arrow::Back => "←",
    };
    format!("{} {arrow} {}   ({})", short(&rule.text), label(&rule.column), rule.class)
}

/// Columns that the map drops or leaves to another map.
fn left_behind(step: &Step) -> Option<Group> {
    let dropped = step.dropped.iter().map(|dropped| (&dropped.columns, format!("dropped: {}", dropped.reason)));
    let deferred = step.deferred.iter().map(|deferred| (&deferred.columns, format!("left to {}", deferred.to)));
    let line = |(columns, why): (&Vec<(String, String)>, String)| {
        let columns: Vec<String> = columns.iter().map(|(alias, column)| format!("{alias}.{column}")).collect();
        format!("{}   ({})", short(&columns.join(", ")), short(&why))
    };
    let rules: Vec<String> = dropped.chain(deferred).map(line).collect();
    (!rules.is_empty()).then(|| Group { title: "not carried".to_string(), rules })
}

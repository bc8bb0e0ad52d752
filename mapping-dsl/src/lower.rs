//! Drafts to the plan: targets and steps put in the order in which they run, indexes following them.

use crate::diagnostic::{Code, Diagnostic};
use crate::parallel;
use crate::plan::{Class, Expr, ExprKind, LinkKind, Outcome, Step};
use crate::resolve::Draft;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// Orders targets within steps and steps among each other.
pub(crate) fn lower(drafts: Vec<Draft<'_>>, world: &World<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Step> {
    let order = step_order(&drafts, diagnostics);
    let mut steps: Vec<Step> = Vec::new();
    let mut moves: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for draft in drafts {
        let new_places = target_places(&draft, diagnostics);
        let mut step = draft.step;
        narrow_links(&mut step);
        move_targets(&mut step, &new_places);
        moves.insert(step.name.clone(), new_places);
        steps.push(step);
    }
    for step in &mut steps {
        for link in &mut step.links {
            if let LinkKind::Reference { step, target } = &mut link.kind {
                *target = moves.get(step).map_or(*target, |places| places[*target]);
            }
        }
    }
    let meanings = parallel::map(&steps, |step| meaning(step, world));
    steps.iter_mut().zip(meanings).for_each(|(step, meaning)| step.meaning = meaning);
    let mut slots: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| slots[index].take()).collect()
}

/// Returns the steps in running order: a step stands after those whose keys it takes, else in file order.
fn step_order(drafts: &[Draft<'_>], diagnostics: &mut Vec<Diagnostic>) -> Vec<usize> {
    let mut steps: BTreeMap<&str, usize> = BTreeMap::new();
    let mut writers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        steps.entry(&draft.step.name).or_insert(index);
        let tables: BTreeSet<&str> = draft.step.targets.iter().map(|target| target.table.as_str()).collect();
        tables.into_iter().for_each(|table| writers.entry(table).or_default().push(index));
    }
    // A table that a step looks rows up in must be filled before by the other steps that write it.
    let needs = drafts.iter().enumerate().map(|(index, draft)| {
        let needed = draft.step.links.iter().flat_map(|link| match &link.kind {
            LinkKind::Reference { step, .. } => steps.get(step.as_str()).into_iter().copied().collect::<Vec<_>>(),
            LinkKind::Lookup { table, .. } => writers.get(table.as_str()).into_iter().flatten().copied().collect(),
        });
        // Of its own rows a step carries first those that others refer to.
        needed.filter(|other| *other != index).collect()
    });
    let needs: Vec<Vec<usize>> = needs.collect();
    order(&needs).unwrap_or_else(|stuck| {
        let names: Vec<String> = stuck.iter().map(|index| format!("`{}`", drafts[*index].step.name)).collect();
        let first = &drafts[stuck[0]];
        let message = format!("the maps {} need each other's keys first", names.join(", "));
        let error = Diagnostic::error(Code::CYCLE, first.map.name.span, message);
        diagnostics
            .push(error.note("references are resolved when a row is written; a second pass is not supported yet"));
        (0..drafts.len()).collect()
    })
}

/// Returns a stable order in which everything stands after what it needs, or those that need each other.
fn order(needs: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
    let mut missing: Vec<usize> = vec![0; needs.len()];
    for (index, needs) in needs.iter().enumerate() {
        let needs: BTreeSet<usize> = needs.iter().copied().collect();
        missing[index] = needs.len();
        needs.into_iter().for_each(|need| needed_by[need].push(index));
    }
    let mut ready: BTreeSet<usize> = (0..needs.len()).filter(|index| missing[*index] == 0).collect();
    let mut done = Vec::new();
    while let Some(index) = ready.pop_first() {
        done.push(index);
        for follower in &needed_by[index] {
            missing[*follower] -= 1;
            if missing[*follower] == 0 {
                ready.insert(*follower);
            }
        }
    }
    match done.len() == needs.len() {
        true => Ok(done),
        false => Err(cycle(&needed_by, (0..needs.len()).filter(|index| missing[*index] > 0).collect())),
    }
}

/// Leaves out of those that are stuck the ones that only wait for a ring.
fn cycle(needed_by: &[Vec<usize>], mut stuck: BTreeSet<usize>) -> Vec<usize> {
    while let Some(waiting) =
        stuck.iter().copied().find(|index| !needed_by[*index].iter().any(|follower| stuck.contains(follower)))
    {
        stuck.remove(&waiting);
    }
    stuck.into_iter().collect()
}

/// Returns the new place of each target: after the targets whose keys it takes.
fn target_places(draft: &Draft<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<usize> {
    let needs: Vec<Vec<usize>> = draft
        .step
        .targets
        .iter()
        .map(|target| {
            let mut siblings = Vec::new();
            target.rules.iter().for_each(|rule| collect_siblings(&rule.value, &mut siblings));
            siblings
        })
        .collect();
    let ordered = order(&needs).unwrap_or_else(|stuck| {
        let names: Vec<&str> = stuck.iter().map(|index| draft.roles[*index].name.as_str()).collect();
        let message = format!("the targets {} need each other's keys first", names.join(", "));
        diagnostics.push(Diagnostic::error(Code::CYCLE, draft.map.name.span, message));
        (0..needs.len()).collect()
    });
    let mut places = vec![0; ordered.len()];
    ordered.iter().enumerate().for_each(|(new, old)| places[*old] = new);
    places
}

/// A link that only targets with conditions use is asked for where one of the conditions holds.
fn narrow_links(step: &mut Step) {
    let mut users: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); step.links.len()];
    for (at, target) in step.targets.iter().enumerate() {
        target.rules.iter().for_each(|rule| note_links(&rule.value, at, &mut users));
    }
    let mut always = vec![BTreeSet::new(); step.links.len()];
    step.guards.iter().for_each(|guard| note_links(&guard.when, 0, &mut always));
    for ((link, users), always) in step.links.iter_mut().zip(users).zip(always) {
        let conditional = users.iter().all(|target| step.targets[*target].when.is_some());
        if conditional && always.is_empty() {
            link.only_for = users.into_iter().collect();
        }
    }
}

fn note_links(expr: &Expr, target: usize, users: &mut [BTreeSet<usize>]) {
    if let ExprKind::Link { link, .. } = expr.kind {
        users[link].insert(target);
    }
    expr.children().into_iter().for_each(|child| note_links(child, target, users));
}

fn collect_siblings(expr: &Expr, siblings: &mut Vec<usize>) {
    if let ExprKind::Sibling(role) = expr.kind {
        siblings.push(role);
    }
    expr.children().into_iter().for_each(|child| collect_siblings(child, siblings));
}

fn move_targets(step: &mut Step, places: &[usize]) {
    for target in &mut step.targets {
        target.rules.iter_mut().for_each(|rule| move_siblings(&mut rule.value, places));
    }
    step.unique.iter_mut().for_each(|unique| unique.target = places[unique.target]);
    step.links.iter_mut().flat_map(|link| &mut link.only_for).for_each(|target| *target = places[*target]);
    for example in &mut step.examples {
        if let crate::plan::Expected::Rows { cells, absent } = &mut example.expected {
            cells.iter_mut().for_each(|(target, ..)| *target = places[*target]);
            absent.iter_mut().for_each(|target| *target = places[*target]);
        }
    }
    let mut moved: Vec<_> = step.targets.drain(..).enumerate().map(|(old, target)| (places[old], target)).collect();
    moved.sort_by_key(|(place, _)| *place);
    step.targets = moved.into_iter().map(|(_, target)| target).collect();
}

fn move_siblings(expr: &mut Expr, places: &[usize]) {
    if let ExprKind::Sibling(role) = &mut expr.kind {
        *role = places[*role];
    }
    expr.children_mut().into_iter().for_each(|child| move_siblings(child, places));
}

/// Returns the hash of what a step means: lines, docs, examples, classes and the words of reasons do not count.
fn meaning(step: &Step, world: &World<'_>) -> String {
    let mut bare = step.clone();
    (bare.docs, bare.examples, bare.dropped, bare.deferred) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    bare.line = 0;
    for reason in &mut bare.reasons {
        (reason.message, reason.line) = (String::new(), 0);
    }
    bare.read.joins.iter_mut().for_each(|join| join.line = 0);
    bare.read.exists.iter_mut().for_each(|exists| exists.line = 0);
    bare.links.iter_mut().for_each(|link| link.line = 0);
    bare.unique.iter_mut().for_each(|unique| unique.line = 0);
    if let crate::plan::Rollback::Irreversible { line, reason } = &mut bare.rollback {
        (*line, *reason) = (0, String::new());
    }
    for target in &mut bare.targets {
        target.line = 0;
        target.when.iter_mut().for_each(clear_lines);
        target.when_text = None;
        for rule in &mut target.rules {
            rule.line = 0;
            rule.text = String::new();
            rule.allows = Vec::new();
            rule.class = Class::Iso; // It follows from the value.
            clear_lines(&mut rule.value);
        }
    }
    bare.guards.iter_mut().for_each(|guard| clear_lines(&mut guard.when));
    bare.scope.iter_mut().for_each(clear_lines);
    bare.links.iter_mut().flat_map(|link| &mut link.key).for_each(clear_lines);
    let called: String = step.expressions().map(|expr| called(expr, world)).collect();
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(format!("{bare:?}{called}").as_bytes()))
}

/// Clears lines, and the places of value maps and functions: what they mean counts, not where they stand.
fn clear_lines(expr: &mut Expr) {
    match &mut expr.kind {
        ExprKind::Match { arms, .. } => arms.iter_mut().for_each(|arm| arm.line = 0),
        ExprKind::Through { map, .. } => *map = 0,
        ExprKind::Given { function, .. } => *function = 0,
        _ => {}
    }
    expr.children_mut().into_iter().for_each(clear_lines);
}

/// Returns what the value maps and functions mean that an expression goes through, in the order of its parts.
fn called(expr: &Expr, world: &World<'_>) -> String {
    let own = match &expr.kind {
        ExprKind::Through { map, .. } => {
            let map = &world.value_maps[*map];
            let bare = |outcome: &Outcome| match outcome {
                Outcome::Value(literal) => Some(literal.clone()),
                Outcome::Reject(_) => None,
            };
            let arms: Vec<_> = map.arms.iter().map(|arm| (&arm.from, bare(&arm.to), arm.arrow)).collect();
            format!("{:?}{:?}{arms:?}{:?}", map.from, map.to, map.rest.as_ref().map(bare))
        }
        ExprKind::Given { function, .. } => {
            let given = &world.functions[*function];
            format!("{}{:?}{:?}", given.name, given.parameters, given.result)
        }
        _ => String::new(),
    };
    expr.children().into_iter().fold(own, |meaning, child| meaning + &called(child, world))
}

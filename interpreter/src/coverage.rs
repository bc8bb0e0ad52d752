//! What the examples of a map reach: rules, arms of `match` and of value maps, reasons for rejections.

use crate::spec::literal_value;
use crate::watch::Watch;
use cutover_mapping_dsl::plan::{Arm, Cause, Expr, ExprKind, Plan, Rule, Step};
use std::collections::BTreeSet;

/// What the examples of one map reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Name of the map.
    pub map: String,
    /// Rules that gave a value.
    pub rules: Covered,
    /// Arms of `match` and of value maps that decided.
    pub arms: Covered,
    /// Reasons for which a row was rejected.
    pub reasons: Covered,
    /// Reasons that no example can reach, since they depend on other rows or on what is no value of its type.
    pub beyond: usize,
}

/// How much of a kind is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Covered {
    /// How many are reached.
    pub reached: usize,
    /// How many there are.
    pub of: usize,
    /// The others, in the order of lines.
    pub missed: Vec<Missed>,
}

/// Something that no example reaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missed {
    /// Line in the mapping.
    pub line: usize,
    /// What it is.
    pub what: String,
}

/// What was reached so far. Arms and rules are told apart by their place in memory: the step does not move meanwhile.
#[derive(Default)]
pub(crate) struct Reached {
    rules: BTreeSet<*const Rule>,
    arms: BTreeSet<*const Arm>,
    value_arms: BTreeSet<(usize, Option<usize>)>,
    reasons: BTreeSet<usize>,
}

impl Watch for Reached {
    fn arm(&mut self, arm: &Arm) {
        self.arms.insert(arm);
    }

    fn value_arm(&mut self, map: usize, arm: Option<usize>) {
        self.value_arms.insert((map, arm));
    }

    fn rule(&mut self, rule: &Rule) {
        self.rules.insert(rule);
    }
}

impl Reached {
    /// A row was rejected.
    pub(crate) fn reason(&mut self, reason: usize) {
        self.reasons.insert(reason);
    }

    /// Compares with what there is to reach. `step` is the very step that was watched.
    pub(crate) fn coverage(&self, plan: &Plan, step: &Step) -> Coverage {
        let causes = step.causes(plan);
        let testable = |reason: &usize| causes.get(reason) == Some(&Cause::Values);
        let testable: Vec<usize> = (0..step.reasons.len()).filter(testable).collect();
        Coverage {
            map: step.name.clone(),
            rules: self.rules(step),
            arms: self.arms(plan, step),
            reasons: Covered::count(testable.iter().map(|reason| {
                let known = &step.reasons[*reason];
                let what = format!("reason {}: {}", known.name, known.message);
                (self.reasons.contains(reason), Missed { line: known.line, what })
            })),
            beyond: step.reasons.len() - testable.len(),
        }
    }

    fn rules(&self, step: &Step) -> Covered {
        let rules = step.targets.iter().flat_map(|target| target.rules.iter().map(move |rule| (target, rule)));
        Covered::count(rules.map(|(target, rule)| {
            let what = format!("rule for {}.{}", target.role, rule.column);
            (self.rules.contains(&std::ptr::from_ref(rule)), Missed { line: rule.line, what })
        }))
    }

    fn arms(&self, plan: &Plan, step: &Step) -> Covered {
        let mut all = Vec::new();
        let mut values = BTreeSet::new();
        for (what, expr) in expressions(step) {
            self.arms_of(expr, &what, &mut all, &mut values);
        }
        for map in values {
            self.value_arms_of(plan, map, &mut all);
        }
        Covered::count(all.into_iter())
    }

    fn arms_of(&self, expr: &Expr, what: &str, all: &mut Vec<(bool, Missed)>, values: &mut BTreeSet<usize>) {
        match &expr.kind {
            ExprKind::Match { arms, .. } => all.extend(arms.iter().enumerate().map(|(at, arm)| {
                let what = format!("arm {} of the match for {what}", at + 1);
                (self.arms.contains(&std::ptr::from_ref(arm)), Missed { line: arm.line, what })
            })),
            ExprKind::Through { map, .. } => {
                values.insert(*map);
            }
            ExprKind::Legacy { .. } | ExprKind::Literal(_) | ExprKind::Exists(_) | ExprKind::Call(..) => {}
            ExprKind::Given { .. }
            | ExprKind::Concat(_)
            | ExprKind::Arithmetic(..)
            | ExprKind::Compare(..)
            | ExprKind::And(..) => {}
            ExprKind::Or(..) | ExprKind::Not(_) | ExprKind::Fits(..) | ExprKind::Restrict { .. } => {}
            ExprKind::Convert(..) | ExprKind::Link { .. } | ExprKind::Sibling(_) | ExprKind::Generated(_) => {}
        }
        expr.children().into_iter().for_each(|part| self.arms_of(part, what, all, values));
    }

    fn value_arms_of(&self, plan: &Plan, place: usize, all: &mut Vec<(bool, Missed)>) {
        let map = &plan.value_maps[place];
        all.extend(map.arms.iter().enumerate().map(|(at, arm)| {
            let from: Vec<String> = arm.from.iter().map(|from| literal_value(from, &map.from).quoted()).collect();
            let what = format!("{} in values {}", from.join(" | "), map.name);
            (self.value_arms.contains(&(place, Some(at))), Missed { line: arm.line, what })
        }));
        all.extend(map.rest.iter().map(|_| {
            let what = format!("_ in values {}", map.name);
            (self.value_arms.contains(&(place, None)), Missed { line: map.line, what })
        }));
    }
}

/// All expressions of a step, each with what it is for.
fn expressions(step: &Step) -> impl Iterator<Item = (String, &Expr)> {
    let rules = step.targets.iter().flat_map(|target| {
        target.rules.iter().map(move |rule| (format!("{}.{}", target.role, rule.column), &rule.value))
    });
    let keys = step.links.iter().flat_map(|link| &link.key).map(|key| ("a key".to_string(), key));
    let guards = step.guards.iter().map(|guard| ("a rejection".to_string(), &guard.when));
    let whens = step.targets.iter().filter_map(|target| Some((format!("when {}", target.role), target.when.as_ref()?)));
    let scope = step.scope.iter().map(|scope| ("the scope".to_string(), scope));
    rules.chain(keys).chain(guards).chain(whens).chain(scope)
}

impl Covered {
    fn count(all: impl Iterator<Item = (bool, Missed)>) -> Covered {
        let mut covered = Covered::default();
        for (reached, missed) in all {
            covered.of += 1;
            match reached {
                true => covered.reached += 1,
                false => covered.missed.push(missed),
            }
        }
        covered.missed.sort();
        covered
    }
}

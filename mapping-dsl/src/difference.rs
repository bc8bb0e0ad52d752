//! What differs between two mappings by what they mean: maps, keys, scopes, columns, values, reasons, ways back. Layout,
//! comments, docs and the order of maps do not count.

mod same;

use self::same::Shown;
use crate::plan::{Arrow, ExprKind, Outcome, Plan, Rollback, Rule, Step, Target, ValueMap};
use std::collections::{BTreeMap, BTreeSet};

/// How one map differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapDifference {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub kind: Kind,
}

/// What became of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It says the same.
    Unchanged,
    /// It does the same; docs, reasons, examples or what is left behind are worded otherwise.
    Worded,
    /// Only the new mapping has it.
    Added,
    /// Only the old mapping has it.
    Removed,
    /// It does something else.
    Changed(Vec<Change>),
}

/// One change of what a map does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is known by another legacy key, or reads another table.
    Key {
        /// The old table and key.
        before: String,
        /// The new ones.
        after: String,
    },
    /// A target is written anew, no longer, or into another table; the role.
    Target {
        /// Its name in the map.
        role: String,
        /// What became of it.
        what: &'static str,
    },
    /// The old rows are recognised by something else.
    Identity {
        /// Name of the target.
        role: String,
    },
    /// Other rows are in scope.
    Scope,
    /// Other rows are joined.
    Joins,
    /// A column of a target gets a value that got none.
    ColumnAdded(Column),
    /// A column of a target no longer gets a value.
    ColumnRemoved(Column),
    /// A column gets other values.
    Values {
        /// The column.
        column: Column,
        /// The old rule as written.
        before: String,
        /// The new one.
        after: String,
        /// Arms of value maps that changed, in words.
        arms: Vec<String>,
    },
    /// Other rows are rejected: reasons that came or went, or conditions that changed.
    Rejects {
        /// Reasons that only the new map has.
        added: Vec<String>,
        /// Reasons that only the old map has.
        removed: Vec<String>,
    },
    /// A way back that was there is gone.
    WayBackLost(String),
    /// There is a way back that was not there.
    WayBackGained(String),
    /// Only names within the map changed, such as an alias.
    Names,
}

/// A column of a target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    /// Name of the target in the map.
    pub role: String,
    /// The column.
    pub column: String,
}

/// Compares two mappings map by map: first the new one's in running order, then those that are gone.
pub fn compare(old: &Plan, new: &Plan) -> Vec<MapDifference> {
    let mut maps: Vec<MapDifference> = Vec::new();
    for step in &new.steps {
        let before = old.place(&step.name).map(|place| &old.steps[place]);
        let kind = before.map_or(Kind::Added, |before| kind((old, before), (new, step)));
        maps.push(MapDifference { name: step.name.clone(), kind });
    }
    let gone = old.steps.iter().filter(|step| new.place(&step.name).is_none());
    maps.extend(gone.map(|step| MapDifference { name: step.name.clone(), kind: Kind::Removed }));
    maps
}

/// Returns whether something does something else.
pub fn is_changed(maps: &[MapDifference]) -> bool {
    maps.iter().any(|map| !matches!(map.kind, Kind::Unchanged | Kind::Worded))
}

fn kind(old: (&Plan, &Step), new: (&Plan, &Step)) -> Kind {
    if old.1.meaning == new.1.meaning {
        let worded = same::words(old) != same::words(new);
        return if worded { Kind::Worded } else { Kind::Unchanged };
    }
    let pair = Pair { old: Shown::new(old.0, old.1), new: Shown::new(new.0, new.1) };
    let mut changes = Vec::new();
    pair.head(&mut changes);
    pair.targets(&mut changes);
    pair.rejects(&mut changes);
    pair.rollback(&mut changes);
    if changes.is_empty() {
        changes.push(Change::Names);
    }
    Kind::Changed(changes)
}

/// The same map before and after.
struct Pair<'a> {
    old: Shown<'a>,
    new: Shown<'a>,
}

impl<'a> Pair<'a> {
    fn steps(&self) -> (&'a Step, &'a Step) {
        (self.old.step, self.new.step)
    }

    /// Key, scope and joins.
    fn head(&self, changes: &mut Vec<Change>) {
        let (before, after) = (self.old.key(), self.new.key());
        if before != after {
            changes.push(Change::Key { before, after });
        }
        if self.old.scope() != self.new.scope() {
            changes.push(Change::Scope);
        }
        if self.old.joins() != self.new.joins() {
            changes.push(Change::Joins);
        }
    }

    fn targets(&self, changes: &mut Vec<Change>) {
        let (old, new) = self.steps();
        for after in &new.targets {
            match old.targets.iter().find(|before| before.role == after.role) {
                None => changes.push(Change::Target { role: after.role.clone(), what: "is new" }),
                Some(before) => self.target(before, after, changes),
            }
        }
        let gone = old.targets.iter().filter(|before| !new.targets.iter().any(|after| after.role == before.role));
        changes.extend(gone.map(|target| Change::Target { role: target.role.clone(), what: "is no longer written" }));
    }

    fn target(&self, before: &Target, after: &Target, changes: &mut Vec<Change>) {
        let what = if before.table != after.table || before.key != after.key {
            Some("is written to another table")
        } else if self.old.when(before) != self.new.when(after) {
            Some("gets rows under another condition")
        } else if before.existing.is_some() != after.existing.is_some() {
            Some(if after.existing.is_some() { "must be there already" } else { "is written by the map now" })
        } else {
            None
        };
        changes.extend(what.map(|what| Change::Target { role: after.role.clone(), what }));
        if same::identity(before) != same::identity(after) {
            changes.push(Change::Identity { role: after.role.clone() });
        }
        let column = |rule: &Rule| Column { role: after.role.clone(), column: rule.column.clone() };
        for rule in &after.rules {
            match before.rules.iter().find(|known| known.column == rule.column) {
                None => changes.push(Change::ColumnAdded(column(rule))),
                Some(known) => self.rule(known, rule, column(rule), changes),
            }
        }
        let gone = before.rules.iter().filter(|rule| !after.rules.iter().any(|known| known.column == rule.column));
        changes.extend(gone.map(|rule| Change::ColumnRemoved(column(rule))));
    }

    fn rule(&self, before: &Rule, after: &Rule, column: Column, changes: &mut Vec<Change>) {
        let name = format!("{}.{}", column.role, column.column);
        let typed = (&before.ty, before.nullable) != (&after.ty, after.nullable);
        if typed || self.old.expr(&before.value) != self.new.expr(&after.value) {
            let text = |rule: &Rule| format!("{} {}", rule.text, rule.arrow);
            let (before, after) = (text(before), text(after));
            let arms = self.arms(&column);
            changes.push(Change::Values { column, before, after, arms });
        }
        match (before.arrow, after.arrow) {
            (Arrow::Both, Arrow::Forward) => changes.push(Change::WayBackLost(name)),
            (Arrow::Forward, Arrow::Both) => changes.push(Change::WayBackGained(name)),
            _ => {}
        }
    }

    /// Says which arms of the value maps that a column goes through are others.
    fn arms(&self, column: &Column) -> Vec<String> {
        let used = |shown: &Shown<'a>| -> BTreeMap<&'a str, &'a ValueMap> {
            let targets = shown.step.targets.iter().filter(|target| target.role == column.role);
            let rules = targets.flat_map(|target| &target.rules).filter(|rule| rule.column == column.column);
            let mut open: Vec<_> = rules.map(|rule| &rule.value).collect();
            let mut maps = BTreeMap::new();
            while let Some(expr) = open.pop() {
                if let ExprKind::Through { map, .. } = expr.kind {
                    let map = &shown.plan.value_maps[map];
                    maps.insert(map.name.as_str(), map);
                }
                open.extend(expr.children());
            }
            maps
        };
        let (old, new) = (used(&self.old), used(&self.new));
        let both = new.iter().filter_map(|(name, after)| Some((*old.get(name)?, *after)));
        both.flat_map(|(before, after)| arms(before, after)).collect()
    }

    fn rejects(&self, changes: &mut Vec<Change>) {
        let names =
            |step: &Step| -> BTreeSet<String> { step.reasons.iter().map(|reason| reason.name.clone()).collect() };
        let (old, new) = self.steps();
        let (before, after) = (names(old), names(new));
        let conditions = self.old.guards() != self.new.guards() || self.old.unique() != self.new.unique();
        if before != after || conditions {
            let added = after.difference(&before).cloned().collect();
            changes.push(Change::Rejects { added, removed: before.difference(&after).cloned().collect() });
        }
    }

    fn rollback(&self, changes: &mut Vec<Change>) {
        let (old, new) = self.steps();
        let rows = || "its rows can be taken back".to_string();
        match (&old.rollback, &new.rollback) {
            (Rollback::Delete, Rollback::Irreversible { .. }) => changes.push(Change::WayBackLost(rows())),
            (Rollback::Irreversible { .. }, Rollback::Delete) => changes.push(Change::WayBackGained(rows())),
            _ => {}
        }
    }
}

/// Says which values two value maps send to something else.
fn arms(before: &ValueMap, after: &ValueMap) -> Vec<String> {
    let show = crate::resolve::values::show;
    let outcome = |outcome: &Outcome| match outcome {
        Outcome::Value(literal) => show(literal),
        Outcome::Reject(_) => "reject".to_string(),
    };
    let all = |map: &ValueMap| -> BTreeMap<String, String> {
        let arms = map.arms.iter().flat_map(|arm| arm.from.iter().map(move |from| (from, arm)));
        let arms = arms.map(|(from, arm)| (show(from), format!("{} {}", arm.arrow, outcome(&arm.to))));
        arms.chain(map.rest.as_ref().map(|rest| ("_".to_string(), format!("-> {}", outcome(rest))))).collect()
    };
    let (old, new) = (all(before), all(after));
    let values: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let say = |value: &String| match (old.get(value), new.get(value)) {
        (Some(before), Some(after)) if before == after => None,
        (Some(before), Some(after)) => Some(format!("{value} {after}, was {value} {before}")),
        (None, Some(after)) => Some(format!("{value} {after}, is new")),
        (Some(before), None) => Some(format!("{value} {before}, is gone")),
        (None, None) => None,
    };
    values.into_iter().filter_map(say).map(|words| format!("{}: {words}", after.name)).collect()
}

//! Parts of a plan in a form that can be compared with those of another plan: indexes replaced by what they stand for,
//! aliases of tables by their tables.

use crate::plan::{
    ArmResult, Condition, Conversion, Dropped, Example, Exists, Expr, ExprKind, Join, LinkKind, LookedInto, OnZero,
    Operand, Outcome, Plan, Step, Target, Test,
};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// A step whose parts can be shown.
pub(super) struct Shown<'a> {
    pub(super) plan: &'a Plan,
    pub(super) step: &'a Step,
    /// Tables by alias.
    tables: BTreeMap<&'a str, String>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(plan: &'a Plan, step: &'a Step) -> Shown<'a> {
        let read = &step.read;
        let joined = read.joins.iter().map(|join| (join.alias.as_str(), join.table.as_str()));
        let asked = read.exists.iter().flat_map(|exists| &exists.tables);
        let asked = asked.map(|table| (table.alias.as_str(), table.table.as_str()));
        let all = std::iter::once((read.alias.as_str(), read.table.as_str())).chain(joined).chain(asked);
        // A table that is read twice is told apart by its place.
        let tables = all.enumerate().map(|(place, (alias, table))| (alias, format!("{place}:{table}"))).collect();
        Shown { plan, step, tables }
    }

    fn table(&self, alias: &str) -> &str {
        self.tables.get(alias).map_or("", String::as_str)
    }

    /// The base table and the columns of the key.
    pub(super) fn key(&self) -> String {
        let columns = self.step.read.key.iter().map(|key| self.step.read.columns[*key].column.as_str());
        format!("{} by {}", self.step.read.table, columns.collect::<Vec<_>>().join(", "))
    }

    pub(super) fn scope(&self) -> String {
        let mut required: Vec<String> = self.step.read.required.iter().map(|index| self.exists(*index)).collect();
        required.sort();
        format!("{required:?} {:?}", self.step.scope.as_ref().map(|scope| self.expr(scope)))
    }

    pub(super) fn joins(&self) -> Vec<String> {
        let join = |join: &Join| {
            let kinds = (join.missing.is_some(), join.several.is_some());
            format!("{} {:?} {kinds:?}", join.table, self.conditions(&join.on))
        };
        self.step.read.joins.iter().map(join).collect()
    }

    pub(super) fn when(&self, target: &Target) -> Option<String> {
        target.when.as_ref().map(|when| self.expr(when))
    }

    pub(super) fn guards(&self) -> Vec<String> {
        self.step.guards.iter().map(|guard| self.expr(&guard.when)).collect()
    }

    pub(super) fn unique(&self) -> Vec<String> {
        let mut all: Vec<String> = self
            .step
            .unique
            .iter()
            .map(|unique| {
                let target = &self.step.targets[unique.target];
                format!("{} {:?}", target.role, columns(target, &unique.columns))
            })
            .collect();
        all.sort();
        all
    }

    fn exists(&self, index: usize) -> String {
        let Exists { tables, on, .. } = &self.step.read.exists[index];
        let tables: Vec<&str> = tables.iter().map(|LookedInto { table, .. }| table.as_str()).collect();
        format!("exists {tables:?} {:?}", self.conditions(on))
    }

    fn conditions(&self, on: &[Condition]) -> Vec<String> {
        let condition = |condition: &Condition| {
            let test = match &condition.test {
                Test::Compare(sign, Operand::Column(alias, column)) => {
                    format!("{sign:?} {}.{column}", self.table(alias))
                }
                Test::Compare(sign, Operand::Folded(alias, column)) => {
                    format!("{sign:?} fold {}.{column}", self.table(alias))
                }
                other => format!("{other:?}"),
            };
            format!("{}.{} {} {test}", self.table(&condition.alias), condition.column, condition.fold)
        };
        let mut all: Vec<String> = on.iter().map(condition).collect();
        all.sort();
        all
    }

    /// Shows an expression; two that mean the same may still be shown otherwise, two that mean another thing never alike.
    pub(super) fn expr(&self, expr: &Expr) -> String {
        let parts = || expr.children().into_iter().map(|part| self.expr(part)).collect::<Vec<_>>().join(", ");
        let call = |name: &dyn Debug| format!("{name:?}({})", parts());
        match &expr.kind {
            ExprKind::Legacy { column, on_zero, .. } => {
                let read = &self.step.read.columns[*column];
                let zero = if *on_zero == OnZero::Null { " zero is null" } else { "" };
                format!("{}.{} {:?} {}{zero}", self.table(&read.alias), read.column, read.ty, read.nullable)
            }
            ExprKind::Literal(literal) => format!("{literal:?}"),
            ExprKind::Exists(index) => self.exists(*index),
            ExprKind::Call(function, _) => call(function),
            ExprKind::Given { function, reject, .. } => {
                let given = &self.plan.functions[*function];
                call(&(&given.name, &given.parameters, &given.result, reject.is_some()))
            }
            ExprKind::Concat(_) => call(&"++"),
            ExprKind::Arithmetic(operator, ..) => call(operator),
            ExprKind::Compare(comparison, ..) => call(comparison),
            ExprKind::And(..) => call(&"and"),
            ExprKind::Or(..) => call(&"or"),
            ExprKind::Not(_) => call(&"not"),
            ExprKind::Fits(_, patterns) => call(&("in", patterns)),
            ExprKind::Match { arms, .. } => {
                let arm = |arm: &crate::plan::Arm| (arm.patterns.clone(), matches!(arm.result, ArmResult::Reject(_)));
                call(&("match", arms.iter().map(arm).collect::<Vec<_>>()))
            }
            ExprKind::Through { map, .. } => call(&self.value_map(*map)),
            ExprKind::Restrict { patterns, .. } => call(&("values", patterns)),
            ExprKind::Convert(conversion, _) => call(&bare(conversion)),
            ExprKind::Link { link, .. } => self.link(*link),
            ExprKind::Sibling(target) => format!("ref {}", self.step.targets[*target].role),
            ExprKind::Generated(generated) => format!("generated {generated:?}"),
        }
    }

    fn value_map(&self, map: usize) -> String {
        let map = &self.plan.value_maps[map];
        let bare = |outcome: &Outcome| match outcome {
            Outcome::Value(literal) => Some(literal.clone()),
            Outcome::Reject(_) => None,
        };
        let arms: Vec<_> = map.arms.iter().map(|arm| (&arm.from, bare(&arm.to), arm.arrow)).collect();
        format!("{:?} {:?} {arms:?} {:?}", map.from, map.to, map.rest.as_ref().map(bare))
    }

    fn link(&self, index: usize) -> String {
        let link = &self.step.links[index];
        let key: Vec<String> = link.key.iter().map(|key| self.expr(key)).collect();
        match &link.kind {
            LinkKind::Reference { step, target } => {
                let place = self.plan.place(step).map(|place| &self.plan.steps[place]);
                let role = place.and_then(|step| step.targets.get(*target)).map_or("", |target| target.role.as_str());
                format!("ref {step}.{role} {key:?}")
            }
            LinkKind::Lookup { .. } => format!("{:?} {key:?}", link.kind),
        }
    }
}

/// A conversion without its reason.
fn bare(conversion: &Conversion) -> Conversion {
    let mut bare = conversion.clone();
    match &mut bare {
        Conversion::NotNull { reject }
        | Conversion::Length { reject, .. }
        | Conversion::Range { reject, .. }
        | Conversion::IntegerToBoolean { reject }
        | Conversion::Digits { reject, .. }
        | Conversion::TextToUuid { reject } => *reject = 0,
        Conversion::Unset { .. }
        | Conversion::WallToInstant { .. }
        | Conversion::InstantToWall { .. }
        | Conversion::DateToWall
        | Conversion::CutFraction { .. }
        | Conversion::BooleanToInteger
        | Conversion::IntegerToDecimal
        | Conversion::UuidToText => {}
    }
    bare
}

/// The columns by which rows of a target are recognised, and whether case counts.
pub(super) fn identity(target: &Target) -> Option<Vec<(String, bool)>> {
    target.identity.as_ref().map(|identity| columns(target, &identity.columns))
}

fn columns(target: &Target, rules: &[(usize, bool)]) -> Vec<(String, bool)> {
    let mut columns: Vec<_> = rules.iter().map(|(rule, fold)| (target.rules[*rule].column.clone(), *fold)).collect();
    columns.sort();
    columns
}

/// All words of a map that its meaning does not depend on, without their places.
pub(super) fn words((plan, step): (&Plan, &Step)) -> String {
    let examples: Vec<Example> = step.examples.iter().map(|one| Example { line: 0, ..one.clone() }).collect();
    let dropped: Vec<Dropped> = step.dropped.iter().map(|one| Dropped { line: 0, ..one.clone() }).collect();
    let deferred: Vec<_> = step.deferred.iter().map(|one| (&one.columns, &one.to)).collect();
    let reasons: Vec<_> = step.reasons.iter().map(|reason| (&reason.name, &reason.message)).collect();
    let rules = step.targets.iter().flat_map(|target| &target.rules);
    let rules: Vec<_> = rules.map(|rule| (&rule.column, &rule.text, &rule.allows)).collect();
    let value_maps: Vec<_> = plan.value_maps.iter().map(|map| (&map.name, &map.docs)).collect();
    format!("{:?}{examples:?}{dropped:?}{deferred:?}{reasons:?}{rules:?}{value_maps:?}", step.docs)
}

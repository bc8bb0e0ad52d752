//! What the expressions of a map read, and which legacy columns its conditions fix.

use crate::plan::{Comparison, Expr, ExprKind, Literal, Pattern, Plan, Rule, Step, Target};
use crate::resolve::class::{Facts, Maps, parts};
use crate::schema::{Column, Table};
use std::collections::{BTreeMap, BTreeSet};

/// A map with what it is judged by.
#[derive(Clone, Copy)]
pub(super) struct Map<'p> {
    pub(super) plan: &'p Plan,
    pub(super) step: &'p Step,
    /// The base table: the legacy row that may come back.
    pub(super) table: &'p Table,
}

impl<'p> Map<'p> {
    pub(super) fn new(plan: &'p Plan, step: &'p Step) -> Map<'p> {
        Map { plan, step, table: plan.legacy.table(&step.read.table) }
    }

    pub(super) fn facts(&self) -> Facts<'p> {
        let Plan { value_maps, target, .. } = self.plan;
        Facts { value_maps, links: &self.step.links, target: &target.schema, maps: Maps::Steps(self.plan) }
    }

    /// Returns all rules, each with its target.
    pub(super) fn rules(&self) -> impl Iterator<Item = (&'p Target, &'p Rule)> {
        let step = self.step;
        step.targets.iter().flat_map(|target| target.rules.iter().map(move |rule| (target, rule)))
    }

    /// Returns the column that a rule writes.
    pub(super) fn written(&self, target: &Target, rule: &Rule) -> &'p Column {
        let table = self.plan.target.table(&target.table);
        table.column(&rule.column).expect("the plan names columns of its schemas only")
    }

    /// Returns the columns that an expression reads, also on the way to what it looks up: indexes into the columns read.
    pub(super) fn reads(&self, expr: &'p Expr) -> BTreeSet<usize> {
        let mut columns = BTreeSet::new();
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            if let ExprKind::Legacy { column, .. } = expr.kind {
                columns.insert(column);
            }
            open.extend(parts(expr, &self.step.links));
        }
        columns
    }

    /// Returns the columns of the base table that an expression reads.
    pub(super) fn reads_base(&self, expr: &'p Expr) -> BTreeSet<&'p str> {
        let step = self.step;
        let columns = self.reads(expr).into_iter().map(|column| &step.read.columns[column]);
        columns.filter(|column| column.alias == step.read.alias).map(|column| column.column.as_str()).collect()
    }

    /// Returns the columns of joined tables that an expression reads: alias and column.
    pub(super) fn reads_joined(&self, expr: &'p Expr) -> Vec<(&'p str, &'p str)> {
        let step = self.step;
        let columns = self.reads(expr).into_iter().map(|column| &step.read.columns[column]);
        let joined = columns.filter(|column| column.alias != step.read.alias);
        joined.map(|column| (column.alias.as_str(), column.column.as_str())).collect()
    }

    /// Returns the names of the legacy columns that an expression reads, for people.
    pub(super) fn named(&self, expr: &'p Expr) -> String {
        let columns = self.reads(expr).into_iter().map(|column| &self.step.read.columns[column]);
        columns.map(|column| format!("`{}.{}`", column.alias, column.column)).collect::<Vec<_>>().join(" and ")
    }

    /// Returns the columns of the key.
    pub(super) fn key(&self) -> BTreeSet<&'p str> {
        let read = &self.step.read;
        read.key.iter().map(|key| read.columns[*key].column.as_str()).collect()
    }

    /// Returns the columns of the base table that have one value in every row for which a condition holds.
    pub(super) fn fixed(&self, condition: Option<&'p Expr>) -> BTreeMap<&'p str, &'p Literal> {
        let mut fixed = BTreeMap::new();
        let mut open: Vec<&Expr> = condition.into_iter().collect();
        while let Some(expr) = open.pop() {
            match &expr.kind {
                ExprKind::And(left, right) => open.extend([&**left, &**right]),
                ExprKind::Compare(Comparison::Equal, left, right) => match (&left.kind, &right.kind) {
                    (ExprKind::Literal(value), _) => fixed.extend(self.base_column(right).zip(Some(value))),
                    (_, ExprKind::Literal(value)) => fixed.extend(self.base_column(left).zip(Some(value))),
                    _ => {}
                },
                ExprKind::Fits(value, patterns) => match patterns.as_slice() {
                    [Pattern::Literal(literal)] => fixed.extend(self.base_column(value).zip(Some(literal))),
                    [Pattern::Null] => fixed.extend(self.base_column(value).zip(Some(&Literal::Null))),
                    _ => {}
                },
                _ => {}
            }
        }
        fixed
    }

    /// Returns the column if the expression is one of the base table, as it is.
    fn base_column(&self, expr: &Expr) -> Option<&'p str> {
        let ExprKind::Legacy { column, .. } = expr.kind else { return None };
        let column = &self.step.read.columns[column];
        (column.alias == self.step.read.alias).then_some(column.column.as_str())
    }

    /// Returns what the conditions of a target's rows fix: its own and the scope.
    pub(super) fn fixed_in(&self, target: &'p Target) -> BTreeMap<&'p str, &'p Literal> {
        let mut fixed = self.fixed(self.step.scope.as_ref());
        fixed.extend(self.fixed(target.when.as_ref()));
        fixed
    }

    /// Returns the one value that a rule gives in every row of its target, if it does.
    pub(super) fn constant(&self, target: &'p Target, rule: &'p Rule) -> Option<&'p Literal> {
        match &unconverted(&rule.value).kind {
            ExprKind::Literal(literal) => Some(literal),
            _ => self.fixed_in(target).get(self.base_column(&rule.value)?).copied(),
        }
    }
}

/// Returns whether an expression takes nothing from the legacy row: a constant, the key of another target, what is
/// generated.
pub(super) fn takes_nothing(expr: &Expr) -> bool {
    matches!(unconverted(expr).kind, ExprKind::Literal(_) | ExprKind::Sibling(_) | ExprKind::Generated(_))
}

fn unconverted(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Convert(_, part) => unconverted(part),
        _ => expr,
    }
}

/// Returns the target whose key an expression is.
pub(super) fn sibling(expr: &Expr) -> Option<usize> {
    match unconverted(expr).kind {
        ExprKind::Sibling(target) => Some(target),
        _ => None,
    }
}

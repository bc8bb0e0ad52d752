//! Mappings that are right; the snapshot is their plan in short.

use crate::support::{compile_file, messages};
use cutover_mapping_dsl::plan::{
    Arrow, Comparison, Condition, Expr, ExprKind, Link, LinkKind, Operand, Outcome, Plan, Rollback, Step, Target, Test,
    ValueMap,
};
use std::collections::BTreeSet;
use std::fmt::Write;

#[test]
fn plans_are_as_reviewed() {
    insta::glob!("../suite/valid", "*.map", |path| {
        let compiled = compile_file(path);
        assert!(compiled.diagnostics.is_empty(), "{}:\n{}", path.display(), messages(&compiled));
        let plan = compiled.plan.expect("a mapping without errors has a plan");
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(show(&plan));
        });
    });
}

fn show(plan: &Plan) -> String {
    let mut out = String::new();
    plan.value_maps.iter().for_each(|map| out.push_str(&show_values(map)));
    plan.steps.iter().for_each(|step| out.push_str(&show_step(plan, step)));
    for left in &plan.left {
        out.push_str(&format!("leave {}: {}\n", left.tables.join(", "), left.reason));
    }
    out
}

fn show_values(map: &ValueMap) -> String {
    let outcome = |outcome: &Outcome| match outcome {
        Outcome::Value(value) => format!("{value:?}"),
        Outcome::Reject(words) => format!("reject {words:?}"),
    };
    let mut out = format!("values {}: {:?} to {:?}\n", map.name, map.from, map.to);
    for arm in &map.arms {
        let _ = writeln!(out, "  {:?} {} {}", arm.from, arm.arrow, outcome(&arm.to));
    }
    if let Some(rest) = &map.rest {
        let _ = writeln!(out, "  _ {} {}", Arrow::Forward, outcome(rest));
    }
    out
}

fn show_step(plan: &Plan, step: &Step) -> String {
    let mut out = format!("step {} ({}, {})\n", step.name, step.class(), step.map_table());
    let key: Vec<&str> = step.read.key.iter().map(|at| step.read.columns[*at].column.as_str()).collect();
    let _ = writeln!(out, "  read {} {} by {}", step.read.table, step.read.alias, key.join(", "));
    for join in &step.read.joins {
        let kind = if join.missing.is_some() { "one" } else { "optional" };
        let probed = if join.probed { " (probed)" } else { "" };
        let _ = writeln!(out, "  join {kind} {} {} on {}{probed}", join.table, join.alias, show_on(&join.on));
    }
    for exists in &step.read.exists {
        let tables: Vec<String> =
            exists.tables.iter().map(|table| format!("{} {}", table.table, table.alias)).collect();
        let probed = if exists.probed { " (probed)" } else { "" };
        let _ = writeln!(out, "  exists {} on {}{probed}", tables.join(", "), show_on(&exists.on));
    }
    if let Some(scope) = &step.scope {
        let columns: Vec<&str> = columns(scope).into_iter().map(|at| step.read.columns[at].column.as_str()).collect();
        let _ = writeln!(out, "  scope over {}", columns.join(", "));
    }
    step.links.iter().for_each(|link| out.push_str(&show_link(link)));
    step.targets.iter().for_each(|target| out.push_str(&show_target(plan, target)));
    let reasons: Vec<&str> = step.reasons.iter().map(|reason| reason.name.as_str()).collect();
    let _ = writeln!(out, "  reasons {}", reasons.join(", "));
    if let Rollback::Irreversible { reason, .. } = &step.rollback {
        let _ = writeln!(out, "  irreversible {reason:?}");
    }
    out
}

fn show_on(conditions: &[Condition]) -> String {
    conditions.iter().map(show_condition).collect::<Vec<_>>().join(" and ")
}

fn show_condition(condition: &Condition) -> String {
    let fold = |fold: bool, text: String| if fold { format!("fold({text})") } else { text };
    let own = fold(condition.fold, condition.column.clone());
    match &condition.test {
        Test::Among(values) => format!("{own} in {values:?}"),
        Test::Compare(comparison, other) => {
            let sign = if *comparison == Comparison::Equal { "=".to_string() } else { format!("{comparison:?}") };
            let other = match other {
                Operand::Column(alias, column) => format!("{alias}.{column}"),
                Operand::Folded(alias, column) => format!("fold({alias}.{column})"),
                Operand::Literal(literal) => format!("{literal:?}"),
            };
            format!("{own} {sign} {other}")
        }
    }
}

fn columns(expr: &Expr) -> BTreeSet<usize> {
    let mut all: BTreeSet<usize> = expr.children().into_iter().flat_map(columns).collect();
    if let ExprKind::Legacy { column, .. } = expr.kind {
        all.insert(column);
    }
    all
}

fn show_link(link: &Link) -> String {
    match &link.kind {
        LinkKind::Reference { step, target } => format!("  link to {step}.{target}\n"),
        LinkKind::Lookup { table, result, by, .. } => {
            let by: Vec<&str> = by.iter().map(|by| by.column.as_str()).collect();
            format!("  link to {table}.{result} by {}\n", by.join(", "))
        }
    }
}

fn show_target(plan: &Plan, target: &Target) -> String {
    let table = plan.target.table(&target.table);
    let mut out = format!("  write {} {} (key {})\n", table.name, target.role, target.key);
    if let Some(when) = &target.when_text {
        let _ = writeln!(out, "    when {when}");
    }
    if target.existing.is_some() {
        out.push_str("    existing\n");
    }
    if let Some(identity) = target.identity.as_ref().filter(|identity| identity.several.is_some()) {
        let _ = writeln!(out, "    identity {:?}", identity.columns);
    }
    for rule in &target.rules {
        let _ = writeln!(out, "    {} {} {} ({})", rule.text, rule.arrow, rule.column, rule.class);
    }
    out
}

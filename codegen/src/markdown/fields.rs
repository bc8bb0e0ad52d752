//! The table of fields: each target column with its rule, the legacy columns, the class, the losses that were accepted
//! and the reasons for rejections; then what is left behind.

use super::filters;
use crate::lineage::{Origin, origins, rejected_for};
use crate::wording::Wording;
use askama::Template;
use cutover_mapping_dsl::plan::{Plan, Rule, Step, Target};

#[derive(Template)]
#[template(path = "markdown/fields.md")]
pub(super) struct Fields<'p> {
    mark: &'p str,
    file: &'p str,
    maps: Vec<Map<'p>>,
}

struct Map<'p> {
    step: &'p Step,
    /// Columns of which some values mean null.
    nulls: Vec<String>,
    guards: Vec<Guard<'p>>,
    targets: Vec<Written<'p>>,
}

struct Guard<'p> {
    when: String,
    reason: &'p str,
    message: &'p str,
}

struct Written<'p> {
    target: &'p Target,
    /// The columns by which a row that was there before is recognised.
    known_by: Vec<String>,
    fields: Vec<Field<'p>>,
}

struct Field<'p> {
    rule: &'p Rule,
    arrow: &'static str,
    from: Vec<String>,
    rejected: Vec<&'p str>,
}

/// Returns the page.
pub(super) fn page<'p>(plan: &'p Plan, mark: &'p str) -> Fields<'p> {
    Fields { mark, file: &plan.file, maps: plan.steps.iter().map(|step| map(plan, step)).collect() }
}

fn map<'p>(plan: &'p Plan, step: &'p Step) -> Map<'p> {
    let guard = |guard: &cutover_mapping_dsl::plan::Guard| Guard {
        when: Wording { plan, step }.expr(&guard.when),
        reason: &step.reasons[guard.reason].name,
        message: &step.reasons[guard.reason].message,
    };
    let written = |target: &'p Target| Written {
        target,
        known_by: crate::outline::identity(target),
        fields: target.rules.iter().map(|rule| field(plan, step, rule)).collect(),
    };
    Map {
        step,
        nulls: crate::outline::nulls(step),
        guards: step.guards.iter().map(guard).collect(),
        targets: step.targets.iter().map(written).collect(),
    }
}

fn field<'p>(plan: &'p Plan, step: &'p Step, rule: &'p Rule) -> Field<'p> {
    let from = origins(plan, step, &rule.value).into_iter().filter_map(|origin| match origin {
        Origin::Column { table, column, .. } => Some(format!("{table}.{column}")),
        Origin::Reference { .. } | Origin::Lookup { .. } | Origin::Sibling { .. } => Some(origin.words()),
        Origin::Values { .. } | Origin::Function { .. } | Origin::Constant { .. } | Origin::Generated { .. } => None,
    });
    Field {
        rule,
        arrow: crate::diagram::arrow(rule.arrow),
        from: from.collect(),
        rejected: rejected_for(plan, step, rule),
    }
}

impl Field<'_> {
    fn ty(&self) -> String {
        let ty = crate::diagram::type_label(&self.rule.ty);
        if self.rule.nullable { format!("{ty}, null") } else { ty }
    }
}

fn dotted(alias: &str, column: &str) -> String {
    format!("{alias}.{column}")
}

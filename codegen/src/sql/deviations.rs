//! Deviations, in both directions: rows without counterpart, and columns whose value is not what the mapping says.

pub(super) mod columns;

use super::dialect::SqlDialect;
use super::expression::{Translator, Unsupported};
use super::model::{Head, Section, not_expressible};
use super::read::{self, Line};
use crate::{comment, names};
use askama::Template;
use columns::ColumnQuery;
use cutover_mapping_dsl::plan::{ExprKind, Plan, Rule, Step, Target};
use std::collections::BTreeMap;

/// Alias of the migration table.
pub(super) const ENTRY: &str = "cutover_entry";
/// Alias of the target table.
pub(super) const FOUND: &str = "cutover_found";

/// The file.
#[derive(Template)]
#[template(path = "sql/deviations.sql")]
pub(super) struct Deviations {
    head: Head,
    steps: Vec<DeviationsStep>,
}

struct DeviationsStep {
    section: Section,
    base: String,
    joins: Vec<String>,
    /// The legacy key as read, and as the entries have it.
    key: String,
    entry_key: String,
    map_table: String,
    same_key: String,
    /// Legacy rows in scope without entry.
    missing: Vec<Line>,
    missing_blocked: Vec<String>,
    targets: Vec<TargetQueries>,
}

struct TargetQueries {
    role: String,
    name: String,
    table: String,
    key: String,
    entry: String,
    /// Where not every legacy row gives a row: those that are missing, and those that should not be there.
    conditional: Option<Conditional>,
    /// Target rows that belong to no entry; asked once, where the last map that writes the table stands.
    unclaimed: Option<Vec<Line>>,
    columns: Vec<ColumnQuery>,
}

/// A target with a condition.
struct Conditional {
    /// Whether there is a row though the condition does not hold, or none though it does.
    differs: String,
    joins: Vec<String>,
    state: String,
    blocked: Vec<String>,
}

const ABOUT: &[&str] = &[
    "What deviates from the mapping. Every query should return no row. A column is compared for rows that can be",
    "converted; values that are generated anew are not compared.",
];

/// Builds the file's model.
pub(super) fn build(plan: &Plan, dialect: &dyn SqlDialect) -> Deviations {
    let writers = writers(plan);
    let steps = plan.steps.iter().map(|step| deviations(plan, step, &writers, dialect)).collect();
    Deviations { head: Head::new(plan, dialect, ABOUT), steps }
}

/// Who writes a table, in running order.
type Writers<'a> = BTreeMap<&'a str, Vec<Writer<'a>>>;
type Writer<'a> = (&'a Step, &'a Target);

fn writers(plan: &Plan) -> Writers<'_> {
    let mut writers = Writers::new();
    for step in &plan.steps {
        for target in &step.targets {
            writers.entry(&target.table).or_default().push((step, target));
        }
    }
    writers
}

fn deviations(plan: &Plan, step: &Step, writers: &Writers<'_>, dialect: &dyn SqlDialect) -> DeviationsStep {
    let mut translator = Translator::new(plan, step, dialect, ENTRY);
    let joins = translator.joins();
    let mut missing = vec![translator.no_entry()];
    missing.extend(translator.scope());
    let same_key = translator.same_key(ENTRY).join(" AND ");
    let key = translator.key_columns().join(", ");
    let entry_key: Vec<String> = step
        .read
        .key
        .iter()
        .map(|key| names::legacy_key_column(&step.read.columns[*key].column))
        .map(|column| read::qualified(dialect, ENTRY, &column))
        .collect();
    let targets = step.targets.iter().map(|target| queries(plan, step, target, writers, dialect)).collect();
    DeviationsStep {
        section: Section::new(plan, step, dialect, &[]),
        base: translator.base(),
        joins,
        key,
        entry_key: entry_key.join(", "),
        map_table: format!("{} AS {}", read::map_table(plan, dialect, &step.name), dialect.quote(ENTRY)),
        same_key,
        missing,
        missing_blocked: blocked(dialect, translator.finish()),
        targets,
    }
}

pub(super) fn blocked(dialect: &dyn SqlDialect, unsupported: Vec<Unsupported>) -> Vec<String> {
    unsupported.iter().map(|what| not_expressible(dialect, what)).collect()
}

fn queries(
    plan: &Plan,
    step: &Step,
    target: &Target,
    writers: &Writers<'_>,
    dialect: &dyn SqlDialect,
) -> TargetQueries {
    let writers = &writers[target.table.as_str()];
    // Rows that must be there anyhow belong to nobody.
    let last = writers.iter().rfind(|(_, writer)| writer.existing.is_none());
    let is_last = last.is_some_and(|(_, last)| std::ptr::eq(*last, target));
    let compared = target.rules.iter().filter(|rule| !rule.value.is_generated());
    TargetQueries {
        role: comment::line(&target.role).into_owned(),
        name: comment::line(&target.table).into_owned(),
        table: read::target_table(plan, dialect, &target.table, FOUND),
        key: read::qualified(dialect, FOUND, &target.key),
        entry: read::qualified(dialect, ENTRY, &names::target_key_column(&target.role)),
        conditional: conditional(plan, step, target, dialect),
        unclaimed: is_last.then(|| unclaimed(plan, writers, dialect)),
        columns: compared.map(|rule| columns::column(plan, step, target, rule, dialect)).collect(),
    }
}

fn conditional(plan: &Plan, step: &Step, target: &Target, dialect: &dyn SqlDialect) -> Option<Conditional> {
    let when = target.when.as_ref()?;
    let mut translator = Translator::new(plan, step, dialect, ENTRY);
    let joins = translator.joins();
    let when = translator.ask_at(target.line, when);
    let mut asked = when.rejects.iter().map(|reject| format!("NOT ({reject}) AND ")).collect::<String>();
    asked.push_str(&when.value);
    let state = read::qualified(dialect, ENTRY, "state");
    let key = read::qualified(dialect, ENTRY, &names::target_key_column(&target.role));
    let differs = dialect.only_one_holds(&format!("{key} IS NOT NULL"), &asked);
    Some(Conditional { differs, joins, state, blocked: blocked(dialect, translator.finish()) })
}

/// Rows that look like those of a map that writes the table, by its constant values, and that none of them knows.
fn unclaimed(plan: &Plan, writers: &[Writer<'_>], dialect: &dyn SqlDialect) -> Vec<Line> {
    let key = writers.first().map_or("", |(_, target)| &target.key);
    let mut lines: Vec<Line> =
        writers.iter().map(|(step, target)| Line::plain(no_claim(plan, step, target, dialect, key))).collect();
    let mut alike: Vec<Vec<Line>> =
        writers.iter().map(|(step, target)| constants(plan, step, target, dialect)).collect();
    match alike.as_mut_slice() {
        [one] => lines.append(one),
        several if several.iter().any(Vec::is_empty) => {}
        several => lines.push(Line::plain(format!(
            "({})",
            several.iter().map(|lines| all_of(lines)).collect::<Vec<_>>().join(" OR ")
        ))),
    }
    lines
}

fn all_of(lines: &[Line]) -> String {
    lines.iter().map(|line| line.sql.as_str()).collect::<Vec<_>>().join(" AND ")
}

/// Conditions that hold for every row that a map writes.
fn constants(plan: &Plan, step: &Step, target: &Target, dialect: &dyn SqlDialect) -> Vec<Line> {
    let mut translator = Translator::new(plan, step, dialect, ENTRY);
    let constant = |rule: &&Rule| matches!(rule.value.kind, ExprKind::Literal(_));
    let lines = target.rules.iter().filter(constant).map(|rule| {
        translator.line = rule.line;
        let found = translator.target_side(FOUND, &target.table, &rule.column, &rule.ty);
        let constant = translator.side(&rule.value);
        let differ = translator.differ(&rule.ty, &found, &constant);
        Line::remarked(format!("NOT ({differ})"), translator.place(rule.line))
    });
    lines.collect()
}

fn no_claim(plan: &Plan, step: &Step, target: &Target, dialect: &dyn SqlDialect, key: &str) -> String {
    let table = read::map_table(plan, dialect, &step.name);
    let entry = read::qualified(dialect, ENTRY, &names::target_key_column(&target.role));
    let key = read::qualified(dialect, FOUND, key);
    format!("NOT EXISTS (SELECT 1 FROM {table} AS {} WHERE {entry} = {key})", dialect.quote(ENTRY))
}

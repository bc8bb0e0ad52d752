//! A run within the server: a procedure for each step, and one that calls them in order, within a time, under a lock. A
//! step goes through what is pending a page at a time; each page is one transaction, as in the runtime.

use super::carry::{self, Carry, Temporary};
use super::dialect::SqlDialect;
use super::expression::Translator;
use super::forward::{self, Asked};
use super::model::{Head, not_expressible};
use super::read::{self, Line};
use crate::names;
use askama::Template;
use cutover_mapping_dsl::plan::{LinkKind, Plan, Step};
use cutover_mapping_dsl::types::Type;
use std::collections::{BTreeMap, BTreeSet};

/// The file.
#[derive(Template)]
#[template(path = "sql/run.sql")]
pub(super) struct Run {
    head: Head,
    /// Names of the control tables, as literals and quoted.
    logs: Logs,
    procedure: String,
    mapping: String,
    hash: String,
    lock: String,
    begin: &'static str,
    steps: Vec<RunStep>,
    /// Tables whose counters stand aside while a step writes, and must not after an error.
    counters: Vec<String>,
}

/// The control tables.
pub(super) struct Logs {
    pub(super) run: Log,
    pub(super) step: Log,
    pub(super) reject: Log,
}

/// One of them.
pub(super) struct Log {
    pub(super) table: String,
    create: String,
}

struct RunStep {
    name: String,
    place: usize,
    procedure: String,
    /// Why nothing is carried, as a literal; none if the step runs.
    blocked: Option<String>,
    page: Temporary,
    base: String,
    /// Joins that the scope asks for, and those that the rules ask for besides.
    scope_joins: Vec<String>,
    joins: Vec<String>,
    pending: Vec<Line>,
    /// The condition under which a row does not wait for another of the same map, if any can.
    ready: Option<String>,
    key: String,
    /// Variables that hold the last key of the page before: declaration, name, column of the page.
    last: Vec<Last>,
    /// The first page and any other.
    pages: Vec<Page>,
    last_first: String,
    there: Option<There>,
    reasons: Vec<Refusal>,
    same: String,
    legacy: String,
    shown: String,
    section: super::model::Section,
    tables: Vec<Temporary>,
    batch: String,
    known: String,
    fill: forward::rows::Batch,
    writes: Vec<carry::Write>,
    entries: forward::Entries,
}

struct Page {
    /// Says which page comes, as the head of IF.
    when: String,
    /// The condition that leaves out what came before.
    after: Option<String>,
}

struct Last {
    declared: String,
    name: String,
    column: String,
}

/// Rows of the target that stand for a legacy row already.
struct There {
    condition: String,
    /// Their keys, with the columns of the migration table that take them.
    keys: String,
    values: String,
}

/// A condition under which a row is rejected, and what is said then, as a literal.
struct Refusal {
    condition: String,
    reason: String,
}

const ABOUT: &[&str] = &[
    "Carries all maps within the server: EXEC cutover_run @Minuten = 15, @Batch = 5000 from a job, again and again until",
    "its state is 'done'. A batch is one transaction: rows, their entries, rejects and counters. Before each batch the",
    "time is looked at; what is left then waits for the next run, which takes up whatever has no entry. An error takes",
    "its batch back, ends the run, and is kept with its step. Two runs at a time cannot be.",
    "Creating it all again keeps what the tables hold. names.sql and migration_table.sql come before.",
];

/// Builds the file's model.
pub(super) fn build(plan: &Plan, dialect: &dyn SqlDialect) -> Run {
    let blocked = blocked(plan, dialect);
    let step = |(at, step): (usize, &Step)| run_step(plan, step, at, blocked.get(step.name.as_str()), dialect);
    let steps: Vec<RunStep> = plan.steps.iter().enumerate().map(step).collect();
    let running = steps.iter().filter(|step| step.blocked.is_none());
    let counters: BTreeSet<String> =
        running.flat_map(|step| &step.writes).filter_map(|write| write.counter.clone()).collect();
    Run {
        counters: counters.into_iter().collect(),
        head: Head::new(plan, dialect, ABOUT),
        logs: logs(plan, dialect),
        procedure: read::qualified(dialect, &plan.target.alias, "cutover_run"),
        mapping: dialect.text(&plan.name),
        hash: dialect.text(&plan.source_hash),
        lock: dialect.text(&lock_name(&plan.target.alias)),
        begin: dialect.begin(),
        steps,
    }
}

/// Returns what the lock of runs is called.
pub(super) fn lock_name(alias: &str) -> String {
    format!("cutover {alias}")
}

/// Names the control tables.
pub(super) fn logs(plan: &Plan, dialect: &dyn SqlDialect) -> Logs {
    let log = |name: &str| {
        let table = read::qualified(dialect, &plan.target.alias, name);
        Log { create: dialect.create_table(&table), table }
    };
    Logs { run: log("cutover_run_log"), step: log("cutover_step_log"), reject: log("cutover_reject_log") }
}

/// Returns why steps do not run: what cannot be said of them, or that they need keys of a step that does not run. Without
/// these keys all of their rows would be rejected.
fn blocked(plan: &Plan, dialect: &dyn SqlDialect) -> BTreeMap<String, String> {
    let mut blocked: BTreeMap<String, String> = BTreeMap::new();
    for step in &plan.steps {
        let mut reasons: Vec<String> =
            carry::unsupported(plan, step, dialect).iter().map(|what| not_expressible(dialect, what)).collect();
        for link in &step.links {
            let LinkKind::Reference { step: referred, .. } = &link.kind else { continue };
            if blocked.contains_key(referred) {
                reasons.push(format!("it needs keys of the map {referred}, which does not run"));
            }
        }
        reasons.dedup();
        if !reasons.is_empty() {
            blocked.insert(step.name.clone(), reasons.join("; "));
        }
    }
    blocked
}

fn run_step(plan: &Plan, step: &Step, at: usize, blocked: Option<&String>, dialect: &dyn SqlDialect) -> RunStep {
    let mut translator = forward::translator(plan, step, dialect);
    let page = page_table(&translator);
    let pending = translator.pending();
    let ready = translator.ready();
    let reasons = translator.accepted().into_iter().map(|asked| refusal(&translator, asked)).collect();
    let there = there(&mut translator);
    let same = translator.same_key(PAGE).join(" AND ");
    let key = translator.key_columns();
    let last = last(&translator);
    let legacy = translator.entry_columns();
    let joins = forward::rows::joins(&mut translator);
    let Carry { section, waits: _, tables, batch, known, fill, writes, entries } = carry::carry(plan, step, dialect);
    RunStep {
        name: dialect.text(&step.name),
        place: at + 1,
        procedure: read::qualified(dialect, &plan.target.alias, &names::carry_procedure(&step.name)),
        blocked: blocked.map(|reason| dialect.text(reason)),
        page,
        base: translator.base(),
        scope_joins: translator.joins(),
        joins,
        pending,
        ready,
        pages: pages(dialect, &key, &last),
        key: key.join(", "),
        last_first: legacy.iter().map(|column| format!("{column} DESC")).collect::<Vec<_>>().join(", "),
        last,
        there,
        reasons,
        same,
        shown: shown(dialect, &legacy_key(dialect, step)),
        legacy: legacy.join(", "),
        section,
        tables,
        batch,
        known,
        fill,
        writes,
        entries,
    }
}

/// Alias of the table that holds the page.
const PAGE: &str = "cutover_page";

/// The temporary table that says what becomes of each row of a page.
fn page_table(translator: &Translator<'_>) -> Temporary {
    let dialect = translator.dialect;
    let name = dialect.batch_name(&translator.plan.target.alias, &names::page_table(&translator.step.name));
    let mut columns = carry::legacy_columns(translator);
    columns.push("is_there BIT NOT NULL DEFAULT 0".to_string());
    columns.push("reason NVARCHAR(4000)".to_string());
    Temporary { create: dialect.create_batch(&name), name, columns, key: translator.entry_columns().join(", ") }
}

fn last(translator: &Translator<'_>) -> Vec<Last> {
    let types = translator.step.read.key.iter().map(|key| &translator.step.read.columns[*key].ty);
    let types = types.map(|ty| translator.dialect.key_type(ty).unwrap_or_default());
    let columns = translator.entry_columns().into_iter().zip(types).enumerate();
    let last = |(at, (column, ty)): (usize, (String, String))| {
        let name = format!("@Last_{}", at + 1);
        Last { declared: translator.dialect.declare(&name, &ty, "NULL").unwrap_or_default(), name, column }
    };
    columns.map(last).collect()
}

/// The first page has a statement of its own, so that all others begin where the one before ended.
fn pages(dialect: &dyn SqlDialect, key: &[String], last: &[Last]) -> Vec<Page> {
    let names: Vec<String> = last.iter().map(|last| last.name.clone()).collect();
    let first = names.first().map_or("NULL", |name| name);
    vec![
        Page { when: format!("IF {first} IS NULL"), after: None },
        Page { when: format!("IF {first} IS NOT NULL"), after: Some(dialect.behind(key, &names)) },
    ]
}

/// The reasons are those of the line; that a value is no value of its type cannot be.
fn refusal(translator: &Translator<'_>, asked: Asked) -> Refusal {
    let place = asked.line.remark.unwrap_or_default();
    let malformed: BTreeSet<usize> = translator.step.malformed_reasons().into_iter().flatten().collect();
    let possible = translator.step.reasons.iter().enumerate().filter(|(index, _)| !malformed.contains(index));
    let here = possible.filter(|(_, reason)| translator.place(reason.line) == place);
    let mut names: Vec<&str> = here.map(|(_, reason)| reason.name.as_str()).collect();
    names.dedup();
    let reason = match names.is_empty() {
        true => place,
        false => format!("{} ({place})", names.join(" or ")),
    };
    Refusal { condition: asked.refused, reason: translator.dialect.text(&reason) }
}

fn there(translator: &mut Translator<'_>) -> Option<There> {
    let rows = translator.there();
    let any: Vec<String> = rows.iter().map(|(_, row, _)| format!("EXISTS (SELECT 1 {row})")).collect();
    let mut keys: BTreeMap<usize, String> = BTreeMap::new();
    for (target, row, _) in rows {
        let key = read::qualified(translator.dialect, "cutover_found", &translator.step.targets[target].key);
        keys.entry(target).or_insert_with(|| translator.dialect.first(&key, &row));
    }
    let column =
        |target: &usize| translator.dialect.quote(&names::target_key_column(&translator.step.targets[*target].role));
    (!any.is_empty()).then(|| There {
        condition: any.join(" OR "),
        keys: keys.keys().map(column).collect::<Vec<_>>().join(", "),
        values: keys.values().cloned().collect::<Vec<_>>().join(", "),
    })
}

/// Columns of a key as people read them.
pub(super) fn shown(dialect: &dyn SqlDialect, columns: &[(String, &Type)]) -> String {
    let text = |(column, ty): &(String, &Type)| match ty {
        Type::Bytes { .. } => format!("CONVERT(NVARCHAR(4000), {column}, 1)"),
        _ => format!("CAST({column} AS NVARCHAR(450))"),
    };
    let between = format!(" + {} + ", dialect.text(", "));
    columns.iter().map(text).collect::<Vec<_>>().join(&between)
}

/// The columns of a migration table that hold the legacy key, with their types.
pub(super) fn legacy_key<'s>(dialect: &dyn SqlDialect, step: &'s Step) -> Vec<(String, &'s Type)> {
    let columns = step.read.key.iter().map(|key| &step.read.columns[*key]);
    columns.map(|column| (dialect.quote(&names::legacy_key_column(&column.column)), &column.ty)).collect()
}

//! The rows of a step where the server gives keys while it writes. A row and its old key can be told together only by
//! MERGE, whose OUTPUT sees what was read: the pairs go into a temporary table, from there into the batch, and with the
//! batch into the migration table, in the same transaction. See docs/decisions/0014.

use super::dialect::SqlDialect;
use super::expression::{Translator, Unsupported};
use super::forward::rows::{self, Batch, Insert};
use super::forward::{self, Entries};
use super::model::{Head, Section};
use super::read;
use crate::names;
use askama::Template;
use cutover_mapping_dsl::plan::{Plan, Step};
use cutover_mapping_dsl::schema::Assigned;

/// The file that carries all pending rows of a map in one transaction.
#[derive(Template)]
#[template(path = "sql/carry_all.sql")]
pub(super) struct CarryAll {
    head: Head,
    begin: &'static str,
    keep_away: Option<String>,
    steps: Vec<Carry>,
}

/// How one step is carried.
pub(super) struct Carry {
    pub(super) section: Section,
    /// Whether rows wait for others of the same map.
    pub(super) waits: bool,
    pub(super) tables: Vec<Temporary>,
    /// The temporary table of the rows to write.
    pub(super) batch: String,
    /// Its columns that are known before anything is written.
    pub(super) known: String,
    pub(super) fill: Batch,
    pub(super) writes: Vec<Write>,
    pub(super) entries: Entries,
}

/// A temporary table. Its types are those of the migration table.
pub(super) struct Temporary {
    pub(super) name: String,
    pub(super) create: String,
    pub(super) columns: Vec<String>,
    pub(super) key: String,
}

/// The rows of one target.
pub(super) struct Write {
    pub(super) insert: Insert,
    /// Where the server gives the key: how it is learnt.
    pub(super) pairs: Option<Pairs>,
    /// The table of which a counter has to stand aside, as SET takes it.
    pub(super) counter: Option<String>,
}

/// Old and new keys of the rows of one target.
pub(super) struct Pairs {
    pub(super) table: String,
    /// The legacy key, as the batch has it and as the source of MERGE calls it.
    pub(super) read: Vec<String>,
    /// The columns of the target, as the source of MERGE calls them, and where they are from.
    pub(super) names: Vec<String>,
    pub(super) values: String,
    pub(super) output: String,
    pub(super) columns: String,
    /// The column of the batch that takes the new key.
    pub(super) key: String,
    pub(super) same: String,
}

const ABOUT: &[&str] = &[
    "Carries all pending rows of a map in one transaction, rows and their entries together. Rows that would be",
    "rejected, and rows whose target row is there already, are not touched: they stay pending, and run.sql decides on",
    "them. A row that a constraint of the target refuses ends the whole transaction. rollback.sql deletes what was",
    "carried.",
];

/// Alias of what MERGE reads.
const SOURCE: &str = "cutover_source";
/// Alias of the table of pairs.
const PAIRS: &str = "cutover_pairs";

/// Builds the file's model.
pub(super) fn build(plan: &Plan, dialect: &dyn SqlDialect) -> CarryAll {
    let steps = plan.steps.iter().map(|step| carry(plan, step, dialect)).collect();
    CarryAll {
        head: Head::new(plan, dialect, ABOUT),
        begin: dialect.begin(),
        keep_away: dialect.keep_away(&plan.target.alias),
        steps,
    }
}

/// Builds how one step is carried.
pub(super) fn carry(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> Carry {
    let mut translator = forward::translator(plan, step, dialect);
    let fill = rows::batch(&mut translator);
    let batch = dialect.batch_name(&plan.target.alias, &names::batch_table(&step.name));
    let targets = 0..step.targets.len();
    let early = targets.clone().filter(|target| !rows::is_late(&translator, *target));
    let known = translator.entry_columns().into_iter().chain(early.map(|target| key_column(&translator, target)));
    let known = known.collect::<Vec<_>>().join(", ");
    let mut tables = vec![temporary(&translator, &batch, targets.clone())];
    let late = targets.clone().filter(|target| rows::is_late(&translator, *target));
    tables.extend(late.map(|target| temporary(&translator, &pairs_table(&translator, target), target..target + 1)));
    let writes = targets.map(|target| write(&mut translator, target)).collect();
    let entries = translator.entries(&batch);
    let section = Section::new(plan, step, dialect, &translator.finish());
    let waits = step.own_links().next().is_some();
    Carry { section, waits, tables, batch, known, fill, writes, entries }
}

/// Returns what prevents a step from being carried.
pub(super) fn unsupported(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> Vec<Unsupported> {
    let mut translator = forward::translator(plan, step, dialect);
    rows::batch(&mut translator);
    (0..step.targets.len()).for_each(|target| {
        write(&mut translator, target);
    });
    translator.finish()
}

fn key_column(translator: &Translator<'_>, target: usize) -> String {
    translator.dialect.quote(&names::target_key_column(&translator.step.targets[target].role))
}

fn pairs_table(translator: &Translator<'_>, target: usize) -> String {
    let name = names::pairs_table(&translator.step.name, &translator.step.targets[target].role);
    translator.dialect.batch_name(&translator.plan.target.alias, &name)
}

/// A temporary table with the legacy key and the keys of some targets.
fn temporary(translator: &Translator<'_>, name: &str, targets: std::ops::Range<usize>) -> Temporary {
    let (step, dialect) = (translator.step, translator.dialect);
    let mut columns = legacy_columns(translator);
    for target in targets {
        let ty = dialect.key_type(&step.targets[target].key_type).unwrap_or_default();
        columns.push(format!("{} {ty}", key_column(translator, target)));
    }
    let key = translator.entry_columns().join(", ");
    Temporary { name: name.to_string(), create: dialect.create_batch(name), columns, key }
}

/// Declarations of the columns of the legacy key.
pub(super) fn legacy_columns(translator: &Translator<'_>) -> Vec<String> {
    let types = translator.step.read.key.iter().map(|key| &translator.step.read.columns[*key].ty);
    let types = types.map(|ty| translator.dialect.key_type(ty).unwrap_or_default());
    let columns = translator.entry_columns().into_iter().zip(types);
    columns.map(|(column, ty)| format!("{column} {ty} NOT NULL")).collect()
}

fn write(translator: &mut Translator<'_>, index: usize) -> Write {
    let insert = rows::insert(translator, index);
    if insert.values.is_empty() {
        translator.line = translator.step.targets[index].line;
        translator.cannot("a row of which only the key is written");
    }
    let pairs = rows::is_late(translator, index).then(|| pairs(translator, index));
    Write { insert, pairs, counter: counter(translator, index) }
}

/// Returns the table whose counter has to stand aside for keys that a rule gives. SET takes no other name for a table.
fn counter(translator: &Translator<'_>, index: usize) -> Option<String> {
    let target = &translator.step.targets[index];
    let side = &translator.plan.target;
    let table = side.schema.table(&target.table).filter(|_| side.dialect == translator.dialect.dialect())?;
    let counts = table.column(&target.key).is_some_and(|column| column.assigned == Assigned::Counter);
    (counts && target.key_rule.is_some()).then(|| super::places::real_name(translator.dialect, table))
}

fn pairs(translator: &mut Translator<'_>, index: usize) -> Pairs {
    let dialect = translator.dialect;
    let legacy = translator.entry_columns();
    let qualified = |alias: &str, column: &str| format!("{}.{column}", dialect.quote(alias));
    let named: Vec<String> = (1..=legacy.len()).map(|at| dialect.quote(&format!("cutover_key_{at}"))).collect();
    let read = legacy.iter().zip(&named);
    let read = read.map(|(column, name)| format!("{} AS {name}", qualified(forward::BATCH, column))).collect();
    let target = &translator.step.targets[index];
    let values: Vec<String> = target.rules.iter().map(|rule| read::qualified(dialect, SOURCE, &rule.column)).collect();
    let given = format!("inserted.{}", dialect.quote(&target.key));
    let output = named.iter().map(|name| qualified(SOURCE, name)).chain([given]).collect::<Vec<_>>();
    let key = key_column(translator, index);
    let same =
        legacy.iter().map(|column| format!("{} = {}", qualified(PAIRS, column), qualified(forward::BATCH, column)));
    Pairs {
        table: pairs_table(translator, index),
        read,
        names: target.rules.iter().map(|rule| dialect.quote(&rule.column)).collect(),
        values: values.join(", "),
        output: output.join(", "),
        same: same.collect::<Vec<_>>().join(" AND "),
        columns: [legacy.join(", "), key.clone()].join(", "),
        key,
    }
}

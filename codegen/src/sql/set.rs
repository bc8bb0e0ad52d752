//! A step as set statements that a runner sends batch by batch, where both sides lie on one server: the same statements
//! as in `forward.sql`, for a range of legacy keys instead of the whole table.

use super::dialect::{self, SqlDialect};
use super::expression::Translator;
use super::forward;
use super::forward::rows::{self, Batch, Insert};
use crate::{EmitError, names};
use askama::Template;
use cutover_mapping_dsl::plan::{Plan, Step};
use cutover_mapping_dsl::schema::Dialect;
use cutover_mapping_dsl::types::Type;

/// The statements of one batch, in the order in which they run, in one transaction that sees one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetStatements {
    /// What the session needs, once.
    pub prelude: Vec<String>,
    /// Keeps others from taking the same new keys.
    pub lock: Option<String>,
    /// The temporary table, as SQL. It has the columns of the migration table that hold keys.
    pub batch: String,
    /// Makes it and fills it with the rows that can be carried. Parameters: the first and the last legacy key.
    pub fill: String,
    /// Tells the server how large it has become.
    pub analyze: Option<String>,
    /// Writes the targets' rows, one statement for each.
    pub inserts: Vec<String>,
    /// Tells counters which keys are taken.
    pub counters: Vec<String>,
    /// Takes the temporary table away.
    pub drop: String,
    /// Takes it away after the transaction came to nothing, where that does not do it.
    pub discard: Option<String>,
}

#[derive(Template)]
#[template(path = "sql/fill_range.sql")]
struct Fill {
    batch: Batch,
    key: String,
    from: String,
    upto: String,
}

#[derive(Template)]
#[template(path = "sql/insert.sql")]
struct InsertRows {
    insert: Insert,
}

/// Returns a step as set statements in a dialect, its tables in the schemas with these names; none if the dialect cannot
/// express it, if its keys are not single whole numbers, or if its rows refer to each other: those of a range wait for
/// rows of others.
pub fn set_statements(
    plan: &Plan,
    step: &Step,
    dialect: Dialect,
    (legacy, target): (&str, &str),
) -> Result<Option<SetStatements>, EmitError> {
    // No runner reaches SQL Server: procedures within it do the same.
    if dialect == Dialect::SqlServer || !has_numbered_keys(step) || step.own_links().next().is_some() {
        return Ok(None);
    }
    let dialect = dialect::of(dialect);
    let mut plan = plan.clone();
    (plan.legacy.alias, plan.target.alias) = (legacy.to_string(), target.to_string());
    if !forward::unsupported(&plan, step, dialect).is_empty() {
        return Ok(None);
    }
    let fault = |cause: askama::Error| EmitError::Template { file: step.name.clone(), cause: cause.to_string() };
    statements(&plan, step, dialect).map(Some).map_err(fault)
}

/// Ranges of such legacy keys can be counted, and such target keys compare alike wherever they lie.
fn has_numbered_keys(step: &Step) -> bool {
    let number = |ty: &Type| matches!(ty, Type::Integer { .. });
    let legacy = matches!(step.read.key.as_slice(), [key] if number(&step.read.columns[*key].ty));
    legacy && step.targets.iter().all(|target| number(&target.key_type))
}

fn statements(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> Result<SetStatements, askama::Error> {
    let mut translator: Translator<'_> = forward::translator(plan, step, dialect);
    let key = translator.key_columns().join(", ");
    let (from, upto) = (dialect.placeholder(1), dialect.placeholder(2));
    let fill = Fill { batch: rows::batch(&mut translator), key, from, upto }.render()?;
    let inserts = (0..step.targets.len()).map(|at| InsertRows { insert: rows::insert(&mut translator, at) }.render());
    let batch = dialect.batch_name(&plan.target.alias, &names::batch_table(&step.name));
    Ok(SetStatements {
        prelude: dialect.prelude().iter().map(|sql| (*sql).to_string()).collect(),
        lock: dialect.lock(&forward::tables(plan, step, dialect)),
        fill,
        analyze: dialect.analyze_batch(&batch),
        inserts: inserts.collect::<Result<_, _>>()?,
        counters: forward::counters(plan, step, dialect),
        drop: dialect.drop_batch(&batch),
        discard: dialect.discard_batch(&batch),
        batch,
    })
}

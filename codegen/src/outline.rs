//! What a plan comes to, step by step: order, keys, references, what is held in memory, what is read and written.
//! `cutover plan` prints it and the generated README holds it.

use crate::sql::{pushdown, read_tables, written_tables};
use crate::wording::{Wording, conditions, literal};
use cutover_mapping_dsl::parallel;
use cutover_mapping_dsl::plan::{Join, LeftTables, Link, LinkKind, Literal, Plan, Reason, Rollback, Step, Target};
use cutover_mapping_dsl::schema::Dialect;
use cutover_mapping_dsl::verdict::{Proof, Verdict, prove};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A plan in words and numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outline {
    /// Name of the mapping's file.
    pub mapping: String,
    /// The steps in running order.
    pub steps: Vec<StepOutline>,
    /// Legacy tables of which no map carries rows.
    pub left: Vec<LeftOutline>,
    /// Entities that the mapping speaks of, with the tables that they are in this environment.
    pub entities: Vec<EntityOutline>,
}

/// What an entity is called in the database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct EntityOutline {
    /// Alias of its side.
    pub side: String,
    /// The entity, `Module.Entity`.
    pub entity: String,
    /// Its table.
    pub table: String,
}

/// Legacy tables that stay where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOutline {
    /// The tables.
    pub tables: Vec<String>,
    /// Why.
    pub reason: String,
    /// Line in the mapping.
    pub line: usize,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepOutline {
    /// The map.
    pub map: String,
    /// Line in the mapping.
    pub line: usize,
    /// The weakest class of its rules.
    pub class: String,
    /// Whether a legacy row that is still there can be brought up to date from its target rows.
    pub put: Verdict,
    /// Whether a legacy row can be made anew from its target rows alone.
    pub create: Verdict,
    /// What is read.
    pub reads: Reads,
    /// Tables written, and when if not always.
    pub writes: Vec<String>,
    /// Tables whose rows must be there already.
    pub finds: Vec<String>,
    /// How the keys of new rows come about, one for each table written.
    pub keys: Vec<KeyStrategy>,
    /// How keys of other rows are found.
    pub references: Vec<ReferenceStrategy>,
    /// What else is held in memory while the step runs.
    pub memory: Vec<String>,
    /// What the step costs.
    pub expected: Expected,
    /// The table that remembers which legacy row became which target rows.
    pub migration_table: String,
    /// For what rows are rejected.
    pub reasons: Vec<ReasonOutline>,
    /// Whether it can be taken back; else why not.
    pub rollback: bool,
    /// Why it cannot be taken back.
    pub irreversible: Option<String>,
    /// For each dialect, whether the step is one set statement where both sides share a server.
    pub same_server: BTreeMap<&'static str, PushedDown>,
}

/// What a step reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reads {
    /// The base table.
    pub table: String,
    /// The columns of the legacy key.
    pub key: Vec<String>,
    /// Tables joined.
    pub joins: Vec<String>,
    /// Columns of which some values mean null, with these values.
    pub nulls: Vec<String>,
    /// What a row must fulfil to be in scope.
    pub scope: Vec<String>,
}

/// How a key comes about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyStrategy {
    /// The target within the map.
    pub role: String,
    /// Its table.
    pub table: String,
    /// The key's column.
    pub column: String,
    /// `assigned` by the target, by a `rule` of the mapping, or `found` with a row that must be there already.
    pub strategy: &'static str,
    /// The rule.
    pub rule: Option<String>,
    /// The columns by which a row that was there before is recognised, such as one that holds the legacy key.
    pub recognised_by: Vec<String>,
}

/// How the key of another row is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReferenceStrategy {
    /// What is looked for, such as `keys of Patient`.
    pub what: String,
    /// Where it is looked for.
    pub strategy: Strategy,
    /// The table that answers.
    pub table: String,
    /// What is held in memory.
    pub memory: &'static str,
}

/// Where the key of another row is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// In the table that remembers what became of the legacy row.
    MigrationTable,
    /// In a table of the target, by values.
    LookupTable,
}

/// What a step costs, in queries, tables and rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// Legacy tables that the query for a batch touches.
    pub legacy_tables: usize,
    /// Queries for each batch that fetch the candidates of joins and questions whose conditions the runtime compares.
    pub queries_for_partners: usize,
    /// Queries for each batch that ask migration tables for keys.
    pub queries_for_keys: usize,
    /// Target tables read once, when the step begins.
    pub tables_read_once: Vec<String>,
    /// Rows written for a legacy row, its entry in the migration table among them.
    pub rows_written_per_legacy_row: usize,
}

/// A reason for rejecting rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonOutline {
    /// Its name.
    pub name: String,
    /// The column it belongs to.
    pub column: String,
    /// What it means.
    pub message: String,
    /// Line in the mapping.
    pub line: usize,
}

/// Whether a step can be one set statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PushedDown {
    /// Whether it can.
    pub pushed_down: bool,
    /// What keeps it from that.
    pub because: Vec<String>,
    /// How it is carried then.
    #[serde(skip)]
    pub otherwise: &'static str,
}

/// Returns the outline of a plan.
pub fn outline(plan: &Plan) -> Outline {
    let left =
        |left: &LeftTables| LeftOutline { tables: left.tables.clone(), reason: left.reason.clone(), line: left.line };
    Outline {
        mapping: plan.file.clone(),
        steps: parallel::map(&plan.steps, |step| step_outline(plan, step)),
        left: plan.left.iter().map(left).collect(),
        entities: entities(plan),
    }
}

fn entities(plan: &Plan) -> Vec<EntityOutline> {
    let left = plan.left.iter().flat_map(|left| &left.tables).map(String::as_str);
    let legacy = (&plan.legacy, read_tables(plan).into_iter().chain(left).collect::<BTreeSet<_>>());
    let sides = [legacy, (&plan.target, written_tables(plan))];
    let named = sides.iter().flat_map(|(side, tables)| {
        tables.iter().filter_map(|table| {
            let entity = side.schema.entities.of_table(&side.table(table).own_name)?;
            Some(EntityOutline { side: side.alias.clone(), entity: entity.to_string(), table: (*table).to_string() })
        })
    });
    named.collect()
}

fn step_outline(plan: &Plan, step: &Step) -> StepOutline {
    let references = references(plan, step);
    let irreversible = match &step.rollback {
        Rollback::Delete => None,
        Rollback::Irreversible { reason, .. } => Some(reason.clone()),
    };
    let reason = |reason: &Reason| ReasonOutline {
        name: reason.name.clone(),
        column: reason.column.clone(),
        message: reason.message.clone(),
        line: reason.line,
    };
    let Proof { put, create, .. } = prove(plan, step);
    StepOutline {
        map: step.name.clone(),
        line: step.line,
        class: step.class().to_string(),
        put,
        create,
        reads: reads(plan, step),
        writes: written(step).map(described).collect(),
        finds: step.targets.iter().filter(|target| target.existing.is_some()).map(described).collect(),
        keys: step.targets.iter().map(key).collect(),
        memory: memory(step),
        expected: expected(step, &references),
        references,
        migration_table: step.map_table(),
        reasons: step.reasons.iter().map(reason).collect(),
        rollback: irreversible.is_none(),
        irreversible,
        same_server: crate::sql::dialects(plan)
            .map(|dialect| (dialect.name(), pushed_down(plan, step, dialect)))
            .collect(),
    }
}

fn written(step: &Step) -> impl Iterator<Item = &Target> {
    step.targets.iter().filter(|target| target.existing.is_none())
}

/// Returns a target's table, and when it gets a row.
fn described(target: &Target) -> String {
    let when = target.when_text.as_ref().map_or(String::new(), |when| format!(" when {when}"));
    format!("{}{when}", target.table)
}

/// Returns the columns of which some values mean null, as the mapping says it.
pub(crate) fn nulls(step: &Step) -> Vec<String> {
    let class = |(column, values): (usize, &[Literal])| {
        let column = &step.read.columns[column];
        let values: Vec<String> = values.iter().map(literal).collect();
        format!("{}.{}: {}", column.alias, column.column, values.join(" | "))
    };
    step.null_classes().into_iter().map(class).collect()
}

fn reads(plan: &Plan, step: &Step) -> Reads {
    let wording = Wording { plan, step };
    let join = |join: &Join| {
        let kind = if join.missing.is_some() { "one" } else { "optional" };
        let several = if join.several.is_some() { " several reject" } else { "" };
        format!("join {kind} {} {} on {}{several}", join.table, join.alias, conditions(&join.on))
    };
    let required = step.read.required.iter().map(|asked| wording.exists(*asked));
    Reads {
        table: step.read.table.clone(),
        key: step.read.key.iter().map(|key| step.read.columns[*key].column.clone()).collect(),
        joins: step.read.joins.iter().map(join).collect(),
        nulls: nulls(step),
        scope: required.chain(step.scope.as_ref().map(|scope| wording.expr(scope))).collect(),
    }
}

fn key(target: &Target) -> KeyStrategy {
    let rule = target.key_rule.map(|rule| target.rules[rule].text.clone());
    KeyStrategy {
        role: target.role.clone(),
        table: target.table.clone(),
        column: target.key.clone(),
        strategy: match (&rule, target.existing) {
            (_, Some(_)) => "found",
            (Some(_), None) => "rule",
            (None, None) => "assigned",
        },
        rule,
        recognised_by: identity(target),
    }
}

/// The columns by which a row that was there before is recognised.
pub(crate) fn identity(target: &Target) -> Vec<String> {
    let columns = target.identity.iter().flat_map(|identity| &identity.columns);
    let named = |(rule, fold): &(usize, bool)| {
        let column = &target.rules[*rule].column;
        if *fold { format!("fold({column})") } else { column.clone() }
    };
    columns.map(named).collect()
}

/// Each reference once, however many rules take it.
fn references(plan: &Plan, step: &Step) -> Vec<ReferenceStrategy> {
    let mut references = Vec::new();
    for link in &step.links {
        let reference = reference(plan, link);
        if !references.contains(&reference) {
            references.push(reference);
        }
    }
    references
}

fn reference(plan: &Plan, link: &Link) -> ReferenceStrategy {
    match &link.kind {
        LinkKind::Reference { step, target } => {
            let referred = plan.place(step).map(|place| &plan.steps[place]);
            let role = referred.filter(|step| step.targets.len() > 1).map(|step| &step.targets[*target].role);
            ReferenceStrategy {
                what: role.map_or(format!("keys of {step}"), |role| format!("keys of {step}, {role}")),
                strategy: Strategy::MigrationTable,
                table: cutover_mapping_dsl::names::map_table(step),
                memory: "the keys of one batch",
            }
        }
        LinkKind::Lookup { table, by, .. } => {
            let by: Vec<&str> = by.iter().map(|by| by.column.as_str()).collect();
            ReferenceStrategy {
                what: format!("{table} by {}", by.join(", ")),
                strategy: Strategy::LookupTable,
                table: table.clone(),
                memory: "the whole table, as fingerprints",
            }
        }
    }
}

/// What the engine loads when a step begins, besides look-up tables.
fn memory(step: &Step) -> Vec<String> {
    let unique = step.unique.iter().map(|unique| {
        let target = &step.targets[unique.target];
        let columns: Vec<&str> = unique.columns.iter().map(|(rule, _)| target.rules[*rule].column.as_str()).collect();
        format!("fingerprints of {} in {}", columns.join(", "), target.table)
    });
    let found = step.targets.iter().filter_map(|target| {
        let identity = identity(target);
        let rows = format!("rows of {} by {} that cutover did not write", target.table, identity.join(", "));
        (!identity.is_empty()).then_some(rows)
    });
    unique.chain(found).collect()
}

fn expected(step: &Step, references: &[ReferenceStrategy]) -> Expected {
    let mut once: Vec<String> = references
        .iter()
        .filter(|reference| reference.strategy == Strategy::LookupTable)
        .map(|found| found.table.clone())
        .collect();
    once.extend(step.unique.iter().map(|unique| step.targets[unique.target].table.clone()));
    once.extend(step.targets.iter().filter(|target| target.identity.is_some()).map(|target| target.table.clone()));
    once.sort();
    once.dedup();
    let references = step.links.iter().filter(|link| matches!(link.kind, LinkKind::Reference { .. })).count();
    let asked: usize = step.read.exists.iter().map(|exists| exists.tables.len()).sum();
    Expected {
        legacy_tables: 1 + step.read.joins.len() + asked,
        queries_for_partners: probes(step),
        queries_for_keys: references,
        tables_read_once: once,
        rows_written_per_legacy_row: written(step).count() + 1,
    }
}

/// Joins and questions whose candidates the runtime fetches by a query of their own.
fn probes(step: &Step) -> usize {
    let joins = step.read.joins.iter().filter(|join| join.probed).count();
    joins + step.read.exists.iter().filter(|exists| exists.probed).count()
}

fn pushed_down(plan: &Plan, step: &Step, dialect: Dialect) -> PushedDown {
    let because = match pushdown(plan, step, dialect) {
        Ok(()) => Vec::new(),
        Err(reasons) => reasons.iter().map(ToString::to_string).collect(),
    };
    // Nothing but SQL runs where there is no connector.
    let otherwise = if Dialect::WRITTEN.contains(&dialect) { "through the runtime" } else { "not carried there" };
    PushedDown { pushed_down: because.is_empty(), because, otherwise }
}

impl StepOutline {
    /// Returns the name by which pages link to the step.
    pub(crate) fn anchor(&self) -> String {
        crate::names::map_diagram(&self.map)
    }
}

impl KeyStrategy {
    /// Says how the key comes about.
    pub fn words(&self) -> String {
        let made = match &self.rule {
            _ if self.strategy == "found" => "of a row that is there already".to_string(),
            Some(rule) => format!("given by {rule}"),
            None => "assigned by the target".to_string(),
        };
        let known = self.recognised_by.join(", ");
        let known = if known.is_empty() { known } else { format!("; rows from before are known by {known}") };
        format!("{}.{} {made}{known}", self.table, self.column)
    }
}

impl ReferenceStrategy {
    /// Says what is looked for, where, and what it takes.
    pub fn words(&self) -> String {
        match self.strategy {
            Strategy::LookupTable => format!("{} ({} in memory)", self.what, self.memory),
            Strategy::MigrationTable => format!("{} (asked of {}; {} in memory)", self.what, self.table, self.memory),
        }
    }
}

impl Expected {
    /// Says what the step costs, one line each for a batch, a row and the beginning.
    pub fn words(&self) -> Vec<String> {
        let counted = crate::diagram::counted;
        let tables = counted(self.legacy_tables, "legacy table");
        let others = [(self.queries_for_partners, "partners"), (self.queries_for_keys, "keys")];
        let others = others.into_iter().filter(|(queries, _)| *queries > 0);
        let asked: String = others.map(|(queries, what)| format!(", {queries} for {what}")).collect();
        let mut words = vec![format!("for each batch 1 query over {tables}{asked}, 1 transaction")];
        words.push(format!(
            "for each legacy row {} written, its entry included",
            counted(self.rows_written_per_legacy_row, "row")
        ));
        if !self.tables_read_once.is_empty() {
            words.push(format!("at the start {} read", self.tables_read_once.join(", ")));
        }
        words
    }
}

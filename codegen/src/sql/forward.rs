//! Forward: a whole step as set statements in one transaction. The keys of the rows that can be carried go into a
//! temporary table first, together with their new keys; targets and entries are then filled from it. Rows that the
//! runtime would reject, or whose target row is there already, are left pending.

pub(in crate::sql) mod rows;

use super::carry;
use super::dialect::SqlDialect;
use super::expression::{Fragment, Translator, Unsupported};
use super::migration_table;
use super::model::{Head, Section};
use super::read::{self, Line};
use crate::names;
use askama::Template;
use cutover_mapping_dsl::plan::{Expr, ExprKind, Link, Literal, Plan, Rule, Step, Target};
use cutover_mapping_dsl::schema::Column;
use rows::{Batch, Insert};

/// Alias of the temporary table.
pub(super) const BATCH: &str = "cutover_batch";

/// The file.
#[derive(Template)]
#[template(path = "sql/forward.sql")]
pub(super) struct Forward {
    head: Head,
    steps: Vec<ForwardStep>,
}

struct ForwardStep {
    section: Section,
    begin: &'static str,
    lock: Option<String>,
    /// Whether rows wait for others of the same map.
    waits: bool,
    batch: Batch,
    inserts: Vec<Insert>,
    entries: Entries,
    counters: Vec<String>,
    drop_batch: String,
}

/// The entries of the migration table.
pub(super) struct Entries {
    pub(super) table: String,
    pub(super) batch: String,
    pub(super) legacy: String,
    pub(super) keys: String,
}

const ABOUT: &[&str] = &[
    "Carries all pending rows of a map in one transaction. Rows that would be rejected, and rows whose target row is",
    "there already, are not touched: they stay pending, and `cutover run` decides on them. A row that a constraint of",
    "the target refuses ends the whole transaction. Fingerprints are not written, and `cutover run` adds none: to",
    "`cutover rollback` such rows look changed, and it leaves them; rollback.sql deletes them.",
];

/// Makes the file, in the form that the dialect's keys ask for.
pub(super) fn render(plan: &Plan, dialect: &dyn SqlDialect) -> askama::Result<String> {
    match dialect.gives_keys() {
        true => carry::build(plan, dialect).render(),
        false => build(plan, dialect).render(),
    }
}

/// Builds the file's model.
fn build(plan: &Plan, dialect: &dyn SqlDialect) -> Forward {
    let steps = plan.steps.iter().map(|step| forward(plan, step, dialect)).collect();
    Forward { head: Head::new(plan, dialect, ABOUT), steps }
}

/// Returns what prevents a step from running as set statements. The batch asks for every value that is written, so it
/// alone tells.
pub(super) fn unsupported(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> Vec<Unsupported> {
    if dialect.gives_keys() {
        return carry::unsupported(plan, step, dialect);
    }
    let mut translator = translator(plan, step, dialect);
    rows::batch(&mut translator);
    translator.finish()
}

pub(super) fn translator<'a>(plan: &'a Plan, step: &'a Step, dialect: &'a dyn SqlDialect) -> Translator<'a> {
    let mut translator = Translator::new(plan, step, dialect, BATCH);
    translator.unsupported = migration_table::unsupported(plan, step, dialect);
    translator.check_whole();
    translator
}

fn forward(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> ForwardStep {
    let mut translator = translator(plan, step, dialect);
    let batch = rows::batch(&mut translator);
    let inserts = (0..step.targets.len()).map(|target| rows::insert(&mut translator, target)).collect();
    let name = dialect.batch_name(&plan.target.alias, &names::batch_table(&step.name));
    let entries = translator.entries(&name);
    ForwardStep {
        section: Section::new(plan, step, dialect, &translator.finish()),
        begin: dialect.begin(),
        lock: dialect.lock(&tables(plan, step, dialect)),
        waits: step.own_links().next().is_some(),
        batch,
        inserts,
        entries,
        counters: counters(plan, step, dialect),
        drop_batch: dialect.drop_batch(&name),
    }
}

/// All tables that a step writes, the migration table last; each once.
pub(super) fn tables(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> Vec<String> {
    let mut tables: Vec<String> = Vec::new();
    for target in &step.targets {
        let table = read::qualified(dialect, &plan.target.alias, &target.table);
        if !tables.contains(&table) {
            tables.push(table);
        }
    }
    tables.push(read::map_table(plan, dialect, &step.name));
    tables
}

pub(super) fn counters(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> Vec<String> {
    let assigned = step.targets.iter().filter(|target| target.key_rule.is_none());
    let mut counters: Vec<String> = Vec::new();
    for target in assigned {
        let counter = dialect.advance_counter(&plan.target.alias, &target.table, &target.key);
        counters.extend(counter.filter(|counter| !counters.contains(counter)));
    }
    counters
}

/// What a row is asked before it is carried.
pub(super) struct Asked {
    /// The condition under which it can be.
    pub(super) line: Line,
    /// The opposite, which is never unknown.
    pub(super) refused: String,
}

/// Whether a value is made while rows are written: there is none to ask about before.
fn is_made(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Generated(_) | ExprKind::Sibling(_)) || expr.children().into_iter().any(is_made)
}

/// Whether a value is the same in every code page.
fn is_plain(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Null) => true,
        ExprKind::Literal(Literal::Text(text)) => text.is_ascii(),
        _ => false,
    }
}

/// Returns how a legacy column was declared.
fn step_column<'p>(plan: &'p Plan, step: &Step, index: usize) -> Option<&'p Column> {
    let read = &step.read.columns[index];
    plan.legacy.schema.table(read::table_of(step, &read.alias))?.column(&read.column)
}

impl Translator<'_> {
    /// Notes what prevents a set statement although every expression could be said.
    fn check_whole(&mut self) {
        let step = self.step;
        for target in step.targets.iter().filter(|target| target.existing.is_some()) {
            self.line = target.line;
            self.cannot("rows that must be there already");
        }
        for unique in &step.unique {
            self.line = unique.line;
            self.cannot("uniqueness that no key of the target keeps");
        }
    }

    pub(super) fn entries(&self, batch: &str) -> Entries {
        let keys = self.step.targets.iter().map(|target| names::target_key_column(&target.role));
        Entries {
            table: read::map_table(self.plan, self.dialect, &self.step.name),
            batch: batch.to_string(),
            legacy: self.entry_columns().join(", "),
            keys: keys.map(|key| self.dialect.quote(&key)).collect::<Vec<_>>().join(", "),
        }
    }

    /// Returns the conditions under which a row can be carried.
    pub(super) fn carried(&mut self) -> Vec<Line> {
        let mut lines = self.pending();
        lines.extend(self.accepted().into_iter().map(|asked| asked.line));
        lines.extend(self.not_there());
        lines
    }

    /// Returns the condition under which a row need not wait for another of the same map: it refers to none, or to one of
    /// which is known what became of it. None if no row ever waits.
    pub(super) fn ready(&mut self) -> Option<String> {
        let step = self.step;
        let mut ready = Vec::new();
        for (index, link) in step.own_links() {
            self.line = link.line;
            let key: Vec<Fragment> = link.key.iter().map(|key| self.translate(key)).collect();
            let mut ways: Vec<String> = key.iter().map(|key| format!("{} IS NULL", key.value)).collect();
            ways.extend(key.into_iter().flat_map(|key| key.rejects));
            let table = read::map_table(self.plan, self.dialect, &step.name);
            let alias = names::link_alias(index);
            let on = self.link_conditions(index, &step.name, &alias).join(" AND ");
            ways.push(format!("EXISTS (SELECT 1 FROM {table} AS {} WHERE {on})", self.dialect.quote(&alias)));
            if !link.only_for.is_empty() {
                let needed: Vec<String> = link.only_for.iter().map(|target| self.row_condition(*target)).collect();
                ways.push(format!("NOT ({})", needed.join(" OR ")));
            }
            ready.push(format!("({})", ways.join(" OR ")));
        }
        (!ready.is_empty()).then(|| ready.join(" AND "))
    }

    /// Returns the conditions under which a row is pending.
    pub(super) fn pending(&mut self) -> Vec<Line> {
        let mut lines = vec![self.no_entry()];
        lines.extend(self.scope());
        lines
    }

    /// Returns the conditions without which a row is rejected, in the order in which the runtime asks for them.
    pub(super) fn accepted(&mut self) -> Vec<Asked> {
        let mut asked = self.partners();
        asked.extend(self.not_guarded());
        asked.extend(self.has_target());
        asked.extend(self.convertible());
        asked.extend(self.storable());
        asked
    }

    /// Rows of joins that must have a partner.
    fn partners(&self) -> Vec<Asked> {
        let joins = self.step.read.joins.iter().filter(|join| join.missing.is_some());
        let partner = |join: &cutover_mapping_dsl::plan::Join| {
            let column = &join.on.first()?.column; // Whatever the condition, it does not hold for null.
            let column = read::qualified(self.dialect, &join.alias, column);
            let line = Line::remarked(format!("{column} IS NOT NULL"), self.place(join.line));
            Some(Asked { line, refused: format!("{column} IS NULL") })
        };
        joins.filter_map(partner).collect()
    }

    pub(super) fn not_guarded(&mut self) -> Vec<Asked> {
        let step = self.step;
        let mut asked = Vec::new();
        for guard in &step.guards {
            let line = step.reasons[guard.reason].line;
            let mut when = Fragment::default();
            let rejects = self.rejects_of(|own| {
                when = own.ask_at(line, &guard.when);
                if own.asks(guard.reason) { vec![when.value.clone()] } else { when.rejects.clone() }
            });
            if rejects.is_empty() {
                continue;
            }
            let fine = Line::remarked(self.dialect.is_not_true(&when.value), self.place(line));
            if self.asks(guard.reason) {
                asked.push(Asked { line: fine, refused: self.dialect.is_true(&when.value) });
            }
            asked.extend(self.not(when.rejects, line));
        }
        asked
    }

    /// Rows that no rule rejects; a condition that several rules share stands once.
    pub(super) fn convertible(&mut self) -> Vec<Asked> {
        let step = self.step;
        let mut asked: Vec<Asked> = Vec::new();
        let keys = |link: &'_ Link| {
            let (line, only_for) = (link.line, link.only_for.clone());
            move |key| (line, key, only_for.clone())
        };
        let links = step.links.iter().flat_map(|link| link.key.iter().map(keys(link)));
        let targets = step.targets.iter().enumerate();
        let rules = targets.flat_map(|(at, target)| {
            let only_for = if target.when.is_some() { vec![at] } else { Vec::new() };
            target.rules.iter().map(move |rule| (rule.line, &rule.value, only_for.clone()))
        });
        for (line, expr, only_for) in links.chain(rules) {
            let rejects = self.rejects_of(|own| own.at(line, expr).rejects);
            let rejects = self.where_written(rejects, &only_for);
            for condition in self.not(rejects, line) {
                if !asked.iter().any(|known| known.refused == condition.refused) {
                    asked.push(condition);
                }
            }
        }
        asked
    }

    /// Rows of which the target's columns take every value as it is, where their types alone do not say so.
    fn storable(&mut self) -> Vec<Asked> {
        let step = self.step;
        let mut asked = Vec::new();
        for (at, target) in step.targets.iter().enumerate() {
            let only_for = if target.when.is_some() { vec![at] } else { Vec::new() };
            for rule in &target.rules {
                let unstorable = self.unstorable(target, rule);
                let unstorable = self.where_written(unstorable.into_iter().collect(), &only_for);
                asked.extend(self.not(unstorable, rule.line));
            }
        }
        asked
    }

    /// Returns when the column of a rule would change a value; none if never.
    fn unstorable(&mut self, target: &Target, rule: &Rule) -> Option<String> {
        let side = &self.plan.target;
        let column = side.schema.table(&target.table)?.column(&rule.column)?;
        let dialect = Some(self.dialect).filter(|dialect| dialect.dialect() == side.dialect)?;
        if let ExprKind::Legacy { column: read, .. } = rule.value.kind {
            let read = &step_column(self.plan, self.step, read)?;
            let same = |one: &str, other: &str| one.split('(').next() == other.split('(').next();
            if side.dialect == self.plan.legacy.dialect
                && read.collation == column.collation
                && same(&read.declared, &column.declared)
            {
                return None;
            }
        }
        if is_made(&rule.value) || is_plain(&rule.value) {
            return None;
        }
        let value = self.at(rule.line, &rule.value).value;
        dialect.unstorable(&value, &column.declared, column.collation.as_deref())
    }

    /// Rejections that count only where one of these targets gets a row.
    fn where_written(&mut self, rejects: Vec<String>, only_for: &[usize]) -> Vec<String> {
        if only_for.is_empty() || rejects.is_empty() {
            return rejects;
        }
        let whens: Vec<String> = only_for.iter().map(|target| self.row_condition(*target)).collect();
        rejects.into_iter().map(|reject| format!("({}) AND {reject}", whens.join(" OR "))).collect()
    }

    /// Whether a target gets a row, true or false.
    pub(super) fn row_condition(&mut self, target: usize) -> String {
        let target = &self.step.targets[target];
        let when = target.when.as_ref().map(|when| self.ask_at(target.line, when).value);
        when.map_or(self.dialect.always(true).to_string(), |when| format!("({})", self.dialect.is_true(&when)))
    }

    /// Rows whose conditions can be asked, and of which at least one holds where it must.
    pub(super) fn has_target(&mut self) -> Vec<Asked> {
        let step = self.step;
        let mut asked = Vec::new();
        for target in &step.targets {
            if let Some(when) = &target.when {
                let rejects = self.rejects_of(|own| own.ask_at(target.line, when).rejects);
                asked.extend(self.not(rejects, target.line));
            }
        }
        if step.no_target.is_some_and(|reason| self.asks(reason)) {
            let whens: Vec<String> = (0..step.targets.len()).map(|target| self.row_condition(target)).collect();
            let any = format!("({})", whens.join(" OR "));
            let refused = format!("NOT {any}");
            asked.push(Asked { line: Line::remarked(any, self.place(step.line)), refused });
        }
        asked
    }

    fn not(&self, rejects: Vec<String>, line: usize) -> Vec<Asked> {
        let remark = self.place(line);
        let not = |refused: String| {
            let line = Line::remarked(format!("NOT ({refused})"), remark.clone());
            Asked { line, refused }
        };
        rejects.into_iter().map(not).collect()
    }

    /// Rows whose target is not there yet: by the column that remembers the legacy key, or by the key itself.
    pub(super) fn not_there(&mut self) -> Vec<Line> {
        let there = self.there();
        there.into_iter().map(|(_, row, place)| Line::remarked(format!("NOT EXISTS (SELECT 1 {row})"), place)).collect()
    }

    /// The rows of targets that stand for a legacy row already: index of the target, FROM and WHERE, place of the rule.
    pub(super) fn there(&mut self) -> Vec<(usize, String, String)> {
        let step = self.step;
        let mut rows = Vec::new();
        for (index, target) in step.targets.iter().enumerate() {
            // Rows with an identity of their own kind are no business of one statement, see `check_whole`.
            let identity = target.identity.as_ref().filter(|identity| identity.several.is_none());
            let identity = identity.map(|identity| identity.columns[0].0);
            for rule in [identity, target.key_rule].into_iter().flatten().map(|rule| &target.rules[rule]) {
                if matches!(rule.value.kind, ExprKind::Sibling(_)) {
                    continue;
                }
                self.line = rule.line;
                let table = read::target_table(self.plan, self.dialect, &target.table, "cutover_found");
                let found = self.target_side("cutover_found", &target.table, &rule.column, &rule.ty);
                let value = self.side(&rule.value);
                let same = self.equal(&rule.ty, &found, &value);
                rows.push((index, format!("FROM {table} WHERE {same}"), self.place(rule.line)));
            }
        }
        rows
    }
}

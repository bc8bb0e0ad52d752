//! Preflight: for each reason for which a row can be rejected, how many legacy rows offend, and which are the first. Asks
//! before anything is migrated, so no migration table is needed.

use super::dialect::SqlDialect;
use super::expression::{Translator, Unsupported};
use super::model::{Head, Section, not_expressible};
use super::read::{self, Line};
use crate::comment;
use askama::Template;
use cutover_mapping_dsl::plan::{Expr, ExprKind, LinkKind, LookedInto, Plan, Step, Target, Unique};
use cutover_mapping_dsl::schema::Table;

/// How many rows a query shows.
const SAMPLES: &str = "5";

/// The file.
#[derive(Template)]
#[template(path = "sql/preflight.sql")]
pub(super) struct Preflight {
    head: Head,
    steps: Vec<Asked>,
}

struct Asked {
    section: Section,
    obligations: Vec<Obligation>,
}

/// One thing that is asked.
struct Obligation {
    /// Its name, and what it means.
    title: String,
    /// What stands in place of a query.
    remarks: Vec<String>,
    query: Option<Query>,
    end: &'static str,
}

struct Query {
    top: String,
    label: String,
    keys: Vec<String>,
    /// What is asked: lines of FROM and of WHERE.
    from: Vec<String>,
    conditions: Vec<Line>,
    limit: String,
}

impl Query {
    /// Returns everything that is translated in it.
    fn sql(&self) -> String {
        let conditions = self.conditions.iter().map(|line| &line.sql);
        self.from.iter().chain(&self.keys).chain(conditions).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

const ABOUT: &[&str] = &[
    "For each reason for which a map can reject a row: how many legacy rows in scope offend, and the keys of the first.",
    "A query without a result has found none. Rows count whether they are migrated already or not, and a row that offends",
    "against several reasons counts for each. A reference is missed where the legacy side has no such row in the scope of",
    "its map; rows whose own reference would be rejected are told by `cutover preflight`, which converts each row as a run",
    "would and writes nothing either.",
];

/// Builds the file's model.
pub(super) fn build(plan: &Plan, dialect: &dyn SqlDialect) -> Preflight {
    let steps = plan.steps.iter().map(|step| Asked {
        section: Section::new(plan, step, dialect, &[]),
        obligations: obligations(plan, step, dialect),
    });
    Preflight { head: Head::new(plan, dialect, ABOUT), steps: steps.collect() }
}

fn obligations(plan: &Plan, step: &Step, dialect: &dyn SqlDialect) -> Vec<Obligation> {
    let reasons = (0..step.reasons.len()).map(|reason| of_reason(plan, step, dialect, reason));
    let keys = step.targets.iter().filter(|target| target.existing.is_none());
    let keys = keys.flat_map(|target| {
        let table = plan.target.schema.table(&target.table);
        let columns = table.into_iter().flat_map(unique_columns);
        columns.filter_map(move |columns| of_key(plan, step, dialect, (target, &columns)))
    });
    reasons.chain(keys).collect()
}

/// The columns of each key of a table.
fn unique_columns(table: &Table) -> impl Iterator<Item = Vec<String>> {
    let primary = Some(table.primary_key.clone()).filter(|columns| !columns.is_empty());
    primary.into_iter().chain(table.unique_keys.iter().map(|key| key.columns.clone()))
}

fn of_reason(plan: &Plan, step: &Step, dialect: &dyn SqlDialect, at: usize) -> Obligation {
    let mut asking = Asking::new(plan, step, dialect, at);
    let reason = &step.reasons[at];
    let place = format!("{}:{}", comment::line(&plan.file), reason.line);
    let title = format!("{} ({place}): {}", comment::line(&reason.name), comment::line(&reason.message));
    let query = match step.unique.iter().find(|unique| unique.reason == at) {
        Some(unique) => asking.unique(unique, &reason.name),
        None => asking.refused(at).map(|refused| asking.query(&reason.name, refused)),
    };
    asking.done(title, query)
}

/// A key of a target table; none if it cannot be said by rules alone, or gives each row another value anyhow.
fn of_key(
    plan: &Plan,
    step: &Step,
    dialect: &dyn SqlDialect,
    (target, columns): (&Target, &[String]),
) -> Option<Obligation> {
    let rules: Option<Vec<_>> = columns
        .iter()
        .map(|column| target.rules.iter().find(|rule| rule.column.eq_ignore_ascii_case(column)))
        .collect();
    let rules = rules?;
    let made = |expr: &Expr| matches!(expr.kind, ExprKind::Generated(_) | ExprKind::Sibling(_));
    if rules.iter().any(|rule| made(&rule.value)) {
        return None;
    }
    // No reason of the mapping: only what is rejected before counts.
    let mut asking = Asking::new(plan, step, dialect, usize::MAX);
    let line = rules.first().map_or(step.line, |rule| rule.line);
    asking.translator.line = line;
    let values: Vec<(String, String)> = rules
        .iter()
        .map(|rule| {
            let value = asking.value(rule.line, &rule.value);
            let collation = read::target_collation(plan, dialect, &target.table, &rule.column);
            let compared = match (collation, rule.ty.is_text()) {
                (Some(collation), true) => dialect.collated(&value, &collation),
                (None, true) => dialect.exact(&value),
                (_, false) => value.clone(),
            };
            (value, compared)
        })
        .collect();
    let table = comment::line(&target.table).into_owned();
    let names = comment::line(&columns.join(", ")).into_owned();
    let title = format!("target_unique ({}:{line}): {table} has each {names} once", comment::line(&plan.file));
    let query = asking.repeated(&format!("target_unique: {}", columns.join(", ")), target, values);
    Some(asking.done(title, query))
}

/// One question under way.
struct Asking<'a> {
    translator: Translator<'a>,
    joins: Vec<String>,
    scope: Vec<Line>,
}

impl<'a> Asking<'a> {
    fn new(plan: &'a Plan, step: &'a Step, dialect: &'a dyn SqlDialect, reason: usize) -> Asking<'a> {
        let mut translator = Translator::new(plan, step, dialect, "cutover_entry");
        translator.marks = true;
        // What rows are asked does not depend on what they are asked.
        let scope = translator.scope();
        translator.focus = Some(reason);
        let joins = translator.joins();
        Asking { translator, joins, scope }
    }

    fn done(self, title: String, query: Option<Query>) -> Obligation {
        let dialect = self.translator.dialect;
        let sql = query.as_ref().map(Query::sql).unwrap_or_default();
        let unsupported: Vec<Unsupported> = self.translator.prevents(&sql);
        let remarks: Vec<String> = match (&query, unsupported.is_empty()) {
            (Some(_), true) => Vec::new(),
            (None, true) => {
                vec![format!("nothing to ask in {}: the types of its columns rule it out", dialect.title())]
            }
            (_, false) => {
                let asked = |what| format!("{}; `cutover preflight` asks it", not_expressible(dialect, what));
                unsupported.iter().map(asked).collect()
            }
        };
        let query = query.filter(|_| remarks.is_empty());
        Obligation { title, remarks, query, end: dialect.batch_end() }
    }

    /// Returns when a row is rejected for a reason; none if never.
    fn refused(&mut self, reason: usize) -> Option<Vec<String>> {
        let step = self.translator.step;
        let joined = step.read.joins.iter().position(|join| join.missing == Some(reason));
        if let Some(join) = joined.map(|join| &step.read.joins[join]) {
            let column = &join.on.first()?.column;
            return Some(vec![format!("{} IS NULL", read::qualified(self.translator.dialect, &join.alias, column))]);
        }
        if let Some(several) = (0..step.read.joins.len()).find(|join| step.read.joins[*join].several == Some(reason)) {
            return Some(vec![format!("{} > 1", self.partners(several))]);
        }
        let mut refused: Vec<String> = self.by_identity(reason);
        let translator = &mut self.translator;
        if let Some(scope) = &step.scope {
            // A row of which nobody can tell whether it is in scope is rejected.
            refused.extend(translator.rejects_of(|own| own.ask_at(step.line, scope).rejects));
        }
        let mut asked = translator.not_guarded();
        asked.extend(translator.has_target());
        asked.extend(translator.convertible());
        for condition in asked.into_iter().map(|asked| asked.refused) {
            if !refused.contains(&condition) {
                refused.push(condition);
            }
        }
        (!refused.is_empty()).then_some(refused)
    }

    /// How many rows a join finds.
    fn partners(&mut self, join: usize) -> String {
        let join = &self.translator.step.read.joins[join];
        self.translator.line = join.line;
        let looked = [LookedInto { table: join.table.clone(), alias: join.alias.clone() }];
        let on = self.translator.conditions(&looked, &join.on);
        let table = read::legacy_table(self.translator.plan, self.translator.dialect, &join.table, &join.alias);
        format!("(SELECT COUNT(*) FROM {table} WHERE {})", on.join(" AND "))
    }

    /// Rows that must be there already and are not, and rows for which several stand.
    fn by_identity(&mut self, reason: usize) -> Vec<String> {
        let step = self.translator.step;
        let mut refused = Vec::new();
        for target in &step.targets {
            let Some(identity) = &target.identity else { continue };
            let bound = match (target.existing == Some(reason), identity.several == Some(reason)) {
                (true, _) => "= 0",
                (_, true) => "> 1",
                (false, false) => continue,
            };
            let mut same = Vec::new();
            for (rule, folds) in &identity.columns {
                let rule = &target.rules[*rule];
                self.translator.line = rule.line;
                if *folds {
                    self.translator.cannot_at_all(format!("comparing {} without case", comment::line(&rule.column)));
                }
                let found = self.translator.target_side("cutover_found", &target.table, &rule.column, &rule.ty);
                let value = self.translator.side(&rule.value);
                same.push(self.translator.equal(&rule.ty, &found, &value));
            }
            let table =
                read::target_table(self.translator.plan, self.translator.dialect, &target.table, "cutover_found");
            refused.push(format!("(SELECT COUNT(*) FROM {table} WHERE {}) {bound}", same.join(" AND ")));
        }
        refused
    }

    /// The rows that are asked: those of which no join finds too many, or none where there must be one.
    fn asked(&mut self, reason: Option<usize>) -> Vec<Line> {
        let mut lines = self.scope.clone();
        let step = self.translator.step;
        for (at, join) in step.read.joins.iter().enumerate() {
            if join.several.is_some() && (reason.is_none() || join.several != reason) {
                let partners = self.partners(at);
                lines.push(Line::remarked(format!("{partners} <= 1"), self.translator.place(join.line)));
            }
        }
        for join in step.read.joins.iter().filter(|join| join.missing.is_some()) {
            let about = reason.is_some() && (join.missing == reason || join.several == reason);
            if let (false, Some(on)) = (about, join.on.first()) {
                let column = read::qualified(self.translator.dialect, &join.alias, &on.column);
                lines.push(Line::remarked(format!("{column} IS NOT NULL"), self.translator.place(join.line)));
            }
        }
        lines
    }

    fn query(&mut self, label: &str, refused: Vec<String>) -> Query {
        let dialect = self.translator.dialect;
        let reason = self.translator.focus;
        let mut conditions = self.asked(reason);
        let refused = match refused.as_slice() {
            [one] => one.clone(),
            more => format!("({})", more.join(" OR ")),
        };
        conditions.push(Line::plain(refused));
        let (top, limit) = dialect.limit(SAMPLES);
        // Rows that find several partners would be there several times.
        let joins = self.translator.step.read.joins.iter().zip(&self.joins);
        let joins = joins.filter(|(join, _)| reason.is_none() || join.several != reason).map(|(_, sql)| sql.clone());
        let from = std::iter::once(self.translator.base()).chain(joins).collect();
        Query { top, label: self.label(label), keys: self.translator.key_columns(), from, conditions, limit }
    }

    fn label(&self, name: &str) -> String {
        self.translator.dialect.text(&format!("{}: {name}", self.translator.step.name))
    }

    fn unique(&mut self, unique: &Unique, label: &str) -> Option<Query> {
        let target = &self.translator.step.targets[unique.target];
        self.translator.line = unique.line;
        let mut values = Vec::new();
        for (rule, folds) in &unique.columns {
            let rule = &target.rules[*rule];
            if *folds {
                self.translator.cannot_at_all(format!("comparing {} without case", comment::line(&rule.column)));
            }
            let value = self.value(rule.line, &rule.value);
            let compared = if rule.ty.is_text() { self.translator.dialect.exact(&value) } else { value.clone() };
            values.push((value, compared));
        }
        self.repeated(label, target, values)
    }

    /// The value of a rule; for a reference the legacy key, which stands for the key to come.
    fn value(&mut self, line: usize, expr: &Expr) -> String {
        self.translator.line = line;
        let links = &self.translator.step.links;
        let reference = match expr.kind {
            ExprKind::Link { link, .. } => Some(&links[link]),
            _ => None,
        };
        let reference = reference.filter(|link| matches!(link.kind, LinkKind::Reference { .. }));
        let Some(reference) = reference else { return self.translator.translate(expr).value };
        match reference.key.as_slice() {
            [key] => self.translator.translate(key).value,
            _ => self.translator.cannot("a reference by several columns as a part of a key"),
        }
    }

    /// Rows whose values another row before them has; nulls are like nothing.
    fn repeated(&mut self, label: &str, target: &Target, values: Vec<(String, String)>) -> Option<Query> {
        let dialect = self.translator.dialect;
        let keys = self.translator.key_columns();
        let names: Vec<String> = (1..=keys.len()).map(|at| dialect.quote(&format!("key{at}"))).collect();
        let columns: Vec<String> = keys.iter().zip(&names).map(|(key, name)| format!("{key} AS {name}")).collect();
        let mut lines = self.asked(None);
        if let Some(place) = self.translator.step.targets.iter().position(|own| std::ptr::eq(own, target))
            && target.when.is_some()
        {
            lines.push(Line::plain(self.translator.row_condition(place)));
        }
        lines.extend(values.iter().map(|(value, _)| Line::plain(format!("{value} IS NOT NULL"))));
        let compared: Vec<&str> = values.iter().map(|(_, compared)| compared.as_str()).collect();
        let place = dialect.quote("place");
        let ranked = format!(
            "(SELECT {}, ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {}) AS {place}",
            columns.join(", "),
            compared.join(", "),
            keys.join(", ")
        );
        let mut from = vec![ranked, format!("FROM {}", self.translator.base())];
        from.extend(self.joins.iter().cloned());
        for (at, line) in lines.iter().enumerate() {
            from.push(format!("{} {}", if at == 0 { "WHERE" } else { "AND" }, line.sql));
        }
        from.push(format!(") AS {}", dialect.quote("cutover_ranked")));
        let (top, limit) = dialect.limit(SAMPLES);
        let conditions = vec![Line::plain(format!("{place} > 1"))];
        Some(Query { top, label: self.label(label), keys: names, from, conditions, limit })
    }
}

//! What a step reads, as FROM and WHERE: qualified tables, joins, links, the scope. Shared by all artefacts.

use super::dialect::SqlDialect;
use super::expression::{Fragment, Translator};
use crate::names;
use cutover_mapping_dsl::plan::{LinkKind, LookedInto, Plan, Side, Step};

/// A condition with a remark on where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) sql: String,
    pub(crate) remark: Option<String>,
}

impl Line {
    pub(crate) fn plain(sql: impl Into<String>) -> Line {
        Line { sql: sql.into(), remark: None }
    }

    pub(crate) fn remarked(sql: impl Into<String>, remark: impl Into<String>) -> Line {
        Line { sql: sql.into(), remark: Some(remark.into()) }
    }
}

/// Returns a column behind its table's alias.
pub(crate) fn qualified(dialect: &dyn SqlDialect, alias: &str, column: &str) -> String {
    let mut sql = String::with_capacity(alias.len() + column.len() + 5);
    dialect.push_quoted(alias, &mut sql);
    sql.push('.');
    dialect.push_quoted(column, &mut sql);
    sql
}

/// Returns a table of the legacy side under an alias.
pub(crate) fn legacy_table(plan: &Plan, dialect: &dyn SqlDialect, table: &str, alias: &str) -> String {
    aliased(dialect, &plan.legacy, table, alias)
}

/// Returns a table of the target side under an alias.
pub(crate) fn target_table(plan: &Plan, dialect: &dyn SqlDialect, table: &str, alias: &str) -> String {
    aliased(dialect, &plan.target, table, alias)
}

fn aliased(dialect: &dyn SqlDialect, side: &Side, table: &str, alias: &str) -> String {
    let mut sql = qualified(dialect, &side.alias, table);
    sql.push_str(" AS ");
    dialect.push_quoted(alias, &mut sql);
    sql
}

/// Returns the migration table of a step.
pub(crate) fn map_table(plan: &Plan, dialect: &dyn SqlDialect, step: &str) -> String {
    qualified(dialect, &plan.target.alias, &names::map_table(step))
}

/// Returns a step that the plan refers to.
pub(crate) fn step<'a>(plan: &'a Plan, name: &str) -> &'a Step {
    &plan.steps[plan.place(name).expect("links name steps of the plan")]
}

/// Returns the table behind an alias of a step.
pub(crate) fn table_of<'a>(step: &'a Step, alias: &str) -> &'a str {
    let joined = step.read.joins.iter().map(|join| (&join.alias, &join.table));
    let asked = step.read.exists.iter().flat_map(|exists| &exists.tables).map(|asked| (&asked.alias, &asked.table));
    let mut others = joined.chain(asked);
    others.find(|(known, _)| *known == alias).map_or(&step.read.table, |(_, table)| table)
}

/// Returns the collation that a legacy column, given by its alias, was declared with in this dialect.
pub(crate) fn collation(
    plan: &Plan,
    dialect: &dyn SqlDialect,
    step: &Step,
    alias: &str,
    column: &str,
) -> Option<String> {
    legacy_collation(plan, dialect, table_of(step, alias), column)
}

/// Returns the collation that a column of a legacy table was declared with in this dialect.
pub(crate) fn legacy_collation(plan: &Plan, dialect: &dyn SqlDialect, table: &str, column: &str) -> Option<String> {
    declared_collation(&plan.legacy, dialect, table, column)
}

/// Returns the collation that a column of a target table was declared with in this dialect.
pub(crate) fn target_collation(plan: &Plan, dialect: &dyn SqlDialect, table: &str, column: &str) -> Option<String> {
    declared_collation(&plan.target, dialect, table, column)
}

/// Returns a column of a legacy table as a value that can be compared and carried.
pub(crate) fn legacy_value(plan: &Plan, dialect: &dyn SqlDialect, table: &str, alias: &str, column: &str) -> String {
    value(&plan.legacy, dialect, table, alias, column)
}

/// Returns a column of a target table as a value that can be compared.
pub(crate) fn target_value(plan: &Plan, dialect: &dyn SqlDialect, table: &str, alias: &str, column: &str) -> String {
    value(&plan.target, dialect, table, alias, column)
}

fn value(side: &Side, dialect: &dyn SqlDialect, table: &str, alias: &str, column: &str) -> String {
    let sql = qualified(dialect, alias, column);
    let same = side.dialect == dialect.dialect();
    let declared = same.then(|| side.schema.table(table)?.column(column)).flatten();
    declared.map_or(sql.clone(), |declared| dialect.readable(&sql, &declared.declared))
}

fn declared_collation(side: &Side, dialect: &dyn SqlDialect, table: &str, column: &str) -> Option<String> {
    let same = side.dialect == dialect.dialect();
    same.then(|| side.schema.table(table)?.column(column)?.collation.clone()).flatten()
}

impl Translator<'_> {
    /// Returns the base table.
    pub(crate) fn base(&self) -> String {
        legacy_table(self.plan, self.dialect, &self.step.read.table, &self.step.read.alias)
    }

    /// Returns the columns of the legacy key, as read.
    pub(crate) fn key_columns(&self) -> Vec<String> {
        self.step.read.key.iter().map(|key| self.legacy_column(*key)).collect()
    }

    /// Returns the names of the migration table's columns for the legacy key, quoted.
    pub(crate) fn entry_columns(&self) -> Vec<String> {
        let columns = self.step.read.key.iter().map(|key| &self.step.read.columns[*key].column);
        columns.map(|column| self.dialect.quote(&names::legacy_key_column(column))).collect()
    }

    /// Returns the joins of the step.
    pub(crate) fn joins(&mut self) -> Vec<String> {
        let step = self.step;
        let mut lines = Vec::new();
        for join in &step.read.joins {
            self.line = join.line;
            let table = legacy_table(self.plan, self.dialect, &join.table, &join.alias);
            let looked = [LookedInto { table: join.table.clone(), alias: join.alias.clone() }];
            let on = self.conditions(&looked, &join.on);
            // A question about one reason leaves out rows that find several.
            if join.several.is_some() && self.focus.is_none() {
                self.cannot("a join that may find several rows");
            }
            lines.push(format!("LEFT JOIN {table} ON {}", on.join(" AND ")));
        }
        lines
    }

    /// Returns the joins to the migration tables that answer references, each with its alias as written.
    pub(crate) fn link_joins(&mut self) -> Vec<(String, String)> {
        let step = self.step;
        let mut lines = Vec::new();
        for (index, link) in step.links.iter().enumerate() {
            self.line = link.line;
            if let LinkKind::Reference { step: referred, .. } = &link.kind {
                let alias = names::link_alias(index);
                let on = self.link_conditions(index, referred, &alias);
                let table = map_table(self.plan, self.dialect, referred);
                let quoted = self.dialect.quote(&alias);
                lines.push((format!("{quoted}."), format!("LEFT JOIN {table} AS {quoted} ON {}", on.join(" AND "))));
            }
        }
        lines
    }

    pub(super) fn link_conditions(&mut self, index: usize, referred: &str, alias: &str) -> Vec<String> {
        let (link, referred) = (&self.step.links[index], step(self.plan, referred));
        let columns = referred.read.key.iter().map(|key| &referred.read.columns[*key]);
        let mut conditions = Vec::new();
        for (column, key) in columns.zip(&link.key) {
            let entry = self.control_side(alias, &names::legacy_key_column(&column.column));
            let key = self.side(key);
            conditions.push(self.equal(&column.ty, &entry, &key));
        }
        conditions
    }

    /// Returns what a row must fulfil to be in scope. A row for which the question itself fails is in scope: the
    /// runtime rejects it.
    pub(crate) fn scope(&mut self) -> Vec<Line> {
        let step = self.step;
        let mut lines = Vec::new();
        for index in &step.read.required {
            self.line = step.read.exists[*index].line;
            let remark = self.place(self.line);
            lines.push(Line::remarked(self.exists(*index), remark));
        }
        if let Some(scope) = &step.scope {
            let Fragment { value, mut rejects } = self.ask_at(step.line, scope);
            rejects.dedup();
            let sql = match rejects.is_empty() {
                true => value,
                false => format!("({value} OR {})", rejects.join(" OR ")),
            };
            lines.push(Line::remarked(sql, self.place(step.line)));
        }
        lines
    }

    /// Returns that a row has no entry in the migration table.
    pub(crate) fn no_entry(&mut self) -> Line {
        let table = map_table(self.plan, self.dialect, &self.step.name);
        let same = self.same_key("cutover_entry").join(" AND ");
        let alias = self.dialect.quote("cutover_entry");
        Line::plain(format!("NOT EXISTS (SELECT 1 FROM {table} AS {alias} WHERE {same})"))
    }

    /// Returns the equalities between an entry (or a batch) and the legacy row.
    pub(crate) fn same_key(&mut self, alias: &str) -> Vec<String> {
        let step = self.step;
        let columns = step.read.key.iter().map(|key| &step.read.columns[*key]);
        let equal = |column: &cutover_mapping_dsl::plan::ReadColumn| {
            let entry = self.control_side(alias, &names::legacy_key_column(&column.column));
            let legacy = self.legacy_side(&column.alias, &step.read.table, &column.column, &column.ty);
            self.equal(&column.ty, &entry, &legacy)
        };
        columns.map(equal).collect()
    }

    /// Returns where something stands in the mapping.
    pub(crate) fn place(&self, line: usize) -> String {
        [&*crate::comment::line(&self.plan.file), ":", &line.to_string()].concat()
    }
}

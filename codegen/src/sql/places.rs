//! Where tables lie: the names by which all other files know them are synonyms in two schemas of their own, so that one
//! file alone changes with the environment.

use super::dialect::SqlDialect;
use super::model::Head;
use super::read;
use crate::comment;
use askama::Template;
use cutover_mapping_dsl::plan::{LinkKind, Plan, Side};
use cutover_mapping_dsl::schema::Table;
use std::collections::BTreeSet;

/// The file.
#[derive(Template)]
#[template(path = "sql/names.sql")]
pub(super) struct Names {
    head: Head,
    schemas: Vec<Made>,
    tables: Vec<Made>,
}

/// Something that is made unless it is there.
struct Made {
    /// A literal: what it is called.
    name: String,
    /// A literal: the statement.
    statement: String,
    /// The entity that it stands for.
    entity: Option<String>,
}

const ABOUT: &[&str] = &[
    "Brings legacy and target tables under the names that all other scripts use. Each line says where a table lies;",
    "change that where it differs between environments. A table that lies there itself needs no line.",
    "Running it again changes nothing: drop a synonym first to lead it elsewhere.",
];

/// Builds the file's model.
pub(super) fn build(plan: &Plan, dialect: &dyn SqlDialect) -> Names {
    let sides = [(&plan.legacy, read_tables(plan)), (&plan.target, written_tables(plan))];
    let schema = |side: &Side| Made {
        name: dialect.text(&side.alias),
        statement: dialect.text(&format!("CREATE SCHEMA {}", dialect.quote(&side.alias))),
        entity: None,
    };
    let mut tables = Vec::new();
    for (side, names) in &sides {
        tables.extend(names.iter().map(|name| synonym(dialect, side, name)));
    }
    Names {
        head: Head::new(plan, dialect, ABOUT),
        schemas: sides.iter().map(|(side, _)| schema(side)).collect(),
        tables,
    }
}

fn synonym(dialect: &dyn SqlDialect, side: &Side, name: &str) -> Made {
    let own = read::qualified(dialect, &side.alias, name);
    let real = real_name(dialect, side.table(name));
    Made {
        statement: dialect.text(&format!("CREATE SYNONYM {own} FOR {real}")),
        name: dialect.text(&own),
        entity: side
            .schema
            .entities
            .of_table(&side.table(name).own_name)
            .map(|entity| comment::line(entity).into_owned()),
    }
}

/// Returns a table by the name that its DDL gives it; without a namespace that is the usual one.
pub(super) fn real_name(dialect: &dyn SqlDialect, table: &Table) -> String {
    read::qualified(dialect, table.namespace.as_deref().unwrap_or("dbo"), &table.own_name)
}

/// Returns the legacy tables that a plan reads.
pub(crate) fn read_tables(plan: &Plan) -> BTreeSet<&str> {
    let mut tables = BTreeSet::new();
    for step in &plan.steps {
        tables.insert(step.read.table.as_str());
        tables.extend(step.read.joins.iter().map(|join| join.table.as_str()));
        tables.extend(step.read.exists.iter().flat_map(|exists| &exists.tables).map(|asked| asked.table.as_str()));
    }
    tables
}

/// Returns the target tables that a plan writes or looks into.
pub(crate) fn written_tables(plan: &Plan) -> BTreeSet<&str> {
    let mut tables = BTreeSet::new();
    for step in &plan.steps {
        tables.extend(step.targets.iter().map(|target| target.table.as_str()));
        tables.extend(step.links.iter().filter_map(|link| match &link.kind {
            LinkKind::Lookup { table, .. } => Some(table.as_str()),
            LinkKind::Reference { .. } => None,
        }));
    }
    tables
}

//! A schema for people: its tables, and what was passed over.

use crate::mapping::counted;
use crate::output;
use cutover_mapping_dsl::schema::{Assigned, Column, ForeignKey, Schema, Table};
use cutover_runtime::value::Value;

/// Prints all tables and, last, how many there are.
pub(super) fn schema(schema: &Schema) {
    schema.tables.iter().for_each(table);
    output::line(&counts(schema));
}

/// Prints what was passed over, and how much of it there is.
pub(super) fn skipped(schema: &Schema) {
    for skipped in &schema.skipped {
        output::line(&format!("line {}: {}: {}", skipped.line, skipped.what, skipped.why));
    }
    output::line(&counts(schema));
}

fn counts(schema: &Schema) -> String {
    let sum = |count: fn(&Table) -> usize| schema.tables.iter().map(count).sum::<usize>();
    let keys = sum(|table| usize::from(!table.primary_key.is_empty()) + table.unique_keys.len());
    let passed_over = match schema.skipped.len() {
        0 => "nothing passed over".to_string(),
        1 => "1 statement or part of one passed over (--skipped lists it)".to_string(),
        number => format!("{number} statements or parts of them passed over (--skipped lists them)"),
    };
    [
        format!("read as {}: {}", schema.dialect, counted(schema.tables.len(), "table")),
        counted(sum(|table| table.columns.len()), "column"),
        counted(keys, "key"),
        counted(sum(|table| table.foreign_keys.len()), "foreign key"),
        passed_over,
    ]
    .join(", ")
}

fn table(table: &Table) {
    let heading = output::HEADING;
    let namespace = table.namespace.as_ref().filter(|_| table.name == table.own_name);
    let namespace = namespace.map(|name| format!("{name}.")).unwrap_or_default();
    let comment = table.comment.as_ref().map(|text| format!(" -- {}", one_line(text))).unwrap_or_default();
    output::line(&format!("{heading}{namespace}{}{heading:#} (line {}){comment}", table.name, table.line));
    table.columns.iter().for_each(|column| output::line(&format!("  {}", describe(column))));
    if !table.primary_key.is_empty() {
        output::line(&format!("  primary key ({})", table.primary_key.join(", ")));
    }
    for key in &table.unique_keys {
        output::line(&format!("  unique ({})", key.columns.join(", ")));
    }
    table.foreign_keys.iter().for_each(|key| output::line(&format!("  {}", foreign_key(key))));
    for check in &table.checks {
        output::line(&format!("  check {}", one_line(&check.condition)));
    }
    output::line("");
}

fn foreign_key(key: &ForeignKey) -> String {
    let mut text = format!("({}) -> {}", key.columns.join(", "), key.table);
    if !key.referenced.is_empty() {
        text.push_str(&format!(" ({})", key.referenced.join(", ")));
    }
    key.actions.iter().for_each(|action| text.push_str(&format!(" {action}")));
    text
}

fn describe(column: &Column) -> String {
    let mut text = format!("{}: {} = {}", column.name, column.declared, column.ty.family());
    text.push_str(if column.nullable { ", nullable" } else { "" });
    match column.assigned {
        Assigned::No => {}
        Assigned::Counter => text.push_str(", counter"),
        Assigned::Computed => text.push_str(", computed"),
    }
    if let Some(default) = &column.default {
        text.push_str(&format!(", default {}", one_line(default)));
    }
    if let Some(allowed) = &column.allowed {
        text.push_str(&format!(", one of {}", listed(allowed)));
    }
    if let Some(collation) = &column.collation {
        text.push_str(&format!(", collation {collation}"));
    }
    if let Some(comment) = &column.comment {
        text.push_str(&format!(" -- {}", one_line(comment)));
    }
    text
}

/// Lists texts in quotes: one may be empty, or hold a comma.
fn listed(texts: &[String]) -> String {
    texts.iter().map(|text| Value::Text(text.clone()).quoted()).collect::<Vec<_>>().join(", ")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

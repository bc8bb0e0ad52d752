//! A schema and a translation as text that people can compare with the DDL.

use cutover_mapping_dsl::schema::translate::Translation;
use cutover_mapping_dsl::schema::{Assigned, Column, Schema, Table};
use std::fmt::Write;

/// Returns a schema.
pub(crate) fn show(schema: &Schema) -> String {
    let mut out = String::new();
    for table in &schema.tables {
        show_table(&mut out, table);
    }
    for skipped in &schema.skipped {
        writeln!(out, "skipped, line {}: {} -- {}", skipped.line, skipped.what, skipped.why)
            .expect("a String takes any text");
    }
    out
}

fn show_table(out: &mut String, table: &Table) {
    let namespace = table.namespace.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
    writeln!(out, "{}{namespace} (line {}){}", table.name, table.line, quoted(" --", &table.comment))
        .expect("a String takes any text");
    for column in &table.columns {
        show_column(out, column);
    }
    if !table.primary_key.is_empty() {
        writeln!(out, "  primary key {:?}", table.primary_key).expect("a String takes any text");
    }
    for key in &table.unique_keys {
        writeln!(out, "  unique {:?} {:?} (line {})", key.name, key.columns, key.line)
            .expect("a String takes any text");
    }
    for index in &table.indexes {
        writeln!(out, "  index {:?} {:?} (line {})", index.name, index.columns, index.line)
            .expect("a String takes any text");
    }
    for key in &table.foreign_keys {
        let actions = key.actions.join(" ");
        let (name, columns, referenced) = (&key.name, &key.columns, &key.referenced);
        writeln!(out, "  foreign {name:?} {columns:?} -> {} {referenced:?} {actions} (line {})", key.table, key.line)
            .expect("a String takes any text");
    }
    for check in &table.checks {
        writeln!(out, "  check {:?} {} (line {})", check.name, check.condition, check.line)
            .expect("a String takes any text");
    }
}

fn show_column(out: &mut String, column: &Column) {
    let null = if column.nullable { "" } else { " not null" };
    let assigned = match column.assigned {
        Assigned::No => "",
        Assigned::Counter => " counter",
        Assigned::Computed => " computed",
    };
    let allowed = column.allowed.as_ref().map(|values| format!(" in {values:?}")).unwrap_or_default();
    writeln!(
        out,
        "  {:>3} {} `{}` {:?}{null}{assigned}{}{allowed}{}{}{}",
        column.line,
        column.name,
        column.declared,
        column.ty,
        quoted(" default", &column.default),
        quoted(" charset", &column.charset),
        quoted(" collate", &column.collation),
        quoted(" --", &column.comment),
    )
    .expect("a String takes any text");
}

fn quoted(word: &str, text: &Option<String>) -> String {
    text.as_ref().map(|text| format!("{word} {text}")).unwrap_or_default()
}

/// Returns a translation.
pub(crate) fn show_translation(translation: &Translation) -> String {
    let statements = translation.statements.iter().map(|statement| format!("{statement};\n"));
    let left_out = translation.left_out.iter();
    let left_out = left_out.map(|it| format!("-- left out, line {}: {} -- {}\n", it.line, it.what, it.why));
    statements.chain(left_out).collect()
}

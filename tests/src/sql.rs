//! Generated SQL as tests put it together and take it apart.

use cutover_mapping_dsl::schema::{Dialect, Schema, translate::create_statements};

/// Returns the statements that make the tables of a schema in a dialect.
pub fn tables(schema: &Schema, dialect: Dialect) -> String {
    create_statements(schema, dialect).unwrap().statements.iter().map(|table| format!("{table};\n")).collect()
}

/// Returns the statements of a generated file, without the comments before them.
pub fn statements(file: &str) -> Vec<String> {
    let without_comments: Vec<&str> = file.lines().filter(|line| !line.starts_with("--")).collect();
    let statements = without_comments.join("\n");
    statements.split(";\n").map(|statement| statement.trim().to_string()).filter(|text| !text.is_empty()).collect()
}

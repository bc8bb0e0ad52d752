//! Generated SQL as tests take it apart.

/// Returns the statements of a generated file, without the comments before them.
pub fn statements(file: &str) -> Vec<String> {
    let without_comments: Vec<&str> = file.lines().filter(|line| !line.starts_with("--")).collect();
    let statements = without_comments.join("\n");
    statements.split(";\n").map(|statement| statement.trim().to_string()).filter(|text| !text.is_empty()).collect()
}

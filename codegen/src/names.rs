//! The only place where names for generated things are made: tables, columns, aliases, files.

use crate::EmitError;
use cutover_mapping_dsl::names::words;
pub use cutover_mapping_dsl::names::{map_table, snake_case};
use cutover_mapping_dsl::plan::{Plan, Step};
use std::collections::BTreeMap;

/// Returns the name of the temporary table that holds the keys of one set statement.
pub fn batch_table(step: &str) -> String {
    format!("cutover_batch_{}", snake_case(step))
}

/// Returns the name of the temporary table that holds the old and new keys of one target's rows.
pub fn pairs_table(step: &str, role: &str) -> String {
    format!("cutover_pairs_{}_{}", snake_case(step), snake_case(role))
}

/// Returns the name of the temporary table that says what becomes of each row of a page.
pub fn page_table(step: &str) -> String {
    format!("cutover_page_{}", snake_case(step))
}

/// Returns the name of the stored procedure that carries a step.
pub fn carry_procedure(step: &str) -> String {
    format!("cutover_carry_{}", snake_case(step))
}

/// Returns the migration table's column for a column of the legacy key.
pub fn legacy_key_column(column: &str) -> String {
    format!("legacy_{column}")
}

/// Returns the migration table's column for the key of a target row.
pub fn target_key_column(role: &str) -> String {
    format!("{role}_key")
}

/// Returns the migration table's column for the fingerprint of a target row as it was written.
pub fn written_column(role: &str) -> String {
    format!("{role}_written")
}

/// Returns the name of the constraint that keeps a target row from belonging to two legacy rows.
pub fn key_constraint(step: &str, role: &str) -> String {
    format!("{}_{}_key", map_table(step), snake_case(role))
}

/// Returns the alias of the table that answers a link.
pub fn link_alias(link: usize) -> String {
    format!("cutover_link_{}", link + 1)
}

/// Returns the path of a file of SQL.
pub fn sql_file(dialect: &str, artefact: &str) -> String {
    format!("sql/{dialect}/{artefact}.sql")
}

/// Returns the path of a diagram in a notation, given by the ending of its files.
pub fn diagram_file(diagram: &str, ending: &str) -> String {
    format!("diagrams/{diagram}.{ending}")
}

/// Returns the name of the diagram that shows the rules of a map. Names of parts have dashes, names of maps none.
pub fn map_diagram(step: &str) -> String {
    format!("map-{}", snake_case(step))
}

/// Returns the path of the page about a map.
pub fn map_page(step: &str) -> String {
    format!("maps/{}.md", snake_case(step))
}

/// Returns the name in PascalCase.
pub fn pascal_case(name: &str) -> String {
    words(name).iter().map(|word| capitalised(word)).collect()
}

fn capitalised(word: &str) -> String {
    let mut rest = word.chars();
    rest.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(rest).collect()
}

/// Makes sure that no two things get the same name; databases often do not tell upper case from lower case.
pub(crate) fn check(plan: &Plan) -> Result<(), EmitError> {
    let tables = plan.steps.iter().map(|step| (map_table(&step.name), format!("map {}", step.name)));
    distinct(tables)?;
    plan.steps.iter().try_for_each(|step| distinct(columns(step)))
}

/// All columns of a step's migration table.
fn columns(step: &Step) -> impl Iterator<Item = (String, String)> {
    let fixed = ["state", "run"].map(|name| (name.to_string(), format!("column {name} of map {}'s table", step.name)));
    let keys = step.read.key.iter().map(|key| {
        let column = &step.read.columns[*key].column;
        (legacy_key_column(column), format!("key column {column} of map {}", step.name))
    });
    let roles = step.targets.iter().flat_map(|target| {
        let role = format!("target {} of map {}", target.role, step.name);
        [(target_key_column(&target.role), role.clone()), (written_column(&target.role), role)]
    });
    fixed.into_iter().chain(keys).chain(roles)
}

fn distinct(names: impl Iterator<Item = (String, String)>) -> Result<(), EmitError> {
    let mut known = BTreeMap::new();
    for (name, second) in names {
        if let Some(first) = known.insert(name.to_lowercase(), second.clone()) {
            return Err(EmitError::SameName { name, first, second });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_snake_case() {
        for (name, snake) in [
            ("Patient", "patient"),
            ("LegacyPatient", "legacy_patient"),
            ("HTTPServer", "http_server"),
            ("Patient2", "patient2"),
            ("a-b c", "a_b_c"),
            ("already_snake", "already_snake"),
            ("--", "x"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn names_become_pascal_case() {
        assert_eq!(pascal_case("too_long"), "TooLong");
        assert_eq!(pascal_case("HTTPServer"), "HttpServer");
    }
}

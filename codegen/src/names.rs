//! The only place where names for generated things are made: tables, columns, aliases, files.

use crate::EmitError;
use cutover_mapping_dsl::plan::{Plan, Step};
use std::collections::BTreeMap;

/// Returns the name of the table that remembers which legacy row became which target rows.
pub fn map_table(step: &str) -> String {
    format!("cutover_map_{}", snake_case(step))
}

/// Returns the name of the temporary table that holds the keys of one set statement.
pub fn batch_table(step: &str) -> String {
    format!("cutover_batch_{}", snake_case(step))
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

/// Returns the path of a diagram.
pub fn diagram_file(diagram: &str) -> String {
    format!("diagrams/{diagram}.puml")
}

/// Returns the name in snake_case: `LegacyPatient`, `legacy-patient` and `legacyPatient` become `legacy_patient`,
/// `HTTPServer` becomes `http_server`. What is no ASCII letter or digit separates words.
pub fn snake_case(name: &str) -> String {
    words(name).join("_")
}

/// Returns the name in PascalCase.
pub fn pascal_case(name: &str) -> String {
    words(name).iter().map(|word| capitalised(word)).collect()
}

fn capitalised(word: &str) -> String {
    let mut rest = word.chars();
    rest.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(rest).collect()
}

/// Words of a name in lower case; a name without any letter or digit is the word `x`.
fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, character) in characters.iter().enumerate() {
        if starts_word(&characters, at) {
            words.push(String::new());
        }
        if character.is_alphanumeric() {
            words.last_mut().expect("there is a first word").extend(character.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    if words.is_empty() {
        words.push("x".to_string());
    }
    words
}

fn starts_word(characters: &[char], at: usize) -> bool {
    let character = characters[at];
    let before = at.checked_sub(1).map(|before| characters[before]);
    let after = characters.get(at + 1);
    !character.is_alphanumeric()
        || (character.is_uppercase() && before.is_some_and(|before| !before.is_uppercase()))
        || (character.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
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

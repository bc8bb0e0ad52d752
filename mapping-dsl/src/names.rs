//! Names that the plan and everything made from it must agree on.

/// Returns the name of the table that remembers which legacy row became which target rows.
pub fn map_table(step: &str) -> String {
    format!("cutover_map_{}", snake_case(step))
}

/// Returns the name in snake_case: `LegacyPatient`, `legacy-patient` and `legacyPatient` become `legacy_patient`,
/// `HTTPServer` becomes `http_server`. What is no ASCII letter or digit separates words.
pub fn snake_case(name: &str) -> String {
    words(name).join("_")
}

/// Returns the words of a name in lower case; a name without any letter or digit is the word `x`.
pub fn words(name: &str) -> Vec<String> {
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

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
    let mut words: Vec<String> = Vec::new();
    let mut characters = name.chars().peekable();
    let (mut before, mut starts) = (None, true);
    while let Some(character) = characters.next() {
        starts |= starts_word(before, character, characters.peek().copied());
        if character.is_alphanumeric() {
            if starts {
                words.push(String::with_capacity(name.len()));
            }
            words.last_mut().expect("the first letter begins a word").extend(character.to_lowercase());
            starts = false;
        }
        before = Some(character);
    }
    if words.is_empty() {
        words.push("x".to_string());
    }
    words
}

fn starts_word(before: Option<char>, character: char, after: Option<char>) -> bool {
    !character.is_alphanumeric()
        || (character.is_uppercase() && before.is_some_and(|before| !before.is_uppercase()))
        || (character.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
}

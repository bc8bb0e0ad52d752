//! Text of the mapping inside comments of generated files: one line stays one line, whatever it contains.

/// Returns the text as one line without control characters.
pub(crate) fn line(text: &str) -> String {
    let breaks = |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    text.chars().map(|character| if breaks(character) { ' ' } else { character }).collect::<String>().trim().to_string()
}

/// Returns each text as one line.
pub(crate) fn lines(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| line(text)).collect()
}

//! Text in diagrams. PlantUML gives a meaning to many signs, and to doubled ones; those are written by their number, so
//! that no name can break a diagram.

use cutover_mapping_dsl::types::Type;

/// Longest text of a rule that is shown.
const LONGEST: usize = 56;

/// Returns text for use in a quoted name, a member or a label.
pub(super) fn label(text: &str) -> String {
    let text = crate::comment::line(text);
    let mut shown = String::new();
    let mut before = None;
    for character in text.chars() {
        match plain(character, before) {
            true => shown.push(character),
            false => shown += &format!("<U+{:04X}>", u32::from(character)),
        }
        before = Some(character);
    }
    shown
}

/// Returns text cut to a length that a box can hold.
pub(super) fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", label(&text[..end])),
        None => label(&text),
    }
}

/// Doubled signs are markup (`__` underlines), a sign at the beginning may be (`.` draws a line).
fn plain(character: char, before: Option<char>) -> bool {
    match character {
        '_' | '-' | '.' | '=' => before.is_some_and(|before| before != character),
        ' ' | ',' | ':' | '(' | ')' | '+' | '…' => true,
        _ => character.is_alphanumeric() && u32::from(character) <= 0xFFFF,
    }
}

/// Returns the name of a type for people.
pub(super) fn type_label(ty: &Type) -> String {
    match ty {
        Type::Text { max: Some(max) } => format!("text({max})"),
        Type::Decimal { precision, scale } => format!("decimal({precision}, {scale})"),
        Type::Enum(labels) => format!("one of {}", labels.len()),
        Type::Other(declared) => label(declared),
        Type::Boolean | Type::Integer { .. } | Type::Float | Type::Text { max: None } | Type::Bytes { .. } => {
            ty.family().to_string()
        }
        Type::Date { .. } | Type::DateTime { .. } | Type::Instant { .. } | Type::Time { .. } => ty.family().to_string(),
        Type::Uuid | Type::Json => ty.family().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_with_a_meaning_are_written_by_number() {
        assert_eq!(label("a_b (c): d-e"), "a_b (c): d-e");
        assert_eq!(label("a__b"), "a_<U+005F>b");
        assert_eq!(label("--"), "<U+002D><U+002D>");
        assert_eq!(label("x\"}\n@enduml"), "x<U+0022><U+007D> <U+0040>enduml");
    }
}

//! Text in PlantUML, which gives a meaning to many signs, and to doubled ones. Those are written by their number, so that
//! no name can break a diagram.

#![expect(unreachable_pub, reason = "askama makes filters public")]

use askama::Values;
use std::fmt::Display;

/// Returns text for use in a quoted name, a member, a note or a label.
#[askama::filter_fn]
pub(super) fn label(text: impl Display, _: &dyn Values) -> askama::Result<String> {
    Ok(escaped(&text.to_string()))
}

fn escaped(text: &str) -> String {
    let text = crate::comment::line(text);
    let mut shown = String::with_capacity(text.len());
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

/// Doubled signs are markup (`__` underlines), a sign at the beginning may be (`.` draws a line).
fn plain(character: char, before: Option<char>) -> bool {
    match character {
        '_' | '-' | '.' | '=' => before.is_some_and(|before| before != character),
        ' ' | ',' | ':' | '(' | ')' | '+' | '…' | '→' | '↔' | '←' => true,
        _ => character.is_alphanumeric() && u32::from(character) <= 0xFFFF,
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn signs_with_a_meaning_are_written_by_number() {
        assert_eq!(escaped("a_b (c): d-e → f"), "a_b (c): d-e → f");
        assert_eq!(escaped("a__b"), "a_<U+005F>b");
        assert_eq!(escaped("--"), "<U+002D><U+002D>");
        assert_eq!(escaped("x\"}\n@enduml\\n"), "x<U+0022><U+007D> <U+0040>enduml<U+005C>n");
    }
}

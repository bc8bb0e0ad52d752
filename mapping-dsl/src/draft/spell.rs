//! Names, texts and remarks as a mapping can hold them. What it cannot hold at all is none.

use crate::schema::Table;
use crate::world::quoted_if_needed;

/// Returns a name as it must be written; none if no quoting helps.
pub(super) fn name(name: &str) -> Option<String> {
    let hopeless = name.is_empty() || name.contains(['`', '\n', '\r']);
    let plain = quoted_if_needed(name);
    match hopeless {
        true => None,
        false if name == "_" => Some("`_`".to_string()), // It reads as a pattern.
        false => Some(plain),
    }
}

/// Returns a table as one name within its side.
pub(super) fn table(table: &Table) -> Option<String> {
    match &table.namespace {
        Some(namespace) if table.name != table.own_name => {
            Some(format!("{}.{}", name(namespace)?, name(&table.own_name)?))
        }
        _ => name(&table.name),
    }
}

/// Returns a text as a literal; none if it holds what no escape stands for.
pub(super) fn text(text: &str) -> Option<String> {
    if text.contains('\r') {
        return None;
    }
    let mut literal = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\t' => literal.push_str("\\t"),
            other => literal.push(other),
        }
    }
    literal.push('"');
    Some(literal)
}

/// Returns words for a remark: on one line, whatever stands in them.
pub(super) fn remark(words: &str) -> String {
    let blank = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    words.chars().map(|letter| if blank(letter) { ' ' } else { letter }).collect::<String>().trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_quoted_is() {
        assert_eq!(name("Name").as_deref(), Some("Name"));
        assert_eq!(name("full \"name\"").as_deref(), Some("`full \"name\"`"));
        assert_eq!(name("_").as_deref(), Some("`_`"));
        assert_eq!((name(""), name("a`b"), name("a\nb")), (None, None, None));
        assert_eq!(text("a\"\\\n").as_deref(), Some(r#""a\"\\\n""#));
        assert_eq!(text("a\rb"), None);
        assert_eq!(remark("a\nb\u{2028}c"), "a b c");
    }
}

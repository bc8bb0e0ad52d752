//! Text in Markdown, also within a cell of a table: no name can end a cell, begin a list or become HTML.

#![expect(unreachable_pub, reason = "askama makes filters public")]

use askama::Values;
use std::fmt::Display;

/// Returns text as a sentence or a cell.
#[askama::filter_fn]
pub(super) fn text(text: impl Display, _: &dyn Values) -> askama::Result<String> {
    Ok(sentence(&text.to_string()))
}

/// Returns a name or an expression as code.
#[askama::filter_fn]
pub(super) fn code(text: impl Display, _: &dyn Values) -> askama::Result<String> {
    Ok(as_code(&text.to_string()))
}

pub(super) fn sentence(text: &str) -> String {
    let text = crate::comment::line(text);
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b',' | b':' | b'(')) {
        return text.into_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let before = || text[..at].chars().next_back();
        let after = || text[at + character.len_utf8()..].chars().next();
        match character {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '\\' | '`' | '*' | '[' | ']' | '#' | '|' | '~' | '$' | '{' | '}' | '!' => shown.extend(['\\', character]),
            '_' if !joins(before()) || !joins(after()) => shown.push_str("\\_"),
            '-' | '+' | '=' if at == 0 => shown.extend(['\\', character]),
            '.' | ')' if text[..at].chars().all(|digit| digit.is_ascii_digit()) => shown.extend(['\\', character]),
            _ => shown.push(character),
        }
    }
    shown
}

fn joins(neighbour: Option<char>) -> bool {
    neighbour.is_some_and(char::is_alphanumeric)
}

pub(super) fn as_code(text: &str) -> String {
    let text = crate::comment::line(text);
    match text.contains('`') || text.contains("\\|") {
        _ if text.is_empty() => String::new(),
        // Within a table a pipe needs a backslash, in code too, and code has no other escape.
        false => format!("`{}`", text.replace('|', "\\|")),
        true => format!("<code>{}</code>", text.chars().map(entity).collect::<String>()),
    }
}

fn entity(character: char) -> String {
    match character {
        ' ' | '.' | ',' | ':' | ';' | '(' | ')' | '"' | '\'' | '=' | '/' | '?' | '-' => character.to_string(),
        _ if character.is_alphanumeric() => character.to_string(),
        _ => format!("&#{};", u32::from(character)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_cell_or_becomes_markup() {
        assert_eq!(sentence("a|b\n<br> *c* _d_ e_f"), "a\\|b &lt;br&gt; \\*c\\* \\_d\\_ e_f");
        assert_eq!(sentence("1. one"), "1\\. one");
        assert_eq!(sentence("- x [y](z)"), "\\- x \\[y\\](z)");
        assert_eq!(as_code("p.first_name"), "`p.first_name`");
        assert_eq!(as_code("a | \\d"), "`a \\| \\d`");
        assert_eq!(as_code("a `b` | \"c\""), "<code>a &#96;b&#96; &#124; \"c\"</code>");
        assert_eq!(as_code("a\\|b"), "<code>a&#92;&#124;b</code>");
        assert_eq!(as_code("a\r\nb\u{2028}"), "`a  b`");
    }
}

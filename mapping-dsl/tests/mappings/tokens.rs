//! Tokens of a mapping, found anew: what the tests change must not come out of what they test.

use std::ops::Range;

const SIGNS: [&str; 9] = ["<->", "->", "<-", "++", "==", "!=", "<=", ">=", ".."];

/// Returns whether a token is a comment.
pub(crate) fn is_comment(token: &str) -> bool {
    token.starts_with("//")
}

/// Returns the tokens of a mapping, comments too.
pub(crate) fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let length = length(&text[at..]);
        if !first.is_ascii_whitespace() {
            tokens.push(at..at + length);
        }
        at += length;
    }
    tokens
}

fn length(rest: &str) -> usize {
    let line = rest.find('\n').unwrap_or(rest.len());
    let first = rest.chars().next().expect("there is text left");
    if is_comment(rest) {
        return line;
    }
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        return sign.len();
    }
    match first {
        '"' | '`' | '/' => quoted(&rest[..line], first).unwrap_or(1),
        _ if first.is_alphanumeric() || first == '_' => {
            rest.find(|character: char| !(character.is_alphanumeric() || character == '_')).unwrap_or(rest.len())
        }
        _ => first.len_utf8(),
    }
}

/// Returns the length of a quoted text if its line closes it.
fn quoted(line: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, character) in line.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if quote != '`' => is_escaped = true,
            _ if character == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

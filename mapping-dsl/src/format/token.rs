//! Cuts a mapping into tokens with their places. Comments are tokens too; blanks and line ends are not.

use crate::lines::{line_end, quoted_end};
use std::ops::Range;

/// What a token is, as far as blanks around it depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `// …`
    Comment,
    /// A word or a name in backticks.
    Word,
    /// A text or a pattern, with its quotes.
    Quoted,
    /// A number or a date.
    Number,
    /// Everything else.
    Sign,
}

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Its place.
    pub(super) range: Range<usize>,
    /// What it is.
    pub(super) kind: Kind,
}

/// Signs of several characters; the longer ones first.
const SIGNS: [&[u8]; 9] = [b"<->", b"->", b"<-", b"++", b"==", b"!=", b"<=", b">=", b".."];

/// Returns the tokens of a text, `begin` being behind its byte order mark.
pub(super) fn tokens(text: &str, begin: usize) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = begin;
    while at < bytes.len() {
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let (end, kind) = token(text, at);
        let end = if kind == Kind::Comment { at + text[at..end].trim_end().len() } else { end };
        tokens.push(Token { range: at..end, kind });
        at = end;
    }
    tokens
}

fn token(text: &str, at: usize) -> (usize, Kind) {
    let bytes = text.as_bytes();
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        return (line_end(bytes, at), Kind::Comment);
    }
    if let Some(end) = quoted_end(bytes, at) {
        return (end, if rest[0] == b'`' { Kind::Word } else { Kind::Quoted });
    }
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(sign)) {
        return (at + sign.len(), Kind::Sign);
    }
    if rest[0].is_ascii_digit() {
        return (at + number(rest), Kind::Number);
    }
    let word = rest.iter().take_while(|byte| is_name(**byte)).count();
    if word > 0 {
        return (at + word, Kind::Word);
    }
    (at + text[at..].chars().next().map_or(1, char::len_utf8), Kind::Sign)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns the length of the number or date at the beginning of a text.
fn number(rest: &[u8]) -> usize {
    if let Some(date) = shape(rest, "0000-00-00") {
        return date + time(&rest[date..]);
    }
    let whole = rest.iter().take_while(|byte| is_name(**byte)).count();
    match &rest[whole..] {
        [b'.', after @ ..] => match digits(after) {
            0 => whole,
            fraction => whole + 1 + fraction,
        },
        _ => whole,
    }
}

/// Returns the length of a time of day behind a date, with what stands between them.
fn time(rest: &[u8]) -> usize {
    let between = match rest.first() {
        Some(b'T') => 1,
        _ => rest.iter().take_while(|byte| **byte == b' ').count(),
    };
    let Some(minutes) = rest.get(between..).and_then(|rest| shape(rest, "00:00")).filter(|_| between > 0) else {
        return 0;
    };
    let mut end = between + minutes;
    if let Some(seconds) = shape(&rest[end..], ":00") {
        end += seconds;
        if let [b'.', after @ ..] = &rest[end..] {
            end += match digits(after) {
                0 => 0,
                fraction => 1 + fraction,
            };
        }
    }
    end
}

fn digits(rest: &[u8]) -> usize {
    rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Returns the length of a shape if the text begins so; `0` stands for any digit.
fn shape(rest: &[u8], shape: &str) -> Option<usize> {
    let fits = rest.len() >= shape.len()
        && shape.bytes().zip(rest).all(|(wanted, found)| match wanted {
            b'0' => found.is_ascii_digit(),
            sign => sign == *found,
        });
    fits.then_some(shape.len())
}

//! Cuts SQL text into pieces: words, quoted names, literals, comments, blanks.
//! One scanner serves the splitter (whole scripts) and the readers of single statements.
//! It never fails: what is not closed runs to the end of the text.

use super::Dialect;
use std::ops::Range;

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Blanks and line ends.
    Space,
    /// A comment, or a mark around text that a comment only hides from other engines.
    Comment,
    /// A keyword, an unquoted name or a number.
    Word,
    /// A quoted name; in MariaDB a double-quoted piece can also be a literal.
    Quoted,
    /// A string literal, dollar-quoted ones included.
    Literal,
    /// One character of anything else.
    Symbol,
}

/// A piece of text and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// Walks over a text; the pieces follow each other without a gap.
#[derive(Debug, Clone)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    dialect: Dialect,
    at: usize,
    /// How many marks such as `/*!40101` are open.
    hidden: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect, at: usize) -> Scanner<'a> {
        Scanner { text, dialect, at, hidden: 0 }
    }

    /// Returns where the next piece starts.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes on at another place, which is a character boundary.
    pub(super) fn jump(&mut self, at: usize) {
        self.at = at;
    }

    /// Returns the next piece; a word ends before `stop`, so that `END$$` is two pieces.
    pub(super) fn next_before(&mut self, stop: &str) -> Option<Piece> {
        let start = self.at;
        let first = *self.bytes().get(start)?;
        let (kind, end) = match first {
            _ if first.is_ascii_whitespace() => (Kind::Space, self.while_bytes(start, |b| b.is_ascii_whitespace())),
            b'-' if self.has("--") => (Kind::Comment, self.line_end(start)),
            b'#' if self.dialect == Dialect::MariaDb => (Kind::Comment, self.line_end(start)),
            b'/' if self.has("/*") => (Kind::Comment, self.block_comment(start)),
            b'*' if self.hidden > 0 && self.has("*/") => (Kind::Comment, self.close_hidden(start)),
            b'\'' => (Kind::Literal, self.quoted(start, b'\'', self.dialect == Dialect::MariaDb)),
            b'"' => (Kind::Quoted, self.quoted(start, b'"', self.dialect == Dialect::MariaDb)),
            b'`' if matches!(self.dialect, Dialect::MariaDb | Dialect::Sqlite) => {
                (Kind::Quoted, self.quoted(start, b'`', false))
            }
            b'[' if matches!(self.dialect, Dialect::Sqlite | Dialect::SqlServer) => {
                (Kind::Quoted, self.quoted(start, b']', false))
            }
            b'$' if self.dialect == Dialect::PostgreSql => self.dollar(start),
            b'e' | b'E' if self.dialect == Dialect::PostgreSql && self.byte(start + 1) == Some(b'\'') => {
                (Kind::Literal, self.quoted(start + 1, b'\'', true))
            }
            b'n' | b'N' if self.dialect != Dialect::Sqlite && self.byte(start + 1) == Some(b'\'') => {
                (Kind::Literal, self.quoted(start + 1, b'\'', self.dialect == Dialect::MariaDb))
            }
            _ if self.is_word_byte(first) => (Kind::Word, self.word(start, stop)),
            _ => (Kind::Symbol, start + 1),
        };
        self.at = end;
        Some(Piece { kind, range: start..end })
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes().get(at).copied()
    }

    fn has(&self, prefix: &str) -> bool {
        self.bytes()[self.at..].starts_with(prefix.as_bytes())
    }

    fn while_bytes(&self, start: usize, holds: impl Fn(u8) -> bool) -> usize {
        let rest = &self.bytes()[start..];
        start + rest.iter().position(|byte| !holds(*byte)).unwrap_or(rest.len())
    }

    fn line_end(&self, start: usize) -> usize {
        self.while_bytes(start, |byte| byte != b'\n')
    }

    /// Returns the end of a word; one that `stop` cuts short has at least one byte.
    fn word(&self, start: usize, stop: &str) -> usize {
        let end = self.while_bytes(start, |byte| self.is_word_byte(byte));
        match stop.bytes().next().is_some_and(|byte| self.is_word_byte(byte)) {
            true => self.text[start..end].find(stop).filter(|at| *at > 0).map_or(end, |at| start + at),
            false => end,
        }
    }

    /// Returns the end of a quoted piece, with the closing quote doubled or escaped inside.
    fn quoted(&self, start: usize, close: u8, escapes: bool) -> usize {
        let mut at = start + 1;
        while let Some(byte) = self.byte(at) {
            if escapes && byte == b'\\' {
                at += 2;
            } else if byte != close {
                at += 1;
            } else if self.byte(at + 1) == Some(close) && (close != b']' || self.dialect == Dialect::SqlServer) {
                at += 2;
            } else {
                return at + 1;
            }
        }
        self.text.len()
    }

    /// Returns a `$tag$ … $tag$` body, or the lone dollar.
    fn dollar(&self, start: usize) -> (Kind, usize) {
        let tag_end = self.while_bytes(start + 1, |byte| byte != b'$' && self.is_word_byte(byte));
        let digit_first = self.byte(start + 1).is_some_and(|byte| byte.is_ascii_digit());
        if digit_first || self.byte(tag_end) != Some(b'$') {
            return (Kind::Symbol, start + 1);
        }
        let tag = &self.text[start..=tag_end];
        let body = &self.text[tag_end + 1..];
        (Kind::Literal, body.find(tag).map_or(self.text.len(), |at| tag_end + 1 + at + tag.len()))
    }

    /// Returns the end of a comment, or of the opening mark of text that MariaDB runs.
    fn block_comment(&mut self, start: usize) -> usize {
        if self.dialect == Dialect::MariaDb
            && let Some(end) = self.hidden_mark(start)
        {
            self.hidden += 1;
            return end;
        }
        match self.dialect {
            Dialect::PostgreSql | Dialect::SqlServer => self.nested_comment(start),
            Dialect::MariaDb | Dialect::Sqlite => {
                self.text[start + 2..].find("*/").map_or(self.text.len(), |at| start + 2 + at + 2)
            }
        }
    }

    /// Returns the end of a mark such as `/*!50003` or `/*M!100100`; version 999999 is one no engine has.
    fn hidden_mark(&self, start: usize) -> Option<usize> {
        let rest = &self.text[start + 2..];
        let mark = rest.strip_prefix("M!").or_else(|| rest.strip_prefix('!'))?;
        let digits = mark.bytes().take(6).take_while(u8::is_ascii_digit).count();
        let first = self.text.len() - mark.len();
        (&mark[..digits] != "999999").then_some(first + digits)
    }

    /// Returns whether a byte can lie in a word; parts of characters beyond ASCII can.
    /// SQL Server marks parameters and temporary tables by a sign in front.
    fn is_word_byte(&self, byte: u8) -> bool {
        WORD_BYTES[usize::from(byte)] || self.dialect == Dialect::SqlServer && matches!(byte, b'@' | b'#')
    }

    fn close_hidden(&mut self, start: usize) -> usize {
        self.hidden -= 1;
        start + 2
    }

    fn nested_comment(&self, start: usize) -> usize {
        let mut depth = 1;
        let mut at = start + 2;
        while depth > 0 && at < self.text.len() {
            match &self.bytes()[at..] {
                [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
                [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
                _ => at += 1,
            }
        }
        at.min(self.text.len())
    }
}

impl Iterator for Scanner<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        self.next_before("")
    }
}

/// What lies in words of all dialects. Looked up and not compared: a script is read byte by byte, several times.
const WORD_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = matches!(byte as u8, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'$' | 0x80..);
        byte += 1;
    }
    table
};

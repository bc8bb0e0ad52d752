//! Cuts the text of a mapping into pieces before the grammar sees it: top-level items, their heads, and the
//! statements of their blocks. Comments and continued line ends are overwritten with blanks of the same length, so
//! that every offset stays true. One broken piece leaves the others whole.

use crate::ast::Comment;
mod join;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};
use std::ops::Range;

/// Brackets may not be nested deeper: the grammar and the checker recurse.
const DEEPEST: usize = 48;

/// Words with which an item begins, at the very beginning of a line.
const ITEMS: [&str; 5] = ["language", "legacy", "target", "values", "map"];

/// A mapping cut into pieces.
pub(crate) struct Pieces {
    /// The text with comments and continued line ends blanked.
    pub(crate) text: String,
    /// All comments.
    pub(crate) comments: Vec<Comment>,
    /// Top-level items.
    pub(crate) items: Vec<Piece>,
    /// What was wrong already here.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// An item or a statement.
pub(crate) struct Piece {
    /// The text up to its block, or all of it.
    pub(crate) head: Range<usize>,
    /// Its block, if it has one.
    pub(crate) block: Option<Block>,
    /// Whether its head could not be cut out soundly; it has been reported.
    pub(crate) broken: bool,
}

/// What stands between two braces.
pub(crate) struct Block {
    /// Its statements or arms.
    pub(crate) pieces: Vec<Piece>,
    /// The closing brace, or where it is missing.
    pub(crate) close: Range<usize>,
}

/// Cuts a mapping.
pub(crate) fn cut(file: FileId, text: &str) -> Pieces {
    let mut cutter = Cutter { file, text: text.as_bytes().to_vec(), comments: Vec::new(), diagnostics: Vec::new() };
    cutter.blank_comments();
    cutter.join_lines();
    let items = cutter.items();
    let blanked = String::from_utf8(cutter.text).expect("only whole comments and line ends were overwritten");
    Pieces { text: blanked, comments: cutter.comments, items, diagnostics: cutter.diagnostics }
}

struct Cutter {
    file: FileId,
    text: Vec<u8>,
    comments: Vec<Comment>,
    diagnostics: Vec<Diagnostic>,
}

impl Cutter {
    fn blank_comments(&mut self) {
        let mut at = 0;
        while at < self.text.len() {
            if self.text[at..].starts_with(b"//") {
                let end = self.line_end(at);
                let doc = self.text[at..].starts_with(b"///") && !self.text[at..].starts_with(b"////");
                self.comments.push(Comment { span: Span::new(self.file, at..end), doc });
                self.text[at..end].fill(b' ');
                at = end;
            } else {
                at = self.token_end(at, true);
            }
        }
    }

    /// Returns the end of the quoted text that begins here, or of the single byte.
    fn token_end(&mut self, at: usize, report: bool) -> usize {
        let quote = self.text[at];
        if !matches!(quote, b'"' | b'`' | b'/') {
            return at + 1;
        }
        let line_end = self.line_end(at);
        let mut end = at + 1;
        while end < line_end && self.text[end] != quote {
            end += if self.text[end] == b'\\' && quote != b'`' { 2 } else { 1 };
        }
        if end < line_end {
            return end + 1;
        }
        if report && quote != b'/' {
            let span = Span::new(self.file, at..line_end);
            let what = if quote == b'"' { "a text" } else { "a quoted name" };
            self.diagnostics.push(
                Diagnostic::error(Code::UNCLOSED, span, format!("{what} is not closed on its line"))
                    .help(format!("put {} at its end", if quote == b'"' { "a double quote" } else { "a backtick" })),
            );
        }
        if quote == b'/' { at + 1 } else { line_end }
    }

    fn line_end(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
    }

    /// Returns the word with which an item begins at the start of a line.
    fn item_word(&self, at: usize) -> Option<&'static str> {
        if at > 0 && self.text.get(at - 1) != Some(&b'\n') {
            return None;
        }
        let rest = self.text.get(at..)?;
        ITEMS.into_iter().find(|word| {
            rest.starts_with(word.as_bytes()) && {
                let after = &rest[word.len()..];
                after.first().is_some_and(|byte| *byte == b' ' || *byte == b'\t')
                    && after.trim_ascii_start().first().is_some_and(|byte| !matches!(byte, b'-' | b'<' | b'.' | b'{'))
            }
        })
    }

    fn items(&mut self) -> Vec<Piece> {
        let mut items = Vec::new();
        let mut at = 0;
        while let Some(start) = self.next_text(at) {
            if self.item_word(start).is_none() {
                at = self.stray(start);
                continue;
            }
            let (piece, end) = self.item(start);
            items.push(piece);
            at = end;
        }
        items
    }

    fn next_text(&self, at: usize) -> Option<usize> {
        let rest = &self.text[at.min(self.text.len())..];
        rest.iter().position(|byte| !byte.is_ascii_whitespace()).map(|skipped| at + skipped)
    }

    /// Reports text between items and returns where the next item begins.
    fn stray(&mut self, start: usize) -> usize {
        let mut end = self.line_end(start);
        let first_line = start..start + self.text[start..end].trim_ascii_end().len();
        while end < self.text.len() && self.item_word(end + 1).is_none() {
            end = self.line_end(end + 1);
        }
        self.diagnostics.push(
            Diagnostic::error(Code::STRAY, Span::new(self.file, first_line), "this belongs to no item")
                .note("an item begins at the start of a line with `language`, `legacy`, `target`, `values` or `map`"),
        );
        end
    }

    /// Cuts one item: a line, or a head with a block.
    fn item(&mut self, start: usize) -> (Piece, usize) {
        let has_block = matches!(self.item_word(start), Some("values" | "map"));
        let (head_end, stop) = self.head_end(start, has_block);
        let mut piece = Piece { head: start..head_end, block: None, broken: stop == Stop::Broken };
        if stop != Stop::Brace {
            if has_block && stop != Stop::Broken {
                piece.broken = true;
                let span = Span::new(self.file, trimmed(&self.text, start..head_end));
                self.diagnostics.push(
                    Diagnostic::error(Code::UNCLOSED, span, "this item has no block")
                        .help("open it with `{` and close it with `}`"),
                );
            }
            return (piece, head_end);
        }
        let (block, end) = self.block(head_end);
        piece.block = Some(block);
        (piece, end)
    }

    /// Finds where a head ends: at the brace that opens its block, or at the end of its line.
    fn head_end(&mut self, start: usize, has_block: bool) -> (usize, Stop) {
        let mut open: Vec<usize> = Vec::new();
        let mut matches = 0;
        let mut at = start;
        while at < self.text.len() {
            match self.text[at] {
                b'{' if open.is_empty() && matches == 0 && has_block && !self.opens_group(at) => {
                    return (at, Stop::Brace);
                }
                byte @ (b'{' | b'(' | b'[') => {
                    matches -= usize::from(byte == b'{' && matches > 0);
                    open.push(at);
                    if open.len() > DEEPEST {
                        return (self.too_deep(at), Stop::Broken);
                    }
                    at += 1;
                }
                b'}' | b')' | b']' => {
                    if open.pop().is_none() && self.text[at] == b'}' {
                        return (at, Stop::Close);
                    }
                    at += 1;
                }
                b'\n' if open.is_empty() && !has_block => return (at, Stop::Line),
                b'\n' if open.last().is_some_and(|open| self.text[*open] != b'{' || self.opens_group(*open)) => {
                    self.unclosed(open.last().copied());
                    return (at, Stop::Broken);
                }
                b'\n' if self.item_word(at + 1).is_some() => {
                    self.unclosed(open.first().copied());
                    return (at, Stop::Line);
                }
                _ => {
                    matches +=
                        usize::from(at == 0 || !is_name(self.text[at - 1])) * usize::from(self.word_at(at, b"match"));
                    at = self.token_end(at, false);
                }
            }
        }
        self.unclosed(open.first().copied());
        (at, Stop::Line)
    }

    fn word_at(&self, at: usize, word: &[u8]) -> bool {
        self.text[at..].starts_with(word) && !self.text.get(at + word.len()).is_some_and(|byte| is_name(*byte))
    }

    fn unclosed(&mut self, open: Option<usize>) {
        if let Some(open) = open {
            let span = Span::new(self.file, open..open + 1);
            let closing = match self.text[open] {
                b'(' => ')',
                b'[' => ']',
                _ => '}',
            };
            self.diagnostics
                .push(Diagnostic::error(Code::UNCLOSED, span, "this is never closed").help(format!("add `{closing}`")));
        }
    }

    fn too_deep(&mut self, at: usize) -> usize {
        let span = Span::new(self.file, at..at + 1);
        let message = format!("brackets are nested more than {DEEPEST} deep");
        self.diagnostics.push(Diagnostic::error(Code::NESTING, span, message).help("split the rule"));
        let mut end = self.line_end(at);
        while end < self.text.len() && self.item_word(end + 1).is_none() {
            end = self.line_end(end + 1);
        }
        end
    }

    /// Cuts a block; `open` is its brace.
    fn block(&mut self, open: usize) -> (Block, usize) {
        let mut pieces = Vec::new();
        let mut at = open + 1;
        loop {
            let Some(start) = self.next_text(at) else {
                self.unclosed(Some(open));
                return (Block { pieces, close: self.text.len()..self.text.len() }, self.text.len());
            };
            if self.item_word(start).is_some() {
                self.unclosed(Some(open));
                return (Block { pieces, close: start..start }, start);
            }
            if self.text[start] == b'}' {
                return (Block { pieces, close: start..start + 1 }, start + 1);
            }
            let (piece, end) = self.statement(start);
            pieces.push(piece);
            at = end;
        }
    }

    fn statement(&mut self, start: usize) -> (Piece, usize) {
        let nested = self.word_at(start, b"into");
        let (head_end, stop) = self.head_end(start, nested);
        let head_end = if nested && stop != Stop::Brace { self.line_end(start).min(head_end) } else { head_end };
        let mut piece = Piece { head: start..head_end, block: None, broken: stop == Stop::Broken };
        if stop != Stop::Brace {
            return (piece, head_end);
        }
        let (block, end) = self.block(head_end);
        piece.block = Some(block);
        (piece, end)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Brace,
    Close,
    Line,
    Broken,
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn ends_with_word(text: &[u8], word: &[u8]) -> bool {
    text.ends_with(word) && !text[..text.len() - word.len()].last().is_some_and(|byte| is_name(*byte) || *byte == b'.')
}

fn trimmed(text: &[u8], range: Range<usize>) -> Range<usize> {
    let inner = text[range.clone()].trim_ascii();
    let start = range.start + (text[range.clone()].len() - text[range].trim_ascii_start().len());
    start..start + inner.len()
}

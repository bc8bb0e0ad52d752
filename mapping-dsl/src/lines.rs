//! Cuts the text of a mapping into pieces before the grammar sees it: top-level items, their heads, and the
//! statements of their blocks. Comments and continued line ends are overwritten with blanks of the same length, so
//! that every offset stays true. One broken piece leaves the others whole.

mod brackets;
mod join;

use crate::ast::Comment;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What to say of comments as other languages write them.
pub(crate) const COMMENT: &str = "a comment begins with `//`";

/// Brackets may not be nested deeper: the grammar and the checker recurse.
const DEEPEST: usize = 48;

/// Words with which an item begins, at the very beginning of a line.
const ITEMS: [&str; 7] = ["language", "legacy", "target", "fn", "values", "map", "leave"];

/// With what a line of a map's head begins.
const GOES_ON: [&str; 9] = ["join ", "where ", "->", "and ", "or ", "on ", "when ", "several ", "existing "];

/// A mapping cut into pieces.
pub(crate) struct Pieces {
    /// The text with comments and continued line ends blanked.
    pub(crate) text: String,
    /// All comments.
    pub(crate) comments: Vec<Comment>,
    /// Top-level items.
    pub(crate) items: Vec<Piece>,
    /// Where text stands that belongs to no item.
    pub(crate) strays: Vec<usize>,
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
    let mut cutter = Cutter::new(file, text);
    cutter.blank_comments();
    cutter.mend_brackets();
    cutter.join_lines();
    let items = cutter.items();
    let blanked = String::from_utf8(cutter.text).expect("only whole comments and line ends were overwritten");
    Pieces { text: blanked, comments: cutter.comments, items, strays: cutter.strays, diagnostics: cutter.diagnostics }
}

struct Cutter {
    file: FileId,
    text: Vec<u8>,
    comments: Vec<Comment>,
    diagnostics: Vec<Diagnostic>,
    /// Where something was mended: the pieces around it have been reported and are not read.
    damaged: BTreeSet<usize>,
    /// Where blocks end that are never closed, by their opening braces.
    ends: BTreeMap<usize, usize>,
    /// Where the text begins: behind a byte order mark.
    begin: usize,
    strays: Vec<usize>,
}

const BYTE_ORDER_MARK: &str = "\u{feff}";

impl Cutter {
    fn new(file: FileId, text: &str) -> Cutter {
        let begin = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let mut text = text.as_bytes().to_vec();
        text[..begin].fill(b' ');
        let (damaged, ends) = (BTreeSet::new(), BTreeMap::new());
        Cutter { file, text, comments: Vec::new(), diagnostics: Vec::new(), damaged, ends, begin, strays: Vec::new() }
    }

    fn report(&mut self, range: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let span = Span::new(self.file, range);
        self.diagnostics.push(Diagnostic::error(Code::UNCLOSED, span, message).help(help));
    }

    fn is_damaged(&self, range: Range<usize>) -> bool {
        self.damaged.range(range).next().is_some()
    }

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
                self.check_quote(at);
                at = self.token_end(at);
            }
        }
    }

    /// Returns the end of the quoted text that begins here, or of the single byte.
    fn token_end(&self, at: usize) -> usize {
        quoted_end(&self.text, at).unwrap_or_else(|| match self.text[at] {
            b'"' | b'`' => self.line_end(at),
            _ => at + 1,
        })
    }

    fn check_quote(&mut self, at: usize) {
        let (what, mark) = match self.text[at] {
            b'"' => ("a text", "a double quote"),
            b'`' => ("a quoted name", "a backtick"),
            _ => return,
        };
        if quoted_end(&self.text, at).is_none() {
            let range = trimmed(&self.text, at..self.line_end(at));
            self.report(range, format!("{what} is not closed on its line"), format!("put {mark} at its end"));
            self.damaged.insert(at);
        }
    }

    fn line_end(&self, at: usize) -> usize {
        line_end(&self.text, at)
    }

    /// Returns the word with which an item begins at the start of a line.
    fn item_word(&self, at: usize) -> Option<&'static str> {
        if at > self.begin && self.text.get(at - 1) != Some(&b'\n') {
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
        self.strays.push(start);
        let mut end = self.line_end(start);
        let first_line = start..start + self.text[start..end].trim_ascii_end().len();
        while end < self.text.len() && self.item_word(end + 1).is_none() {
            end = self.line_end(end + 1);
        }
        let is_comment = ["--", "#", "/*"].iter().any(|sign| self.text[start..].starts_with(sign.as_bytes()));
        let error = Diagnostic::error(Code::STRAY, Span::new(self.file, first_line), "this belongs to no item").note(
            "an item begins at the start of a line with `language`, `legacy`, `target`, `fn`, `values`, `map` or \
             `leave`",
        );
        self.diagnostics.push(if is_comment { error.help(COMMENT) } else { error });
        end
    }

    /// Cuts one item: a line, or a head with a block.
    fn item(&mut self, start: usize) -> (Piece, usize) {
        let has_block = matches!(self.item_word(start), Some("values" | "map"));
        let (head_end, stop) = self.head_end(start, has_block);
        let broken = self.is_damaged(start..head_end);
        let head = start..head_end;
        if broken && has_block {
            let written = self.written_head(head.clone());
            let rest = self.text.get(written.end..head_end).unwrap_or_default();
            if !rest.trim_ascii().is_empty() {
                return (Piece { head, block: None, broken }, self.next_item(start)); // The brace is not the head's.
            }
        }
        if stop == Stop::Brace {
            let (block, end) = self.block(head_end);
            return (Piece { head, block: Some(block), broken }, end);
        }
        if !has_block {
            return (Piece { head, block: None, broken }, head_end);
        }
        if !broken {
            let range = self.written_head(head.clone());
            self.report(range, "this item has no block", "open it with `{` and close it with `}`");
        }
        (Piece { head, block: None, broken: true }, head_end)
    }

    /// Returns the last line of the head of an item without block: what follows it belongs into the block.
    fn written_head(&self, range: Range<usize>) -> Range<usize> {
        let (mut start, mut end) = (range.start, self.line_end(range.start));
        while end < range.end {
            let next = self.line_end(end + 1);
            let line = self.text[end + 1..next].trim_ascii_start();
            let goes_on = GOES_ON.iter().any(|word| line.starts_with(word.as_bytes()));
            if !goes_on {
                break;
            }
            (start, end) = (end + 1, next);
        }
        trimmed(&self.text, start..end)
    }

    /// Finds where a head ends: at the brace that opens its block, or at the end of its line. Brackets match here,
    /// but for the brace of a block.
    fn head_end(&self, start: usize, has_block: bool) -> (usize, Stop) {
        let mut open = 0usize;
        let mut matches = 0;
        let mut at = start;
        while at < self.text.len() {
            match self.text[at] {
                b'{' if open == 0 && matches == 0 && has_block && !self.opens_group(at) => return (at, Stop::Brace),
                byte @ (b'{' | b'(' | b'[') => {
                    matches -= usize::from(byte == b'{' && matches > 0);
                    open += 1;
                    at += 1;
                }
                b'}' if open == 0 => return (at, Stop::Line),
                b'}' | b')' | b']' => {
                    open = open.saturating_sub(1);
                    at += 1;
                }
                b'\n' if open == 0 && !has_block => return (at, Stop::Line),
                b'\n' if self.item_word(at + 1).is_some() => return (at, Stop::Line),
                _ => {
                    let begins_word = at == 0 || !is_name(self.text[at - 1]);
                    matches += usize::from(begins_word && self.word_at(at, b"match"));
                    at = self.token_end(at);
                }
            }
        }
        (at, Stop::Line)
    }

    fn word_at(&self, at: usize, word: &[u8]) -> bool {
        self.text[at..].starts_with(word) && !self.text.get(at + word.len()).is_some_and(|byte| is_name(*byte))
    }

    /// Cuts a block; `open` is its brace.
    fn block(&mut self, open: usize) -> (Block, usize) {
        let mut pieces = Vec::new();
        let mut at = open + 1;
        let end = self.ends.get(&open).copied().unwrap_or(usize::MAX);
        loop {
            let start = self.next_text(at).unwrap_or(self.text.len());
            if start >= end.min(self.text.len()) || self.item_word(start).is_some() {
                if end == usize::MAX {
                    self.report(open..open + 1, "this is never closed", "add `}`");
                }
                let stop = start.min(end);
                return (Block { pieces, close: stop..stop }, stop);
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
        let head_end = if nested && stop == Stop::Line { self.line_end(start).min(head_end) } else { head_end };
        let mut piece = Piece { head: start..head_end, block: None, broken: self.is_damaged(start..head_end) };
        if stop == Stop::Line {
            return (piece, head_end.max(start + 1));
        }
        let (block, end) = self.block(head_end);
        piece.block = Some(block);
        (piece, end)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Brace,
    Line,
}

/// Returns where the line ends that holds a byte.
pub(crate) fn line_end(text: &[u8], at: usize) -> usize {
    let rest = &text[at..];
    at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
}

/// Returns the end of the quoted text (or name, or pattern) that begins here, if it is closed on its line.
pub(crate) fn quoted_end(text: &[u8], at: usize) -> Option<usize> {
    let quote = text[at];
    if !matches!(quote, b'"' | b'`' | b'/') {
        return None;
    }
    let line_end = line_end(text, at);
    let mut end = at + 1;
    while end < line_end && text[end] != quote {
        end += if text[end] == b'\\' && quote != b'`' { 2 } else { 1 };
    }
    (end < line_end).then_some(end + 1)
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

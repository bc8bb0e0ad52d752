//! Brackets that do not match, mended before anything else is cut: lines tell by their indentation which one was
//! forgotten. What is mended is reported here, and the statement around it is not read, so that one forgotten bracket
//! gives one message. Items whose brackets match are not looked at, however they are indented.

use super::{Cutter, DEEPEST, trimmed};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use std::ops::Range;

/// A bracket that is open.
#[derive(Clone, Copy)]
struct Open {
    at: usize,
    /// Where its line begins, and how far it is indented.
    line: usize,
    indent: usize,
}

impl Cutter {
    /// Makes the brackets of each item match.
    pub(super) fn mend_brackets(&mut self) {
        let mut start = self.begin;
        while start < self.text.len() {
            let end = self.next_item(start);
            if !self.brackets_match(start..end) {
                let item = start..end;
                Mender { item, open: Vec::new(), has_block: false, head_broken: false, reported: None, cutter: self }
                    .mend();
            }
            start = end;
        }
    }

    /// Returns where the next item begins after the line at `start`.
    pub(super) fn next_item(&self, start: usize) -> usize {
        let mut at = self.line_end(start) + 1;
        while at < self.text.len() && self.item_word(at).is_none() {
            at = self.line_end(at) + 1;
        }
        at.min(self.text.len())
    }

    fn brackets_match(&self, range: Range<usize>) -> bool {
        let mut open = Vec::new();
        let mut at = range.start;
        while at < range.end {
            match self.text[at] {
                byte @ (b'(' | b'[' | b'{') => open.push(byte),
                byte @ (b')' | b']' | b'}') if open.pop().map(closing) != Some(byte) => return false,
                _ => {}
            }
            if open.len() > DEEPEST {
                return false;
            }
            at = self.token_end(at);
        }
        open.is_empty()
    }
}

/// Mends the brackets of one item.
struct Mender<'c> {
    item: Range<usize>,
    open: Vec<Open>,
    /// Whether the item's block has been opened.
    has_block: bool,
    /// Whether a bracket of the head was wrong, so that its block may be something else.
    head_broken: bool,
    /// Place of the last message.
    reported: Option<usize>,
    cutter: &'c mut Cutter,
}

impl Mender<'_> {
    fn mend(&mut self) {
        let mut line = self.item.start;
        while line < self.item.end {
            let end = self.cutter.line_end(line).min(self.item.end);
            if let Some(indent) = self.indent(line) {
                self.forgotten(line, indent);
                if !self.line(line, indent) {
                    return;
                }
            }
            line = end + 1;
        }
        while self.open.len() > 1 {
            self.never_closed(self.item.end);
        }
        self.last_open();
    }

    /// The block of an item that is not closed is reported where it is cut; any other bracket here.
    fn last_open(&mut self) {
        if self.open.last().is_some_and(|open| !self.is_block(*open)) {
            self.never_closed(self.item.end);
        }
    }

    fn is_block(&self, open: Open) -> bool {
        self.cutter.text[open.at] == b'{' && !self.cutter.opens_group(open.at)
    }

    /// Returns how far a line is indented; none for a blank line.
    fn indent(&self, line: usize) -> Option<usize> {
        let text = &self.cutter.text[line..self.cutter.line_end(line)];
        text.iter().position(|byte| !byte.is_ascii_whitespace())
    }

    /// Reports what should have been closed before a line that is indented no deeper.
    fn forgotten(&mut self, line: usize, indent: usize) {
        let closes = matches!(self.cutter.text[line + indent], b')' | b']' | b'}');
        while let Some(top) = self.open.last().copied() {
            let over = if closes { top.indent > indent } else { top.indent >= indent };
            let block_follows = self.cutter.text[line + indent] == b'{';
            if !over || (self.open.len() == 1 && self.is_block(top) && !block_follows) {
                return;
            }
            self.never_closed(line);
        }
    }

    /// Follows the brackets of a line; false when they are nested too deep.
    fn line(&mut self, line: usize, indent: usize) -> bool {
        let mut at = line + indent;
        while at < self.cutter.line_end(line).min(self.item.end) {
            match self.cutter.text[at] {
                b'(' | b'[' | b'{' => {
                    let open = Open { at, line, indent };
                    self.has_block |= self.open.is_empty() && self.is_block(open);
                    self.open.push(open);
                }
                b')' | b']' | b'}' => self.close(at, line, indent),
                _ => {}
            }
            if self.open.len() > DEEPEST {
                self.too_deep(at);
                return false;
            }
            at = self.cutter.token_end(at);
        }
        true
    }

    fn close(&mut self, at: usize, line: usize, indent: usize) {
        let Some(top) = self.open.last().copied() else {
            if (self.has_block && !self.head_broken) || !self.takes_block() {
                self.closes_nothing(at);
            }
            self.cutter.text[at] = b' '; // Without a block the head is reported, not what would close it.
            return;
        };
        let first = line + indent == at;
        let next = self.next_line(line);
        if top.line != line && first && indent > top.indent && next.is_some() {
            return self.opens_nothing(at, line, indent);
        }
        let closed_below = |(indent, closes): (usize, bool)| indent > top.indent || (indent == top.indent && closes);
        if top.line != line && !first && next.is_some_and(closed_below) {
            return self.closes_nothing(at);
        }
        let fits = |open: &Open, cutter: &Cutter| closing(cutter.text[open.at]) == cutter.text[at];
        if !fits(&top, self.cutter) {
            if self.open.iter().any(|open| open.line == line && fits(open, self.cutter)) {
                self.unclosed(top.at);
                self.cutter.text[top.at] = b' ';
                self.open.pop();
                return self.close(at, line, indent);
            }
            let is_own_block = self.open.len() == 1 && self.is_block(top);
            if is_own_block || (top.line != line && !first) {
                return self.closes_nothing(at);
            }
            let wanted = closing(self.cutter.text[top.at]);
            self.report(at..at + 1, "another bracket is open here", format!("write `{}`", char::from(wanted)));
            self.cutter.damaged.insert(at);
            self.cutter.text[at] = wanted;
        }
        self.open.pop();
    }

    /// Returns how far the next line with text is indented, and whether it begins with a closing bracket.
    fn next_line(&self, line: usize) -> Option<(usize, bool)> {
        let mut next = self.cutter.line_end(line) + 1;
        while next < self.item.end {
            if let Some(indent) = self.indent(next) {
                return Some((indent, matches!(self.cutter.text[next + indent], b')' | b']' | b'}')));
            }
            next = self.cutter.line_end(next) + 1;
        }
        None
    }

    fn takes_block(&self) -> bool {
        matches!(self.cutter.item_word(self.item.start), Some("values" | "map"))
    }

    /// Reports a bracket, unless one on the same line or the line before has been: that is the same mistake.
    fn report(&mut self, range: Range<usize>, message: &str, help: String) {
        let lines =
            |from: usize| self.cutter.text[from.min(range.start)..from.max(range.start)].split(|byte| *byte == b'\n');
        if self.reported.is_none_or(|before| lines(before).count() > 2) {
            self.cutter.report(range.clone(), message, help);
        }
        self.reported = Some(range.start);
        self.head_broken |= !self.has_block;
    }

    fn unclosed(&mut self, at: usize) {
        let help = format!("add `{}`", char::from(closing(self.cutter.text[at])));
        self.report(at..at + 1, "this is never closed", help);
        self.cutter.damaged.insert(at);
    }

    /// Reports the innermost bracket; `end` is the line before which it should have been closed.
    fn never_closed(&mut self, end: usize) {
        let Some(top) = self.open.pop() else { return };
        let is_into = self.cutter.text[top.line + top.indent..].starts_with(b"into ") && self.is_block(top);
        if is_into && self.open.len() == 1 {
            self.report(top.at..top.at + 1, "this is never closed", "add `}`".to_string());
            self.cutter.ends.insert(top.at, end);
            return;
        }
        self.unclosed(top.at);
        self.lose(top.at..end);
    }

    /// Overwrites what cannot be told apart any more; the line end before `range.end` stays.
    fn lose(&mut self, range: Range<usize>) {
        let end = range.end.saturating_sub(usize::from(self.cutter.text[range.end - 1] == b'\n')).max(range.start);
        self.cutter.text[range.start..end].fill(b' ');
        self.cutter.text[range.start] = b'_'; // So that there is a statement, though nobody can read it.
    }

    fn closes_nothing(&mut self, at: usize) {
        self.report(at..at + 1, "this closes nothing", "take it out".to_string());
        self.cutter.damaged.insert(at);
        self.cutter.text[at] = b'_'; // So that the statement around it is known to be broken.
    }

    /// A closing bracket on its own line: the line above it with the same indentation opens nothing.
    fn opens_nothing(&mut self, at: usize, line: usize, indent: usize) {
        let mut above = line;
        let opener = loop {
            let Some(before) = self.cutter.text[self.item.start..above.saturating_sub(1).max(self.item.start)]
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map(|end| self.item.start + end + 1)
            else {
                return self.closes_nothing(at);
            };
            match self.indent(before) {
                Some(found) if found == indent => break before + indent,
                Some(found) if found < indent => return self.closes_nothing(at),
                _ => above = before,
            }
        };
        let opening = match self.cutter.text[at] {
            b')' => '(',
            b']' => '[',
            _ => '{',
        };
        let range = trimmed(&self.cutter.text, opener..self.cutter.line_end(opener));
        self.report(range, "this opens nothing, but a bracket below closes it", format!("add `{opening}`"));
        self.cutter.damaged.insert(opener);
        self.cutter.text[opener..=at].fill(b' ');
        self.cutter.text[opener] = b'_';
    }

    /// Gives up on the rest of the item.
    fn too_deep(&mut self, at: usize) {
        let span = Span::new(self.cutter.file, at..at + 1);
        let message = format!("brackets are nested more than {DEEPEST} deep");
        self.cutter.diagnostics.push(Diagnostic::error(Code::NESTING, span, message).help("split the rule"));
        self.cutter.damaged.insert(at);
        let block = self.open.first().copied().filter(|open| self.is_block(*open));
        let first = self.open.get(usize::from(block.is_some())).map_or(at, |open| open.at);
        self.cutter.damaged.insert(first);
        if let Some(block) = block {
            self.cutter.ends.insert(block.at, self.item.end);
        }
        self.lose(first..self.item.end);
    }
}

fn closing(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}

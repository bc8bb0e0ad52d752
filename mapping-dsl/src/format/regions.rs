//! What may be laid out anew and what may not: items and statements that could not be read stay as they are.

use crate::diagnostic::{Code, Diagnostic, Level};
use crate::lines::{Piece, Pieces, line_end};
use std::collections::BTreeMap;
use std::ops::Range;

/// What stands at a place of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The first byte of an item or statement, so many blocks deep.
    Start(usize),
    /// The brace that opens a block.
    Open,
    /// The brace that closes a block.
    Close,
}

/// Returns the places where items, statements and blocks begin and end.
pub(super) fn marks(pieces: &[Piece]) -> BTreeMap<usize, Mark> {
    let mut marks = BTreeMap::new();
    mark(pieces, 0, &mut marks);
    marks
}

fn mark(pieces: &[Piece], depth: usize, marks: &mut BTreeMap<usize, Mark>) {
    for piece in pieces {
        marks.insert(piece.head.start, Mark::Start(depth));
        if let Some(block) = &piece.block {
            marks.insert(piece.head.end, Mark::Open);
            if !block.close.is_empty() {
                marks.insert(block.close.start, Mark::Close);
            }
            mark(&block.pieces, depth + 1, marks);
        }
    }
}

/// How much around a mistake stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caution {
    /// The statement, or the item whose head it is in.
    Statements,
    /// The item.
    Items,
}

/// Returns the lines that must stay as they are, as ranges of whole lines without the last line end, in order.
/// `begin` is behind the byte order mark.
pub(super) fn untouched(
    text: &str,
    begin: usize,
    pieces: &Pieces,
    diagnostics: &[Diagnostic],
    caution: Caution,
) -> Vec<Range<usize>> {
    let errors = diagnostics.iter().filter(|found| found.level == Level::Error && found.code != Code::DOC_PLACE);
    let mut errors: Vec<usize> = errors.map(|found| found.labels[0].span.start).collect();
    errors.sort_unstable();
    let judge = Judge { text: text.as_bytes(), begin, pieces, errors, caution };
    let mut ranges: Vec<Range<usize>> = pieces.strays.iter().map(|start| judge.stray(*start)).collect();
    pieces.items.iter().for_each(|item| judge.item(item, &mut ranges));
    ranges.sort_by_key(|range| range.start);
    merged(ranges)
}

struct Judge<'a> {
    text: &'a [u8],
    begin: usize,
    pieces: &'a Pieces,
    /// Places of what could not be read, in order.
    errors: Vec<usize>,
    caution: Caution,
}

impl Judge<'_> {
    fn lines(&self, range: &Range<usize>) -> Range<usize> {
        let before = &self.text[self.begin..range.start];
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(self.begin, |end| self.begin + end + 1);
        start..line_end(self.text, range.end)
    }

    /// Text between items, up to the comments before the next item.
    fn stray(&self, start: usize) -> Range<usize> {
        let next = self.pieces.items.iter().map(|item| item.head.start).find(|item| *item > start);
        self.lines(&self.trimmed(start..next.unwrap_or(self.text.len())))
    }

    fn item(&self, item: &Piece, ranges: &mut Vec<Range<usize>>) {
        let whole = self.extent(item);
        let mut within = Vec::new();
        let is_sound = self.is_sound(item) && self.statements(item, &mut within);
        // A bracket that was mended outside of statements belongs to the whole.
        let is_within = |at: &usize| within.iter().any(|range| range.contains(at) || range.end == *at);
        let errors = self.errors_in(&whole);
        let in_statements = self.caution == Caution::Statements && errors.iter().all(is_within);
        match is_sound && (errors.is_empty() || in_statements) {
            true => ranges.extend(within),
            false => ranges.push(self.lines(&whole)),
        }
    }

    /// Returns whether the head of a piece can be laid out anew.
    fn is_sound(&self, piece: &Piece) -> bool {
        let unclosed = piece.block.as_ref().is_some_and(|block| block.close.is_empty());
        !piece.broken && !unclosed && self.errors_in(&piece.head).is_empty()
    }

    /// Gathers the statements that must stay as they are; false if one shares its lines with something else.
    fn statements(&self, piece: &Piece, ranges: &mut Vec<Range<usize>>) -> bool {
        let mut pieces = piece.block.iter().flat_map(|block| &block.pieces);
        pieces.all(|piece| match self.is_sound(piece) {
            true => self.statements(piece, ranges),
            false => {
                let whole = self.extent(piece);
                let lines = self.lines(&whole);
                let is_alone = self.is_blank(lines.start..whole.start) && self.is_blank(whole.end..lines.end);
                ranges.push(lines);
                is_alone
            }
        })
    }

    fn is_blank(&self, range: Range<usize>) -> bool {
        self.pieces.text[range].trim().is_empty()
    }

    fn errors_in(&self, range: &Range<usize>) -> &[usize] {
        let first = self.errors.partition_point(|at| *at < range.start);
        let end = self.errors.partition_point(|at| *at <= range.end);
        &self.errors[first..end.max(first)]
    }

    /// From the first byte of a piece to the last of its block.
    fn extent(&self, piece: &Piece) -> Range<usize> {
        let end = piece.block.as_ref().map_or(piece.head.end, |block| {
            let last = block.pieces.last().map_or(0, |piece| self.extent(piece).end);
            block.close.end.max(last)
        });
        self.trimmed(piece.head.start..end)
    }

    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let text = &self.pieces.text[range.clone()];
        range.start..range.start + text.trim_end().len()
    }
}

fn merged(ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

//! Tokens to lines. The author's line breaks stay, except that each statement and each brace that closes a block has a
//! line of its own; how far a line is indented follows from the brackets around it.

use super::code::Code;
use super::regions::Mark;
use super::token::{Kind, Token};
use std::ops::Range;

/// Blanks by which a line is indented for each level.
const STEP: usize = 2;

/// A line of the result.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) indent: usize,
    /// Its tokens.
    pub(super) tokens: Range<usize>,
    /// The comment at its end, or all of it.
    pub(super) comment: Option<Range<usize>>,
    /// Whether a blank line stands before it.
    pub(super) blank_before: bool,
    /// Lines that are taken over as they are.
    pub(super) raw: Option<Range<usize>>,
}

/// What is laid out one after the other.
#[derive(Clone)]
pub(super) enum Part {
    /// A token of the code.
    Code(usize),
    /// A comment.
    Comment(Token),
    /// Lines that stay as they are.
    Raw(Range<usize>),
}

/// Returns the lines of a mapping.
pub(super) fn lines(code: &Code<'_>, parts: &[Part]) -> Vec<Line> {
    let mut layout = Layout {
        code,
        lines: Vec::new(),
        open: Vec::new(),
        blocks: Vec::new(),
        base: 0,
        is_item: false,
        has_clauses: false,
        end: 0,
    };
    parts.iter().for_each(|part| layout.part(part));
    let mut lines = layout.lines;
    indent_comments(code, &mut lines);
    lines
}

struct Layout<'a> {
    code: &'a Code<'a>,
    lines: Vec<Line>,
    /// Brackets that are open in this statement, each with the indentation of its line.
    open: Vec<(usize, usize)>,
    /// Indentation of the owners of the blocks that are open.
    blocks: Vec<usize>,
    /// Indentation of this statement.
    base: usize,
    /// Whether it is an item, whose head may have several lines.
    is_item: bool,
    /// Whether its head has clauses on lines of their own.
    has_clauses: bool,
    /// Where the part before ends.
    end: usize,
}

impl Layout<'_> {
    fn part(&mut self, part: &Part) {
        let range = match part {
            Part::Code(at) => self.code.tokens[*at].range.clone(),
            Part::Comment(token) => token.range.clone(),
            Part::Raw(range) => range.clone(),
        };
        let between = &self.code.text[self.end..range.start];
        let line_ends = between.bytes().filter(|byte| *byte == b'\n').count();
        self.end = range.end;
        match part {
            Part::Code(at) => self.token(*at, line_ends),
            Part::Comment(_) => self.comment(range, line_ends),
            Part::Raw(_) => {
                self.begin(line_ends, true);
                self.lines.last_mut().expect("a line has just begun").raw = Some(range);
            }
        }
    }

    fn comment(&mut self, range: Range<usize>, line_ends: usize) {
        if line_ends > 0 || self.lines.is_empty() {
            self.begin(line_ends, true);
        }
        self.lines.last_mut().expect("there is a line to end").comment = Some(range);
    }

    fn token(&mut self, at: usize, line_ends: usize) {
        let mark = self.code.mark(at);
        match mark {
            Some(Mark::Start(depth)) => {
                (self.base, self.is_item, self.has_clauses) = (depth * STEP, depth == 0, false);
                self.open.clear();
            }
            Some(Mark::Close) => {
                self.base = self.blocks.pop().unwrap_or_default();
                self.open.clear();
            }
            Some(Mark::Open) | None => {}
        }
        if line_ends > 0 || self.lines.is_empty() || self.must_break(mark) {
            let of_bracket = matches!(self.code.word(at), ")" | "]" | "}") || mark == Some(Mark::Open);
            self.begin(line_ends, !of_bracket);
            self.has_clauses |= mark.is_none() && self.code.is_separated(at);
            let indent = self.indent(at, mark);
            let line = self.lines.last_mut().expect("a line has just begun");
            (line.indent, line.tokens) = (indent, at..at);
        }
        let line = self.lines.last_mut().expect("there is a line to go on with");
        line.tokens.end = at + 1;
        let indent = line.indent;
        match self.code.word(at) {
            _ if mark == Some(Mark::Open) => self.blocks.push(self.base),
            _ if mark == Some(Mark::Close) => {}
            "(" | "[" | "{" => self.open.push((at, indent)),
            ")" | "]" | "}" => drop(self.open.pop()),
            _ => {}
        }
    }

    /// Returns whether a line must begin here, although the author began none.
    fn must_break(&self, mark: Option<Mark>) -> bool {
        match mark {
            Some(Mark::Start(_) | Mark::Close) => true,
            Some(Mark::Open) => self.is_item && self.has_clauses,
            None => false,
        }
    }

    /// Begins a line; blank lines stand neither at the beginning of the text nor right within brackets.
    fn begin(&mut self, line_ends: usize, may_follow_blank: bool) {
        let opens = self.lines.last().is_some_and(|line| {
            line.raw.is_none()
                && line.tokens.clone().next_back().is_some_and(|last| matches!(self.code.word(last), "(" | "[" | "{"))
        });
        let blank_before = line_ends > 1 && may_follow_blank && !opens && !self.lines.is_empty();
        self.lines.push(Line { indent: 0, tokens: 0..0, comment: None, blank_before, raw: None });
    }

    fn indent(&mut self, at: usize, mark: Option<Mark>) -> usize {
        if mark.is_some() {
            return self.base;
        }
        let separated = self.code.is_separated(at);
        if matches!(self.code.word(at), ")" | "]" | "}") {
            return self.open.last().map_or(self.base, |(_, indent)| *indent);
        }
        if let Some((open, indent)) = self.open.last() {
            let goes_on = !separated && !self.code.is_list(*open) && self.code.word(at - 1) != ",";
            return indent + STEP + if goes_on && *open + 1 < at { STEP } else { 0 };
        }
        let is_clause = separated || self.code.is_arrow(at);
        self.base + if self.is_item && !is_clause { 2 * STEP } else { STEP }
    }
}

/// A comment on a line of its own is indented as the code below it, or as deep as what stands in its brackets.
fn indent_comments(code: &Code<'_>, lines: &mut [Line]) {
    let mut below = 0;
    for line in lines.iter_mut().rev() {
        if let Some(raw) = &line.raw {
            let text = &code.text[raw.clone()];
            below = text.len() - text.trim_start_matches(' ').len();
        } else if line.tokens.is_empty() {
            line.indent = below;
        } else {
            let first = line.tokens.start;
            let closes = matches!(code.word(first), ")" | "]" | "}");
            let opens_block = code.mark(first) == Some(Mark::Open);
            below = line.indent + if closes || opens_block { STEP } else { 0 };
        }
    }
}

impl Line {
    /// Returns whether it is a comment and nothing else.
    pub(super) fn is_comment(&self) -> bool {
        self.raw.is_none() && self.tokens.is_empty()
    }
}

/// Puts tokens, comments and untouched lines into one order.
pub(super) fn parts(tokens: Vec<Token>, untouched: &[Range<usize>]) -> (Vec<Token>, Vec<Part>) {
    let (mut code, mut parts) = (Vec::new(), Vec::new());
    let mut raw = untouched.iter().peekable();
    for token in tokens {
        while let Some(range) = raw.next_if(|range| range.end <= token.range.start) {
            push_raw(&mut parts, range);
        }
        if let Some(range) = raw.peek().filter(|range| range.start <= token.range.start) {
            push_raw(&mut parts, range);
        } else if token.kind == Kind::Comment {
            parts.push(Part::Comment(token));
        } else {
            parts.push(Part::Code(code.len()));
            code.push(token);
        }
    }
    (code, parts)
}

fn push_raw(parts: &mut Vec<Part>, range: &Range<usize>) {
    if !matches!(parts.last(), Some(Part::Raw(last)) if last == range) {
        parts.push(Part::Raw(range.clone()));
    }
}

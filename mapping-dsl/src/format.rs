//! One style for mappings: `format` lays a text out anew. Only blanks and some line breaks change; the order, the
//! comments and the spelling stay, and so do the bytes of what cannot be read. Knows no statement by itself: pieces
//! and brackets tell the lines, so that a new kind of statement needs nothing here.

mod align;
mod code;
mod layout;
mod regions;
mod same;
mod token;

use self::align::Gaps;
use self::code::Code;
use self::layout::Line;
use self::regions::Caution;
use crate::diagnostic::{Diagnostic, Level};
use crate::lines::{self, Pieces};
use crate::parse;
use crate::source::FileId;
use std::fmt;
use std::ops::{Range, RangeInclusive};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A mapping in the one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formatted {
    /// The text.
    pub text: String,
    /// Lines of the given text, counted from 1, that cannot be read and were left as they are.
    pub untouched: Vec<RangeInclusive<usize>>,
}

/// The text could not be laid out without changing what it says: a fault of the formatter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfaithful;

impl fmt::Display for Unfaithful {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the new layout would say something else, so nothing was changed; this is a fault of cutover")
    }
}

impl std::error::Error for Unfaithful {}

/// Lays a mapping out in the one style. What it gives out reads the same as what it was given, and stays as it is when it
/// is laid out once more.
pub fn format(text: &str) -> Result<Formatted, Unfaithful> {
    let mut attempts = attempts(text);
    if !attempts.has_errors {
        return attempts.find(|attempt| same::is_same(text, &attempt.text)).ok_or(Unfaithful);
    }
    // Around a mistake brackets are mended by how lines are indented, so that another layout may be cut otherwise.
    let is_stable = |once: &Formatted| {
        self::attempts(&once.text)
            .find(|twice| same::is_same(&once.text, &twice.text))
            .is_none_or(|twice| twice.text == once.text && twice.untouched.len() == once.untouched.len())
    };
    let accepted = attempts.find(|attempt| same::is_same(text, &attempt.text) && is_stable(attempt));
    Ok(accepted
        .unwrap_or_else(|| Formatted { text: text.to_string(), untouched: vec![line_numbers(text, 0..text.len())] }))
}

/// Ways to lay a text out: around a mistake the pieces may be cut wrongly, so the second one leaves more as it is.
struct Attempts<'a> {
    text: &'a str,
    begin: usize,
    pieces: Pieces,
    diagnostics: Vec<Diagnostic>,
    has_errors: bool,
    cautions: std::array::IntoIter<Caution, 2>,
}

fn attempts(text: &str) -> Attempts<'_> {
    let (_, diagnostics) = parse::parse(FileId(0), text);
    let begin = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
    let has_errors = diagnostics.iter().any(|found| found.level == Level::Error);
    let cautions = [Caution::Statements, Caution::Items].into_iter();
    Attempts { text, begin, pieces: lines::cut(FileId(0), text), diagnostics, has_errors, cautions }
}

impl Iterator for Attempts<'_> {
    type Item = Formatted;

    fn next(&mut self) -> Option<Formatted> {
        let Attempts { text, begin, pieces, diagnostics, cautions, .. } = self;
        let untouched = regions::untouched(text, *begin, pieces, diagnostics, cautions.next()?);
        let laid_out = lay_out(text, *begin, pieces, &untouched);
        let untouched = untouched.into_iter().map(|range| line_numbers(text, range)).collect();
        Some(Formatted { text: laid_out, untouched })
    }
}

fn lay_out(text: &str, begin: usize, pieces: &Pieces, untouched: &[Range<usize>]) -> String {
    let marks = regions::marks(&pieces.items);
    let (tokens, parts) = layout::parts(token::tokens(text, begin), untouched);
    let code = Code::new(text, &pieces.text, &marks, tokens);
    let lines = layout::lines(&code, &parts);
    let gaps = align::gaps(&code, &lines);
    text[..begin].to_string() + &print(&code, &lines, &gaps)
}

fn line_numbers(text: &str, range: Range<usize>) -> RangeInclusive<usize> {
    let first = text[..range.start].matches('\n').count() + 1;
    first..=first + text[range].trim_end().matches('\n').count()
}

/// Puts the lines together. The line ends are those of the first line with text; a line that stays keeps its own.
fn print(code: &Code<'_>, lines: &[Line], gaps: &Gaps) -> String {
    let with_text = code.text.trim_start_matches(BYTE_ORDER_MARK).trim_ascii_start();
    let first = with_text.split_inclusive('\n').next().unwrap_or_default();
    let line_end = if first.ends_with("\r\n") { "\r\n" } else { "\n" };
    let mut text = String::with_capacity(code.text.len() * 5 / 4);
    for (line, comment_gap) in lines.iter().zip(&gaps.comments) {
        if line.blank_before {
            text.push_str(line_end);
        }
        if let Some(raw) = &line.raw {
            let raw = &code.text[raw.clone()];
            text.push_str(raw);
            text.push_str(if raw.ends_with('\r') { "\n" } else { line_end });
            continue;
        }
        text.push_str(&" ".repeat(line.indent));
        for at in line.tokens.clone() {
            let gap = if at == line.tokens.start { 0 } else { gaps.tokens[at] };
            text.push_str(&" ".repeat(gap));
            text.push_str(code.word(at));
        }
        if let Some(comment) = &line.comment {
            text.push_str(&" ".repeat(if line.is_comment() { 0 } else { *comment_gap }));
            text.push_str(&code.text[comment.clone()]);
        }
        text.push_str(line_end);
    }
    text
}

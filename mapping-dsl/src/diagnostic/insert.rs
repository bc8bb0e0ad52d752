//! Lines offered before a closing brace, indented as what stands in its block.

use crate::source::{Sources, Span};

/// Returns the place and the text that put lines at the end of a block; `close` is its brace.
pub(crate) fn before_brace(sources: &Sources, close: Span, lines: &[String]) -> (Span, String) {
    let text = &sources.file(close.file).text;
    let line = text[..close.start].rfind('\n').map_or(0, |end| end + 1);
    let before = &text[line..close.start];
    let indent = &before[..before.len() - before.trim_start().len()];
    let added: String = lines.iter().map(|line| format!("{indent}  {line}\n")).collect();
    match before.trim().is_empty() {
        true => (Span { start: line, end: line, ..close }, added),
        false => (Span { end: close.start, ..close }, format!("\n{added}{indent}")),
    }
}

//! The machine form: one JSON object a line, in the shape of rustc's `--error-format json`, so that editors show it.

use super::{Applicability, Diagnostic, Level, Patch};
use crate::source::{Sources, Span};
use serde::Serialize;

#[derive(Serialize)]
struct Message {
    #[serde(rename = "$message_type")]
    message_type: &'static str,
    message: String,
    code: Option<CodeForm>,
    level: &'static str,
    spans: Vec<SpanForm>,
    children: Vec<Message>,
    rendered: Option<String>,
}

#[derive(Serialize)]
struct CodeForm {
    code: &'static str,
    explanation: Option<String>,
}

#[derive(Serialize)]
struct SpanForm {
    file_name: String,
    byte_start: usize,
    byte_end: usize,
    line_start: usize,
    line_end: usize,
    column_start: usize,
    column_end: usize,
    is_primary: bool,
    text: Vec<LineForm>,
    label: Option<String>,
    suggested_replacement: Option<String>,
    suggestion_applicability: Option<&'static str>,
    expansion: Option<()>,
}

#[derive(Serialize)]
struct LineForm {
    text: String,
    highlight_start: usize,
    highlight_end: usize,
}

/// Returns the diagnostic as one line of JSON. `rendered` is what people would read.
pub fn to_json(diagnostic: &Diagnostic, sources: &Sources, rendered: String) -> String {
    let spans = diagnostic.labels.iter().enumerate();
    let spans = spans.map(|(at, label)| span_form(sources, label.span, at == 0, Some(label.text.clone()))).collect();
    let notes = diagnostic.notes.iter().map(|note| child("note", note.clone(), Vec::new()));
    let help = diagnostic.help_beside_patches().map(|help| child("help", help.to_string(), Vec::new()));
    let patches = diagnostic.patches.iter().map(|patch| suggestion(sources, patch));
    let message = Message {
        message_type: "diagnostic",
        message: diagnostic.message.clone(),
        code: Some(CodeForm { code: diagnostic.code.0, explanation: None }),
        level: level_name(diagnostic.level),
        spans,
        children: notes.chain(help).chain(patches).collect(),
        rendered: Some(rendered),
    };
    serde_json::to_string(&message).expect("a tree of texts and numbers always serialises")
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}

fn child(level: &'static str, message: String, spans: Vec<SpanForm>) -> Message {
    Message { message_type: "diagnostic", message, code: None, level, spans, children: Vec::new(), rendered: None }
}

fn suggestion(sources: &Sources, patch: &Patch) -> Message {
    let mut span = span_form(sources, patch.span, true, None);
    span.suggested_replacement = Some(patch.replacement.clone());
    span.suggestion_applicability = Some(match patch.applicability {
        Applicability::MachineApplicable => "MachineApplicable",
        Applicability::MaybeIncorrect => "MaybeIncorrect",
        Applicability::HasPlaceholders => "HasPlaceholders",
    });
    child("help", patch.message.clone(), vec![span])
}

fn span_form(sources: &Sources, span: Span, is_primary: bool, label: Option<String>) -> SpanForm {
    let file = sources.file(span.file);
    let (line_start, line_end) = (file.line(span.start), file.line(span.end));
    let (column_start, column_end) = (file.column(span.start), file.column(span.end));
    let first = file.line_range(line_start);
    let highlight_end = if line_end == line_start { column_end } else { file.column(first.end) };
    SpanForm {
        file_name: file.name.clone(),
        byte_start: span.start,
        byte_end: span.end,
        line_start,
        line_end,
        column_start,
        column_end,
        is_primary,
        text: vec![LineForm { text: file.text[first].to_string(), highlight_start: column_start, highlight_end }],
        label: label.filter(|label| !label.is_empty()),
        suggested_replacement: None,
        suggestion_applicability: None,
        expansion: None,
    }
}

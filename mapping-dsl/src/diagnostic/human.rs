//! Draws diagnostics for people, as rustc does. Only the lines around the labels are handed to the renderer, because
//! it scans all that it gets.

use super::{Diagnostic, Label, Level, Patch};
use crate::source::{SourceFile, Sources};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level as Title, Renderer, Snippet};
use std::ops::Range;

/// Lines between two labels that are still shown in one piece.
const NEAR: usize = 6;

/// Returns the diagnostic as text, with colours for a terminal if asked for.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, colour: bool) -> String {
    let level = match diagnostic.level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code.0);
    let mut group = Group::with_title(title);
    for piece in pieces(diagnostic, sources) {
        group = group.element(piece.snippet());
    }
    for note in &diagnostic.notes {
        group = group.element(Title::NOTE.message(note));
    }
    if let Some(help) = diagnostic.help_beside_patches() {
        group = group.element(Title::HELP.message(help));
    }
    let patches = diagnostic.patches.iter().map(|patch| change(patch, sources));
    let groups: Vec<Group<'_>> = std::iter::once(group).chain(patches).collect();
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).render(&groups)
}

/// A change, drawn as lines that go and lines that come.
fn change<'a>(patch: &'a Patch, sources: &'a Sources) -> Group<'a> {
    let file = sources.file(patch.span.file);
    let (first, last) = (file.line(patch.span.start), file.line(patch.span.end));
    let start = file.line_range(first).start;
    let lines = &file.text[start..file.line_range(last).end.max(patch.span.end)];
    let span = patch.span.start - start..patch.span.end - start;
    let snippet = Snippet::source(lines).line_start(first).fold(true);
    Group::with_title(Title::HELP.secondary_title(&patch.message))
        .element(snippet.patch(annotate_snippets::Patch::new(span, &patch.replacement)))
}

/// Some lines of one file with their labels.
struct Piece<'a> {
    file: &'a SourceFile,
    lines: Range<usize>,
    labels: Vec<(&'a Label, bool)>,
}

impl<'a> Piece<'a> {
    fn snippet(&self) -> Snippet<'a, Annotation<'a>> {
        let start = self.file.line_range(self.lines.start).start;
        let end = self.file.line_range(self.lines.end).end;
        let mut snippet =
            Snippet::source(&self.file.text[start..end]).line_start(self.lines.start).path(&self.file.name).fold(true);
        for (label, primary) in &self.labels {
            let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let span = label.span.start.clamp(start, end) - start..label.span.end.clamp(start, end) - start;
            snippet = snippet.annotation(kind.span(span).label((!label.text.is_empty()).then_some(&*label.text)));
        }
        snippet
    }
}

/// Groups labels that lie close together in one file; the order of the labels stays.
fn pieces<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Piece<'a>> {
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    for (at, label) in diagnostic.labels.iter().enumerate() {
        let file = sources.file(label.span.file);
        let lines = file.line(label.span.start)..file.line(label.span.end);
        let near = pieces.iter_mut().find(|piece| {
            std::ptr::eq(piece.file, file)
                && lines.start <= piece.lines.end + NEAR
                && piece.lines.start <= lines.end + NEAR
        });
        match near {
            Some(piece) => {
                piece.lines = piece.lines.start.min(lines.start)..piece.lines.end.max(lines.end);
                piece.labels.push((label, at == 0));
            }
            None => pieces.push(Piece { file, lines, labels: vec![(label, at == 0)] }),
        }
    }
    pieces
}

//! Whether two texts are one mapping: the same tree but for places, the same messages, the same comments.

use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::parse;
use crate::source::{FileId, Span};

/// Returns whether both texts read the same.
pub(super) fn is_same(before: &str, after: &str) -> bool {
    let file = FileId(0);
    let ((old, old_findings), (new, new_findings)) = (parse::parse(file, before), parse::parse(file, after));
    comments(&old, before).eq(comments(&new, after))
        && findings(&old_findings).eq(findings(&new_findings))
        && without_places(&format!("{old:?}")) == without_places(&format!("{new:?}"))
}

fn comments<'a>(tree: &'a ast::File, text: &'a str) -> impl Iterator<Item = &'a str> {
    tree.comments.iter().map(|comment| text[comment.span.start..comment.span.end].trim_end())
}

fn findings(diagnostics: &[Diagnostic]) -> impl Iterator<Item = (&'static str, &str)> {
    diagnostics.iter().map(|diagnostic| (diagnostic.code.0, diagnostic.message.as_str()))
}

/// Takes the places out of a tree that was written for debugging: all trees can be written so, new nodes too. What
/// stands in quotes stays.
fn without_places(tree: &str) -> String {
    let place = format!("{:?}", Span::new(FileId(0), 0..0));
    let (open, _) = place.split_once("start").expect("a place has a start");
    let mut kept = String::with_capacity(tree.len() / 2);
    let mut rest = tree;
    while !rest.is_empty() {
        let length = match rest.strip_prefix(open) {
            Some(inner) => {
                rest = &inner[inner.find('}').map_or(inner.len(), |end| end + 1)..];
                continue;
            }
            None if rest.starts_with('"') => text_length(rest),
            None => rest[1..].find(['"', 'S']).map_or(rest.len(), |next| next + 1),
        };
        kept.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    kept
}

/// Returns the length of the quoted text at the beginning.
fn text_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !is_escaped => return at + 1,
            b'\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPPING: &str = "language 1\nmap M: old.T a -> new.t b {\n  key a.Id <-> b.id // why\n}\n";

    #[test]
    fn blanks_change_nothing() {
        assert!(is_same(MAPPING, &MAPPING.replace("  key a.Id", "\tkey   a . Id")));
    }

    #[test]
    fn everything_else_does() {
        let changes = [("a.Id", "a.`Id2`"), ("<->", "->"), ("why", "Why"), ("key", "kee"), ("1", "2"), ("// why", "")];
        for (written, changed) in changes {
            assert!(!is_same(MAPPING, &MAPPING.replacen(written, changed, 1)), "{written}");
        }
        let text = |words: &str| format!("values V: text -> text {{\n  {words} -> \"x\"\n}}\n");
        let place = "\"Span { file: FileId(0), start: 1, end: 2 }\"";
        assert!(!is_same(&text(place), &text(&place.replace('1', "0"))), "what stands in quotes is no place");
    }
}

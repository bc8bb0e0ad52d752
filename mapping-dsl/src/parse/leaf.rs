//! Leaves of the tree: names, texts, literals, tables, each with its place. All other builders stand on these.

use super::Rule;
use crate::ast::{Name, Path, Table, Text};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Arrow, Literal};
use crate::source::{FileId, Span};
use pest::iterators::Pair;

/// Builds nodes out of the pairs of one piece.
pub(super) struct Builder<'d> {
    pub(super) file: FileId,
    pub(super) base: usize,
    pub(super) diagnostics: &'d mut Vec<Diagnostic>,
}

pub(super) type Pairs<'p, 'i> = &'p mut dyn Iterator<Item = Pair<'i, Rule>>;

pub(super) fn children<'i>(pair: Pair<'i, Rule>) -> impl Iterator<Item = Pair<'i, Rule>> {
    pair.into_inner().filter(|pair| pair.as_rule() != Rule::EOI)
}

pub(super) fn next<'i>(pairs: Pairs<'_, 'i>) -> Pair<'i, Rule> {
    pairs.next().expect("the grammar demands this part")
}

pub(super) fn inner<'i>(pair: Pair<'i, Rule>) -> Pair<'i, Rule> {
    next(&mut children(pair))
}

pub(super) fn arrow_of(pair: Pair<'_, Rule>) -> Arrow {
    match inner(pair).as_rule() {
        Rule::both => Arrow::Both,
        Rule::forward => Arrow::Forward,
        _ => Arrow::Back,
    }
}

impl Builder<'_> {
    pub(super) fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        let text = span.as_str();
        let start = self.base + span.start();
        Span::new(self.file, start..start + text.trim_end().len())
    }

    /// The span of a whole piece without the blanks around it.
    pub(super) fn trimmed(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = self.span(pair);
        let text = pair.as_str();
        Span { start: span.start + (text.len() - text.trim_start().len()), ..span }
    }

    pub(super) fn name(&self, pair: Pair<'_, Rule>) -> Name {
        Name { text: pair.as_str().trim_matches('`').to_string(), span: self.span(&pair) }
    }

    pub(super) fn path(&self, pair: Pair<'_, Rule>) -> Path {
        let span = self.span(&pair);
        Path { names: children(pair).map(|pair| self.name(pair)).collect(), span }
    }

    pub(super) fn text(&mut self, pair: Pair<'_, Rule>) -> Text {
        let span = self.span(&pair);
        let raw = pair.as_str();
        let mut text = String::with_capacity(raw.len());
        let mut characters = raw[1..raw.len() - 1].chars();
        while let Some(character) = characters.next() {
            if character != '\\' {
                text.push(character);
                continue;
            }
            match characters.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some(escaped @ ('\\' | '"')) => text.push(escaped),
                other => {
                    let shown = other.map(String::from).unwrap_or_default();
                    let message = format!("`\\{shown}` is no escape");
                    let error = Diagnostic::error(Code::LITERAL, span, message);
                    self.diagnostics.push(error.help(r#"the escapes are `\"`, `\\`, `\n` and `\t`"#));
                }
            }
        }
        Text { text, span }
    }

    pub(super) fn literal(&mut self, pair: Pair<'_, Rule>) -> Option<Literal> {
        let span = self.span(&pair);
        let value = inner(pair);
        let text = value.as_str();
        let literal = match value.as_rule() {
            Rule::string => Some(Literal::Text(self.text(value).text)),
            Rule::true_ => Some(Literal::Boolean(true)),
            Rule::false_ => Some(Literal::Boolean(false)),
            Rule::kw_null => Some(Literal::Null),
            Rule::decimal => Some(Literal::Decimal(text.to_string())),
            Rule::integer => text.parse().ok().map(Literal::Integer),
            _ => date_literal(text),
        };
        if literal.is_none() {
            let message = format!("`{text}` has no value");
            self.diagnostics.push(Diagnostic::error(Code::LITERAL, span, message).here("no such day, time or number"));
        }
        literal
    }

    pub(super) fn rejection(&mut self, pair: Pair<'_, Rule>) -> Option<Text> {
        children(pair).find(|pair| pair.as_rule() == Rule::string).map(|pair| self.text(pair))
    }

    /// Returns the words of a clause that ends with a reason.
    pub(super) fn reason(&mut self, pair: Pair<'_, Rule>) -> Option<Text> {
        children(pair).find(|pair| pair.as_rule() == Rule::reason).map(|pair| self.text(inner(pair)))
    }

    pub(super) fn table(&self, pair: Pair<'_, Rule>) -> Table {
        let mut parts = children(pair);
        Table { path: self.path(next(&mut parts)), alias: self.name(next(&mut parts)) }
    }
}

fn date_literal(text: &str) -> Option<Literal> {
    let (day, time) = match text.split_once([' ', 'T']) {
        Some((day, time)) => (day, Some(time.trim())),
        None => (text, None),
    };
    let day: chrono::NaiveDate = day.parse().ok()?;
    match time {
        None => Some(Literal::Date(day)),
        Some(time) => {
            let parse = |format| chrono::NaiveTime::parse_from_str(time, format).ok();
            Some(Literal::DateTime(day.and_time(parse("%H:%M:%S%.f").or_else(|| parse("%H:%M"))?)))
        }
    }
}

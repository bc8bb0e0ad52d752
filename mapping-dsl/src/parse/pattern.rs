//! Patterns of arms, restrictions and `in`.

use super::Rule;
use super::leaf::{Builder, children, inner, next};
use crate::ast::{Pattern, PatternKind};
use crate::diagnostic::{Code, Diagnostic};
use pest::iterators::Pair;

impl Builder<'_> {
    pub(super) fn patterns(&mut self, pair: Pair<'_, Rule>) -> Option<Vec<Pattern>> {
        children(pair).map(|pair| self.pattern(pair)).collect()
    }

    pub(super) fn pattern(&mut self, pair: Pair<'_, Rule>) -> Option<Pattern> {
        let span = self.span(&pair);
        let kind = self.pattern_kind(inner(pair))?;
        Some(Pattern { kind, span })
    }

    pub(super) fn pattern_kind(&mut self, pair: Pair<'_, Rule>) -> Option<PatternKind> {
        let span = self.span(&pair);
        Some(match pair.as_rule() {
            Rule::anything => PatternKind::Any,
            Rule::literal => PatternKind::Literal(self.literal(pair)?),
            Rule::regex => PatternKind::Regex(self.regex(pair)?),
            Rule::negated => {
                let kind = self.pattern_kind(next(&mut children(pair).skip(1)))?;
                PatternKind::Not(Box::new(Pattern { kind, span }))
            }
            _ => {
                let mut ends = children(pair);
                let from = self.literal(next(&mut ends))?;
                PatternKind::Range(from, self.literal(next(&mut ends))?)
            }
        })
    }

    pub(super) fn regex(&mut self, pair: Pair<'_, Rule>) -> Option<String> {
        let span = self.span(&pair);
        let text = pair.as_str();
        let pattern = text[1..text.len() - 1].replace("\\/", "/");
        match regex::Regex::new(&format!("^(?:{pattern})$")) {
            Ok(_) => Some(pattern),
            Err(error) => {
                let cause = error.to_string();
                let cause = cause.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string();
                let message = "this regular expression cannot be used";
                self.diagnostics.push(Diagnostic::error(Code::REGEX, span, message).here(cause));
                None
            }
        }
    }
}

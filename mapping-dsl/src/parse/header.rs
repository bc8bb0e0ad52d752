//! Heads of maps, and functions, which are heads without a block.

use super::Rule;
use super::leaf::{Builder, children, next};
use crate::ast::{Function, Join, Map, Target};
use pest::iterators::Pair;

impl Builder<'_> {
    pub(super) fn map_header(&mut self, pair: Pair<'_, Rule>) -> Option<Map> {
        let span = self.trimmed(&pair);
        let mut parts = children(pair).skip(1).peekable();
        let name = self.name(next(&mut parts));
        let base = self.table(next(&mut parts));
        let (mut joins, mut targets, mut scope) = (Vec::new(), Vec::new(), None);
        for part in parts {
            match part.as_rule() {
                Rule::join => joins.push(self.join(part)?),
                Rule::target => targets.push(self.target(part)?),
                Rule::expression => scope = Some(self.expression(part)?),
                _ => {}
            }
        }
        let end = span.after();
        Some(Map {
            docs: Vec::new(),
            name,
            base,
            joins,
            targets,
            scope,
            statements: Vec::new(),
            damaged: false,
            end,
            span,
        })
    }

    fn target(&mut self, pair: Pair<'_, Rule>) -> Option<Target> {
        let span = self.span(&pair);
        let mut parts = children(pair);
        let mut target = Target { table: self.table(next(&mut parts)), when: None, existing: None, span };
        for part in parts {
            match part.as_rule() {
                Rule::existing => target.existing = self.reason(part),
                _ => target.when = Some(self.expression(next(&mut children(part).skip(1)))?),
            }
        }
        Some(target)
    }

    pub(super) fn function(&mut self, pair: Pair<'_, Rule>, docs: Vec<String>) -> Function {
        let span = self.trimmed(&pair);
        let mut parts = children(pair).skip(1);
        let name = self.name(next(&mut parts));
        let (mut parameters, mut result, mut rejection) = (Vec::new(), None, None);
        for part in parts {
            match part.as_rule() {
                Rule::parameter => {
                    let mut names = children(part).map(|pair| self.name(pair));
                    parameters.extend(names.next().zip(names.next()));
                }
                Rule::name => result = Some(self.name(part)),
                Rule::rejection => rejection = Some(self.rejection(part)),
                _ => {}
            }
        }
        let result = result.expect("the grammar demands a type");
        Function { docs, name, parameters, result, rejection, span }
    }

    pub(super) fn join(&mut self, pair: Pair<'_, Rule>) -> Option<Join> {
        let span = self.span(&pair);
        let (mut optional, mut table, mut on, mut several) = (None, None, None, None);
        for part in children(pair) {
            match part.as_rule() {
                Rule::kw_one => optional = Some(false),
                Rule::kw_optional => optional = Some(true),
                Rule::table => table = Some(self.table(part)),
                Rule::expression => on = Some(self.expression(part)?),
                Rule::several => several = self.reason(part),
                _ => {}
            }
        }
        Some(Join { table: table?, optional, on: on?, several, span })
    }
}

//! Statements of maps.

use super::Rule;
use super::leaf::{Builder, arrow_of, children, inner, next};
use crate::ast::{self, Allow, Columns, Example, ExampleRow, KeyColumn, Restriction, Statement, StatementKind};
use pest::iterators::Pair;

impl Builder<'_> {
    pub(super) fn statement(&mut self, pair: Pair<'_, Rule>) -> Option<Statement> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::key => self.key(pair)?,
            Rule::drop => self.drop_columns(pair),
            Rule::defer => self.defer(pair),
            Rule::guard => self.guard(pair)?,
            Rule::unique => {
                let (columns, reason) = self.unique(pair);
                StatementKind::Unique { columns, reason }
            }
            Rule::identity => {
                let (columns, reason) = self.unique(pair);
                StatementKind::Identity { columns, reason }
            }
            Rule::nulls => self.nulls(pair)?,
            Rule::irreversible => StatementKind::Irreversible(children(pair).nth(1).map(|pair| self.text(inner(pair)))),
            Rule::require => StatementKind::Require(self.required(pair)),
            Rule::example => StatementKind::Example(self.example(pair)?),
            _ => StatementKind::Rule(Box::new(self.rule(pair)?)),
        };
        Some(Statement { kind, span })
    }

    pub(super) fn key(&mut self, pair: Pair<'_, Rule>) -> Option<StatementKind> {
        let (mut legacy, mut arrow, mut target): (_, _, Option<Box<KeyColumn>>) = (Vec::new(), None, None);
        for part in children(pair).skip(1) {
            match part.as_rule() {
                Rule::expression => legacy.push(self.expression(part)?),
                Rule::arrow => arrow = Some((self.span(&part), arrow_of(part))),
                Rule::allow => {
                    let allow = self.allow(part);
                    target.iter_mut().for_each(|target| target.allows.push(allow.clone()));
                }
                _ => {
                    let (arrow_span, arrow) = arrow.expect("the grammar has an arrow before the column");
                    let columns = self.columns(part);
                    target = Some(Box::new(KeyColumn { arrow, arrow_span, columns, allows: Vec::new() }));
                }
            }
        }
        Some(StatementKind::Key { legacy, target })
    }

    pub(super) fn columns(&self, pair: Pair<'_, Rule>) -> Columns {
        let span = self.span(&pair);
        let (mut alias, mut names) = (None, Vec::new());
        for part in children(pair) {
            match part.as_rule() {
                Rule::group => names.extend(children(part).map(|pair| self.name(pair))),
                Rule::path => {
                    let mut path = self.path(part).names;
                    names.extend(path.pop());
                    alias = path.into_iter().next_back();
                }
                _ => alias = Some(self.name(part)),
            }
        }
        Columns { alias, names, span }
    }

    pub(super) fn column_list(&self, pair: Pair<'_, Rule>) -> Vec<Columns> {
        children(pair).map(|pair| self.columns(pair)).collect()
    }

    pub(super) fn drop_columns(&mut self, pair: Pair<'_, Rule>) -> StatementKind {
        let mut parts = children(pair).skip(1);
        let columns = self.column_list(next(&mut parts));
        StatementKind::Drop { columns, reason: parts.next().map(|pair| self.text(inner(pair))) }
    }

    pub(super) fn defer(&mut self, pair: Pair<'_, Rule>) -> StatementKind {
        let mut parts = children(pair).skip(1);
        let columns = self.column_list(next(&mut parts));
        StatementKind::Defer { columns, to: self.name(next(&mut parts.skip(1))) }
    }

    pub(super) fn guard(&mut self, pair: Pair<'_, Rule>) -> Option<StatementKind> {
        let mut parts = children(pair).skip(1);
        let reason = self.text(inner(next(&mut parts)));
        let when = self.expression(next(&mut parts.skip(1)))?;
        Some(StatementKind::Guard { reason, when })
    }

    /// Reads what stands behind `unique` and behind `identity`.
    pub(super) fn unique(&mut self, pair: Pair<'_, Rule>) -> (Vec<(ast::Path, bool)>, ast::Text) {
        let (mut columns, mut reason) = (Vec::new(), None);
        for part in children(pair) {
            match part.as_rule() {
                Rule::unique_column => {
                    let column = inner(part);
                    let folded = column.as_rule() == Rule::folded_path;
                    let path = if folded { next(&mut children(column).skip(1)) } else { column };
                    columns.push((self.path(path), folded));
                }
                Rule::reason => reason = Some(self.text(inner(part))),
                _ => {}
            }
        }
        (columns, reason.expect("the grammar demands a reason"))
    }

    pub(super) fn nulls(&mut self, pair: Pair<'_, Rule>) -> Option<StatementKind> {
        let mut parts = children(pair).skip(1);
        let columns = self.columns(next(&mut parts));
        let mut values = Vec::new();
        for part in children(next(&mut parts)) {
            let span = self.span(&part);
            values.push((self.literal(part)?, span));
        }
        Some(StatementKind::Nulls { columns, values })
    }

    fn required(&self, pair: Pair<'_, Rule>) -> ast::WayBack {
        match next(&mut children(pair).skip(2)).as_rule() {
            Rule::kw_put => ast::WayBack::Put,
            _ => ast::WayBack::Create,
        }
    }

    pub(super) fn rule(&mut self, pair: Pair<'_, Rule>) -> Option<ast::Rule> {
        let mut parts = children(pair);
        let value = self.expression(next(&mut parts))?;
        let arrow_pair = next(&mut parts);
        let arrow_span = self.span(&arrow_pair);
        let columns = self.columns(next(&mut parts));
        let mut rule = ast::Rule {
            value,
            arrow: arrow_of(arrow_pair),
            arrow_span,
            columns,
            restriction: None,
            allows: Vec::new(),
        };
        for part in parts {
            match part.as_rule() {
                Rule::restriction => rule.restriction = Some(self.restriction(part)?),
                _ => rule.allows.push(self.allow(part)),
            }
        }
        Some(rule)
    }

    pub(super) fn restriction(&mut self, pair: Pair<'_, Rule>) -> Option<Restriction> {
        let span = self.span(&pair);
        let (mut patterns, mut reason) = (Vec::new(), None);
        for part in children(pair) {
            match part.as_rule() {
                Rule::pattern => patterns.push(self.pattern(part)?),
                Rule::rejection => reason = self.rejection(part),
                _ => {}
            }
        }
        Some(Restriction { patterns, reason, span })
    }

    pub(super) fn allow(&mut self, pair: Pair<'_, Rule>) -> Allow {
        let span = self.span(&pair);
        let mut parts = children(pair).skip(1);
        let name = self.name(next(&mut parts));
        Allow { name, reason: parts.next().map(|pair| self.text(inner(pair))), span }
    }

    pub(super) fn example(&mut self, pair: Pair<'_, Rule>) -> Option<Example> {
        let mut parts = children(pair).skip(1);
        let name = self.text(next(&mut parts));
        let mut example = Example { name, rows: Vec::new(), absent: Vec::new(), rejected: None, out_of_scope: false };
        for part in parts {
            match part.as_rule() {
                Rule::cells => example.rows.push(self.cells(part)?),
                Rule::absent => example.absent.push(self.name(next(&mut children(part)))),
                Rule::refused => example.rejected = Some(self.name(next(&mut children(part).skip(1)))),
                _ => example.out_of_scope = true,
            }
        }
        Some(example)
    }

    pub(super) fn cells(&mut self, pair: Pair<'_, Rule>) -> Option<ExampleRow> {
        let mut parts = children(pair);
        let alias = self.name(next(&mut parts));
        let mut cells = Vec::new();
        for part in parts.filter(|pair| pair.as_rule() == Rule::cell) {
            let mut cell = children(part);
            let name = self.name(next(&mut cell));
            let value = next(&mut cell);
            let span = self.span(&value);
            cells.push((name, self.literal(value)?, span));
        }
        Some(ExampleRow { alias, cells })
    }
}

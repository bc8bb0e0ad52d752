//! Expressions, with the precedence of operators.

use super::Rule;
use super::leaf::{Builder, children, next};
use crate::ast::{Arm, Expr, ExprKind, Lookup, Name, Pattern};
use crate::plan::{Arithmetic, Comparison};
use crate::source::Span;
use pest::iterators::Pair;
use pest::pratt_parser::{Assoc, Op, PrattParser};
use std::sync::LazyLock;

static PRECEDENCE: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    let left = |rule| Op::infix(rule, Assoc::Left);
    PrattParser::new()
        .op(left(Rule::op_or))
        .op(left(Rule::op_and))
        .op(Op::prefix(Rule::negation))
        .op(left(Rule::op_equal)
            | left(Rule::op_not_equal)
            | left(Rule::op_less)
            | left(Rule::op_less_equal)
            | left(Rule::op_greater)
            | left(Rule::op_greater_equal))
        .op(Op::postfix(Rule::within))
        .op(left(Rule::op_concat))
        .op(left(Rule::op_add) | left(Rule::op_subtract))
        .op(left(Rule::op_multiply))
        .op(Op::postfix(Rule::through))
});

impl Builder<'_> {
    pub(super) fn expression(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let (file, base) = (self.file, self.base);
        let this = std::cell::RefCell::new(self);
        PRECEDENCE
            .map_primary(|pair| this.borrow_mut().primary(pair))
            .map_prefix(|pair, operand: Option<Expr>| {
                let start = base + pair.as_span().start();
                let operand = operand?;
                let span = Span { start, ..operand.span };
                Some(Expr { kind: ExprKind::Not(Box::new(operand)), span })
            })
            .map_postfix(|operand: Option<Expr>, pair| {
                let end = base + pair.as_span().end();
                let operand = operand?;
                let span = Span::new(file, operand.span.start..end);
                Some(Expr { kind: this.borrow_mut().postfix(operand, pair)?, span })
            })
            .map_infix(|left: Option<Expr>, pair, right: Option<Expr>| {
                let (left, right) = (left?, right?);
                let span = left.span.to(right.span);
                Some(Expr { kind: infix(pair.as_rule(), left, right), span })
            })
            .parse(pair.into_inner())
    }

    pub(super) fn postfix(&mut self, operand: Expr, pair: Pair<'_, Rule>) -> Option<ExprKind> {
        let operand = Box::new(operand);
        match pair.as_rule() {
            Rule::through => Some(ExprKind::Via(operand, self.name(next(&mut children(pair).skip(1))))),
            _ => {
                let patterns = children(pair).filter(|pair| pair.as_rule() == Rule::pattern);
                let patterns: Option<Vec<Pattern>> = patterns.map(|pair| self.pattern(pair)).collect();
                Some(ExprKind::In(operand, patterns?))
            }
        }
    }

    pub(super) fn primary(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::expression => return self.expression(pair),
            Rule::literal => ExprKind::Literal(self.literal(pair)?),
            Rule::path => ExprKind::Path(self.path(pair)),
            Rule::call => {
                let (function, arguments) = self.call(pair)?;
                ExprKind::Call { function, arguments }
            }
            Rule::match_ => self.match_expression(pair)?,
            Rule::exists => {
                let (mut tables, mut on) = (Vec::new(), None);
                for part in children(pair) {
                    match part.as_rule() {
                        Rule::table => tables.push(self.table(part)),
                        Rule::expression => on = Some(self.expression(part)?),
                        _ => {}
                    }
                }
                ExprKind::Exists(tables, Box::new(on?))
            }
            Rule::reference => {
                let mut parts = children(pair).skip(1);
                let path = self.path(next(&mut parts));
                let arguments = match parts.next() {
                    Some(pair) => Some(self.arguments(pair)?),
                    None => None,
                };
                ExprKind::Reference(path, arguments)
            }
            Rule::lookup => ExprKind::Lookup(Box::new(self.lookup(pair)?)),
            _ => {
                let (generator, arguments) = self.call(next(&mut children(pair).skip(1)))?;
                ExprKind::Generated { generator, arguments }
            }
        };
        Some(Expr { kind, span })
    }

    pub(super) fn call(&mut self, pair: Pair<'_, Rule>) -> Option<(Name, Vec<Expr>)> {
        let mut parts = children(pair);
        let name = self.name(next(&mut parts));
        Some((name, self.arguments(next(&mut parts))?))
    }

    pub(super) fn arguments(&mut self, pair: Pair<'_, Rule>) -> Option<Vec<Expr>> {
        children(pair).map(|pair| self.expression(pair)).collect()
    }

    pub(super) fn match_expression(&mut self, pair: Pair<'_, Rule>) -> Option<ExprKind> {
        let mut parts = children(pair).skip(1);
        let subject = self.expression(next(&mut parts))?;
        let arms: Option<Vec<Arm>> = parts.map(|pair| self.match_arm(pair)).collect();
        Some(ExprKind::Match(Box::new(subject), arms?))
    }

    pub(super) fn match_arm(&mut self, pair: Pair<'_, Rule>) -> Option<Arm> {
        let span = self.span(&pair);
        let mut parts = children(pair);
        let patterns = self.patterns(next(&mut parts))?;
        let last = next(&mut parts.skip(1));
        let result = match last.as_rule() {
            Rule::rejection => Err(self.rejection(last)),
            _ => Ok(self.expression(last)?),
        };
        Some(Arm { patterns, result, span })
    }

    pub(super) fn lookup(&mut self, pair: Pair<'_, Rule>) -> Option<Lookup> {
        let mut parts = children(pair).skip(1);
        let table = self.path(next(&mut parts));
        let mut lookup = Lookup { table, by: Vec::new(), result: None };
        for part in parts {
            if part.as_rule() != Rule::lookup_by {
                lookup.result = Some(self.name(part));
                continue;
            }
            let mut by = children(part);
            let column = next(&mut by);
            let folded = column.as_rule() == Rule::folded;
            let name = if folded { next(&mut children(column).skip(1)) } else { column };
            let name = self.name(name);
            lookup.by.push((name, folded, self.expression(next(&mut by))?));
        }
        Some(lookup)
    }
}

fn infix(rule: Rule, left: Expr, right: Expr) -> ExprKind {
    let (left, right) = (Box::new(left), Box::new(right));
    match rule {
        Rule::op_or => ExprKind::Or(left, right),
        Rule::op_and => ExprKind::And(left, right),
        Rule::op_concat => ExprKind::Concat(left, right),
        Rule::op_add => ExprKind::Arithmetic(Arithmetic::Add, left, right),
        Rule::op_subtract => ExprKind::Arithmetic(Arithmetic::Subtract, left, right),
        Rule::op_multiply => ExprKind::Arithmetic(Arithmetic::Multiply, left, right),
        Rule::op_equal => ExprKind::Compare(Comparison::Equal, left, right),
        Rule::op_not_equal => ExprKind::Compare(Comparison::NotEqual, left, right),
        Rule::op_less => ExprKind::Compare(Comparison::Less, left, right),
        Rule::op_less_equal => ExprKind::Compare(Comparison::LessOrEqual, left, right),
        Rule::op_greater => ExprKind::Compare(Comparison::Greater, left, right),
        _ => ExprKind::Compare(Comparison::GreaterOrEqual, left, right),
    }
}

//! Text to tree. The only file that knows pest. Each piece is parsed on its own, so that one bad piece gives one
//! message and the rest is still read.

use self::grammar::{MapGrammar, Rule};
use crate::ast::*;
use crate::diagnostic::{Code, Diagnostic};
use crate::lines::{self, Block, Piece};
use crate::plan::{Arithmetic, Arrow, Comparison, Literal};
use crate::source::{FileId, Span};
use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pair;
use pest::pratt_parser::{Assoc, Op, PrattParser};
use std::sync::LazyLock;

#[allow(missing_docs)] // Made by the derive out of the grammar.
mod grammar {
    /// The grammar of pieces.
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar.pest"]
    pub(super) struct MapGrammar;
}

/// An expression with more operators than this is refused: the stages after this one recurse.
const MOST_OPERATORS: usize = 200;

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

/// Reads a mapping. What could not be read is in the diagnostics; the tree holds the rest.
pub fn parse(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    let pieces = lines::cut(file, text);
    let mut reader =
        Reader { file, text: &pieces.text, original: text, diagnostics: pieces.diagnostics, tree: File::default() };
    reader.tree.comments = pieces.comments;
    for item in &pieces.items {
        reader.item(item);
    }
    reader.misplaced_docs(&pieces.items);
    (reader.tree, reader.diagnostics)
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    original: &'a str,
    diagnostics: Vec<Diagnostic>,
    tree: File,
}

impl<'a> Reader<'a> {
    fn item(&mut self, piece: &Piece) {
        if piece.broken {
            return;
        }
        let head = &self.text[piece.head.clone()];
        match head.split_ascii_whitespace().next() {
            Some("language") => self.language(piece),
            Some("legacy" | "target") => self.side(piece),
            Some("values") => self.values(piece),
            _ => self.map(piece),
        }
    }

    /// Parses one piece; a failure is reported at its place.
    fn piece(&mut self, rule: Rule, range: std::ops::Range<usize>) -> Option<Pair<'a, Rule>> {
        let text: &'a str = &self.text[range.clone()];
        match MapGrammar::parse(rule, text) {
            Ok(mut pairs) => {
                let pair = pairs.next().expect("a grammar rule that matched gives one pair");
                (!self.too_long(&pair, range.start)).then_some(pair)
            }
            Err(error) => {
                self.diagnostics.push(syntax_error(self.file, text, range.start, &error, rule));
                None
            }
        }
    }

    fn too_long(&mut self, pair: &Pair<'a, Rule>, base: usize) -> bool {
        let operators = pair.clone().into_inner().flatten();
        let count = operators
            .filter(|pair| {
                matches!(
                    pair.as_rule(),
                    Rule::op_or
                        | Rule::op_and
                        | Rule::op_concat
                        | Rule::op_add
                        | Rule::op_subtract
                        | Rule::op_multiply
                        | Rule::negation
                        | Rule::through
                        | Rule::within
                )
            })
            .count();
        if count > MOST_OPERATORS {
            let span = Span::new(self.file, base..base + 1);
            let message = format!("this has {count} operators; {MOST_OPERATORS} is the most");
            self.diagnostics.push(Diagnostic::error(Code::NESTING, span, message).help("split it"));
        }
        count > MOST_OPERATORS
    }

    fn builder(&mut self, base: usize) -> Builder<'_> {
        Builder { file: self.file, base, diagnostics: &mut self.diagnostics }
    }

    fn language(&mut self, piece: &Piece) {
        let Some(pair) = self.piece(Rule::language_piece, piece.head.clone()) else { return };
        let number = children(pair).find(|pair| pair.as_rule() == Rule::integer).expect("the grammar has it");
        let span = self.builder(piece.head.start).span(&number);
        self.tree.language = Some((number.as_str().parse().unwrap_or(u32::MAX), span));
    }

    fn side(&mut self, piece: &Piece) {
        let Some(pair) = self.piece(Rule::side_piece, piece.head.clone()) else { return };
        let mut builder = self.builder(piece.head.start);
        let span = builder.trimmed(&pair);
        let mut parts = children(pair);
        let role = match parts.next().map(|pair| pair.as_rule()) {
            Some(Rule::kw_legacy) => SideRole::Legacy,
            _ => SideRole::Target,
        };
        let alias = builder.name(next(&mut parts));
        let dialect = builder.name(inner(next(&mut parts)));
        let file = builder.text(next(&mut parts));
        let zone = parts.find(|pair| pair.as_rule() == Rule::string).map(|pair| builder.text(pair));
        self.tree.sides.push(Side { role, alias, dialect, file, zone, span });
    }

    fn values(&mut self, piece: &Piece) {
        let block = piece.block.as_ref().expect("an item of this kind is cut with its block");
        let header = self.piece(Rule::values_header, piece.head.clone());
        let arms: Vec<ValueArm> = block.pieces.iter().filter_map(|piece| self.value_arm(piece)).collect();
        let Some(pair) = header else { return };
        let docs = self.docs_before(piece.head.start);
        let builder = self.builder(piece.head.start);
        let span = builder.trimmed(&pair);
        let mut parts = children(pair).skip(1);
        let name = builder.name(next(&mut parts));
        let from = builder.path(inner(next(&mut parts)));
        let arrow = arrow_of(next(&mut parts));
        let to = builder.path(inner(next(&mut parts)));
        let end = Span::new(self.file, block.close.clone());
        self.tree.values.push(Values { docs, name, from, arrow, to, arms, end, span });
    }

    fn value_arm(&mut self, piece: &Piece) -> Option<ValueArm> {
        let pair = self.piece(Rule::values_arm, piece.head.clone())?;
        let mut builder = self.builder(piece.head.start);
        let span = builder.trimmed(&pair);
        let mut parts = children(pair);
        let patterns = builder.patterns(next(&mut parts))?;
        let arrow = arrow_of(next(&mut parts));
        let last = next(&mut parts);
        let outcome = match last.as_rule() {
            Rule::literal => {
                let place = builder.span(&last);
                ValueOutcome::Literal(builder.literal(last)?, place)
            }
            _ => ValueOutcome::Reject(builder.rejection(last)),
        };
        Some(ValueArm { patterns, arrow, outcome, span })
    }

    fn map(&mut self, piece: &Piece) {
        let block = piece.block.as_ref().expect("an item of this kind is cut with its block");
        let header = self.piece(Rule::map_header, piece.head.clone());
        let (statements, damaged) = self.statements(block, false);
        let Some(pair) = header else { return };
        let docs = self.docs_before(piece.head.start);
        let end = Span::new(self.file, block.close.clone());
        let mut builder = self.builder(piece.head.start);
        let Some(mut map) = builder.map_header(pair) else { return };
        (map.docs, map.statements, map.damaged, map.end) = (docs, statements, damaged, end);
        self.tree.maps.push(map);
    }

    /// Reads the statements of a block; tells whether one of them could not be read.
    fn statements(&mut self, block: &Block, nested: bool) -> (Vec<Statement>, bool) {
        let mut statements = Vec::new();
        let mut damaged = false;
        for piece in &block.pieces {
            let (statement, harmed) = if piece.broken { (None, true) } else { self.statement(piece, nested) };
            damaged |= harmed || statement.is_none();
            statements.extend(statement);
        }
        (statements, damaged)
    }

    fn statement(&mut self, piece: &Piece, nested: bool) -> (Option<Statement>, bool) {
        if let Some(block) = &piece.block {
            return self.nested_block(piece, block, nested);
        }
        let Some(pair) = self.piece(Rule::statement, piece.head.clone()) else { return (None, true) };
        (self.builder(piece.head.start).statement(inner(pair)), false)
    }

    fn nested_block(&mut self, piece: &Piece, block: &Block, nested: bool) -> (Option<Statement>, bool) {
        let header = self.piece(Rule::into_header, piece.head.clone());
        let (statements, damaged) = self.statements(block, true);
        let Some(pair) = header else { return (None, true) };
        let builder = self.builder(piece.head.start);
        let span = builder.trimmed(&pair);
        let target = builder.name(next(&mut children(pair).skip(1)));
        if nested {
            let message = "an `into` block stands inside another one";
            self.diagnostics.push(Diagnostic::error(Code::SYNTAX, span, message).help("close the first one before it"));
            return (None, true);
        }
        (Some(Statement { kind: StatementKind::Into { target, statements }, span }), damaged)
    }

    /// Returns the lines of the doc comment that ends right before an item.
    fn docs_before(&self, start: usize) -> Vec<String> {
        let mut docs = Vec::new();
        let mut next_start = start;
        for comment in self.tree.comments.iter().rev().filter(|comment| comment.span.end <= start) {
            let between = &self.original[comment.span.end..next_start];
            let joined = between.trim().is_empty() && between.matches('\n').count() <= 1;
            if !comment.doc || !joined {
                break;
            }
            let text = &self.original[comment.span.start + 3..comment.span.end];
            docs.push(text.trim_end().strip_prefix(' ').unwrap_or(text.trim_end()).to_string());
            next_start = comment.span.start;
        }
        docs.reverse();
        docs
    }

    fn misplaced_docs(&mut self, items: &[Piece]) {
        let takes_docs = |piece: &&Piece| piece.block.is_some();
        let starts: Vec<usize> = items.iter().filter(takes_docs).map(|piece| piece.head.start).collect();
        for comment in self.tree.comments.iter().filter(|comment| comment.doc) {
            let after = &self.text[comment.span.end..];
            let next_text = self.text.len() - after.trim_start().len();
            if !starts.contains(&next_text) {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::DOC_PLACE,
                        comment.span,
                        "a doc comment must stand right before `map` or `values`",
                    )
                    .help("write `//` for a comment that stays here"),
                );
            }
        }
    }
}

/// Builds nodes out of the pairs of one piece.
struct Builder<'d> {
    file: FileId,
    base: usize,
    diagnostics: &'d mut Vec<Diagnostic>,
}

type Pairs<'p, 'i> = &'p mut dyn Iterator<Item = Pair<'i, Rule>>;

fn children<'i>(pair: Pair<'i, Rule>) -> impl Iterator<Item = Pair<'i, Rule>> {
    pair.into_inner().filter(|pair| pair.as_rule() != Rule::EOI)
}

fn next<'i>(pairs: Pairs<'_, 'i>) -> Pair<'i, Rule> {
    pairs.next().expect("the grammar demands this part")
}

fn inner<'i>(pair: Pair<'i, Rule>) -> Pair<'i, Rule> {
    next(&mut children(pair))
}

fn arrow_of(pair: Pair<'_, Rule>) -> Arrow {
    match inner(pair).as_rule() {
        Rule::both => Arrow::Both,
        Rule::forward => Arrow::Forward,
        _ => Arrow::Back,
    }
}

impl Builder<'_> {
    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        let text = span.as_str();
        let start = self.base + span.start();
        Span::new(self.file, start..start + text.trim_end().len())
    }

    /// The span of a whole piece without the blanks around it.
    fn trimmed(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = self.span(pair);
        let text = pair.as_str();
        Span { start: span.start + (text.len() - text.trim_start().len()), ..span }
    }

    fn name(&self, pair: Pair<'_, Rule>) -> Name {
        Name { text: pair.as_str().trim_matches('`').to_string(), span: self.span(&pair) }
    }

    fn path(&self, pair: Pair<'_, Rule>) -> Path {
        let span = self.span(&pair);
        Path { names: children(pair).map(|pair| self.name(pair)).collect(), span }
    }

    fn text(&mut self, pair: Pair<'_, Rule>) -> Text {
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

    fn literal(&mut self, pair: Pair<'_, Rule>) -> Option<Literal> {
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

    fn patterns(&mut self, pair: Pair<'_, Rule>) -> Option<Vec<Pattern>> {
        children(pair).map(|pair| self.pattern(pair)).collect()
    }

    fn pattern(&mut self, pair: Pair<'_, Rule>) -> Option<Pattern> {
        let span = self.span(&pair);
        let kind = self.pattern_kind(inner(pair))?;
        Some(Pattern { kind, span })
    }

    fn pattern_kind(&mut self, pair: Pair<'_, Rule>) -> Option<PatternKind> {
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

    fn regex(&mut self, pair: Pair<'_, Rule>) -> Option<String> {
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

    fn rejection(&mut self, pair: Pair<'_, Rule>) -> Option<Text> {
        children(pair).find(|pair| pair.as_rule() == Rule::string).map(|pair| self.text(pair))
    }

    fn table(&self, pair: Pair<'_, Rule>) -> Table {
        let mut parts = children(pair);
        Table { path: self.path(next(&mut parts)), alias: self.name(next(&mut parts)) }
    }

    fn map_header(&mut self, pair: Pair<'_, Rule>) -> Option<Map> {
        let span = self.trimmed(&pair);
        let mut parts = children(pair).skip(1).peekable();
        let name = self.name(next(&mut parts));
        let base = self.table(next(&mut parts));
        let (mut joins, mut targets, mut scope) = (Vec::new(), Vec::new(), None);
        for part in parts {
            match part.as_rule() {
                Rule::join => joins.push(self.join(part)?),
                Rule::table => targets.push(self.table(part)),
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

    fn join(&mut self, pair: Pair<'_, Rule>) -> Option<Join> {
        let span = self.span(&pair);
        let (mut optional, mut table, mut on) = (None, None, None);
        for part in children(pair) {
            match part.as_rule() {
                Rule::kw_one => optional = Some(false),
                Rule::kw_optional => optional = Some(true),
                Rule::table => table = Some(self.table(part)),
                Rule::expression => on = Some(self.expression(part)?),
                _ => {}
            }
        }
        Some(Join { table: table?, optional, on: on?, span })
    }

    fn statement(&mut self, pair: Pair<'_, Rule>) -> Option<Statement> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::key => self.key(pair)?,
            Rule::drop => self.drop_columns(pair),
            Rule::defer => self.defer(pair),
            Rule::guard => self.guard(pair)?,
            Rule::unique => self.unique(pair),
            Rule::irreversible => StatementKind::Irreversible(children(pair).nth(1).map(|pair| self.text(inner(pair)))),
            Rule::example => StatementKind::Example(self.example(pair)?),
            _ => StatementKind::Rule(Box::new(self.rule(pair)?)),
        };
        Some(Statement { kind, span })
    }

    fn key(&mut self, pair: Pair<'_, Rule>) -> Option<StatementKind> {
        let (mut legacy, mut arrow, mut target) = (Vec::new(), Arrow::Both, None);
        for part in children(pair).skip(1) {
            match part.as_rule() {
                Rule::expression => legacy.push(self.expression(part)?),
                Rule::arrow => arrow = arrow_of(part),
                _ => target = Some((arrow, self.columns(part))),
            }
        }
        Some(StatementKind::Key { legacy, target })
    }

    fn columns(&self, pair: Pair<'_, Rule>) -> Columns {
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

    fn column_list(&self, pair: Pair<'_, Rule>) -> Vec<Columns> {
        children(pair).map(|pair| self.columns(pair)).collect()
    }

    fn drop_columns(&mut self, pair: Pair<'_, Rule>) -> StatementKind {
        let mut parts = children(pair).skip(1);
        let columns = self.column_list(next(&mut parts));
        StatementKind::Drop { columns, reason: parts.next().map(|pair| self.text(inner(pair))) }
    }

    fn defer(&mut self, pair: Pair<'_, Rule>) -> StatementKind {
        let mut parts = children(pair).skip(1);
        let columns = self.column_list(next(&mut parts));
        StatementKind::Defer { columns, to: self.name(next(&mut parts.skip(1))) }
    }

    fn guard(&mut self, pair: Pair<'_, Rule>) -> Option<StatementKind> {
        let mut parts = children(pair).skip(1);
        let reason = self.text(inner(next(&mut parts)));
        let when = self.expression(next(&mut parts.skip(1)))?;
        Some(StatementKind::Guard { reason, when })
    }

    fn unique(&mut self, pair: Pair<'_, Rule>) -> StatementKind {
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
        StatementKind::Unique { columns, reason: reason.expect("the grammar demands a reason") }
    }

    fn rule(&mut self, pair: Pair<'_, Rule>) -> Option<crate::ast::Rule> {
        let mut parts = children(pair);
        let value = self.expression(next(&mut parts))?;
        let arrow_pair = next(&mut parts);
        let arrow_span = self.span(&arrow_pair);
        let columns = self.columns(next(&mut parts));
        let mut rule = crate::ast::Rule {
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

    fn restriction(&mut self, pair: Pair<'_, Rule>) -> Option<Restriction> {
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

    fn allow(&mut self, pair: Pair<'_, Rule>) -> Allow {
        let span = self.span(&pair);
        let mut parts = children(pair).skip(1);
        let name = self.name(next(&mut parts));
        Allow { name, reason: parts.next().map(|pair| self.text(inner(pair))), span }
    }

    fn example(&mut self, pair: Pair<'_, Rule>) -> Option<Example> {
        let mut parts = children(pair).skip(1);
        let name = self.text(next(&mut parts));
        let mut example = Example { name, rows: Vec::new(), rejected: None, out_of_scope: false };
        for part in parts {
            match part.as_rule() {
                Rule::cells => example.rows.push(self.cells(part)?),
                Rule::refused => example.rejected = Some(self.name(next(&mut children(part).skip(1)))),
                _ => example.out_of_scope = true,
            }
        }
        Some(example)
    }

    fn cells(&mut self, pair: Pair<'_, Rule>) -> Option<ExampleRow> {
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

    fn expression(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
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

    fn postfix(&mut self, operand: Expr, pair: Pair<'_, Rule>) -> Option<ExprKind> {
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

    fn primary(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
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
                let mut parts = children(pair).skip(1);
                let table = self.table(next(&mut parts));
                let on = self.expression(next(&mut parts.skip(1)))?;
                ExprKind::Exists(Box::new(table), Box::new(on))
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

    fn call(&mut self, pair: Pair<'_, Rule>) -> Option<(Name, Vec<Expr>)> {
        let mut parts = children(pair);
        let name = self.name(next(&mut parts));
        Some((name, self.arguments(next(&mut parts))?))
    }

    fn arguments(&mut self, pair: Pair<'_, Rule>) -> Option<Vec<Expr>> {
        children(pair).map(|pair| self.expression(pair)).collect()
    }

    fn match_expression(&mut self, pair: Pair<'_, Rule>) -> Option<ExprKind> {
        let mut parts = children(pair).skip(1);
        let subject = self.expression(next(&mut parts))?;
        let arms: Option<Vec<Arm>> = parts.map(|pair| self.match_arm(pair)).collect();
        Some(ExprKind::Match(Box::new(subject), arms?))
    }

    fn match_arm(&mut self, pair: Pair<'_, Rule>) -> Option<Arm> {
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

    fn lookup(&mut self, pair: Pair<'_, Rule>) -> Option<Lookup> {
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

/// Puts a failure into the user's words.
fn syntax_error(file: FileId, text: &str, base: usize, error: &pest::error::Error<Rule>, piece: Rule) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let at = skip_blanks_back(text, at);
    let found = text[at..].chars().take_while(|character| !character.is_whitespace()).take(20).collect::<String>();
    let end = at + word_length(&text[at..]);
    let span = Span::new(file, base + at..base + end.max(at));
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => expected_words(positives),
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    let message = match found.is_empty() {
        true => format!("{} ends too early", piece_words(piece)),
        false => format!("{} cannot be read from here on", piece_words(piece)),
    };
    let diagnostic = Diagnostic::error(Code::SYNTAX, span, message);
    match expected.is_empty() {
        true => diagnostic,
        false => diagnostic.here(format!("expected {}", one_of(&expected))),
    }
}

/// A failure after blanks at the end of a piece is shown right after its text.
fn skip_blanks_back(text: &str, at: usize) -> usize {
    if text[at..].trim().is_empty() {
        text.trim_end().len()
    } else {
        at + (text[at..].len() - text[at..].trim_start().len())
    }
}

fn word_length(text: &str) -> usize {
    let name: usize =
        text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').map(char::len_utf8).sum();
    if name > 0 {
        name
    } else {
        text.chars().next().filter(|character| !character.is_whitespace()).map_or(0, char::len_utf8)
    }
}

fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => one.to_string(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn piece_words(rule: Rule) -> &'static str {
    match rule {
        Rule::language_piece => "the language line",
        Rule::side_piece => "the line of a side",
        Rule::values_header => "the head of a value map",
        Rule::values_arm => "an arm of a value map",
        Rule::map_header => "the head of a map",
        Rule::into_header => "the head of an `into` block",
        _ => "this statement",
    }
}

/// Words for what could stand at a place; a few are enough, and operators go without saying.
fn expected_words(rules: &[Rule]) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = rules.iter().filter_map(|rule| rule_words(*rule)).collect();
    words.sort_unstable();
    words.dedup();
    if words.len() > 6 {
        let rare = [
            "a date",
            "a number",
            "a regular expression",
            "`match`",
            "`exists`",
            "`lookup`",
            "`generated`",
            "`not`",
            "`true` or `false`",
            "`null`",
            "`ref`",
        ];
        words.retain(|word| !rare.contains(word));
    }
    words.truncate(8);
    words
}

fn rule_words(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::name | Rule::plain | Rule::quoted | Rule::path | Rule::folded_path => "a name",
        Rule::string | Rule::reason => "a text in double quotes",
        Rule::integer | Rule::decimal => "a number",
        Rule::date => "a date",
        Rule::regex => "a regular expression",
        Rule::true_ | Rule::false_ => "`true` or `false`",
        Rule::literal | Rule::range => "a value",
        Rule::pattern | Rule::patterns | Rule::negated | Rule::anything => "a pattern",
        Rule::expression | Rule::call => "an expression",
        Rule::statement | Rule::mapping_rule => "a statement",
        Rule::arguments => "arguments in parentheses",
        Rule::group | Rule::columns | Rule::column_list | Rule::unique_column => "column names",
        Rule::arrow | Rule::both | Rule::forward | Rule::back => "an arrow (`<->`, `->` or `<-`)",
        Rule::table | Rule::domain => "a table or column such as `old.Patient`",
        Rule::match_arm => "an arm `pattern -> value`",
        Rule::cell | Rule::cells => "cells such as `p { Name: \"Ann\", .. }`",
        Rule::rest => "`..`",
        Rule::dialect_name => "a dialect (`mariadb`, `postgresql` or `sqlite`)",
        Rule::rejection | Rule::kw_reject | Rule::refused => "`reject`",
        Rule::kw_legacy => "`legacy`",
        Rule::kw_target => "`target`",
        Rule::kw_language => "`language`",
        Rule::kw_timezone => "`timezone`",
        Rule::kw_values | Rule::restriction => "`values`",
        Rule::kw_map => "`map`",
        Rule::kw_where => "`where`",
        Rule::kw_join | Rule::join => "`join`",
        Rule::kw_one => "`one`",
        Rule::kw_optional => "`optional`",
        Rule::kw_on => "`on`",
        Rule::kw_into => "`into`",
        Rule::kw_key | Rule::key => "`key`",
        Rule::kw_drop | Rule::drop => "`drop`",
        Rule::kw_defer | Rule::defer => "`defer`",
        Rule::kw_to => "`to`",
        Rule::kw_allow | Rule::allow => "`allow`",
        Rule::allow_name => "what is allowed, such as `narrow`",
        Rule::kw_else => "`else`",
        Rule::kw_when => "`when`",
        Rule::kw_unique | Rule::unique => "`unique`",
        Rule::kw_irreversible | Rule::irreversible => "`irreversible`",
        Rule::kw_example | Rule::example => "`example`",
        Rule::kw_match | Rule::match_ => "`match`",
        Rule::kw_exists | Rule::exists => "`exists`",
        Rule::kw_ref | Rule::reference => "`ref`",
        Rule::kw_lookup | Rule::lookup => "`lookup`",
        Rule::lookup_by => "`column: value`",
        Rule::kw_generated | Rule::generated => "`generated`",
        Rule::kw_not | Rule::negation => "`not`",
        Rule::kw_null => "`null`",
        Rule::kw_out | Rule::left_out => "`out`",
        Rule::kw_fold | Rule::folded => "`fold`",
        Rule::EOI => "the end of the line",
        Rule::kw_via | Rule::through | Rule::within | Rule::op_in_word => return None,
        Rule::op_or | Rule::op_and | Rule::op_equal | Rule::op_not_equal | Rule::op_less_equal => return None,
        Rule::op_greater_equal | Rule::op_less | Rule::op_greater | Rule::op_concat | Rule::op_add => return None,
        Rule::op_subtract | Rule::op_multiply | Rule::escape | Rule::guard => return None,
        _ => return None,
    })
}

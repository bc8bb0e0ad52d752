//! Text to tree. Only this file and its rooms know pest. Each piece is parsed on its own, so that one bad piece gives one
//! message and the rest is still read.

mod expression;
mod header;
mod leaf;
mod pattern;
mod statement;
mod words;

use self::grammar::{MapGrammar, Rule};
use self::leaf::{Builder, arrow_of, children, inner, next};
use crate::ast::{File, Side, SideRole, Statement, StatementKind, ValueArm, ValueOutcome, Values};
use crate::diagnostic::{Code, Diagnostic};
use crate::lines::{self, Block, Piece};
use crate::source::{FileId, Span};
use pest::Parser;
use pest::iterators::Pair;

#[allow(missing_docs)] // Made by the derive out of the grammar.
mod grammar {
    /// The grammar of pieces.
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar.pest"]
    pub(super) struct MapGrammar;
}

/// An expression with more operators than this is refused: the stages after this one recurse.
const MOST_OPERATORS: usize = 200;

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
                self.diagnostics.push(words::syntax_error(self.file, text, range.start, &error, rule));
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

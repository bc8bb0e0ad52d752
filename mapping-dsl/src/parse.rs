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
use crate::ast::{self, Comment, File, Side, SideRole, Statement, StatementKind, ValueArm, ValueOutcome, Values};
use crate::diagnostic::{Code, Diagnostic};
use crate::lines::{self, Block, Piece};
use crate::parallel;
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

/// How many statements of a map are reported where one of its brackets is not closed: what follows such a bracket reads
/// as something else.
const MOST_BEHIND_A_BRACKET: usize = 2;

/// The edition of the language that this compiler knows.
pub(crate) const EDITION: u32 = 1;

/// Reads a mapping. What could not be read is in the diagnostics; the tree holds the rest.
pub fn parse(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    let pieces = lines::cut(file, text);
    let reader = || Reader {
        file,
        text: &pieces.text,
        original: text,
        comments: &pieces.comments,
        diagnostics: Vec::new(),
        tree: File::default(),
    };
    let mut whole = reader();
    let unclosed: Vec<Span> = pieces.diagnostics.iter().map(|error| error.labels[0].span).collect();
    whole.diagnostics = pieces.diagnostics;
    whole.tree.incomplete = !pieces.strays.is_empty();
    let (maps, others): (Vec<&Piece>, Vec<&Piece>) = pieces.items.iter().partition(|item| whole.word(item) == "map");
    others.into_iter().for_each(|item| whole.item(item));
    let read = parallel::map(&maps, |item| {
        let mut reader = reader();
        reader.item(item);
        let is_damaged = item
            .block
            .as_ref()
            .is_some_and(|block| unclosed.iter().any(|span| (item.head.start..=block.close.end).contains(&span.start)));
        if is_damaged {
            reader.diagnostics.truncate(MOST_BEHIND_A_BRACKET);
        }
        (reader.tree, reader.diagnostics)
    });
    read.into_iter().for_each(|(tree, diagnostics)| whole.take_in(tree, diagnostics));
    whole.misplaced_docs(&pieces.items, &pieces.strays);
    let Reader { mut tree, diagnostics, .. } = whole;
    tree.comments = pieces.comments;
    (tree, diagnostics)
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    original: &'a str,
    comments: &'a [Comment],
    diagnostics: Vec<Diagnostic>,
    tree: File,
}

impl<'a> Reader<'a> {
    fn item(&mut self, piece: &Piece) {
        match self.word(piece) {
            "language" => self.language(piece),
            "legacy" | "target" => self.side(piece),
            "fn" => self.function(piece),
            "leave" => self.leave(piece),
            "values" => self.values(piece),
            _ => self.map(piece),
        }
    }

    /// Returns the word with which an item begins.
    fn word(&self, piece: &Piece) -> &'a str {
        self.text[piece.head.clone()].split_ascii_whitespace().next().unwrap_or_default()
    }

    /// Takes in what was read of a map.
    fn take_in(&mut self, tree: File, diagnostics: Vec<Diagnostic>) {
        self.tree.maps.extend(tree.maps);
        self.tree.unreadable.extend(tree.unreadable);
        self.tree.incomplete |= tree.incomplete;
        self.diagnostics.extend(diagnostics);
    }

    /// Parses one piece; a failure is reported at its place. A broken piece has been reported.
    fn piece(&mut self, rule: Rule, piece: &Piece) -> Option<Pair<'a, Rule>> {
        if piece.broken {
            return None;
        }
        let text: &'a str = &self.text[piece.head.clone()];
        match MapGrammar::parse(rule, text) {
            Ok(mut pairs) => {
                let pair = pairs.next().expect("a grammar rule that matched gives one pair");
                (!self.too_long(&pair, piece.head.start)).then_some(pair)
            }
            Err(error) => {
                self.diagnostics.push(words::syntax_error(self.file, text, piece.head.start, &error, rule));
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
        let base = piece.head.start;
        let Some(pair) = self.piece(Rule::language_piece, piece) else {
            let span = Span::new(self.file, piece.head.clone());
            self.tree.language.get_or_insert((EDITION, span));
            return;
        };
        let number = children(pair).find(|pair| pair.as_rule() == Rule::integer).expect("the grammar has it");
        let span = self.builder(base).span(&number);
        if let Some((_, first)) = self.tree.language {
            let error = Diagnostic::error(Code::LANGUAGE, span, "the language line is given twice");
            self.diagnostics.push(error.label(first, "first here").help("take one out"));
            return;
        }
        self.tree.language = Some((number.as_str().parse().unwrap_or(u32::MAX), span));
    }

    fn side(&mut self, piece: &Piece) {
        let Some(pair) = self.piece(Rule::side_piece, piece) else { return };
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
        let (mut names, mut zone) = (None, None);
        for part in parts {
            match part.as_rule() {
                Rule::named_by => names = children(part).nth(1).map(|pair| builder.text(pair)),
                Rule::string => zone = Some(builder.text(part)),
                _ => {}
            }
        }
        self.tree.sides.push(Side { role, alias, dialect, file, names, zone, span });
    }

    fn leave(&mut self, piece: &Piece) {
        let Some(pair) = self.piece(Rule::leave_piece, piece) else { return };
        let mut builder = self.builder(piece.head.start);
        let span = builder.trimmed(&pair);
        let mut parts = children(pair).skip(1);
        let tables = builder.column_list(next(&mut parts));
        let reason = parts.next().map(|pair| builder.text(inner(pair)));
        self.tree.left.push(ast::Leave { tables, reason, span });
    }

    fn function(&mut self, piece: &Piece) {
        let Some(pair) = self.piece(Rule::fn_piece, piece) else {
            self.tree.incomplete = true;
            return;
        };
        let docs = self.docs_before(piece.head.start);
        let function = self.builder(piece.head.start).function(pair, docs);
        self.tree.functions.push(function);
    }

    fn values(&mut self, piece: &Piece) {
        let header = self.piece(Rule::values_header, piece);
        let Some(block) = &piece.block else { return self.unreadable(piece) };
        let arms: Vec<Option<ValueArm>> = block.pieces.iter().map(|piece| self.value_arm(piece)).collect();
        let Some(pair) = header else { return self.unreadable(piece) };
        let docs = self.docs_before(piece.head.start);
        let builder = self.builder(piece.head.start);
        let span = builder.trimmed(&pair);
        let mut parts = children(pair).skip(1);
        let name = builder.name(next(&mut parts));
        let from = builder.path(inner(next(&mut parts)));
        let arrow = arrow_of(next(&mut parts));
        let to = builder.path(inner(next(&mut parts)));
        let damaged = block.close.is_empty() || arms.iter().any(Option::is_none);
        let end = Span::new(self.file, block.close.clone());
        let arms = arms.into_iter().flatten().collect();
        self.tree.values.push(Values { docs, name, from, arrow, to, arms, damaged, end, span });
    }

    /// Remembers the name of an item whose head could not be read, if it is there.
    fn unreadable(&mut self, piece: &Piece) {
        let mut words = self.text[piece.head.clone()].split_ascii_whitespace().skip(1);
        let name = words.next().unwrap_or_default();
        let plain = name.trim_end_matches(':');
        let named = name.ends_with(':') || words.next().is_some_and(|word| word.starts_with(':'));
        match named && !plain.is_empty() {
            true => self.tree.unreadable.push(plain.trim_matches('`').to_string()),
            false => self.tree.incomplete = true,
        }
    }

    fn value_arm(&mut self, piece: &Piece) -> Option<ValueArm> {
        let pair = self.piece(Rule::values_arm, piece)?;
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
        let header = self.piece(Rule::map_header, piece);
        let Some(block) = &piece.block else { return self.unreadable(piece) };
        if header.is_none() && self.fails_at_a_statement(piece) {
            return self.unreadable(piece);
        }
        let (statements, damaged) = self.statements(block, false);
        let Some(pair) = header else { return self.unreadable(piece) };
        let docs = self.docs_before(piece.head.start);
        let end = Span::new(self.file, block.close.clone());
        let mut builder = self.builder(piece.head.start);
        let Some(mut map) = builder.map_header(pair) else { return self.unreadable(piece) };
        (map.docs, map.statements, map.damaged, map.end) = (docs, statements, damaged, end);
        self.tree.maps.push(map);
    }

    /// Returns whether a head could not be read from the beginning of a later line on: its brace is missing, and the
    /// brace that was taken for it belongs to a statement.
    fn fails_at_a_statement(&self, piece: &Piece) -> bool {
        let at = self.diagnostics.last().map_or(0, |error| error.labels[0].span.start);
        let before = self.text.get(piece.head.start..at).unwrap_or_default();
        !piece.broken && before.trim_end_matches([' ', '\t', '\r']).ends_with('\n')
    }

    /// Reads the statements of a block; tells whether one of them could not be read.
    fn statements(&mut self, block: &Block, nested: bool) -> (Vec<Statement>, bool) {
        let mut statements = Vec::new();
        let mut damaged = block.close.is_empty();
        for piece in &block.pieces {
            let (statement, harmed) = self.statement(piece, nested);
            damaged |= harmed || statement.is_none();
            statements.extend(statement);
        }
        (statements, damaged)
    }

    fn statement(&mut self, piece: &Piece, nested: bool) -> (Option<Statement>, bool) {
        if let Some(block) = &piece.block {
            return self.nested_block(piece, block, nested);
        }
        let Some(pair) = self.piece(statement_rule(&self.text[piece.head.clone()]), piece) else { return (None, true) };
        if pair.as_rule() == Rule::into_header {
            let span = self.builder(piece.head.start).trimmed(&pair);
            let error = Diagnostic::error(Code::UNCLOSED, span, "this `into` has no block");
            self.diagnostics.push(error.help("open it with `{` and close it with `}`"));
            return (None, true);
        }
        let before = self.diagnostics.len();
        let statement = self.builder(piece.head.start).statement(inner(pair));
        (statement, self.diagnostics.len() > before)
    }

    fn nested_block(&mut self, piece: &Piece, block: &Block, nested: bool) -> (Option<Statement>, bool) {
        let header = self.piece(Rule::into_header, piece);
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
        let before = self.comments.partition_point(|comment| comment.span.end <= start);
        for comment in self.comments[..before].iter().rev() {
            let between = &self.original[comment.span.end..next_start];
            let joined = between.trim().is_empty() && between.matches('\n').count() <= 1;
            if !comment.doc || !joined {
                break;
            }
            let text = self.original[comment.span.start + 3..comment.span.end].trim_end();
            docs.push(text.strip_prefix(' ').unwrap_or(text).to_string());
            next_start = comment.span.start;
        }
        docs.reverse();
        docs
    }

    /// Reports doc comments before anything but what takes them (or what cannot be read, but may).
    fn misplaced_docs(&mut self, items: &[Piece], strays: &[usize]) {
        let is_function = |piece: &Piece| self.text[piece.head.clone()].starts_with("fn");
        let takes_docs = |piece: &&Piece| piece.block.is_some() || piece.broken || is_function(piece);
        let mut starts: Vec<usize> = items.iter().filter(takes_docs).map(|piece| piece.head.start).collect();
        starts.extend(strays);
        starts.sort_unstable();
        let mut following = self.text.len()..self.text.len();
        for comment in self.comments.iter().rev() {
            let between = &self.text[comment.span.end..following.start];
            let blank = between.len() - between.trim_start().len();
            let next = if blank < between.len() { comment.span.end + blank } else { following.end };
            following = comment.span.start..next;
            if comment.doc && starts.binary_search(&next).is_err() {
                let message = "a doc comment must stand right before `map`, `values` or `fn`";
                let error = Diagnostic::error(Code::DOC_PLACE, comment.span, message);
                self.diagnostics.push(error.help("write `//` for a comment that stays here"));
            }
        }
    }
}

/// Returns how a statement is to be read: by its keyword, unless that is the name of a table or function here.
fn statement_rule(text: &str) -> Rule {
    let text = text.trim_start();
    let end = text.find(|character: char| !character.is_ascii_alphanumeric() && character != '_').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if rest.trim_start().starts_with(['.', '(', '-', '<']) {
        return Rule::statement;
    }
    match word {
        "key" => Rule::key_piece,
        "drop" => Rule::drop_piece,
        "defer" => Rule::defer_piece,
        "reject" => Rule::guard_piece,
        "unique" => Rule::unique_piece,
        "identity" => Rule::identity_piece,
        "nulls" => Rule::nulls_piece,
        "require" => Rule::require_piece,
        "example" => Rule::example_piece,
        "into" => Rule::into_header,
        _ => Rule::statement,
    }
}

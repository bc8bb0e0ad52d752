//! Hands parts of statements to sqlparser and maps its places back to bytes.
//! The only file that knows how a sqlparser `Parser` is made.

use super::Dialect;
use super::text::fold;
use sqlparser::ast::{Expr, Ident, ObjectName};
use sqlparser::dialect::{Dialect as Grammar, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// Longest text that sqlparser gets: it builds trees as deep as a chain of operators is long,
/// and a tree is taken down recursively.
const LONGEST: usize = 32 * 1024;

/// A sqlparser parser over a text, with the places of its tokens.
pub(super) struct Parsing<'a> {
    pub(super) parser: Parser<'static>,
    text: &'a str,
    /// Start of each token, blanks included.
    starts: Vec<usize>,
    /// Index of the first token from here on that is no blank.
    solid: Vec<usize>,
}

impl<'a> Parsing<'a> {
    /// Cuts the text into tokens; none if sqlparser cannot or should not.
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Option<Parsing<'a>> {
        if text.len() > LONGEST {
            return None;
        }
        let tokens = Tokenizer::new(grammar(dialect), text).tokenize_with_location().ok()?;
        let starts = starts(text, &tokens);
        let solid = solid(&tokens);
        let parser = Parser::new(grammar(dialect)).with_tokens_with_locations(tokens);
        Some(Parsing { parser, text, starts, solid })
    }

    /// Returns where the next token starts.
    pub(super) fn at(&self) -> usize {
        let next = self.solid.get(self.parser.index()).copied().unwrap_or(usize::MAX);
        self.starts.get(next).copied().unwrap_or(self.text.len())
    }

    /// Returns the text between a place and the next token.
    pub(super) fn since(&self, start: usize) -> &'a str {
        let end = self.at().max(start);
        self.text[start..end].trim_end()
    }

    pub(super) fn is_done(&self) -> bool {
        self.parser.peek_token_ref().token == Token::EOF
    }

    /// Passes over one token, or a whole group in parentheses.
    pub(super) fn skip(&mut self) {
        let mut depth = 0usize;
        loop {
            match self.parser.next_token().token {
                Token::EOF => return,
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }
}

/// Parses a whole text as one expression.
pub(super) fn expression(text: &str, dialect: Dialect) -> Option<Expr> {
    let mut parsing = Parsing::new(text, dialect)?;
    let expression = parsing.parser.parse_expr().ok()?;
    parsing.is_done().then_some(expression)
}

/// Returns a name as the engine stores it.
pub(super) fn name(ident: &Ident, dialect: Dialect) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => fold(&ident.value, dialect),
    }
}

/// Returns the last part of a name that may be qualified.
pub(super) fn last_name(name_parts: &ObjectName, dialect: Dialect) -> String {
    let last = name_parts.0.last().and_then(|part| part.as_ident());
    last.map(|ident| name(ident, dialect)).unwrap_or_default()
}

fn grammar(dialect: Dialect) -> &'static dyn Grammar {
    match dialect {
        Dialect::MariaDb => &MySqlDialect {},
        Dialect::PostgreSql => &PostgreSqlDialect {},
        Dialect::Sqlite => &SQLiteDialect {},
    }
}

/// Returns the byte where each token starts: sqlparser counts lines and characters.
fn starts(text: &str, tokens: &[TokenWithSpan]) -> Vec<usize> {
    let mut chars = text.char_indices().peekable();
    let mut here = Location { line: 1, column: 1 };
    let mut start_of = |token: &TokenWithSpan| {
        while here < token.span.start
            && let Some((_, c)) = chars.next()
        {
            here = match c {
                '\n' => Location { line: here.line + 1, column: 1 },
                _ => Location { line: here.line, column: here.column + 1 },
            };
        }
        chars.peek().map_or(text.len(), |(at, _)| *at)
    };
    tokens.iter().map(&mut start_of).collect()
}

fn solid(tokens: &[TokenWithSpan]) -> Vec<usize> {
    let mut next = tokens.len();
    let mut solid = vec![next; tokens.len()];
    for (index, token) in tokens.iter().enumerate().rev() {
        if !matches!(token.token, Token::Whitespace(_) | Token::EOF) {
            next = index;
        }
        solid[index] = next;
    }
    solid
}

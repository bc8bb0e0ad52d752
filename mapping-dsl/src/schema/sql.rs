//! Hands expressions to sqlparser: conditions and defaults. The only file that knows how a sqlparser `Parser` is made.

use super::Dialect;
use super::text::fold;
use sqlparser::ast::{Expr, Ident};
use sqlparser::dialect::{Dialect as Grammar, MsSqlDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

/// Longest text that sqlparser gets: it builds trees as deep as a chain of operators is long,
/// and a tree is taken down recursively.
const LONGEST: usize = 32 * 1024;

/// Parses a whole text as one expression.
pub(super) fn expression(text: &str, dialect: Dialect) -> Option<Expr> {
    if text.len() > LONGEST {
        return None;
    }
    let mut parser = Parser::new(grammar(dialect)).try_with_sql(text).ok()?;
    let expression = parser.parse_expr().ok()?;
    (parser.peek_token_ref().token == Token::EOF).then_some(expression)
}

/// Returns a name as the engine stores it.
pub(super) fn name(ident: &Ident, dialect: Dialect) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => fold(&ident.value, dialect),
    }
}

fn grammar(dialect: Dialect) -> &'static dyn Grammar {
    match dialect {
        Dialect::MariaDb => &MySqlDialect {},
        Dialect::PostgreSql => &PostgreSqlDialect {},
        Dialect::Sqlite => &SQLiteDialect {},
        Dialect::SqlServer => &MsSqlDialect {},
    }
}

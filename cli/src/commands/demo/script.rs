//! SQL scripts with rows, of any dialect, as statements that SQLite takes. Only what writes rows is kept.

use crate::failure::Failure;
use sqlparser::dialect::{Dialect as SqlDialect, MySqlDialect, PostgreSqlDialect};
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

/// Returns the INSERT and UPDATE statements of a MariaDB script.
pub(super) fn mariadb(script: &str) -> Result<Vec<String>, Failure> {
    statements(script, &MySqlDialect {})
}

/// Returns the INSERT and UPDATE statements of a PostgreSQL script.
pub(super) fn postgresql(script: &str) -> Result<Vec<String>, Failure> {
    statements(script, &PostgreSqlDialect {})
}

fn statements(script: &str, dialect: &dyn SqlDialect) -> Result<Vec<String>, Failure> {
    let tokens = Tokenizer::new(dialect, script)
        .tokenize()
        .map_err(|error| Failure::findings(format!("internal error: the example's rows: {error}")))?;
    let statements =
        tokens.split(|token| *token == Token::SemiColon).map(|tokens| tokens.iter().map(spelled).collect::<String>());
    let writes = |statement: &String| {
        let word = statement.split_ascii_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        matches!(word.as_str(), "INSERT" | "UPDATE")
    };
    Ok(statements.map(|statement| statement.trim().to_string()).filter(writes).collect())
}

/// Returns a token as SQLite spells it: texts in single quotes, names in double quotes, no comments.
fn spelled(token: &Token) -> String {
    match token {
        Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) => format!("'{}'", text.replace('\'', "''")),
        Token::Word(word) => match word.quote_style {
            Some(_) => format!("\"{}\"", word.value.replace('"', "\"\"")),
            None => word.value.clone(),
        },
        Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => "\n".into(),
        other => other.to_string(),
    }
}

//! Writes a schema as DDL of another dialect, so that stand-ins of both sides can be made in one engine.
//! A dialect is a file in `translate/`; today only SQLite is written.

mod sqlite;

use super::{Dialect, Schema, Skipped};
use std::error::Error;
use std::fmt;

/// A schema in the words of another dialect.
#[derive(Debug, Clone, PartialEq)]
pub struct Translation {
    /// One statement each, without semicolon: tables in the order of the schema, each followed by its indexes.
    pub statements: Vec<String>,
    /// What the other dialect cannot say or what was not understood, with its line in the schema's file.
    pub left_out: Vec<Skipped>,
}

/// No DDL is written in this dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsupportedDialect(pub Dialect);

impl fmt::Display for UnsupportedDialect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "schemas cannot be written for {} yet, only for {}", self.0, Dialect::Sqlite)
    }
}

impl Error for UnsupportedDialect {}

/// Returns the statements that create the schema's tables in a dialect.
pub fn create_statements(schema: &Schema, dialect: Dialect) -> Result<Translation, UnsupportedDialect> {
    match dialect {
        Dialect::Sqlite => Ok(sqlite::translate(schema)),
        Dialect::MariaDb | Dialect::PostgreSql | Dialect::SqlServer => Err(UnsupportedDialect(dialect)),
    }
}

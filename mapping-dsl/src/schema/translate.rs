//! Writes a schema as DDL of another dialect, so that stand-ins of both sides can be made in one engine.
//! `writer` walks over the tables; what a dialect says in its own way is a `Spelling`, one file each.

mod condition;
mod literal;
mod mariadb;
mod postgresql;
mod spelling;
mod sqlite;
mod writer;

use super::{Dialect, Schema, Skipped};
use spelling::Spelling;
use std::error::Error;
use std::fmt;

/// A schema in the words of another dialect.
#[derive(Debug, Clone, PartialEq)]
pub struct Translation {
    /// One statement each, without semicolon: tables in the order of the schema, each followed by its indexes; then
    /// what refers to other tables, where the dialect cannot refer to a table that comes later.
    pub statements: Vec<String>,
    /// What the other dialect cannot say or what was not understood, with its line in the schema's file.
    pub left_out: Vec<Skipped>,
}

/// No DDL is written in this dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsupportedDialect(pub Dialect);

impl fmt::Display for UnsupportedDialect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Dialect::WRITTEN.map(Dialect::name).join(", ");
        write!(out, "tables cannot be written for {}, only for {names}", self.0)
    }
}

impl Error for UnsupportedDialect {}

/// Returns the statements that create the schema's tables in a dialect.
pub fn create_statements(schema: &Schema, dialect: Dialect) -> Result<Translation, UnsupportedDialect> {
    let spelling: &dyn Spelling = match dialect {
        Dialect::MariaDb => &mariadb::MariaDb,
        Dialect::PostgreSql => &postgresql::PostgreSql,
        Dialect::Sqlite => &sqlite::Sqlite,
        Dialect::SqlServer => return Err(UnsupportedDialect(dialect)),
    };
    Ok(writer::translate(schema, spelling))
}

//! Reads table definitions out of a script: the entry, and which statement means what.
//! What the statements say is taken in by `create`, `alter` and `declared`.

use super::alter;
use super::create;
use super::finish;
use super::split::{Statement, split};
use super::text::{Tokens, first_words};
use super::{Column, Dialect, Schema, Skipped, Table};
use crate::source::FileId;
use std::collections::BTreeMap;

/// Reads a schema out of the text of a DDL file. Never fails: what is not understood is in `skipped`.
pub fn read(file: FileId, text: &str, dialect: Dialect) -> Schema {
    let script = split(text, dialect);
    let mut reader = Reader {
        schema: Schema { file, dialect, tables: Vec::new(), skipped: Vec::new(), places: BTreeMap::new() },
        user_types: BTreeMap::new(),
        domain_columns: Vec::new(),
    };
    for statement in script.statements() {
        reader.statement(statement);
    }
    finish::finish(reader)
}

/// A schema in the making.
pub(super) struct Reader {
    pub(super) schema: Schema,
    /// Types made by CREATE TYPE and CREATE DOMAIN, by their last name.
    pub(super) user_types: BTreeMap<String, UserType>,
    /// Names of domains that refuse null.
    pub(super) domain_columns: Vec<String>,
}

/// A type that the script itself makes.
#[derive(Clone)]
pub(super) enum UserType {
    /// Its values.
    Enum(Vec<String>),
    /// The type it stands for, as declared.
    Domain(String),
}

impl Reader {
    /// Returns the dialect being read.
    pub(super) fn dialect(&self) -> Dialect {
        self.schema.dialect
    }

    /// Notes what was passed over.
    pub(super) fn skip(&mut self, line: usize, text: &str, why: impl Into<String>) {
        self.schema.skipped.push(Skipped { line, what: first_words(text), why: why.into() });
    }

    /// Finds a table by a name that may be qualified.
    pub(super) fn table(&mut self, parts: &[String]) -> Option<&mut Table> {
        let (name, namespace) = name_and_namespace(parts)?;
        let position = self.position(&name, namespace.as_deref())?;
        self.schema.tables.get_mut(position)
    }

    /// Finds the place of a table; without a namespace on either side any will do.
    pub(super) fn position(&self, name: &str, namespace: Option<&str>) -> Option<usize> {
        let same_place = |table: &Table| match (namespace, table.namespace.as_deref()) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.schema.tables.iter().position(|table| self.same_name(&table.name, name) && same_place(table))
    }

    fn same_name(&self, one: &str, other: &str) -> bool {
        match self.dialect() {
            Dialect::Sqlite => one.eq_ignore_ascii_case(other),
            Dialect::MariaDb | Dialect::PostgreSql => one == other,
        }
    }

    fn statement(&mut self, statement: Statement<'_>) {
        let tokens = Tokens::new(statement.text, self.dialect());
        let handled = if tokens.at_words(&["CREATE"]) {
            create::statement(self, statement, tokens.clone())
        } else if tokens.at_words(&["ALTER", "TABLE"]) {
            alter::table(self, statement, tokens.clone())
        } else if tokens.at_words(&["COMMENT", "ON"]) {
            alter::comment(self, tokens.clone())
        } else {
            self.drop_tables(tokens.clone());
            false
        };
        if !handled {
            self.skip(statement.line(tokens.at()), statement.text, reason(&tokens));
        }
    }

    /// Forgets tables that the script itself drops again, such as placeholders of views.
    fn drop_tables(&mut self, mut tokens: Tokens<'_>) {
        if !tokens.take_words(&["DROP", "TABLE"]) {
            return;
        }
        tokens.take_words(&["IF", "EXISTS"]);
        while let Some(parts) = tokens.take_qualified() {
            if let Some((name, namespace)) = name_and_namespace(&parts)
                && let Some(position) = self.position(&name, namespace.as_deref())
            {
                self.schema.tables.remove(position);
            }
            if !tokens.take_symbol(",") {
                return;
            }
        }
    }
}

/// Splits a qualified name.
pub(super) fn name_and_namespace(parts: &[String]) -> Option<(String, Option<String>)> {
    let (name, before) = parts.split_last()?;
    Some((name.clone(), before.last().cloned()))
}

/// Finds a column by the dialect's rule of case.
pub(super) fn find_column<'a>(columns: &'a mut [Column], name: &str, dialect: Dialect) -> Option<&'a mut Column> {
    columns.iter_mut().find(|column| match dialect {
        Dialect::PostgreSql => column.name == name,
        Dialect::MariaDb | Dialect::Sqlite => column.name.eq_ignore_ascii_case(name),
    })
}

/// Says in plain words why a statement is passed over.
fn reason(tokens: &Tokens<'_>) -> &'static str {
    let word = tokens.peek(0).map(|(_, text)| text.to_ascii_uppercase()).unwrap_or_default();
    match word.as_str() {
        "INSERT" | "REPLACE" | "COPY" | "UPDATE" | "DELETE" | "LOAD" | "VALUES" => "it is about rows, not about tables",
        "SELECT" | "WITH" | "CALL" | "DO" => "it is a query or a call, not a definition",
        "SET" | "USE" | "PRAGMA" | "LOCK" | "UNLOCK" | "ANALYZE" | "VACUUM" | "DELIMITER" | "\\" | "." => {
            "it sets up the session and defines no table"
        }
        "BEGIN" | "START" | "COMMIT" | "ROLLBACK" | "END" | "SAVEPOINT" => "it is about the transaction",
        "GRANT" | "REVOKE" => "rights are not read",
        "DROP" | "TRUNCATE" | "RENAME" => "it takes things away and defines no table",
        "CREATE" => "only tables, indexes, listed types and domains are read",
        "ALTER" => "only changes of tables are read",
        "COMMENT" => "only comments of tables and columns that were read are kept",
        _ => "it is no statement that defines a table",
    }
}

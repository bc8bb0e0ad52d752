//! The elements of a CREATE TABLE, also those that ALTER TABLE adds: constraints and columns.
//! Each is parsed on its own, so that what one of them says strangely costs no other.

use super::column;
use super::read::Reader;
use super::split::Statement;
use super::sql::{Parsing, last_name, name};
use super::text::Tokens;
use super::{Check, Dialect, ForeignKey, Index, Table, UniqueKey};
use sqlparser::ast::{Expr, ForeignKeyConstraint, FunctionArguments, Ident, IndexColumn, TableConstraint};
use std::ops::Range;

/// Where a table element stands.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) text: &'a str,
    pub(super) statement: Statement<'a>,
    pub(super) start: usize,
}

impl<'a> Element<'a> {
    pub(super) fn new(statement: Statement<'a>, range: Range<usize>) -> Element<'a> {
        Element { text: &statement.text[range.clone()], statement, start: range.start }
    }

    /// Returns the line of a place in the element.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.statement.line(self.start + offset)
    }
}

/// Reads all elements between the parentheses of a table.
pub(super) fn all(reader: &mut Reader, table: &mut Table, statement: Statement<'_>, group: Range<usize>) {
    let parts = Tokens::new(&statement.text[group.clone()], reader.dialect()).split_at_commas();
    for part in parts {
        let element = Element::new(statement, group.start + part.start..group.start + part.end);
        if !constraint(reader, table, element) {
            column::read(reader, table, element);
        }
    }
}

/// Reads a table constraint; returns false if the element is a column.
pub(super) fn constraint(reader: &mut Reader, table: &mut Table, element: Element<'_>) -> bool {
    let tokens = Tokens::new(element.text, reader.dialect());
    if !may_be_constraint(&tokens) {
        return false;
    }
    let parsed = Parsing::new(element.text, reader.dialect())
        .map(|mut parsing| (parsing.parser.parse_optional_table_constraint(), parsing));
    match parsed {
        Some((Ok(Some(constraint)), parsing)) => {
            take_in(reader, table, element, constraint);
            rest(reader, element, &parsing);
            true
        }
        Some((Ok(None), _)) if !is_only_constraint(&tokens) => false,
        _ if is_only_constraint(&tokens) => {
            reader.skip(element.line(0), element.text, "this part of the table was not understood");
            true
        }
        _ => false,
    }
}

/// Returns whether the first word is one with which constraints begin. A column may be called so too.
fn may_be_constraint(tokens: &Tokens<'_>) -> bool {
    const WORDS: [&str; 12] = [
        "CONSTRAINT",
        "PRIMARY",
        "UNIQUE",
        "FOREIGN",
        "CHECK",
        "KEY",
        "INDEX",
        "FULLTEXT",
        "SPATIAL",
        "EXCLUDE",
        "PERIOD",
        "LIKE",
    ];
    WORDS.iter().any(|word| tokens.at_words(&[word]))
}

/// Returns whether the element can be no column: its first word is reserved, or the second tells.
fn is_only_constraint(tokens: &Tokens<'_>) -> bool {
    let reserved = ["CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "LIKE"];
    let in_mariadb = ["KEY", "INDEX", "FULLTEXT", "SPATIAL"];
    reserved.iter().any(|word| tokens.at_words(&[word]))
        || tokens.dialect() == Dialect::MariaDb && in_mariadb.iter().any(|word| tokens.at_words(&[word]))
        || tokens.at_words(&["PERIOD", "FOR"])
        || tokens.at_words(&["EXCLUDE", "USING"])
}

/// Reports what stands behind a constraint that was understood.
fn rest(reader: &mut Reader, element: Element<'_>, parsing: &Parsing<'_>) {
    let text = &element.text[parsing.at()..];
    if !text.trim().is_empty() {
        reader.skip(element.line(parsing.at()), text, "this end of a constraint was not understood");
    }
}

fn take_in(reader: &mut Reader, table: &mut Table, element: Element<'_>, constraint: TableConstraint) {
    let dialect = reader.dialect();
    let line = element.line(0);
    let named = |ident: Option<Ident>| ident.map(|ident| name(&ident, dialect));
    match constraint {
        TableConstraint::PrimaryKey(key) => match columns_of(&key.columns, dialect) {
            Some(columns) => table.primary_key = columns,
            None => reader.skip(line, element.text, "a key over an expression is no key of columns"),
        },
        TableConstraint::Unique(key) => match columns_of(&key.columns, dialect) {
            Some(columns) => {
                table.unique_keys.push(UniqueKey { name: named(key.name.or(key.index_name)), columns, line });
            }
            None => reader.skip(line, element.text, "a key over an expression is no key of columns"),
        },
        TableConstraint::ForeignKey(key) => {
            let columns = key.columns.iter().map(|column| name(column, dialect)).collect();
            table.foreign_keys.push(foreign_key(key, columns, dialect, line));
        }
        TableConstraint::Check(check) => {
            let condition = check_condition(element.text, dialect);
            table.checks.push(Check { name: named(check.name), condition, line });
        }
        TableConstraint::Index(index) => {
            let columns = index.columns.iter().filter_map(|column| column_of(column, dialect)).collect();
            table.indexes.push(Index { name: named(index.name), columns, line });
        }
        TableConstraint::FulltextOrSpatial(_)
        | TableConstraint::PrimaryKeyUsingIndex(_)
        | TableConstraint::UniqueUsingIndex(_)
        | TableConstraint::Exclude(_) => {
            reader.skip(line, element.text, "a constraint or index of this kind is not read");
        }
    }
}

/// Returns a foreign key with its actions in words; NO ACTION is what holds without words.
pub(super) fn foreign_key(
    key: ForeignKeyConstraint,
    columns: Vec<String>,
    dialect: Dialect,
    line: usize,
) -> ForeignKey {
    let action = |on: &str, action: Option<_>| action.map(|action| format!("on {on} {action}").to_lowercase());
    ForeignKey {
        name: key.name.or(key.index_name).map(|ident| name(&ident, dialect)),
        columns,
        table: last_name(&key.foreign_table, dialect),
        referenced: key.referred_columns.iter().map(|column| name(column, dialect)).collect(),
        actions: action("delete", key.on_delete).into_iter().chain(action("update", key.on_update)).collect(),
        line,
    }
}

fn columns_of(columns: &[IndexColumn], dialect: Dialect) -> Option<Vec<String>> {
    columns.iter().map(|column| column_of(column, dialect)).collect()
}

/// Returns the column of an index part; MariaDB's `name(10)` looks like a call.
fn column_of(column: &IndexColumn, dialect: Dialect) -> Option<String> {
    match &column.column.expr {
        Expr::Identifier(ident) => Some(name(ident, dialect)),
        Expr::Function(call) if dialect == Dialect::MariaDb => match &call.args {
            FunctionArguments::List(list) if list.args.len() == 1 => {
                let length = list.args[0].to_string();
                length.bytes().all(|byte| byte.is_ascii_digit()).then(|| last_name(&call.name, dialect))
            }
            _ => None,
        },
        Expr::Collate { expr, .. } => match expr.as_ref() {
            Expr::Identifier(ident) => Some(name(ident, dialect)),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the text in the parentheses behind CHECK.
pub(super) fn check_condition(text: &str, dialect: Dialect) -> String {
    let mut tokens = Tokens::new(text, dialect);
    while !tokens.is_done() {
        if tokens.take_words(&["CHECK"])
            && let Some(group) = tokens.take_group()
        {
            return text[group].trim().to_string();
        }
        tokens.take();
    }
    text.trim().to_string()
}

//! The elements of a CREATE TABLE, also those that ALTER TABLE adds: constraints and columns.
//! Each is read on its own, so that what one of them says strangely costs no other.

use super::column::{self, constraint_name, says_nothing};
use super::key;
use super::read::{Reader, find_column};
use super::split::Statement;
use super::text::Tokens;
use super::{Check, Dialect, Index, Table, UniqueKey};
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

    /// Returns the element from a place on.
    pub(super) fn from(&self, offset: usize) -> Element<'a> {
        Element { text: &self.text[offset..], start: self.start + offset, ..*self }
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

/// Reads a table constraint; returns false if the element is a column. SQLite needs no comma between constraints.
pub(super) fn constraint(reader: &mut Reader, table: &mut Table, element: Element<'_>) -> bool {
    let mut tokens = Tokens::new(element.text, reader.dialect());
    if !is_constraint(&tokens) {
        return false;
    }
    while !tokens.is_done() {
        let start = tokens.at();
        if is_constraint(&tokens) {
            let name = constraint_name(&mut tokens);
            one(reader, table, element, &mut tokens, name, element.line(start));
        } else if !says_nothing(&mut tokens) {
            let text = &element.text[start..];
            reader.skip(element.line(start), text, "this end of a constraint was not understood");
            break;
        }
    }
    true
}

/// Returns whether a constraint begins. Words that are not reserved can also be names of columns.
fn is_constraint(tokens: &Tokens<'_>) -> bool {
    let reserved = ["CONSTRAINT", "UNIQUE", "CHECK", "LIKE"];
    let indexes: &[&str] = match tokens.dialect() {
        Dialect::MariaDb => &["KEY", "INDEX", "FULLTEXT", "SPATIAL"],
        Dialect::SqlServer => &["INDEX"],
        Dialect::PostgreSql | Dialect::Sqlite => &[],
    };
    let phrases =
        ["PRIMARY KEY", "FOREIGN KEY", "PERIOD FOR", "EXCLUDE USING", "NOT NULL", "VECTOR KEY", "VECTOR INDEX"];
    tokens.at_one_of(&reserved)
        || tokens.at_one_of(indexes)
        || phrases.iter().any(|phrase| tokens.at_phrase(phrase))
        || tokens.dialect() == Dialect::SqlServer && tokens.at_words(&["DEFAULT"])
}

/// Reads one constraint from behind its name on.
fn one(
    reader: &mut Reader,
    table: &mut Table,
    element: Element<'_>,
    tokens: &mut Tokens<'_>,
    name: Option<String>,
    line: usize,
) {
    let start = tokens.at();
    let understood = if tokens.take_words(&["PRIMARY", "KEY"]) {
        primary_key(table, element, tokens)
    } else if tokens.take_words(&["UNIQUE"]) {
        unique_key(reader, table, element, tokens, name, line)
    } else if tokens.take_words(&["FOREIGN", "KEY"]) {
        foreign_key(table, element, tokens, name, line)
    } else if tokens.take_words(&["CHECK"]) {
        let condition = tokens.take_group_text().map(str::to_string);
        let check = condition.map(|condition| Check { name, condition, line });
        check.map(|check| table.checks.push(check)).is_some()
    } else if tokens.at_one_of(&["KEY", "INDEX"]) {
        tokens.take();
        index(table, element, tokens, line)
    } else if tokens.take_words(&["NOT", "NULL"]) {
        let dialect = reader.dialect();
        let column = tokens.take_name().and_then(|name| find_column(&mut table.columns, &name, dialect));
        column.map(|column| column.nullable = false).is_some()
    } else if tokens.take_words(&["DEFAULT"]) {
        default_for(reader, table, element, tokens)
    } else if tokens.take_words(&["LIKE"]) {
        like(reader, table, tokens)
    } else {
        let what = &element.text[start..];
        while !tokens.is_done() {
            tokens.pass();
        }
        reader.skip(line, what, "a constraint or index of this kind is not read");
        true
    };
    if !understood {
        while !tokens.is_done() {
            tokens.pass();
        }
        reader.skip(line, &element.text[start..], "this part of the table was not understood");
    }
}

/// Takes what may stand between the kind of a key and its columns, and the name that MariaDB writes there.
fn before_columns(tokens: &mut Tokens<'_>) -> Option<String> {
    let mut name = None;
    while !tokens.is_done() && !tokens.at_symbol("(") {
        if tokens.take_words(&["USING"]) {
            tokens.take();
        } else if !tokens.take_one_of(&["CLUSTERED", "NONCLUSTERED", "COLUMNSTORE", "HASH", "KEY", "INDEX"])
            && !tokens.take_words(&["NULLS", "NOT", "DISTINCT"])
            && !tokens.take_words(&["NULLS", "DISTINCT"])
            && !tokens.take_words(&["IF", "NOT", "EXISTS"])
        {
            name = Some(tokens.take_name()?);
        }
    }
    name
}

fn primary_key(table: &mut Table, element: Element<'_>, tokens: &mut Tokens<'_>) -> bool {
    before_columns(tokens);
    let group = tokens.take_group().map(|group| &element.text[group]);
    let columns = group.and_then(|group| key::only_columns(group, tokens.dialect()));
    columns.map(|columns| table.primary_key = columns).is_some()
}

fn unique_key(
    reader: &mut Reader,
    table: &mut Table,
    element: Element<'_>,
    tokens: &mut Tokens<'_>,
    name: Option<String>,
    line: usize,
) -> bool {
    let name = name.or(before_columns(tokens));
    before_columns(tokens);
    let Some(group) = tokens.take_group().map(|group| &element.text[group]) else { return false };
    match key::only_columns(group, tokens.dialect()) {
        Some(columns) => table.unique_keys.push(UniqueKey { name, columns, line }),
        None => reader.skip(line, element.text, "a key over an expression is no key of columns"),
    }
    true
}

fn foreign_key(
    table: &mut Table,
    element: Element<'_>,
    tokens: &mut Tokens<'_>,
    name: Option<String>,
    line: usize,
) -> bool {
    let own_name = before_columns(tokens);
    let Some(group) = tokens.take_group().map(|group| &element.text[group]) else { return false };
    let columns = key::columns(group, tokens.dialect()).into_iter().flatten().collect();
    if !tokens.take_words(&["REFERENCES"]) {
        return false;
    }
    let key = key::referenced(tokens, element.text, columns, name.or(own_name), line);
    key.map(|key| table.foreign_keys.push(key)).is_some()
}

fn index(table: &mut Table, element: Element<'_>, tokens: &mut Tokens<'_>, line: usize) -> bool {
    let name = if tokens.at_words(&["USING"]) || tokens.at_symbol("(") { None } else { tokens.take_name() };
    let unique = tokens.take_words(&["UNIQUE"]);
    before_columns(tokens);
    if tokens.dialect() == Dialect::SqlServer && !tokens.at_symbol("(") {
        return true; // a columnstore, which has all columns
    }
    let Some(group) = tokens.take_group().map(|group| &element.text[group]) else { return false };
    let all = key::columns(group, tokens.dialect());
    match all.iter().cloned().collect::<Option<Vec<String>>>() {
        Some(columns) if unique => table.unique_keys.push(UniqueKey { name, columns, line }),
        _ => table.indexes.push(Index { name, columns: all.into_iter().flatten().collect(), line }),
    }
    true
}

/// SQL Server's `DEFAULT (value) FOR column`.
fn default_for(reader: &Reader, table: &mut Table, element: Element<'_>, tokens: &mut Tokens<'_>) -> bool {
    let start = tokens.at();
    tokens.pass();
    while !tokens.is_done() && !tokens.at_words(&["FOR"]) {
        tokens.pass();
    }
    let default = &element.text[start..tokens.end().max(start)];
    if !tokens.take_words(&["FOR"]) {
        return false;
    }
    let Some(name) = tokens.take_name() else { return false };
    tokens.take_words(&["WITH", "VALUES"]);
    let column = find_column(&mut table.columns, &name, reader.dialect());
    column.map(|column| column::set_default(column, default)).is_some()
}

/// `LIKE other` copies columns.
fn like(reader: &Reader, table: &mut Table, tokens: &mut Tokens<'_>) -> bool {
    let other = tokens.take_qualified().and_then(|parts| reader.table(&parts));
    let Some(other) = other else { return false };
    table.columns.extend(other.columns.iter().cloned());
    while tokens.take_one_of(&["INCLUDING", "EXCLUDING"]) {
        tokens.take();
    }
    true
}

//! CREATE statements: tables, indexes, listed types and domains.

use super::declared;
use super::elements;
use super::read::{Reader, UserType, name_and_namespace};
use super::split::Statement;
use super::text::Tokens;
use super::{Dialect, Index, Table, UniqueKey};
use std::ops::Range;

/// Takes in a CREATE statement; returns false if it is none that is read.
pub(super) fn statement(reader: &mut Reader, statement: Statement<'_>, mut tokens: Tokens<'_>) -> bool {
    tokens.take_words(&["CREATE"]);
    tokens.take_words(&["OR", "REPLACE"]);
    tokens.take_one_of(&["GLOBAL", "LOCAL"]);
    if tokens.take_one_of(&["TEMP", "TEMPORARY"]) {
        return temporary(reader, statement, &tokens);
    }
    tokens.take_one_of(&["UNLOGGED", "FOREIGN"]);
    if tokens.take_words(&["TABLE"]) {
        return table(reader, statement, tokens);
    }
    let unique = tokens.take_words(&["UNIQUE"]);
    if tokens.take_words(&["INDEX"]) {
        return index(reader, statement, tokens, unique);
    }
    if tokens.take_words(&["TYPE"]) {
        return listed_type(reader, tokens);
    }
    tokens.take_words(&["DOMAIN"]) && domain(reader, statement, tokens)
}

fn temporary(reader: &mut Reader, statement: Statement<'_>, tokens: &Tokens<'_>) -> bool {
    let is_table = tokens.at_words(&["TABLE"]);
    if is_table {
        reader.skip(statement.line(0), statement.text, "a temporary table is gone when the session ends");
    }
    is_table
}

fn table(reader: &mut Reader, statement: Statement<'_>, mut tokens: Tokens<'_>) -> bool {
    tokens.take_words(&["IF", "NOT", "EXISTS"]);
    let line = statement.line(0);
    let Some((name, namespace)) = tokens.take_qualified().as_deref().and_then(name_and_namespace) else {
        return false;
    };
    let Some(group) = tokens.take_group().filter(|group| is_column_list(statement.text, group, reader.dialect()))
    else {
        reader.skip(line, statement.text, "the table has no list of columns of its own");
        return true;
    };
    if reader.position(&name, namespace.as_deref()).is_some_and(|at| reader.schema.tables[at].namespace == namespace) {
        reader.skip(line, statement.text, "a table of this name was read before");
        return true;
    }
    let mut table = empty_table(name, namespace, line);
    elements::all(reader, &mut table, statement, group);
    tail(reader, &mut table, statement, tokens);
    reader.schema.tables.push(table);
    true
}

/// Returns whether a group holds columns and not a query or another table.
fn is_column_list(text: &str, group: &Range<usize>, dialect: Dialect) -> bool {
    let inner = Tokens::new(&text[group.clone()], dialect);
    !inner.is_done() && !inner.at_words(&["SELECT"]) && !inner.at_words(&["LIKE"]) && !inner.at_symbol("(")
}

fn empty_table(name: String, namespace: Option<String>, line: usize) -> Table {
    Table {
        name,
        namespace,
        line,
        columns: Vec::new(),
        primary_key: Vec::new(),
        unique_keys: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        comment: None,
    }
}

/// Takes in what stands behind the columns: comment, collation, and what changes the meaning of the table.
fn tail(reader: &mut Reader, table: &mut Table, statement: Statement<'_>, mut tokens: Tokens<'_>) {
    let mut collation = None;
    let mut rowid = true;
    while !tokens.is_done() {
        let at = tokens.at();
        if tokens.take_words(&["COMMENT"]) {
            tokens.take_symbol("=");
            table.comment = tokens.take_literal().or(table.comment.take());
        } else if tokens.take_words(&["COLLATE"]) {
            tokens.take_symbol("=");
            collation = tokens.take_name();
        } else if tokens.take_words(&["WITHOUT", "ROWID"]) {
            rowid = false;
        } else if tokens.take_words(&["INHERITS"]) {
            reader.skip(statement.line(at), &statement.text[at..], "columns of the parent table are not read");
        } else if tokens.at_words(&["SELECT"]) || tokens.at_words(&["AS", "SELECT"]) {
            reader.skip(statement.line(at), &statement.text[at..], "columns that come from a query are not read");
            break;
        } else {
            tokens.take();
        }
    }
    inherit_collation(table, collation.as_deref());
    if reader.dialect() == Dialect::Sqlite && rowid {
        declared::sqlite::mark_rowid(table);
    }
}

fn inherit_collation(table: &mut Table, collation: Option<&str>) {
    for column in table.columns.iter_mut().filter(|column| column.ty.is_text() && column.collation.is_none()) {
        column.collation = collation.map(str::to_string);
    }
}

fn index(reader: &mut Reader, statement: Statement<'_>, mut tokens: Tokens<'_>, unique: bool) -> bool {
    tokens.take_words(&["CONCURRENTLY"]);
    tokens.take_words(&["IF", "NOT", "EXISTS"]);
    let name = if tokens.at_words(&["ON"]) { None } else { tokens.take_qualified().and_then(|mut parts| parts.pop()) };
    take_using(&mut tokens);
    if !tokens.take_words(&["ON"]) {
        return false;
    }
    tokens.take_words(&["ONLY"]);
    let Some(parts) = tokens.take_qualified() else { return false };
    take_using(&mut tokens);
    let line = statement.line(0);
    let dialect = reader.dialect();
    let columns = tokens.take_group().map(|group| index_columns(&statement.text[group], dialect));
    let partial = (0..).map_while(|ahead| tokens.peek(ahead)).any(|(_, text)| text.eq_ignore_ascii_case("WHERE"));
    let (Some(columns), Some(table)) = (columns, reader.table(&parts)) else {
        reader.skip(line, statement.text, "the table of this index was not read");
        return true;
    };
    match (unique, columns.iter().all(Option::is_some) && !partial) {
        (true, true) => {
            table.unique_keys.push(UniqueKey { name, columns: columns.into_iter().flatten().collect(), line })
        }
        (true, false) => {
            reader.skip(line, statement.text, "unique only for some rows or over an expression, so no key")
        }
        (false, _) => table.indexes.push(Index { name, columns: columns.into_iter().flatten().collect(), line }),
    }
    true
}

fn take_using(tokens: &mut Tokens<'_>) {
    if tokens.take_words(&["USING"]) {
        tokens.take();
    }
}

/// Returns the columns of an index, none where it has an expression. A length such as `name(10)` is passed over.
fn index_columns(list: &str, dialect: Dialect) -> Vec<Option<String>> {
    let parts = Tokens::new(list, dialect).split_at_commas();
    parts.into_iter().map(|part| index_column(&list[part], dialect)).collect()
}

fn index_column(part: &str, dialect: Dialect) -> Option<String> {
    let mut tokens = Tokens::new(part, dialect);
    let name = tokens.take_name()?;
    let Some(group) = tokens.take_group() else {
        return (!tokens.at_symbol(":") && !tokens.at_symbol("-")).then_some(name);
    };
    let is_length = !part[group.clone()].is_empty() && part[group].bytes().all(|byte| byte.is_ascii_digit());
    (dialect == Dialect::MariaDb && is_length).then_some(name)
}

fn listed_type(reader: &mut Reader, mut tokens: Tokens<'_>) -> bool {
    let Some(name) = tokens.take_qualified().and_then(|mut parts| parts.pop()) else { return false };
    if !tokens.take_words(&["AS", "ENUM"]) || !tokens.take_symbol("(") {
        return false;
    }
    let mut values = Vec::new();
    while let Some(value) = tokens.take_literal() {
        values.push(value);
        tokens.take_symbol(",");
    }
    reader.user_types.insert(name, UserType::Enum(values));
    true
}

fn domain(reader: &mut Reader, statement: Statement<'_>, mut tokens: Tokens<'_>) -> bool {
    let Some(name) = tokens.take_qualified().and_then(|mut parts| parts.pop()) else { return false };
    tokens.take_words(&["AS"]);
    let declared = declared::take(&mut tokens, statement.text);
    while !tokens.is_done() {
        let at = tokens.at();
        if tokens.take_words(&["NOT", "NULL"]) {
            reader.domain_columns.push(name.clone());
        } else if tokens.at_words(&["CHECK"]) || tokens.at_words(&["DEFAULT"]) {
            reader.skip(statement.line(at), &statement.text[at..], "conditions and defaults of a domain are not read");
            break;
        } else {
            tokens.take();
        }
    }
    reader.user_types.insert(name, UserType::Domain(declared.to_string()));
    true
}

//! CREATE statements: tables, indexes, and types that the script makes.

use super::declared;
use super::elements;
use super::key;
use super::read::{Reader, name_and_namespace};
use super::split::Statement;
use super::text::Tokens;
use super::user_types::{Domain, UserType};
use super::{Column, Dialect, Index, Table, UniqueKey};
use std::collections::BTreeMap;

/// Returns whether a statement defines what this file reads.
pub(super) fn defines(tokens: &Tokens<'_>) -> bool {
    let mut tokens = tokens.clone();
    if !tokens.take_words(&["CREATE"]) {
        return false;
    }
    before_kind(&mut tokens);
    tokens.at_one_of(&["TABLE", "UNIQUE", "INDEX", "TYPE", "DOMAIN", "CLUSTERED", "NONCLUSTERED"])
}

/// Passes over words between CREATE and the kind of thing that change nothing about it.
fn before_kind(tokens: &mut Tokens<'_>) {
    tokens.take_words(&["OR", "REPLACE"]);
    tokens.take_one_of(&["GLOBAL", "LOCAL"]);
    tokens.take_one_of(&["UNLOGGED", "FOREIGN", "EXTERNAL"]);
}

/// Takes in a CREATE statement; returns false if it is none that is read.
pub(super) fn statement(reader: &mut Reader, statement: Statement<'_>, mut tokens: Tokens<'_>) -> bool {
    tokens.take_words(&["CREATE"]);
    before_kind(&mut tokens);
    if tokens.take_one_of(&["TEMP", "TEMPORARY"]) {
        return temporary(reader, statement, &tokens);
    }
    if tokens.take_words(&["TABLE"]) {
        return table(reader, statement, tokens);
    }
    if tokens.take_words(&["TYPE"]) {
        return made_type(reader, tokens);
    }
    if tokens.take_words(&["DOMAIN"]) {
        return domain(reader, statement, tokens);
    }
    if reader.dialect() == Dialect::Sqlite && tokens.take_phrase("VIRTUAL TABLE") {
        tokens.take_words(&["IF", "NOT", "EXISTS"]);
        reader.virtual_tables.extend(tokens.take_qualified().and_then(|mut parts| parts.pop()));
        return false;
    }
    let unique = tokens.take_words(&["UNIQUE"]);
    tokens.take_one_of(&["CLUSTERED", "NONCLUSTERED"]);
    tokens.take_words(&["INDEX"]) && index(reader, statement, tokens, unique)
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
    let is_temporary = match reader.dialect() {
        Dialect::Sqlite => namespace.as_ref().is_some_and(|it| it.eq_ignore_ascii_case("temp")),
        Dialect::SqlServer => name.starts_with('#'),
        Dialect::MariaDb | Dialect::PostgreSql => false,
    };
    if reader.dialect() == Dialect::Sqlite && name.to_ascii_lowercase().starts_with("sqlite_") {
        reader.skip(line, statement.text, "SQLite keeps this table for itself");
        return true;
    }
    if is_temporary {
        reader.skip(line, statement.text, "a temporary table is gone when the session ends");
        return true;
    }
    let namespace = namespace.or_else(|| reader.namespace.clone());
    if reader.tables.find_exactly(namespace.as_deref(), &name).is_some() {
        reader.skip(line, statement.text, "a table of this name was read before");
        return true;
    }
    let mut table = empty_table(name, namespace, line);
    if !columns(reader, &mut table, statement, &mut tokens) {
        reader.skip(line, statement.text, "the table has no list of columns of its own");
        return true;
    }
    tail(reader, &mut table, statement, tokens);
    reader.place_references(&mut table);
    reader.tables.add(table);
    true
}

/// Takes the columns: a list, or those of another table. Returns false if they come from elsewhere.
fn columns(reader: &mut Reader, table: &mut Table, statement: Statement<'_>, tokens: &mut Tokens<'_>) -> bool {
    if tokens.take_words(&["LIKE"]) {
        return copy(reader, table, tokens);
    }
    if tokens.take_words(&["PARTITION", "OF"]) {
        let parent = tokens.take_qualified().and_then(|parts| reader.table(&parts).cloned());
        tokens.take_group(); // only options of columns that the parent names
        return parent.map(|parent| inherit(table, &parent)).is_some();
    }
    let Some(group) = tokens.take_group() else { return false };
    let inner = Tokens::new(&statement.text[group.clone()], reader.dialect());
    if reader.dialect() == Dialect::MariaDb && inner.at_words(&["LIKE"]) {
        let mut inner = inner;
        inner.take();
        return copy(reader, table, &mut inner);
    }
    if !is_column_list(&inner) {
        // PostgreSQL lets a child that adds nothing have an empty list.
        return inner.is_done() && reader.dialect() == Dialect::PostgreSql;
    }
    elements::all(reader, table, statement, group);
    true
}

/// Returns whether a group holds columns and not a query.
fn is_column_list(inner: &Tokens<'_>) -> bool {
    !inner.is_done() && !inner.at_one_of(&["SELECT", "WITH", "VALUES"]) && !inner.at_symbol("(")
}

/// Makes a table like another, as MariaDB does: with its keys, without its foreign keys.
fn copy(reader: &Reader, table: &mut Table, tokens: &mut Tokens<'_>) -> bool {
    let Some(other) = tokens.take_qualified().and_then(|parts| reader.table(&parts)) else { return false };
    let (name, namespace, line) = (table.own_name.clone(), table.namespace.clone(), table.line);
    *table = Table { name: name.clone(), own_name: name, namespace, line, foreign_keys: Vec::new(), ..other.clone() };
    true
}

/// Gives a child the columns and conditions of its parent; keys are not inherited.
pub(super) fn inherit(table: &mut Table, parent: &Table) {
    let own: Vec<Column> = std::mem::take(&mut table.columns);
    let is_own = |column: &&Column| own.iter().any(|known| known.name == column.name);
    let added: Vec<Column> = parent.columns.iter().filter(|column| !is_own(column)).cloned().collect();
    table.columns = added.into_iter().chain(own).collect();
    table.checks.extend(parent.checks.iter().cloned());
}

fn empty_table(name: String, namespace: Option<String>, line: usize) -> Table {
    Table {
        name: name.clone(),
        own_name: name,
        namespace,
        line,
        columns: Vec::new(),
        primary_key: Vec::new(),
        unique_keys: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        comment: None,
        attributes: BTreeMap::new(),
    }
}

/// Takes in what stands behind the columns: comment, collation, and what changes the meaning of the table.
fn tail(reader: &mut Reader, table: &mut Table, statement: Statement<'_>, mut tokens: Tokens<'_>) {
    let (mut collation, mut charset) = (None, None);
    let mut rowid = true;
    while !tokens.is_done() {
        let at = tokens.at();
        if tokens.take_words(&["COMMENT"]) {
            tokens.take_symbol("=");
            table.comment = tokens.take_literal().or(table.comment.take());
        } else if tokens.take_words(&["COLLATE"]) {
            tokens.take_symbol("=");
            collation = tokens.take_name();
        } else if tokens.take_words(&["CHARSET"]) || tokens.take_words(&["CHARACTER", "SET"]) {
            tokens.take_symbol("=");
            charset = tokens.take_name();
        } else if tokens.take_words(&["WITHOUT", "ROWID"]) {
            rowid = false;
        } else if tokens.take_words(&["INHERITS"]) {
            inherits(reader, table, statement, &mut tokens);
        } else if tokens.at_words(&["SELECT"]) || tokens.at_words(&["AS", "SELECT"]) {
            reader.skip(statement.line(at), &statement.text[at..], "columns that come from a query are not read");
            break;
        } else {
            tokens.pass();
        }
    }
    if reader.dialect() == Dialect::MariaDb {
        inherit_collation(table, collation.as_deref(), charset.map(|it| it.to_lowercase()).as_deref());
    }
    if reader.dialect() == Dialect::Sqlite && rowid {
        declared::sqlite::mark_rowid(table);
    }
}

fn inherits(reader: &mut Reader, table: &mut Table, statement: Statement<'_>, tokens: &mut Tokens<'_>) {
    let at = tokens.at();
    let Some(group) = tokens.take_group() else { return };
    let list = &statement.text[group];
    for part in Tokens::new(list, reader.dialect()).split_at_commas() {
        let parent = Tokens::new(&list[part], reader.dialect()).take_qualified();
        match parent.and_then(|parts| reader.table(&parts).cloned()) {
            Some(parent) => inherit(table, &parent),
            None => reader.skip(statement.line(at), list, "a parent table of this one was not read"),
        }
    }
}

/// Gives text columns without a collation that of the table, unless they have a character set of their own.
fn inherit_collation(table: &mut Table, collation: Option<&str>, charset: Option<&str>) {
    let without = |column: &&mut Column| {
        column.ty.is_text()
            && column.collation.is_none()
            && (column.charset.is_none() || column.charset.as_deref() == charset)
    };
    for column in table.columns.iter_mut().filter(without) {
        column.collation = collation.map(str::to_string);
        column.charset = charset.map(str::to_string);
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
    let columns = tokens.take_group().map(|group| key::columns(&statement.text[group], dialect));
    let place = reader.place(&parts);
    let table = place.and_then(|place| reader.tables.get_mut(place));
    let (Some(columns), Some(table)) = (columns, table) else {
        reader.skip(line, statement.text, "the table of this index was not read");
        return true;
    };
    let whole = columns.iter().cloned().collect::<Option<Vec<String>>>();
    match (unique, whole.filter(|columns| leaves_out_only_null(&tokens, columns))) {
        (true, Some(columns)) => table.unique_keys.push(UniqueKey { name, columns, line }),
        (true, None) => reader.skip(line, statement.text, "unique only for some rows or over an expression, so no key"),
        (false, _) => table.indexes.push(Index { name, columns: columns.into_iter().flatten().collect(), line }),
    }
    true
}

/// Returns whether an index has all rows, or all but those with null in its columns, which are never the same.
fn leaves_out_only_null(tokens: &Tokens<'_>, columns: &[String]) -> bool {
    let mut tokens = tokens.clone();
    while !tokens.is_done() && !tokens.take_words(&["WHERE"]) {
        tokens.pass();
    }
    while !tokens.is_done() {
        if tokens.take_symbol("(") || tokens.take_symbol(")") || tokens.take_words(&["AND"]) {
            continue;
        }
        if tokens.at_one_of(&["WITH", "ON"]) {
            return true; // SQL Server's options stand behind the condition
        }
        let column = tokens.take_name();
        let is_own = column.is_some_and(|it| columns.iter().any(|column| column.eq_ignore_ascii_case(&it)));
        if !is_own || !tokens.take_phrase("IS NOT NULL") {
            return false;
        }
    }
    true
}

fn take_using(tokens: &mut Tokens<'_>) {
    if tokens.take_words(&["USING"]) {
        tokens.take();
    }
}

fn made_type(reader: &mut Reader, mut tokens: Tokens<'_>) -> bool {
    let Some(parts) = tokens.take_qualified() else { return false };
    if reader.dialect() == Dialect::SqlServer && tokens.take_words(&["FROM"]) {
        let declared = tokens.rest();
        let declared = declared::take(&mut Tokens::new(declared, reader.dialect()), declared).to_string();
        let refuses_null = tokens.rest().to_ascii_lowercase().contains("not null");
        reader.user_types.add(parts, UserType::Domain(Domain { declared, refuses_null, ..Domain::default() }));
        return true;
    }
    if !tokens.take_words(&["AS", "ENUM"]) || !tokens.take_symbol("(") {
        return false;
    }
    let mut values = Vec::new();
    while let Some(value) = tokens.take_literal() {
        values.push(value);
        tokens.take_symbol(",");
    }
    reader.user_types.add(parts, UserType::Enum(values));
    true
}

fn domain(reader: &mut Reader, statement: Statement<'_>, mut tokens: Tokens<'_>) -> bool {
    let Some(parts) = tokens.take_qualified() else { return false };
    tokens.take_words(&["AS"]);
    let mut domain = Domain { declared: declared::take(&mut tokens, statement.text).to_string(), ..Domain::default() };
    while !tokens.is_done() {
        let at = tokens.at();
        let name = super::column::constraint_name(&mut tokens);
        if tokens.take_words(&["NOT", "NULL"]) {
            domain.refuses_null = true;
        } else if tokens.take_words(&["CHECK"]) {
            let condition = tokens.take_group().map(|group| statement.text[group].trim().to_string());
            domain.checks.extend(condition.map(|condition| (name, condition)));
        } else if tokens.take_words(&["DEFAULT"]) {
            domain.default = Some(super::column::expression(&mut tokens, statement.text).to_string());
        } else if tokens.take_words(&["COLLATE"]) {
            tokens.take_qualified();
        } else if !tokens.take_words(&["NULL"]) && !super::column::says_nothing(&mut tokens) {
            tokens.pass();
            reader.skip(statement.line(at), &statement.text[at..], "this option of a domain was not understood");
        }
    }
    reader.user_types.add(parts, UserType::Domain(domain));
    true
}

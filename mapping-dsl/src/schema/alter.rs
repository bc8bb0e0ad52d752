//! What later statements say of tables: ALTER TABLE and COMMENT ON.
//! Dumps write keys, counters and comments this way; scripts that grew over the years change columns too.

use super::column;
use super::create::inherit;
use super::declared;
use super::elements::{self, Element};
use super::read::{Reader, find_column};
use super::split::Statement;
use super::text::Tokens;
use super::{Assigned, Column, Dialect, Table};
use std::ops::Range;

/// Takes in an ALTER TABLE; returns false if its table is unknown.
pub(super) fn table(reader: &mut Reader, statement: Statement<'_>, mut tokens: Tokens<'_>) -> bool {
    tokens.take_words(&["ALTER", "TABLE"]);
    tokens.take_words(&["IF", "EXISTS"]);
    tokens.take_words(&["ONLY"]);
    let place = tokens.take_qualified().and_then(|parts| reader.place(&parts));
    let Some(place) = place else { return false };
    // Taken out for as long as it changes, so that the reader can be told what is passed over.
    let Some(mut table) = reader.tables.take(place) else { return false };
    tokens.take_symbol("*");
    let start = tokens.at();
    let mut adds = false;
    let mut new_name = None;
    for action in Tokens::new(&statement.text[start..], reader.dialect()).split_at_commas() {
        let element = Element::new(statement, start + action.start..start + action.end);
        let mut tokens = Tokens::new(element.text, reader.dialect());
        if tokens.take_phrase("RENAME TO") || tokens.take_phrase("RENAME AS") {
            new_name = tokens.take_qualified().and_then(|mut parts| parts.pop());
        } else if !take_in(reader, &mut table, element, &mut adds) {
            reader.skip(element.line(0), element.text, why_not(element.text, reader.dialect()));
        }
    }
    reader.place_references(&mut table);
    match new_name {
        Some(name) => reader.tables.rename(place, table, name),
        None => reader.tables.put_back(place, table),
    }
    true
}

fn why_not(action: &str, dialect: Dialect) -> &'static str {
    let tokens = Tokens::new(action, dialect);
    if tokens.at_phrase("ATTACH PARTITION") {
        return "how a table is divided is not read; its parts are read as tables";
    }
    let manages = "OWNER ENABLE DISABLE CLUSTER REPLICA SET RESET VALIDATE CHECK NOCHECK FORCE NO ENGINE AUTO_INCREMENT \
        CONVERT DEFAULT CHARACTER CHARSET COLLATE COMMENT ROW_FORMAT ORDER PARTITION SWITCH REBUILD";
    match tokens.clone().take_listed(manages) {
        true => "it changes how the table is kept, not what it holds",
        false => "of later changes to a table only columns, keys, counters and defaults are followed",
    }
}

/// Takes in one action; returns false if it is none that is followed. SQL Server's ADD holds for all that follows.
fn take_in(reader: &mut Reader, table: &mut Table, action: Element<'_>, adds: &mut bool) -> bool {
    let mut tokens = Tokens::new(action.text, reader.dialect());
    let _ = tokens.take_phrase("WITH CHECK") || tokens.take_phrase("WITH NOCHECK");
    let is_sql_server = reader.dialect() == Dialect::SqlServer;
    if tokens.take_words(&["ADD"]) || is_sql_server && *adds && !tokens.at_one_of(&["DROP", "ALTER"]) {
        *adds = true;
        return add(reader, table, action.from(tokens.at()));
    }
    if tokens.take_words(&["MODIFY"]) {
        tokens.take_words(&["COLUMN"]);
        let name = tokens.clone().take_name();
        return name.is_some_and(|name| redefine(reader, table, &name, action.from(tokens.at())));
    }
    if tokens.take_words(&["CHANGE"]) {
        tokens.take_words(&["COLUMN"]);
        let name = tokens.take_name();
        return name.is_some_and(|name| redefine(reader, table, &name, action.from(tokens.at())));
    }
    if tokens.take_words(&["DROP"]) {
        return drop(table, tokens);
    }
    if tokens.take_words(&["RENAME"]) {
        return rename_column(table, tokens);
    }
    if tokens.take_words(&["INHERIT"]) {
        let parent = tokens.take_qualified().and_then(|parts| reader.table(&parts).cloned());
        return parent.map(|parent| inherit(table, &parent)).is_some();
    }
    tokens.take_words(&["ALTER"]) && alter_column(reader, table, tokens, action)
}

fn add(reader: &mut Reader, table: &mut Table, added: Element<'_>) -> bool {
    let mut tokens = Tokens::new(added.text, reader.dialect());
    if elements::constraint(reader, table, added) {
        return true;
    }
    tokens.take_words(&["COLUMN"]);
    tokens.take_words(&["IF", "NOT", "EXISTS"]);
    if let Some(group) = tokens.take_group() {
        let inside = Range { start: added.start + group.start, end: added.start + group.end };
        elements::all(reader, table, added.statement, inside);
        return true;
    }
    if tokens.clone().take_name().is_some_and(|name| table.column(&name).is_some()) {
        return false;
    }
    column::read(reader, table, added.from(tokens.at()));
    true
}

/// Replaces a column by its new definition; keys stay what they are.
fn redefine(reader: &mut Reader, table: &mut Table, name: &str, definition: Element<'_>) -> bool {
    let Some(position) = table.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name)) else {
        return false;
    };
    let count = table.columns.len();
    column::read(reader, table, definition);
    if table.columns.len() == count {
        return false;
    }
    let mut column = table.columns.remove(count);
    let old = table.columns[position].clone();
    column.collation = column.collation.or(old.collation);
    column.line = old.line;
    let new_name = column.name.clone();
    table.columns[position] = column;
    rename(table, &old.name, &new_name);
    true
}

/// Drops a column with what hangs on it, or a constraint.
fn drop(table: &mut Table, mut tokens: Tokens<'_>) -> bool {
    if tokens.take_phrase("PRIMARY KEY") {
        table.primary_key.clear();
        return true;
    }
    let _ = tokens.take_phrase("FOREIGN KEY");
    let is_constraint = tokens.take_one_of(&["CONSTRAINT", "KEY", "INDEX", "CHECK"]);
    let is_column = tokens.take_words(&["COLUMN"]);
    tokens.take_words(&["IF", "EXISTS"]);
    let Some(name) = tokens.take_name() else { return false };
    let is_named = |own: &Option<String>| own.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(&name));
    let before = table.columns.len() + constraints(table);
    if !is_column {
        table.unique_keys.retain(|key| !is_named(&key.name));
        table.indexes.retain(|index| !is_named(&index.name));
        table.foreign_keys.retain(|key| !is_named(&key.name));
        table.checks.retain(|check| !is_named(&check.name));
    }
    if !is_constraint && constraints(table) + table.columns.len() == before {
        let has = |columns: &[String]| columns.iter().any(|column| column.eq_ignore_ascii_case(&name));
        table.columns.retain(|column| !column.name.eq_ignore_ascii_case(&name));
        table.unique_keys.retain(|key| !has(&key.columns));
        table.indexes.retain(|index| !has(&index.columns));
        table.foreign_keys.retain(|key| !has(&key.columns));
        if has(&table.primary_key) {
            table.primary_key.clear();
        }
    }
    table.columns.len() + constraints(table) < before
}

fn constraints(table: &Table) -> usize {
    table.unique_keys.len() + table.indexes.len() + table.foreign_keys.len() + table.checks.len()
}

fn rename_column(table: &mut Table, mut tokens: Tokens<'_>) -> bool {
    tokens.take_words(&["COLUMN"]);
    let Some(old) = tokens.take_name() else { return false };
    if !tokens.take_words(&["TO"]) {
        return false;
    }
    let Some(new) = tokens.take_name() else { return false };
    let Some(position) = table.columns.iter().position(|column| column.name.eq_ignore_ascii_case(&old)) else {
        return false;
    };
    table.columns[position].name.clone_from(&new);
    rename(table, &old, &new);
    true
}

/// Gives a column its new name in the keys of its table.
fn rename(table: &mut Table, old: &str, new: &str) {
    let unique = table.unique_keys.iter_mut().flat_map(|key| &mut key.columns);
    let indexes = table.indexes.iter_mut().flat_map(|index| &mut index.columns);
    let foreign = table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns);
    for column in table.primary_key.iter_mut().chain(unique).chain(indexes).chain(foreign) {
        if column.eq_ignore_ascii_case(old) {
            *column = new.to_string();
        }
    }
}

fn alter_column(reader: &mut Reader, table: &mut Table, mut tokens: Tokens<'_>, action: Element<'_>) -> bool {
    tokens.take_words(&["COLUMN"]);
    if reader.dialect() == Dialect::SqlServer {
        let name = tokens.clone().take_name();
        let adds_option = {
            let mut after = tokens.clone();
            after.take();
            after.at_one_of(&["ADD", "DROP"])
        };
        return !adds_option && name.is_some_and(|name| redefine(reader, table, &name, action.from(tokens.at())));
    }
    let Some(name) = tokens.take_name() else { return false };
    let Some(column) = find_column(&mut table.columns, &name, reader.dialect()) else { return false };
    set(column, &mut tokens, action.text, reader.dialect())
}

fn set(column: &mut Column, tokens: &mut Tokens<'_>, text: &str, dialect: Dialect) -> bool {
    if tokens.take_words(&["ADD", "GENERATED"]) && dialect == Dialect::PostgreSql {
        column.assigned = Assigned::Counter;
        column.nullable = false;
    } else if tokens.take_words(&["SET", "DEFAULT"]) {
        column::set_default(column, tokens.rest());
    } else if tokens.take_words(&["DROP", "DEFAULT"]) {
        column.default = None;
    } else if tokens.take_words(&["DROP", "IDENTITY"]) {
        column.assigned = Assigned::No;
    } else if tokens.take_words(&["SET", "NOT", "NULL"]) {
        column.nullable = false;
    } else if tokens.take_words(&["DROP", "NOT", "NULL"]) {
        column.nullable = true;
    } else if tokens.take_words(&["TYPE"]) || tokens.take_phrase("SET DATA TYPE") {
        let start = tokens.at();
        while !tokens.is_done() && !tokens.at_words(&["USING"]) && !tokens.at_words(&["COLLATE"]) {
            tokens.pass();
        }
        let declared = text[start..tokens.end().max(start)].trim();
        column.declared = declared.split_whitespace().collect::<Vec<_>>().join(" ");
        column.ty = declared::to_type(declared, dialect);
    } else {
        return false;
    }
    true
}

/// Takes in a COMMENT ON TABLE or COLUMN; returns false if it is about anything else.
pub(super) fn comment(reader: &mut Reader, mut tokens: Tokens<'_>) -> bool {
    tokens.take_words(&["COMMENT", "ON"]);
    let on_column = tokens.take_words(&["COLUMN"]);
    if !on_column && !tokens.take_words(&["TABLE"]) {
        return false;
    }
    let Some(mut parts) = tokens.take_qualified() else { return false };
    let column = if on_column { parts.pop() } else { None };
    if !tokens.take_words(&["IS"]) {
        return false;
    }
    let text = tokens.take_literal();
    let place = reader.place(&parts);
    let Some(table) = place.and_then(|place| reader.tables.get_mut(place)) else { return false };
    match column {
        None => table.comment = text,
        Some(name) => match table.columns.iter_mut().find(|column| column.name == name) {
            Some(column) => column.comment = text,
            None => return false,
        },
    }
    true
}

//! What later statements say of tables: ALTER TABLE and COMMENT ON.
//! Dumps write keys, counters and comments this way.

use super::column;
use super::elements::{self, Element};
use super::read::{Reader, find_column};
use super::split::Statement;
use super::text::Tokens;
use super::{Assigned, Column, Dialect, Table};

/// Takes in an ALTER TABLE; returns false if its table is unknown.
pub(super) fn table(reader: &mut Reader, statement: Statement<'_>, mut tokens: Tokens<'_>) -> bool {
    tokens.take_words(&["ALTER", "TABLE"]);
    tokens.take_words(&["IF", "EXISTS"]);
    tokens.take_words(&["ONLY"]);
    let Some(parts) = tokens.take_qualified() else { return false };
    let Some(table) = reader.table(&parts) else { return false };
    // Taken out for as long as it changes, so that the reader can be told what is passed over.
    let mut changed = table.clone();
    let dialect = reader.dialect();
    let start = tokens.at();
    for action in Tokens::new(&statement.text[start..], dialect).split_at_commas() {
        let element = Element::new(statement, start + action.start..start + action.end);
        if !take_in(reader, &mut changed, element) {
            let why = "of later changes to a table only keys, counters, defaults and new columns are followed";
            reader.skip(element.line(0), element.text, why);
        }
    }
    if let Some(table) = reader.table(&parts) {
        *table = changed;
    }
    true
}

/// Takes in one action; returns false if it is none that is followed.
fn take_in(reader: &mut Reader, table: &mut Table, action: Element<'_>) -> bool {
    let mut tokens = Tokens::new(action.text, reader.dialect());
    if tokens.take_words(&["ADD"]) {
        let added = Element { text: tokens.rest(), start: action.start + tokens.at(), ..action };
        return elements::constraint(reader, table, added) || add_column(reader, table, added);
    }
    if tokens.take_words(&["MODIFY"]) {
        tokens.take_words(&["COLUMN"]);
        return modify_column(
            reader,
            table,
            Element { text: tokens.rest(), start: action.start + tokens.at(), ..action },
        );
    }
    tokens.take_words(&["ALTER"]) && alter_column(reader, table, tokens)
}

fn add_column(reader: &mut Reader, table: &mut Table, added: Element<'_>) -> bool {
    let mut tokens = Tokens::new(added.text, reader.dialect());
    tokens.take_words(&["COLUMN"]);
    tokens.take_words(&["IF", "NOT", "EXISTS"]);
    let is_known = tokens.clone().take_name().is_some_and(|name| table.column(&name).is_some());
    if is_known || tokens.at_symbol("(") {
        return false;
    }
    column::read(reader, table, Element { text: tokens.rest(), start: added.start + tokens.at(), ..added });
    true
}

/// Replaces a column by its new definition; keys stay what they are.
fn modify_column(reader: &mut Reader, table: &mut Table, modified: Element<'_>) -> bool {
    let name = Tokens::new(modified.text, reader.dialect()).take_name();
    let Some(position) =
        name.and_then(|name| table.columns.iter().position(|column| column.name.eq_ignore_ascii_case(&name)))
    else {
        return false;
    };
    let count = table.columns.len();
    column::read(reader, table, modified);
    if table.columns.len() > count {
        let collation = table.columns[position].collation.clone();
        let mut column = table.columns.remove(count);
        column.collation = column.collation.or(collation);
        column.line = table.columns[position].line;
        table.columns[position] = column;
    }
    true
}

fn alter_column(reader: &Reader, table: &mut Table, mut tokens: Tokens<'_>) -> bool {
    tokens.take_words(&["COLUMN"]);
    let Some(name) = tokens.take_name() else { return false };
    let Some(column) = find_column(&mut table.columns, &name, reader.dialect()) else { return false };
    set(column, &mut tokens, reader.dialect())
}

fn set(column: &mut Column, tokens: &mut Tokens<'_>, dialect: Dialect) -> bool {
    if tokens.take_words(&["ADD", "GENERATED"]) && dialect == Dialect::PostgreSql {
        column.assigned = Assigned::Counter;
        column.nullable = false;
    } else if tokens.take_words(&["SET", "DEFAULT"]) {
        column::set_default(column, tokens.rest());
    } else if tokens.take_words(&["DROP", "DEFAULT"]) {
        column.default = None;
    } else if tokens.take_words(&["SET", "NOT", "NULL"]) {
        column.nullable = false;
    } else if tokens.take_words(&["DROP", "NOT", "NULL"]) {
        column.nullable = true;
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
    let Some(table) = reader.table(&parts) else { return false };
    match column {
        None => table.comment = text,
        Some(name) => match table.columns.iter_mut().find(|column| column.name == name) {
            Some(column) => column.comment = text,
            None => return false,
        },
    }
    true
}

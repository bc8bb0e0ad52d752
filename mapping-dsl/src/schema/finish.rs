//! What can be said only when the whole script is read: types that the script makes, null in primary keys,
//! and the values that CHECK constraints list.

use super::checks;
use super::declared;
use super::read::{Reader, UserType, find_column};
use super::text::Tokens;
use super::{Column, Dialect, Schema, Table};
use crate::types::Type;

/// Makes the schema out of what was read.
pub(super) fn finish(reader: Reader) -> Schema {
    let Reader { mut schema, user_types, domain_columns } = reader;
    let dialect = schema.dialect;
    for table in &mut schema.tables {
        for column in &mut table.columns {
            let mut seen = 0;
            // A domain may stand for a domain; a ring of them ends with as many steps as there are types.
            while let Some((name, made)) = user_type(column, dialect).and_then(|name| user_types.get_key_value(&name)) {
                column.nullable &= !domain_columns.contains(name);
                apply(column, made, dialect);
                seen += 1;
                if seen > user_types.len() {
                    break;
                }
            }
        }
        if dialect != Dialect::PostgreSql {
            spell_as_declared(table);
        }
        refuse_null_in_keys(table);
        list_values(table, dialect);
        if dialect == Dialect::MariaDb {
            declared::mariadb::mark_json(table);
        }
    }
    let places = schema.tables.iter().enumerate().rev().map(|(place, table)| (table.name.clone(), place));
    schema.places = places.collect();
    schema
}

/// Returns the last name of a type that no dialect knows, unless it is a list of values.
fn user_type(column: &Column, dialect: Dialect) -> Option<String> {
    let Type::Other(declared) = &column.ty else { return None };
    let mut tokens = Tokens::new(declared, dialect);
    let name = tokens.take_qualified()?.pop();
    name.filter(|_| tokens.is_done())
}

fn apply(column: &mut Column, made: &UserType, dialect: Dialect) {
    column.ty = match made {
        UserType::Enum(values) => Type::Enum(values.clone()),
        UserType::Domain(declared) => declared::to_type(declared, dialect),
    };
}

/// Gives columns in keys the spelling of their definition: these engines tell no columns apart by case.
fn spell_as_declared(table: &mut Table) {
    let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let spell = |columns: &mut Vec<String>| {
        for column in columns {
            if let Some(name) = names.iter().find(|name| name.eq_ignore_ascii_case(column)) {
                column.clone_from(name);
            }
        }
    };
    spell(&mut table.primary_key);
    table.unique_keys.iter_mut().for_each(|key| spell(&mut key.columns));
    table.indexes.iter_mut().for_each(|index| spell(&mut index.columns));
    table.foreign_keys.iter_mut().for_each(|key| spell(&mut key.columns));
}

fn refuse_null_in_keys(table: &mut Table) {
    for column in &mut table.columns {
        column.nullable &= !table.primary_key.contains(&column.name);
    }
}

fn list_values(table: &mut Table, dialect: Dialect) {
    for check in &table.checks {
        if let Some((name, values)) = checks::listed(&check.condition, dialect)
            && let Some(column) = find_column(&mut table.columns, &name, dialect)
        {
            column.allowed.get_or_insert(values);
        }
    }
}

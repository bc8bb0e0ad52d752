//! What can be said only when the whole script is read: types that the script makes, null in primary keys,
//! and the values that CHECK constraints list.

use super::checks;
use super::declared;
use super::entities::Entities;
use super::read::{Reader, find_column};
use super::{Dialect, Schema, Skipped, Table};
use crate::source::FileId;

/// Makes the schema out of what was read.
pub(super) fn finish(reader: Reader, file: FileId) -> Schema {
    let dialect = reader.dialect();
    let Reader { tables, mut skipped, user_types, virtual_tables, .. } = reader;
    let mut tables = tables.finish();
    if dialect == Dialect::Sqlite {
        tables.retain(|table| !is_inner(table, &virtual_tables, &mut skipped));
    }
    for table in &mut tables {
        user_types.apply(table, dialect);
        if dialect != Dialect::PostgreSql {
            spell_as_declared(table);
        }
        refuse_null_in_keys(table);
        list_values(table, dialect);
        if dialect == Dialect::MariaDb {
            declared::mariadb::mark_json(table);
        }
    }
    skipped.sort_by_key(|skipped| skipped.line);
    let places = tables.iter().enumerate().rev().map(|(place, table)| (table.name.clone(), place)).collect();
    Schema { file, dialect, tables, skipped, entities: Entities::default(), places }
}

/// Returns whether a virtual table keeps its rows in this one.
fn is_inner(table: &Table, virtual_tables: &[String], skipped: &mut Vec<Skipped>) -> bool {
    const ENDINGS: &str = "data idx content docsize config segments segdir stat node rowid parent";
    let is_inner = table.own_name.rsplit_once('_').is_some_and(|(of, ending)| {
        ENDINGS.split(' ').any(|one| one == ending) && virtual_tables.iter().any(|it| it.eq_ignore_ascii_case(of))
    });
    if is_inner {
        let why = "a virtual table keeps its rows in it".to_string();
        skipped.push(Skipped { line: table.line, what: format!("table {}", table.name), why });
    }
    is_inner
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

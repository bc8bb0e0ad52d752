//! Tables for SQLite: storage classes by exactness, and the bounds of each type as a CHECK.
//! Dates and times are text (`YYYY-MM-DD HH:MM:SS[.ffffff]`), and so are decimals.

use super::spelling::{Clock, Spelling, Typed};
use crate::schema::{Assigned, Column, Dialect, ForeignKey, Table};
use crate::types::Type;

/// SQLite.
pub(super) struct Sqlite;

impl Spelling for Sqlite {
    fn title(&self) -> &'static str {
        "SQLite"
    }

    fn refuses_name(&self, _name: &str) -> Option<&'static str> {
        None
    }

    fn refuses_table(&self, name: &str) -> Option<&'static str> {
        let is_kept = name.to_lowercase().starts_with("sqlite_");
        is_kept.then_some("SQLite keeps names that begin with `sqlite_` for itself")
    }

    fn table_key(&self, name: &str) -> String {
        name.to_lowercase()
    }

    fn column_key(&self, name: &str) -> String {
        name.to_lowercase()
    }

    fn types(&self, table: &Table, _from: Dialect, _free: &mut dyn FnMut(String) -> String) -> Vec<Typed> {
        table.columns.iter().map(|column| typed(self, column)).collect()
    }

    fn counter(&self, table: &Table, column: &Column) -> Result<&'static str, &'static str> {
        let is_key = table.primary_key.as_slice() == [column.name.as_str()];
        match is_key && matches!(column.ty, Type::Integer { .. }) {
            true => Ok("PRIMARY KEY AUTOINCREMENT"),
            false => Err("SQLite counts only in a primary key of one column; the writer gives the value"),
        }
    }

    fn counter_is_key(&self) -> bool {
        true
    }

    /// A number in a text column would lose its noughts: 0.00 would be stored as 0.0.
    fn number(&self, number: String, ty: &Type) -> Option<String> {
        Some(if storage(ty) == "TEXT" { self.text(&number) } else { number })
    }

    fn text_for(&self, text: &str, _ty: &Type) -> Option<String> {
        Some(self.text(text))
    }

    fn truth(&self, truth: bool) -> &'static str {
        if truth { "1" } else { "0" }
    }

    fn clock(&self, clock: Clock, ty: &Type) -> Option<String> {
        let fits = match ty {
            Type::Date { .. } => clock == Clock::Date,
            Type::Time { .. } => clock == Clock::Time,
            Type::DateTime { .. } | Type::Instant { .. } => clock == Clock::Timestamp,
            _ => storage(ty) == "TEXT",
        };
        let word = match clock {
            Clock::Date => "CURRENT_DATE",
            Clock::Time => "CURRENT_TIME",
            Clock::Timestamp => "CURRENT_TIMESTAMP",
        };
        fits.then(|| word.to_string())
    }

    fn foreign_keys_inside(&self) -> bool {
        true
    }

    fn refuses_foreign_key(&self, _: &Table, _: &ForeignKey, _: &Table, _: &[&str]) -> Option<String> {
        None
    }

    fn index_name(&self, table: &Table, wanted: &str, free: &mut dyn FnMut(String) -> String) -> String {
        free(format!("{}__{wanted}", table.name))
    }

    /// Decimals are stored as text; as numbers they are exact up to 15 digits.
    fn numeric_side(&self, column: &Column) -> Option<String> {
        let sql = self.quote(&column.name);
        match &column.ty {
            Type::Decimal { precision, .. } => (*precision <= 15).then(|| format!("CAST({sql} AS NUMERIC)")),
            _ => Some(sql),
        }
    }

    fn folded(&self, sql: &str) -> String {
        format!("{sql} COLLATE NOCASE")
    }

    fn folds_at_columns(&self) -> bool {
        true
    }

    fn char_length(&self) -> &'static str {
        "length"
    }

    fn json_condition(&self, column: &str) -> String {
        format!("json_valid({column})")
    }
}

/// Returns the storage class of a column and the CHECK that holds it to its type.
fn typed(sqlite: &Sqlite, column: &Column) -> Typed {
    let name = sqlite.quote(&column.name);
    let typed = Typed::exact(storage(&column.ty));
    match &column.ty {
        Type::Boolean => typed.held(format!("{name} IN (0, 1)")),
        Type::Integer { min, max } if *min <= i64::MIN.into() && *max == i64::MAX.into() => typed,
        Type::Integer { min, max } => {
            let held = typed.held(format!("{name} BETWEEN {} AND {}", written(*min), written(*max)));
            match *max > i64::MAX.into() {
                true => held.without("upper half of", "SQLite's integers end at 9223372036854775807"),
                false => held,
            }
        }
        Type::Text { max: Some(max) } | Type::Bytes { max: Some(max) } => {
            typed.held(format!("length({name}) <= {max}"))
        }
        Type::Enum(values) => {
            let values: Vec<String> = values.iter().map(|value| sqlite.text(value)).collect();
            typed.held(format!("{name} IN ({})", values.join(", ")))
        }
        Type::Other(_) if column.assigned == Assigned::Computed => typed,
        Type::Other(_) => typed.without("type of", "it is not understood; any value is let in"),
        Type::Text { max: None } | Type::Bytes { max: None } => typed,
        Type::Decimal { .. } | Type::Float | Type::Uuid | Type::Json => typed,
        Type::Date { .. } | Type::DateTime { .. } | Type::Instant { .. } | Type::Time { .. } => typed,
    }
}

fn storage(ty: &Type) -> &'static str {
    match ty {
        Type::Boolean | Type::Integer { .. } => "INTEGER",
        Type::Float => "REAL",
        Type::Bytes { .. } => "BLOB",
        Type::Decimal { .. } | Type::Text { .. } | Type::Enum(_) | Type::Uuid | Type::Json => "TEXT",
        Type::Date { .. } | Type::DateTime { .. } | Type::Instant { .. } | Type::Time { .. } => "TEXT",
        Type::Other(_) => "TEXT",
    }
}

/// Returns a bound as SQLite can hold it. The smallest integer cannot be written as a literal: its digits alone
/// are too many, so it is reached by a step.
fn written(bound: i128) -> String {
    match i64::try_from(bound) {
        Ok(i64::MIN) => format!("({} - 1)", i64::MIN + 1),
        Ok(bound) => bound.to_string(),
        Err(_) if bound > 0 => i64::MAX.to_string(),
        Err(_) => written(i64::MIN.into()),
    }
}

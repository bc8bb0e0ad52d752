//! A schema as SQLite's DDL: storage classes by exactness, and the bounds of each type as a CHECK.
//! Dates and times are text (`YYYY-MM-DD HH:MM:SS[.ffffff]`), and so are decimals.
//! Every name is quoted, so that a hostile one is only data.

mod condition;
mod literal;

use super::Translation;
use crate::schema::{Assigned, Check, Column, Dialect, ForeignKey, Schema, Skipped, Table};
use crate::types::Type;
use std::collections::BTreeSet;

/// Writes all tables of a schema.
pub(super) fn translate(schema: &Schema) -> Translation {
    let mut writer = Writer { schema, names: BTreeSet::new(), left_out: Vec::new(), statements: Vec::new() };
    let tables: Vec<&Table> = schema.tables.iter().filter(|table| writer.can_be_made(table)).collect();
    for table in tables {
        writer.table(table);
        writer.indexes(table);
    }
    Translation { statements: writer.statements, left_out: writer.left_out }
}

struct Writer<'a> {
    schema: &'a Schema,
    /// Names of tables and indexes in lower case: SQLite has one space for both.
    names: BTreeSet<String>,
    left_out: Vec<Skipped>,
    statements: Vec<String>,
}

impl Writer<'_> {
    fn leave_out(&mut self, line: usize, what: impl Into<String>, why: &str) {
        self.left_out.push(Skipped { line, what: what.into(), why: why.to_string() });
    }

    fn can_be_made(&mut self, table: &Table) -> bool {
        let name = table.name.to_lowercase();
        let why = if table.columns.is_empty() {
            "a table without columns cannot be made in SQLite"
        } else if name.starts_with("sqlite_") {
            "SQLite keeps names that begin with `sqlite_` for itself"
        } else if !self.names.insert(name) {
            "SQLite cannot tell it from another table of the same name"
        } else {
            return true;
        };
        self.leave_out(table.line, format!("table {}", table.name), why);
        false
    }

    fn table(&mut self, table: &Table) {
        let counter = counter_key(table);
        let mut lines = self.columns(table, counter);
        if counter.is_none()
            && let Some(columns) = self.key(table, &table.primary_key, table.line)
        {
            lines.push(format!("PRIMARY KEY {columns}"));
        }
        for key in &table.unique_keys {
            if let Some(columns) = self.key(table, &key.columns, key.line) {
                lines.push(format!("{}UNIQUE {columns}", constraint(&key.name)));
            }
        }
        for key in &table.foreign_keys {
            lines.extend(self.foreign_key(table, key));
        }
        for check in &table.checks {
            lines.extend(self.check(table, check));
        }
        self.statements.push(format!("CREATE TABLE {} (\n  {}\n)", quoted(&table.name), lines.join(",\n  ")));
    }

    fn columns(&mut self, table: &Table, counter: Option<&Column>) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut lines = Vec::new();
        for column in &table.columns {
            if !seen.insert(column.name.to_lowercase()) {
                self.leave_out(column.line, column_name(table, column), "SQLite cannot tell it from another column");
                continue;
            }
            lines.push(self.column(table, column, counter.is_some_and(|counter| counter.name == column.name)));
        }
        lines
    }

    fn column(&mut self, table: &Table, column: &Column, is_counter_key: bool) -> String {
        let mut words = vec![quoted(&column.name), storage(&column.ty).to_string()];
        if is_counter_key {
            words.push("PRIMARY KEY AUTOINCREMENT".to_string());
        } else {
            words.extend((!column.nullable).then(|| "NOT NULL".to_string()));
            words.extend(self.default(table, column));
            self.report_assigned(table, column);
        }
        words.extend(self.bounds(table, column));
        words.join(" ")
    }

    fn report_assigned(&mut self, table: &Table, column: &Column) {
        let why = match column.assigned {
            Assigned::No => return,
            Assigned::Counter => "SQLite counts only in a primary key of one column; the writer gives the value",
            Assigned::Computed => "its expression is not kept; it is a plain column here",
        };
        self.leave_out(column.line, format!("{} of {}", assigned(column), column_name(table, column)), why);
    }

    fn default(&mut self, table: &Table, column: &Column) -> Option<String> {
        let default = column.default.as_ref()?;
        let written = literal::default(default, &column.ty, self.schema.dialect);
        if written.is_none() {
            let what = format!("default {default} of {}", column_name(table, column));
            self.leave_out(column.line, what, "this default cannot be said in SQLite");
        }
        written.map(|written| format!("DEFAULT {written}"))
    }

    /// Returns the CHECK that holds a column to its type.
    fn bounds(&mut self, table: &Table, column: &Column) -> Option<String> {
        let name = quoted(&column.name);
        let condition = match &column.ty {
            Type::Boolean => format!("{name} IN (0, 1)"),
            Type::Integer { min, max } if *min <= i64::MIN.into() && *max == i64::MAX.into() => return None,
            Type::Integer { min, max } => {
                if *max > i64::MAX.into() {
                    let what = format!("upper half of {}", column_name(table, column));
                    self.leave_out(column.line, what, "SQLite's integers end at 9223372036854775807");
                }
                format!("{name} BETWEEN {} AND {}", written(*min), written(*max))
            }
            Type::Text { max: Some(max) } | Type::Bytes { max: Some(max) } => format!("length({name}) <= {max}"),
            Type::Enum(values) => format!("{name} IN ({})", self.enum_values(values)),
            Type::Text { max: None } | Type::Bytes { max: None } => return None,
            Type::Decimal { .. } | Type::Float | Type::Uuid | Type::Json | Type::Other(_) => return None,
            Type::Date { .. } | Type::DateTime { .. } | Type::Instant { .. } | Type::Time { .. } => return None,
        };
        Some(format!("CHECK ({condition})"))
    }

    /// Returns the values of an ENUM; MariaDB puts the empty text there for what is not in the list.
    fn enum_values(&self, values: &[String]) -> String {
        let empty = self.schema.dialect == Dialect::MariaDb && !values.iter().any(String::is_empty);
        let empty = empty.then(|| "''".to_string());
        values.iter().map(|value| literal::text(value)).chain(empty).collect::<Vec<_>>().join(", ")
    }

    /// Returns the columns of a key in parentheses; none if one of them is unknown or there are none.
    fn key(&mut self, table: &Table, columns: &[String], line: usize) -> Option<String> {
        let known = known_columns(table, columns);
        if known.is_none() && !columns.is_empty() {
            let what = format!("key ({}) of {}", columns.join(", "), table.name);
            self.leave_out(line, what, "not all of its columns were read");
        }
        known.filter(|known| !known.is_empty()).map(|known| list(&known))
    }

    fn foreign_key(&mut self, table: &Table, key: &ForeignKey) -> Option<String> {
        match self.foreign_key_parts(table, key) {
            Ok(written) => Some(written),
            Err(why) => {
                let what = format!("foreign key ({}) of {}", key.columns.join(", "), table.name);
                self.leave_out(key.line, what, why);
                None
            }
        }
    }

    /// SQLite refuses every change of a table whose foreign key has no unique key to refer to.
    fn foreign_key_parts(&self, table: &Table, key: &ForeignKey) -> Result<String, &'static str> {
        let columns = known_columns(table, &key.columns).ok_or("not all of its columns were read")?;
        let other = self.schema.table(&key.table).ok_or("the table that it refers to was not read")?;
        let referenced = if key.referenced.is_empty() { &other.primary_key } else { &key.referenced };
        let referenced = known_columns(other, referenced).ok_or("not all columns that it refers to were read")?;
        if columns.is_empty() || referenced.len() != columns.len() || !is_key(other, &referenced) {
            return Err("SQLite wants a foreign key to refer to a whole unique key");
        }
        let actions: Vec<&str> = key.actions.iter().filter_map(|action| known_action(action)).collect();
        let (name, table) = (constraint(&key.name), quoted(&other.name));
        let written = format!("{name}FOREIGN KEY {} REFERENCES {table} {}", list(&columns), list(&referenced));
        Ok([written.as_str()].into_iter().chain(actions).collect::<Vec<_>>().join(" "))
    }

    fn check(&mut self, table: &Table, check: &Check) -> Option<String> {
        let written = condition::translate(&check.condition, table, self.schema.dialect);
        if written.is_none() {
            let what = format!("check ({}) of {}", check.condition, table.name);
            self.leave_out(check.line, what, "only comparisons of columns and literals are carried over");
        }
        written.map(|written| format!("{}CHECK ({written})", constraint(&check.name)))
    }

    /// Writes the indexes, without those that repeat a key or another index.
    fn indexes(&mut self, table: &Table) {
        let unique = table.unique_keys.iter().map(|key| &key.columns);
        let mut seen: BTreeSet<&Vec<String>> = unique.chain([&table.primary_key]).collect();
        for index in &table.indexes {
            let known = known_columns(table, &index.columns).filter(|known| !known.is_empty());
            let Some(known) = known else {
                let what = format!("index {} of {}", index.name.as_deref().unwrap_or("without name"), table.name);
                self.leave_out(index.line, what, "it is over expressions or columns that were not read");
                continue;
            };
            if seen.insert(&index.columns) {
                let name = index.name.clone().unwrap_or_else(|| known.join("_"));
                let name = self.free_name(format!("{}__{name}", table.name));
                let (name, table) = (quoted(&name), quoted(&table.name));
                self.statements.push(format!("CREATE INDEX {name} ON {table} {}", list(&known)));
            }
        }
    }

    fn free_name(&mut self, wanted: String) -> String {
        let numbered = (2usize..).map(|number| format!("{wanted}_{number}"));
        let free = std::iter::once(wanted.clone()).chain(numbered).find(|name| self.names.insert(name.to_lowercase()));
        free.expect("there are more numbers than names")
    }
}

/// Returns the column that counts and is the whole primary key.
fn counter_key(table: &Table) -> Option<&Column> {
    let [key] = table.primary_key.as_slice() else { return None };
    let is_counter =
        |column: &&Column| column.assigned == Assigned::Counter && matches!(column.ty, Type::Integer { .. });
    table.column(key).filter(is_counter)
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

fn assigned(column: &Column) -> &'static str {
    match column.assigned {
        Assigned::No => "value",
        Assigned::Counter => "counter",
        Assigned::Computed => "expression",
    }
}

fn column_name(table: &Table, column: &Column) -> String {
    format!("column {}.{}", table.name, column.name)
}

/// Returns columns by the names that their table gives them.
fn known_columns<'a>(table: &'a Table, columns: &[String]) -> Option<Vec<&'a str>> {
    columns.iter().map(|name| table.column(name).map(|column| column.name.as_str())).collect()
}

/// Returns whether columns are, in any order, exactly one of the table's keys.
fn is_key(table: &Table, columns: &[&str]) -> bool {
    let wanted: BTreeSet<&str> = columns.iter().copied().collect();
    let keys = table.unique_keys.iter().map(|key| &key.columns).chain([&table.primary_key]);
    keys.filter_map(|key| known_columns(table, key)).any(|key| BTreeSet::from_iter(key) == wanted)
}

fn known_action(action: &str) -> Option<&'static str> {
    const ACTIONS: [&str; 8] = [
        "ON DELETE CASCADE",
        "ON DELETE SET NULL",
        "ON DELETE SET DEFAULT",
        "ON DELETE RESTRICT",
        "ON UPDATE CASCADE",
        "ON UPDATE SET NULL",
        "ON UPDATE SET DEFAULT",
        "ON UPDATE RESTRICT",
    ];
    ACTIONS.into_iter().find(|known| known.eq_ignore_ascii_case(action))
}

fn constraint(name: &Option<String>) -> String {
    name.as_ref().map(|name| format!("CONSTRAINT {} ", quoted(name))).unwrap_or_default()
}

fn list(columns: &[&str]) -> String {
    let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
    format!("({})", names.join(", "))
}

/// Returns a name in double quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

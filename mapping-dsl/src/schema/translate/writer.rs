//! Walks over the tables of a schema and writes them in a dialect. What cannot be said there is listed.

use super::spelling::{KeyKind, Spelling, Typed};
use super::{Translation, condition, literal};
use crate::schema::{Assigned, Check, Column, Dialect, ForeignKey, Schema, Skipped, Table};
use crate::types::Type;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Writes all tables of a schema.
pub(super) fn translate(schema: &Schema, spelling: &dyn Spelling) -> Translation {
    let mut writer = Writer {
        schema,
        spelling,
        names: BTreeSet::new(),
        left_out: Vec::new(),
        statements: Vec::new(),
        after: Vec::new(),
    };
    let mut tables = Vec::new();
    for table in &schema.tables {
        if writer.can_be_made(table) {
            tables.push(writer.without_unknown_columns(table));
        }
    }
    for table in &tables {
        writer.table(table, &tables);
        writer.indexes(table);
    }
    writer.statements.append(&mut writer.after);
    Translation { statements: writer.statements, left_out: writer.left_out }
}

struct Writer<'a> {
    schema: &'a Schema,
    spelling: &'a dyn Spelling,
    /// Names of tables, indexes, types and constraints, as the dialect compares them.
    names: BTreeSet<String>,
    left_out: Vec<Skipped>,
    statements: Vec<String>,
    /// Statements behind all tables.
    after: Vec<String>,
}

impl Writer<'_> {
    fn leave_out(&mut self, line: usize, what: impl Into<String>, why: impl Into<String>) {
        self.left_out.push(Skipped { line, what: what.into(), why: why.into() });
    }

    fn can_be_made(&mut self, table: &Table) -> bool {
        let title = self.spelling.title();
        let why = if table.columns.is_empty() {
            format!("a table without columns cannot be made in {title}")
        } else if let Some(why) = self.spelling.refuses_table(&table.name) {
            why.to_string()
        } else if !self.names.insert(self.spelling.table_key(&table.name)) {
            format!("{title} cannot tell it from another table of the same name")
        } else {
            return true;
        };
        self.leave_out(table.line, format!("table {}", table.name), why);
        false
    }

    /// Returns the table with only those columns that can be made.
    fn without_unknown_columns<'t>(&mut self, table: &'t Table) -> Cow<'t, Table> {
        let mut seen = BTreeSet::new();
        let mut kept = Vec::new();
        for column in &table.columns {
            let why = if let Some(why) = self.spelling.refuses_name(&column.name) {
                why.to_string()
            } else if !seen.insert(self.spelling.column_key(&column.name)) {
                format!("{} cannot tell it from another column", self.spelling.title())
            } else {
                kept.push(column.clone());
                continue;
            };
            self.leave_out(column.line, column_name(table, column), why);
        }
        match kept.len() == table.columns.len() {
            true => Cow::Borrowed(table),
            false => Cow::Owned(Table { columns: kept, ..table.clone() }),
        }
    }

    fn table(&mut self, table: &Table, tables: &[Cow<'_, Table>]) {
        let as_written = self.with_values(table);
        let types = self
            .spelling
            .types(&as_written, self.schema.dialect, &mut |wanted| free_name(&mut self.names, self.spelling, wanted));
        let mut key_is_written = false;
        let mut lines = Vec::new();
        for (column, typed) in table.columns.iter().zip(types) {
            let (line, is_key) = self.column(table, column, typed);
            key_is_written |= is_key;
            lines.push(line);
        }
        if !key_is_written && let Some(columns) = self.key(table, &table.primary_key, table.line, KeyKind::Primary) {
            lines.push(format!("PRIMARY KEY {columns}"));
        }
        for key in &table.unique_keys {
            if let Some(columns) = self.key(table, &key.columns, key.line, KeyKind::Unique) {
                lines.push(format!("{}UNIQUE {columns}", self.constraint(&key.name)));
            }
        }
        for key in &table.foreign_keys {
            let written = self.foreign_key(table, key, tables);
            match self.spelling.foreign_keys_inside() {
                true => lines.extend(written),
                false => {
                    let name = self.spelling.quote(&table.name);
                    self.after.extend(written.map(|key| format!("ALTER TABLE {name} ADD {key}")));
                }
            }
        }
        for check in &table.checks {
            lines.extend(self.check(table, check));
        }
        let (name, options) = (self.spelling.quote(&table.name), self.spelling.table_options(table));
        self.statements.push(format!("CREATE TABLE {name} (\n  {}\n){options}", lines.join(",\n  ")));
        self.statements.extend(self.spelling.comments(table));
    }

    /// Returns the table with the values that its listed columns can hold: MariaDB puts the empty text there for what
    /// is not in the list.
    fn with_values<'t>(&self, table: &'t Table) -> Cow<'t, Table> {
        let lacks_empty = |ty: &Type| matches!(ty, Type::Enum(values) if !values.iter().any(String::is_empty));
        let is_implied = self.spelling.lists_imply_empty();
        if self.schema.dialect != Dialect::MariaDb || is_implied || !table.columns.iter().any(|it| lacks_empty(&it.ty))
        {
            return Cow::Borrowed(table);
        }
        let mut table = table.clone();
        for column in &mut table.columns {
            if let Type::Enum(values) = &mut column.ty
                && !values.iter().any(String::is_empty)
            {
                values.push(String::new());
            }
        }
        Cow::Owned(table)
    }

    /// Returns a column, and whether it says that it is the primary key.
    fn column(&mut self, table: &Table, column: &Column, typed: Typed) -> (String, bool) {
        self.statements.extend(typed.before);
        let counter = (column.assigned == Assigned::Counter).then(|| self.spelling.counter(table, column));
        let is_key = self.spelling.counter_is_key() && matches!(counter, Some(Ok(_)));
        let mut words = vec![self.spelling.quote(&column.name), typed.sql];
        if is_key {
            words.extend(counter.and_then(Result::ok).map(str::to_string));
        } else {
            words.extend((!column.nullable).then(|| "NOT NULL".to_string()));
            words.extend(self.default(table, column));
            match counter {
                Some(Ok(counter)) => words.push(counter.to_string()),
                Some(Err(why)) => {
                    self.leave_out(column.line, format!("counter of {}", column_name(table, column)), why)
                }
                None => {}
            }
            if column.assigned == Assigned::Computed {
                let what = format!("expression of {}", column_name(table, column));
                self.leave_out(column.line, what, "its expression is not kept; it is a plain column here");
            }
        }
        for (what, why) in typed.left_out {
            self.leave_out(column.line, format!("{what} {}", column_name(table, column)), why);
        }
        words.extend(column.comment.as_ref().and_then(|comment| self.spelling.column_comment(comment)));
        words.extend(typed.conditions.iter().map(|condition| format!("CHECK ({condition})")));
        (words.join(" "), is_key)
    }

    fn default(&mut self, table: &Table, column: &Column) -> Option<String> {
        let default = column.default.as_ref()?;
        let written = literal::default(default, &column.ty, self.schema.dialect, self.spelling);
        if written.is_none() {
            let what = format!("default {default} of {}", column_name(table, column));
            self.leave_out(column.line, what, format!("this default cannot be said in {}", self.spelling.title()));
        }
        written.map(|written| format!("DEFAULT {written}"))
    }

    /// Returns the columns of a key in parentheses; none if it cannot be made or has no columns.
    fn key(&mut self, table: &Table, columns: &[String], line: usize, kind: KeyKind) -> Option<String> {
        let written = match known_columns(table, columns) {
            Some(known) if known.is_empty() => return None,
            Some(known) => self.spelling.key_columns(table, &known, kind),
            None => Err("not all of its columns were read".to_string()),
        };
        match written {
            Ok(written) => Some(written),
            Err(why) => {
                self.leave_out(line, format!("key ({}) of {}", columns.join(", "), table.name), why);
                None
            }
        }
    }

    fn foreign_key(&mut self, table: &Table, key: &ForeignKey, tables: &[Cow<'_, Table>]) -> Option<String> {
        match self.foreign_key_parts(table, key, tables) {
            Ok(written) => Some(format!("{}{written}", self.constraint(&key.name))),
            Err(why) => {
                let what = format!("foreign key ({}) of {}", key.columns.join(", "), table.name);
                self.leave_out(key.line, what, why);
                None
            }
        }
    }

    /// All engines want a foreign key to refer to a whole unique key; SQLite says so only when rows are changed.
    fn foreign_key_parts(&self, table: &Table, key: &ForeignKey, tables: &[Cow<'_, Table>]) -> Result<String, String> {
        let columns = known_columns(table, &key.columns).ok_or("not all of its columns were read")?;
        let other = self.schema.table(&key.table).ok_or("the table that it refers to was not read")?;
        let other = tables.iter().find(|it| it.name == other.name).ok_or("the table that it refers to was not made")?;
        let referenced = if key.referenced.is_empty() { &other.primary_key } else { &key.referenced };
        let referenced = known_columns(other, referenced).ok_or("not all columns that it refers to were read")?;
        if columns.is_empty() || referenced.len() != columns.len() || !self.is_key(other, &referenced) {
            return Err(format!("{} wants a foreign key to refer to a whole unique key", self.spelling.title()));
        }
        if let Some(why) = self.spelling.refuses_foreign_key(table, key, other, &referenced) {
            return Err(why);
        }
        let actions: Vec<&str> = key.actions.iter().filter_map(|action| known_action(action)).collect();
        let (columns, referenced) = (self.list(&columns), self.list(&referenced));
        let written = format!("FOREIGN KEY {columns} REFERENCES {} {referenced}", self.spelling.quote(&other.name));
        Ok([written.as_str()].into_iter().chain(actions).collect::<Vec<_>>().join(" "))
    }

    /// Returns whether columns are, in any order, exactly one of the keys that the table gets.
    fn is_key(&self, table: &Table, columns: &[&str]) -> bool {
        let wanted: BTreeSet<&str> = columns.iter().copied().collect();
        let unique = table.unique_keys.iter().map(|key| (&key.columns, KeyKind::Unique));
        unique
            .chain([(&table.primary_key, KeyKind::Primary)])
            .filter_map(|(key, kind)| Some((known_columns(table, key)?, kind)))
            .filter(|(key, kind)| self.spelling.key_columns(table, key, *kind).is_ok())
            .any(|(key, _)| BTreeSet::from_iter(key) == wanted)
    }

    fn check(&mut self, table: &Table, check: &Check) -> Option<String> {
        let written = condition::translate(&check.condition, table, self.schema.dialect, self.spelling);
        match written {
            Some(written) if written.is_empty() => None, // the type says it already
            Some(written) => Some(format!("{}CHECK ({written})", self.constraint(&check.name))),
            None => {
                let what = format!("check ({}) of {}", check.condition, table.name);
                self.leave_out(check.line, what, "only comparisons of columns and literals are carried over");
                None
            }
        }
    }

    /// Writes the indexes, without those that repeat a key or another index.
    fn indexes(&mut self, table: &Table) {
        let unique = table.unique_keys.iter().map(|key| &key.columns);
        let mut seen: BTreeSet<&Vec<String>> = unique.chain([&table.primary_key]).collect();
        for index in &table.indexes {
            let known = known_columns(table, &index.columns).filter(|known| !known.is_empty());
            let written =
                known.map(|known| (self.spelling.key_columns(table, &known, KeyKind::Index), known.join("_")));
            let Some((Ok(columns), joined)) = written else {
                let what = format!("index {} of {}", index.name.as_deref().unwrap_or("without name"), table.name);
                self.leave_out(index.line, what, "it is over expressions or columns that were not read");
                continue;
            };
            if seen.insert(&index.columns) {
                let wanted = index.name.clone().unwrap_or_else(|| format!("{}_{joined}", table.name));
                let name = self
                    .spelling
                    .index_name(table, &wanted, &mut |wanted| free_name(&mut self.names, self.spelling, wanted));
                let (name, table) = (self.spelling.quote(&name), self.spelling.quote(&table.name));
                self.statements.push(format!("CREATE INDEX {name} ON {table} {columns}"));
            }
        }
    }

    fn constraint(&mut self, name: &Option<String>) -> String {
        let Some(name) = name else { return String::new() };
        let mut free = |wanted| free_name(&mut self.names, self.spelling, wanted);
        let name = self.spelling.constraint_name(name, &mut free);
        format!("CONSTRAINT {} ", self.spelling.quote(&name))
    }

    fn list(&self, columns: &[&str]) -> String {
        let names: Vec<String> = columns.iter().map(|name| self.spelling.quote(name)).collect();
        format!("({})", names.join(", "))
    }
}

/// Returns a name that nothing has yet and that the dialect takes: the wanted one, shortened or numbered.
fn free_name(names: &mut BTreeSet<String>, spelling: &dyn Spelling, wanted: String) -> String {
    let shortened = |length: usize| wanted.chars().take(length).collect::<String>().trim_end().to_string();
    let base = (0..=wanted.chars().count())
        .rev()
        .map(shortened)
        .find(|name| spelling.refuses_name(name).is_none())
        .unwrap_or_else(|| "x".to_string());
    let numbered = (2usize..).map(|number| {
        let ending = format!("_{number}");
        let mut start = base.clone();
        while spelling.refuses_name(&format!("{start}{ending}")).is_some() && start.pop().is_some() {}
        start + &ending
    });
    let mut all = std::iter::once(base.clone()).chain(numbered);
    all.find(|name| names.insert(spelling.table_key(name))).expect("there are more numbers than names")
}

fn column_name(table: &Table, column: &Column) -> String {
    format!("column {}.{}", table.name, column.name)
}

/// Returns columns by the names that their table gives them.
fn known_columns<'a>(table: &'a Table, columns: &[String]) -> Option<Vec<&'a str>> {
    columns.iter().map(|name| table.column(name).map(|column| column.name.as_str())).collect()
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

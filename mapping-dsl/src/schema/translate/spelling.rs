//! What a dialect says in its own way when tables are written. Defaults are standard SQL.
//! A `None` or an `Err` with a reason means that the dialect has nothing of the kind.

use crate::schema::{Column, Dialect, ForeignKey, Table};
use crate::types::Type;

/// A column's type in the words of a dialect.
#[derive(Debug, Default)]
pub(super) struct Typed {
    pub(super) sql: String,
    /// Conditions that hold the column to its type where the dialect's type is wider.
    pub(super) conditions: Vec<String>,
    /// What of the column is not held, and why.
    pub(super) left_out: Vec<(String, String)>,
    /// A statement that must come before the table.
    pub(super) before: Option<String>,
}

impl Typed {
    /// Returns a type that is exact.
    pub(super) fn exact(sql: impl Into<String>) -> Typed {
        Typed { sql: sql.into(), ..Typed::default() }
    }

    /// Adds a condition.
    pub(super) fn held(mut self, condition: String) -> Typed {
        self.conditions.push(condition);
        self
    }

    /// Notes what is lost: `what` is followed by the name of the column.
    pub(super) fn without(mut self, what: &str, why: impl Into<String>) -> Typed {
        self.left_out.push((what.to_string(), why.into()));
        self
    }
}

/// The present, as defaults ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    Date,
    Time,
    Timestamp,
}

/// A dialect in which tables are written.
pub(super) trait Spelling {
    /// Its name as people write it.
    fn title(&self) -> &'static str;

    /// Quotes a name, so that a hostile one is only data.
    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    /// Returns a text literal.
    fn text(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    /// Returns why nothing can have this name.
    fn refuses_name(&self, name: &str) -> Option<&'static str>;

    /// Returns why no table can have this name.
    fn refuses_table(&self, name: &str) -> Option<&'static str> {
        self.refuses_name(name)
    }

    /// Returns what the names of tables are compared by.
    fn table_key(&self, name: &str) -> String {
        name.to_string()
    }

    /// Returns what the names of columns are compared by.
    fn column_key(&self, name: &str) -> String {
        name.to_string()
    }

    /// Returns the types of a table's columns, which come from another dialect or the same. `free` makes a name that nothing else in the database has.
    fn types(&self, table: &Table, from: Dialect, free: &mut dyn FnMut(String) -> String) -> Vec<Typed>;

    /// Returns the words that make a counter of a column, or why there are none. `PRIMARY KEY` may be among them.
    fn counter(&self, table: &Table, column: &Column) -> Result<&'static str, &'static str>;

    /// Returns whether the counter's words make the column the primary key.
    fn counter_is_key(&self) -> bool {
        false
    }

    /// Returns a number that stands in a column of a type, or none if it cannot.
    fn number(&self, number: String, _ty: &Type) -> Option<String> {
        Some(number)
    }

    /// Returns a text that stands in a column of a type, or none if it cannot.
    fn text_for(&self, text: &str, ty: &Type) -> Option<String>;

    /// Returns true or false.
    fn truth(&self, truth: bool) -> &'static str {
        if truth { "TRUE" } else { "FALSE" }
    }

    /// Returns the present as a column of a type takes it.
    fn clock(&self, clock: Clock, ty: &Type) -> Option<String>;

    /// Returns a new UUID as a default.
    fn new_uuid(&self) -> Option<&'static str> {
        None
    }

    /// Returns the key's columns in parentheses, or why it cannot be a key.
    fn key_columns(&self, table: &Table, columns: &[&str], kind: KeyKind) -> Result<String, String> {
        let _ = (table, kind);
        let names: Vec<String> = columns.iter().map(|name| self.quote(name)).collect();
        Ok(format!("({})", names.join(", ")))
    }

    /// Returns whether foreign keys stand in the table, or behind all tables.
    fn foreign_keys_inside(&self) -> bool {
        false
    }

    /// Returns why the database would refuse a foreign key to a whole key of another table.
    fn refuses_foreign_key(
        &self,
        table: &Table,
        key: &ForeignKey,
        other: &Table,
        referenced: &[&str],
    ) -> Option<String>;

    /// Returns the name that a constraint or an index gets.
    fn constraint_name(&self, wanted: &str, free: &mut dyn FnMut(String) -> String) -> String {
        let _ = free;
        wanted.to_string()
    }

    /// Returns the name that an index gets.
    fn index_name(&self, table: &Table, wanted: &str, free: &mut dyn FnMut(String) -> String) -> String;

    /// Returns a numeric column's value as a number, if comparing it is exact.
    fn numeric_side(&self, column: &Column) -> Option<String> {
        Some(self.quote(&column.name))
    }

    /// Returns a text compared without regard to case.
    fn folded(&self, sql: &str) -> String;

    /// Returns whether it is enough to fold the column of a comparison, and not the other side.
    fn folds_at_columns(&self) -> bool {
        false
    }

    /// Returns whether a listed type holds the empty text without saying so.
    fn lists_imply_empty(&self) -> bool {
        false
    }

    /// Returns the name of the function that counts characters.
    fn char_length(&self) -> &'static str {
        "char_length"
    }

    /// Returns the condition that a column holds JSON; an empty one if its type says so.
    fn json_condition(&self, column: &str) -> String;

    /// Returns what stands behind the columns of a table.
    fn table_options(&self, _table: &Table) -> String {
        String::new()
    }

    /// Returns what stands behind a column to comment it.
    fn column_comment(&self, _comment: &str) -> Option<String> {
        None
    }

    /// Returns the statements that comment a table, where they stand alone.
    fn comments(&self, _table: &Table) -> Vec<String> {
        Vec::new()
    }
}

/// What a list of columns is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Primary,
    Unique,
    Index,
}

/// Returns the smallest type of whole numbers that holds a range, and the condition if it is wider.
/// `types` go from small to large.
pub(super) fn integer(types: &[(&str, i128, i128)], min: i128, max: i128, column: &str) -> Typed {
    let fits = types.iter().find(|(_, least, most)| *least <= min && max <= *most);
    let Some((name, least, most)) = fits.or(types.last()) else { return Typed::default() };
    let typed = Typed::exact(*name);
    match (*least, *most) == (min, max) {
        true => typed,
        false if *least <= min && max <= *most => typed.held(format!("{column} BETWEEN {min} AND {max}")),
        false if min > *least => typed
            .held(format!("{column} >= {min}"))
            .without("upper end of", format!("whole numbers end at {most} here")),
        false => typed.without("range of", format!("whole numbers lie between {least} and {most} here")),
    }
}

/// Returns whether a column stands in a key or an index of its table, or refers to another.
pub(super) fn is_in_key(table: &Table, column: &str) -> bool {
    let unique = table.unique_keys.iter().flat_map(|key| &key.columns);
    let indexed = table.indexes.iter().flat_map(|index| &index.columns);
    let foreign = table.foreign_keys.iter().flat_map(|key| &key.columns);
    table.primary_key.iter().chain(unique).chain(indexed).chain(foreign).any(|name| name == column)
}

/// Returns whether a text is a day or a time of a type that exists.
pub(super) fn is_time(text: &str, ty: &Type) -> bool {
    let day = |text: &str| chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
    let time = |text: &str| chrono::NaiveTime::parse_from_str(text, "%H:%M:%S%.f").is_ok();
    match ty {
        Type::Date { .. } => day(text),
        Type::Time { .. } => time(text),
        Type::DateTime { .. } | Type::Instant { .. } => {
            day(text) || text.split_once(['T', ' ']).is_some_and(|(date, of_day)| day(date) && time(of_day))
        }
        _ => false,
    }
}

/// Returns whether a text is a plain number.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all(whole) && all(fraction)
}

/// Returns whether a text is a UUID in its usual form.
pub(super) fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

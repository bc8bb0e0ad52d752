//! What a database can take off a table while rows are carried, and put back afterwards: secondary indexes and foreign
//! keys. Which of them go is decided in `load`; how, and whether they are there, only the connector knows.

use serde::Serialize;
use std::fmt;

/// An index or a foreign key that is taken off, with the statements for both ways, written down as the catalogue has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removable {
    /// What it is.
    pub kind: RemovableKind,
    /// The table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// The statement that takes it off.
    pub take_off: String,
    /// The statement that puts it back.
    pub put_back: String,
    /// For a foreign key, what the engine knows of it.
    pub foreign_key: Option<ForeignKey>,
}

impl Removable {
    /// Returns the message for a thing of the same name that is there and is another one.
    pub fn other(&self, found: &str) -> String {
        format!(
            "there is another {self} now, `{found}`; the one that was taken off is `{}`: drop the wrong one, or delete the \
             row of cutover_taken_off",
            self.put_back
        )
    }
}

impl fmt::Display for Removable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} of table {}", self.kind, self.name, self.table)
    }
}

/// The kinds of what is taken off, in the order in which they are put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovableKind {
    /// An index that makes nothing unique.
    Index,
    /// A foreign key.
    ForeignKey,
}

impl fmt::Display for RemovableKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            RemovableKind::Index => "index",
            RemovableKind::ForeignKey => "foreign key",
        })
    }
}

/// A foreign key of one column, as far as the engine must know it to tell whether it can be violated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The table that refers.
    pub table: String,
    /// Its column.
    pub column: String,
    /// The table referred to.
    pub referenced: String,
    /// The column referred to.
    pub referenced_column: String,
    /// Whether the column is null in rows that do not name it.
    pub null_by_default: bool,
}

/// What the engine wants of a table when it asks what can be taken off.
pub struct Removal<'a> {
    /// The table.
    pub table: &'a str,
    /// Columns by which the engine looks rows up; an index that begins with one of them stays.
    pub needed: &'a [String],
    /// Says of a foreign key that no row that the engine writes can violate it. The others stay: they decide which rows
    /// are rejected.
    pub holds: &'a dyn Fn(&ForeignKey) -> bool,
}

impl Removal<'_> {
    /// Returns whether an index may go by the column that it begins with; none where that is an expression.
    pub fn spares(&self, first: Option<&str>) -> bool {
        first.is_none_or(|first| !self.needed.iter().any(|needed| needed.eq_ignore_ascii_case(first)))
    }
}

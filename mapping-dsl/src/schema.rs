//! One side's schema as read from its DDL: tables, columns, keys, and the line of each.
//! Reading is done in `schema/`; what is no table definition is kept as `Skipped`.

mod alter;
mod checks;
mod column;
pub mod compare;
mod create;
mod declared;
mod elements;
mod finish;
pub mod read;
mod scan;
mod split;
mod sql;
mod text;
pub mod translate;

use crate::source::FileId;
use crate::types::Type;
use std::collections::BTreeMap;
use std::fmt;

/// The kinds of database whose DDL is read and whose SQL is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// MariaDB (and MySQL where it is the same).
    MariaDb,
    /// PostgreSQL.
    PostgreSql,
    /// SQLite.
    Sqlite,
}

impl Dialect {
    /// All dialects.
    pub const ALL: [Dialect; 3] = [Dialect::MariaDb, Dialect::PostgreSql, Dialect::Sqlite];

    /// Returns the name that mappings and the command use.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::MariaDb => "mariadb",
            Dialect::PostgreSql => "postgresql",
            Dialect::Sqlite => "sqlite",
        }
    }

    /// Returns the dialect of that name; `mysql` and `postgres` are understood too.
    pub fn from_name(name: &str) -> Option<Dialect> {
        match name {
            "mariadb" | "mysql" => Some(Dialect::MariaDb),
            "postgresql" | "postgres" => Some(Dialect::PostgreSql),
            "sqlite" => Some(Dialect::Sqlite),
            _ => None,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// All that was understood of one DDL file.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// The file it was read from.
    pub file: FileId,
    /// The dialect it was read as.
    pub dialect: Dialect,
    /// Tables in file order.
    pub tables: Vec<Table>,
    /// What is no table definition, or a part of one that was not understood.
    pub skipped: Vec<Skipped>,
    /// Places of tables by name; looked at first, and not trusted if tables have been changed since.
    places: BTreeMap<String, usize>,
}

impl Schema {
    /// Returns the table of that name: exactly, else the only one that differs by case.
    pub fn table(&self, name: &str) -> Option<&Table> {
        let placed = self.places.get(name).and_then(|place| self.tables.get(*place));
        let found = placed.filter(|table| table.name == name);
        found.or_else(|| self.tables.iter().find(|table| table.name == name)).or_else(|| {
            let mut same = self.tables.iter().filter(|table| table.name.eq_ignore_ascii_case(name));
            same.next().filter(|_| same.next().is_none())
        })
    }
}

/// One table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name, without the schema or database it lies in.
    pub name: String,
    /// The schema or database it is qualified with in the file.
    pub namespace: Option<String>,
    /// Line of its definition, counted from 1.
    pub line: usize,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Column names of the primary key; empty without one.
    pub primary_key: Vec<String>,
    /// Unique keys besides the primary one.
    pub unique_keys: Vec<UniqueKey>,
    /// Indexes that are not unique.
    pub indexes: Vec<Index>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// CHECK constraints of the table and of its columns.
    pub checks: Vec<Check>,
    /// Comment of the table.
    pub comment: Option<String>,
}

impl Table {
    /// Returns the column of that name: exactly, else the only one that differs by case.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name).or_else(|| {
            let mut same = self.columns.iter().filter(|column| column.name.eq_ignore_ascii_case(name));
            same.next().filter(|_| same.next().is_none())
        })
    }

    /// Returns whether these columns hold a whole key, so that at most one row has given values in them.
    /// Null in a unique key makes no two rows equal; callers compare with values that are not null.
    pub fn is_unique(&self, columns: &[&str]) -> bool {
        let holds = |key: &[String]| !key.is_empty() && key.iter().all(|name| columns.contains(&name.as_str()));
        holds(&self.primary_key) || self.unique_keys.iter().any(|key| holds(&key.columns))
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Line of its definition, counted from 1.
    pub line: usize,
    /// The type as declared, for messages.
    pub declared: String,
    /// What it can hold.
    pub ty: Type,
    /// Whether null is allowed (false for primary key columns).
    pub nullable: bool,
    /// The default expression as written.
    pub default: Option<String>,
    /// How the database itself gives it a value.
    pub assigned: Assigned,
    /// The only values that a CHECK … IN lets in; an ENUM has them in its type.
    pub allowed: Option<Vec<String>>,
    /// Collation as declared, of the column or else of its table.
    pub collation: Option<String>,
    /// Comment.
    pub comment: Option<String>,
}

/// How a database gives a column its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// Not at all: the writer does, or the default.
    No,
    /// A counter: AUTO_INCREMENT, IDENTITY, serial, SQLite's INTEGER PRIMARY KEY.
    Counter,
    /// An expression over the row; it cannot be written.
    Computed,
}

/// A unique key.
#[derive(Debug, Clone, PartialEq)]
pub struct UniqueKey {
    /// Name as declared.
    pub name: Option<String>,
    /// Its columns.
    pub columns: Vec<String>,
    /// Line of its definition.
    pub line: usize,
}

/// An index that is not unique.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    /// Name as declared.
    pub name: Option<String>,
    /// Its columns (expressions are left out).
    pub columns: Vec<String>,
    /// Line of its definition.
    pub line: usize,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignKey {
    /// Name as declared.
    pub name: Option<String>,
    /// Referring columns.
    pub columns: Vec<String>,
    /// Table referred to.
    pub table: String,
    /// Columns referred to; empty when the primary key is meant.
    pub referenced: Vec<String>,
    /// The ON DELETE and ON UPDATE actions as written, in lower case, such as `on delete cascade`.
    pub actions: Vec<String>,
    /// Line of its definition.
    pub line: usize,
}

/// A CHECK constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Name as declared.
    pub name: Option<String>,
    /// The condition as SQL, in the dialect of the file.
    pub condition: String,
    /// Line of its definition.
    pub line: usize,
}

/// A statement, or a part of a table definition, that was passed over.
#[derive(Debug, Clone, PartialEq)]
pub struct Skipped {
    /// Line where it begins.
    pub line: usize,
    /// Its first words.
    pub what: String,
    /// Why it was passed over.
    pub why: String,
}

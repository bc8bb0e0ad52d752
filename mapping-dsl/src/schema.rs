//! One side's schema as read from its DDL: tables, columns, keys, and the line of each.
//! Reading is done in `schema/`; what is no table definition is kept as `Skipped`.

mod alter;
mod checks;
mod column;
pub mod compare;
mod create;
mod declared;
mod elements;
pub mod encoding;
pub mod entities;
mod finish;
mod key;
mod properties;
pub mod read;
mod reason;
mod scan;
mod split;
mod sql;
mod tables;
mod text;
pub mod translate;
mod user_types;

use crate::source::FileId;
use crate::types::Type;
use entities::Entities;
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
    /// SQL Server: DDL in T-SQL, as its own tools script it.
    SqlServer,
}

impl Dialect {
    /// All dialects; DDL is read in each of them.
    pub const ALL: [Dialect; 4] = [Dialect::MariaDb, Dialect::PostgreSql, Dialect::Sqlite, Dialect::SqlServer];
    /// The dialects in which SQL and DDL are written.
    pub const WRITTEN: [Dialect; 3] = [Dialect::MariaDb, Dialect::PostgreSql, Dialect::Sqlite];

    /// Returns the name that mappings and the command use.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::MariaDb => "mariadb",
            Dialect::PostgreSql => "postgresql",
            Dialect::Sqlite => "sqlite",
            Dialect::SqlServer => "sqlserver",
        }
    }

    /// Returns the dialect of that name; `mysql`, `postgres`, `mssql` and `tsql` are understood too.
    pub fn from_name(name: &str) -> Option<Dialect> {
        match name {
            "mariadb" | "mysql" => Some(Dialect::MariaDb),
            "postgresql" | "postgres" => Some(Dialect::PostgreSql),
            "sqlite" => Some(Dialect::Sqlite),
            "sqlserver" | "mssql" | "tsql" => Some(Dialect::SqlServer),
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
    /// What entities are called in the database, by `Module.Entity`; empty without a file of names.
    pub entities: Entities,
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

impl Schema {
    /// Returns the table of that name in a namespace: exactly, else the only one that differs by case. An entity's module
    /// is one, too.
    pub fn table_in(&self, namespace: &str, name: &str) -> Option<&Table> {
        if let Some(entity) = self.entities.get(namespace, name) {
            return self.table(&entity.table);
        }
        let within = || self.tables.iter().filter(|table| table.namespace.is_some());
        let spelled = |table: &&Table| table.own_name == name && table.namespace.as_deref() == Some(namespace);
        within().find(spelled).or_else(|| {
            let is = |one: Option<&str>, other: &str| one.is_some_and(|one| one.eq_ignore_ascii_case(other));
            let mut same =
                within().filter(|table| is(table.namespace.as_deref(), namespace) && is(Some(&table.own_name), name));
            same.next().filter(|_| same.next().is_none())
        })
    }
}

/// One table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The name by which mappings and plans know it: its own name, or `namespace.name` where several tables of the
    /// file share a name; the one in the dialect's usual namespace then keeps the bare name.
    pub name: String,
    /// Its name within its namespace.
    pub own_name: String,
    /// The schema (in MariaDB the database) that it lies in, if the file says so.
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
    /// Columns by the attributes of the entity that the table stands for.
    pub attributes: BTreeMap<String, String>,
}

impl Table {
    /// Returns the column of that name: exactly, else the one of that attribute, else the only one that differs by case.
    pub fn column(&self, name: &str) -> Option<&Column> {
        let spelled = |name: &str| self.columns.iter().find(|column| column.name == name);
        spelled(name).or_else(|| spelled(self.attributes.get(name)?)).or_else(|| {
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
    /// Character set as declared, of the column or else of its table.
    pub charset: Option<String>,
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
    /// Table referred to: the name of a table of the schema, or as written if there is none.
    pub table: String,
    /// The namespace that the file gives for the table referred to.
    pub namespace: Option<String>,
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

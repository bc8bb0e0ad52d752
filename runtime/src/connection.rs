//! The port to a database: what the engine needs of a legacy or target store. Each connector implements it.

use crate::removable::{Removable, Removal};
use crate::step::{TargetRows, TargetSpec};
use crate::unique_key::UniqueKey;
use crate::value::{Key, Kind, Row, Value};
use std::fmt;

/// One connection to one database, used by one thread at a time.
pub trait Connection: Send {
    /// Returns how this database spells things.
    fn dialect(&self) -> &dyn SqlDialect;

    /// Returns a stable name of the database, without secrets, that tells it from others.
    fn identity(&mut self) -> Result<String, StoreError>;

    /// Returns the names of a table's columns, or none if there is no such table.
    fn columns(&mut self, table: &str) -> Result<Option<Vec<String>>, StoreError>;

    /// Returns the foreign keys of other tables (and of this one) that refer to a table: table, column that refers,
    /// column referred to.
    fn referrers(&mut self, table: &str) -> Result<Vec<Referrer>, StoreError>;

    /// Returns the columns in which rows that do not name them always get the same value. Columns that the database
    /// computes, counts up, or fills with the time are left out.
    fn defaults(&mut self, table: &str) -> Result<Vec<DefaultColumn>, StoreError>;

    /// Returns what makes rows of a table unique: its primary key, unique constraints and unique indexes, by name.
    fn unique_keys(&mut self, table: &str) -> Result<Vec<UniqueKey>, StoreError>;

    /// Returns for each text a value that is the same for exactly those texts that a collation calls equal. Asked for
    /// collations that [`Connection::unique_keys`] has named. Writes nothing.
    fn collation_keys(&mut self, collation: &str, texts: &[&str]) -> Result<Vec<Value>, StoreError>;

    /// Runs a statement and returns the number of rows that it changed.
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, StoreError>;

    /// Runs a query and hands over row by row, each value read as the kind at its place. What is not of its kind
    /// arrives as [`Value::Malformed`], never as an error.
    fn query(
        &mut self,
        sql: &str,
        parameters: &[Value],
        kinds: &[Kind],
        each: &mut dyn FnMut(Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    /// Begins a transaction that may write; waits at most a few seconds for other writers.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// Begins a transaction that reads one state of the database until it ends.
    fn begin_read(&mut self) -> Result<(), StoreError>;

    /// Begins a transaction that may write and whose statements all see one state.
    fn begin_snapshot(&mut self) -> Result<(), StoreError> {
        self.begin()
    }

    /// Commits. After an error nothing of the transaction is there.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Gives the transaction up.
    fn abort(&mut self) -> Result<(), StoreError>;

    /// Writes units within the open transaction: a unit holds one row for each target, keys and siblings filled in by
    /// the connector (see [`Unit`]). A unit that violates a constraint leaves nothing behind and does not disturb
    /// the others. Returns one answer for each unit, in order.
    fn insert(&mut self, targets: &[TargetSpec], units: Vec<Unit>) -> Result<Vec<Written>, StoreError>;

    /// Changes or deletes rows within the open transaction, in this order, all of them or none. What a constraint refuses,
    /// and a value that a column would not keep exactly, leaves nothing behind and does not disturb the transaction;
    /// so does a row that is not there (any more).
    fn amend(&mut self, targets: &[TargetSpec], amendments: &[Amendment]) -> Result<Option<Violation>, StoreError>;

    /// Returns the next key that the database would give in this table: one more than the highest key in use or ever
    /// given. Called within the open transaction.
    fn next_key(&mut self, table: &str, column: &str) -> Result<i128, StoreError>;

    /// Gives keys back after a complete rollback: if `next` is what the database would give now (but for rows that are
    /// gone), it gives `before` from now on. Called within the open transaction. Nothing to do where the next key only
    /// depends on the rows present.
    fn restore_next_key(&mut self, table: &str, column: &str, next: i128, before: i128) -> Result<(), StoreError> {
        let _ = (table, column, next, before);
        Ok(())
    }

    /// Appends rows to a control table within the open transaction. A connector with a faster way in overrides it.
    fn append(&mut self, table: &str, columns: &[String], rows: &[Row]) -> Result<(), StoreError> {
        let sql = insert_statement(self.dialect(), table, columns);
        rows.iter().try_for_each(|row| self.execute(&sql, row).map(|_| ()))
    }

    /// Opens another connection to the same database, for writing beside this one. It waits for other writers no more
    /// than a second. None where a database has one writer at a time.
    fn another(&mut self) -> Result<Option<Box<dyn Connection>>, StoreError> {
        Ok(None)
    }

    /// Returns the secondary indexes and foreign keys of a table that can be taken off while rows are carried, without any
    /// other effect than that time, and be put back exactly as they are. What makes rows unique stays, and so does what
    /// anything that stays depends on.
    fn removable(&mut self, removal: &Removal<'_>) -> Result<Vec<Removable>, StoreError>;

    /// Takes one thing off, outside of a transaction, unless it is gone already. Refuses one that has the same name and is
    /// another one.
    fn take_off(&mut self, thing: &Removable) -> Result<(), StoreError>;

    /// Puts things of one table back, outside of a transaction, unless they are there already; foreign keys with a check
    /// of all rows. May wait minutes for others who do the same. What can be put back is, whatever becomes of the others;
    /// returns one answer for each.
    fn put_back(&mut self, things: &[Removable]) -> Vec<Result<(), StoreError>>;

    /// Returns whether all things of a table are put back fastest together, rather than each by itself beside others.
    fn puts_tables_back_whole(&self) -> bool {
        false
    }

    /// Takes the lock that one runner at a time holds on a target. It dies with its owner: when the process or the
    /// connection ends, it is free. A database without such a lock relies on the epoch alone.
    fn lock_runner(&mut self) -> Result<RunnerLock, StoreError> {
        Ok(RunnerLock::Taken)
    }

    /// Gives the runner's lock back.
    fn unlock_runner(&mut self) {}

    /// Returns who holds the runner's lock now, in words for the operator; none if it is free.
    fn lock_holder(&mut self) -> Result<Option<String>, StoreError> {
        Ok(None)
    }
}

/// The answer to [`Connection::lock_runner`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunnerLock {
    /// It is ours.
    Taken,
    /// Somebody else holds it: process and start time as far as they are known.
    Held(String),
}

/// Returns the statement that inserts one row with a placeholder for each column.
pub fn insert_statement(dialect: &dyn SqlDialect, table: &str, columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|column| dialect.quote(column)).collect();
    let places: Vec<String> = (1..=columns.len()).map(|index| dialect.placeholder(index)).collect();
    format!("INSERT INTO {} ({}) VALUES ({})", dialect.quote(table), names.join(", "), places.join(", "))
}

/// What one legacy row becomes: a row for each target, in the order of the step's targets; none where the target's
/// condition does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// The rows, with the layout of [`TargetSpec::columns`].
    pub rows: TargetRows,
}

/// What came of a unit.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// It is written; these are the keys (null where there is no row), and these the rows with their siblings filled
    /// in (null where that target has no row).
    Keys(Vec<Value>, TargetRows),
    /// A constraint refused it.
    Refused(Violation),
}

/// What is to become of one target row.
#[derive(Debug, Clone, PartialEq)]
pub struct Amendment {
    /// Index of the target.
    pub target: usize,
    /// Key of the row.
    pub key: Value,
    /// What to do.
    pub change: Change,
}

/// A change of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Columns (indexes into [`TargetSpec::columns`]) get these values, all others stay.
    Set(Vec<(usize, Value)>),
    /// The row is deleted.
    Delete,
}

/// Returns the condition that a row of a target has a key, with placeholders from `first` on, and how often the key is
/// bound in it.
pub fn key_condition(dialect: &dyn SqlDialect, target: &TargetSpec, first: usize) -> (String, usize) {
    let mut bound = 0;
    let mut placeholder = || {
        bound += 1;
        dialect.placeholder(first + bound - 1)
    };
    let condition = dialect.equal(&dialect.quote(&target.key.column), &mut placeholder, target.key.kind);
    (condition, bound)
}

/// Returns the violation of a row that no statement reached.
pub fn untouched(target: &TargetSpec) -> Violation {
    let (table, constraint) = (target.table.clone(), "a trigger that keeps the row, or it is gone".to_string());
    Violation { kind: ViolationKind::Check, table, constraint, columns: Vec::new() }
}

/// A constraint of the target that refused a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What kind of constraint.
    pub kind: ViolationKind,
    /// The table.
    pub table: String,
    /// Constraint or columns as the engine names them.
    pub constraint: String,
    /// The columns of the table that it is about, as far as they are known.
    pub columns: Vec<String>,
}

/// The kinds of constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViolationKind {
    /// A unique or primary key.
    Unique,
    /// A CHECK.
    Check,
    /// NOT NULL.
    NotNull,
    /// A foreign key.
    ForeignKey,
}

/// A foreign key that refers to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer {
    /// The schema of the referring table (on MariaDB its database), where it is another one than that of the target.
    pub schema: Option<String>,
    /// The referring table.
    pub table: String,
    /// Its column.
    pub column: String,
    /// The column referred to.
    pub referenced: String,
}

/// A column with a fixed default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultColumn {
    /// Its name.
    pub name: String,
    /// The condition that it holds something else, in a statement in which its table is called `t`.
    pub departs: String,
}

/// Returns whether SQL is nothing but a number, a text in quotes, or one of the words for true, false and null: what a
/// column's default must be so that it is the same in each row.
pub fn is_literal(sql: &str) -> bool {
    let sql = sql.trim();
    let sql = sql.strip_prefix('(').and_then(|sql| sql.strip_suffix(')')).unwrap_or(sql).trim();
    if let Some(text) = sql.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        return !text.replace("''", "").contains(['\'', '\\']);
    }
    let digits = sql.strip_prefix(['+', '-']).unwrap_or(sql);
    let number = digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.matches('.').count() <= 1;
    number || ["true", "false", "null"].iter().any(|word| sql.eq_ignore_ascii_case(word))
}

/// How a database spells things.
pub trait SqlDialect {
    /// Returns the name of the dialect.
    fn name(&self) -> &'static str;

    /// Returns an identifier quoted, whatever it contains.
    fn quote(&self, identifier: &str) -> String;

    /// Returns the placeholder of parameter `index`, counted from 1.
    fn placeholder(&self, index: usize) -> String;

    /// Returns the column type in which a control table keeps values of a kind, exact and comparable.
    fn column_type(&self, kind: Kind, place: Place) -> String;

    /// Returns the condition that two values of a kind are exactly equal, code point by code point, so that an index on
    /// `left` serves it. Calls `right` each time it writes the other side down, in the order of the text.
    fn equal(&self, left: &str, right: &mut dyn FnMut() -> String, kind: Kind) -> String;

    /// Returns what a list of values of a kind holds for one of them. Calls `value` as [`SqlDialect::equal`] does.
    fn member(&self, value: &mut dyn FnMut() -> String, kind: Kind) -> String {
        let _ = kind;
        value()
    }

    /// Returns what keys of a kind are ordered by and compared with in ranges. No two different keys of one table are
    /// equal in it, and an index on them serves it.
    fn order(&self, expression: &str, kind: Kind) -> String;

    /// Returns whether [`SqlDialect::order`] puts texts in the order of their code points, whatever table they lie in.
    fn orders_code_points(&self) -> bool;

    /// Returns a column of another table so that it can be compared with one of a control table, whatever its collation.
    fn as_entry(&self, expression: &str, kind: Kind) -> String {
        let _ = kind;
        expression.to_string()
    }

    /// Returns a column as a unique key with a collation compares it. Only some databases let an index have another
    /// collation than its column; elsewhere this is the column as it is.
    fn collated(&self, expression: &str, collation: &str) -> String {
        let _ = collation;
        expression.to_string()
    }

    /// Returns a short text that tells whether the values of some columns of a row have changed, computed by the
    /// database itself from how it holds them; none where it cannot.
    fn digest(&self, columns: &[(String, Kind)]) -> Option<String> {
        let _ = columns;
        None
    }

    /// Returns what is put after a query so that no other transaction changes its rows before this one ends; nothing
    /// where a database has one writer at a time.
    fn hold(&self) -> &'static str {
        ""
    }
}

/// Where a column of a control table stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a key, together with so many texts (or bytes), itself included: they share what an index takes.
    Key {
        /// How many.
        texts: usize,
    },
    /// In no key: any length.
    Plain,
}

impl Place {
    /// Returns the places of columns of which the first `keys` are a key.
    pub fn all(kinds: impl Iterator<Item = Kind> + Clone, keys: usize) -> impl Iterator<Item = Place> {
        let texts = kinds.clone().take(keys).filter(|kind| matches!(kind, Kind::Text | Kind::Bytes | Kind::Decimal));
        let texts = texts.count().max(1);
        kinds.enumerate().map(move |(at, _)| if at < keys { Place::Key { texts } } else { Place::Plain })
    }
}

/// What went wrong in a database, in words for the operator. Holds no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError {
    /// What kind of fault.
    pub kind: StoreErrorKind,
    /// Which database: its name without secrets.
    pub place: String,
    /// The cause.
    pub cause: String,
}

/// Kinds of faults, so far as they need different remedies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// There is no such database, file or server.
    Absent,
    /// Somebody else holds a lock.
    Locked,
    /// The server lets this user not in, or not do this.
    Denied,
    /// The server is not there, or the connection to it broke.
    Gone,
    /// The server does not encrypt, or not as the URL asks; or it demands encryption, or none.
    Encryption,
    /// A row is larger than what the server takes at once.
    TooLarge,
    /// The database cannot be written.
    ReadOnly,
    /// No room left.
    Full,
    /// What is there is no database of this kind, or is damaged.
    NotADatabase,
    /// It has another schema than the mapping says.
    OtherSchema,
    /// Commit was refused by a constraint.
    Constraint,
    /// Anything else.
    Other,
}

impl StoreErrorKind {
    /// Returns what the operator can do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            StoreErrorKind::Absent => "check the URL; a target is made from the output of `cutover schema --dialect`",
            StoreErrorKind::Locked => "end the other program that writes to it, then run the same command again",
            StoreErrorKind::Denied => "check user, password and what the user may do there",
            StoreErrorKind::Gone => {
                "see to it that the server runs and can be reached, then run the same command again"
            }
            StoreErrorKind::TooLarge => {
                "raise the server's limit (max_allowed_packet), then run the same command again"
            }
            StoreErrorKind::ReadOnly => "give this user the right to write to the file and its folder",
            StoreErrorKind::Full => "make room or lift the quota, then run the same command again; it goes on",
            StoreErrorKind::NotADatabase => "check the URL: the file is no database of this kind, or it is damaged",
            StoreErrorKind::OtherSchema => "compare the database with the DDL that the mapping names",
            // There are many remedies against faults of encryption; the cause names the one that helps.
            StoreErrorKind::Encryption | StoreErrorKind::Constraint | StoreErrorKind::Other => "",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.cause)?;
        match self.kind.remedy() {
            "" => Ok(()),
            remedy => write!(out, "; {remedy}"),
        }
    }
}

impl std::error::Error for StoreError {}

/// Returns the key of a row: the values at these places.
pub fn key_of(row: &Row, places: &[usize]) -> Key {
    places.iter().map(|place| row[*place].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::is_literal;

    #[test]
    fn what_may_differ_from_row_to_row_is_no_literal() {
        let literals = ["0", "-1.50", "(-1)", "''", "'{}'", "'it''s'", "NULL", "true", " FALSE "];
        let others = [
            "now()",
            "CURRENT_TIMESTAMP",
            "nextval('s')",
            "'a' || 'b'",
            "uuid()",
            "",
            "'a\\'b'",
            "1 + random()",
            "-",
            "2020-01-01",
            "1.2.3",
        ];
        literals.iter().for_each(|sql| assert!(is_literal(sql), "{sql}"));
        others.iter().for_each(|sql| assert!(!is_literal(sql), "{sql}"));
    }
}

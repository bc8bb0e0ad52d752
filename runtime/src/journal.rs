//! The journal: the control tables that all steps share. They live in the target, so that one transaction holds what
//! was written and what is known about it.

use crate::carry::Pending;
use crate::connection::{Connection, Place, SqlDialect, insert_statement};
use crate::entries::{rows, unsigned};
use crate::error::{OnSide, RunError, Side};
use crate::report::{Counts, key_text};
use crate::statements::{KeyColumn, Sql};
use crate::value::{Key, Kind, Row, Value};
use std::time::{SystemTime, UNIX_EPOCH};

/// Version of the layout of the control tables.
pub(crate) const FORMAT: u32 = 3;

/// A control table: name, columns, how many of them are the primary key.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, Kind)],
    key: usize,
}

use Kind::{Integer, Text};

pub(crate) const META: Table = Table { name: "cutover_meta", columns: &[("name", Text), ("value", Text)], key: 1 };
pub(crate) const RUN: Table = Table {
    name: "cutover_run",
    columns: &[
        ("run", Integer),
        ("command", Text),
        ("started", Text),
        ("ended", Text),
        ("outcome", Text),
        ("tool_version", Text),
        ("epoch", Integer),
        ("owner", Text),
    ],
    key: 1,
};
pub(crate) const STEP: Table = Table {
    name: "cutover_step",
    columns: &[
        ("map", Text),
        ("in_scope", Integer),
        ("migrated", Integer),
        ("found", Integer),
        ("rejected", Integer),
        ("gone", Integer),
        ("complete", Integer),
        ("pass", Integer),
        ("last_key", Text),
    ],
    key: 1,
};
pub(crate) const BATCH: Table = Table {
    name: "cutover_batch",
    columns: &[
        ("run", Integer),
        ("map", Text),
        ("batch", Integer),
        ("first_key", Text),
        ("last_key", Text),
        ("rows", Integer),
        ("migrated", Integer),
        ("found", Integer),
        ("rejected", Integer),
        ("fingerprint", Text),
    ],
    key: 3,
};
pub(crate) const REJECT: Table = Table {
    name: "cutover_reject",
    columns: &[
        ("map", Text),
        ("legacy_key", Text),
        ("column_name", Text),
        ("rule", Text),
        ("message", Text),
        ("value", Text),
        ("line", Integer),
        ("run", Integer),
    ],
    key: 2,
};
pub(crate) const LOCK: Table =
    Table { name: "cutover_lock", columns: &[("epoch", Integer), ("owner", Text), ("since", Text)], key: 1 };

/// What load mode has taken off and not put back yet.
pub(crate) const TAKEN_OFF: Table = Table {
    name: "cutover_taken_off",
    columns: &[
        ("place", Integer),
        ("kind", Text),
        ("table_name", Text),
        ("name", Text),
        ("take_off", Text),
        ("put_back", Text),
        ("since", Text),
        ("run", Integer),
        ("column_name", Text),
        ("referenced", Text),
        ("referenced_column", Text),
        ("null_by_default", Integer),
    ],
    key: 1,
};

const TABLES: [&Table; 7] = [&META, &RUN, &STEP, &BATCH, &REJECT, &LOCK, &TAKEN_OFF];

impl Table {
    pub(crate) fn names(&self) -> Vec<String> {
        self.columns.iter().map(|(name, _)| (*name).to_string()).collect()
    }

    fn create(&self, dialect: &dyn SqlDialect) -> String {
        let mut lines: Vec<String> = Vec::new();
        let places = Place::all(self.columns.iter().map(|(_, kind)| *kind), self.key);
        for (at, ((name, kind), place)) in self.columns.iter().zip(places).enumerate() {
            let not_null = if at < self.key { " NOT NULL" } else { "" };
            lines.push(format!("{} {}{not_null}", dialect.quote(name), dialect.column_type(*kind, place)));
        }
        let key: Vec<String> = self.columns[..self.key].iter().map(|(name, _)| dialect.quote(name)).collect();
        lines.push(format!("PRIMARY KEY ({})", key.join(", ")));
        format!("CREATE TABLE IF NOT EXISTS {} ({})", dialect.quote(self.name), lines.join(", "))
    }

    fn key_columns(&self, dialect: &dyn SqlDialect) -> Vec<KeyColumn> {
        let columns = self.columns[..self.key].iter();
        columns.map(|(name, kind)| KeyColumn { expression: dialect.quote(name), kind: *kind }).collect()
    }

    /// Inserts a row.
    pub(crate) fn insert(&self, target: &mut dyn Connection, row: &Row) -> Result<(), RunError> {
        let sql = insert_statement(target.dialect(), self.name, &self.names());
        target.execute(&sql, row).on(Side::Target)?;
        Ok(())
    }

    /// Removes the row with this key.
    pub(crate) fn remove(&self, target: &mut dyn Connection, key: &Key) -> Result<(), RunError> {
        let columns = self.key_columns(target.dialect());
        let mut sql = Sql::new(target.dialect(), "DELETE FROM ");
        sql.name(self.name).push(" WHERE ").equal(&columns, key);
        let statement = sql.done();
        target.execute(&statement.text, &statement.parameters).on(Side::Target)?;
        Ok(())
    }

    /// Puts a row in place of the one with the same key. Not an upsert: the journal has one writer.
    pub(crate) fn put(&self, target: &mut dyn Connection, row: &Row) -> Result<(), RunError> {
        self.remove(target, &row[..self.key].to_vec())?;
        self.insert(target, row)
    }

    /// Returns the row with this key.
    pub(crate) fn get(&self, target: &mut dyn Connection, key: &Key) -> Result<Option<Row>, RunError> {
        self.find(target, key, "")
    }

    /// Returns the row with this key; no other transaction changes it before this one ends.
    pub(crate) fn hold(&self, target: &mut dyn Connection, key: &Key) -> Result<Option<Row>, RunError> {
        let hold = target.dialect().hold();
        self.find(target, key, hold)
    }

    fn find(&self, target: &mut dyn Connection, key: &Key, ending: &str) -> Result<Option<Row>, RunError> {
        let columns = self.key_columns(target.dialect());
        let mut sql = self.select(target.dialect());
        sql.push(" WHERE ").equal(&columns, key).push(ending);
        let statement = sql.done();
        Ok(rows(target, &statement).on(Side::Target)?.pop())
    }

    /// Returns all rows, in the order of the key.
    pub(crate) fn all(&self, target: &mut dyn Connection) -> Result<Vec<Row>, RunError> {
        let columns = self.key_columns(target.dialect());
        let mut sql = self.select(target.dialect());
        sql.ordered(&columns, crate::statements::Order::Ascending, None);
        let statement = sql.done();
        rows(target, &statement).on(Side::Target)
    }

    /// Returns all rows as [`Table::all`] does; columns that an older format did not have are null.
    pub(crate) fn all_known(&self, target: &mut dyn Connection) -> Result<Vec<Row>, RunError> {
        let present = target.columns(self.name).on(Side::Target)?.unwrap_or_default();
        let dialect = target.dialect();
        let mut sql = Sql::new(dialect, "SELECT ");
        for (name, kind) in self.columns {
            let known = present.iter().any(|column| column.eq_ignore_ascii_case(name));
            sql.result(&if known { dialect.quote(name) } else { "NULL".to_string() }, *kind);
        }
        sql.push(" FROM ").name(self.name);
        sql.ordered(&self.key_columns(dialect), crate::statements::Order::Ascending, None);
        let statement = sql.done();
        rows(target, &statement).on(Side::Target)
    }

    fn select<'a>(&self, dialect: &'a dyn SqlDialect) -> Sql<'a> {
        let mut sql = Sql::new(dialect, "SELECT ");
        for (name, kind) in self.columns {
            sql.result(&dialect.quote(name), *kind);
        }
        sql.push(" FROM ").name(self.name);
        sql
    }
}

/// Makes the control tables unless they are there.
pub(crate) fn create(target: &mut dyn Connection) -> Result<(), RunError> {
    for table in TABLES {
        let sql = table.create(target.dialect());
        target.execute(&sql, &[]).on(Side::Target)?;
    }
    Ok(())
}

/// Makes control tables that an older format does not have, and the columns that its tables lack. Can be repeated.
pub(crate) fn upgrade(target: &mut dyn Connection) -> Result<(), RunError> {
    create(target)?;
    for table in TABLES {
        let present = target.columns(table.name).on(Side::Target)?.unwrap_or_default();
        for (name, kind) in table.columns {
            if !present.iter().any(|column| column.eq_ignore_ascii_case(name)) {
                let dialect = target.dialect();
                let (own, column) = (dialect.quote(table.name), dialect.quote(name));
                let sql = format!("ALTER TABLE {own} ADD COLUMN {column} {}", dialect.column_type(*kind, Place::Plain));
                target.execute(&sql, &[]).on(Side::Target)?;
            }
        }
    }
    Ok(())
}

/// Returns whether the control tables are there.
pub(crate) fn exists(target: &mut dyn Connection) -> Result<bool, RunError> {
    Ok(target.columns(LOCK.name).on(Side::Target)?.is_some())
}

/// Does something in a transaction of its own.
pub(crate) fn within<T>(
    target: &mut dyn Connection,
    work: impl FnOnce(&mut dyn Connection) -> Result<T, RunError>,
) -> Result<T, RunError> {
    target.begin().on(Side::Target)?;
    match work(target) {
        Ok(result) => target.commit().on(Side::Target).map(|()| result),
        Err(error) => {
            // The first error is the one that counts; a connection that is gone cannot abort either.
            let _ = target.abort();
            Err(error)
        }
    }
}

/// Writes that a run begins, and returns its number.
pub(crate) fn begin_run(target: &mut dyn Connection, command: &str, epoch: i64) -> Result<i64, RunError> {
    within(target, |target| {
        let mut sql = Sql::new(target.dialect(), "SELECT ");
        let run = target.dialect().quote("run");
        sql.result(&format!("COALESCE(MAX({run}), 0)"), Integer).push(" FROM ").name(RUN.name);
        let statement = sql.done();
        let last = rows(target, &statement).on(Side::Target)?;
        let run = last.first().map_or(0, |row| number(&row[0])) + 1;
        let began = vec![int(run), text(command), text(&now()), Value::Null, Value::Null];
        let row = [began, vec![text(VERSION), int(epoch), text(&crate::lock::owner())]].concat();
        RUN.insert(target, &row)?;
        Ok(run)
    })
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes that a run ended, and how.
pub(crate) fn end_run(target: &mut dyn Connection, run: i64, outcome: &str) -> Result<(), RunError> {
    let mut sql = Sql::new(target.dialect(), "UPDATE ");
    sql.name(RUN.name).push(" SET ").name("ended").push(" = ").bind(&text(&now())).push(", ").name("outcome");
    sql.push(" = ").bind(&text(outcome)).push(" WHERE ").name("run").push(" = ").bind(&int(run));
    let statement = sql.done();
    target.execute(&statement.text, &statement.parameters).on(Side::Target)?;
    Ok(())
}

/// How far a step has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StepState {
    pub(crate) in_scope: u64,
    pub(crate) settled: Counts,
    pub(crate) gone: u64,
    pub(crate) complete: bool,
    /// Which pass the last batch belonged to.
    pub(crate) pass: i64,
    pub(crate) last_key: Option<String>,
}

impl StepState {
    pub(crate) fn read(target: &mut dyn Connection, map: &str) -> Result<StepState, RunError> {
        Ok(STEP.get(target, &vec![text(map)])?.map_or_else(StepState::default, |row| StepState::from_row(&row)))
    }

    pub(crate) fn from_row(row: &Row) -> StepState {
        let settled = Counts { migrated: unsigned(&row[2]), found: unsigned(&row[3]), rejected: unsigned(&row[4]) };
        let last_key = match &row[8] {
            Value::Text(key) => Some(key.clone()),
            _ => None,
        };
        let (complete, pass) = (unsigned(&row[6]) == 1, number(&row[7]));
        StepState { in_scope: unsigned(&row[1]), settled, gone: unsigned(&row[5]), complete, pass, last_key }
    }

    /// Returns how the step stands once a batch is in.
    pub(crate) fn after(&self, pass: i64, pending: &[Pending], counts: Counts) -> StepState {
        let again = pending.iter().filter(|pending| pending.again).count() as u64;
        let mut settled = self.settled;
        settled.add(counts);
        settled.rejected -= again.min(settled.rejected);
        let last_key = pending.last().map(|pending| key_text(&pending.key));
        StepState { in_scope: settled.total(), settled, gone: 0, complete: false, pass, last_key }
    }

    /// Returns how the step stands once the server has carried so many rows, up to a legacy key.
    pub(crate) fn with(&self, rows: u64, upto: i128) -> StepState {
        let mut settled = self.settled;
        settled.migrated += rows;
        let last_key = Some(key_text(&[Value::Integer(upto)]));
        StepState { in_scope: settled.total(), settled, gone: 0, complete: false, pass: 1, last_key }
    }

    pub(crate) fn write(&self, target: &mut dyn Connection, map: &str) -> Result<(), RunError> {
        let numbers = [self.in_scope, self.settled.migrated, self.settled.found, self.settled.rejected, self.gone];
        let mut row = vec![text(map)];
        row.extend(numbers.map(|number| Value::Integer(number.into())));
        row.extend([int(i64::from(self.complete)), int(self.pass)]);
        row.push(self.last_key.as_deref().map_or(Value::Null, text));
        STEP.put(target, &row)
    }
}

/// Returns the present time as the journal writes it.
pub(crate) fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let time = chrono::DateTime::from_timestamp(since.as_secs().try_into().unwrap_or(0), 0).unwrap_or_default();
    time.format(TIME).to_string()
}

/// How the journal writes a time.
const TIME: &str = "%Y-%m-%d %H:%M:%S UTC";

/// Returns how long it was from one time to a later one, as the journal writes them.
pub(crate) fn seconds_between(from: &str, to: &str) -> Option<u64> {
    let read = |text| chrono::NaiveDateTime::parse_from_str(text, TIME).ok();
    u64::try_from((read(to)? - read(from)?).num_seconds()).ok()
}

pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.to_string())
}

pub(crate) fn int(value: i64) -> Value {
    Value::Integer(value.into())
}

pub(crate) fn number(value: &Value) -> i64 {
    match value {
        Value::Integer(value) => i64::try_from(*value).unwrap_or(0),
        _ => 0,
    }
}

//! New keys out of a table's sequence, many at once, and the sequence itself: it must stand after the highest key when
//! a run is over, and may go back when everything was taken back.

use crate::Postgres;
use crate::dialect::PostgresDialect;
use cutover_runtime::connection::{SqlDialect, StoreError, StoreErrorKind};
use cutover_runtime::step::TargetSpec;
use std::collections::{BTreeMap, VecDeque};

/// Keys that sequences gave to this connection.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    tables: BTreeMap<String, Table>,
}

#[derive(Debug)]
struct Table {
    sequence: Option<Sequence>,
    /// Keys that nobody has used yet.
    free: VecDeque<i64>,
    /// Keys that the open transaction uses.
    taken: Vec<i64>,
}

#[derive(Debug, Clone)]
struct Sequence {
    /// Its name, qualified and quoted as far as needed.
    name: String,
    increment: i64,
    /// Whether this user owns it.
    own: bool,
}

impl Keys {
    /// The open transaction is there to stay.
    pub(crate) fn keep(&mut self) {
        self.tables.values_mut().for_each(|table| table.taken.clear());
    }

    /// The open transaction is gone; a sequence takes nothing back, so its keys serve the next one.
    pub(crate) fn give_back(&mut self) {
        for table in self.tables.values_mut() {
            for key in table.taken.drain(..).rev() {
                table.free.push_front(key);
            }
        }
    }

    /// Takes back the last keys that were taken, since no row got them.
    pub(crate) fn unused(&mut self, table: &str, keys: &[i64]) {
        if let Some(table) = self.tables.get_mut(table) {
            table.taken.truncate(table.taken.len() - keys.len());
            keys.iter().rev().for_each(|key| table.free.push_front(*key));
        }
    }
}

/// Takes so many new keys.
pub(crate) fn take(postgres: &mut Postgres, table: &str, column: &str, count: usize) -> Result<Vec<i64>, StoreError> {
    let Some(sequence) = begin(postgres, table, column)? else {
        let cause = format!("column {column} of table {table} has no sequence, so the database gives no keys there");
        return Err(postgres.failed(StoreErrorKind::OtherSchema, cause));
    };
    let free = postgres.keys.tables.get(table).map_or(0, |table| table.free.len());
    let more = i64::try_from(count.saturating_sub(free)).unwrap_or(0);
    let given: Vec<i64> = match more {
        0 => Vec::new(),
        _ => {
            let sql = "SELECT nextval(to_regclass($1)) FROM generate_series(1, $2::bigint)";
            postgres.rows(sql, &[&sequence.name, &more])?.iter().map(|row| row.get(0)).collect()
        }
    };
    let known = postgres.keys.tables.get_mut(table).expect("it was begun just now");
    known.free.extend(given);
    let keys: Vec<i64> = known.free.drain(..count).collect();
    known.taken.extend(&keys);
    Ok(keys)
}

/// Finds the sequence of a table; the first time, it is brought past the highest key in use.
fn begin(postgres: &mut Postgres, table: &str, column: &str) -> Result<Option<Sequence>, StoreError> {
    if let Some(known) = postgres.keys.tables.get(table) {
        return Ok(known.sequence.clone());
    }
    let sequence = find(postgres, table, column)?;
    if let Some(sequence) = &sequence {
        let highest = highest(postgres, table, column)?;
        advance(postgres, sequence, highest)?;
    }
    let known = Table { sequence: sequence.clone(), free: VecDeque::new(), taken: Vec::new() };
    postgres.keys.tables.insert(table.to_string(), known);
    Ok(sequence)
}

/// Returns the sequence that a column's identity, or its default, draws from.
fn find(postgres: &mut Postgres, table: &str, column: &str) -> Result<Option<Sequence>, StoreError> {
    let sql = "SELECT n.name, q.seqincrement, n.own FROM (\
               SELECT s.oid, s.oid::regclass::text AS name, pg_has_role(s.relowner, 'USAGE') AS own FROM pg_attribute AS a \
               JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid \
                 AND d.refobjsubid = a.attnum AND d.classid = 'pg_class'::regclass AND d.deptype = 'i' \
               JOIN pg_class AS s ON s.oid = d.objid AND s.relkind = 'S' \
               WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attname = $2 \
               UNION ALL SELECT s.oid, s.oid::regclass::text, pg_has_role(s.relowner, 'USAGE') FROM pg_attribute AS a \
               JOIN pg_attrdef AS f ON f.adrelid = a.attrelid AND f.adnum = a.attnum \
               JOIN pg_depend AS d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid \
                 AND d.refclassid = 'pg_class'::regclass \
               JOIN pg_class AS s ON s.oid = d.refobjid AND s.relkind = 'S' \
               WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attname = $2 AND NOT a.attisdropped) AS n \
               JOIN pg_sequence AS q ON q.seqrelid = n.oid";
    let rows = postgres.rows(sql, &[&table, &column])?;
    Ok(rows.first().map(|row| Sequence { name: row.get(0), increment: row.get(1), own: row.get(2) }))
}

fn highest(postgres: &mut Postgres, table: &str, column: &str) -> Result<i64, StoreError> {
    let (table, column) = (PostgresDialect.quote(table), PostgresDialect.quote(column));
    let sql = format!("SELECT COALESCE(MAX({column}), 0)::bigint FROM {table}");
    Ok(postgres.rows(&sql, &[])?.first().map_or(0, |row| row.get(0)))
}

/// Returns the key that a sequence gives next.
fn next_of(postgres: &mut Postgres, sequence: &Sequence) -> Result<i64, StoreError> {
    let Sequence { name, increment, .. } = sequence;
    let sql = format!("SELECT CASE WHEN is_called THEN last_value + {increment} ELSE last_value END FROM {name}");
    Ok(postgres.rows(&sql, &[])?.first().map_or(1, |row| row.get(0)))
}

/// Brings a sequence past a key that is in use. It never goes back, also where several connections do this at once.
fn advance(postgres: &mut Postgres, sequence: &Sequence, used: i64) -> Result<(), StoreError> {
    if sequence.increment <= 0 || next_of(postgres, sequence)? > used {
        return Ok(());
    }
    let alone = "SELECT pg_advisory_lock(to_regclass($1)::oid::int, 0)";
    postgres.rows(alone, &[&sequence.name])?;
    let behind = next_of(postgres, sequence).map(|next| next <= used);
    let advanced = match behind {
        Ok(true) => postgres.rows("SELECT setval(to_regclass($1), $2)", &[&sequence.name, &used]).map(|_| ()),
        other => other.map(|_| ()),
    };
    let unlocked = postgres.rows("SELECT pg_advisory_unlock(to_regclass($1)::oid::int, 0)", &[&sequence.name]);
    // The first error is the one that counts.
    advanced.and(unlocked.map(|_| ()))
}

/// Brings the sequence of a table whose keys the conversion gives past the highest of them.
pub(crate) fn catch_up(postgres: &mut Postgres, target: &TargetSpec, highest: Option<i128>) -> Result<(), StoreError> {
    let Some(highest) = highest.and_then(|highest| i64::try_from(highest).ok()) else { return Ok(()) };
    match begin(postgres, &target.table, &target.key.column)? {
        Some(sequence) => advance(postgres, &sequence, highest),
        None => Ok(()),
    }
}

/// Returns the key after the highest one in use or ever given.
pub(crate) fn next(postgres: &mut Postgres, table: &str, column: &str) -> Result<i128, StoreError> {
    let highest = highest(postgres, table, column)?;
    let next = match find(postgres, table, column)? {
        Some(sequence) => next_of(postgres, &sequence)?,
        None => 1,
    };
    Ok(i128::from(next.max(highest.saturating_add(1))))
}

/// Sets a sequence back, unless somebody has taken keys after `next`. Only its owner may; others leave it.
pub(crate) fn restore(
    postgres: &mut Postgres,
    table: &str,
    column: &str,
    next: i128,
    before: i128,
) -> Result<(), StoreError> {
    postgres.keys.tables.remove(table);
    let Some(sequence) = find(postgres, table, column)?.filter(|sequence| sequence.own) else { return Ok(()) };
    // Altering it, even to what it is, locks it until the transaction ends: nobody takes a key in between.
    postgres.batch(&format!("ALTER SEQUENCE {} INCREMENT BY {}", sequence.name, sequence.increment))?;
    let highest = i128::from(highest(postgres, table, column)?);
    if i128::from(next_of(postgres, &sequence)?) == next && highest < before {
        postgres.batch(&format!("ALTER SEQUENCE {} RESTART WITH {before}", sequence.name))?;
    }
    Ok(())
}

//! Joins and questions that are more than exact equality: their rows are fetched by a query of their own for each page
//! of legacy rows, by the equalities among the conditions, and compared here. So a condition means the same on every
//! engine, and "several rows" is something that can be counted.

use crate::connection::{Connection, StoreError};
use crate::entries::{CHUNK, rows};
use crate::fingerprint::{self, PrintMap, PrintSet};
use crate::links::folded;
use crate::operators::compare;
use crate::statements::{KeyColumn, Sql, column};
use crate::step::{Condition, Operand, ReadSource, ReadSpec, TableSpec, Test};
use crate::value::{Key, Kind, Row, Value};
use std::cmp::Ordering;

/// Returns whether the value of a row comes from here, not from the query that reads the row.
pub(crate) fn fills(read: &ReadSpec, source: &ReadSource) -> bool {
    match source {
        ReadSource::Column(alias, _) => read.joins.iter().any(|join| join.probed && join.alias == *alias),
        ReadSource::Present(join) | ReadSource::Several(join) => read.joins[*join].probed,
        ReadSource::Exists(exists) => read.exists[*exists].probed,
    }
}

/// Fills what [`fills`] names in a page of rows. Joins come in their order: one may look at the columns of another.
pub(crate) fn fill(legacy: &mut dyn Connection, read: &ReadSpec, page: &mut [Row]) -> Result<(), StoreError> {
    if page.is_empty() {
        return Ok(());
    }
    for (at, join) in read.joins.iter().enumerate().filter(|(_, join)| join.probed) {
        let tables = [TableSpec { table: join.table.clone(), alias: join.alias.clone() }];
        let probe = Probe::new(read, &tables, &join.on, &join.alias);
        let found = probe.ask(legacy, page)?;
        page.iter_mut().zip(found).for_each(|(row, found)| probe.put_join(row, at, &found));
    }
    for (at, exists) in read.exists.iter().enumerate().filter(|(_, exists)| exists.probed) {
        let probe = Probe::new(read, &exists.tables, &exists.on, "");
        let (found, source) = (probe.ask(legacy, page)?, ReadSource::Exists(at));
        page.iter_mut().zip(found).for_each(|(row, found)| probe.put(row, &source, Value::Boolean(found.rows > 0)));
    }
    Ok(())
}

/// What a row found: how many rows, and the columns of the first.
#[derive(Clone, Default)]
struct Found {
    rows: usize,
    first: Row,
}

/// One join or question.
struct Probe<'a> {
    read: &'a ReadSpec,
    tables: &'a [TableSpec],
    on: &'a [Condition],
    /// Columns to fetch, by alias and name; the first ones are those by which rows are found.
    columns: Vec<(&'a str, &'a str, Kind)>,
    /// By which columns of a legacy row they are found.
    by: Vec<usize>,
    /// Places in a legacy row that take fetched columns, with the index of the column.
    wanted: Vec<(usize, usize)>,
}

impl<'a> Probe<'a> {
    /// `joined` is the alias whose columns the rows take, empty for a question.
    fn new(read: &'a ReadSpec, tables: &'a [TableSpec], on: &'a [Condition], joined: &str) -> Probe<'a> {
        let mut probe = Probe { read, tables, on, columns: Vec::new(), by: Vec::new(), wanted: Vec::new() };
        for condition in on.iter().filter(|condition| condition.is_plain()) {
            if let Some(place) = probe.outer(condition) {
                probe.columns.push((&condition.alias, &condition.column, condition.kind));
                probe.by.push(place);
            }
        }
        for condition in on.iter().filter(|condition| !condition.is_plain()) {
            probe.column(&condition.alias, &condition.column, condition.kind);
            if let Test::Compare(_, Operand::Column(alias, name) | Operand::Folded(alias, name)) = &condition.test
                && probe.is_own(alias)
            {
                probe.column(alias, name, condition.kind);
            }
        }
        for (place, column) in read.columns.iter().enumerate() {
            if let ReadSource::Column(alias, name) = &column.source
                && alias == joined
            {
                let index = probe.column(alias, name, column.kind);
                probe.wanted.push((place, index));
            }
        }
        probe
    }

    fn is_own(&self, alias: &str) -> bool {
        self.tables.iter().any(|table| table.alias == alias)
    }

    /// Returns the place in a legacy row of the column that a condition compares with; none if it compares with
    /// something else.
    fn outer(&self, condition: &Condition) -> Option<usize> {
        match &condition.test {
            Test::Compare(_, Operand::Column(alias, name) | Operand::Folded(alias, name)) if !self.is_own(alias) => {
                self.place(alias, name)
            }
            _ => None,
        }
    }

    fn place(&self, alias: &str, name: &str) -> Option<usize> {
        let is = |source: &ReadSource| matches!(source, ReadSource::Column(a, n) if a == alias && n == name);
        self.read.columns.iter().position(|column| is(&column.source))
    }

    /// Returns the index of a fetched column; adds it if it is new.
    fn column(&mut self, alias: &'a str, name: &'a str, kind: Kind) -> usize {
        let known = self.columns.iter().position(|column| *column == (alias, name, kind));
        known.unwrap_or_else(|| {
            self.columns.push((alias, name, kind));
            self.columns.len() - 1
        })
    }

    fn fetched(&self, alias: &str, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.0 == alias && column.1 == name)
    }

    /// Returns what each row of a page found.
    fn ask(&self, legacy: &mut dyn Connection, page: &[Row]) -> Result<Vec<Found>, StoreError> {
        let keys: Vec<Option<Key>> = page.iter().map(|row| self.key(row)).collect();
        let candidates = self.candidates(legacy, &keys)?;
        let found = |(row, key): (&Row, &Option<Key>)| {
            let candidates = key.as_ref().and_then(|key| candidates.get(&fingerprint::of(key)));
            let mut fitting = candidates.into_iter().flatten().filter(|other| self.fits(row, other));
            let first = fitting.next().cloned();
            Found { rows: usize::from(first.is_some()) + fitting.count(), first: first.unwrap_or_default() }
        };
        Ok(page.iter().zip(&keys).map(found).collect())
    }

    /// Returns the values by which rows are found; none if one of them equals nothing.
    fn key(&self, row: &Row) -> Option<Key> {
        let key: Key = self.by.iter().map(|place| row[*place].clone()).collect();
        (!key.iter().any(|value| matches!(value, Value::Null | Value::Malformed(_)))).then_some(key)
    }

    fn candidates(&self, legacy: &mut dyn Connection, keys: &[Option<Key>]) -> Result<PrintMap<Vec<Row>>, StoreError> {
        let mut asked = PrintSet::default();
        let keys: Vec<&Key> = keys.iter().flatten().filter(|key| asked.insert(fingerprint::of(*key))).collect();
        let mut candidates: PrintMap<Vec<Row>> = PrintMap::default();
        for chunk in keys.chunks(CHUNK) {
            let dialect = legacy.dialect();
            let expression = |(alias, name, _): &(&str, &str, Kind)| column(dialect, alias, name);
            let mut sql = Sql::new(dialect, "SELECT ");
            for column in &self.columns {
                sql.result(&expression(column), column.2);
            }
            let key = self.columns[..self.by.len()].iter();
            let key: Vec<KeyColumn> =
                key.map(|column| KeyColumn { expression: expression(column), kind: column.2 }).collect();
            sql.push(" FROM ").tables(self.tables).push(" WHERE ").among(&key, chunk);
            let within = self.on.iter().filter(|condition| condition.is_plain() && self.outer(condition).is_none());
            sql.and_equalities(within);
            let statement = sql.done();
            for row in rows(legacy, &statement)? {
                candidates.entry(fingerprint::of(&row[..self.by.len()])).or_default().push(row);
            }
        }
        Ok(candidates)
    }

    /// Returns whether a fetched row fulfils what the query did not ask.
    fn fits(&self, row: &Row, other: &Row) -> bool {
        self.on.iter().filter(|condition| !condition.is_plain()).all(|condition| self.holds(condition, row, other))
    }

    fn holds(&self, condition: &Condition, row: &Row, other: &Row) -> bool {
        let Some(own) = self.fetched(&condition.alias, &condition.column).map(|index| &other[index]) else {
            return false;
        };
        let own = folded(own.clone(), condition.fold);
        match &condition.test {
            Test::Among(values) => values.iter().any(|value| compare(&own, value) == Some(Ordering::Equal)),
            Test::Compare(comparison, operand) => {
                let other = self.operand(operand, row, other);
                other.and_then(|other| compare(&own, &other)).is_some_and(|order| comparison.holds(order))
            }
        }
    }

    fn operand(&self, operand: &Operand, row: &Row, other: &Row) -> Option<Value> {
        let (alias, name, fold) = match operand {
            Operand::Value(value) => return Some(value.clone()),
            Operand::Column(alias, name) => (alias, name, false),
            Operand::Folded(alias, name) => (alias, name, true),
        };
        let value = match self.is_own(alias) {
            true => &other[self.fetched(alias, name)?],
            false => &row[self.place(alias, name)?],
        };
        Some(folded(value.clone(), fold))
    }

    fn put_join(&self, row: &mut Row, join: usize, found: &Found) {
        self.put(row, &ReadSource::Present(join), Value::Boolean(found.rows > 0));
        self.put(row, &ReadSource::Several(join), Value::Boolean(found.rows > 1));
        for (place, index) in self.wanted.iter().filter(|_| found.rows == 1) {
            row[*place] = found.first[*index].clone();
        }
    }

    fn put(&self, row: &mut Row, source: &ReadSource, value: Value) {
        if let Some(place) = self.read.columns.iter().position(|column| column.source == *source) {
            row[place] = value;
        }
    }
}

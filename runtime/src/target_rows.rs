//! Reads rows of a target back by their keys, as verify, sync and rollback need them.

use crate::connection::Connection;
use crate::entries::{CHUNK, Entry};
use crate::error::{OnSide, RunError, Side};
use crate::fingerprint::{self, PrintMap, PrintSet, hex};
use crate::share::{Share, shares};
use crate::statements::{KeyColumn, Sql, column};
use crate::step::{StepSpec, TargetColumn, TargetSpec};
use crate::value::{Key, Kind, Row, Value};

/// Returns the conditions that a column which no rule writes holds something else than it was given by default: somebody
/// has changed the row since.
pub(crate) fn departures(target: &mut dyn Connection, role: &TargetSpec) -> Result<Vec<String>, RunError> {
    let defaults = target.defaults(&role.table).on(Side::Target)?.into_iter();
    let written = role.columns.iter().map(|column| &column.name).chain([&role.key.column]);
    let written: Vec<&String> = written.collect();
    let others = defaults.filter(|column| !written.iter().any(|name| name.eq_ignore_ascii_case(&column.name)));
    Ok(others.map(|column| column.departs).collect())
}

/// Returns which of the rows with these keys fulfil any of some conditions, by fingerprint of the key; others may be among
/// them.
pub(crate) fn departed<'v>(
    target: &mut dyn Connection,
    role: &TargetSpec,
    departures: &[String],
    keys: impl Iterator<Item = &'v Value>,
) -> Result<PrintSet, RunError> {
    let mut found = PrintSet::default();
    if departures.is_empty() {
        return Ok(found);
    }
    let select = Select { results: Vec::new(), condition: format!("({}) AND ", departures.join(" OR ")), ending: "" };
    shares(&mut single(keys).iter().collect::<Vec<_>>(), |share| {
        select.each(target, role, share, &mut |print, _| {
            found.insert(print);
        })
    })?;
    Ok(found)
}

/// Returns the digests of rows that the server itself has written, by fingerprint of the key; of others none.
fn digests<'v>(
    target: &mut dyn Connection,
    role: &TargetSpec,
    written: impl Iterator<Item = &'v (Value, Value)>,
) -> Result<PrintMap<Value>, RunError> {
    let digested = |written: &Value| matches!(written, Value::Text(text) if text.contains(':'));
    let keys = single(written.filter(|(_, written)| digested(written)).map(|(key, _)| key));
    let dialect = target.dialect();
    let columns: Vec<_> = role.columns.iter().map(|own| (column(dialect, "t", &own.name), own.kind)).collect();
    let mut found = PrintMap::default();
    let Some(digest) = dialect.digest(&columns) else { return Ok(found) };
    let select = Select { results: vec![(digest, Kind::Text)], ..Select::default() };
    shares(&mut keys.iter().collect::<Vec<_>>(), |share| {
        select.each(target, role, share, &mut |print, mut row| {
            found.insert(print, row.pop().unwrap_or(Value::Null));
        })
    })?;
    Ok(found)
}

/// Takes rows that the server itself wrote, and that are as it wrote them, for rows that the engine wrote: gives their
/// entries the fingerprints of what is there.
pub(crate) fn recognise(
    target: &mut dyn Connection,
    spec: &StepSpec,
    entries: &mut [&mut Entry],
) -> Result<(), RunError> {
    for (at, role) in spec.targets.iter().enumerate() {
        let digests = digests(target, role, entries.iter().map(|entry| &entry.roles[at]))?;
        if digests.is_empty() {
            continue;
        }
        let present = of_keys(target, role, entries.iter().map(|entry| &entry.roles[at].0))?;
        for (key, written) in entries.iter_mut().map(|entry| &mut entry.roles[at]) {
            let print = fingerprint::of([&*key]);
            if digests.get(&print) == Some(&*written) {
                *written = present.get(&print).map_or(Value::Null, |row| Value::Text(hex(fingerprint::of(row))));
            }
        }
    }
    Ok(())
}

/// Returns the rows with these keys (nulls are skipped), by fingerprint of the key; others may be among them.
pub(crate) fn of_keys<'v>(
    target: &mut dyn Connection,
    role: &TargetSpec,
    keys: impl Iterator<Item = &'v Value>,
) -> Result<PrintMap<Row>, RunError> {
    let select = Select::columns(target, role, "");
    let mut found = PrintMap::default();
    shares(&mut single(keys).iter().collect::<Vec<_>>(), |share| {
        select.each(target, role, share, &mut |print, row| {
            found.insert(print, row);
        })
    })?;
    Ok(found)
}

/// Returns the rows as [`of_keys`] does; no other transaction changes them before this one ends.
pub(crate) fn held_of_keys<'v>(
    target: &mut dyn Connection,
    role: &TargetSpec,
    keys: impl Iterator<Item = &'v Value>,
) -> Result<PrintMap<Row>, RunError> {
    let select = Select::columns(target, role, target.dialect().hold());
    let mut found = PrintMap::default();
    // Nobody is to be kept from rows that were not asked for.
    for chunk in single(keys).iter().collect::<Vec<_>>().chunks(CHUNK) {
        select.each(target, role, Share::Each(chunk), &mut |print, row| {
            found.insert(print, row);
        })?;
    }
    Ok(found)
}

/// Returns keys of one column, without nulls.
fn single<'v>(keys: impl Iterator<Item = &'v Value>) -> Vec<Key> {
    keys.filter(|key| !key.is_null()).map(|key| vec![key.clone()]).collect()
}

/// What is asked about rows of a target, whose table is called `t`.
#[derive(Default)]
struct Select {
    results: Vec<(String, Kind)>,
    /// Nothing, or what must hold and `AND`.
    condition: String,
    ending: &'static str,
}

impl Select {
    /// Asks for all columns that the step writes.
    fn columns(target: &dyn Connection, role: &TargetSpec, ending: &'static str) -> Select {
        let result = |own: &TargetColumn| (column(target.dialect(), "t", &own.name), own.kind);
        Select { results: role.columns.iter().map(result).collect(), condition: String::new(), ending }
    }

    /// Hands over each row of a share, with the fingerprint of its key.
    fn each(
        &self,
        target: &mut dyn Connection,
        role: &TargetSpec,
        share: Share<'_>,
        take: &mut dyn FnMut(u128, Row),
    ) -> Result<(), RunError> {
        let dialect = target.dialect();
        let key = KeyColumn { expression: column(dialect, "t", &role.key.column), kind: role.key.kind };
        let mut sql = Sql::new(dialect, "SELECT ");
        for (result, kind) in &self.results {
            sql.result(result, *kind);
        }
        sql.result(&key.expression, key.kind).push(" FROM ").name(&role.table).push(" AS ").name("t");
        sql.push(" WHERE ").push(&self.condition).of_share(&[key], share).push(self.ending);
        let statement = sql.done();
        let mut each = |mut row: Row| {
            let key = row.pop().unwrap_or(Value::Null);
            take(fingerprint::of([&key]), row);
            Ok(())
        };
        target.query(&statement.text, &statement.parameters, &statement.kinds, &mut each).on(Side::Target)
    }
}

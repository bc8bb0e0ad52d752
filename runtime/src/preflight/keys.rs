//! Unique keys of the target's tables, asked before anything is written: do rows that would be written collide with each
//! other, or with rows that are there? Texts are the same where the collation of their column says so.

use crate::connection::Connection;
use crate::entries::CHUNK;
use crate::error::{OnSide, RunError, Side};
use crate::fingerprint::{self, PrintSet};
use crate::print_store::PrintStore;
use crate::statements::{KeyColumn, Sql};
use crate::step::{KeyAssigned, Source, StepSpec, TargetRows, TargetSpec};
use crate::unique_key::{UniqueColumn, UniqueKey};
use crate::value::{Key, Kind, Row, Value};
use crate::world;
use std::collections::BTreeMap;

/// Values of the rows that would be written, for each key of a table. Maps that write into one table share them.
#[derive(Default)]
pub(super) struct Taken {
    sets: BTreeMap<(String, String), PrintStore>,
}

/// A key of a table that a step writes.
pub(super) struct TargetKey {
    /// Index of the target.
    pub(super) target: usize,
    pub(super) key: UniqueKey,
    /// Indexes into the target's columns, in the order of the key.
    places: Vec<usize>,
    /// Why nobody can tell.
    pub(super) unasked: Option<String>,
    /// Whether the table has rows already.
    filled: bool,
}

/// The value of a row under one of the step's keys: index of the key, fingerprint.
pub(super) type Print = (usize, u128);

/// Returns the keys under which rows of a step can collide.
pub(super) fn of_step(target: &mut dyn Connection, spec: &StepSpec) -> Result<Vec<TargetKey>, RunError> {
    let mut keys = Vec::new();
    let written = spec.targets.iter().enumerate().filter(|(_, role)| role.existing.is_none());
    for (at, role) in written {
        let filled = world::has_rows(target, Side::Target, &role.table)?;
        for key in target.unique_keys(&role.table).on(Side::Target)? {
            keys.extend(TargetKey::of((at, role), key, filled));
        }
    }
    Ok(keys)
}

impl TargetKey {
    /// Returns none if each row that is written has another value by the way it comes about.
    fn of((target, role): (usize, &TargetSpec), key: UniqueKey, filled: bool) -> Option<TargetKey> {
        let given = role.key.assigned == KeyAssigned::Engine;
        let mut places = Vec::with_capacity(key.columns.len());
        let mut unasked = key.beyond.clone();
        for column in &key.columns {
            if given && column.name.eq_ignore_ascii_case(&role.key.column) {
                return None;
            }
            let place = role.columns.iter().position(|own| own.name.eq_ignore_ascii_case(&column.name));
            match place.map(|place| (place, &role.columns[place].source)) {
                Some((_, Source::Generated | Source::Sibling(_))) => return None,
                Some((place, Source::Converted | Source::Constant(_) | Source::Link(_))) => places.push(place),
                None if unasked.is_none() => {
                    unasked = Some(format!("no rule writes {}, which the key contains", column.name));
                }
                None => {}
            }
        }
        Some(TargetKey { target, key, places, unasked, filled })
    }

    /// Returns the first of the target's columns that the key contains, as a run names it when the key refuses a row.
    pub(super) fn column<'s>(&self, spec: &'s StepSpec) -> Option<&'s crate::step::TargetColumn> {
        let first = self.places.iter().min()?;
        spec.targets[self.target].columns.get(*first)
    }

    /// Returns the value of that column for the report; null where it is a key that is still to come.
    pub(super) fn shown(&self, spec: &StepSpec, rows: &TargetRows) -> Value {
        let first = self.places.iter().min();
        let value = first.zip(rows[self.target].as_ref()).map(|(place, row)| (*place, row[*place].clone()));
        let is_own = |(place, value): &(usize, Value)| is_of(value, spec.targets[self.target].columns[*place].kind);
        value.filter(is_own).map_or(Value::Null, |(_, value)| value)
    }

    /// Returns what the key compares of a row; none if it is not asked, or like nothing else.
    fn values(&self, rows: &TargetRows) -> Option<Key> {
        let row = rows[self.target].as_ref().filter(|_| self.unasked.is_none())?;
        let values: Key = self.places.iter().map(|place| row[*place].clone()).collect();
        (!values.iter().any(Value::is_null)).then_some(values)
    }

    fn name(&self, spec: &StepSpec) -> (String, String) {
        (spec.targets[self.target].table.clone(), self.key.name.clone())
    }
}

/// Returns the values of some rows under all keys, and which of these values are there in the target already.
pub(super) fn ask(
    target: &mut dyn Connection,
    spec: &StepSpec,
    keys: &[TargetKey],
    rows: &[&TargetRows],
) -> Result<(Vec<Vec<Print>>, Vec<PrintSet>), RunError> {
    let (mut prints, mut there) = (vec![Vec::new(); rows.len()], Vec::with_capacity(keys.len()));
    for (at, key) in keys.iter().enumerate() {
        let asked: Vec<(usize, Key)> =
            rows.iter().enumerate().filter_map(|(row, rows)| Some((row, key.values(rows)?))).collect();
        let (of, values): (Vec<usize>, Vec<Key>) = asked.into_iter().unzip();
        there.push(present(target, spec, key, &values)?);
        let folded = prints_of(target, &key.key.columns, values)?;
        of.into_iter().zip(folded).for_each(|(row, print)| prints[row].push((at, print)));
    }
    Ok((prints, there))
}

/// Returns the fingerprints of values, those of texts by what their collation makes of them.
fn prints_of(
    target: &mut dyn Connection,
    columns: &[UniqueColumn],
    mut values: Vec<Key>,
) -> Result<Vec<u128>, RunError> {
    for (at, column) in columns.iter().enumerate() {
        let Some(collation) = &column.collation else { continue };
        let texts: Vec<&str> = values.iter().filter_map(|key| text(&key[at])).collect();
        let mut keys = target.collation_keys(collation, &texts).on(Side::Target)?.into_iter();
        for key in values.iter_mut().filter(|key| text(&key[at]).is_some()) {
            key[at] = keys.next().unwrap_or(Value::Null);
        }
    }
    Ok(values.iter().map(fingerprint::of).collect())
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// Returns the values that rows of the target have among some, by fingerprint.
fn present(
    target: &mut dyn Connection,
    spec: &StepSpec,
    key: &TargetKey,
    values: &[Key],
) -> Result<PrintSet, RunError> {
    let role = &spec.targets[key.target];
    let columns: Vec<(&str, Kind)> =
        key.places.iter().map(|place| (role.columns[*place].name.as_str(), role.columns[*place].kind)).collect();
    // A row that is there refers to no row that is still to come.
    let asked = |values: &&Key| key.filled && values.iter().zip(&columns).all(|(value, (_, kind))| is_of(value, *kind));
    let asked: Vec<&Key> = values.iter().filter(asked).collect();
    let mut found: Vec<Key> = Vec::new();
    for chunk in asked.chunks(CHUNK) {
        let dialect = target.dialect();
        let compared = columns.iter().zip(&key.key.columns).map(|((name, kind), column)| {
            let name = dialect.quote(name);
            let expression = column.collation.as_ref().map(|collation| dialect.collated(&name, collation));
            KeyColumn { expression: expression.unwrap_or(name), kind: *kind }
        });
        let compared: Vec<KeyColumn> = compared.collect();
        let mut sql = Sql::new(dialect, "SELECT ");
        for (name, kind) in &columns {
            sql.result(&dialect.quote(name), *kind);
        }
        sql.push(" FROM ").name(&role.table).push(" WHERE ");
        same_for_key(&mut sql, &compared, chunk);
        let statement = sql.done();
        let mut each = |row: Row| {
            found.push(row);
            Ok(())
        };
        target.query(&statement.text, &statement.parameters, &statement.kinds, &mut each).on(Side::Target)?;
    }
    Ok(prints_of(target, &key.key.columns, found)?.into_iter().collect())
}

/// Writes that the columns hold one of some values, as the key's own comparison says.
fn same_for_key(sql: &mut Sql<'_>, columns: &[KeyColumn], keys: &[&Key]) {
    if columns.len() == 1 {
        sql.among(columns, keys);
        return;
    }
    for (at, key) in keys.iter().enumerate() {
        sql.push(if at == 0 { "(" } else { " OR (" });
        for (at, (column, value)) in columns.iter().zip(*key).enumerate() {
            sql.push(if at == 0 { "" } else { " AND " }).among(std::slice::from_ref(column), &[&vec![value.clone()]]);
        }
        sql.push(")");
    }
}

fn is_of(value: &Value, kind: Kind) -> bool {
    match value {
        Value::Bytes(_) => kind == Kind::Bytes,
        Value::Integer(number) => kind != Kind::Integer || i64::try_from(*number).is_ok(),
        // No server keeps it, and some take no such text as a parameter.
        Value::Text(text) => !text.contains('\0'),
        _ => true,
    }
}

impl Taken {
    /// Returns the first key under which a row collides with a row that is there, or with one that would be written
    /// before it.
    pub(super) fn collides(
        &self,
        spec: &StepSpec,
        keys: &[TargetKey],
        prints: &[Print],
        there: &[PrintSet],
    ) -> Result<Option<usize>, RunError> {
        let mut own: Vec<((String, String), u128)> = Vec::with_capacity(prints.len());
        for (key, print) in prints {
            let name = keys[*key].name(spec);
            let taken = self.sets.get(&name).map_or(Ok(false), |set| set.contains(*print))?;
            // Two targets of one row may write into one table.
            let twice = own.iter().any(|(other, value)| *other == name && value == print);
            if taken || twice || there[*key].contains(print) {
                return Ok(Some(*key));
            }
            own.push((name, *print));
        }
        Ok(None)
    }

    /// Takes the values of a row that would be written.
    pub(super) fn take(&mut self, spec: &StepSpec, keys: &[TargetKey], prints: &[Print]) -> Result<(), RunError> {
        for (key, print) in prints {
            self.sets.entry(keys[*key].name(spec)).or_default().insert(*print)?;
        }
        Ok(())
    }
}

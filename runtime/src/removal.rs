//! Finds out what stands in the way of deleting rows that cutover wrote: somebody has changed them since, or something
//! refers to them. Deleting them is up to the callers, rollback and sync.

use crate::connection::{Connection, Referrer};
use crate::entries::Entry;
use crate::error::{OnSide, RunError, Side};
use crate::fingerprint::{self, PrintMap, PrintSet, hex};
use crate::report::{Left, LeftReason, key_text};
use crate::share::shares;
use crate::statements::{KeyColumn, Sql, column};
use crate::step::{StepSpec, TargetSpec};
use crate::target_rows;
use crate::value::{Key, Kind, Row, Value};
use std::collections::HashSet;

/// A target row: its table and the fingerprint of its key.
pub(crate) type RowId = (String, u128);

/// A row that refers to a target row.
struct Referring {
    table: String,
    column: String,
    /// Which row, if it is in a table of the same step.
    row: Option<RowId>,
}

/// What is to be known before rows of some entries can be deleted.
pub(crate) struct Removal {
    /// For each role: the rows that are there.
    pub(crate) present: Vec<PrintMap<Row>>,
    /// For each role: the rows with a changed column that no rule writes.
    departed: Vec<PrintSet>,
    /// For each role: who refers to a row.
    referring: Vec<PrintMap<Vec<Referring>>>,
}

impl Removal {
    /// Looks at the rows of some entries and at what refers to them.
    pub(crate) fn plan(
        target: &mut dyn Connection,
        spec: &StepSpec,
        departures: &[Vec<String>],
        entries: &[&Entry],
    ) -> Result<Removal, RunError> {
        let mut plan = Removal { present: Vec::new(), departed: Vec::new(), referring: Vec::new() };
        for (at, role) in spec.targets.iter().enumerate() {
            let keys = || entries.iter().map(|entry| &entry.roles[at].0);
            plan.present.push(target_rows::held_of_keys(target, role, keys())?);
            plan.departed.push(target_rows::departed(target, role, &departures[at], keys())?);
            plan.referring.push(referring(target, spec, role, keys())?);
        }
        Ok(plan)
    }

    /// Returns why the rows of an entry cannot be deleted. Rows in `deleted` are gone already.
    pub(crate) fn obstacles(
        &self,
        spec: &StepSpec,
        entry: &Entry,
        deleted: &HashSet<RowId>,
    ) -> Vec<(usize, LeftReason)> {
        let own = row_ids(spec, entry);
        let mut obstacles = Vec::new();
        for (at, (key, written)) in entry.roles.iter().enumerate() {
            let print = fingerprint::of([key]);
            let Some(row) = self.present[at].get(&print) else { continue };
            if *written != Value::Text(hex(fingerprint::of(row))) || self.departed[at].contains(&print) {
                obstacles.push((at, LeftReason::Changed));
                continue;
            }
            if let Some(other) = self.others(at, print, &own, deleted).next() {
                let (table, column) = (other.table.clone(), other.column.clone());
                obstacles.push((at, LeftReason::Referred { table, column }));
            }
        }
        obstacles
    }

    /// Returns whether rows that are not in `deleted`, and not of the same entry, refer to rows of an entry.
    pub(crate) fn is_referred_to(&self, spec: &StepSpec, entry: &Entry, deleted: &HashSet<RowId>) -> bool {
        let own = row_ids(spec, entry);
        let mut roles = entry.roles.iter().enumerate();
        roles.any(|(at, (key, _))| self.others(at, fingerprint::of([key]), &own, deleted).next().is_some())
    }

    /// Returns what refers to a row in a role, but for rows of the same entry and such that are gone already.
    fn others<'s>(
        &'s self,
        at: usize,
        row: u128,
        own: &'s [RowId],
        deleted: &'s HashSet<RowId>,
    ) -> impl Iterator<Item = &'s Referring> {
        let known = |row: &RowId| own.contains(row) || deleted.contains(row);
        let referring = self.referring[at].get(&row).into_iter().flatten();
        referring.filter(move |other| !other.row.as_ref().is_some_and(known))
    }
}

/// Describes a row of an entry that is left as it is.
pub(crate) fn left(spec: &StepSpec, entry: &Entry, at: usize, reason: LeftReason) -> Left {
    let role = &spec.targets[at];
    Left {
        map: spec.name.clone(),
        role: role.role.clone(),
        table: role.table.clone(),
        legacy_key: key_text(&entry.key),
        target_key: entry.roles[at].0.clone(),
        reason,
    }
}

/// Returns a referring table as an operator knows it.
fn shown(referrer: &Referrer) -> String {
    match &referrer.schema {
        Some(schema) => format!("{schema}.{}", referrer.table),
        None => referrer.table.clone(),
    }
}

/// Returns the target rows of an entry.
pub(crate) fn row_ids(spec: &StepSpec, entry: &Entry) -> Vec<RowId> {
    let roles = spec.targets.iter().zip(&entry.roles).filter(|(_, (key, _))| !key.is_null());
    roles.map(|(role, (key, _))| (role.table.clone(), fingerprint::of([key]))).collect()
}

/// Returns for each role the conditions that a column which no rule writes was changed.
pub(crate) fn departures(target: &mut dyn Connection, spec: &StepSpec) -> Result<Vec<Vec<String>>, RunError> {
    spec.targets.iter().map(|role| target_rows::departures(target, role)).collect()
}

/// Returns who refers to the rows with these keys (and maybe to others), by the foreign keys that the database has now.
fn referring<'v>(
    target: &mut dyn Connection,
    spec: &StepSpec,
    role: &TargetSpec,
    keys: impl Iterator<Item = &'v Value>,
) -> Result<PrintMap<Vec<Referring>>, RunError> {
    let keys: Vec<Key> = keys.filter(|key| !key.is_null()).map(|key| vec![key.clone()]).collect();
    let mut found: PrintMap<Vec<Referring>> = PrintMap::default();
    if keys.is_empty() {
        return Ok(found);
    }
    for referrer in target.referrers(&role.table).on(Side::Target)? {
        let is_own = |own: &&TargetSpec| referrer.schema.is_none() && own.table.eq_ignore_ascii_case(&referrer.table);
        let own = spec.targets.iter().find(is_own);
        shares(&mut keys.iter().collect::<Vec<_>>(), |share| {
            let dialect = target.dialect();
            let key = KeyColumn { expression: column(dialect, "t", &role.key.column), kind: role.key.kind };
            let mut sql = Sql::new(dialect, "SELECT DISTINCT ");
            sql.result(&key.expression, key.kind);
            let (expression, kind) = own
                .map_or(("NULL".to_string(), Kind::Text), |own| (column(dialect, "r", &own.key.column), own.key.kind));
            sql.result(&expression, kind);
            let on = (column(dialect, "r", &referrer.column), column(dialect, "t", &referrer.referenced));
            sql.push(" FROM ").name(&role.table).push(" AS ").name("t").push(" JOIN ");
            if let Some(schema) = &referrer.schema {
                sql.name(schema).push(".");
            }
            sql.name(&referrer.table);
            sql.push(" AS ").name("r").push(&format!(" ON {} = {} WHERE ", on.0, on.1));
            sql.of_share(&[key], share);
            let statement = sql.done();
            let mut each = |row: Row| {
                let row_id = own.map(|own| (own.table.clone(), fingerprint::of([&row[1]])));
                let (table, column) = (shown(&referrer), referrer.column.clone());
                let other = Referring { table, column, row: row_id };
                found.entry(fingerprint::of([&row[0]])).or_default().push(other);
                Ok(())
            };
            target.query(&statement.text, &statement.parameters, &statement.kinds, &mut each).on(Side::Target)
        })?;
    }
    Ok(found)
}

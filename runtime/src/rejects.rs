//! Rejected rows: which of them stand, for whoever looks at them or tries them again. They are kept in the journal until
//! a retry or a rollback settles them otherwise.

use crate::connection::Connection;
use crate::entries::{rows, unsigned};
use crate::error::{OnSide, RunError, Side};
use crate::fingerprint::{self, PrintSet};
use crate::journal::{self, REJECT, number, text};
use crate::report::{Counts, read_key};
use crate::statements::{KeyColumn, Order, Sql};
use crate::step::{Step, StepSpec};
use crate::value::{Kind, Row, Value};
use crate::{entries, world};
use serde::Serialize;

/// Which rejected rows are meant; an empty list means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RejectFilter {
    /// Names of maps.
    pub maps: Vec<String>,
    /// Names of reasons.
    pub reasons: Vec<String>,
}

/// One rejected row. The value is in full; masking it is up to who shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectedRow {
    /// The map.
    pub map: String,
    /// Key of the legacy row.
    pub legacy_key: String,
    /// The column.
    pub column: String,
    /// Name of the reason.
    pub reason: String,
    /// What it means.
    pub message: String,
    /// The offending value, if there was one.
    pub value: Option<String>,
    /// Line in the mapping.
    pub line: i64,
    /// The run that rejected it.
    pub run: i64,
}

/// Rejected rows that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RejectList {
    /// The rows by map and key, at most as many as were asked for.
    pub rows: Vec<RejectedRow>,
    /// How many there are.
    pub total: u64,
}

/// Returns the rejected rows that stand, at most `keep` of them. Writes nothing and takes no lock.
pub fn rejects(target: &mut dyn Connection, filter: &RejectFilter, keep: usize) -> Result<RejectList, RunError> {
    if !journal::exists(target)? {
        return Ok(RejectList::default());
    }
    world::check_readable(target)?;
    let dialect = target.dialect();
    let mut sql = Sql::new(dialect, "SELECT ");
    sql.result("COUNT(*)", Kind::Integer).push(" FROM ").name(REJECT.name).push(" WHERE 1 = 1");
    filter.narrow(&mut sql);
    let counted = sql.done();
    let mut sql = Sql::new(dialect, "SELECT ");
    for (name, kind) in REJECT.columns {
        sql.result(&dialect.quote(name), *kind);
    }
    sql.push(" FROM ").name(REJECT.name).push(" WHERE 1 = 1");
    filter.narrow(&mut sql);
    let key = ["map", "legacy_key"].map(|name| KeyColumn { expression: dialect.quote(name), kind: Kind::Text });
    sql.ordered(&key, Order::Ascending, Some(keep));
    let statement = sql.done();
    let total = rows(target, &counted).on(Side::Target)?.first().map_or(0, |row| unsigned(&row[0]));
    let listed = rows(target, &statement).on(Side::Target)?;
    Ok(RejectList { rows: listed.iter().map(rejected_row).collect(), total })
}

fn rejected_row(row: &Row) -> RejectedRow {
    let shown = |value: &Value| if value.is_null() { String::new() } else { value.to_string() };
    RejectedRow {
        map: shown(&row[0]),
        legacy_key: shown(&row[1]),
        column: shown(&row[2]),
        reason: shown(&row[3]),
        message: shown(&row[4]),
        value: (!row[5].is_null()).then(|| row[5].to_string()),
        line: number(&row[6]),
        run: number(&row[7]),
    }
}

impl RejectFilter {
    /// Writes the conditions that a row of the journal must fulfil.
    fn narrow(&self, sql: &mut Sql<'_>) {
        for (column, wanted) in [("map", &self.maps), ("rule", &self.reasons)] {
            if wanted.is_empty() {
                continue;
            }
            sql.push(" AND ").name(column).push(" IN (");
            for (at, name) in wanted.iter().enumerate() {
                sql.push(if at == 0 { "" } else { ", " }).bind(&text(name));
            }
            sql.push(")");
        }
    }

    /// Refuses maps that are not given, and reasons that none of the maps meant has or has ever had.
    pub(crate) fn check(&self, target: &mut dyn Connection, steps: &[Box<dyn Step>]) -> Result<(), RunError> {
        world::check_maps(steps, &self.maps)?;
        let meant = |spec: &&StepSpec| self.maps.is_empty() || self.maps.contains(&spec.name);
        let specs: Vec<&StepSpec> = steps.iter().map(|step| step.spec()).filter(meant).collect();
        for wanted in &self.reasons {
            let declared = specs.iter().any(|spec| spec.reasons.iter().any(|reason| reason.name == *wanted));
            let one = RejectFilter { maps: self.maps.clone(), reasons: vec![wanted.clone()] };
            if !declared && rejects(target, &one, 0)?.total == 0 {
                return Err(RunError::NoSuchReason { reason: wanted.clone() });
            }
        }
        Ok(())
    }
}

/// Which rejected rows of a step are tried again.
pub(crate) enum Retries {
    None,
    All,
    /// Those with these keys, by fingerprint.
    These(PrintSet),
}

impl Retries {
    /// Finds out what the operator has chosen for a step.
    pub(crate) fn load(
        target: &mut dyn Connection,
        spec: &StepSpec,
        filter: Option<&RejectFilter>,
    ) -> Result<Retries, RunError> {
        match filter {
            None => Ok(Retries::None),
            Some(filter) if !filter.maps.is_empty() && !filter.maps.contains(&spec.name) => Ok(Retries::None),
            Some(filter) if filter.reasons.is_empty() => Ok(Retries::All),
            Some(filter) => {
                let own = RejectFilter { maps: vec![spec.name.clone()], reasons: filter.reasons.clone() };
                let kinds = entries::key_kinds(spec);
                let rows = rejects(target, &own, i32::MAX as usize)?.rows;
                let keys = rows.iter().filter_map(|row| read_key(&row.legacy_key, &kinds));
                Ok(Retries::These(keys.map(|key| fingerprint::of(&key)).collect()))
            }
        }
    }

    /// Returns whether the rejected row with this key is tried again.
    pub(crate) fn contains(&self, key: u128) -> bool {
        match self {
            Retries::None => false,
            Retries::All => true,
            Retries::These(keys) => keys.contains(&key),
        }
    }

    /// Returns how many rejected rows stay as they are.
    pub(crate) fn standing(&self, counts: Counts) -> u64 {
        match self {
            Retries::None => counts.rejected,
            Retries::All => 0,
            Retries::These(keys) => counts.rejected.saturating_sub(keys.len() as u64),
        }
    }
}

//! Checks before a command works on a target: whether the journal there belongs to these databases and this mapping,
//! and whether the databases have what the steps read and write.

use crate::connection::Connection;
use crate::error::{Difference, OnSide, RunError, Side};
use crate::journal::{FORMAT, META, text, within};
use crate::statements::{KeyColumn, Order, Sql};
use crate::step::{LinkSpec, ReadSource, ReadSpec, Step, StepSpec};
use crate::value::{Kind, Value};
use crate::{entries, journal};
use std::collections::BTreeSet;

/// What the journal says about its world, by name.
fn stored(target: &mut dyn Connection, name: &str) -> Result<Option<String>, RunError> {
    Ok(META.get(target, &vec![text(name)])?.and_then(|row| match &row[1] {
        Value::Text(value) => Some(value.clone()),
        _ => None,
    }))
}

/// Refuses a journal in a format that this version does not know, brings an older one up to date, and writes the format
/// into a new one.
pub(crate) fn check_format(target: &mut dyn Connection) -> Result<(), RunError> {
    let found = known_format(target)?;
    if found == Some(FORMAT) {
        return Ok(());
    }
    within(target, |target| {
        journal::upgrade(target)?;
        META.put(target, &vec![text("state_format"), text(&FORMAT.to_string())])
    })
}

/// Refuses a journal in a format that this version does not know.
pub(crate) fn check_readable(target: &mut dyn Connection) -> Result<(), RunError> {
    known_format(target).map(|_| ())
}

/// Returns the format of the journal, which is this one or an older one; none if the journal is new.
fn known_format(target: &mut dyn Connection) -> Result<Option<u32>, RunError> {
    let Some(found) = stored(target, "state_format")? else { return Ok(None) };
    match found.parse() {
        Ok(format @ 1..=FORMAT) => Ok(Some(format)),
        _ => Err(RunError::OtherFormat { found, known: FORMAT }),
    }
}

/// Refuses names that no step has.
pub(crate) fn check_maps(steps: &[Box<dyn Step>], maps: &[String]) -> Result<(), RunError> {
    let known: Vec<String> = steps.iter().map(|step| step.spec().name.clone()).collect();
    match maps.iter().find(|map| !known.contains(map)) {
        Some(map) => Err(RunError::NoSuchMap { map: map.clone(), known }),
        None => Ok(()),
    }
}

/// Refuses a world that differs from the one the journal was made in, unless `rebind` accepts it. Remembers this one.
pub(crate) fn check(
    legacy: Option<&mut dyn Connection>,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    rebind: bool,
) -> Result<(), RunError> {
    let now = present(legacy, target, steps)?;
    compare(target, steps, &now, rebind)?;
    within(target, |target| {
        now.iter().try_for_each(|(name, value, _)| META.put(target, &vec![text(name), text(value)]))
    })
}

/// Refuses what [`check`] refuses, and a journal in a format that this version does not know. Remembers nothing.
pub(crate) fn check_unchanged(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    rebind: bool,
) -> Result<(), RunError> {
    if !journal::exists(target)? {
        return Ok(());
    }
    check_readable(target)?;
    let now = present(Some(legacy), target, steps)?;
    compare(target, steps, &now, rebind)
}

/// Returns what the journal would say about this world.
fn present<'s>(
    legacy: Option<&mut dyn Connection>,
    target: &mut dyn Connection,
    steps: &'s [Box<dyn Step>],
) -> Result<Vec<(String, String, About<'s>)>, RunError> {
    let identity = |side: Side, now: String| (format!("{side}_identity"), now, About::Database(side));
    let mut now = vec![identity(Side::Target, target.identity().on(Side::Target)?)];
    if let Some(legacy) = legacy {
        now.push(identity(Side::Legacy, legacy.identity().on(Side::Legacy)?));
    }
    for spec in steps.iter().map(|step| step.spec()) {
        now.push((meaning_name(spec), spec.meaning.clone(), About::Map(&spec.name)));
    }
    Ok(now)
}

fn compare(
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    now: &[(String, String, About<'_>)],
    rebind: bool,
) -> Result<(), RunError> {
    let used = any_entries(target, steps)?;
    let mut differences = Vec::new();
    for (name, value, about) in now {
        let before = stored(target, name)?.filter(|before| before != value);
        match (before, about) {
            (Some(stored), About::Database(side)) if !used.is_empty() => {
                differences.push(Difference::Database { side: *side, stored, now: value.clone() });
            }
            // A map without entries may change its meaning: nothing depends on it yet.
            (Some(_), About::Map(map)) if used.iter().any(|used| used == map) => {
                differences.push(Difference::Map(map.to_string()));
            }
            _ => {}
        }
    }
    if differences.is_empty() || rebind { Ok(()) } else { Err(RunError::OtherWorld(differences)) }
}

/// What an entry of the journal about its world is about.
enum About<'s> {
    Database(Side),
    Map(&'s str),
}

/// Name under which the meaning of a map is kept.
pub(crate) fn meaning_name(spec: &StepSpec) -> String {
    format!("meaning:{}", spec.name)
}

fn any_entries(target: &mut dyn Connection, steps: &[Box<dyn Step>]) -> Result<Vec<String>, RunError> {
    let mut used = Vec::new();
    for spec in steps.iter().map(|step| step.spec()) {
        if target.columns(&spec.map_table).on(Side::Target)?.is_some()
            && has_rows(target, Side::Target, &spec.map_table)?
        {
            used.push(spec.name.clone());
        }
    }
    Ok(used)
}

/// Returns whether a table has any row. Asks for no column: the layout may be another one.
pub(crate) fn has_rows(connection: &mut dyn Connection, side: Side, table: &str) -> Result<bool, RunError> {
    let mut sql = Sql::new(connection.dialect(), "SELECT ");
    sql.result("1", Kind::Integer).push(" FROM ").name(table).push(" LIMIT 1");
    let statement = sql.done();
    Ok(!entries::rows(connection, &statement).on(side)?.is_empty())
}

/// Lists every table and column that the steps use and the databases lack.
pub(crate) fn check_schema(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
) -> Result<(), RunError> {
    crate::load::wait_for_orphans(target)?;
    let missing = missing(legacy, target, steps)?;
    if missing.is_empty() {
        return Ok(());
    }
    let swapped = self::missing(target, legacy, steps).is_ok_and(|missing| missing.is_empty());
    Err(if swapped { RunError::Swapped(missing) } else { RunError::MissingSchema(missing) })
}

fn missing(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
) -> Result<Vec<String>, RunError> {
    let mut missing = Vec::new();
    for spec in steps.iter().map(|step| step.spec()) {
        for (table, columns) in legacy_use(&spec.read) {
            look(legacy, Side::Legacy, &table, &columns, &mut missing)?;
        }
        for (table, columns) in target_use(spec) {
            look(target, Side::Target, &table, &columns, &mut missing)?;
        }
    }
    missing.dedup();
    Ok(missing)
}

/// Lists the columns that a map table lacks, which an older mapping made.
pub(crate) fn check_map_tables<'s>(
    target: &mut dyn Connection,
    specs: impl Iterator<Item = &'s StepSpec>,
) -> Result<(), RunError> {
    let mut missing = Vec::new();
    for spec in specs {
        let columns: BTreeSet<String> = entries::columns(spec).into_iter().map(|(name, _)| name).collect();
        look(target, Side::Target, &spec.map_table, &columns, &mut missing)?;
    }
    if missing.is_empty() { Ok(()) } else { Err(RunError::MissingSchema(missing)) }
}

fn look(
    connection: &mut dyn Connection,
    side: Side,
    table: &str,
    columns: &BTreeSet<String>,
    missing: &mut Vec<String>,
) -> Result<(), RunError> {
    let Some(present) = connection.columns(table).on(side)? else {
        missing.push(format!("{side} table {table}"));
        return Ok(());
    };
    let lacks = |column: &&String| !present.iter().any(|name| name.eq_ignore_ascii_case(column));
    missing.extend(columns.iter().filter(lacks).map(|column| format!("{side} column {table}.{column}")));
    Ok(())
}

type Use = Vec<(String, BTreeSet<String>)>;

fn legacy_use(read: &ReadSpec) -> Use {
    let mut tables = vec![(read.alias.clone(), read.table.clone(), BTreeSet::new())];
    tables.extend(read.joins.iter().map(|join| (join.alias.clone(), join.table.clone(), BTreeSet::new())));
    let joins = read.joins.iter().flat_map(|join| join.on.iter().map(|on| (join.alias.clone(), on.column.clone())));
    let reads = read.columns.iter().filter_map(|column| match &column.source {
        ReadSource::Column(alias, name) => Some((alias.clone(), name.clone())),
        ReadSource::Present(_) | ReadSource::Exists(_) | ReadSource::Several(_) => None,
    });
    for (alias, column) in joins.chain(reads) {
        if let Some((_, _, columns)) = tables.iter_mut().find(|(name, _, _)| *name == alias) {
            columns.insert(column);
        }
    }
    let asked = read.exists.iter().flat_map(|exists| exists.tables.iter().map(move |table| (exists, table)));
    let asked = asked.map(|(exists, table)| {
        let own = exists.on.iter().filter(|on| on.alias == table.alias);
        (table.table.clone(), own.map(|on| on.column.clone()).collect())
    });
    tables.into_iter().map(|(_, table, columns)| (table, columns)).chain(asked).collect()
}

fn target_use(spec: &StepSpec) -> Use {
    let written = spec.targets.iter().map(|target| {
        let mut columns: BTreeSet<String> = target.columns.iter().map(|column| column.name.clone()).collect();
        columns.insert(target.key.column.clone());
        (target.table.clone(), columns)
    });
    let looked_up = spec.links.iter().filter_map(|link| match link {
        LinkSpec::Reference { .. } => None,
        LinkSpec::Lookup { table, result, by, .. } => {
            let mut columns: BTreeSet<String> = by.iter().map(|column| column.column.clone()).collect();
            columns.insert(result.clone());
            Some((table.clone(), columns))
        }
    });
    written.chain(looked_up).collect()
}

/// Refuses a target from which the first or the last migrated rows of a step are gone: somebody emptied it or put
/// another one in its place.
pub(crate) fn check_edges(target: &mut dyn Connection, steps: &[Box<dyn Step>]) -> Result<(), RunError> {
    check_edges_of(target, steps.iter().map(|step| step.spec()))
}

/// The same for some steps that have a map table.
pub(crate) fn check_edges_of<'s>(
    target: &mut dyn Connection,
    specs: impl Iterator<Item = &'s StepSpec>,
) -> Result<(), RunError> {
    for spec in specs {
        for order in [Order::Ascending, Order::Descending] {
            if let Some(entry) = entries::migrated_edge(target, spec, order)? {
                check_rows(target, spec, &entry)?;
            }
        }
    }
    Ok(())
}

fn check_rows(target: &mut dyn Connection, spec: &StepSpec, entry: &entries::Entry) -> Result<(), RunError> {
    for (role, (key, _)) in spec.targets.iter().zip(&entry.roles).filter(|(_, (key, _))| !key.is_null()) {
        let dialect = target.dialect();
        let column = KeyColumn { expression: dialect.quote(&role.key.column), kind: role.key.kind };
        let mut sql = Sql::new(dialect, "SELECT ");
        sql.result("1", Kind::Integer).push(" FROM ").name(&role.table).push(" WHERE ");
        sql.equal(&[column], std::slice::from_ref(key));
        let statement = sql.done();
        if entries::rows(target, &statement).on(Side::Target)?.is_empty() {
            let (map, table) = (spec.name.clone(), role.table.clone());
            return Err(RunError::TargetEmptied { map, table, key: key.to_string() });
        }
    }
    Ok(())
}

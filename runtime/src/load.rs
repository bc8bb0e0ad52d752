//! Load mode: secondary indexes and foreign keys of the tables that a run writes are taken off, and put back at its end.
//! Each is written to the journal before it goes and struck out once it is back, so that whatever happens in between,
//! the next command knows what is missing. What may go is decided in [`proof`], how it comes back in [`rebuild`].

use crate::connection::{Connection, StoreError, StoreErrorKind};
use crate::error::{OnSide, RunError, Side};
use crate::journal::{self, TAKEN_OFF, int, now, number, text, within};
use crate::observer::Observer;
use crate::removable::{ForeignKey, Removable, RemovableKind, Removal};
use crate::report::TakenOff;
use crate::step::{Step, StepSpec};
use crate::value::{Row, Value};
use crate::{failpoint, lock, world};
use std::collections::BTreeSet;

mod proof;
mod rebuild;

/// How many connections put things back where nobody says otherwise.
pub(crate) const STREAMS: usize = 2;

/// A thing that the journal says is off, by its place there.
#[derive(Debug, Clone)]
struct Logged {
    place: i64,
    thing: Removable,
    since: String,
}

/// Who works on the target, and with how many connections it may put things back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) run: i64,
    pub(crate) epoch: i64,
    pub(crate) streams: usize,
}

/// Puts back what a run in load mode that was killed has left off, over two connections where the target can have
/// several. Needs neither the mapping nor the legacy database. Returns how many indexes and foreign keys came back; fails
/// if one of them cannot, after having put back all others.
pub fn restore(target: &mut dyn Connection, observer: &mut dyn Observer) -> Result<u64, RunError> {
    if !journal::exists(target)? {
        return Ok(0);
    }
    lock::take(target)?;
    let result = restore_locked(target, observer);
    target.unlock_runner();
    result
}

fn restore_locked(target: &mut dyn Connection, observer: &mut dyn Observer) -> Result<u64, RunError> {
    world::check_format(target)?;
    if logged(target)?.is_empty() {
        return Ok(0);
    }
    let epoch = lock::new_epoch(target)?;
    let run = journal::begin_run(target, "restore", epoch)?;
    let result = put_back(target, Owner { run, epoch, streams: STREAMS }, observer);
    let outcome = if result.is_ok() { "complete" } else { "failed" };
    let closed = crate::run::close(target, run, epoch, outcome);
    let count = result?;
    closed.map(|()| count)
}

/// Returns what the journal says is off.
pub(crate) fn taken_off(target: &mut dyn Connection) -> Result<Vec<TakenOff>, RunError> {
    let told = |logged: Logged| {
        let Removable { kind, table, name, .. } = logged.thing;
        TakenOff { kind, table, name, since: logged.since }
    };
    Ok(logged(target)?.into_iter().map(told).collect())
}

/// Waits for statements that a server goes on with although the command that sent them is dead. While MariaDB rebuilds a
/// table, its catalogue may deny for a moment that there is one; who reads the table waits.
pub(crate) fn wait_for_orphans(target: &mut dyn Connection) -> Result<(), RunError> {
    let tables: BTreeSet<String> = logged(target)?.into_iter().map(|logged| logged.thing.table).collect();
    for table in tables {
        match world::has_rows(target, Side::Target, &table) {
            // Whoever needs the table will miss it.
            Ok(_) | Err(RunError::Store { error: StoreError { kind: StoreErrorKind::OtherSchema, .. }, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes off what may be. What an earlier run has left off stays off, and what it has written down and not taken off goes
/// too. Every thing is in the journal before it goes.
pub(crate) fn take_off(
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    owner: Owner,
    observer: &mut dyn Observer,
) -> Result<(), RunError> {
    let known = still_fit(target, steps, owner, observer)?;
    let same = |one: &Removable, other: &Removable| {
        (one.kind, &one.table, &one.name) == (other.kind, &other.table, &other.name)
    };
    let mut things = removable(target, steps)?;
    things.retain(|thing| !known.iter().any(|known| same(&known.thing, thing)));
    failpoint::hit("load.before_log")?;
    write_down(target, known.last().map_or(1, |last| last.place + 1), &things, owner)?;
    failpoint::hit("load.logged")?;
    let mut all = logged(target)?;
    // A foreign key may need an index that goes as well.
    all.sort_by_key(|logged| (std::cmp::Reverse(logged.thing.kind), logged.place));
    for logged in &all {
        target.take_off(&logged.thing).on(Side::Target)?;
        failpoint::hit("load.taken_off")?;
    }
    observer.taken_off(all.len());
    Ok(())
}

/// Returns what an earlier run has left off. If a foreign key among it can be violated by now, because the mapping or what is
/// referred to has changed since, everything comes back first.
fn still_fit(
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    owner: Owner,
    observer: &mut dyn Observer,
) -> Result<Vec<Logged>, RunError> {
    let known = logged(target)?;
    let proofs = proof::Proofs::load(target, steps)?;
    let mut foreign_keys = known.iter().filter_map(|logged| logged.thing.foreign_key.as_ref());
    if foreign_keys.all(|foreign_key| proofs.hold(foreign_key)) {
        return Ok(known);
    }
    put_back(target, owner, observer)?;
    Ok(Vec::new())
}

/// Puts back all that is off. Returns how many things came back.
pub(crate) fn put_back(
    target: &mut dyn Connection,
    owner: Owner,
    observer: &mut dyn Observer,
) -> Result<u64, RunError> {
    let off = logged(target)?;
    if off.is_empty() {
        return Ok(0);
    }
    let count = off.len() as u64;
    failpoint::hit("load.before_put_back")?;
    within(target, |target| lock::check(target, owner.epoch))?;
    rebuild::rebuild(target, off, owner, observer)?;
    Ok(count)
}

/// Returns how many things load mode would take off, if the tables that a step writes have no row yet; otherwise none.
pub(crate) fn proposed(
    target: &mut dyn Connection,
    spec: &StepSpec,
    steps: &[Box<dyn Step>],
) -> Result<usize, RunError> {
    for role in spec.targets.iter().filter(|role| role.existing.is_none()) {
        if world::has_rows(target, Side::Target, &role.table)? {
            return Ok(0);
        }
    }
    Ok(removable(target, steps)?.len())
}

fn removable(target: &mut dyn Connection, steps: &[Box<dyn Step>]) -> Result<Vec<Removable>, RunError> {
    let proofs = proof::Proofs::load(target, steps)?;
    let mut things = Vec::new();
    for table in written(steps) {
        let roles = steps.iter().flat_map(|step| &step.spec().targets).filter(|role| role.table == table);
        let needed: Vec<String> = roles.map(|role| role.key.column.clone()).collect();
        let removal = Removal { table, needed: &needed, holds: &|foreign_key| proofs.hold(foreign_key) };
        things.extend(target.removable(&removal).on(Side::Target)?);
    }
    Ok(things)
}

/// Returns the tables in which the steps write rows.
fn written(steps: &[Box<dyn Step>]) -> BTreeSet<&str> {
    let roles = steps.iter().flat_map(|step| &step.spec().targets);
    roles.filter(|role| role.existing.is_none()).map(|role| role.table.as_str()).collect()
}

fn write_down(target: &mut dyn Connection, first: i64, things: &[Removable], owner: Owner) -> Result<(), RunError> {
    within(target, |target| {
        lock::check(target, owner.epoch)?;
        let since = now();
        for (place, thing) in (first..).zip(things) {
            let texts = [&thing.table, &thing.name, &thing.take_off, &thing.put_back, &since].map(|value| text(value));
            let mut row = vec![int(place), text(kind_name(thing.kind))];
            row.extend(texts);
            row.push(int(owner.run));
            row.extend(foreign_key_values(thing.foreign_key.as_ref()));
            TAKEN_OFF.insert(target, &row)?;
        }
        Ok(())
    })
}

/// Strikes out what is back.
fn strike_out(target: &mut dyn Connection, things: &[Logged], epoch: i64) -> Result<(), RunError> {
    within(target, |target| {
        lock::check(target, epoch)?;
        things.iter().try_for_each(|logged| TAKEN_OFF.remove(target, &vec![int(logged.place)]))
    })
}

/// An older journal has no such table.
fn logged(target: &mut dyn Connection) -> Result<Vec<Logged>, RunError> {
    if target.columns(TAKEN_OFF.name).on(Side::Target)?.is_none() {
        return Ok(Vec::new());
    }
    TAKEN_OFF.all(target)?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Logged, RunError> {
    let kind = match &row[1] {
        Value::Text(name) if name == kind_name(RemovableKind::Index) => RemovableKind::Index,
        Value::Text(name) if name == kind_name(RemovableKind::ForeignKey) => RemovableKind::ForeignKey,
        other => return Err(RunError::StrangeKind { found: other.to_string() }),
    };
    let [table, name, take_off, put_back, since] = [2, 3, 4, 5, 6].map(|at: usize| row[at].to_string());
    let foreign_key = (kind == RemovableKind::ForeignKey).then(|| {
        let [column, referenced, referenced_column] = [8, 9, 10].map(|at: usize| row[at].to_string());
        let null_by_default = number(&row[11]) == 1;
        ForeignKey { table: table.clone(), column, referenced, referenced_column, null_by_default }
    });
    let thing = Removable { kind, table, name, take_off, put_back, foreign_key };
    Ok(Logged { place: number(&row[0]), thing, since })
}

fn foreign_key_values(foreign_key: Option<&ForeignKey>) -> Row {
    let Some(foreign_key) = foreign_key else { return vec![Value::Null; 4] };
    let ForeignKey { column, referenced, referenced_column, null_by_default, .. } = foreign_key;
    vec![text(column), text(referenced), text(referenced_column), int(i64::from(*null_by_default))]
}

fn kind_name(kind: RemovableKind) -> &'static str {
    match kind {
        RemovableKind::Index => "index",
        RemovableKind::ForeignKey => "foreign_key",
    }
}

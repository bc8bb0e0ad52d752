//! Puts back what load mode has taken off, over several connections. What is back is struck out of the journal at once;
//! what cannot be put back stays there, and does not keep the rest from coming back.

use super::{Logged, Owner, strike_out};
use crate::connection::{Connection, StoreError, StoreErrorKind};
use crate::error::RunError;
use crate::failpoint;
use crate::observer::{Observer, PutBack};
use crate::removable::{Removable, RemovableKind};
use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};

/// Things that one connection puts back in one go.
type Unit = Vec<Logged>;

/// What became of a unit: one answer for each thing.
type Answers = Vec<Result<(), StoreError>>;

/// Puts everything back.
pub(super) fn rebuild(
    target: &mut dyn Connection,
    off: Vec<Logged>,
    owner: Owner,
    observer: &mut dyn Observer,
) -> Result<(), RunError> {
    let all = off.len();
    let rounds = rounds(off, target.puts_tables_back_whole());
    let mut work = Work { target, epoch: owner.epoch, observer, all, done: 0, failed: Vec::new() };
    work.observer.putting_back(all);
    let mut connections = work.connections(owner.streams.min(rounds.iter().map(Vec::len).max().unwrap_or(0)));
    for units in rounds {
        work.round(units, &mut connections)?;
    }
    work.again()
}

/// Returns what can be put back at the same time, round by round: indexes first, since checking a foreign key and adding
/// one may need them.
fn rounds(mut off: Vec<Logged>, whole_tables: bool) -> Vec<Vec<Unit>> {
    off.sort_by_key(|logged| (logged.thing.kind, logged.place));
    if whole_tables {
        return vec![by_table(off)];
    }
    let (indexes, foreign_keys) = off.into_iter().partition(|logged| logged.thing.kind == RemovableKind::Index);
    let indexes: Vec<Logged> = indexes;
    vec![indexes.into_iter().map(|index| vec![index]).collect(), by_table(foreign_keys)]
}

fn by_table(things: Vec<Logged>) -> Vec<Unit> {
    let mut tables: BTreeMap<String, Unit> = BTreeMap::new();
    for logged in things {
        tables.entry(logged.thing.table.clone()).or_default().push(logged);
    }
    tables.into_values().collect()
}

/// Putting back, under way.
struct Work<'a> {
    target: &'a mut dyn Connection,
    epoch: i64,
    observer: &'a mut dyn Observer,
    all: usize,
    done: usize,
    failed: Vec<(Logged, StoreError)>,
}

impl Work<'_> {
    /// Returns connections for the work; none if the one connection will do, or there can be no others.
    fn connections(&mut self, wanted: usize) -> Vec<Box<dyn Connection>> {
        let mut connections = Vec::new();
        while wanted > 1 && connections.len() < wanted {
            match self.target.another() {
                Ok(Some(connection)) => connections.push(connection),
                // A server may have no room for more than one; that one is enough.
                Ok(None) | Err(_) => return Vec::new(),
            }
        }
        connections
    }

    fn round(&mut self, units: Vec<Unit>, connections: &mut [Box<dyn Connection>]) -> Result<(), RunError> {
        if connections.is_empty() {
            return units.into_iter().try_for_each(|unit| self.alone(unit));
        }
        let queue = Mutex::new(units.into_iter());
        std::thread::scope(|scope| {
            let (tell, told) = channel();
            for connection in connections {
                let (queue, tell) = (&queue, tell.clone());
                scope.spawn(move || {
                    loop {
                        let unit = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                        let Some(unit) = unit else { break };
                        let answers = connection.put_back(&things(&unit));
                        // Nobody listens any more when the command has failed.
                        if tell.send((unit, answers)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(tell);
            told.into_iter().try_for_each(|(unit, answers)| self.take_in(unit, answers))
        })
    }

    fn alone(&mut self, unit: Unit) -> Result<(), RunError> {
        let answers = self.target.put_back(&things(&unit));
        self.take_in(unit, answers)
    }

    /// Strikes out what is back, and remembers what is not.
    fn take_in(&mut self, unit: Unit, answers: Answers) -> Result<(), RunError> {
        failpoint::hit("load.put_back")?;
        let mut back = Vec::new();
        for (logged, answer) in unit.into_iter().zip(answers) {
            match answer {
                Ok(()) => back.push(logged),
                Err(error) => self.failed.push((logged, error)),
            }
        }
        strike_out(self.target, &back, self.epoch)?;
        failpoint::hit("load.struck_out")?;
        for logged in &back {
            self.done += 1;
            self.observer.put_back(&PutBack { thing: &logged.thing, done: self.done, all: self.all });
        }
        Ok(())
    }

    /// Tries once more what others stood in the way of, and says what cannot be put back.
    fn again(mut self) -> Result<(), RunError> {
        for (logged, error) in std::mem::take(&mut self.failed) {
            match error.kind {
                StoreErrorKind::Locked => self.alone(vec![logged])?,
                _ => self.failed.push((logged, error)),
            }
        }
        let off = self.failed.len();
        match self.failed.into_iter().next() {
            None => Ok(()),
            Some((logged, error)) => Err(RunError::NotPutBack { thing: Box::new(logged.thing), off, error }),
        }
    }
}

fn things(unit: &Unit) -> Vec<Removable> {
    unit.iter().map(|logged| logged.thing.clone()).collect()
}

//! Takes back one step, batch by batch, from the highest legacy key down: rows that refer to others of their step
//! mostly have higher keys. What is still referred to gets another try after the rest is gone.

use crate::connection::{Amendment, Change, Connection, StoreErrorKind};
use crate::entries::{self, Detail, Entry, State};
use crate::error::{OnSide, RunError, Side};
use crate::failpoint;
use crate::fingerprint;
use crate::journal::{BATCH, REJECT, StepState, int, text};
use crate::observer::{BatchDone, Stages};
use crate::removal::{self, Removal, RowId};
use crate::report::{Left, LeftReason, RolledBackStep, key_text};
use crate::rollback::Work;
use crate::statements::{KeyColumn, KeyRange, Order};
use crate::step::{StepSpec, TargetSpec};
use crate::value::{Key, Value};
use crate::{lock, pause, target_rows};
use std::collections::HashSet;
use std::time::Instant;

/// How rows are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Many with one statement.
    Lists,
    /// Each by itself, so that the target can refuse it alone.
    Each,
}

/// An entry whose rows stay, with role and reason of each.
type Stays = (Entry, Vec<(usize, LeftReason)>);

/// One step that is taken back.
pub(crate) struct StepRollback<'w, 'a, 's> {
    work: &'w mut Work<'a>,
    spec: &'s StepSpec,
    done: RolledBackStep,
    state: StepState,
    batch: i64,
    way: Way,
    /// For each role: the conditions that a column which no rule writes was changed.
    departures: Vec<Vec<String>>,
    /// What stays, as the last pass saw it.
    left: Vec<Left>,
}

impl<'w, 'a, 's> StepRollback<'w, 'a, 's> {
    pub(crate) fn new(work: &'w mut Work<'a>, spec: &'s StepSpec) -> Result<Self, RunError> {
        let epoch = work.epoch;
        crate::journal::within(work.target, |target| {
            lock::check(target, epoch)?;
            crate::given::remember_last(target, spec)
        })?;
        let settled = entries::counts(work.target, spec)?;
        work.observer.step_started(&spec.name, settled.total());
        let state = StepState { settled, in_scope: settled.total(), ..StepState::default() };
        let done = RolledBackStep { map: spec.name.clone(), ..RolledBackStep::default() };
        let departures = removal::departures(work.target, spec)?;
        let (batch, way, left) = (0, Way::Lists, Vec::new());
        Ok(StepRollback { work, spec, done, state, batch, way, departures, left })
    }

    pub(crate) fn run(mut self) -> Result<RolledBackStep, RunError> {
        loop {
            let before = self.done.taken_back + self.done.gone;
            self.done.kept = 0;
            self.left.clear();
            self.pass()?;
            let stuck = self.done.taken_back + self.done.gone == before;
            let waiting = self.left.iter().any(|left| matches!(left.reason, LeftReason::Referred { .. }));
            if self.work.report.interrupted || stuck || !waiting {
                break;
            }
        }
        for left in std::mem::take(&mut self.left) {
            self.list(left);
        }
        Ok(self.done)
    }

    fn pass(&mut self) -> Result<(), RunError> {
        let mut before: Option<Key> = None;
        loop {
            let work = &mut *self.work;
            let limit = work.pace.batch(work.options.batch);
            let rows = (self.spec.name.as_str(), limit as u64);
            if pause::must_stop(work.target, work.epoch, &mut work.pace, work.observer, rows)?.is_some() {
                work.report.interrupted = true;
                return Ok(());
            }
            let range = KeyRange { before: before.as_ref(), ..KeyRange::default() };
            let page = entries::page(self.work.target, self.spec, range, Order::Descending, limit, Detail::Whole)?;
            let Some(last) = page.last() else { return Ok(()) };
            before = Some(last.key.clone());
            self.batch(page)?;
        }
    }

    /// Takes back a page in one transaction; row by row, if the target refuses a row of a list.
    fn batch(&mut self, page: Vec<Entry>) -> Result<(), RunError> {
        let began = Instant::now();
        let counts = match self.attempt(page.clone(), Way::Lists)? {
            Some(counts) => counts,
            None => self.attempt(page, Way::Each)?.unwrap_or_default(),
        };
        failpoint::hit("rollback.after_commit")?;
        self.work.pace.took(began.elapsed());
        let stages = Stages { write: began.elapsed(), ..Stages::default() };
        self.work.observer.batch_done(&self.spec.name, &BatchDone { stages, ..counts });
        Ok(())
    }

    /// Tries a page one way. Returns none, and leaves everything as it was, if the target refuses a row of a list.
    fn attempt(&mut self, page: Vec<Entry>, way: Way) -> Result<Option<BatchDone>, RunError> {
        let before = (self.done.clone(), self.state.clone(), self.left.clone(), self.batch);
        self.way = way;
        self.work.target.begin().on(Side::Target)?;
        match self.batch_within(page) {
            Ok(Some(counts)) => {
                self.work.target.commit().on(Side::Target)?;
                Ok(Some(counts))
            }
            Ok(None) => {
                self.work.target.abort().on(Side::Target)?;
                (self.done, self.state, self.left, self.batch) = before;
                Ok(None)
            }
            Err(error) => {
                // The first error is the one that counts.
                let _ = self.work.target.abort();
                Err(error)
            }
        }
    }

    fn batch_within(&mut self, mut page: Vec<Entry>) -> Result<Option<BatchDone>, RunError> {
        lock::check(self.work.target, self.work.epoch)?;
        target_rows::recognise(self.work.target, self.spec, &mut page.iter_mut().collect::<Vec<_>>())?;
        let (rows, ends) = (page.len() as u64, (page[0].key.clone(), page[page.len() - 1].key.clone()));
        let start = self.done.clone();
        let migrated: Vec<&Entry> = page.iter().filter(|entry| entry.state == State::Migrated).collect();
        let plan = Removal::plan(self.work.target, self.spec, &self.departures, &migrated)?;
        let mut waiting = Vec::with_capacity(page.len());
        for entry in page {
            match entry.state {
                State::Migrated => waiting.push(entry),
                State::Found | State::Rejected => self.forget(&entry)?,
            }
        }
        let Some(stay) = self.take_back_all(&plan, waiting)? else { return Ok(None) };
        failpoint::hit("rollback.before_commit")?;
        for (entry, left) in stay {
            self.done.kept += 1;
            for (at, reason) in left {
                let left = self.describe(&entry, at, reason);
                self.left.push(left);
            }
            self.left.truncate(self.work.options.keep);
        }
        let migrated = self.done.taken_back + self.done.gone - start.taken_back - start.gone;
        let counts = BatchDone {
            rows,
            migrated,
            found: self.done.forgotten - start.forgotten,
            rejected: self.done.kept - start.kept,
            stages: Stages::default(),
        };
        self.journal(&counts, &ends)?;
        Ok(Some(counts))
    }

    /// Takes back what can be, in rounds: a row may be free once the row that refers to it is gone. Returns the rest; none
    /// if the target refuses a row of a list.
    fn take_back_all(&mut self, plan: &Removal, mut waiting: Vec<Entry>) -> Result<Option<Vec<Stays>>, RunError> {
        let mut deleted: HashSet<RowId> = HashSet::new();
        loop {
            let before = waiting.len();
            let round = match self.way {
                Way::Lists => self.in_lists(plan, waiting, &mut deleted)?,
                Way::Each => Some(self.one_by_one(plan, waiting, &mut deleted)?),
            };
            let Some(stay) = round else { return Ok(None) };
            if stay.is_empty() || stay.len() == before {
                return Ok(Some(stay));
            }
            waiting = stay.into_iter().map(|(entry, _)| entry).collect();
        }
    }

    /// Takes back, in order, what nothing refers to any more. Rows go together in waves; one that a row of the open wave
    /// refers to begins the next one.
    fn in_lists(
        &mut self,
        plan: &Removal,
        waiting: Vec<Entry>,
        deleted: &mut HashSet<RowId>,
    ) -> Result<Option<Vec<Stays>>, RunError> {
        let (mut wave, mut stay, mut fresh) = (Vec::new(), Vec::new(), Vec::new());
        let mut gone = deleted.clone();
        for entry in waiting {
            let reasons = plan.obstacles(self.spec, &entry, &gone);
            if !reasons.is_empty() {
                stay.push((entry, reasons));
                continue;
            }
            if plan.is_referred_to(self.spec, &entry, deleted) {
                if !self.wave(plan, &std::mem::take(&mut wave))? {
                    return Ok(None);
                }
                deleted.extend(fresh.drain(..));
            }
            let rows = removal::row_ids(self.spec, &entry);
            gone.extend(rows.iter().cloned());
            fresh.extend(rows);
            wave.push(entry);
        }
        let took = self.wave(plan, &wave)?;
        deleted.extend(fresh);
        Ok(took.then_some(stay))
    }

    /// Takes back rows none of which refers to another one of them. Returns false if the target refuses one of them.
    fn wave(&mut self, plan: &Removal, wave: &[Entry]) -> Result<bool, RunError> {
        for (at, role) in self.spec.targets.iter().enumerate().rev() {
            let there = wave.iter().map(|entry| &entry.roles[at].0).filter(|key| is_there(plan, at, key));
            let keys: Vec<Key> = there.map(|key| vec![key.clone()]).collect();
            if !delete(self.work.target, role, &keys)? {
                return Ok(false);
            }
        }
        self.took(plan, wave)?;
        Ok(true)
    }

    /// Takes back what nothing refers to any more, each by itself; what the target refuses stays.
    fn one_by_one(
        &mut self,
        plan: &Removal,
        waiting: Vec<Entry>,
        deleted: &mut HashSet<RowId>,
    ) -> Result<Vec<Stays>, RunError> {
        let mut stay = Vec::new();
        for entry in waiting {
            let reasons = plan.obstacles(self.spec, &entry, deleted);
            if !reasons.is_empty() {
                stay.push((entry, reasons));
                continue;
            }
            let roles = (0..self.spec.targets.len()).rev().filter(|at| is_there(plan, *at, &entry.roles[*at].0));
            let amendment =
                |at: usize| Amendment { target: at, key: entry.roles[at].0.clone(), change: Change::Delete };
            let amendments: Vec<Amendment> = roles.map(amendment).collect();
            if let Some(violation) = self.work.target.amend(&self.spec.targets, &amendments).on(Side::Target)? {
                let at = amendments.last().map_or(0, |amendment| amendment.target);
                stay.push((entry, vec![(at, LeftReason::Refused { why: violation.constraint })]));
                continue;
            }
            deleted.extend(removal::row_ids(self.spec, &entry));
            self.took(plan, &[entry])?;
        }
        Ok(stay)
    }

    /// Forgets the entries of rows that were taken back, and lists rows that were gone before.
    fn took(&mut self, plan: &Removal, entries: &[Entry]) -> Result<(), RunError> {
        let mut gone = 0;
        for entry in entries {
            let roles = entry.roles.iter().enumerate();
            let missing = roles.filter(|(at, (key, _))| !key.is_null() && !is_there(plan, *at, key));
            let missing: Vec<usize> = missing.map(|(at, _)| at).rev().collect();
            gone += u64::from(!missing.is_empty());
            for at in missing {
                let left = self.describe(entry, at, LeftReason::Gone);
                self.list(left);
            }
        }
        let keys: Vec<&Key> = entries.iter().map(|entry| &entry.key).collect();
        entries::remove_all(self.work.target, self.spec, &keys)?;
        self.state.settled.migrated -= entries.len() as u64;
        self.done.gone += gone;
        self.done.taken_back += entries.len() as u64 - gone;
        Ok(())
    }

    /// Forgets an entry that stands for no row of ours.
    fn forget(&mut self, entry: &Entry) -> Result<(), RunError> {
        entries::remove(self.work.target, self.spec, &entry.key)?;
        match entry.state {
            State::Rejected => {
                REJECT.remove(self.work.target, &vec![text(&self.spec.name), text(&key_text(&entry.key))])?;
                self.state.settled.rejected -= 1;
            }
            State::Migrated | State::Found => self.state.settled.found -= 1,
        }
        self.done.forgotten += 1;
        Ok(())
    }

    fn journal(&mut self, counts: &BatchDone, ends: &(Key, Key)) -> Result<(), RunError> {
        self.batch += 1;
        let numbers = [counts.rows, counts.migrated, counts.found, counts.rejected];
        let mut row = vec![int(self.work.run), text(&self.spec.name), int(self.batch)];
        row.extend([text(&key_text(&ends.0)), text(&key_text(&ends.1))]);
        row.extend(numbers.map(|number| Value::Integer(number.into())));
        row.push(Value::Null);
        BATCH.insert(self.work.target, &row)?;
        self.state.in_scope = self.state.settled.total();
        self.state.write(self.work.target, &self.spec.name)
    }

    fn describe(&self, entry: &Entry, at: usize, reason: LeftReason) -> Left {
        removal::left(self.spec, entry, at, reason)
    }

    fn list(&mut self, left: Left) {
        self.work.observer.left(&left);
        if self.work.report.left.len() < self.work.options.keep {
            self.work.report.left.push(left);
        }
    }
}

fn is_there(plan: &Removal, at: usize, key: &Value) -> bool {
    !key.is_null() && plan.present[at].contains_key(&fingerprint::of([key]))
}

/// Deletes rows. Returns false if the target refuses that, or keeps one of them all the same, as a trigger may have it.
fn delete(target: &mut dyn Connection, role: &TargetSpec, keys: &[Key]) -> Result<bool, RunError> {
    let column = KeyColumn { expression: target.dialect().quote(&role.key.column), kind: role.key.kind };
    match entries::delete(target, &role.table, &[column], &keys.iter().collect::<Vec<_>>()) {
        Ok(deleted) => Ok(deleted == keys.len() as u64),
        Err(RunError::Store { error, .. })
            if matches!(error.kind, StoreErrorKind::Constraint | StoreErrorKind::Other) =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

//! Takes back one step, batch by batch, from the highest legacy key down: rows that refer to others of their step
//! mostly have higher keys. What is still referred to gets another try after the rest is gone.

use crate::connection::Connection;
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

/// One step that is taken back.
pub(crate) struct StepRollback<'w, 'a, 's> {
    work: &'w mut Work<'a>,
    spec: &'s StepSpec,
    done: RolledBackStep,
    state: StepState,
    batch: i64,
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
        Ok(StepRollback { work, spec, done, state, batch: 0, departures, left: Vec::new() })
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

    fn batch(&mut self, page: Vec<Entry>) -> Result<(), RunError> {
        let began = Instant::now();
        self.work.target.begin().on(Side::Target)?;
        let counts = match self.batch_within(page) {
            Ok(counts) => counts,
            Err(error) => {
                // The first error is the one that counts.
                let _ = self.work.target.abort();
                return Err(error);
            }
        };
        self.work.target.commit().on(Side::Target)?;
        failpoint::hit("rollback.after_commit")?;
        self.work.pace.took(began.elapsed());
        let stages = Stages { write: began.elapsed(), ..Stages::default() };
        self.work.observer.batch_done(&self.spec.name, &BatchDone { stages, ..counts });
        Ok(())
    }

    fn batch_within(&mut self, mut page: Vec<Entry>) -> Result<BatchDone, RunError> {
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
        let stay = self.take_back_all(&plan, waiting)?;
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
        Ok(counts)
    }

    /// Takes back what can be, in rounds: a row may be free once the row that refers to it is gone. Returns the rest.
    #[expect(clippy::type_complexity, reason = "what stays, each with role and reason")]
    fn take_back_all(
        &mut self,
        plan: &Removal,
        mut waiting: Vec<Entry>,
    ) -> Result<Vec<(Entry, Vec<(usize, LeftReason)>)>, RunError> {
        let mut deleted: HashSet<RowId> = HashSet::new();
        loop {
            let before = waiting.len();
            let stay = self.round(plan, waiting, &mut deleted)?;
            if stay.is_empty() || stay.len() == before {
                return Ok(stay);
            }
            waiting = stay.into_iter().map(|(entry, _)| entry).collect();
        }
    }

    /// Takes back, in order, what nothing refers to any more. Rows go together in waves; one that a row of the open wave
    /// refers to begins the next one.
    #[expect(clippy::type_complexity, reason = "what stays, each with role and reason")]
    fn round(
        &mut self,
        plan: &Removal,
        waiting: Vec<Entry>,
        deleted: &mut HashSet<RowId>,
    ) -> Result<Vec<(Entry, Vec<(usize, LeftReason)>)>, RunError> {
        let (mut wave, mut stay, mut fresh) = (Vec::new(), Vec::new(), Vec::new());
        let mut gone = deleted.clone();
        for entry in waiting {
            let reasons = plan.obstacles(self.spec, &entry, &gone);
            if !reasons.is_empty() {
                stay.push((entry, reasons));
                continue;
            }
            if plan.is_referred_to(self.spec, &entry, deleted) {
                self.take_back(plan, &std::mem::take(&mut wave))?;
                deleted.extend(fresh.drain(..));
            }
            let rows = removal::row_ids(self.spec, &entry);
            gone.extend(rows.iter().cloned());
            fresh.extend(rows);
            wave.push(entry);
        }
        self.take_back(plan, &wave)?;
        deleted.extend(fresh);
        Ok(stay)
    }

    /// Takes back rows none of which refers to another one of them.
    fn take_back(&mut self, plan: &Removal, wave: &[Entry]) -> Result<(), RunError> {
        let mut gone = vec![false; wave.len()];
        for (at, role) in self.spec.targets.iter().enumerate().rev() {
            let mut keys: Vec<Key> = Vec::with_capacity(wave.len());
            for (entry, gone) in wave.iter().zip(&mut gone) {
                let key = &entry.roles[at].0;
                if key.is_null() {
                    continue; // The target's condition did not hold.
                }
                if plan.present[at].contains_key(&fingerprint::of([key])) {
                    keys.push(vec![key.clone()]);
                } else {
                    *gone = true;
                    let left = self.describe(entry, at, LeftReason::Gone);
                    self.list(left);
                }
            }
            delete(self.work.target, role, &keys)?;
        }
        let keys: Vec<&Key> = wave.iter().map(|entry| &entry.key).collect();
        entries::remove_all(self.work.target, self.spec, &keys)?;
        let gone = gone.into_iter().filter(|gone| *gone).count() as u64;
        self.state.settled.migrated -= wave.len() as u64;
        self.done.gone += gone;
        self.done.taken_back += wave.len() as u64 - gone;
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

fn delete(target: &mut dyn Connection, role: &TargetSpec, keys: &[Key]) -> Result<(), RunError> {
    let column = KeyColumn { expression: target.dialect().quote(&role.key.column), kind: role.key.kind };
    entries::delete(target, &role.table, &[column], &keys.iter().collect::<Vec<_>>())
}

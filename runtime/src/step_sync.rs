//! Brings one step in line, stretch by stretch. Rows are compared without a transaction first; only what is to be changed
//! is looked at again within one, held so that nobody else changes it in between ([`write`]). What becomes of a row is
//! decided in [`judge`].

use crate::connection::StoreError;
use crate::entries::{self, Detail, Entry, State};
use crate::error::RunError;
use crate::found::FoundRows;
use crate::links::Links;
use crate::removal;
use crate::report::{Left, LeftReason, Outcome};
use crate::scan;
use crate::statements::KeyRange;
use crate::step::{Rollback, Step, StepSpec, TargetRows};
use crate::sync::{Waiting, Work};
use crate::unique::Uniques;
use crate::value::{Key, Row, Value};
use crate::walk::{Asked, Stretch, Walk};
use crate::{carry, pause, target_rows};
use judge::{Verdict, expected, judge};
use std::time::Instant;
use write::Batch;

mod judge;
mod write;

/// How many rows of a step may wait for others; what comes after them is left at once.
const WAITING: usize = 100_000;

/// One step of a sync.
pub(crate) struct StepSync<'w, 'a> {
    work: &'w mut Work<'a>,
    index: usize,
    step: &'a dyn Step,
    spec: &'a StepSpec,
    links: Links<'a>,
    /// For each role: the conditions that a column which no rule writes was changed.
    departures: Vec<Vec<String>>,
    /// Values that must stay unique, and rows of others, once they are needed.
    uniques: Option<Uniques>,
    found: Option<FoundRows>,
}

/// A legacy row whose target rows may have to change.
struct Case {
    entry: Entry,
    /// What it becomes now; none if it is gone.
    rows: Option<TargetRows>,
}

/// What a sync has made of a legacy row.
#[derive(Default)]
struct Became {
    updated: bool,
    deleted: bool,
    renewed: bool,
    theirs: bool,
    left: Vec<Left>,
    /// Whether what stood in the way may be gone once other rows are done.
    waits: bool,
}

impl<'w, 'a> StepSync<'w, 'a> {
    pub(crate) fn new(work: &'w mut Work<'a>, index: usize) -> Result<Self, RunError> {
        let step = work.steps[index].as_ref();
        let spec = step.spec();
        let links = Links::load(work.target, spec, work.steps)?;
        let departures = removal::departures(work.target, spec)?;
        Ok(StepSync { work, index, step, spec, links, departures, uniques: None, found: None })
    }

    /// Goes along a walk. Returns why it stopped before the end.
    pub(crate) fn visit(&mut self, walk: &mut Walk<'_>) -> Result<Option<Outcome>, RunError> {
        loop {
            let work = &mut *self.work;
            let rows = (self.spec.name.as_str(), work.pace.batch(work.options.batch) as u64);
            let stopped = pause::must_stop(work.target, work.epoch, &mut work.pace, work.observer, rows)?;
            if let Some(outcome) = stopped {
                return Ok(Some(outcome));
            }
            let began = Instant::now();
            let (legacy, spec) = (&mut *self.work.legacy, self.spec);
            let page = |range: KeyRange<'_>, limit| scan::read_page(legacy, spec, range, limit);
            let Some(stretch) = walk.next(self.work.target, page)? else { return Ok(None) };
            let (rows, compared) = (stretch.rows, migrated(&stretch));
            let done = &mut self.work.done[self.index].step;
            done.in_scope += stretch.in_scope();
            done.new += stretch.new.len() as u64;
            done.compared += compared;
            self.stretch(stretch)?;
            self.work.observer.rows_passed(&self.spec.name, rows);
            self.work.pace.took(began.elapsed());
        }
    }

    /// Tries rows again that others stood in the way of.
    pub(crate) fn once_more(&mut self, waiting: Vec<Waiting>) -> Result<(), RunError> {
        for some in waiting.chunks(self.work.options.batch.max(1)) {
            let began = Instant::now();
            let keys: Vec<&Key> = some.iter().map(|(key, _)| key).collect();
            let page = scan::of_keys(self.work.legacy, self.spec, &keys)?;
            let entries = entries::of_keys(self.work.target, self.spec, &keys, Detail::Whole)?;
            self.stretch(Stretch::of(self.step, page, entries))?;
            self.work.pace.took(began.elapsed());
        }
        Ok(())
    }

    /// Only rows that cutover wrote are its own to change: what was found or rejected stays as it is.
    fn stretch(&mut self, stretch: Stretch) -> Result<(), RunError> {
        let mine = |entry: &Entry| entry.state == State::Migrated;
        let pairs: Vec<(Row, Entry)> = stretch.pairs.into_iter().filter(|(_, entry)| mine(entry)).collect();
        let gone = stretch.gone.into_iter().filter(mine).collect();
        let mut cases = self.changed(pairs)?;
        cases.extend(self.gone(gone)?);
        if cases.is_empty() { Ok(()) } else { self.settle(cases) }
    }

    /// Compares rows with what became of them. Returns those for which there is something to write; settles the others.
    fn changed(&mut self, pairs: Vec<(Row, Entry)>) -> Result<Vec<Case>, RunError> {
        let asked = Asked::ask(self.work.target, self.step, &self.links, &pairs)?;
        let converted: Vec<_> = asked.convert(self.step, &self.links, &pairs, &mut carry::Random).collect();
        let mut cases = Vec::new();
        for ((_, entry), converted) in pairs.into_iter().zip(converted) {
            match converted {
                Ok(rows) => {
                    carry::check_rows(self.spec, &rows)?;
                    cases.push(Case { entry, rows: Some(rows) });
                }
                Err(rejection) => {
                    let reason = self.spec.reasons[rejection.reason].name.clone();
                    let left = self.describe(&entry, None, LeftReason::NoLongerConverts { reason });
                    self.take_in(&entry, Became { left: vec![left], ..Became::default() });
                }
            }
        }
        let mut entries: Vec<&mut Entry> = cases.iter_mut().map(|case| &mut case.entry).collect();
        target_rows::recognise(self.work.target, self.spec, &mut entries)?;
        let mut present = Vec::with_capacity(self.spec.targets.len());
        for (at, role) in self.spec.targets.iter().enumerate() {
            let keys = cases.iter().map(|case| &case.entry.roles[at].0);
            present.push(target_rows::of_keys(self.work.target, role, keys)?);
        }
        let mut acts = Vec::new();
        for case in cases {
            let verdicts = self.verdicts(&case, |at, key| present[at].get(&key));
            if verdicts.iter().any(|verdict| self.writes(verdict)) {
                acts.push(case);
            } else {
                let mut became = Became::default();
                for (at, verdict) in verdicts.into_iter().enumerate() {
                    self.stays(&case.entry, at, verdict, &mut became);
                }
                self.take_in(&case.entry, became);
            }
        }
        Ok(acts)
    }

    /// Judges all rows of a case as they are now.
    fn verdicts<'r>(&self, case: &Case, present: impl Fn(usize, u128) -> Option<&'r Row>) -> Vec<Verdict> {
        let roles = self.spec.targets.iter().enumerate().zip(case.rows.iter().flatten());
        let keys = self.keys(&case.entry, case.rows.as_deref().unwrap_or_default());
        let verdict = |((at, role), row): ((usize, &crate::step::TargetSpec), &Option<Row>)| {
            let present = present(at, crate::fingerprint::of([&case.entry.roles[at].0]));
            let expected = row.as_ref().map(|row| expected(role, row, &keys, present));
            judge(role, &case.entry, at, present, expected.as_ref())
        };
        roles.map(verdict).collect()
    }

    /// Returns the keys that other rows of the same legacy row hold: none of a row that is to be deleted.
    fn keys(&self, entry: &Entry, rows: &[Option<Row>]) -> Vec<Value> {
        let goes = |at: usize| self.work.options.delete && rows[at].is_none();
        let keys = entry.roles.iter().enumerate();
        keys.map(|(at, (key, _))| if goes(at) { Value::Null } else { key.clone() }).collect()
    }

    fn writes(&self, verdict: &Verdict) -> bool {
        match verdict {
            Verdict::Renew | Verdict::Set(_) | Verdict::Write => true,
            Verdict::Delete => self.deletes(),
            Verdict::Same | Verdict::Theirs | Verdict::Left(_) => false,
        }
    }

    fn deletes(&self) -> bool {
        self.work.options.delete && self.spec.rollback == Rollback::Delete
    }

    /// Takes in a verdict for which nothing is written.
    fn stays(&self, entry: &Entry, at: usize, verdict: Verdict, became: &mut Became) {
        let reason = match verdict {
            Verdict::Theirs => return became.theirs = true,
            Verdict::Left(reason) => reason,
            Verdict::Delete => self.irreversible().unwrap_or(LeftReason::Superfluous),
            Verdict::Same | Verdict::Renew | Verdict::Set(_) | Verdict::Write => return,
        };
        became.left.push(self.describe(entry, Some(at), reason));
    }

    fn irreversible(&self) -> Option<LeftReason> {
        match &self.spec.rollback {
            Rollback::Irreversible { reason, .. } if self.work.options.delete => {
                Some(LeftReason::Irreversible { reason: reason.clone() })
            }
            Rollback::Irreversible { .. } | Rollback::Delete => None,
        }
    }

    /// Returns the entries whose rows are to be deleted since their legacy row is gone; lists the others.
    fn gone(&mut self, mut entries: Vec<Entry>) -> Result<Vec<Case>, RunError> {
        if self.deletes() {
            target_rows::recognise(self.work.target, self.spec, &mut entries.iter_mut().collect::<Vec<_>>())?;
            return Ok(entries.into_iter().map(|entry| Case { entry, rows: None }).collect());
        }
        for entry in entries {
            match self.irreversible() {
                Some(reason) => {
                    let left = self.describe(&entry, None, reason);
                    self.take_in(&entry, Became { left: vec![left], ..Became::default() });
                }
                None => {
                    let left = self.describe(&entry, None, LeftReason::LegacyGone);
                    self.work.done[self.index].step.gone += 1;
                    self.work.list(vec![left]);
                }
            }
        }
        Ok(Vec::new())
    }

    /// Settles cases in one transaction; if the commit is refused, each in its own.
    fn settle(&mut self, cases: Vec<Case>) -> Result<(), RunError> {
        match Batch::new(self, &cases).run()? {
            Ok(became) => {
                cases.iter().zip(became).for_each(|(case, became)| self.take_in(&case.entry, became));
            }
            Err(_) => {
                for case in cases.chunks(1) {
                    let became = match Batch::new(self, case).run()? {
                        Ok(mut became) => became.remove(0),
                        Err(refusal) => self.refused(&case[0].entry, &refusal),
                    };
                    self.take_in(&case[0].entry, became);
                }
            }
        }
        Ok(())
    }

    /// A commit names no row: the one that was alone in its transaction is the one.
    fn refused(&self, entry: &Entry, refusal: &StoreError) -> Became {
        let why = format!("at the end of the transaction, {}", refusal.cause);
        let left = vec![self.describe(entry, None, LeftReason::Refused { why })];
        Became { left, waits: true, ..Became::default() }
    }

    /// Counts what became of a legacy row.
    fn take_in(&mut self, entry: &Entry, became: Became) {
        let done = &mut self.work.done[self.index];
        let counts = [
            (&mut done.step.updated, became.updated),
            (&mut done.step.deleted, became.deleted),
            (&mut done.step.renewed, became.renewed),
            (&mut done.step.changed_in_target, became.theirs),
        ];
        counts.into_iter().for_each(|(count, more)| *count += u64::from(more));
        if became.left.is_empty() {
            return;
        }
        if became.waits && done.waiting.len() < WAITING {
            done.waiting.push((entry.key.clone(), became.left));
        } else {
            self.work.leave(self.index, became.left);
        }
    }

    /// Describes a row that is left; without a role the first row there is.
    fn describe(&self, entry: &Entry, at: Option<usize>, reason: LeftReason) -> Left {
        let at = at.or_else(|| entry.roles.iter().position(|(key, _)| !key.is_null())).unwrap_or(0);
        removal::left(self.spec, entry, at, reason)
    }
}

fn migrated(stretch: &Stretch) -> u64 {
    stretch.pairs.iter().filter(|(_, entry)| entry.state == State::Migrated).count() as u64
}

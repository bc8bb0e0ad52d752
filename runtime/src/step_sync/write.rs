//! Writes a batch of a sync: target rows, their entries, the batch's record and the step's counters, in one transaction.

use super::judge::Verdict;
use super::{Became, Case, StepSync, expected, judge};
use crate::carry::violated;
use crate::connection::{Amendment, Change, StoreError, StoreErrorKind, Unit, Violation, ViolationKind, Written};
use crate::entries::{self, Entry};
use crate::error::{OnSide, RunError, Side};
use crate::failpoint;
use crate::fingerprint::{self, PrintMap, PrintSet, hex};
use crate::found::FoundRows;
use crate::journal::{BATCH, StepState, int, text};
use crate::lock;
use crate::observer::{BatchDone, Stages};
use crate::removal::{Removal, RowId, row_ids};
use crate::report::{LeftReason, key_text};
use crate::scan;
use crate::step::{Source, TargetSpec};
use crate::target_rows;
use crate::unique::{self, Uniques};
use crate::value::{Row, Value};
use std::collections::HashSet;
use std::time::Instant;

/// Cases that are written together.
pub(super) struct Batch<'b, 'w, 'a> {
    sync: &'b mut StepSync<'w, 'a>,
    cases: &'b [Case],
    became: Vec<Became>,
    /// For each role: the rows that are there, held.
    present: Vec<PrintMap<Row>>,
    /// Target rows that this batch has deleted.
    deleted: HashSet<RowId>,
}

impl<'b, 'w, 'a> Batch<'b, 'w, 'a> {
    pub(super) fn new(sync: &'b mut StepSync<'w, 'a>, cases: &'b [Case]) -> Self {
        let became = cases.iter().map(|_| Became::default()).collect();
        Batch { sync, cases, became, present: Vec::new(), deleted: HashSet::new() }
    }

    /// Writes the batch. The inner error is a commit that a constraint refused; nothing is written then.
    pub(super) fn run(mut self) -> Result<Result<Vec<Became>, StoreError>, RunError> {
        let began = Instant::now();
        self.sync.work.target.begin().on(Side::Target)?;
        let counts = match self.within() {
            Ok(counts) => counts,
            Err(error) => {
                // The first error is the one that counts.
                let _ = self.sync.work.target.abort();
                return Err(error);
            }
        };
        if counts.migrated + counts.found == 0 {
            self.sync.work.target.abort().on(Side::Target)?;
            return Ok(Ok(self.became));
        }
        match self.sync.work.target.commit() {
            Ok(()) => failpoint::hit("sync.after_commit")?,
            Err(error) => {
                // What was remembered of this batch is not there.
                (self.sync.uniques, self.sync.found) = (None, None);
                let refused = error.kind == StoreErrorKind::Constraint;
                return if refused { Ok(Err(error)) } else { Err(RunError::Store { side: Side::Target, error }) };
            }
        }
        self.sync.work.done[self.sync.index].batches += 1;
        let stages = Stages { write: began.elapsed(), ..Stages::default() };
        // The legacy rows were counted when they were read.
        let done = BatchDone { rows: 0, stages, ..counts };
        self.sync.work.observer.batch_done(&self.sync.spec.name, &done);
        Ok(Ok(self.became))
    }

    fn within(&mut self) -> Result<BatchDone, RunError> {
        lock::check(self.sync.work.target, self.sync.work.epoch)?;
        for (at, role) in self.sync.spec.targets.iter().enumerate() {
            let keys = self.cases.iter().map(|case| &case.entry.roles[at].0);
            self.present.push(target_rows::held_of_keys(self.sync.work.target, role, keys)?);
        }
        self.bring_in_line()?;
        self.take_back()?;
        failpoint::hit("sync.after_write")?;
        let counts = self.journal()?;
        failpoint::hit("sync.before_commit")?;
        Ok(counts)
    }

    /// Changes the rows of legacy rows that are there, in rounds: a value may be free once another row has changed.
    fn bring_in_line(&mut self) -> Result<(), RunError> {
        let removal = self.superfluous()?;
        let mut waiting: Vec<usize> = (0..self.cases.len()).filter(|at| self.cases[*at].rows.is_some()).collect();
        loop {
            let before = waiting.len();
            let mut again = Vec::new();
            for at in waiting {
                self.became[at] = self.amend(&self.cases[at], &removal)?;
                // A case of which something was written is judged by another entry next time: not in this batch.
                if self.became[at].waits && !self.became[at].updated {
                    again.push(at);
                }
            }
            if again.is_empty() || again.len() == before {
                return Ok(());
            }
            waiting = again;
        }
    }

    /// Looks at what refers to rows whose condition does not hold any more.
    fn superfluous(&mut self) -> Result<Removal, RunError> {
        let goes = |case: &&Case| {
            let rows = case.rows.iter().flatten().zip(&case.entry.roles);
            self.sync.deletes() && rows.into_iter().any(|(row, (key, _))| row.is_none() && !key.is_null())
        };
        let entries: Vec<&Entry> = self.cases.iter().filter(goes).map(|case| &case.entry).collect();
        Removal::plan(self.sync.work.target, self.sync.spec, &self.sync.departures, &entries)
    }

    /// Does what is to be done for one legacy row, and writes its entry.
    fn amend(&mut self, case: &Case, removal: &Removal) -> Result<Became, RunError> {
        let rows = case.rows.as_deref().unwrap_or_default();
        let (mut entry, mut became, mut deletes) = (case.entry.clone(), Became::default(), Vec::new());
        for (at, role) in self.sync.spec.targets.iter().enumerate() {
            let keys = self.sync.keys(&entry, rows);
            let present = self.present[at].get(&fingerprint::of([&case.entry.roles[at].0])).cloned();
            let wanted = rows[at].as_ref().map(|row| expected(role, row, &keys, present.as_ref()));
            match (judge(role, &case.entry, at, present.as_ref(), wanted.as_ref()), present, wanted) {
                (Verdict::Renew, Some(present), _) => {
                    entry.roles[at].1 = print(&present);
                    became.renewed = true;
                }
                (Verdict::Set(columns), Some(present), Some(wanted)) => {
                    self.set((at, columns), present, &wanted, &mut entry, &mut became)?;
                }
                (Verdict::Write, _, Some(wanted)) => self.write(at, wanted, &mut entry, &mut became)?,
                (Verdict::Delete, ..) if self.sync.deletes() => deletes.push(at),
                (verdict, ..) => self.sync.stays(&case.entry, at, verdict, &mut became),
            }
        }
        for at in deletes.into_iter().rev() {
            self.delete(at, case, removal, &mut entry, &mut became)?;
        }
        if became.updated || became.renewed {
            entries::rewrite(self.sync.work.target, self.sync.spec, &entry, self.sync.work.run)?;
        }
        Ok(became)
    }

    /// Gives columns of a row the values that the mapping gives.
    fn set(
        &mut self,
        (at, columns): (usize, Vec<usize>),
        present: Row,
        wanted: &Row,
        entry: &mut Entry,
        became: &mut Became,
    ) -> Result<(), RunError> {
        let mut row = present.clone();
        columns.iter().for_each(|place| row[*place] = wanted[*place].clone());
        if let Some(why) = self.twice(at, Some(&present), &row)? {
            became.waits = true;
            became.left.push(self.sync.describe(entry, Some(at), LeftReason::Refused { why }));
            return Ok(());
        }
        let changes = columns.into_iter().map(|place| (place, row[place].clone())).collect();
        let amendment = Amendment { target: at, key: entry.roles[at].0.clone(), change: Change::Set(changes) };
        let refused = self.sync.work.target.amend(&self.sync.spec.targets, &[amendment]).on(Side::Target)?;
        match refused {
            Some(violation) => self.refused(at, entry, &violation, became),
            None => {
                self.claim(at, Some(&present), &row)?;
                entry.roles[at].1 = print(&row);
                became.updated = true;
            }
        }
        Ok(())
    }

    /// Writes the row of a target whose condition holds now.
    fn write(&mut self, at: usize, wanted: Row, entry: &mut Entry, became: &mut Became) -> Result<(), RunError> {
        let why = match self.taken(at, entry, &wanted)? {
            Some(why) => Some(why),
            None => self.twice(at, None, &wanted)?,
        };
        if let Some(why) = why {
            became.left.push(self.sync.describe(entry, Some(at), LeftReason::Refused { why }));
            return Ok(());
        }
        let unit = Unit { rows: vec![Some(wanted.clone())] };
        let alone = alone(&self.sync.spec.targets[at]);
        let written = self.sync.work.target.insert(std::slice::from_ref(&alone), vec![unit]).on(Side::Target)?;
        match written.into_iter().next() {
            Some(Written::Keys(mut keys, _)) => {
                self.claim(at, None, &wanted)?;
                entry.roles[at] = (keys.pop().unwrap_or(Value::Null), print(&wanted));
                became.updated = true;
            }
            Some(Written::Refused(violation)) => self.refused(at, entry, &violation, became),
            None => {}
        }
        Ok(())
    }

    /// Deletes the row of a target whose condition does not hold any more.
    fn delete(
        &mut self,
        at: usize,
        case: &Case,
        removal: &Removal,
        entry: &mut Entry,
        became: &mut Became,
    ) -> Result<(), RunError> {
        let key = case.entry.roles[at].0.clone();
        if self.present[at].contains_key(&fingerprint::of([&key])) {
            let obstacles = removal.obstacles(self.sync.spec, &case.entry, &self.deleted);
            if let Some((_, reason)) = obstacles.into_iter().find(|(role, _)| *role == at) {
                became.waits |= matches!(reason, LeftReason::Referred { .. });
                became.left.push(self.sync.describe(&case.entry, Some(at), reason));
                return Ok(());
            }
            let amendment = Amendment { target: at, key: key.clone(), change: Change::Delete };
            let refused = self.sync.work.target.amend(&self.sync.spec.targets, &[amendment]).on(Side::Target)?;
            if let Some(violation) = refused {
                self.not_deleted(at, &case.entry, &violation, became);
                return Ok(());
            }
        }
        self.deleted.insert((self.sync.spec.targets[at].table.clone(), fingerprint::of([&key])));
        entry.roles[at] = (Value::Null, Value::Null);
        became.updated = true;
        Ok(())
    }

    /// Deletes the rows of legacy rows that are gone, in rounds: a row may be free once the one that refers to it is gone.
    fn take_back(&mut self) -> Result<(), RunError> {
        let gone: Vec<usize> = (0..self.cases.len()).filter(|at| self.cases[*at].rows.is_none()).collect();
        let mut waiting = self.still_gone(gone)?;
        let entries: Vec<&Entry> = waiting.iter().map(|at| &self.cases[*at].entry).collect();
        let removal = Removal::plan(self.sync.work.target, self.sync.spec, &self.sync.departures, &entries)?;
        loop {
            let before = waiting.len();
            let mut again = Vec::new();
            for at in waiting {
                self.became[at] = self.take_back_one(&self.cases[at].entry, &removal)?;
                if self.became[at].waits {
                    again.push(at);
                }
            }
            if again.is_empty() || again.len() == before {
                return Ok(());
            }
            waiting = again;
        }
    }

    /// Leaves out rows that are there again: nothing is deleted for what was seen a while ago.
    fn still_gone(&mut self, gone: Vec<usize>) -> Result<Vec<usize>, RunError> {
        let keys: Vec<_> = gone.iter().map(|at| &self.cases[*at].entry.key).collect();
        let page = scan::of_keys(self.sync.work.legacy, self.sync.spec, &keys)?;
        let there = page.iter().filter(|(_, row)| self.sync.step.in_scope(row).unwrap_or(true));
        let there: PrintSet = there.map(|(key, _)| fingerprint::of(key)).collect();
        Ok(gone.into_iter().filter(|at| !there.contains(&fingerprint::of(&self.cases[*at].entry.key))).collect())
    }

    fn take_back_one(&mut self, entry: &Entry, removal: &Removal) -> Result<Became, RunError> {
        let mut became = Became::default();
        let obstacles = removal.obstacles(self.sync.spec, entry, &self.deleted);
        if !obstacles.is_empty() {
            became.waits = obstacles.iter().all(|(_, reason)| matches!(reason, LeftReason::Referred { .. }));
            let left = obstacles.into_iter().map(|(at, reason)| self.sync.describe(entry, Some(at), reason));
            became.left = left.collect();
            return Ok(became);
        }
        let there = |at: &usize| self.present[*at].contains_key(&fingerprint::of([&entry.roles[*at].0]));
        let roles = (0..self.sync.spec.targets.len()).rev().filter(there);
        let delete = |at: usize| Amendment { target: at, key: entry.roles[at].0.clone(), change: Change::Delete };
        let amendments: Vec<Amendment> = roles.map(delete).collect();
        let refused = self.sync.work.target.amend(&self.sync.spec.targets, &amendments).on(Side::Target)?;
        if let Some(violation) = refused {
            let named = self.sync.spec.targets.iter().position(|role| role.table == violation.table);
            self.not_deleted(named.unwrap_or(0), entry, &violation, &mut became);
            return Ok(became);
        }
        self.deleted.extend(row_ids(self.sync.spec, entry));
        entries::remove(self.sync.work.target, self.sync.spec, &entry.key)?;
        became.deleted = true;
        Ok(became)
    }

    fn refused(&mut self, at: usize, entry: &Entry, violation: &Violation, became: &mut Became) {
        self.refused_as(violated(violation.kind).1, at, entry, violation, became);
    }

    fn not_deleted(&mut self, at: usize, entry: &Entry, violation: &Violation, became: &mut Became) {
        let what = match violation.kind {
            ViolationKind::ForeignKey => "a row refers to it:",
            kind => violated(kind).1,
        };
        self.refused_as(what, at, entry, violation, became);
    }

    fn refused_as(&mut self, what: &str, at: usize, entry: &Entry, violation: &Violation, became: &mut Became) {
        let why = format!("table {}, {what} {}", violation.table, violation.constraint);
        became.waits |= matches!(violation.kind, ViolationKind::Unique | ViolationKind::ForeignKey);
        became.left.push(self.sync.describe(entry, Some(at), LeftReason::Refused { why }));
    }

    /// Returns why a row would hold a value for the second time, by the rules of the map.
    fn twice(&mut self, at: usize, before: Option<&Row>, after: &Row) -> Result<Option<String>, RunError> {
        if !self.sync.spec.unique.iter().any(|rule| rule.target == at) {
            return Ok(None);
        }
        let (old, new) = (self.prints(at, before), self.prints(at, Some(after)));
        let uniques = self.uniques()?;
        let fresh: Vec<_> = new.into_iter().filter(|print| !old.contains(print)).collect();
        let violated = uniques.violated(&fresh)?;
        Ok(violated.map(|rule| {
            let reason = &self.sync.spec.reasons[self.sync.spec.unique[rule].reason];
            format!("{}, {}", reason.name, reason.message)
        }))
    }

    /// Remembers the values that a row holds now.
    fn claim(&mut self, at: usize, before: Option<&Row>, after: &Row) -> Result<(), RunError> {
        let (old, new) = (self.prints(at, before), self.prints(at, Some(after)));
        if new.is_empty() && old.is_empty() {
            return Ok(());
        }
        let uniques = self.uniques()?;
        old.into_iter().for_each(|(rule, print)| uniques.remove(rule, print));
        new.into_iter().try_for_each(|(rule, print)| uniques.insert(rule, print))
    }

    fn prints(&self, at: usize, row: Option<&Row>) -> Vec<(usize, u128)> {
        let mut rows = vec![None; self.sync.spec.targets.len()];
        rows[at] = row.cloned();
        unique::prints(self.sync.spec, &rows)
    }

    fn uniques(&mut self) -> Result<&mut Uniques, RunError> {
        let loaded = match self.sync.uniques.take() {
            Some(uniques) => uniques,
            None => Uniques::load(self.sync.work.target, self.sync.spec)?,
        };
        Ok(self.sync.uniques.insert(loaded))
    }

    /// Returns why a row is not written: it must be there already, or somebody else has made one that stands for it.
    fn taken(&mut self, at: usize, entry: &Entry, wanted: &Row) -> Result<Option<String>, RunError> {
        let role = &self.sync.spec.targets[at];
        if role.existing.is_some() {
            return Ok(Some("its row must be there already".to_string()));
        }
        if role.identity.is_none() {
            return Ok(None);
        }
        let mut found = match self.sync.found.take() {
            Some(found) => found,
            None => FoundRows::load(self.sync.work.target, self.sync.spec, self.sync.work.steps)?,
        };
        let mut rows = vec![None; self.sync.spec.targets.len()];
        rows[at] = Some(wanted.clone());
        let taken = found.take(self.sync.spec, &entry.key, Some(&rows));
        let stands = taken.is_some();
        taken.into_iter().for_each(|taken| found.put_back(taken));
        self.sync.found = Some(found);
        Ok(stands.then(|| "a row that cutover did not write stands for it".to_string()))
    }

    /// Writes the record of the batch, and the step's counters where entries are gone.
    fn journal(&mut self) -> Result<BatchDone, RunError> {
        let count = |is: fn(&Became) -> bool| self.became.iter().filter(|became| is(became)).count() as u64;
        let counts = BatchDone {
            rows: self.cases.len() as u64,
            migrated: count(|became| became.updated || became.deleted),
            found: count(|became| became.renewed && !became.updated),
            rejected: count(|became| !became.left.is_empty()),
            stages: Stages::default(),
        };
        if counts.migrated + counts.found == 0 {
            return Ok(counts);
        }
        let deleted = count(|became| became.deleted);
        let (work, map) = (&mut *self.sync.work, &self.sync.spec.name);
        let batch = work.done[self.sync.index].batches + 1;
        let mut row = vec![int(work.run), text(map), int(batch)];
        let keys = [self.cases.first(), self.cases.last()].into_iter().flatten();
        row.extend(keys.map(|case| text(&key_text(&case.entry.key))));
        let numbers = [counts.rows, counts.migrated, counts.found, counts.rejected];
        row.extend(numbers.map(|number| Value::Integer(number.into())));
        row.push(Value::Null);
        BATCH.insert(work.target, &row)?;
        if deleted > 0 {
            let mut state = StepState::read(work.target, map)?;
            // The last run may have counted them as gone, or before that as migrated.
            let known = deleted.min(state.gone);
            state.gone -= known;
            state.settled.migrated = state.settled.migrated.saturating_sub(deleted - known);
            state.in_scope = state.settled.total();
            state.write(work.target, map)?;
        }
        Ok(counts)
    }
}

/// Returns a target that takes a row whose siblings are filled in already.
fn alone(role: &TargetSpec) -> TargetSpec {
    let mut alone = role.clone();
    for column in &mut alone.columns {
        if let Source::Sibling(_) = column.source {
            column.source = Source::Converted;
        }
    }
    alone
}

fn print(row: &Row) -> Value {
    Value::Text(hex(fingerprint::of(row)))
}

//! Lets the server that holds both sides carry a step, range by range of legacy keys, each in one transaction with its
//! entries and counters. A range of which the server refuses anything is tried in smaller parts; what stays refused is
//! left to the engine, which carries the rest of the step row by row afterwards.

use super::StepRun;
use crate::connection::{Connection, StoreError, StoreErrorKind};
use crate::entries;
use crate::error::{OnSide, RunError, Side};
use crate::failpoint;
use crate::journal::{BATCH, StepState, int, text};
use crate::lock;
use crate::observer::{BatchDone, Stages};
use crate::report::{Counts, Outcome};
use crate::set::SetStep;
use crate::statements::{KeyRange, Order, Sql, legacy_key};
use crate::value::{Key, Kind, Row, Value};
use std::time::Instant;

/// How much more often the server may refuse a range than take one before the rest of the step is carried row by row.
const REFUSALS: u32 = 20;

/// How many batches of rows make a range: nothing of it is held by the engine, and statements and commits cost most.
const BATCHES: usize = 4;

/// How much smaller a range becomes when it is refused, and how much larger when it is not.
const SMALLER: usize = 10;

/// What became of a range.
enum Range {
    /// What can be carried is carried.
    Carried,
    /// The server refused it; nothing of it is written.
    Refused(StoreError),
}

impl StepRun<'_, '_> {
    /// Has the server carry what it can. Returns why it stopped before the end.
    pub(super) fn by_set(&mut self) -> Result<Option<Outcome>, RunError> {
        let Some(set) = self.engine.options.sets.get(&self.spec.name) else { return Ok(None) };
        let Some(mut server) = self.engine.target.another().on(Side::Target)? else { return Ok(None) };
        if let Err(error) = set.prelude.iter().try_for_each(|sql| server.execute(sql, &[]).map(|_| ())) {
            self.engine.observer.by_row(&self.spec.name, &error.cause);
            return Ok(None);
        }
        let Some((mut from, last)) = self.edges()? else { return Ok(None) };
        let (most, mut refusals) = (self.engine.pace.batch(self.engine.options.batch.saturating_mul(BATCHES)), 0);
        let mut size = most;
        while from <= last && refusals < REFUSALS {
            if let Some(outcome) = self.engine.must_stop(&self.spec.name, size as u64)? {
                return Ok(Some(outcome));
            }
            let next = self.after(from, size)?.unwrap_or(last + 1);
            match self.range(&mut *server, set, (from, next - 1))? {
                Range::Carried => {
                    from = next;
                    size = (size * SMALLER).min(most);
                    refusals = refusals.saturating_sub(1);
                }
                Range::Refused(error) => {
                    refusals += 1;
                    if refusals == REFUSALS {
                        self.engine.observer.by_row(&self.spec.name, &error.cause);
                    }
                    // One row alone is left to the engine.
                    from = if size == 1 { next } else { from };
                    size = (size / SMALLER).max(1);
                }
            }
        }
        self.engine.observer.carried_by_set(&self.spec.name, self.now.migrated);
        Ok(None)
    }

    /// Returns the first and the last legacy key.
    fn edges(&mut self) -> Result<Option<(i128, i128)>, RunError> {
        let legacy = self.engine.legacy();
        let key = &legacy_key(legacy.dialect(), &self.spec.read)[0].expression;
        let mut sql = Sql::new(legacy.dialect(), "SELECT ");
        sql.result(&format!("MIN({key})"), Kind::Integer).result(&format!("MAX({key})"), Kind::Integer);
        sql.push(" FROM ").name(&self.spec.read.table).push(" AS ").name(&self.spec.read.alias);
        let statement = sql.done();
        Ok(match entries::rows(legacy, &statement).on(Side::Legacy)?.pop().as_deref() {
            Some([Value::Integer(first), Value::Integer(last)]) => Some((*first, *last)),
            _ => None,
        })
    }

    /// Returns the key of the row that comes so many rows after the one with a key, if there are so many.
    fn after(&mut self, from: i128, rows: usize) -> Result<Option<i128>, RunError> {
        let legacy = self.engine.legacy();
        let key = legacy_key(legacy.dialect(), &self.spec.read);
        let mut sql = Sql::new(legacy.dialect(), "SELECT ");
        sql.result(&key[0].expression, Kind::Integer).push(" FROM ").name(&self.spec.read.table);
        sql.push(" AS ").name(&self.spec.read.alias).push(" WHERE 1 = 1");
        let before: Key = vec![Value::Integer(from - 1)];
        sql.and_range(&key, KeyRange { after: Some(&before), ..KeyRange::default() });
        sql.ordered(&key, Order::Ascending, None).push(&format!(" LIMIT 1 OFFSET {rows}"));
        let statement = sql.done();
        Ok(match entries::rows(legacy, &statement).on(Side::Legacy)?.pop().as_deref() {
            Some([Value::Integer(key)]) => Some(*key),
            _ => None,
        })
    }

    /// Carries a range in one transaction.
    fn range(&mut self, server: &mut dyn Connection, set: &SetStep, keys: (i128, i128)) -> Result<Range, RunError> {
        let began = Instant::now();
        let carried = match self.range_within(server, set, keys) {
            Ok(Some((rows, state))) => server.commit().map(|()| (rows, state)).on(Side::Target).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        match carried {
            Ok(Some((rows, state))) => {
                failpoint::hit("run.after_commit")?;
                self.carried_by_set(rows, state, began);
                Ok(Range::Carried)
            }
            Ok(None) => {
                give_up(server, set)?;
                Ok(Range::Carried)
            }
            Err(RunError::Store { side: Side::Target, error }) if may_be_refused(&error) => {
                give_up(server, set)?;
                Ok(Range::Refused(error))
            }
            Err(error) => {
                // The first error is the one that counts.
                let _ = server.abort();
                Err(error)
            }
        }
    }

    /// Returns how many rows were carried, and how the step stands with them; none if there is nothing to carry.
    fn range_within(
        &mut self,
        server: &mut dyn Connection,
        set: &SetStep,
        (from, upto): (i128, i128),
    ) -> Result<Option<(u64, StepState)>, RunError> {
        let run = |server: &mut dyn Connection, sql: &String| server.execute(sql, &[]).map(|_| ()).on(Side::Target);
        server.begin_snapshot().on(Side::Target)?;
        set.lock.iter().try_for_each(|sql| run(server, sql))?;
        lock::check(server, self.engine.epoch)?;
        if self.state.in_scope == 0 {
            crate::given::remember(server, self.spec)?;
        }
        let keys = [Value::Integer(from), Value::Integer(upto)];
        server.execute(&set.fill, &keys).on(Side::Target)?;
        failpoint::hit("run.before_insert")?;
        set.analyze.iter().chain(&set.inserts).try_for_each(|sql| run(server, sql))?;
        failpoint::hit("run.after_insert")?;
        let Some(entries) = entries::of_batch(server.dialect(), self.spec, &set.batch, self.engine.run) else {
            return Ok(None);
        };
        let rows = server.execute(&entries.text, &entries.parameters).on(Side::Target)?;
        if rows == 0 {
            return Ok(None);
        }
        set.counters.iter().chain([&set.drop]).try_for_each(|sql| run(server, sql))?;
        let state = self.state.with(rows, upto);
        self.batch += 1;
        BATCH.insert(server, &self.set_row(rows, &keys))?;
        state.write(server, &self.spec.name)?;
        failpoint::hit("run.before_commit")?;
        Ok(Some((rows, state)))
    }

    fn set_row(&self, rows: u64, keys: &[Value]) -> Row {
        let mut row = vec![int(self.engine.run), text(&self.spec.name), int(self.batch)];
        row.extend(keys.iter().map(|key| text(&crate::report::key_text(std::slice::from_ref(key)))));
        row.extend([rows, rows, 0, 0].map(|number| Value::Integer(number.into())));
        row.push(Value::Null);
        row
    }

    fn carried_by_set(&mut self, rows: u64, state: StepState, began: Instant) {
        self.state = state;
        self.now.add(Counts { migrated: rows, ..Counts::default() });
        let stages = Stages { write: began.elapsed(), ..Stages::default() };
        self.stages.add(stages);
        self.engine.pace.took(began.elapsed());
        let done = BatchDone { rows, migrated: rows, stages, ..BatchDone::default() };
        self.engine.observer.batch_done(&self.spec.name, &done);
    }
}

/// A server that is gone, full or not to be written refuses nothing: it fails.
fn may_be_refused(error: &StoreError) -> bool {
    use StoreErrorKind::{Absent, Full, Gone, ReadOnly};
    !matches!(error.kind, Absent | Full | Gone | ReadOnly)
}

fn give_up(server: &mut dyn Connection, set: &SetStep) -> Result<(), RunError> {
    server.abort().on(Side::Target)?;
    set.discard.iter().try_for_each(|sql| server.execute(sql, &[]).map(|_| ()).on(Side::Target))
}

//! Writes a batch of a step: rows, entries, rejects, the batch's record and the step's counters, in one transaction.

use super::{FINAL, StepRun};
use crate::carry::{Carried, Carrier, Pending, Reject};
use crate::connection::{Connection, StoreError, StoreErrorKind};
use crate::entries;
use crate::error::{OnSide, RunError, Side};
use crate::failpoint;
use crate::fingerprint::hex;
use crate::journal::{BATCH, REJECT, int, text};
use crate::lock;
use crate::report::key_text;
use crate::step::StepSpec;
use crate::value::{Key, Row, Value};

/// Who writes batches: the step, and the run that it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Writer<'a> {
    pub(super) spec: &'a StepSpec,
    pub(super) run: i64,
    pub(super) epoch: i64,
}

impl Writer<'_> {
    /// Writes entries, rejects and the record of a batch, within the open transaction.
    pub(super) fn record(
        &self,
        target: &mut dyn Connection,
        batch: i64,
        pending: &[Pending],
        carried: &mut Carried,
    ) -> Result<(), RunError> {
        let map = &self.spec.name;
        let again: Vec<&Key> = pending.iter().filter(|pending| pending.again).map(|pending| &pending.key).collect();
        entries::remove_all(target, self.spec, &again)?;
        again.iter().try_for_each(|key| REJECT.remove(target, &vec![text(map), text(&key_text(key))]))?;
        let columns: Vec<String> = entries::columns(self.spec).into_iter().map(|(name, _)| name).collect();
        let rows = std::mem::take(&mut carried.entries).into_iter().map(|entry| entry.into_row(self.run));
        target.append(&self.spec.map_table, &columns, &rows.collect::<Vec<Row>>()).on(Side::Target)?;
        let rejects = std::mem::take(&mut carried.rejects).into_iter().map(|reject| reject.into_row(map, self.run));
        target.append(REJECT.name, &REJECT.names(), &rejects.collect::<Vec<Row>>()).on(Side::Target)?;
        BATCH.insert(target, &self.batch_row(batch, pending, carried))
    }

    fn batch_row(&self, batch: i64, pending: &[Pending], carried: &Carried) -> Row {
        let key = |pending: Option<&Pending>| pending.map_or(Value::Null, |pending| text(&key_text(&pending.key)));
        let counts = carried.counts;
        let numbers = [pending.len() as u64, counts.migrated, counts.found, counts.rejected];
        let mut row = vec![int(self.run), text(&self.spec.name), int(batch)];
        row.extend([key(pending.first()), key(pending.last())]);
        row.extend(numbers.map(|number| Value::Integer(number.into())));
        row.push(text(&hex(carried.fingerprint)));
        row
    }
}

impl<'a> StepRun<'_, 'a> {
    /// Writes one batch. The inner error is a commit that a constraint refused; nothing is written then.
    pub(super) fn write(
        &mut self,
        pending: &[Pending],
        refusal: Option<&StoreError>,
    ) -> Result<Result<Carried, StoreError>, RunError> {
        self.engine.target.begin().on(Side::Target)?;
        let written = self.write_within(pending, refusal).and_then(|carried| {
            failpoint::hit("run.before_commit")?;
            Ok(carried)
        });
        let carried = match written {
            Ok(carried) => carried,
            Err(error) => {
                self.carrier = None;
                // The first error is the one that counts.
                let _ = self.engine.target.abort();
                return Err(error);
            }
        };
        if carried.counts.total() == 0 && !pending.iter().any(|pending| pending.again) {
            // All rows were postponed. A commit would move the checkpoint although nothing has happened.
            self.engine.target.abort().on(Side::Target)?;
            return Ok(Ok(carried));
        }
        match self.engine.target.commit() {
            Ok(()) => failpoint::hit("run.after_commit").map(|()| Ok(carried)),
            Err(error) => {
                // What was remembered of this batch is not there.
                self.carrier = None;
                let refused = error.kind == StoreErrorKind::Constraint;
                if refused { Ok(Err(error)) } else { Err(RunError::Store { side: Side::Target, error }) }
            }
        }
    }

    fn write_within(&mut self, pending: &[Pending], refusal: Option<&StoreError>) -> Result<Carried, RunError> {
        lock::check(self.engine.target, self.engine.epoch)?;
        if self.state.in_scope == 0 {
            crate::given::remember(self.engine.target, self.spec)?;
        }
        let mut carried = match refusal {
            Some(refusal) => self.refused(pending, refusal),
            None => self.carry(pending)?,
        };
        self.batch += 1;
        self.writer().record(self.engine.target, self.batch, pending, &mut carried)?;
        let state = self.state.after(self.pass.number, pending, carried.counts);
        state.write(self.engine.target, &self.spec.name)?;
        Ok(carried)
    }

    pub(super) fn writer(&self) -> Writer<'a> {
        Writer { spec: self.spec, run: self.engine.run, epoch: self.engine.epoch }
    }

    fn carry(&mut self, pending: &[Pending]) -> Result<Carried, RunError> {
        let mut carrier = self.take_carrier()?;
        let postpone = carrier.links.refer_to_own() && self.pass.number != FINAL;
        let carried = carrier.carry(self.engine.target, pending, postpone)?;
        self.carrier = Some(carrier);
        Ok(carried)
    }

    /// Returns the carrier, which is loaded anew after a transaction that came to nothing.
    pub(super) fn take_carrier(&mut self) -> Result<Carrier<'a>, RunError> {
        match self.carrier.take() {
            Some(carrier) => Ok(carrier),
            None => Carrier::load(self.engine.target, self.step, self.engine.steps),
        }
    }

    /// A commit names no row and no column: the row that was alone in its transaction is the one.
    fn refused(&self, pending: &[Pending], refusal: &StoreError) -> Carried {
        let mut carried = Carried::default();
        for pending in pending {
            let reject = Reject {
                key: pending.key.clone(),
                column: String::new(),
                rule: "target_foreign_key".to_string(),
                message: format!("the target refused the row at the end of the transaction: {}", refusal.cause),
                value: Value::Null,
                line: 0,
            };
            carried.refuse(reject, self.spec);
        }
        carried
    }
}

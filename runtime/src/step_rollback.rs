//! Takes back one step, batch by batch, from the highest legacy key down: rows that refer to others of their step
//! mostly have higher keys. What is still referred to gets another try after the rest is gone.

use crate::connection::Connection;
use crate::entries::{self, CHUNK, Entry, State};
use crate::error::{OnSide, RunError, Side};
use crate::failpoint;
use crate::fingerprint::{self, PrintMap, PrintSet};
use crate::journal::{BATCH, REJECT, StepState, int, text};
use crate::observer::{BatchDone, Stages};
use crate::report::{Left, LeftReason, RolledBackStep, key_text};
use crate::rollback::Work;
use crate::statements::{KeyColumn, KeyRange, Order, Sql, column};
use crate::step::{StepSpec, TargetSpec};
use crate::value::{Key, Kind, Row, Value};
use crate::{lock, target_rows};
use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A target row: its table and the fingerprint of its key.
type RowId = (String, u128);

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

/// A row that refers to a target row.
struct Referring {
    table: String,
    column: String,
    /// Which row, if it is in a table of the same step.
    row: Option<RowId>,
}

/// What is to be known before a batch can be taken back.
#[derive(Default)]
struct Plan {
    /// For each role: the rows that are there.
    present: Vec<PrintMap<Row>>,
    /// Digests of rows that the server itself wrote, in the same way.
    digests: Vec<PrintMap<Value>>,
    /// For each role: the rows with a changed column that no rule writes.
    departed: Vec<PrintSet>,
    /// For each role: who refers to a row.
    referring: Vec<PrintMap<Vec<Referring>>>,
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
        let departures = spec.targets.iter().map(|role| target_rows::departures(work.target, role));
        let departures = departures.collect::<Result<_, _>>()?;
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
            if self.work.options.stop.load(Ordering::Relaxed) {
                self.work.report.interrupted = true;
                return Ok(());
            }
            let range = KeyRange { before: before.as_ref(), ..KeyRange::default() };
            let limit = self.work.options.batch.max(1);
            let page = entries::page(self.work.target, self.spec, range, Order::Descending, limit)?;
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
        let stages = Stages { write: began.elapsed(), ..Stages::default() };
        self.work.observer.batch_done(&self.spec.name, &BatchDone { stages, ..counts });
        Ok(())
    }

    fn batch_within(&mut self, page: Vec<Entry>) -> Result<BatchDone, RunError> {
        lock::check(self.work.target, self.work.epoch)?;
        let (rows, ends) = (page.len() as u64, (page[0].key.clone(), page[page.len() - 1].key.clone()));
        let start = self.done.clone();
        let plan = self.plan(&page)?;
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

    fn plan(&mut self, page: &[Entry]) -> Result<Plan, RunError> {
        let migrated = || page.iter().filter(|entry| entry.state == State::Migrated);
        let mut plan = Plan::default();
        for (at, role) in self.spec.targets.iter().enumerate() {
            let keys = || migrated().map(|entry| &entry.roles[at].0);
            plan.present.push(target_rows::of_keys(self.work.target, role, keys())?);
            plan.digests.push(target_rows::digests(self.work.target, role, migrated().map(|entry| &entry.roles[at]))?);
            plan.departed.push(target_rows::departed(self.work.target, role, &self.departures[at], keys())?);
            plan.referring.push(referring(self.work.target, self.spec, role, keys())?);
        }
        Ok(plan)
    }

    /// Takes back what can be, in rounds: a row may be free once the row that refers to it is gone. Returns the rest.
    #[expect(clippy::type_complexity, reason = "what stays, each with role and reason")]
    fn take_back_all(
        &mut self,
        plan: &Plan,
        mut waiting: Vec<Entry>,
    ) -> Result<Vec<(Entry, Vec<(usize, LeftReason)>)>, RunError> {
        let mut deleted: HashSet<RowId> = HashSet::new();
        loop {
            let before = waiting.len();
            let mut stay = Vec::new();
            for entry in waiting {
                let reasons = self.obstacles(plan, &entry, &deleted);
                if reasons.is_empty() {
                    self.take_back(plan, &entry, &mut deleted)?;
                } else {
                    stay.push((entry, reasons));
                }
            }
            if stay.is_empty() || stay.len() == before {
                return Ok(stay);
            }
            waiting = stay.into_iter().map(|(entry, _)| entry).collect();
        }
    }

    /// Returns why a unit cannot be taken back.
    fn obstacles(&self, plan: &Plan, entry: &Entry, deleted: &HashSet<RowId>) -> Vec<(usize, LeftReason)> {
        let own = self.row_ids(entry);
        let mut obstacles = Vec::new();
        for (at, (key, written)) in entry.roles.iter().enumerate() {
            let print = fingerprint::of([key]);
            let Some(row) = plan.present[at].get(&print) else { continue };
            let digest = plan.digests[at].get(&print);
            if !target_rows::as_written(row, digest, written) || plan.departed[at].contains(&print) {
                obstacles.push((at, LeftReason::Changed));
                continue;
            }
            let known = |row: &RowId| own.contains(row) || deleted.contains(row);
            let referring = plan.referring[at].get(&print).into_iter().flatten();
            let mut others = referring.filter(|other| !other.row.as_ref().is_some_and(known));
            if let Some(other) = others.next() {
                let (table, column) = (other.table.clone(), other.column.clone());
                obstacles.push((at, LeftReason::Referred { table, column }));
            }
        }
        obstacles
    }

    fn row_ids(&self, entry: &Entry) -> Vec<RowId> {
        let roles = self.spec.targets.iter().zip(&entry.roles).filter(|(_, (key, _))| !key.is_null());
        roles.map(|(role, (key, _))| (role.table.clone(), fingerprint::of([key]))).collect()
    }

    fn take_back(&mut self, plan: &Plan, entry: &Entry, deleted: &mut HashSet<RowId>) -> Result<(), RunError> {
        let mut gone = false;
        for (at, role) in self.spec.targets.iter().enumerate().rev() {
            let key = &entry.roles[at].0;
            if key.is_null() {
                continue; // The target's condition did not hold.
            }
            if plan.present[at].contains_key(&fingerprint::of([key])) {
                delete(self.work.target, role, key)?;
            } else {
                gone = true;
                let left = self.describe(entry, at, LeftReason::Gone);
                self.list(left);
            }
        }
        deleted.extend(self.row_ids(entry));
        entries::remove(self.work.target, self.spec, &entry.key)?;
        self.state.settled.migrated -= 1;
        if gone {
            self.done.gone += 1
        } else {
            self.done.taken_back += 1
        }
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
        let role = &self.spec.targets[at];
        Left {
            map: self.spec.name.clone(),
            role: role.role.clone(),
            table: role.table.clone(),
            legacy_key: key_text(&entry.key),
            target_key: entry.roles[at].0.clone(),
            reason,
        }
    }

    fn list(&mut self, left: Left) {
        self.work.observer.left(&left);
        if self.work.report.left.len() < self.work.options.keep {
            self.work.report.left.push(left);
        }
    }
}

fn delete(target: &mut dyn Connection, role: &TargetSpec, key: &Value) -> Result<(), RunError> {
    let dialect = target.dialect();
    let column = KeyColumn { expression: dialect.quote(&role.key.column), kind: role.key.kind };
    let mut sql = Sql::new(dialect, "DELETE FROM ");
    sql.name(&role.table).push(" WHERE ").equal(&[column], std::slice::from_ref(key));
    let statement = sql.done();
    target.execute(&statement.text, &statement.parameters).on(Side::Target)?;
    Ok(())
}

/// Returns who refers to the rows with these keys, by the foreign keys that the database has now.
fn referring<'v>(
    target: &mut dyn Connection,
    spec: &StepSpec,
    role: &TargetSpec,
    keys: impl Iterator<Item = &'v Value>,
) -> Result<PrintMap<Vec<Referring>>, RunError> {
    let keys: Vec<Key> = keys.filter(|key| !key.is_null()).map(|key| vec![key.clone()]).collect();
    let mut found: PrintMap<Vec<Referring>> = PrintMap::default();
    for referrer in target.referrers(&role.table).on(Side::Target)? {
        let own = spec.targets.iter().find(|own| own.table.eq_ignore_ascii_case(&referrer.table));
        for chunk in keys.chunks(CHUNK) {
            let dialect = target.dialect();
            let key = KeyColumn { expression: column(dialect, "t", &role.key.column), kind: role.key.kind };
            let mut sql = Sql::new(dialect, "SELECT DISTINCT ");
            sql.result(&key.expression, key.kind);
            let (expression, kind) = own
                .map_or(("NULL".to_string(), Kind::Text), |own| (column(dialect, "r", &own.key.column), own.key.kind));
            sql.result(&expression, kind);
            let on = (column(dialect, "r", &referrer.column), column(dialect, "t", &referrer.referenced));
            sql.push(" FROM ").name(&role.table).push(" AS ").name("t").push(" JOIN ").name(&referrer.table);
            sql.push(" AS ").name("r").push(&format!(" ON {} = {} WHERE ", on.0, on.1));
            sql.among(&[key], &chunk.iter().collect::<Vec<_>>());
            let statement = sql.done();
            let mut each = |row: Row| {
                let row_id = own.map(|own| (own.table.clone(), fingerprint::of([&row[1]])));
                let (table, column) = (referrer.table.clone(), referrer.column.clone());
                let other = Referring { table, column, row: row_id };
                found.entry(fingerprint::of([&row[0]])).or_default().push(other);
                Ok(())
            };
            target.query(&statement.text, &statement.parameters, &statement.kinds, &mut each).on(Side::Target)?;
        }
    }
    Ok(found)
}

//! Batches on their way over several connections at once. They are converted in key order by the step's own thread,
//! written by whichever stream is free, and committed in key order again: so the result is that of one stream, and the
//! step's counters always tell the truth. Where a batch meets something that depends on the order of rows, it and those
//! after it are given back, to be written one after the other.

use super::write::Writer;
use crate::carry::{Carried, Claims, Pending, Prepared, Print};
use crate::connection::{Connection, StoreErrorKind};
use crate::error::{OnSide, RunError, Side};
use crate::journal::StepState;
use crate::step::Step;
use crate::{failpoint, lock};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Streams at work on a step.
pub(super) struct Streams {
    jobs: SyncSender<Job>,
    done: Receiver<Done>,
    turn: Arc<Turn>,
    /// In order; the first one has the number `first`.
    under_way: VecDeque<Claims>,
    first: u64,
    /// Done before those that were given out before them.
    early: BTreeMap<u64, Done>,
    prints: HashSet<Print>,
}

/// A batch to be written.
struct Job {
    number: u64,
    batch: Batch,
    prepared: Prepared,
}

/// A batch: its place among the step's batches, its rows, and when its way began.
pub(super) struct Batch {
    pub(super) number: i64,
    pub(super) pass: i64,
    pub(super) pending: Vec<Pending>,
    pub(super) read: Duration,
    pub(super) began: Instant,
}

/// What became of a batch.
pub(super) struct Done {
    number: u64,
    pub(super) batch: Batch,
    pub(super) came: Came,
}

/// How a batch ended.
pub(super) enum Came {
    /// It is committed.
    In(Carried),
    /// Nothing of it is written; it has to be written alone.
    Back,
    /// Nothing of it is written, as far as anybody knows.
    Failed(RunError),
}

/// Whose turn it is to commit.
struct Turn {
    state: Mutex<TurnState>,
    changed: Condvar,
}

struct TurnState {
    next: u64,
    /// Given out numbers.
    last: u64,
    /// A batch came to nothing: none after it may commit.
    broken: bool,
    step: StepState,
}

impl Turn {
    fn lock(&self) -> MutexGuard<'_, TurnState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a batch's turn; none if a batch before it came to nothing.
    fn wait(&self, number: u64) -> Option<MutexGuard<'_, TurnState>> {
        let waits = |state: &mut TurnState| !state.broken && state.next != number;
        let state = self.changed.wait_while(self.lock(), waits).unwrap_or_else(PoisonError::into_inner);
        (!state.broken).then_some(state)
    }
}

/// What every stream knows.
pub(super) struct Task<'a> {
    pub(super) step: &'a dyn Step,
    pub(super) writer: Writer<'a>,
}

impl Streams {
    /// Starts a stream on each connection. The connections come back when the streams are dropped.
    pub(super) fn start<'scope, 'a: 'scope>(
        scope: &'scope Scope<'scope, '_>,
        connections: Vec<Box<dyn Connection>>,
        task: Task<'a>,
    ) -> (Streams, Vec<ScopedJoinHandle<'scope, Box<dyn Connection>>>) {
        let (jobs, queue) = sync_channel(0);
        let (tell, done) = channel();
        let first = TurnState { next: 0, last: 0, broken: false, step: StepState::default() };
        let turn = Arc::new(Turn { state: Mutex::new(first), changed: Condvar::new() });
        let (queue, task) = (Arc::new(Mutex::new(queue)), Arc::new(task));
        let start = |connection| {
            let (queue, tell, turn, task) = (queue.clone(), tell.clone(), turn.clone(), task.clone());
            scope.spawn(move || stream(connection, &task, &turn, &queue, &tell))
        };
        let handles = connections.into_iter().map(start).collect();
        let (under_way, early, prints) = (VecDeque::new(), BTreeMap::new(), HashSet::new());
        (Streams { jobs, done, turn, under_way, first: 0, early, prints }, handles)
    }

    /// Returns the unique values of rows that are under way.
    pub(super) fn prints(&self) -> &HashSet<Print> {
        &self.prints
    }

    /// Gives a batch to the next free stream, and waits until there is one. `state` is how the step stands, if nothing
    /// is under way.
    pub(super) fn send(&mut self, batch: Batch, prepared: Prepared, state: &StepState) {
        let mut turn = self.turn.lock();
        if self.under_way.is_empty() {
            turn.step = state.clone();
            (turn.next, turn.broken) = (turn.last, false);
        }
        let number = turn.last;
        turn.last += 1;
        drop(turn);
        let claims = prepared.claims();
        self.prints.extend(&claims.prints);
        self.under_way.push_back(claims);
        // Streams end only after this end of the queue is gone, or by a panic; then nobody is left to tell of the batch.
        let _ = self.jobs.send(Job { number, batch, prepared });
    }

    /// Returns what became of the batches that are done, in order, each with what it had laid claim to. With `all`, it
    /// waits for all that are under way.
    pub(super) fn collect(&mut self, all: bool) -> Vec<(Done, Claims)> {
        while self.early.len() < self.under_way.len() {
            let next = if all { self.done.recv().ok() } else { self.done.try_recv().ok() };
            let Some(next) = next else { break };
            self.early.insert(next.number, next);
        }
        let mut done = Vec::new();
        while let Some(next) = self.early.remove(&self.first) {
            self.first += 1;
            let claims = self.under_way.pop_front().unwrap_or_default();
            claims.prints.iter().for_each(|print| {
                self.prints.remove(print);
            });
            done.push((next, claims));
        }
        done
    }
}

fn stream(
    mut target: Box<dyn Connection>,
    task: &Task<'_>,
    turn: &Turn,
    queue: &Mutex<Receiver<Job>>,
    tell: &Sender<Done>,
) -> Box<dyn Connection> {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { number, batch, prepared }) = job else { return target };
        let work = || task.batch(&mut *target, turn, number, &batch, prepared);
        let (came, panic) = match catch_unwind(AssertUnwindSafe(work)) {
            Ok(came) => (came, None),
            Err(panic) => (Came::Failed(task.panicked()), Some(panic)),
        };
        if !matches!(came, Came::In(_)) {
            turn.lock().broken = true;
            turn.changed.notify_all();
        }
        // Nobody listens any more when the step has failed.
        let _ = tell.send(Done { number, batch, came });
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl Task<'_> {
    fn batch(&self, target: &mut dyn Connection, turn: &Turn, number: u64, batch: &Batch, prepared: Prepared) -> Came {
        match self.write(target, turn, number, batch, prepared) {
            Ok(Some(carried)) => Came::In(carried),
            Ok(None) => self.give_up(target, Came::Back),
            // Rows of another batch stand in the way, or a constraint that is looked at last.
            Err(RunError::Store { error, .. })
                if matches!(error.kind, StoreErrorKind::Locked | StoreErrorKind::Constraint) =>
            {
                self.give_up(target, Came::Back)
            }
            Err(error) => self.give_up(target, Came::Failed(error)),
        }
    }

    fn panicked(&self) -> RunError {
        RunError::BrokenStep { map: self.writer.spec.name.clone(), detail: "a stream panicked".to_string() }
    }

    fn give_up(&self, target: &mut dyn Connection, came: Came) -> Came {
        match (target.abort().on(Side::Target), came) {
            (Err(error), Came::Back) => Came::Failed(error),
            (_, came) => came,
        }
    }

    /// Writes a batch when its turn comes. Returns none if it cannot be written beside others.
    fn write(
        &self,
        target: &mut dyn Connection,
        turn: &Turn,
        number: u64,
        batch: &Batch,
        prepared: Prepared,
    ) -> Result<Option<Carried>, RunError> {
        let writer = &self.writer;
        target.begin().on(Side::Target)?;
        lock::check(target, writer.epoch)?;
        let Some(mut carried) = prepared.write(target, self.step, &batch.pending)? else { return Ok(None) };
        writer.record(target, batch.number, &batch.pending, &mut carried)?;
        let Some(mut turn_state) = turn.wait(number) else { return Ok(None) };
        let state = turn_state.step.after(batch.pass, &batch.pending, carried.counts);
        state.write(target, &writer.spec.name)?;
        failpoint::hit("run.before_commit")?;
        target.commit().on(Side::Target)?;
        turn_state.step = state;
        turn_state.next += 1;
        drop(turn_state);
        turn.changed.notify_all();
        failpoint::hit("run.after_commit")?;
        Ok(Some(carried))
    }
}

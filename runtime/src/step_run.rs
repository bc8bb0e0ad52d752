//! Runs one step: scans its legacy rows, settles what is pending batch by batch, and proves in the end that every row
//! in scope is settled. Rows that refer to later rows of the same step wait for another pass. Batches of large steps go
//! over several connections at once ([`streams`]).

use crate::carry::{Carried, Carrier, Pending, Prepared};
use crate::entries::{self, State};
use crate::error::{RunError, Side};
use crate::failpoint;
use crate::fingerprint;
use crate::journal::StepState;
use crate::observer::{BatchDone, Stages};
use crate::rejects::Retries;
use crate::report::{Counts, Outcome, StepReport, read_key};
use crate::run::Engine;
use crate::scan::{self, Window};
use crate::statements::KeyRange;
use crate::step::{LinkSpec, Step, StepSpec};
use crate::value::{Key, Row};
use crate::{lock, world};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};
use streams::{Batch, Came, Done, Streams, Task};

mod set;
mod streams;
mod write;

/// The pass that settles what still refers to unsettled rows: they never will be.
const FINAL: i64 = -1;

/// How many batches may come back from the streams before the rest of the step is written by one.
const RETURNS: u32 = 4;

/// How often a step is scanned again since rows arrived behind the scan.
const RESCANS: u32 = 3;

/// One step of a run.
pub(crate) struct StepRun<'e, 'a> {
    engine: &'e mut Engine<'a>,
    step: &'a dyn Step,
    spec: &'a StepSpec,
    carrier: Option<Carrier<'a>>,
    streams: Option<Streams>,
    /// How many times batches came back from the streams.
    returns: u32,
    state: StepState,
    retries: Retries,
    batch: i64,
    stages: Stages,
    now: Counts,
    pass: Pass,
}

/// What a pass over the legacy rows has seen.
#[derive(Default)]
struct Pass {
    number: i64,
    /// Rows that the database counts as in scope.
    read: u64,
    /// Rows in scope.
    in_scope: u64,
    /// How they are settled.
    seen: Counts,
    /// Rows settled in this pass.
    settled: u64,
    postponed: u64,
    /// Entries without a legacy row.
    gone: u64,
}

impl<'e, 'a> StepRun<'e, 'a> {
    pub(crate) fn new(engine: &'e mut Engine<'a>, step: &'a dyn Step) -> Result<Self, RunError> {
        let spec = step.spec();
        let mut state = StepState::read(engine.target, &spec.name)?;
        state.settled = entries::counts(engine.target, spec)?;
        state.in_scope = state.settled.total();
        let retries = Retries::load(engine.target, spec, engine.options.retry.as_ref())?;
        let (stages, now) = (Stages::default(), Counts::default());
        let (carrier, streams, pass) = (None, None, Pass::default());
        Ok(StepRun { engine, step, spec, carrier, streams, returns: 0, state, retries, batch: 0, stages, now, pass })
    }

    /// Settles everything that is pending, as far as deadline, budget and operator allow.
    pub(crate) fn run(mut self) -> Result<(StepReport, Outcome), RunError> {
        let rows = scan::count(self.engine.legacy(), self.spec)?;
        self.engine.observer.step_started(&self.spec.name, rows);
        self.engine.propose_load(self.spec, rows);
        let stopped = match self.by_set_first(rows)? {
            Some(outcome) => Some(outcome),
            None => self.in_streams(rows)?,
        };
        let pending = match stopped {
            Some(_) => 0,
            None => scan::count(self.engine.legacy(), self.spec)?.saturating_sub(self.pass.read),
        };
        let mut outcome = stopped.unwrap_or(Outcome::Complete);
        if outcome == Outcome::Complete {
            self.prove(pending)?;
            outcome = if pending == 0 { Outcome::Complete } else { Outcome::MoreWork };
        }
        Ok((self.report(pending)?, outcome))
    }

    /// Lets the server carry what it can, unless nearly everything is settled anyhow.
    fn by_set_first(&mut self, rows: u64) -> Result<Option<Outcome>, RunError> {
        if rows <= self.state.settled.total() { Ok(None) } else { self.by_set() }
    }

    /// Makes the passes, with more connections than one if the step is large and its rows do not refer to each other.
    fn in_streams(&mut self, rows: u64) -> Result<Option<Outcome>, RunError> {
        let connections = if self.refers_to_own() { Vec::new() } else { self.engine.connections(rows) };
        if connections.is_empty() {
            return self.passes();
        }
        let task = Task { step: self.step, writer: self.writer() };
        std::thread::scope(|scope| {
            let (streams, handles) = Streams::start(scope, connections, task);
            self.streams = Some(streams);
            // Streams wait for work until the sender is gone, so it must go even if this thread panics.
            let result = catch_unwind(AssertUnwindSafe(|| self.passes()));
            self.streams = None;
            for handle in handles {
                match handle.join() {
                    Ok(connection) => self.engine.spare.push(connection),
                    Err(panic) => resume_unwind(panic),
                }
            }
            result.unwrap_or_else(|panic| resume_unwind(panic))
        })
    }

    fn report(&mut self, pending: u64) -> Result<StepReport, RunError> {
        let legacy = self.engine.legacy();
        let nothing = self.state.complete && self.state.in_scope == 0;
        Ok(StepReport {
            map: self.spec.name.clone(),
            in_scope: self.state.in_scope,
            settled: self.state.settled,
            now: self.now,
            gone: self.state.gone,
            pending,
            complete: self.state.complete,
            scope_is_empty: nothing && world::has_rows(legacy, Side::Legacy, &self.spec.read.table)?,
            stages: self.stages,
        })
    }

    /// Scans until nothing is pending. Returns why it stopped before.
    fn passes(&mut self) -> Result<Option<Outcome>, RunError> {
        let (mut number, mut after) = self.resume();
        let mut rescans = 0;
        loop {
            let resumed = after.is_some();
            self.pass = Pass { number, ..Pass::default() };
            if let Some(outcome) = self.scan(after.take())? {
                return Ok(Some(outcome));
            }
            if !resumed && self.pass.postponed == 0 {
                let behind = scan::count(self.engine.legacy(), self.spec)? > self.pass.read;
                if !behind || rescans == RESCANS {
                    return Ok(None);
                }
                rescans += 1;
            }
            let stuck = !resumed && self.pass.postponed > 0 && self.pass.settled == 0;
            number = if stuck || number == FINAL { FINAL } else { number + 1 };
        }
    }

    /// A step whose rows refer to each other goes on where it stopped: what was postponed before that place comes in
    /// the next pass, as it would have without the interruption.
    fn resume(&self) -> (i64, Option<Key>) {
        if !self.refers_to_own() || self.state.complete || self.state.pass == 0 {
            return (1, None);
        }
        let kinds = entries::key_kinds(self.spec);
        (self.state.pass, self.state.last_key.as_deref().and_then(|key| read_key(key, &kinds)))
    }

    fn refers_to_own(&self) -> bool {
        self.spec.links.iter().any(|link| match link {
            LinkSpec::Reference { step, .. } => *step == self.spec.name,
            LinkSpec::Lookup { .. } => false,
        })
    }

    fn scan(&mut self, mut after: Option<Key>) -> Result<Option<Outcome>, RunError> {
        let settled_before = entries::any(self.engine.target, self.spec)?;
        loop {
            let began = Instant::now();
            let window = match settled_before {
                false => Some(Window::open()),
                true => self.next_window(after.as_ref())?,
            };
            self.stages.read += began.elapsed();
            let Some(window) = window else { break };
            if let Some(outcome) = self.window(&window, &mut after)? {
                return Ok(Some(outcome));
            }
            if window.upto.is_none() {
                break;
            }
            after = window.upto;
        }
        if settled_before && self.same_order() {
            let range = KeyRange { after: after.as_ref(), ..KeyRange::default() };
            self.pass.gone += entries::settled(self.engine.target, self.spec, range)?.len() as u64;
        }
        Ok(None)
    }

    /// Settles what is pending in a window.
    fn window(&mut self, window: &Window, after: &mut Option<Key>) -> Result<Option<Outcome>, RunError> {
        if self.all_settled(window) {
            let rows = window.keys.len() as u64;
            window.keys.iter().filter_map(|key| window.settled.get(key)).for_each(|state| self.pass.see(*state));
            self.pass.read += rows;
            self.pass.gone += window.settled.len() as u64 - rows;
            self.engine.observer.rows_passed(&self.spec.name, rows);
            return self.engine.must_stop(&self.spec.name, 0);
        }
        // The next page is read while this one is carried.
        let legacy = self.engine.lend_legacy();
        let (spec, limit, from) = (self.spec, self.engine.batch(), after.clone());
        let (result, legacy) = std::thread::scope(|scope| {
            let (sender, pages) = sync_channel(1);
            let reader = scope.spawn(move || {
                scan::read_ahead(legacy, spec, (from, window.upto.as_ref()), limit, &sender);
                legacy
            });
            let result = self.pages(window, &pages, after);
            drop(pages);
            (result, reader.join())
        });
        match legacy {
            Ok(legacy) => self.engine.give_back(legacy),
            Err(panic) => resume_unwind(panic),
        }
        let outcome = result?;
        self.take_in(true)?;
        Ok(outcome.or_else(|| self.engine.over_budget().then_some(Outcome::OverBudget)))
    }

    /// Settles what is pending in the pages of a window.
    fn pages(
        &mut self,
        window: &Window,
        pages: &Receiver<scan::Page>,
        after: &mut Option<Key>,
    ) -> Result<Option<Outcome>, RunError> {
        let mut matched = 0;
        for page in pages {
            let (page, read) = page?;
            if let Some(outcome) = self.engine.must_stop(&self.spec.name, page.len() as u64)? {
                return Ok(Some(outcome));
            }
            failpoint::hit("run.after_read")?;
            *after = page.last().map(|(key, _)| key.clone()).or(after.take());
            if let Some(outcome) = self.page(page, window, &mut matched, read)? {
                return Ok(Some(outcome));
            }
        }
        self.pass.gone += window.settled.len() as u64 - matched;
        Ok(None)
    }

    fn same_order(&mut self) -> bool {
        let legacy = self.engine.lend_legacy();
        let same = scan::same_order(self.spec, legacy, self.engine.target);
        self.engine.give_back(legacy);
        same
    }

    fn next_window(&mut self, after: Option<&Key>) -> Result<Option<Window>, RunError> {
        let legacy = self.engine.lend_legacy();
        let window = Window::next(legacy, self.engine.target, self.spec, after);
        self.engine.give_back(legacy);
        window
    }

    fn all_settled(&self, window: &Window) -> bool {
        let settled = |key: &u128| match window.settled.get(key) {
            Some(State::Rejected) => !self.retries(*key),
            Some(State::Migrated | State::Found) => true,
            None => false,
        };
        !window.keys.is_empty() && window.keys.iter().all(settled)
    }

    /// A rejected row is tried again once per run.
    fn retries(&self, key: u128) -> bool {
        self.pass.number == 1 && self.retries.contains(key)
    }

    fn page(
        &mut self,
        page: Vec<(Key, Row)>,
        window: &Window,
        matched: &mut u64,
        read: Duration,
    ) -> Result<Option<Outcome>, RunError> {
        let rows = page.len() as u64;
        self.pass.read += rows;
        self.stages.read += read;
        let mut pending = Vec::with_capacity(page.len());
        for (key, row) in page {
            let state = match window.settled.is_empty() {
                true => None,
                false => {
                    let print = fingerprint::of(&key);
                    window.settled.get(&print).map(|state| (*state, self.retries(print)))
                }
            };
            *matched += u64::from(state.is_some());
            match state {
                Some((state, retries)) if state != State::Rejected || !retries => self.pass.see(state),
                // A row of which nobody can tell whether it is in scope is in scope, so that it gets rejected.
                _ if !self.step.in_scope(&row).unwrap_or(true) => {
                    self.pass.gone += u64::from(state.is_some());
                }
                _ => pending.push(Pending { key, row, again: state.is_some() }),
            }
        }
        self.engine.observer.rows_passed(&self.spec.name, rows - pending.len() as u64);
        if pending.is_empty() {
            return Ok(None);
        }
        self.pass.in_scope += pending.len() as u64;
        self.settle(pending, read)?;
        Ok(self.engine.over_budget().then_some(Outcome::OverBudget))
    }

    /// Settles rows: by a stream if that is possible, else at once.
    fn settle(&mut self, pending: Vec<Pending>, read: Duration) -> Result<(), RunError> {
        self.take_in(false)?;
        let began = Instant::now();
        // The first batch of a step prepares the ground for those beside it.
        let beside = self.state.in_scope > 0 && self.returns < RETURNS && !pending.iter().any(|pending| pending.again);
        if beside && let Some(mut streams) = self.streams.take() {
            let prepared = self.prepare(&pending, &streams);
            if let Ok(Some(prepared)) = prepared {
                self.batch += 1;
                let batch = Batch { number: self.batch, pass: self.pass.number, pending, read, began };
                streams.send(batch, prepared, &self.state);
                self.streams = Some(streams);
                return Ok(());
            }
            self.streams = Some(streams);
            prepared?;
            self.returns += 1;
        }
        // Nothing may be under way beside a batch that is written alone.
        self.take_in(true)?;
        self.settle_alone(&pending, read, began)
    }

    fn prepare(&mut self, pending: &[Pending], streams: &Streams) -> Result<Option<Prepared>, RunError> {
        let mut carrier = self.take_carrier()?;
        let prepared = carrier.prepare(self.engine.target, pending, streams.prints());
        self.carrier = Some(carrier);
        prepared
    }

    /// Takes in what became of batches that streams have written; all of them, if it is to wait.
    fn take_in(&mut self, wait: bool) -> Result<(), RunError> {
        let Some(streams) = &mut self.streams else { return Ok(()) };
        let mut done = streams.collect(wait);
        if done.iter().any(|(done, _)| !matches!(done.came, Came::In(_))) {
            done.extend(streams.collect(true));
        }
        let mut back = Vec::new();
        for (Done { batch, came, .. }, claims) in done {
            match came {
                Came::In(carried) => {
                    self.engine.pace.took(batch.began.elapsed() + batch.read);
                    self.committed(&batch.pending, carried, batch.read, batch.began);
                }
                Came::Back => {
                    self.carrier.iter_mut().for_each(|carrier| carrier.disclaim(&claims));
                    back.push(batch);
                }
                Came::Failed(error) => return Err(error),
            }
        }
        self.returns += u32::from(!back.is_empty());
        back.iter().try_for_each(|batch| self.settle_alone(&batch.pending, batch.read, Instant::now()))
    }

    /// Settles rows in one transaction; if the commit is refused, each row in its own.
    fn settle_alone(&mut self, pending: &[Pending], read: Duration, began: Instant) -> Result<(), RunError> {
        match self.write(pending, None)? {
            Ok(carried) => self.committed(pending, carried, read, began),
            Err(_) => {
                for one in pending.chunks(1) {
                    self.settle_one(one)?;
                }
            }
        }
        self.engine.pace.took(began.elapsed() + read);
        Ok(())
    }

    fn settle_one(&mut self, one: &[Pending]) -> Result<(), RunError> {
        let began = Instant::now();
        let carried = match self.write(one, None)? {
            Ok(carried) => carried,
            Err(refusal) => {
                let written = self.write(one, Some(&refusal))?;
                written.map_err(|error| RunError::Store { side: Side::Target, error })?
            }
        };
        self.committed(one, carried, Duration::ZERO, began);
        Ok(())
    }

    /// Takes in a batch that is committed.
    fn committed(&mut self, pending: &[Pending], carried: Carried, read: Duration, began: Instant) {
        let counts = carried.counts;
        self.now.add(counts);
        self.pass.seen.add(counts);
        self.pass.postponed += carried.postponed;
        self.pass.settled += counts.total();
        self.engine.standing += counts.rejected;
        self.state = self.state.after(self.pass.number, pending, counts);
        let stages = Stages { read, convert: carried.convert, write: began.elapsed().saturating_sub(carried.convert) };
        self.stages.add(Stages { read: Duration::ZERO, ..stages });
        let done = BatchDone {
            rows: pending.len() as u64,
            migrated: counts.migrated,
            found: counts.found,
            rejected: counts.rejected,
            stages,
        };
        self.engine.observer.batch_done(&self.spec.name, &done);
    }

    /// Proves that every row in scope is settled, once, and stores the equation.
    fn prove(&mut self, pending: u64) -> Result<(), RunError> {
        let stored = entries::counts(self.engine.target, self.spec)?;
        let same_order = self.same_order();
        let pass = &mut self.pass;
        if !same_order {
            pass.gone = stored.total().saturating_sub(pass.seen.total());
        }
        if pass.in_scope != pass.seen.total() || stored.total() != pass.seen.total() + pass.gone {
            let detail = format!(
                "{} rows in scope, {} settled, {} without a legacy row, {} entries",
                pass.in_scope,
                pass.seen.total(),
                pass.gone,
                stored.total()
            );
            return Err(RunError::Unbalanced { map: self.spec.name.clone(), detail });
        }
        self.state = StepState {
            in_scope: pass.in_scope,
            settled: pass.seen,
            gone: pass.gone,
            complete: pending == 0,
            pass: 0,
            last_key: None,
        };
        let (state, map, epoch) = (self.state.clone(), self.spec.name.clone(), self.engine.epoch);
        crate::journal::within(self.engine.target, |target| {
            lock::check(target, epoch)?;
            state.write(target, &map)
        })
    }
}

impl Pass {
    /// Counts a row that was settled before.
    fn see(&mut self, state: State) {
        self.in_scope += 1;
        match state {
            State::Migrated => self.seen.migrated += 1,
            State::Found => self.seen.found += 1,
            State::Rejected => self.seen.rejected += 1,
        }
    }
}

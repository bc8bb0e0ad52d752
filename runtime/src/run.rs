//! Carries all rows that are pending from the legacy database to the target. What one step does is in `step_run`;
//! here is what surrounds the steps: lock, checks, journal of the run, and when to stop.

use crate::connection::Connection;
use crate::error::RunError;
use crate::observer::Observer;
use crate::pace::Pace;
use crate::rejects::{RejectFilter, Retries};
use crate::report::{Outcome, RunReport, StepReport};
use crate::set::SetSteps;
use crate::step::{Step, StepSpec};
use crate::step_run::StepRun;
use crate::{entries, failpoint, journal, load, lock, pause, world};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// A step of so many rows is worth taking indexes off for.
const WORTH_LOADING: u64 = 100_000;

/// What the operator chooses for a run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Rows per batch.
    pub batch: usize,
    /// How many batches of a large step may be written at once, each over a connection of its own.
    pub streams: usize,
    /// How many rows may stand rejected; none means any number.
    pub max_rejects: Option<u64>,
    /// No batch begins that would not finish in this time.
    pub deadline: Option<Duration>,
    /// How many rows may pass in a second; none means any number.
    pub rate: Option<NonZeroU32>,
    /// Ends the run at the next batch boundary once it is true.
    pub stop: Arc<AtomicBool>,
    /// Accepts a changed mapping or other databases.
    pub rebind: bool,
    /// Tries these rows again that stand rejected.
    pub retry: Option<RejectFilter>,
    /// Steps that the target's server carries by itself, because it holds the legacy side too.
    pub sets: SetSteps,
    /// Takes secondary indexes and foreign keys off the tables that are written, and puts them back when the run ends. Only
    /// where nobody else writes to the target in the meantime.
    pub load: bool,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions {
            batch: 5000,
            streams: 2,
            max_rejects: Some(0),
            deadline: None,
            rate: None,
            stop: Arc::default(),
            rebind: false,
            retry: None,
            sets: SetSteps::new(),
            load: false,
        }
    }
}

/// Settles every legacy row in scope that is not settled yet. `steps` come in the order in which they refer to each
/// other. Whatever was committed stays, however the run ends; the next run goes on.
pub fn run(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &RunOptions,
    observer: &mut dyn Observer,
) -> Result<RunReport, RunError> {
    lock::take(target)?;
    let result = run_locked(legacy, target, steps, options, observer);
    target.unlock_runner();
    result
}

fn run_locked(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &RunOptions,
    observer: &mut dyn Observer,
) -> Result<RunReport, RunError> {
    prepare(legacy, target, steps, options)?;
    let epoch = lock::new_epoch(target)?;
    let command = if options.retry.is_some() { "retry" } else { "run" };
    let run = journal::begin_run(target, command, epoch)?;
    let owner = load::Owner { run, epoch, streams: options.streams };
    let result = carry(legacy, target, steps, options, observer, owner);
    let outcome = result.as_ref().map_or("failed", |carried| carried.outcome.name());
    let closed = close(target, run, epoch, outcome);
    let report = result?;
    closed.map(|()| report)
}

/// Carries the rows. In load mode, what can be is off in the meantime; else what an earlier run has left off comes back
/// first.
fn carry(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &RunOptions,
    observer: &mut dyn Observer,
    owner: load::Owner,
) -> Result<RunReport, RunError> {
    if !options.load {
        let put_back = load::put_back(target, owner, observer)?;
        let report = carry_rows(legacy, target, steps, options, observer, owner)?;
        return Ok(RunReport { put_back, ..report });
    }
    let result = load::take_off(target, steps, owner, observer)
        .and_then(|()| carry_rows(legacy, target, steps, options, observer, owner));
    match (result, load::put_back(target, owner, observer)) {
        (Ok(report), Ok(put_back)) => Ok(RunReport { put_back, ..report }),
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => Err(error),
        // Who has taken over puts back.
        (Err(error @ RunError::Fenced { .. }), Err(_)) => Err(error),
        (Err(error), Err(_)) => Err(RunError::StillOff { error: Box::new(error) }),
    }
}

fn carry_rows(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &RunOptions,
    observer: &mut dyn Observer,
    owner: load::Owner,
) -> Result<RunReport, RunError> {
    let mut engine = Engine::new(legacy, target, steps, options, observer, (owner.run, owner.epoch))?;
    let (outcome, steps) = engine.all_steps()?;
    Ok(RunReport { run: owner.run, outcome, steps, rejects: engine.standing, put_back: 0 })
}

fn prepare(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &RunOptions,
) -> Result<(), RunError> {
    world::check_schema(legacy, target, steps)?;
    journal::create(target)?;
    world::check_format(target)?;
    world::check(Some(legacy), target, steps, options.rebind)?;
    steps.iter().try_for_each(|step| entries::create(target, step.spec()))?;
    world::check_map_tables(target, steps.iter().map(|step| step.spec()))?;
    if let Some(filter) = &options.retry {
        filter.check(target, steps)?;
    }
    if options.rebind { Ok(()) } else { world::check_edges(target, steps) }
}

/// Writes how the run ended and gives the target back.
pub(crate) fn close(target: &mut dyn Connection, run: i64, epoch: i64, outcome: &str) -> Result<(), RunError> {
    journal::within(target, |target| {
        journal::end_run(target, run, outcome)?;
        lock::release(target, epoch)
    })
}

/// A run under way.
pub(crate) struct Engine<'a> {
    /// Lent to the reader while rows are read ahead.
    legacy: Option<&'a mut dyn Connection>,
    pub(crate) target: &'a mut dyn Connection,
    /// More connections to the target, for steps that are written in streams.
    pub(crate) spare: Vec<Box<dyn Connection>>,
    pub(crate) steps: &'a [Box<dyn Step>],
    pub(crate) options: &'a RunOptions,
    pub(crate) observer: &'a mut dyn Observer,
    pub(crate) run: i64,
    pub(crate) epoch: i64,
    /// Rows that stand rejected, over all steps.
    pub(crate) standing: u64,
    pub(crate) pace: Pace,
    /// Whether the operator has heard of load mode, or knows it.
    proposed: bool,
}

impl<'a> Engine<'a> {
    fn new(
        legacy: &'a mut dyn Connection,
        target: &'a mut dyn Connection,
        steps: &'a [Box<dyn Step>],
        options: &'a RunOptions,
        observer: &'a mut dyn Observer,
        (run, epoch): (i64, i64),
    ) -> Result<Engine<'a>, RunError> {
        let mut standing = 0;
        // Rejects that are tried again count only if they are rejected again.
        for spec in steps.iter().map(|step| step.spec()) {
            let counts = entries::counts(target, spec)?;
            standing += Retries::load(target, spec, options.retry.as_ref())?.standing(counts);
        }
        let pace = Pace::new(options.deadline, options.rate, options.stop.clone());
        let (legacy, spare, proposed) = (Some(legacy), Vec::new(), options.load);
        Ok(Engine { legacy, target, spare, steps, options, observer, run, epoch, standing, pace, proposed })
    }

    fn all_steps(&mut self) -> Result<(Outcome, Vec<StepReport>), RunError> {
        let mut reports = Vec::with_capacity(self.steps.len());
        for step in self.steps {
            let (report, outcome) = StepRun::new(self, step.as_ref())?.run()?;
            self.observer.step_done(&report);
            reports.push(report);
            if outcome != Outcome::Complete {
                return Ok((outcome, reports));
            }
            failpoint::hit("run.between_steps")?;
        }
        let outcome = if self.over_budget() { Outcome::OverBudget } else { Outcome::Complete };
        Ok((outcome, reports))
    }

    /// Returns why the next rows of a step must not pass; waits for the rate and while the run is paused.
    pub(crate) fn must_stop(&mut self, map: &str, rows: u64) -> Result<Option<Outcome>, RunError> {
        pause::must_stop(self.target, self.epoch, &mut self.pace, self.observer, (map, rows))
    }

    pub(crate) fn legacy(&mut self) -> &mut dyn Connection {
        *self.legacy.as_mut().expect("the reader gives the connection back before it ends")
    }

    /// Lends the legacy connection; it comes back by [`Engine::give_back`].
    pub(crate) fn lend_legacy(&mut self) -> &'a mut dyn Connection {
        self.legacy.take().expect("the reader gives the connection back before it ends")
    }

    pub(crate) fn give_back(&mut self, legacy: &'a mut dyn Connection) {
        self.legacy = Some(legacy);
    }

    /// Returns how many rows a batch has.
    pub(crate) fn batch(&self) -> usize {
        self.pace.batch(self.options.batch)
    }

    /// Returns connections for a step of so many rows; none if the one connection will do, or there can be no others.
    pub(crate) fn connections(&mut self, rows: u64) -> Vec<Box<dyn Connection>> {
        if self.options.streams < 2 || rows <= 2 * self.batch() as u64 {
            return Vec::new();
        }
        while self.spare.len() < self.options.streams {
            match self.target.another() {
                Ok(Some(connection)) => self.spare.push(connection),
                // A server may have no room for more than one; that one is enough.
                Ok(None) | Err(_) => return Vec::new(),
            }
        }
        std::mem::take(&mut self.spare)
    }

    /// Proposes load mode, once, where a step of so many rows would be faster with it.
    pub(crate) fn propose_load(&mut self, spec: &StepSpec, rows: u64) {
        if self.proposed || rows < WORTH_LOADING {
            return;
        }
        self.proposed = true;
        // No more than a hint: what is wrong with the target shows where it matters.
        let things = load::proposed(self.target, spec, self.steps).unwrap_or_default();
        if things > 0 {
            self.observer.load_proposed(things);
        }
    }

    /// Returns whether more rows stand rejected than the operator allows.
    pub(crate) fn over_budget(&self) -> bool {
        self.options.max_rejects.is_some_and(|most| self.standing > most)
    }
}

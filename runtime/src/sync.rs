//! Brings target rows in line with legacy rows that were changed or deleted since they were carried. What one step does
//! is in `step_sync`; here is what surrounds the steps: lock, checks, journal, where to begin and when to stop. A sync
//! that was stopped leaves word where, and the next one begins there and goes all the way round.

use crate::connection::Connection;
use crate::error::RunError;
use crate::journal::{self, META, text};
use crate::observer::Observer;
use crate::pace::Pace;
use crate::report::{Left, Outcome, SyncReport, SyncedStep, key_text, read_key};
use crate::run::close;
use crate::step::Step;
use crate::step_sync::StepSync;
use crate::value::{Key, Value};
use crate::walk::Walk;
use crate::{entries, lock, scan, world};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Name under which the journal keeps where a sync was stopped.
const PLACE: &str = "sync_place";

/// What the operator chooses for a sync.
#[derive(Debug, Clone)]
pub struct SyncOptions {
    /// Legacy rows that are compared together, and at most written in one transaction.
    pub batch: usize,
    /// The maps to go through; none means all.
    pub maps: Option<Vec<String>>,
    /// Deletes target rows whose legacy row is gone, or whose condition does not hold any more.
    pub delete: bool,
    /// No batch begins that would not finish in this time.
    pub deadline: Option<Duration>,
    /// How many rows may pass in a second; none means any number.
    pub rate: Option<NonZeroU32>,
    /// Ends the sync at the next batch boundary once it is true.
    pub stop: Arc<AtomicBool>,
    /// Accepts a changed mapping or other databases.
    pub rebind: bool,
    /// How many rows that were left the report keeps; all are counted, and the observer hears of each.
    pub keep: usize,
}

impl Default for SyncOptions {
    fn default() -> Self {
        SyncOptions {
            batch: 5000,
            maps: None,
            delete: false,
            deadline: None,
            rate: None,
            stop: Arc::default(),
            rebind: false,
            keep: 10_000,
        }
    }
}

/// Brings everything in line that was carried. `steps` come in the order of a run. Whatever was committed stays, however
/// the sync ends; the next one goes on.
pub fn sync(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &SyncOptions,
    observer: &mut dyn Observer,
) -> Result<SyncReport, RunError> {
    world::check_maps(steps, options.maps.as_deref().unwrap_or_default())?;
    if !journal::exists(target)? {
        return Ok(blank(0));
    }
    lock::take(target)?;
    let result = sync_locked(legacy, target, steps, options, observer);
    target.unlock_runner();
    result
}

fn blank(run: i64) -> SyncReport {
    SyncReport { run, outcome: Outcome::Complete, steps: Vec::new(), left: Vec::new(), more: 0, total: 0 }
}

fn sync_locked(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &SyncOptions,
    observer: &mut dyn Observer,
) -> Result<SyncReport, RunError> {
    world::check_schema(legacy, target, steps)?;
    world::check_format(target)?;
    world::check(Some(legacy), target, steps, options.rebind)?;
    steps.iter().try_for_each(|step| entries::create(target, step.spec()))?;
    world::check_map_tables(target, steps.iter().map(|step| step.spec()))?;
    let epoch = lock::new_epoch(target)?;
    let run = journal::begin_run(target, "sync", epoch)?;
    let pace = Pace::new(options.deadline, options.rate, options.stop.clone());
    let done = steps.iter().map(|step| Progress::new(&step.spec().name)).collect();
    let report = blank(run);
    let mut work = Work { legacy, target, steps, options, observer, run, epoch, pace, done, report };
    let result = work.all_steps();
    let Work { done, mut report, .. } = work;
    let chosen = |progress: &Progress| options.maps.as_ref().is_none_or(|maps| maps.contains(&progress.step.map));
    report.steps = done.into_iter().filter(chosen).map(|progress| progress.step).collect();
    let outcome = match &result {
        Ok(Some(outcome)) => outcome.name(),
        Ok(None) if report.total > 0 => "rows_left",
        Ok(None) => "complete",
        Err(_) => "failed",
    };
    let closed = close(target, run, epoch, outcome);
    report.outcome = result?.unwrap_or(Outcome::Complete);
    closed.map(|()| report)
}

/// A sync under way.
pub(crate) struct Work<'a> {
    pub(crate) legacy: &'a mut dyn Connection,
    pub(crate) target: &'a mut dyn Connection,
    pub(crate) steps: &'a [Box<dyn Step>],
    pub(crate) options: &'a SyncOptions,
    pub(crate) observer: &'a mut dyn Observer,
    pub(crate) run: i64,
    pub(crate) epoch: i64,
    pub(crate) pace: Pace,
    /// One for each step.
    pub(crate) done: Vec<Progress>,
    report: SyncReport,
}

/// How far a sync has come in one step.
pub(crate) struct Progress {
    pub(crate) step: SyncedStep,
    /// Batches written.
    pub(crate) batches: i64,
    /// Legacy rows that get another try after the others, with what stood in their way.
    pub(crate) waiting: Vec<Waiting>,
}

/// A legacy row that gets another try, by its key, and what was left of it so far.
pub(crate) type Waiting = (Key, Vec<Left>);

impl Progress {
    fn new(map: &str) -> Progress {
        let step = SyncedStep { map: map.to_string(), ..SyncedStep::default() };
        Progress { step, batches: 0, waiting: Vec::new() }
    }
}

/// A part of a step to go through: index of the step, after which key, up to which.
type Visit = (usize, Option<Key>, Option<Key>);

impl Work<'_> {
    /// Goes through all steps. Returns why it stopped before the end.
    fn all_steps(&mut self) -> Result<Option<Outcome>, RunError> {
        for (index, after, upto) in self.visits()? {
            let (step, batch) = (self.steps[index].as_ref(), self.pace.batch(self.options.batch));
            let same_order = scan::same_order(step.spec(), self.legacy, self.target);
            let walk = Walk::new(step, true, batch, same_order).between(after, upto);
            if let Some(outcome) = self.visit(index, walk)? {
                self.list_waiting();
                return Ok(Some(outcome));
            }
        }
        let stopped = self.once_more()?;
        self.list_waiting();
        self.remember(None)?;
        Ok(stopped)
    }

    /// Returns the parts to go through: from where the last sync was stopped to the end, then from the beginning to there.
    fn visits(&mut self) -> Result<Vec<Visit>, RunError> {
        let chosen = |name: &String| self.options.maps.as_ref().is_none_or(|maps| maps.contains(name));
        let all = self.steps.iter().enumerate().filter(|(_, step)| chosen(&step.spec().name));
        let mut visits: Vec<Visit> = all.map(|(index, _)| (index, None, None)).collect();
        let Some((map, key)) = self.place()? else { return Ok(visits) };
        let Some(first) = visits.iter().position(|(index, ..)| self.steps[*index].spec().name == map) else {
            return Ok(visits);
        };
        visits.rotate_left(first);
        if let Some(key) = key.as_deref() {
            let kinds = entries::key_kinds(self.steps[visits[0].0].spec());
            if let Some(key) = read_key(key, &kinds) {
                visits.push((visits[0].0, None, Some(key.clone())));
                visits[0].1 = Some(key);
            }
        }
        Ok(visits)
    }

    /// Returns the map and the key at which the last sync was stopped.
    fn place(&mut self) -> Result<Option<(String, Option<String>)>, RunError> {
        let row = META.get(self.target, &vec![text(PLACE)])?;
        Ok(row.and_then(|row| match &row[1] {
            Value::Text(place) => serde_json::from_str(place).ok(),
            _ => None,
        }))
    }

    fn visit(&mut self, index: usize, mut walk: Walk<'_>) -> Result<Option<Outcome>, RunError> {
        let spec = self.steps[index].spec();
        let rows = scan::count(self.legacy, spec)?;
        self.observer.step_started(&spec.name, rows);
        if let Some(outcome) = StepSync::new(self, index)?.visit(&mut walk)? {
            // A key is a place only where both sides order keys alike.
            let key = walk.passed().filter(|_| scan::same_order(spec, self.legacy, self.target));
            let place = serde_json::json!([spec.name, key.map(|key| key_text(key))]).to_string();
            self.remember(Some(&place))?;
            return Ok(Some(outcome));
        }
        self.observer.step_synced(&self.done[index].step);
        Ok(None)
    }

    /// Writes where this sync was stopped, or that it was not.
    fn remember(&mut self, place: Option<&str>) -> Result<(), RunError> {
        let epoch = self.epoch;
        journal::within(self.target, |target| {
            lock::check(target, epoch)?;
            match place {
                Some(place) => META.put(target, &vec![text(PLACE), text(place)]),
                None => META.remove(target, &vec![text(PLACE)]),
            }
        })
    }

    /// Tries rows again that others stood in the way of, the last steps first: what refers to a row goes before it.
    fn once_more(&mut self) -> Result<Option<Outcome>, RunError> {
        for index in (0..self.steps.len()).rev() {
            loop {
                let waiting = std::mem::take(&mut self.done[index].waiting);
                let before = waiting.len();
                if before == 0 {
                    break;
                }
                if let Some(outcome) = self.pace.must_stop() {
                    self.done[index].waiting = waiting;
                    return Ok(Some(outcome));
                }
                StepSync::new(self, index)?.once_more(waiting)?;
                if self.done[index].waiting.len() >= before {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// Lists what still waits for others.
    fn list_waiting(&mut self) {
        for index in 0..self.done.len() {
            for (_, left) in std::mem::take(&mut self.done[index].waiting) {
                self.leave(index, left);
            }
        }
    }

    /// Counts a legacy row that was left, and lists what of it.
    pub(crate) fn leave(&mut self, index: usize, left: Vec<Left>) {
        self.done[index].step.left += 1;
        self.list(left);
    }

    /// Lists rows that were left.
    pub(crate) fn list(&mut self, left: Vec<Left>) {
        self.report.total += 1;
        for left in left {
            self.observer.left(&left);
            if self.report.left.len() < self.options.keep {
                self.report.left.push(left);
            } else {
                self.report.more += 1;
            }
        }
    }
}

//! Takes back what runs have carried: steps in reverse order, rows only while they are as they were written and nothing
//! refers to them. What stays is listed with its reason. Can be stopped and repeated at any moment.

use crate::connection::Connection;
use crate::error::{OnSide, RunError, Side};
use crate::journal::{self, META, REJECT, STEP, text};
use crate::observer::Observer;
use crate::pace::Pace;
use crate::report::{RollbackReport, RolledBackStep};
use crate::run::close;
use crate::step::{LinkSpec, Rollback, Step, StepSpec};
use crate::step_rollback::StepRollback;
use crate::{entries, load, lock, world};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What the operator chooses for a rollback.
#[derive(Debug, Clone)]
pub struct RollbackOptions {
    /// Legacy rows per batch.
    pub batch: usize,
    /// The maps to take back; none means all.
    pub maps: Option<Vec<String>>,
    /// Leaves maps that cannot be taken back, instead of refusing.
    pub skip_irreversible: bool,
    /// Accepts a changed mapping or another target.
    pub rebind: bool,
    /// No batch begins that would not finish in this time.
    pub deadline: Option<Duration>,
    /// How many rows may pass in a second; none means any number.
    pub rate: Option<NonZeroU32>,
    /// Ends the rollback at the next batch boundary once it is true.
    pub stop: Arc<AtomicBool>,
    /// How many rows that stay the report keeps; all are counted, and the observer hears of each.
    pub keep: usize,
}

impl Default for RollbackOptions {
    fn default() -> Self {
        RollbackOptions {
            batch: 5000,
            maps: None,
            skip_irreversible: false,
            rebind: false,
            deadline: None,
            rate: None,
            stop: Arc::default(),
            keep: 10_000,
        }
    }
}

/// Takes back the rows of the maps chosen. `steps` are all steps, in the order of a run.
pub fn rollback(
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &RollbackOptions,
    observer: &mut dyn Observer,
) -> Result<RollbackReport, RunError> {
    if !journal::exists(target)? {
        return Ok(RollbackReport::default());
    }
    lock::take(target)?;
    let result = rollback_locked(target, steps, options, observer);
    target.unlock_runner();
    result
}

fn rollback_locked(
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &RollbackOptions,
    observer: &mut dyn Observer,
) -> Result<RollbackReport, RunError> {
    world::check_format(target)?;
    world::check(None, target, steps, options.rebind)?;
    // A step that has never run has no map table, and nothing to take back.
    steps.iter().try_for_each(|step| entries::create(target, step.spec()))?;
    world::check_map_tables(target, steps.iter().map(|step| step.spec()))?;
    let chosen = choose(target, steps, options)?;
    let epoch = lock::new_epoch(target)?;
    let run = journal::begin_run(target, "rollback", epoch)?;
    let mut report = RollbackReport { run, ..RollbackReport::default() };
    let owner = load::Owner { run, epoch, streams: load::STREAMS };
    let result = load::put_back(target, owner, observer);
    let pace = Pace::new(options.deadline, options.rate, options.stop.clone());
    let mut work = Work { target, options, observer, run, epoch, pace, report: &mut report };
    let result = result.and_then(|_| work.all_steps(steps, &chosen));
    let outcome = match &result {
        Ok(()) if report.interrupted => "interrupted",
        Ok(()) if report.steps.iter().any(|step| step.kept > 0) => "rows_left",
        Ok(()) => "complete",
        Err(_) => "failed",
    };
    let closed = close(target, run, epoch, outcome);
    result.and(closed).map(|()| report)
}

/// A rollback under way.
pub(crate) struct Work<'a> {
    pub(crate) target: &'a mut dyn Connection,
    pub(crate) options: &'a RollbackOptions,
    pub(crate) observer: &'a mut dyn Observer,
    pub(crate) run: i64,
    pub(crate) epoch: i64,
    pub(crate) pace: Pace,
    pub(crate) report: &'a mut RollbackReport,
}

impl Work<'_> {
    fn all_steps(&mut self, steps: &[Box<dyn Step>], chosen: &[&str]) -> Result<(), RunError> {
        for spec in steps.iter().rev().map(|step| step.spec()) {
            if !chosen.contains(&spec.name.as_str()) {
                continue;
            }
            if irreversible(spec).is_some() {
                let skipped = entries::any(self.target, spec)?;
                self.report.steps.push(RolledBackStep { map: spec.name.clone(), skipped, ..Default::default() });
                continue;
            }
            let step = StepRollback::new(self, spec)?.run()?;
            self.report.steps.push(step);
            if self.report.interrupted {
                return Ok(());
            }
            self.forget(spec)?;
        }
        Ok(())
    }

    /// Removes what the journal knows about a step once no row of it is left.
    fn forget(&mut self, spec: &StepSpec) -> Result<(), RunError> {
        if entries::any(self.target, spec)? {
            return Ok(());
        }
        let epoch = self.epoch;
        journal::within(self.target, |target| {
            lock::check(target, epoch)?;
            STEP.remove(target, &vec![text(&spec.name)])?;
            META.remove(target, &vec![text(&world::meaning_name(spec))])?;
            remove_rejects(target, &spec.name)?;
            crate::given::restore(target, spec)?;
            let drop = format!("DROP TABLE {}", target.dialect().quote(&spec.map_table));
            target.execute(&drop, &[]).on(Side::Target)?;
            Ok(())
        })
    }
}

fn remove_rejects(target: &mut dyn Connection, map: &str) -> Result<(), RunError> {
    let mut sql = crate::statements::Sql::new(target.dialect(), "DELETE FROM ");
    sql.name(REJECT.name).push(" WHERE ").name("map").push(" = ").bind(&text(map));
    let statement = sql.done();
    target.execute(&statement.text, &statement.parameters).on(Side::Target)?;
    Ok(())
}

/// Returns the maps to take back, or why they cannot be.
fn choose<'s>(
    target: &mut dyn Connection,
    steps: &'s [Box<dyn Step>],
    options: &RollbackOptions,
) -> Result<Vec<&'s str>, RunError> {
    let mut chosen: Vec<&StepSpec> = Vec::new();
    match &options.maps {
        None => chosen.extend(steps.iter().map(|step| step.spec())),
        Some(maps) => {
            world::check_maps(steps, maps)?;
            for map in maps {
                chosen.push(crate::links::find(steps, map, "of the command")?);
            }
        }
    }
    let mut refused = Vec::new();
    let mut staying = Vec::new();
    for spec in steps.iter().map(|step| step.spec()) {
        let taken = chosen.iter().any(|chosen| chosen.name == spec.name);
        let irreversible = irreversible(spec);
        if (!taken || irreversible.is_some()) && entries::any(target, spec)? {
            staying.push(spec);
            refused.extend(irreversible.filter(|_| taken));
        }
    }
    if !refused.is_empty() && !options.skip_irreversible {
        return Err(RunError::Irreversible(refused));
    }
    for by in staying {
        if let Some(spec) = chosen.iter().find(|spec| irreversible(spec).is_none() && refers(by, spec)) {
            return Err(RunError::StillReferred { map: spec.name.clone(), by: by.name.clone() });
        }
    }
    Ok(chosen.into_iter().map(|spec| spec.name.as_str()).collect())
}

fn irreversible(spec: &StepSpec) -> Option<String> {
    match &spec.rollback {
        Rollback::Delete => None,
        Rollback::Irreversible { line, reason } => Some(format!("map {} (line {line}: {reason})", spec.name)),
    }
}

fn refers(by: &StepSpec, spec: &StepSpec) -> bool {
    by.links.iter().any(|link| match link {
        LinkSpec::Reference { step, .. } => *step == spec.name && by.name != spec.name,
        LinkSpec::Lookup { .. } => false,
    })
}

//! Asks all pending legacy rows what a run would make of them, and writes nothing anywhere: each row is converted as a run
//! would convert it, and what would be rejected is counted by reason. What one step does is in [`asking`]; here is what
//! surrounds the steps.

mod asking;
mod keys;
mod planned;
mod references;
pub(crate) mod report;
mod tally;

use crate::connection::Connection;
use crate::error::{OnSide, RunError, Side};
use crate::observer::Observer;
use crate::pace::Pace;
use crate::report::Outcome;
use crate::step::{Step, StepSpec};
use crate::verify::begun;
use crate::world;
use asking::Asking;
use keys::Taken;
use planned::Plans;
use report::PreflightReport;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What the operator chooses for a preflight.
#[derive(Debug, Clone)]
pub struct PreflightOptions {
    /// Rows that are asked together.
    pub batch: usize,
    /// How many sample rows the report keeps for each obligation; all are counted.
    pub keep: usize,
    /// How many rows may stand rejected after the run; none means any number.
    pub max_rejects: Option<u64>,
    /// No batch begins that would not finish in this time.
    pub deadline: Option<Duration>,
    /// How many rows may pass in a second; none means any number.
    pub rate: Option<NonZeroU32>,
    /// Ends the work at the next batch boundary once it is true.
    pub stop: Arc<AtomicBool>,
    /// Accepts a changed mapping or other databases, as the run will have to.
    pub rebind: bool,
    /// Asks rows that stand rejected too, as a retry would.
    pub retry: bool,
}

impl Default for PreflightOptions {
    fn default() -> Self {
        PreflightOptions {
            batch: 5000,
            keep: 5,
            max_rejects: Some(0),
            deadline: None,
            rate: None,
            stop: Arc::default(),
            rebind: false,
            retry: false,
        }
    }
}

/// Asks every pending legacy row in scope, each side in one state. Rows that are settled are not asked again. `steps` come
/// in the order in which they refer to each other.
///
/// # Errors
///
/// What a run would refuse to begin with, such as missing tables or a journal of another world; and databases that fail.
pub fn preflight(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &PreflightOptions,
    observer: &mut dyn Observer,
) -> Result<PreflightReport, RunError> {
    world::check_schema(legacy, target, steps)?;
    world::check_unchanged(legacy, target, steps, options.rebind)?;
    legacy.begin_read().on(Side::Legacy)?;
    let result =
        target.begin_read().on(Side::Target).and_then(|()| all_steps(legacy, target, steps, options, observer));
    // Nothing was written, so nothing is lost if one of these fails.
    let _ = (legacy.abort(), target.abort());
    result
}

fn all_steps(
    legacy: &mut dyn Connection,
    target: &mut dyn Connection,
    steps: &[Box<dyn Step>],
    options: &PreflightOptions,
    observer: &mut dyn Observer,
) -> Result<PreflightReport, RunError> {
    let begun = begun(target, steps)?;
    world::check_map_tables(target, begun.iter().copied())?;
    if !options.rebind {
        world::check_edges_of(target, begun.iter().copied())?;
    }
    let pace = Pace::new(options.deadline, options.rate, options.stop.clone());
    let (plans, taken) = (Plans::new(steps), Taken::default());
    let mut work = Work { legacy, target, steps, begun, options, observer, pace, plans, taken };
    let mut reports = Vec::with_capacity(steps.len());
    for step in steps {
        let (report, stopped) = Asking::new(&mut work, step.as_ref())?.all()?;
        work.observer.step_asked(&report);
        reports.push(report);
        if let Some(outcome) = stopped {
            return Ok(PreflightReport::of(outcome, reports, options.max_rejects));
        }
    }
    Ok(PreflightReport::of(Outcome::Complete, reports, options.max_rejects))
}

/// A preflight under way.
struct Work<'a> {
    legacy: &'a mut dyn Connection,
    target: &'a mut dyn Connection,
    steps: &'a [Box<dyn Step>],
    /// The steps that have a map table.
    begun: Vec<&'a StepSpec>,
    options: &'a PreflightOptions,
    observer: &'a mut dyn Observer,
    pace: Pace,
    plans: Plans,
    taken: Taken,
}

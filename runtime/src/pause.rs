//! A pause: somebody else asks the runner, through the target, to begin no batch until they say so. The wish names the
//! runner's epoch, so that it never outlives the run that it was meant for.

use crate::connection::Connection;
use crate::error::{OnSide, RunError, Side};
use crate::journal::{self, META, int, text, within};
use crate::observer::Observer;
use crate::pace::Pace;
use crate::report::Outcome;
use crate::value::Value;
use crate::{lock, world};
use std::time::Duration;

/// How often a paused runner asks whether it may go on.
const ASK: Duration = Duration::from_millis(500);

const NAME: &str = "pause";

/// Asks the run that is under way to pause at its next batch boundary, and returns who that is.
///
/// Fails with [`RunError::NobodyRuns`] if there is none.
pub fn pause(target: &mut dyn Connection) -> Result<String, RunError> {
    let (holder, epoch) = running(target)?;
    within(target, |target| META.put(target, &vec![text(NAME), text(&epoch.to_string())]))?;
    Ok(holder)
}

/// Lets a paused run go on, and returns who that is.
///
/// Fails with [`RunError::NobodyRuns`] if there is none.
pub fn resume(target: &mut dyn Connection) -> Result<String, RunError> {
    let (holder, _) = running(target)?;
    within(target, |target| META.remove(target, &vec![text(NAME)]))?;
    Ok(holder)
}

/// Returns why the next rows of a map must not pass; waits for the rate, and while the runner with this epoch is paused.
pub(crate) fn must_stop(
    target: &mut dyn Connection,
    epoch: i64,
    pace: &mut Pace,
    observer: &mut dyn Observer,
    (map, rows): (&str, u64),
) -> Result<Option<Outcome>, RunError> {
    let stopped = pace.hold_back(rows);
    if stopped.is_some() || !wanted(target, epoch)? {
        return Ok(stopped);
    }
    observer.paused(map, true);
    let mut stopped = None;
    while stopped.is_none() && wanted(target, epoch)? {
        stopped = pace.wait(ASK);
    }
    observer.paused(map, false);
    Ok(stopped)
}

/// Returns whether the runner with this epoch is to pause.
fn wanted(target: &mut dyn Connection, epoch: i64) -> Result<bool, RunError> {
    let wish = META.get(target, &vec![text(NAME)])?;
    Ok(wish.is_some_and(|row| row[1] == Value::Text(int(epoch).to_string())))
}

/// Returns whether the present runner is to pause.
pub(crate) fn standing(target: &mut dyn Connection) -> Result<bool, RunError> {
    let epoch = lock::epoch(target)?;
    wanted(target, epoch)
}

fn running(target: &mut dyn Connection) -> Result<(String, i64), RunError> {
    let begun = journal::exists(target)?;
    if begun {
        world::check_readable(target)?;
    }
    match target.lock_holder().on(Side::Target)? {
        Some(_) if begun => Ok((lock::holder(target)?.unwrap_or_default(), lock::epoch(target)?)),
        _ => Err(RunError::NobodyRuns),
    }
}

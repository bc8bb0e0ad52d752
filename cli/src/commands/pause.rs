//! `cutover pause` and `cutover resume`.

use crate::arguments::TargetOptions;
use crate::failure::Failure;
use crate::{Status, database, output};

/// Asks the run that is at work to pause.
pub(crate) fn pause(options: &TargetOptions) -> Result<Status, Failure> {
    let holder = cutover_runtime::pause(&mut *database::open_target(&options.to)?)?;
    output::line(&format!("{holder} pauses at its next batch boundary; `cutover resume` lets it go on"));
    Ok(Status::Done)
}

/// Lets a paused run go on.
pub(crate) fn resume(options: &TargetOptions) -> Result<Status, Failure> {
    let holder = cutover_runtime::resume(&mut *database::open_target(&options.to)?)?;
    output::line(&format!("{holder} goes on"));
    Ok(Status::Done)
}

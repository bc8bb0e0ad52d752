//! `cutover restore`: puts back what a run with `--load` that was killed has left off.

use crate::arguments::RestoreOptions;
use crate::failure::Failure;
use crate::progress::things;
use crate::{Status, database, output, progress};
use cutover_runtime::restore;
use serde::Serialize;

/// What it did, as JSON.
#[derive(Serialize)]
struct Restored {
    put_back: u64,
}

pub(crate) fn run(options: &RestoreOptions) -> Result<Status, Failure> {
    let mut target = database::open_target(&options.target.to)?;
    let mut observer = progress::observer(options.json);
    let put_back = restore(&mut *target, &mut *observer)?;
    match (options.json, put_back) {
        (true, _) => output::json(&Restored { put_back }),
        (false, 0) => output::line("nothing is off"),
        (false, _) => output::line(&format!("{} put back", things(put_back as usize))),
    }
    Ok(Status::Done)
}

//! A service that carries its people from the old database to the new one: the steps are compiled in, no `.map` file
//! is needed where it runs.

use cutover_runtime::report::RunReport;
use cutover_runtime::{RunError, RunOptions, Silent, run};
use std::path::Path;

/// What `build.rs` makes of `people.map`.
pub mod people {
    include!(concat!(env!("OUT_DIR"), "/people/mapping.rs"));
}

/// Carries everything that is pending. Call it as often as you like.
pub fn migrate(legacy: &Path, target: &Path) -> Result<RunReport, RunError> {
    let store = |side| move |error| RunError::Store { side, error };
    let mut legacy = cutover_sqlite::open_legacy(legacy).map_err(store(cutover_runtime::error::Side::Legacy))?;
    let mut target = cutover_sqlite::open_target(target).map_err(store(cutover_runtime::error::Side::Target))?;
    run(&mut legacy, &mut target, &people::steps(), &RunOptions::default(), &mut Silent)
}

//! A service that carries its people from the old database to the new one: the steps are compiled in, no `.map` file
//! is needed where it runs.

use cutover_runtime::report::RunReport;
use cutover_runtime::{RunError, RunOptions, Silent, run};
use phonenumber::{Mode, country};
use std::path::Path;
use std::sync::Arc;

/// What `build.rs` makes of `people.map`.
pub mod people {
    include!(concat!(env!("OUT_DIR"), "/people/mapping.rs"));
}

/// What the mapping asks of the service: its `fn` lines.
#[derive(Debug)]
struct Phones;

impl people::Functions for Phones {
    fn international(&self, number: &str) -> Option<String> {
        let number = phonenumber::parse(Some(country::NL), number).ok()?;
        phonenumber::is_valid(&number).then(|| number.format().mode(Mode::International).to_string())
    }
}

/// Carries everything that is pending. Call it as often as you like.
pub fn migrate(legacy: &Path, target: &Path) -> Result<RunReport, RunError> {
    let store = |side| move |error| RunError::Store { side, error };
    let mut legacy = cutover_sqlite::open_legacy(legacy).map_err(store(cutover_runtime::error::Side::Legacy))?;
    let mut target = cutover_sqlite::open_target(target).map_err(store(cutover_runtime::error::Side::Target))?;
    run(&mut legacy, &mut target, &people::steps(Arc::new(Phones)), &RunOptions::default(), &mut Silent)
}

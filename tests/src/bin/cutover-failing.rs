//! Runs a mapping as `cutover run` does, with the points at which `CUTOVER_FAILPOINT` makes the engine fail or die.
//! Arguments: mapping, legacy URL, target URL, and `load` for load mode.

use cutover_runtime::connection::{Connection, StoreError};
use cutover_runtime::{RunOptions, Silent};
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [map, from, to, mode @ ..] = arguments.as_slice() else { return Err("MAP FROM TO [load]".into()) };
    let plan = cutover_codegen::disk::load(Path::new(map))?.compiled.plan.ok_or("the mapping has errors")?;
    let steps = cutover_interpreter::steps(&plan)?;
    let load = mode.first().is_some_and(|mode| mode == "load");
    let options = RunOptions { batch: 100, max_rejects: None, load, ..RunOptions::default() };
    let (mut legacy, mut target) = (open_legacy(from)?, open_target(to)?);
    cutover_runtime::run(&mut *legacy, &mut *target, &steps, &options, &mut Silent)?;
    Ok(())
}

fn open_legacy(url: &str) -> Result<Box<dyn Connection>, StoreError> {
    Ok(match url.split_once(':') {
        Some(("sqlite", path)) => Box::new(cutover_sqlite::open_legacy(path)?),
        Some(("mysql" | "mariadb", _)) => Box::new(cutover_mariadb::open_legacy(url)?),
        _ => Box::new(cutover_postgres::open_legacy(url)?),
    })
}

fn open_target(url: &str) -> Result<Box<dyn Connection>, StoreError> {
    Ok(match url.split_once(':') {
        Some(("sqlite", path)) => Box::new(cutover_sqlite::open_target(path)?),
        Some(("mysql" | "mariadb", _)) => Box::new(cutover_mariadb::open_target(url)?),
        _ => Box::new(cutover_postgres::open_target(url)?),
    })
}

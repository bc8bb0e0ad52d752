//! What the benchmarks share: repeated timing and plain tables. `cargo bench -p cutover-benches` runs all of them.
#![allow(clippy::print_stdout)] // A benchmark speaks to the terminal.

use cutover_codegen::disk;
use cutover_mapping_dsl::plan::Plan;
use std::path::Path;
use std::time::{Duration, Instant};

/// Returns the median time of some runs, after one that does not count.
pub fn median(runs: usize, mut work: impl FnMut()) -> Duration {
    work();
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// Prints a row of a table: the first cell to the left, the others to the right.
pub fn row(cells: &[String]) {
    let (first, rest) = cells.split_first().expect("a row has cells");
    let rest: String = rest.iter().map(|cell| format!("{cell:>16}")).collect();
    println!("{first:<44}{rest}");
}

/// Returns milliseconds with one digit.
pub fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// Returns a setting from the environment, or its default.
pub fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Returns the largest memory of this process in MiB, where the system tells.
pub fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches("kB").trim().parse::<f64>().unwrap_or_default() / 1024.0
}

/// Returns the plan of the example Opal.
pub fn opal() -> Plan {
    let map = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/opal/opal.map");
    disk::load(&map).expect("the example is there").compiled.plan.expect("the example has no errors")
}

//! What both benchmarks share: repeated timing and plain tables. `cargo bench -p cutover-benches` runs all of them.
#![allow(clippy::print_stdout)] // A benchmark speaks to the terminal.

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
    println!("{first:<34}{rest}");
}

/// Returns milliseconds with one digit.
pub fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// Returns a setting from the environment, or its default.
pub fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

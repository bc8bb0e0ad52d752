//! Cutover itself, in a process of its own.

use cutover_benches::{opal, peak_memory};
use cutover_runtime::observer::Observer;
use cutover_runtime::{RunOptions, VerifyOptions, run, verify};
use std::time::Instant;

/// The maps that are measured; the tables of the others are empty.
pub(crate) const MAPS: [&str; 3] = ["Patient", "HospitalIdentifier", "Caregiver"];

/// Runs one command and prints the seconds of each map, those of putting back what load mode takes off, then the peak
/// memory.
pub(crate) fn one(variant: &str) {
    let url = |name| std::env::var(name).expect("the caller names both databases");
    let mut from = cutover_mariadb::open_legacy(&url("CUTOVER_BENCH_FROM")).expect("it was just made");
    let to = url("CUTOVER_BENCH_TO");
    let mut to: Box<dyn cutover_runtime::connection::Connection> = match to.starts_with("postgresql") {
        true => Box::new(cutover_postgres::open_target(&to).expect("it was just made")),
        false => Box::new(cutover_mariadb::open_target(&to).expect("it was just made")),
    };
    let steps = cutover_interpreter::steps(&opal()).expect("it asks no program");
    let mut clock = Clock { began: Instant::now(), step: None, seconds: [0.0; 3], back: None };
    if variant == "verify" {
        let report = verify(&mut from, to.as_mut(), &steps, &VerifyOptions::default(), &mut clock).expect("it can");
        assert_eq!(report.total, 0, "a migrated database has no deviations");
    } else {
        let options = RunOptions { max_rejects: None, load: variant == "load", ..RunOptions::default() };
        run(&mut from, to.as_mut(), &steps, &options, &mut clock).expect("the run completes");
    }
    clock.next(None);
    let back = clock.back.map_or(0.0, |began| began.elapsed().as_secs_f64());
    clock.seconds.iter().chain([&back]).for_each(|seconds| println!("{seconds}"));
    println!("{}", peak_memory());
}

/// Takes the time of each step: it ends when the next one begins.
struct Clock {
    began: Instant,
    step: Option<usize>,
    seconds: [f64; 3],
    /// When putting back began; it is the last thing that a run does.
    back: Option<Instant>,
}

impl Clock {
    fn next(&mut self, step: Option<usize>) {
        if let Some(at) = self.step.take() {
            self.seconds[at] = self.began.elapsed().as_secs_f64();
        }
        self.step = step;
        self.began = Instant::now();
    }
}

impl Observer for Clock {
    fn step_started(&mut self, map: &str, _: u64) {
        self.next(MAPS.iter().position(|name| *name == map));
    }

    fn putting_back(&mut self, _: usize) {
        self.next(None);
        self.back = Some(Instant::now());
    }
}

//! Progress: a bar on a terminal, plain lines elsewhere, nothing where JSON is printed.

use crate::output;
use cutover_runtime::Observer;
use cutover_runtime::observer::BatchDone;
use cutover_runtime::report::{StepReport, SyncedStep, VerifiedStep};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Plain lines are printed at most this often.
const PACE: Duration = Duration::from_secs(5);

/// Returns what watches a command.
pub(crate) fn observer(json: bool) -> Box<dyn Observer> {
    match (json, std::io::stderr().is_terminal()) {
        (true, _) => Box::new(cutover_runtime::Silent),
        (false, true) => Box::new(Bar { bar: ProgressBar::hidden() }),
        (false, false) => Box::new(Lines { done: 0, rows: 0, started: Instant::now(), last: Instant::now() }),
    }
}

/// Returns what watches a command whose output goes to a log each night: a bar on a terminal, else nothing.
pub(crate) fn bar(json: bool) -> Box<dyn Observer> {
    if std::io::stderr().is_terminal() { observer(json) } else { Box::new(cutover_runtime::Silent) }
}

struct Bar {
    bar: ProgressBar,
}

impl Observer for Bar {
    fn step_started(&mut self, map: &str, rows: u64) {
        let template = "{prefix:20} {bar:30} {human_pos}/{human_len} rows, {per_sec}, {eta} left";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        self.bar = ProgressBar::new(rows).with_style(style).with_prefix(map.to_string());
    }

    fn rows_passed(&mut self, _: &str, rows: u64) {
        self.bar.inc(rows);
    }

    fn batch_done(&mut self, _: &str, batch: &BatchDone) {
        self.bar.inc(batch.rows);
    }

    fn step_done(&mut self, _: &StepReport) {
        self.bar.finish_and_clear();
    }

    fn step_verified(&mut self, _: &VerifiedStep) {
        self.bar.finish_and_clear();
    }

    fn step_synced(&mut self, _: &SyncedStep) {
        self.bar.finish_and_clear();
    }
}

struct Lines {
    done: u64,
    rows: u64,
    started: Instant,
    last: Instant,
}

impl Lines {
    fn advance(&mut self, map: &str, rows: u64) {
        self.done += rows;
        if self.last.elapsed() < PACE {
            return;
        }
        self.last = Instant::now();
        let rate = self.done as f64 / self.started.elapsed().as_secs_f64().max(0.001);
        let left = self.rows.saturating_sub(self.done) as f64 / rate.max(0.001);
        output::note(&format!("{map}: {} of {} rows, {rate:.0} rows/s, {left:.0} s left", self.done, self.rows));
    }
}

impl Observer for Lines {
    fn step_started(&mut self, map: &str, rows: u64) {
        (self.done, self.rows) = (0, rows);
        (self.started, self.last) = (Instant::now(), Instant::now());
        output::note(&format!("{map}: {rows} rows to look at"));
    }

    fn rows_passed(&mut self, map: &str, rows: u64) {
        self.advance(map, rows);
    }

    fn batch_done(&mut self, map: &str, batch: &BatchDone) {
        self.advance(map, batch.rows);
    }

    fn step_done(&mut self, report: &StepReport) {
        let now = report.now;
        output::note(&format!(
            "{}: {} migrated, {} already there, {} rejected",
            report.map, now.migrated, now.found, now.rejected
        ));
    }
}

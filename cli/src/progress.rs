//! Progress: a bar on a terminal, plain lines elsewhere, nothing where JSON is printed.

use crate::output;
use cutover_runtime::observer::{BatchDone, PutBack};
use cutover_runtime::report::{StepReport, SyncedStep, VerifiedStep};
use cutover_runtime::{Observer, PreflightStep};
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

/// Returns a number of indexes and foreign keys in words.
pub(crate) fn things(count: usize) -> String {
    match count {
        1 => "1 index or foreign key".to_string(),
        _ => format!("{count} indexes and foreign keys"),
    }
}

/// Returns what to say when things are off.
pub(crate) fn off(count: usize, at_work: bool) -> String {
    let (alert, verb) = (output::ALERT, if count == 1 { "is" } else { "are" });
    let remedy = if at_work { "the run that is at work puts them back" } else { "`cutover restore` puts them back" };
    format!("{alert}{} {verb} off{alert:#}: {remedy}", things(count))
}

fn propose(count: usize) {
    output::note(&format!(
        "the tables are empty: with --load, {} are off while rows are carried, and built afterwards, which is faster; only \
         where nobody else writes to the target",
        things(count)
    ));
}

struct Bar {
    bar: ProgressBar,
}

impl Observer for Bar {
    fn load_proposed(&mut self, things: usize) {
        propose(things);
    }

    fn putting_back(&mut self, things: usize) {
        let template = "{prefix:20} {bar:30} {human_pos}/{human_len} {wide_msg}";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        self.bar = ProgressBar::new(things as u64).with_style(style).with_prefix("putting back");
        self.bar.tick();
    }

    fn put_back(&mut self, back: &PutBack<'_>) {
        self.bar.set_message(back.thing.to_string());
        self.bar.inc(1);
        if back.done == back.all {
            self.bar.finish_and_clear();
        }
    }

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

    fn carried_by_set(&mut self, _: &str, _: u64) {
        self.bar.reset();
    }

    fn by_row(&mut self, map: &str, cause: &str) {
        self.bar.suspend(|| output::note(&by_row(map, cause)));
    }

    fn paused(&mut self, map: &str, paused: bool) {
        self.bar.set_prefix(if paused { format!("{map} (paused)") } else { map.to_string() });
        self.bar.tick();
    }

    fn step_done(&mut self, _: &StepReport) {
        self.bar.finish_and_clear();
    }

    fn step_asked(&mut self, _: &PreflightStep) {
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
    fn load_proposed(&mut self, things: usize) {
        propose(things);
    }

    fn taken_off(&mut self, things: usize) {
        output::note(&format!("{} off", self::things(things)));
    }

    fn putting_back(&mut self, things: usize) {
        self.last = Instant::now();
        output::note(&format!("putting {} back", self::things(things)));
    }

    fn put_back(&mut self, back: &PutBack<'_>) {
        if back.done == back.all || self.last.elapsed() >= PACE {
            self.last = Instant::now();
            output::note(&format!("{} of {} are back", back.done, self::things(back.all)));
        }
    }

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

    fn carried_by_set(&mut self, map: &str, rows: u64) {
        self.done = 0;
        output::note(&format!("{map}: {rows} migrated by the server itself; what is left goes row by row"));
    }

    fn by_row(&mut self, map: &str, cause: &str) {
        output::note(&by_row(map, cause));
    }

    fn paused(&mut self, map: &str, paused: bool) {
        output::note(&format!("{map}: {}", if paused { "paused; `cutover resume` lets it go on" } else { "goes on" }));
    }

    fn step_done(&mut self, report: &StepReport) {
        let now = report.now;
        output::note(&format!(
            "{}: {} migrated, {} already there, {} rejected",
            report.map, now.migrated, now.found, now.rejected
        ));
    }
}

fn by_row(map: &str, cause: &str) -> String {
    format!("{map}: the server cannot carry the rows by itself, they go row by row: {cause}")
}

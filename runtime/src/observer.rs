//! What the engine tells while it works. The command draws its progress from it.

use crate::preflight::report::PreflightStep;
use crate::removable::Removable;
use crate::report::{Deviation, Left, StepReport, SyncedStep, VerifiedStep};
use std::time::Duration;

/// Somebody who watches. Every method does nothing by default.
pub trait Observer {
    /// A large step begins in tables that were empty, and load mode would take so many indexes and foreign keys off.
    fn load_proposed(&mut self, things: usize) {
        let _ = things;
    }

    /// So many indexes and foreign keys are off now.
    fn taken_off(&mut self, things: usize) {
        let _ = things;
    }

    /// So many indexes and foreign keys are being put back.
    fn putting_back(&mut self, things: usize) {
        let _ = things;
    }

    /// One of them is back.
    fn put_back(&mut self, back: &PutBack<'_>) {
        let _ = back;
    }

    /// A step begins; `rows` is how many rows its base query has.
    fn step_started(&mut self, map: &str, rows: u64) {
        let _ = (map, rows);
    }

    /// Rows were looked at and needed nothing, because they are settled already or out of scope.
    fn rows_passed(&mut self, map: &str, rows: u64) {
        let _ = (map, rows);
    }

    /// A batch is committed.
    fn batch_done(&mut self, map: &str, batch: &BatchDone) {
        let _ = (map, batch);
    }

    /// The server has carried so many rows of a step by itself. What is left of it is carried row by row, from its first
    /// row on.
    fn carried_by_set(&mut self, map: &str, rows: u64) {
        let _ = (map, rows);
    }

    /// The server was to carry a step by itself, and cannot, so that all its rows are carried one by one.
    fn by_row(&mut self, map: &str, cause: &str) {
        let _ = (map, cause);
    }

    /// Somebody else has paused the run, or has let it go on.
    fn paused(&mut self, map: &str, paused: bool) {
        let _ = (map, paused);
    }

    /// A step ended.
    fn step_done(&mut self, report: &StepReport) {
        let _ = report;
    }

    /// Preflight has asked the rows of a step, or some of them.
    fn step_asked(&mut self, step: &PreflightStep) {
        let _ = step;
    }

    /// Verify has compared a step.
    fn step_verified(&mut self, step: &VerifiedStep) {
        let _ = step;
    }

    /// Verify found a deviation.
    fn deviation(&mut self, deviation: &Deviation) {
        let _ = deviation;
    }

    /// Sync has been through a step, or through a part of it.
    fn step_synced(&mut self, step: &SyncedStep) {
        let _ = step;
    }

    /// Rollback or sync left something.
    fn left(&mut self, left: &Left) {
        let _ = left;
    }
}

/// Nobody watches.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Observer for Silent {}

/// What is back, and how far that has come.
#[derive(Debug, Clone, Copy)]
pub struct PutBack<'a> {
    /// The index or foreign key.
    pub thing: &'a Removable,
    /// How many are back.
    pub done: usize,
    /// How many there are.
    pub all: usize,
}

/// What came of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatchDone {
    /// Rows handled.
    pub rows: u64,
    /// Rows written (or taken back).
    pub migrated: u64,
    /// Rows that were in the target already.
    pub found: u64,
    /// Rows rejected (or left).
    pub rejected: u64,
    /// Time spent per stage.
    pub stages: Stages,
}

/// Time spent per stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Stages {
    /// Reading.
    pub read: Duration,
    /// Resolving keys and converting.
    pub convert: Duration,
    /// Writing and committing.
    pub write: Duration,
}

impl Stages {
    /// Adds another's times.
    pub fn add(&mut self, other: Stages) {
        self.read += other.read;
        self.convert += other.convert;
        self.write += other.write;
    }
}

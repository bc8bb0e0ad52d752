//! What the engine tells while it works. The command draws its progress from it.

use crate::report::{Deviation, Left, StepReport, SyncedStep, VerifiedStep};
use std::time::Duration;

/// Somebody who watches. Every method does nothing by default.
pub trait Observer {
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

    /// A step ended.
    fn step_done(&mut self, report: &StepReport) {
        let _ = report;
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

//! What a preflight reports. Keys and values are in full; masking them is up to who shows them.

use crate::report::{Counts, Outcome, key_text, plain_value};
use crate::value::{Key, Value};
use serde::{Serialize, Serializer};

/// What a run would meet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PreflightReport {
    /// Complete if all rows were asked.
    pub outcome: Outcome,
    /// The worst verdict of all.
    pub verdict: Verdict,
    /// Rows that would stand rejected after the run, over all steps: those that do already, and those it would reject.
    pub rejects: u64,
    /// How many may.
    pub max_rejects: Option<u64>,
    /// One report for each step that was begun.
    pub steps: Vec<PreflightStep>,
}

/// What a run would meet in one step.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct PreflightStep {
    /// The map.
    pub map: String,
    /// Hash of the map's meaning.
    pub meaning: String,
    /// Rows that were settled before and not asked again.
    pub settled: Counts,
    /// Pending rows in scope that were asked.
    pub asked: u64,
    /// What would become of them.
    pub would: Counts,
    /// Whether all pending rows were asked.
    pub complete: bool,
    /// Whether the base table has rows, but none is in scope.
    pub scope_is_empty: bool,
    /// Everything for which a row of the step can be rejected, in the order of the mapping, then the keys of the target.
    pub obligations: Vec<Obligation>,
}

/// One question to the data, and the answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Obligation {
    /// Name of the reason for which a run rejects the row.
    pub reason: String,
    /// The column, or the rule, that it belongs to.
    pub column: String,
    /// What it means.
    pub message: String,
    /// Line of the rule in the mapping; 0 if none says it.
    pub line: u32,
    /// The map whose row would be rejected, so that these rows, which refer to it, are too.
    pub parent: Option<String>,
    /// How many rows a run would reject for it. A row that could be rejected for several reasons counts for the first.
    pub offenders: u64,
    /// What that means for the run.
    pub verdict: Verdict,
    /// Why nobody can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unasked: Option<String>,
    /// The first of these rows, at most as many as were asked for.
    pub samples: Vec<Sample>,
}

/// A row that would be rejected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// Key of the legacy row.
    #[serde(serialize_with = "plain_key")]
    pub legacy_key: Key,
    /// The offending value.
    #[serde(serialize_with = "plain_value")]
    pub value: Value,
}

/// What an answer means for a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No row would be rejected for it.
    #[default]
    Pass,
    /// It cannot be asked before the rows are written.
    Unasked,
    /// Rows would be rejected, and no more than allowed.
    Warn,
    /// Rows would be rejected, and the run would stop because there are too many in all.
    Fail,
}

impl Verdict {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Unasked => "unasked",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        }
    }
}

impl PreflightReport {
    /// Sums up what the steps have found.
    pub(super) fn of(outcome: Outcome, mut steps: Vec<PreflightStep>, max_rejects: Option<u64>) -> PreflightReport {
        let rejects = steps.iter().map(|step| step.settled.rejected + step.would.rejected).sum();
        let over = max_rejects.is_some_and(|most| rejects > most);
        let offended = if over { Verdict::Fail } else { Verdict::Warn };
        let mut worst = if over { Verdict::Fail } else { Verdict::Pass };
        for obligation in steps.iter_mut().flat_map(|step| &mut step.obligations) {
            obligation.verdict = match (obligation.offenders, &obligation.unasked) {
                (0, None) => Verdict::Pass,
                (0, Some(_)) => Verdict::Unasked,
                _ => offended,
            };
            worst = worst.max(obligation.verdict);
        }
        PreflightReport { outcome, verdict: worst, rejects, max_rejects, steps }
    }
}

fn plain_key<S: Serializer>(key: &Key, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&key_text(key))
}

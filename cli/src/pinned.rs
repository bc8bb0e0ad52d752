//! Results of a preflight in a file beside the mapping: counts, no keys and no values, so that reviewers see what the data
//! say about each rule.

use crate::failure::Failure;
use crate::mapping::counted;
use crate::{output, whole};
use cutover_mapping_dsl::plan::Plan;
use cutover_runtime::chrono::DateTime;
use cutover_runtime::report::Outcome;
use cutover_runtime::{Obligation, PreflightReport, PreflightStep};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The form of the file.
const FORMAT: u32 = 1;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pinned {
    format: u32,
    /// The day on which the rows were asked, UTC.
    pub(crate) date: String,
    /// The maps in the order of a run.
    pub(crate) maps: Vec<PinnedMap>,
}

/// The results of a map.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PinnedMap {
    pub(crate) map: String,
    /// Hash of what the map meant.
    pub(crate) meaning: String,
    /// How many rows were asked.
    pub(crate) rows: u64,
    pub(crate) obligations: Vec<PinnedObligation>,
}

/// One answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PinnedObligation {
    pub(crate) reason: String,
    pub(crate) column: String,
    /// The map whose rejected rows are the cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<String>,
    /// None where it could not be asked.
    pub(crate) offenders: Option<u64>,
}

/// What a file says of one map of a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The map still means what it meant then.
    Current,
    /// It means something else now.
    Stale,
}

impl Pinned {
    /// Takes over what a preflight has found.
    pub(crate) fn of(report: &PreflightReport) -> Pinned {
        Pinned { format: FORMAT, date: today(), maps: report.steps.iter().map(PinnedMap::of).collect() }
    }

    /// Writes the file, as a whole.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(self).expect("it is a tree of texts and numbers");
        text.push('\n');
        let beside = whole::beside(path);
        let written = whole::write(&beside, &text).and_then(|()| fs::rename(&beside, path));
        written.map_err(|error| {
            let _ = fs::remove_file(&beside);
            Failure::environment(format!("{} cannot be written: {error}", path.display()))
        })
    }

    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Pinned, Failure> {
        let failed = |cause: String| {
            let path = path.display();
            Failure::environment(format!("{path}: {cause}; `cutover preflight --pin {path}` writes it anew"))
        };
        let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let pinned: Pinned =
            serde_json::from_str(&text).map_err(|error| failed(format!("it is no pinned preflight: {error}")))?;
        match pinned.format {
            FORMAT => Ok(pinned),
            format => Err(failed(format!("it has format {format}, this version knows {FORMAT}"))),
        }
    }
}

impl PinnedMap {
    fn of(step: &PreflightStep) -> PinnedMap {
        let (map, meaning) = (step.map.clone(), step.meaning.clone());
        let obligations = step.obligations.iter().map(PinnedObligation::of).collect();
        PinnedMap { map, meaning, rows: step.asked, obligations }
    }

    /// Compares with what a plan means now; none if it has no such map.
    pub(crate) fn standing(&self, plan: &Plan) -> Option<Standing> {
        let step = plan.steps.iter().find(|step| step.name == self.map)?;
        Some(if step.meaning == self.meaning { Standing::Current } else { Standing::Stale })
    }
}

impl PinnedObligation {
    fn of(obligation: &Obligation) -> PinnedObligation {
        PinnedObligation {
            reason: obligation.reason.clone(),
            column: obligation.column.clone(),
            parent: obligation.parent.clone(),
            offenders: obligation.unasked.is_none().then_some(obligation.offenders),
        }
    }
}

/// Writes a report into a file. One that is not complete leaves the file as it is, and says so.
pub(crate) fn pin(report: &PreflightReport, path: &Path) -> Result<(), Failure> {
    if report.outcome == Outcome::Complete {
        return Pinned::of(report).write(path);
    }
    output::note(&format!("{}: not written, as not all rows were asked", path.display()));
    Ok(())
}

/// Returns the file that is read where none is named: `opal.preflight.json` beside `opal.map`.
pub(crate) fn beside(map: &Path) -> PathBuf {
    map.with_extension("preflight.json")
}

/// Returns an answer in words, such as `0 of 812,344 rows at 2026-08-01`.
pub(crate) fn words(offenders: Option<u64>, rows: u64, date: &str) -> String {
    let all = if rows == 1 { counted(1, "row") } else { format!("{} rows", grouped(rows)) };
    match offenders {
        Some(offenders) => format!("{} of {all} at {date}", grouped(offenders)),
        None => format!("not asked of {all} at {date}"),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let time = DateTime::from_timestamp(since.as_secs().try_into().unwrap_or(0), 0).unwrap_or_default();
    time.format("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_said_in_words() {
        assert_eq!(words(Some(0), 812_344, "2026-08-01"), "0 of 812,344 rows at 2026-08-01");
        assert_eq!(words(Some(1), 1, "2026-08-01"), "1 of 1 row at 2026-08-01");
        assert_eq!(words(Some(1_234_567), 10_000_000, "d"), "1,234,567 of 10,000,000 rows at d");
        assert_eq!(words(None, 12, "d"), "not asked of 12 rows at d");
    }
}

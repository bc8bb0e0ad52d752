//! Counts what the rows of a step have answered, and keeps the first of those that would be rejected.

use super::keys::TargetKey;
use super::report::{Obligation, Sample, Verdict};
use crate::carry::violated;
use crate::connection::ViolationKind;
use crate::report::Counts;
use crate::step::{Rejection, StepSpec};
use crate::value::{Key, Value};
use std::collections::BTreeMap;

/// The counts of a step.
pub(super) struct Tally {
    /// What would become of the rows.
    pub(super) would: Counts,
    /// By reason, and by the map whose rejected row is the cause.
    reasons: BTreeMap<(usize, Option<String>), Offenders>,
    /// By key of the target.
    keys: Vec<Offenders>,
    keep: usize,
}

#[derive(Default, Clone)]
struct Offenders {
    count: u64,
    samples: Vec<Sample>,
}

impl Tally {
    /// Every reason is asked, whether rows offend against it or not.
    pub(super) fn new(spec: &StepSpec, keys: &[TargetKey], keep: usize) -> Tally {
        let reasons = (0..spec.reasons.len()).map(|reason| ((reason, None), Offenders::default()));
        let keys = vec![Offenders::default(); keys.len()];
        Tally { would: Counts::default(), reasons: reasons.collect(), keys, keep }
    }

    /// Takes in a rejected row.
    pub(super) fn rejection(&mut self, rejection: &Rejection, parent: Option<String>, key: &Key) {
        self.would.rejected += 1;
        self.reasons.entry((rejection.reason, parent)).or_default().add(self.keep, key, rejection.value.clone());
    }

    /// Takes in a row that a key of the target would refuse.
    pub(super) fn collision(&mut self, at: usize, key: &Key, value: Value) {
        self.would.rejected += 1;
        self.keys[at].add(self.keep, key, value);
    }

    /// Returns everything that was asked; the verdicts are up to who knows the other steps.
    pub(super) fn obligations(self, spec: &StepSpec, keys: &[TargetKey]) -> Vec<Obligation> {
        let reasons = self.reasons.into_iter().map(|((at, parent), offenders)| {
            let reason = &spec.reasons[at];
            Obligation {
                reason: reason.name.clone(),
                column: reason.column.clone(),
                message: match &parent {
                    None => reason.message.clone(),
                    Some(parent) => format!("the row of {parent} that it refers to is rejected, or would be"),
                },
                line: reason.line,
                parent,
                offenders: offenders.count,
                verdict: Verdict::Pass,
                unasked: None,
                samples: offenders.samples,
            }
        });
        let keys = keys.iter().zip(self.keys).map(|(key, offenders)| of_key(spec, key, offenders));
        reasons.chain(keys).collect()
    }
}

fn of_key(spec: &StepSpec, key: &TargetKey, offenders: Offenders) -> Obligation {
    let (rule, what) = violated(ViolationKind::Unique);
    let columns: Vec<&str> = key.key.columns.iter().map(|column| column.name.as_str()).collect();
    let table = &spec.targets[key.target].table;
    Obligation {
        reason: rule.to_string(),
        column: columns.join(", "),
        message: format!("table {table} refuses the row: {what} {}", key.key.name),
        line: key.column(spec).map_or(0, |column| column.line),
        parent: None,
        offenders: offenders.count,
        verdict: Verdict::Pass,
        unasked: key.unasked.clone(),
        samples: offenders.samples,
    }
}

impl Offenders {
    fn add(&mut self, keep: usize, key: &Key, value: Value) {
        self.count += 1;
        if self.samples.len() < keep {
            self.samples.push(Sample { legacy_key: key.clone(), value });
        }
    }
}

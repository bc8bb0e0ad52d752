//! What the commands of the engine report; all of it can be written as JSON.

use crate::error::Side;
use crate::observer::Stages;
use crate::removable::RemovableKind;
use crate::value::{Kind, Value, write_date_time};
use serde::{Serialize, Serializer};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything in scope is settled.
    Complete,
    /// The deadline came, or rows arrived behind the scan: run again.
    MoreWork,
    /// More rows are rejected than allowed.
    OverBudget,
    /// Somebody asked it to stop.
    Interrupted,
}

impl Outcome {
    /// Returns the outcome's name as the journal keeps it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Complete => "complete",
            Outcome::MoreWork => "more_work",
            Outcome::OverBudget => "over_budget",
            Outcome::Interrupted => "interrupted",
        }
    }
}

/// How legacy rows are settled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows written.
    pub migrated: u64,
    /// Rows that were in the target already.
    pub found: u64,
    /// Rows rejected.
    pub rejected: u64,
}

impl Counts {
    /// Returns how many rows are settled.
    pub fn total(&self) -> u64 {
        self.migrated + self.found + self.rejected
    }

    /// Adds other counts.
    pub fn add(&mut self, other: Counts) {
        self.migrated += other.migrated;
        self.found += other.found;
        self.rejected += other.rejected;
    }
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunReport {
    /// Number of the run.
    pub run: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// One report for each step that was begun.
    pub steps: Vec<StepReport>,
    /// Rows that stand rejected, over all steps.
    pub rejects: u64,
    /// Indexes and foreign keys that were off, by this run in load mode or by an earlier one, and are back.
    pub put_back: u64,
}

/// What a run did in one step.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct StepReport {
    /// The map.
    pub map: String,
    /// Rows in scope that were seen.
    pub in_scope: u64,
    /// How all rows in scope stand, whichever run settled them.
    pub settled: Counts,
    /// What this run settled.
    pub now: Counts,
    /// Entries whose legacy row is gone.
    pub gone: u64,
    /// Rows that arrived behind the scan.
    pub pending: u64,
    /// Whether everything in scope is settled.
    pub complete: bool,
    /// Whether the base table has rows, but none is in scope.
    pub scope_is_empty: bool,
    /// Time spent per stage.
    pub stages: Stages,
}

/// What verify found.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct VerifyReport {
    /// One report for each step.
    pub steps: Vec<VerifiedStep>,
    /// The deviations, at most as many as were asked for.
    pub deviations: Vec<Deviation>,
    /// How many there are.
    pub total: u64,
    /// What load mode has taken off the target and not put back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taken_off: Vec<TakenOff>,
}

/// What verify found in one step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct VerifiedStep {
    /// The map.
    pub map: String,
    /// Legacy rows in scope.
    pub in_scope: u64,
    /// Entries compared.
    pub compared: u64,
    /// Rows that stand rejected.
    pub rejected: u64,
    /// Deviations found.
    pub deviations: u64,
}

/// What kind of deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviationKind {
    /// A legacy row in scope is not settled.
    Missing,
    /// A migrated row is gone from the target.
    Lost,
    /// A column has another value than the mapping gives.
    Differs,
    /// A migrated legacy row is gone, or out of scope now.
    LegacyGone,
    /// A migrated legacy row would be rejected now.
    NoLongerConverts,
    /// A target row of this map's kind stems from no legacy row.
    TargetOnly,
    /// A migrated legacy row has no row in a target, although the target's condition holds now.
    NotWritten,
    /// A migrated legacy row has a row in a target, although the target's condition does not hold any more.
    Superfluous,
}

/// One deviation. Values are in full; masking them is up to who shows them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deviation {
    /// What kind.
    pub kind: DeviationKind,
    /// The side on which the row is that shows it.
    pub side: Side,
    /// The map.
    pub map: String,
    /// Role of the target row.
    pub role: Option<String>,
    /// The table.
    pub table: String,
    /// Key of the legacy row.
    #[serde(serialize_with = "key_as_text")]
    pub legacy_key: Option<Vec<Value>>,
    /// Key of the target row.
    #[serde(serialize_with = "value_as_text")]
    pub target_key: Option<Value>,
    /// The column that differs, or the rule that rejects.
    pub column: Option<String>,
    /// The value that the mapping gives.
    #[serde(serialize_with = "value_as_text")]
    pub expected: Option<Value>,
    /// The value found.
    #[serde(serialize_with = "value_as_text")]
    pub found: Option<Value>,
}

/// What a rollback did.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RollbackReport {
    /// Number of the run.
    pub run: i64,
    /// One report for each step, in the order of taking back.
    pub steps: Vec<RolledBackStep>,
    /// What stays, or was gone already, at most as many as were asked for.
    pub left: Vec<Left>,
    /// Whether it was interrupted at a batch boundary.
    pub interrupted: bool,
}

/// What a rollback did in one step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RolledBackStep {
    /// The map.
    pub map: String,
    /// Legacy rows whose target rows were deleted.
    pub taken_back: u64,
    /// Entries forgotten without touching the target: found, rejected.
    pub forgotten: u64,
    /// Entries forgotten since their target rows were gone.
    pub gone: u64,
    /// Legacy rows whose target rows stay.
    pub kept: u64,
    /// Whether it was passed over, as it cannot be taken back.
    pub skipped: bool,
}

/// What a sync did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SyncReport {
    /// Number of the run.
    pub run: i64,
    /// How it ended; complete also if rows were left.
    pub outcome: Outcome,
    /// One report for each step, in the order of a run.
    pub steps: Vec<SyncedStep>,
    /// The target rows that were left, at most as many as were asked for.
    pub left: Vec<Left>,
    /// How many target rows were left beyond those.
    pub more: u64,
    /// How many legacy rows are not in line.
    pub total: u64,
}

/// What a sync did in one step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SyncedStep {
    /// The map.
    pub map: String,
    /// Legacy rows in scope that were looked at.
    pub in_scope: u64,
    /// Entries compared.
    pub compared: u64,
    /// Legacy rows whose target rows were brought in line.
    pub updated: u64,
    /// Legacy rows that are gone and whose target rows were deleted.
    pub deleted: u64,
    /// Legacy rows whose target rows had got the same change already.
    pub renewed: u64,
    /// Legacy rows that are as they were, while their target rows were changed or deleted.
    pub changed_in_target: u64,
    /// Legacy rows that are gone while their target rows are there, as deleting was not asked for.
    pub gone: u64,
    /// Legacy rows whose target rows could not be brought in line.
    pub left: u64,
    /// Legacy rows that were never carried.
    pub new: u64,
}

/// Something that a rollback did not delete, or a sync did not bring in line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Left {
    /// The map.
    pub map: String,
    /// Role of the row.
    pub role: String,
    /// The table.
    pub table: String,
    /// Key of the legacy row.
    pub legacy_key: String,
    /// Key of the target row.
    #[serde(serialize_with = "plain_value")]
    pub target_key: Value,
    /// Why.
    pub reason: LeftReason,
}

/// Why a row was left as it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftReason {
    /// It was changed since it was written.
    Changed,
    /// It was gone already; the entry is forgotten.
    Gone,
    /// A row refers to it.
    Referred {
        /// The table of that row.
        table: String,
        /// Its column.
        column: String,
    },
    /// Legacy row and target row were both changed.
    Conflict {
        /// In which columns the target row is not what the mapping gives.
        columns: Vec<Differing>,
    },
    /// The legacy row was changed, the target row deleted.
    Lost,
    /// The key that the mapping gives is another one now.
    KeyChanged(Differing),
    /// The target refused the change.
    Refused {
        /// In words.
        why: String,
    },
    /// The legacy row would be rejected now.
    NoLongerConverts {
        /// Name of the reason.
        reason: String,
    },
    /// The legacy row is gone, or out of scope now; deleting was not asked for.
    LegacyGone,
    /// The target's condition does not hold any more; deleting was not asked for.
    Superfluous,
    /// The legacy row is gone, but the map says that its rows are not deleted.
    Irreversible {
        /// The author's words.
        reason: String,
    },
}

/// A column that holds something else than the mapping gives. Values are in full; masking them is up to who shows them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Differing {
    /// The column.
    pub column: String,
    /// The value that the mapping gives.
    #[serde(serialize_with = "plain_value")]
    pub expected: Value,
    /// The value found.
    #[serde(serialize_with = "plain_value")]
    pub found: Value,
}

impl LeftReason {
    /// Returns the columns that differ, for whoever masks their values.
    pub fn differing(&mut self) -> &mut [Differing] {
        match self {
            LeftReason::Conflict { columns } => columns,
            LeftReason::KeyChanged(differing) => std::slice::from_mut(differing),
            _ => &mut [],
        }
    }
}

impl std::fmt::Display for LeftReason {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named = |columns: &[Differing]| {
            columns.iter().map(|differing| differing.column.as_str()).collect::<Vec<_>>().join(", ")
        };
        match self {
            LeftReason::Changed => out.write_str("changed since it was migrated"),
            LeftReason::Gone => out.write_str("already gone"),
            LeftReason::Referred { table, column } => write!(out, "referred to by {table}.{column}"),
            LeftReason::Conflict { columns } => write!(out, "changed on both sides: {}", named(columns)),
            LeftReason::Lost => out.write_str("changed on the legacy side, deleted in the target"),
            LeftReason::KeyChanged(differing) => write!(out, "its key would change: {}", differing.column),
            LeftReason::Refused { why } => write!(out, "the target refuses the change: {why}"),
            LeftReason::NoLongerConverts { reason } => write!(out, "would be rejected now: {reason}"),
            LeftReason::LegacyGone => out.write_str("gone from the legacy side (or out of scope)"),
            LeftReason::Superfluous => out.write_str("the mapping's condition for a row here does not hold any more"),
            LeftReason::Irreversible { reason } => {
                write!(out, "gone from the legacy side, but its map is irreversible: {reason}")
            }
        }
    }
}

/// How a migration stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StatusReport {
    /// Whether cutover has ever worked on this target.
    pub begun: bool,
    /// The runs, in order.
    pub runs: Vec<RunStatus>,
    /// The steps, by name.
    pub steps: Vec<StepStatus>,
    /// The standing rejects by map and rule.
    pub rejects: Vec<RejectStatus>,
    /// Who works on the target now.
    pub holder: Option<String>,
    /// Whether that one was asked to pause.
    pub paused: bool,
    /// What load mode has taken off and not put back yet.
    pub taken_off: Vec<TakenOff>,
}

/// An index or a foreign key that is off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TakenOff {
    /// Which of them.
    pub kind: RemovableKind,
    /// The table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// Since when, UTC.
    pub since: String,
}

/// One run, as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunStatus {
    /// Its number.
    pub run: i64,
    /// The command.
    pub command: String,
    /// When it started, UTC.
    pub started: String,
    /// When it ended; none if it works still or was killed.
    pub ended: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Who worked; none if an older version of cutover did.
    pub owner: Option<String>,
    /// Number of the epoch in which it worked: a higher one fences it.
    pub epoch: i64,
    /// Version of cutover.
    pub version: String,
    /// Rows handled in batches that were committed.
    pub rows: u64,
    /// Rows written, or taken back.
    pub moved: u64,
    /// How long it took, in seconds; none if it has not ended.
    pub seconds: Option<u64>,
    /// Rows handled in a second; none where it took less than one.
    pub rows_per_second: Option<u64>,
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepStatus {
    /// The map.
    pub map: String,
    /// Rows in scope, as far as they were seen.
    pub in_scope: u64,
    /// How they are settled.
    pub settled: Counts,
    /// Whether all are settled.
    pub complete: bool,
    /// Whether in scope = migrated + found + rejected.
    pub balanced: bool,
}

/// Standing rejects of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectStatus {
    /// The map.
    pub map: String,
    /// Name of the reason.
    pub rule: String,
    /// The column.
    pub column: String,
    /// What it means.
    pub message: String,
    /// How many rows.
    pub rows: u64,
}

/// Returns what may be shown of a value that could be personal: what it is and how long, not its content.
pub fn mask(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_string(),
        Value::Boolean(_) => "boolean".to_string(),
        Value::Integer(value) => format!("integer of {} digits", value.unsigned_abs().to_string().len()),
        Value::Decimal(value) => format!("decimal of {} characters", value.len()),
        Value::Float(_) => "floating-point number".to_string(),
        Value::Text(value) => format!("text of {} characters", value.chars().count()),
        Value::Bytes(value) => format!("{} bytes", value.len()),
        Value::Date(_) => "date".to_string(),
        Value::DateTime(_) => "date and time".to_string(),
        Value::Instant(_) => "instant".to_string(),
        Value::Time(_) => "time".to_string(),
        Value::Uuid(_) => "UUID".to_string(),
        Value::Malformed(value) => format!("malformed value of {} characters", value.raw.chars().count()),
    }
}

/// Returns a key as the journal and the reports write it: plain if it is one value, else a JSON list.
pub fn key_text(key: &[Value]) -> String {
    match key {
        [value] => spelled(value),
        _ => serde_json::Value::from(key.iter().map(spelled).collect::<Vec<_>>()).to_string(),
    }
}

/// Reads what [`key_text`] wrote; none if it does not fit the kinds.
pub(crate) fn read_key(text: &str, kinds: &[Kind]) -> Option<Vec<Value>> {
    if let [kind] = kinds {
        return Some(vec![read_value(text, *kind)?]);
    }
    let parts: Vec<String> = serde_json::from_str(text).ok()?;
    (parts.len() == kinds.len()).then_some(())?;
    parts.iter().zip(kinds).map(|(part, kind)| read_value(part, *kind)).collect()
}

fn spelled(value: &Value) -> String {
    match value {
        Value::DateTime(value) | Value::Instant(value) => write_date_time(value),
        other => other.to_string(),
    }
}

fn read_value(text: &str, kind: Kind) -> Option<Value> {
    use crate::value::{read_date, read_date_time, read_time};
    Some(match kind {
        Kind::Boolean => Value::Boolean(text == "true"),
        Kind::Integer | Kind::Whole => Value::Integer(text.parse().ok()?),
        Kind::Decimal => Value::Decimal(text.to_string()),
        Kind::Float => Value::Float(text.parse().ok()?),
        Kind::Text => Value::Text(text.to_string()),
        Kind::Bytes => Value::Bytes(read_hex(text)?),
        Kind::Date => Value::Date(read_date(text).ok()?),
        Kind::DateTime => Value::DateTime(read_date_time(text).ok()?),
        Kind::Instant => Value::Instant(read_date_time(text).ok()?),
        Kind::Time => Value::Time(read_time(text)?),
        Kind::Uuid => Value::Uuid(text.parse().ok()?),
    })
}

fn read_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    Some(digits?.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)).collect())
}

pub(crate) fn plain_value<S: Serializer>(value: &Value, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_some(&(!value.is_null()).then(|| value.to_string()))
}

fn value_as_text<S: Serializer>(value: &Option<Value>, out: S) -> Result<S::Ok, S::Error> {
    match value {
        None => out.serialize_none(),
        Some(value) => plain_value(value, out),
    }
}

fn key_as_text<S: Serializer>(key: &Option<Vec<Value>>, out: S) -> Result<S::Ok, S::Error> {
    key.as_ref().map(|key| key_text(key)).serialize(out)
}

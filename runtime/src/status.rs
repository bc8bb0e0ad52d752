//! How a migration stands, from the journal alone. Writes nothing and takes no lock.

use crate::connection::Connection;
use crate::entries::{rows, unsigned};
use crate::error::{OnSide, RunError, Side};
use crate::journal::{self, BATCH, REJECT, RUN, STEP, StepState, number};
use crate::report::{RejectStatus, RunStatus, StatusReport, StepStatus};
use crate::statements::Sql;
use crate::value::{Kind, Row, Value};
use crate::{pause, world};
use std::collections::BTreeMap;

/// Returns how the migration into a target stands.
pub fn status(target: &mut dyn Connection) -> Result<StatusReport, RunError> {
    if !journal::exists(target)? {
        return Ok(StatusReport::default());
    }
    world::check_readable(target)?;
    let handled = handled(target)?;
    let runs = RUN.all_known(target)?.iter().map(|row| run_status(row, &handled)).collect();
    let steps = STEP.all(target)?.iter().map(step_status).collect();
    let rejects = rejects(target)?;
    let holder = crate::lock::holder(target)?;
    let paused = holder.is_some() && pause::standing(target)?;
    let taken_off = crate::load::taken_off(target)?;
    Ok(StatusReport { begun: true, runs, steps, rejects, holder, paused, taken_off })
}

/// Returns how many rows each run has handled and moved, by its batches.
fn handled(target: &mut dyn Connection) -> Result<BTreeMap<i64, (u64, u64)>, RunError> {
    let mut handled: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for row in BATCH.all(target)? {
        let (rows, moved) = handled.entry(number(&row[0])).or_default();
        *rows += unsigned(&row[5]);
        *moved += unsigned(&row[6]);
    }
    Ok(handled)
}

fn run_status(row: &Row, handled: &BTreeMap<i64, (u64, u64)>) -> RunStatus {
    let optional = |value: &Value| (!value.is_null()).then(|| value.to_string());
    let (run, started, ended) = (number(&row[0]), row[2].to_string(), optional(&row[3]));
    let (rows, moved) = handled.get(&run).copied().unwrap_or_default();
    let seconds = ended.as_ref().and_then(|ended| journal::seconds_between(&started, ended));
    RunStatus {
        run,
        command: row[1].to_string(),
        started,
        ended,
        outcome: optional(&row[4]),
        owner: optional(&row[7]),
        epoch: number(&row[6]),
        version: row[5].to_string(),
        rows,
        moved,
        seconds,
        rows_per_second: seconds.and_then(|seconds| rows.checked_div(seconds)),
    }
}

fn step_status(row: &Row) -> StepStatus {
    let state = StepState::from_row(row);
    StepStatus {
        map: row[0].to_string(),
        in_scope: state.in_scope,
        settled: state.settled,
        complete: state.complete,
        balanced: state.in_scope == state.settled.total(),
    }
}

fn rejects(target: &mut dyn Connection) -> Result<Vec<RejectStatus>, RunError> {
    let dialect = target.dialect();
    let names = ["map", "rule", "column_name", "message"].map(|name| dialect.quote(name));
    let mut sql = Sql::new(dialect, "SELECT ");
    for name in &names {
        sql.result(name, Kind::Text);
    }
    let names = names.join(", ");
    sql.result("COUNT(*)", Kind::Integer).push(" FROM ").name(REJECT.name);
    sql.push(&format!(" GROUP BY {names} ORDER BY {names}"));
    let statement = sql.done();
    let rows = rows(target, &statement).on(Side::Target)?;
    let reject = |row: &Row| RejectStatus {
        map: row[0].to_string(),
        rule: row[1].to_string(),
        column: row[2].to_string(),
        message: row[3].to_string(),
        rows: unsigned(&row[4]),
    };
    Ok(rows.iter().map(reject).collect())
}

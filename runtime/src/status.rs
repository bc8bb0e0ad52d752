//! How a migration stands, from the journal alone. Writes nothing and takes no lock.

use crate::connection::Connection;
use crate::entries::{rows, unsigned};
use crate::error::{OnSide, RunError, Side};
use crate::journal::{self, REJECT, RUN, STEP, StepState, number};
use crate::report::{RejectStatus, RunStatus, StatusReport, StepStatus};
use crate::statements::Sql;
use crate::value::{Kind, Row, Value};

/// Returns how the migration into a target stands.
pub fn status(target: &mut dyn Connection) -> Result<StatusReport, RunError> {
    if !journal::exists(target)? {
        return Ok(StatusReport::default());
    }
    let runs = RUN.all(target)?.iter().map(run_status).collect();
    let steps = STEP.all(target)?.iter().map(step_status).collect();
    let rejects = rejects(target)?;
    let holder = crate::lock::holder(target)?;
    Ok(StatusReport { begun: true, runs, steps, rejects, holder })
}

fn run_status(row: &Row) -> RunStatus {
    let optional = |value: &Value| (!value.is_null()).then(|| value.to_string());
    RunStatus {
        run: number(&row[0]),
        command: row[1].to_string(),
        started: row[2].to_string(),
        ended: optional(&row[3]),
        outcome: optional(&row[4]),
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

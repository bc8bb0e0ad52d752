//! Makes the two databases of an example: tables from the schemas, rows from the scripts.

use super::{Example, script};
use crate::failure::Failure;
use cutover_mapping_dsl::plan::{Plan, Side};
use cutover_mapping_dsl::schema::{Dialect, translate::create_statements};
use std::path::Path;

pub(super) fn make(plan: &Plan, example: &Example, legacy: &Path, target: &Path) -> Result<(), Failure> {
    let (sample, reference) = (script::mariadb(example.sample)?, script::postgresql(example.reference)?);
    let made = fill(&plan.legacy, legacy, &sample).and_then(|()| fill(&plan.target, target, &reference));
    // Half of an example would only stand in the way of the next attempt. The first error is the one that counts.
    made.inspect_err(|_| [legacy, target].into_iter().for_each(|path| drop(std::fs::remove_file(path))))
}

/// Makes one database; it appears with all its rows or not at all.
fn fill(side: &Side, path: &Path, rows: &[String]) -> Result<(), Failure> {
    let failed = |error: rusqlite::Error| Failure::environment(format!("{}: {error}", path.display()));
    let mut database = rusqlite::Connection::open(path).map_err(failed)?;
    // MariaDB's keys compare without case, SQLite's exactly: a sample row refers to site 'HXB' as 'hxb'.
    database.pragma_update(None, "foreign_keys", false).map_err(failed)?;
    let transaction = database.transaction().map_err(failed)?;
    let tables = create_statements(&side.schema, Dialect::Sqlite)
        .map_err(|unsupported| Failure::findings(format!("internal error: no tables for {}", unsupported.0)))?;
    for statement in tables.statements.iter().chain(rows) {
        transaction.execute_batch(statement).map_err(|error| {
            let start = statement.lines().next().unwrap_or_default();
            Failure::environment(format!("{}: {error}: {start}", path.display()))
        })?;
    }
    transaction.commit().map_err(failed)
}

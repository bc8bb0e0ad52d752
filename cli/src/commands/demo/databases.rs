//! Makes the two databases of an example: tables from the schemas, rows from the scripts.

use super::{Example, script};
use crate::failure::Failure;
use cutover_mapping_dsl::plan::{Plan, Side};
use cutover_mapping_dsl::schema::{Dialect, translate::create_statements};
use std::path::Path;

pub(super) fn make(plan: &Plan, example: &Example, legacy: &Path, target: &Path) -> Result<(), Failure> {
    fill(&plan.legacy, legacy, &script::mariadb(example.sample)?)?;
    fill(&plan.target, target, &script::postgresql(example.reference)?)
}

/// Makes one database; it appears with all its rows or not at all.
fn fill(side: &Side, path: &Path, rows: &[String]) -> Result<(), Failure> {
    let mut database = rusqlite::Connection::open(path)?;
    // MariaDB's keys compare without case, SQLite's exactly: a sample row refers to site 'HXB' as 'hxb'.
    database.pragma_update(None, "foreign_keys", false)?;
    let transaction = database.transaction()?;
    let tables = create_statements(&side.schema, Dialect::Sqlite)
        .map_err(|unsupported| Failure::findings(format!("internal error: no tables for {}", unsupported.0)))?;
    for statement in tables.statements.iter().chain(rows) {
        transaction.execute_batch(statement).map_err(|error| {
            let start: String = statement.chars().take(60).collect();
            Failure::environment(format!("{}: {error}: {start}", path.display()))
        })?;
    }
    Ok(transaction.commit()?)
}

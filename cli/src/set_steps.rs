//! Which steps the target's server can carry by itself, because it holds both sides.

use crate::database::{self, Engine};
use crate::failure::Failure;
use cutover_codegen::sql::{SetStatements, set_statements};
use cutover_mapping_dsl::plan::Plan;
use cutover_mapping_dsl::schema::Dialect;
use cutover_runtime::connection::Connection;
use cutover_runtime::set::{SetStep, SetSteps};
use cutover_runtime::value::Kind;
use cutover_server::ServerUrl;

/// One side: its URL, and a connection to it.
pub(crate) type Opened<'a> = (&'a str, &'a mut dyn Connection);

/// Returns the steps that one server can carry; none if both sides lie on two.
pub(crate) fn set_steps(plan: &Plan, legacy: Opened<'_>, target: Opened<'_>) -> Result<SetSteps, Failure> {
    let Some((dialect, ask)) = shared(legacy.0, target.0)? else { return Ok(SetSteps::new()) };
    let schemas = (schema(legacy.1, ask)?, schema(target.1, ask)?);
    let mut sets = SetSteps::new();
    for step in &plan.steps {
        if let Some(set) = set_statements(plan, step, dialect, (&schemas.0, &schemas.1))? {
            sets.insert(step.name.clone(), taken_over(set));
        }
    }
    Ok(sets)
}

/// Returns the dialect of the server that both URLs name, and how to ask it where tables lie.
fn shared(legacy: &str, target: &str) -> Result<Option<(Dialect, &'static str)>, Failure> {
    let (dialect, ask, socket) = match (database::opened(legacy)?, database::opened(target)?) {
        (Engine::Postgres(_), Engine::Postgres(_)) => (Dialect::PostgreSql, "SELECT current_schema()", "host"),
        (Engine::MariaDb(_), Engine::MariaDb(_)) => (Dialect::MariaDb, "SELECT DATABASE()", "socket"),
        _ => return Ok(None),
    };
    let (Ok(legacy), Ok(target)) = (ServerUrl::parse(legacy), ServerUrl::parse(target)) else { return Ok(None) };
    let address = |url: &ServerUrl| (url.host.clone(), url.port, url.parameter(socket).map(str::to_string));
    // Databases of PostgreSQL know nothing of each other.
    let same = dialect != Dialect::PostgreSql || legacy.database == target.database;
    Ok((same && address(&legacy) == address(&target)).then_some((dialect, ask)))
}

fn schema(connection: &mut dyn Connection, ask: &str) -> Result<String, Failure> {
    let mut name = String::new();
    connection.query(ask, &[], &[Kind::Text], &mut |row| {
        name = row[0].to_string();
        Ok(())
    })?;
    Ok(name)
}

fn taken_over(set: SetStatements) -> SetStep {
    let SetStatements { prelude, lock, batch, fill, analyze, inserts, counters, drop, discard } = set;
    SetStep { prelude, lock, batch, fill, analyze, inserts, counters, drop, discard }
}

//! The runner's lock: an advisory lock of the session. The server frees it when the session ends, however it ends.

use crate::Postgres;
use cutover_runtime::connection::{RunnerLock, StoreError};

/// Tells cutover's locks from those of other programs; the second half of the key is the schema.
const OURS: i32 = 0x6375_746f;

/// Takes the lock.
pub(crate) fn take(postgres: &mut Postgres) -> Result<RunnerLock, StoreError> {
    let rows = postgres.rows("SELECT pg_try_advisory_lock($1, hashtext(current_schema()))", &[&OURS])?;
    if rows.first().is_some_and(|row| row.get(0)) {
        return Ok(RunnerLock::Taken);
    }
    let holder = holder(postgres)?;
    Ok(RunnerLock::Held(holder.unwrap_or_else(|| "a process that has just ended".to_string())))
}

/// Gives the lock back.
pub(crate) fn release(postgres: &mut Postgres) {
    // If the connection is gone, so is the lock.
    let _ = postgres.rows("SELECT pg_advisory_unlock($1, hashtext(current_schema()))", &[&OURS]);
}

/// Returns who has the lock.
pub(crate) fn holder(postgres: &mut Postgres) -> Result<Option<String>, StoreError> {
    let sql = "SELECT l.pid, a.application_name, host(a.client_addr), \
               to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') \
               FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid \
               WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1::int4::oid \
               AND l.objid = hashtext(current_schema())::oid AND l.objsubid = 2 \
               AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let rows = postgres.rows(sql, &[&OURS])?;
    Ok(rows.first().map(|row| {
        let text = |at| row.get::<_, Option<String>>(at).filter(|text| !text.is_empty());
        let name = text(1).map(|name| name.trim_start_matches("cutover ").to_string());
        let host = text(2).map_or(String::new(), |host| format!(" on {host}"));
        let since = text(3).map_or(String::new(), |since| format!(" since {since} UTC"));
        let name = name.unwrap_or_else(|| "a process of another user".to_string());
        format!("{name}{since}{host} (session {} of the server)", row.get::<_, i32>(0))
    }))
}

//! The runner's lock: a named lock of the session. The server frees it when the session ends, however it ends.

use crate::MariaDb;
use cutover_runtime::connection::{RunnerLock, StoreError};

/// Names of locks are shared by all databases of a server, and short.
const NAME: &str = "CONCAT('cutover:', SHA1(DATABASE()))";

/// Takes the lock.
pub(crate) fn take(mariadb: &mut MariaDb) -> Result<RunnerLock, StoreError> {
    let rows = mariadb.texts(&format!("SELECT GET_LOCK({NAME}, 0)"), &[])?;
    if rows.first().is_some_and(|row| row[0] == "1") {
        return Ok(RunnerLock::Taken);
    }
    let holder = holder(mariadb)?;
    Ok(RunnerLock::Held(holder.unwrap_or_else(|| "a process that has just ended".to_string())))
}

/// Gives the lock back.
pub(crate) fn release(mariadb: &mut MariaDb) {
    // If the connection is gone, so is the lock.
    let _ = mariadb.texts(&format!("SELECT RELEASE_LOCK({NAME})"), &[]);
}

/// Returns who has the lock.
pub(crate) fn holder(mariadb: &mut MariaDb) -> Result<Option<String>, StoreError> {
    let sql = format!(
        "SELECT u.id, p.USER, p.HOST FROM (SELECT IS_USED_LOCK({NAME}) AS id) AS u \
         LEFT JOIN information_schema.PROCESSLIST AS p ON p.ID = u.id WHERE u.id IS NOT NULL"
    );
    let rows = mariadb.texts(&sql, &[])?;
    Ok(rows.first().map(|row| match row[1].as_str() {
        "" => format!("session {} of the server", row[0]),
        user => format!("session {} of the server (user {user} from {})", row[0], row[2]),
    }))
}

//! One runner at a time: the connector's lock keeps a second one out, and an epoch in the target stops a runner that
//! was presumed dead and comes back. Every batch checks the epoch in its own transaction.

use crate::connection::{Connection, RunnerLock};
use crate::error::{OnSide, RunError, Side};
use crate::journal::{self, LOCK, int, now, number, text, within};
use crate::statements::Sql;
use crate::value::Value;

/// Takes the target for this process.
pub(crate) fn take(target: &mut dyn Connection) -> Result<(), RunError> {
    match target.lock_runner().on(Side::Target)? {
        RunnerLock::Taken => Ok(()),
        RunnerLock::Held(holder) => Err(RunError::Held { holder: named(target, holder)? }),
    }
}

/// Returns who holds the target now, in words for the operator.
pub(crate) fn holder(target: &mut dyn Connection) -> Result<Option<String>, RunError> {
    let holder = target.lock_holder().on(Side::Target)?;
    holder.map(|holder| named(target, holder)).transpose()
}

/// Adds the owner that the journal knows, where the database itself does not tell the process.
fn named(target: &mut dyn Connection, holder: String) -> Result<String, RunError> {
    if !journal::exists(target)? {
        return Ok(holder);
    }
    Ok(match LOCK.all(target)?.last().map(|row| &row[1]) {
        Some(Value::Text(owner)) if !holder.contains(owner.as_str()) => format!("{owner}, {holder}"),
        _ => holder,
    })
}

/// Returns the present epoch; 0 before the first.
pub(crate) fn epoch(target: &mut dyn Connection) -> Result<i64, RunError> {
    Ok(LOCK.all(target)?.iter().map(|row| number(&row[0])).max().unwrap_or(0))
}

/// Begins a new epoch and returns its number. The control tables are there already.
pub(crate) fn new_epoch(target: &mut dyn Connection) -> Result<i64, RunError> {
    within(target, |target| {
        let epoch = self::epoch(target)? + 1;
        let mut sql = Sql::new(target.dialect(), "DELETE FROM ");
        sql.name(LOCK.name);
        let statement = sql.done();
        target.execute(&statement.text, &[]).on(Side::Target)?;
        LOCK.insert(target, &vec![int(epoch), text(&owner()), text(&now())])?;
        Ok(epoch)
    })
}

/// Checks within the open transaction that the epoch is still ours, and keeps it so until the transaction ends.
pub(crate) fn check(target: &mut dyn Connection, epoch: i64) -> Result<(), RunError> {
    match LOCK.hold(target, &vec![int(epoch)])? {
        Some(_) => Ok(()),
        None => Err(RunError::Fenced { owner: present_owner(target)? }),
    }
}

/// Gives the target back. The epoch stays, so that the next one is higher.
pub(crate) fn release(target: &mut dyn Connection, epoch: i64) -> Result<(), RunError> {
    let mut sql = Sql::new(target.dialect(), "UPDATE ");
    sql.name(LOCK.name).push(" SET ").name("owner").push(" = ").bind(&Value::Null);
    sql.push(" WHERE ").name("epoch").push(" = ").bind(&int(epoch));
    let statement = sql.done();
    target.execute(&statement.text, &statement.parameters).on(Side::Target)?;
    Ok(())
}

fn present_owner(target: &mut dyn Connection) -> Result<String, RunError> {
    let rows = journal::LOCK.all(target)?;
    Ok(rows.last().map_or("nobody known".to_string(), |row| match &row[1] {
        Value::Null => "a runner that has ended".to_string(),
        owner => format!("{owner} (since {})", row[2]),
    }))
}

/// Returns who works, as the journal names it.
pub(crate) fn owner() -> String {
    format!("process {}", std::process::id())
}

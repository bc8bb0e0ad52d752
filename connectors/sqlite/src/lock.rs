//! The runner's lock: a lock on a file beside the database. The system frees it when its owner dies, however it dies.
//! The file stays and says who had it last, so that a second runner can name the first.

use crate::Sqlite;
use crate::open::failed;
use cutover_runtime::connection::{RunnerLock, StoreError, StoreErrorKind};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::PathBuf;

/// Takes the lock.
pub(crate) fn take(sqlite: &mut Sqlite) -> Result<RunnerLock, StoreError> {
    let path = path(sqlite);
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = file.map_err(|error| io(sqlite, &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(RunnerLock::Held(owner(&mut file))),
        Err(TryLockError::Error(error)) => return Err(io(sqlite, &error)),
    }
    let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).format("%Y-%m-%d %H:%M:%S UTC");
    let text = format!("process {} since {now}", std::process::id());
    file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(|error| io(sqlite, &error))?;
    sqlite.lock = Some(file);
    Ok(RunnerLock::Taken)
}

/// Gives the lock back. Closing the file is not enough: a child that this process is just about to start has the file
/// open too, until it has become another program.
pub(crate) fn give_back(sqlite: &mut Sqlite) {
    if let Some(file) = sqlite.lock.take() {
        let _ = file.unlock();
    }
}

/// Returns who has the lock.
pub(crate) fn holder(sqlite: &Sqlite) -> Result<Option<String>, StoreError> {
    let mut file = match File::open(path(sqlite)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(sqlite, &error)),
    };
    match file.try_lock_shared() {
        Ok(()) => {
            let _ = file.unlock();
            Ok(None)
        }
        Err(TryLockError::WouldBlock) => Ok(Some(owner(&mut file))),
        Err(TryLockError::Error(error)) => Err(io(sqlite, &error)),
    }
}

fn path(sqlite: &Sqlite) -> PathBuf {
    let mut name = sqlite.path.clone().into_os_string();
    name.push(".cutover-lock");
    PathBuf::from(name)
}

fn owner(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(length) if length > 0 => text,
        _ => "a process that has just begun".to_string(),
    }
}

fn io(sqlite: &Sqlite, error: &std::io::Error) -> StoreError {
    let kind = match error.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => StoreErrorKind::ReadOnly,
        std::io::ErrorKind::StorageFull => StoreErrorKind::Full,
        _ => StoreErrorKind::Other,
    };
    failed(&sqlite.place, kind, &format!("the lock file beside it: {error}"))
}

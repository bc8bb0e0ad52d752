//! Files that appear whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file that must not be there; what is there stays, even if somebody else writes it at the same time.
pub(crate) fn create(path: &Path, text: &str) -> io::Result<()> {
    let draft = beside(path);
    let written = write(&draft, text).and_then(|()| name(&draft, path));
    let _ = fs::remove_file(&draft);
    written
}

/// Gives a file a name that nothing has. A link refuses a name that is taken; not every file system has links.
fn name(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !path.exists() => fs::rename(draft, path),
        linked => linked,
    }
}

/// Writes a new file.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Returns the name of a new file in the same folder.
pub(crate) fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

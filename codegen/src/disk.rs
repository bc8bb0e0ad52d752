//! The edge of this crate: mappings read from a disk, files written to it. Everything else here is pure.

use crate::{EmitError, Files};
use cutover_mapping_dsl::{Compiled, compile};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A mapping compiled from a file, with the paths of all files that were read.
#[derive(Debug)]
pub struct Loaded {
    /// What came of it.
    pub compiled: Compiled,
    /// The mapping and its schemas.
    pub paths: Vec<PathBuf>,
}

/// Why a mapping could not be loaded or its files not be written.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// A file that cannot be read.
    #[error("{path}: {cause}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// A file that cannot be written.
    #[error("{path} cannot be written: {cause}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// No files were made.
    #[error(transparent)]
    Emit(#[from] EmitError),
}

/// Reads and compiles a mapping; schemas are looked for beside it.
pub fn load(path: &Path) -> Result<Loaded, DiskError> {
    let failed = |cause: String| DiskError::Read { path: path.to_path_buf(), cause };
    let bytes = fs::read(path).map_err(|error| failed(words(&error)))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let bytes = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
        failed(format!("line {line} is not UTF-8; save the file as UTF-8"))
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut paths = vec![path.to_path_buf()];
    let name = path.to_string_lossy().replace('\\', "/");
    let compiled = compile(&name, &text, &mut |schema| {
        let path = folder.join(schema);
        paths.push(path.clone());
        fs::read(&path).map_err(|error| words(&error))
    });
    Ok(Loaded { compiled, paths })
}

/// Returns the cause of a failed reading in words.
fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::PermissionDenied => "this user may not read it".into(),
        io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => error.to_string(),
    }
}

/// Returns the paths, below `folder`, of files that are missing or hold something else.
pub fn stale(files: &Files, folder: &Path) -> Vec<PathBuf> {
    let paths = files.iter().map(|(path, text)| (folder.join(path), text));
    paths.filter(|(path, text)| fs::read(path).ok().as_deref() != Some(text.as_bytes())).map(|(path, _)| path).collect()
}

/// Writes the files that are stale; each appears whole or not at all. Returns their paths.
pub fn write(files: &Files, folder: &Path) -> Result<Vec<PathBuf>, DiskError> {
    let mut written = Vec::new();
    for (path, text) in files.iter() {
        let path = folder.join(path);
        if fs::read(&path).ok().as_deref() == Some(text.as_bytes()) {
            continue;
        }
        write_whole(&path, text).map_err(|cause| DiskError::Write { path: path.clone(), cause })?;
        written.push(path);
    }
    Ok(written)
}

fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)?;
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    let draft = folder.join(name);
    let written = fs::write(&draft, text).and_then(|()| fs::rename(&draft, path));
    written.inspect_err(|_| drop(fs::remove_file(&draft)))
}

//! For build scripts: mappings become files each time they change.

use crate::disk::{self, DiskError};
use crate::{BACKENDS, Backend, Files, emit_with};
use cutover_mapping_dsl::diagnostic::render;
use std::path::{Path, PathBuf};

/// Generates migration code from a build script.
///
/// ```no_run
/// cutover_codegen::Build::new().map("opal.map").run();
/// ```
///
/// The files of `opal.map` then lie in `$OUT_DIR/opal/`, and
/// `include!(concat!(env!("OUT_DIR"), "/opal/mapping.rs"));` takes in the Rust.
#[derive(Debug, Clone)]
pub struct Build {
    maps: Vec<PathBuf>,
    folder: Option<PathBuf>,
    backends: Vec<Backend>,
}

impl Default for Build {
    fn default() -> Build {
        Build::new()
    }
}

impl Build {
    /// Returns a build without mappings, with all backends.
    pub fn new() -> Build {
        Build { maps: Vec::new(), folder: None, backends: BACKENDS.to_vec() }
    }

    /// Adds a mapping; the path is relative to the package.
    pub fn map(mut self, path: impl AsRef<Path>) -> Build {
        self.maps.push(path.as_ref().to_path_buf());
        self
    }

    /// Writes into this folder, to be committed, instead of `OUT_DIR`.
    pub fn folder(mut self, path: impl AsRef<Path>) -> Build {
        self.folder = Some(path.as_ref().to_path_buf());
        self
    }

    /// Makes Rust only; all else is left out.
    pub fn rust_only(mut self) -> Build {
        self.backends.retain(|backend| backend.name == "rust");
        self
    }

    /// Generates. On errors in mappings it prints all of them and ends the build script with status 1.
    #[allow(clippy::print_stderr, clippy::print_stdout, clippy::exit)] // A build script speaks to cargo this way.
    pub fn run(self) {
        let (lines, outcome) = self.try_run();
        lines.iter().for_each(|line| println!("{line}"));
        if let Err(messages) = outcome {
            messages.iter().for_each(|message| eprintln!("{message}\n"));
            std::process::exit(1);
        }
    }

    /// Generates. Returns the lines for cargo and, on errors, all messages. Nothing is written if a mapping has errors.
    pub fn try_run(self) -> (Vec<String>, Result<(), Vec<String>>) {
        let mut lines = Vec::new();
        let mut messages = Vec::new();
        let mut made: Vec<(String, Files)> = Vec::new();
        for map in &self.maps {
            match self.generate(map, &mut lines) {
                Ok(files) => made.push(files),
                Err(errors) => messages.extend(errors),
            }
        }
        if !messages.is_empty() {
            return (lines, Err(messages));
        }
        let Some(folder) = self.folder.or_else(|| std::env::var_os("OUT_DIR").map(PathBuf::from)) else {
            return (lines, Err(vec!["OUT_DIR is not set: call this from a build script, or give a folder".into()]));
        };
        let written = made.iter().try_for_each(|(name, files)| disk::write(files, &folder.join(name)).map(|_| ()));
        (lines, written.map_err(|error: DiskError| vec![error.to_string()]))
    }

    fn generate(&self, map: &Path, lines: &mut Vec<String>) -> Result<(String, Files), Vec<String>> {
        lines.push(format!("cargo::rerun-if-changed={}", map.display()));
        let loaded = disk::load(map).map_err(|error| vec![error.to_string()])?;
        lines.extend(loaded.paths[1..].iter().map(|path| format!("cargo::rerun-if-changed={}", path.display())));
        let compiled = loaded.compiled;
        let shown = compiled.diagnostics.iter().map(|diagnostic| render(diagnostic, &compiled.sources, false));
        let Some(plan) = &compiled.plan else { return Err(shown.collect()) };
        lines.extend(shown.map(|warning| format!("cargo::warning={}", warning.lines().next().unwrap_or_default())));
        let files = emit_with(plan, &self.backends).map_err(|error| vec![error.to_string()])?;
        Ok((plan.name.clone(), files))
    }
}

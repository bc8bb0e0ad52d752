//! `cutover generate`: files from a mapping, or whether those that are there are fresh.

use crate::arguments::{Artefact, GenerateOptions};
use crate::failure::Failure;
use crate::mapping::{self, counted};
use crate::{Status, output};
use cutover_codegen::{BACKENDS, Backend, disk, emit_with, sql};
use std::path::{Path, PathBuf};

pub(crate) fn run(options: &GenerateOptions) -> Result<Status, Failure> {
    let plan = mapping::load(&options.map)?;
    let files = emit_with(&plan, &backends(&options.only))?;
    sql::parse_back(&files)?;
    let folder = options.out.clone().unwrap_or_else(|| PathBuf::from("generated").join(&plan.name));
    if options.check {
        let stale = disk::stale(&files, &folder);
        stale.iter().for_each(|path| output::line(&format!("stale: {}", path.display())));
        return Ok(if stale.is_empty() { Status::Done } else { Status::Findings });
    }
    let written = disk::write(&files, &folder)?;
    report(&written, files.len(), &folder);
    Ok(Status::Done)
}

fn report(written: &[PathBuf], all: usize, folder: &Path) {
    written.iter().for_each(|path| output::line(&format!("wrote {}", path.display())));
    if written.is_empty() {
        output::line(&format!("{} in {} are fresh", counted(all, "file"), folder.display()));
    }
}

fn backends(only: &[Artefact]) -> Vec<Backend> {
    let name = |artefact: &Artefact| match artefact {
        Artefact::Rust => "rust",
        Artefact::Sql => "sql",
        Artefact::Diagrams => "diagrams",
        Artefact::Mermaid => "mermaid",
        Artefact::Markdown => "markdown",
    };
    let chosen = |backend: &&Backend| only.is_empty() || only.iter().any(|artefact| name(artefact) == backend.name);
    BACKENDS.iter().filter(chosen).copied().collect()
}

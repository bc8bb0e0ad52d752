//! From a checked plan to files in memory: Rust, SQL per dialect, diagrams, tables and pages for people. Pure: nothing is read
//! or written here. [`emit`] shows the whole back half; a new backend is one module and one line in [`BACKENDS`].

mod build;
mod comment;
mod diagram;
pub mod disk;
mod files;
mod lineage;
mod markdown;
mod mermaid;
pub mod names;
pub mod outline;
mod plantuml;
pub mod rust;
pub mod sql;
mod walk;
mod wording;

pub use build::Build;
pub use files::{Files, Mark};

use cutover_mapping_dsl::parallel;
use cutover_mapping_dsl::plan::Plan;

/// Makes one kind of file from a plan.
#[derive(Debug, Clone, Copy)]
pub struct Backend {
    /// Its name, as the command takes it.
    pub name: &'static str,
    /// What it does.
    pub emit: fn(&Plan) -> Result<Files, EmitError>,
}

/// All backends, in the order in which their files are listed.
pub const BACKENDS: &[Backend] = &[
    Backend { name: "rust", emit: rust::emit },
    Backend { name: "sql", emit: sql::emit },
    Backend { name: "diagrams", emit: plantuml::emit },
    Backend { name: "mermaid", emit: mermaid::emit },
    Backend { name: "markdown", emit: markdown::emit },
];

/// Returns all files that a plan yields.
pub fn emit(plan: &Plan) -> Result<Files, EmitError> {
    emit_with(plan, BACKENDS)
}

/// Returns the files that some backends make of a plan.
pub fn emit_with(plan: &Plan, backends: &[Backend]) -> Result<Files, EmitError> {
    names::check(plan)?;
    let mut files = Files::default();
    for made in parallel::map(backends, |backend| (backend.emit)(plan)) {
        files.append(made?);
    }
    Ok(files)
}

/// Why no files were made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// Two things of the mapping would get the same name in what is generated.
    #[error("{first} and {second} would both be called {name} in generated files; rename one of them")]
    SameName {
        /// The name that is wanted twice.
        name: String,
        /// What wants it first.
        first: String,
        /// What wants it second.
        second: String,
    },
    /// A generated file is not what it should be: a fault of this crate.
    #[error("internal error: {file}, statement {statement}: {cause}")]
    Broken {
        /// The file.
        file: String,
        /// Number of the statement in it, counted from 1.
        statement: usize,
        /// What is wrong with it.
        cause: String,
    },
    /// A template could not be filled: a fault of this crate.
    #[error("internal error: {file}: {cause}")]
    Template {
        /// The file.
        file: String,
        /// What is wrong.
        cause: String,
    },
}

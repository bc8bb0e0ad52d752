//! Mappings from files, with their findings printed.

use crate::failure::Failure;
use crate::output;
use cutover_codegen::disk;
use cutover_mapping_dsl::Compiled;
use cutover_mapping_dsl::diagnostic::{Level, render};
use cutover_mapping_dsl::plan::Plan;
use std::path::Path;

/// Compiles a mapping. Findings go to the error stream; errors end the command.
pub(crate) fn load(path: &Path) -> Result<Plan, Failure> {
    let compiled = disk::load(path)?.compiled;
    print(&compiled);
    let errors = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.level == Level::Error).count();
    compiled.plan.ok_or_else(|| Failure::findings(format!("{}: {}", path.display(), counted(errors, "error"))))
}

/// Prints the findings for people.
pub(crate) fn print(compiled: &Compiled) {
    for diagnostic in &compiled.diagnostics {
        output::note(&render(diagnostic, &compiled.sources, true));
        output::note("");
    }
}

/// Returns a number with its noun.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

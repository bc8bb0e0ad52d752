//! Mappings from files, with their findings printed.

use crate::failure::Failure;
use crate::output;
use cutover_codegen::disk;
use cutover_mapping_dsl::Compiled;
use cutover_mapping_dsl::diagnostic::{Diagnostic, Level, render};
use cutover_mapping_dsl::plan::Plan;
use std::collections::BTreeSet;
use std::path::Path;

/// Compiles a mapping. Findings go to the error stream; errors end the command.
pub(crate) fn load(path: &Path) -> Result<Plan, Failure> {
    let compiled = disk::load(path)?.compiled;
    print(&compiled);
    point_to_pages(&compiled.diagnostics);
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

/// Says where more is written about findings; once in a run is enough.
pub(crate) fn point_to_pages<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>) {
    let codes: BTreeSet<&str> = diagnostics.into_iter().map(|diagnostic| diagnostic.code.0).collect();
    if !codes.is_empty() {
        let codes: Vec<&str> = codes.into_iter().collect();
        output::note(&format!("for more: cutover explain {}", codes.join(" ")));
    }
}

/// Returns a number with its noun.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

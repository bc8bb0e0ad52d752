//! `cutover check`: all findings of all mappings in one go.

mod pinned;

use super::against;
use crate::arguments::{CheckOptions, MessageFormat};
use crate::failure::Failure;
use crate::mapping::{self, counted};
use crate::{Status, output};
use cutover_codegen::disk;
use cutover_mapping_dsl::diagnostic::{Level, render, to_json};

pub(crate) fn run(options: &CheckOptions) -> Result<Status, Failure> {
    if options.pinned.is_some() && options.maps.len() > 1 {
        return Err(Failure::usage("a pinned preflight is of one mapping: name only that one"));
    }
    let mut errors = 0;
    let mut found = Vec::new();
    for path in &options.maps {
        let compiled = disk::load(path)?.compiled;
        match options.message_format {
            MessageFormat::Human => mapping::print(&compiled),
            MessageFormat::Json => {
                for diagnostic in &compiled.diagnostics {
                    let rendered = render(diagnostic, &compiled.sources, false);
                    output::line(&to_json(diagnostic, &compiled.sources, rendered));
                }
            }
        }
        let here = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.level == Level::Error).count();
        let warnings = compiled.diagnostics.len() - here;
        if options.message_format == MessageFormat::Human {
            summary(path, &compiled, here, warnings);
        }
        errors += here;
        if let Some(plan) = &compiled.plan {
            pinned::show(plan, path, options.pinned.as_deref(), options.message_format)?;
        }
        if let (Some(url), Some(plan)) = (&options.against, &compiled.plan) {
            errors += against::run(plan, url, options)?;
        }
        found.extend(compiled.diagnostics);
    }
    if options.message_format == MessageFormat::Human {
        mapping::point_to_pages(&found);
    }
    Ok(if errors == 0 { Status::Done } else { Status::Findings })
}

fn summary(path: &std::path::Path, compiled: &cutover_mapping_dsl::Compiled, errors: usize, warnings: usize) {
    let (good, alert) = (output::GOOD, output::ALERT);
    match &compiled.plan {
        Some(plan) => {
            let rules: usize = plan.steps.iter().flat_map(|step| &step.targets).map(|target| target.rules.len()).sum();
            let extra = if warnings == 0 { String::new() } else { format!(", {}", counted(warnings, "warning")) };
            output::line(&format!(
                "{good}ok{good:#} {}: {}, {}{extra}",
                path.display(),
                counted(plan.steps.len(), "map"),
                counted(rules, "rule")
            ));
        }
        None => output::note(&format!("{alert}failed{alert:#} {}: {}", path.display(), counted(errors, "error"))),
    }
}

//! The Markdown backend: pages that a forge shows without any tool. The first shows the plan, the diagrams and what rows
//! are rejected for; the others every field, and where each column comes from and goes.

mod fields;
mod filters;
mod lineage;
mod readme;

use crate::lineage::lineage;
use crate::outline::outline;
use crate::{EmitError, Files, Mark, comment, diagram};
use cutover_mapping_dsl::plan::Plan;

/// Path of the page that links to all others.
pub(crate) const README: &str = "README.md";
const FIELDS: &str = "fields.md";
const LINEAGE: &str = "lineage.md";
const LINEAGE_DATA: &str = "lineage.json";

/// Returns the pages of a plan.
pub(crate) fn emit(plan: &Plan) -> Result<Files, EmitError> {
    let (mark, lineage) = (mark(plan), lineage(plan));
    let diagrams = diagram::all(plan);
    let mut files = readme::pages(plan, &outline(plan), &diagrams, &mark)?;
    files.render(FIELDS.into(), &fields::page(plan, &mark))?;
    files.render(LINEAGE.into(), &lineage::page(&lineage, &mark))?;
    let data = serde_json::to_string_pretty(&lineage).map_err(|cause| broken(LINEAGE_DATA, &cause))?;
    files.add(LINEAGE_DATA, format!("{data}\n"));
    Ok(files)
}

/// The mark as a comment: nothing in it can end the comment.
fn mark(plan: &Plan) -> String {
    format!("<!-- {} -->", comment::line(&Mark::new(plan).to_string()).replace("--", "- -").replace('>', " "))
}

fn broken(file: &str, cause: &dyn std::fmt::Display) -> EmitError {
    EmitError::Template { file: file.to_string(), cause: cause.to_string() }
}

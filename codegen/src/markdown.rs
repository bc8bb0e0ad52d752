//! The Markdown backend: pages that a forge shows without any tool. The first shows the plan, the diagrams and what rows
//! are rejected for; the others every field, and where each column comes from and goes.

mod fields;
mod filters;
mod lineage;
mod readme;

use crate::lineage::lineage;
use crate::outline::outline;
use crate::{EmitError, Files, Mark, comment, diagram};
use cutover_mapping_dsl::parallel;
use cutover_mapping_dsl::plan::Plan;

/// Path of the page that links to all others.
pub(crate) const README: &str = "README.md";
const FIELDS: &str = "fields.md";
const LINEAGE: &str = "lineage.md";
const LINEAGE_DATA: &str = "lineage.json";

/// Makes pages of a plan, under a mark.
type Pages = fn(&Plan, &str) -> Result<Files, EmitError>;

/// Returns the pages of a plan.
pub(crate) fn emit(plan: &Plan) -> Result<Files, EmitError> {
    let mark = mark(plan);
    let pages: [Pages; 3] = [overview, all_fields, all_lineage];
    let mut files = Files::default();
    for made in parallel::map(&pages, |page| page(plan, &mark)) {
        files.append(made?);
    }
    Ok(files)
}

fn overview(plan: &Plan, mark: &str) -> Result<Files, EmitError> {
    readme::pages(plan, &outline(plan), &diagram::all(plan), mark)
}

fn all_fields(plan: &Plan, mark: &str) -> Result<Files, EmitError> {
    let mut files = Files::default();
    files.render(FIELDS.into(), &fields::page(plan, mark))?;
    Ok(files)
}

fn all_lineage(plan: &Plan, mark: &str) -> Result<Files, EmitError> {
    let lineage = lineage(plan);
    let mut files = Files::default();
    files.render(LINEAGE.into(), &lineage::page(&lineage, mark))?;
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

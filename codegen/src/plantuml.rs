//! The PlantUML backend: both schemas as far as the mapping touches them, the mapping between them, the order of
//! steps. Only syntax of PlantUML 1.2020, which Debian ships; no theme.

mod label;
mod mapping;
mod schema;
mod steps;

use crate::{EmitError, Files, names};
use cutover_mapping_dsl::plan::Plan;

/// Returns the diagrams of a plan.
pub(crate) fn emit(plan: &Plan) -> Result<Files, EmitError> {
    let mut files = Files::default();
    files.render(names::diagram_file("legacy"), &schema::legacy(plan))?;
    files.render(names::diagram_file("target"), &schema::target(plan))?;
    files.render(names::diagram_file("mapping"), &mapping::build(plan))?;
    files.render(names::diagram_file("steps"), &steps::build(plan))?;
    Ok(files)
}

//! Diagrams. To come.
use crate::{EmitError, Files};
use cutover_mapping_dsl::plan::Plan;
/// Returns the diagrams of a plan.
pub(crate) fn emit(_plan: &Plan) -> Result<Files, EmitError> {
    Ok(Files::default())
}

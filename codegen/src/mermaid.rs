//! The Mermaid backend: writes the diagrams of `diagram.rs` so that a forge shows them without any tool.

mod filters;

use crate::diagram::{self, Boxes, Column, Content, Diagram, Mapping, RelationKind, Tables};
use crate::{EmitError, Files, Mark, comment, names};
use askama::Template;
use cutover_mapping_dsl::parallel;
use cutover_mapping_dsl::plan::Plan;

/// Returns the diagrams of a plan.
pub(crate) fn emit(plan: &Plan) -> Result<Files, EmitError> {
    let mark = Mark::new(plan);
    let file = |diagram: &Diagram| {
        let text = draw(diagram).map(|text| format!("%% {mark}\n{text}\n"));
        Files::rendered(names::diagram_file(&diagram.name, "mmd"), text)
    };
    parallel::map(&diagram::all(plan), file).into_iter().collect()
}

/// Returns the text of a diagram, without the mark.
pub(crate) fn draw(diagram: &Diagram) -> askama::Result<String> {
    let text = match &diagram.content {
        Content::Tables(drawn) => TablesText { drawn }.render()?,
        Content::Mapping(drawn) => MappingText { drawn }.render()?,
        Content::Boxes(drawn) => BoxesText { drawn }.render()?,
    };
    Ok(format!("%% {}\n{}", comment::line(&diagram.title), text.trim()))
}

#[derive(Template)]
#[template(path = "mermaid/tables.mmd")]
struct TablesText<'d> {
    drawn: &'d Tables,
}

#[derive(Template)]
#[template(path = "mermaid/mapping.mmd")]
struct MappingText<'d> {
    drawn: &'d Mapping,
}

#[derive(Template)]
#[template(path = "mermaid/boxes.mmd")]
struct BoxesText<'d> {
    drawn: &'d Boxes,
}

impl Column {
    /// What is said of a column beside its name: the name itself, if it cannot be written, and that it is required.
    fn said(&self) -> Option<String> {
        let plain = |name: &str| name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
        let name = (!plain(&self.name)).then_some(self.name.as_str());
        let said: Vec<&str> = name.into_iter().chain(self.required.then_some("required")).collect();
        (!said.is_empty()).then(|| said.join(", "))
    }
}

impl RelationKind {
    fn mermaid(self) -> &'static str {
        match self {
            RelationKind::ForeignKey => "}o--||",
            RelationKind::Map => "}o..o|",
        }
    }
}

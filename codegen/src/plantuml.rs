//! The PlantUML backend: writes the diagrams of `diagram.rs`. Only syntax of PlantUML 1.2020, which Debian ships; no
//! theme.

mod filters;

use crate::diagram::{self, Boxes, Content, Diagram, Mapping, RelationKind, Tables};
use crate::{EmitError, Files, Mark, names};
use askama::Template;
use cutover_mapping_dsl::plan::Plan;

/// Returns the diagrams of a plan.
pub(crate) fn emit(plan: &Plan) -> Result<Files, EmitError> {
    let mark = Mark::new(plan);
    let mut files = Files::default();
    for Diagram { name, title, content, .. } in &diagram::all(plan) {
        let path = names::diagram_file(name, "puml");
        match content {
            Content::Tables(drawn) => files.render(path, &TablesText { mark: &mark, title, drawn })?,
            Content::Mapping(drawn) => files.render(path, &MappingText { mark: &mark, title, drawn })?,
            Content::Boxes(drawn) => files.render(path, &BoxesText { mark: &mark, title, drawn })?,
        }
    }
    Ok(files)
}

#[derive(Template)]
#[template(path = "plantuml/tables.puml")]
struct TablesText<'d> {
    mark: &'d Mark,
    title: &'d str,
    drawn: &'d Tables,
}

#[derive(Template)]
#[template(path = "plantuml/mapping.puml")]
struct MappingText<'d> {
    mark: &'d Mark,
    title: &'d str,
    drawn: &'d Mapping,
}

#[derive(Template)]
#[template(path = "plantuml/boxes.puml")]
struct BoxesText<'d> {
    mark: &'d Mark,
    title: &'d str,
    drawn: &'d Boxes,
}

impl RelationKind {
    fn plantuml(self) -> &'static str {
        match self {
            RelationKind::ForeignKey => "}o--||",
            RelationKind::Map => "..>",
        }
    }
}

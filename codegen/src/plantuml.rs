//! The PlantUML backend: writes the diagrams of `diagram.rs`. Only syntax of PlantUML 1.2020, which Debian ships; no
//! theme.

mod filters;

use crate::diagram::{self, Boxes, Content, Diagram, Mapping, RelationKind, Tables};
use crate::{EmitError, Files, Mark, names};
use askama::Template;
use cutover_mapping_dsl::parallel;
use cutover_mapping_dsl::plan::Plan;

/// Returns the diagrams of a plan.
pub(crate) fn emit(plan: &Plan) -> Result<Files, EmitError> {
    let mark = Mark::new(plan);
    let mark = &mark;
    let draw = |Diagram { name, title, content, .. }: &Diagram| {
        let text = match content {
            Content::Tables(drawn) => TablesText { mark, title, drawn }.render(),
            Content::Mapping(drawn) => MappingText { mark, title, drawn }.render(),
            Content::Boxes(drawn) => BoxesText { mark, title, drawn }.render(),
        };
        Files::rendered(names::diagram_file(name, "puml"), text)
    };
    parallel::map(&diagram::all(plan), draw).into_iter().collect()
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

//! What the diagrams show, from the plan alone and in no notation: `plantuml.rs` and `mermaid.rs` draw it. No diagram has
//! more than [`MOST`] tables, maps or parts; what is larger is split, and an overview names the parts.

mod mapping;
mod split;
mod steps;
mod tables;

pub(crate) use mapping::{Mapping, arrow};
pub(crate) use steps::Boxes;
pub(crate) use tables::{Column, RelationKind, Tables, type_label};

use cutover_mapping_dsl::plan::Plan;

/// How many tables, maps or parts one diagram shows.
pub(crate) const MOST: usize = 12;

/// Longest text of a rule that a box can hold.
const LONGEST: usize = 56;

/// One diagram.
#[derive(Debug)]
pub(crate) struct Diagram {
    /// Name of its file, without ending.
    pub(crate) name: String,
    /// What it is about.
    pub(crate) subject: Subject,
    pub(crate) level: Level,
    pub(crate) title: String,
    pub(crate) content: Content,
}

/// Where a diagram stands among those about the same subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// The first one: everything, or an overview.
    Top,
    /// A part that an overview names.
    Part,
    /// The rules of one map: index into the plan's steps.
    Map(usize),
}

/// What a diagram is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The legacy model.
    Legacy,
    /// The target model.
    Target,
    /// Maps between tables.
    Mapping,
    /// The order of steps.
    Steps,
}

impl Subject {
    /// All subjects, in the order of their files.
    pub(crate) const ALL: [Subject; 4] = [Subject::Legacy, Subject::Target, Subject::Mapping, Subject::Steps];

    /// Returns the name of the first diagram about it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Subject::Legacy => "legacy",
            Subject::Target => "target",
            Subject::Mapping => "mapping",
            Subject::Steps => "steps",
        }
    }
}

/// What a diagram draws.
#[derive(Debug)]
pub(crate) enum Content {
    Tables(Tables),
    Mapping(Mapping),
    Boxes(Boxes),
}

/// Returns all diagrams of a plan; for each subject the overview comes first.
pub(crate) fn all(plan: &Plan) -> Vec<Diagram> {
    let draw = |subject| match subject {
        Subject::Legacy => tables::legacy(plan),
        Subject::Target => tables::target(plan),
        Subject::Mapping => mapping::diagrams(plan),
        Subject::Steps => steps::diagrams(plan),
    };
    Subject::ALL.into_iter().flat_map(draw).collect()
}

/// Returns text cut to a length that a box can hold.
fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Returns a number with its noun.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

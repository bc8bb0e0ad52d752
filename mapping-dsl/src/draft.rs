//! A first draft of a mapping, guessed from the names, types and keys of two schemas. Every guess says why it was made
//! and how sure it is; what nobody can guess is asked. Reads and writes no file. What comes of it always parses.

mod columns;
mod names;
mod refer;
mod sketch;
mod spell;
mod tables;
mod values;
mod way;
mod write;

use crate::format::{Unfaithful, format};
use crate::schema::Schema;

/// One side of a draft.
#[derive(Debug, Clone, Copy)]
pub struct DraftSide<'a> {
    /// What its DDL says.
    pub schema: &'a Schema,
    /// The DDL file, as the mapping is to name it.
    pub file: &'a str,
    /// Time zone of its clock, if it is known.
    pub zone: Option<&'a str>,
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The mapping, in the one style.
    pub text: String,
    /// How much was guessed.
    pub counts: Counts,
}

/// How much of two schemas a draft speaks of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Maps.
    pub maps: usize,
    /// Legacy tables that stay.
    pub left: usize,
    /// Legacy columns that a rule or key takes.
    pub legacy: usize,
    /// Legacy columns that are dropped.
    pub dropped: usize,
    /// Target columns that get a value.
    pub target: usize,
    /// Target columns that need a value and of which nothing could be guessed.
    pub open: usize,
    /// Places with TODO.
    pub todos: usize,
}

/// Drafts the mapping between two schemas.
pub fn draft(legacy: &DraftSide<'_>, target: &DraftSide<'_>) -> Result<Draft, Unfaithful> {
    let sketch = sketch::sketch(legacy.schema, target.schema);
    let (text, counts) = write::write(&sketch, legacy, target);
    Ok(Draft { text: format(&text)?.text, counts })
}

/// Returns whether a file can be named in a mapping.
pub fn can_be_named(file: &str) -> bool {
    spell::text(file).is_some()
}

/// Returns whether the zone database has a zone of this name.
pub fn is_zone(name: &str) -> bool {
    name.parse::<chrono_tz::Tz>().is_ok()
}

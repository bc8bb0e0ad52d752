//! A step as statements for a server that holds both sides: it carries ranges of rows by itself, and the engine only
//! steers. What the statements leave out, such as rows that are to be rejected, the engine carries row by row.

use std::collections::BTreeMap;

/// The statements of one batch, in the order in which they run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetStep {
    /// What the session needs, once.
    pub prelude: Vec<String>,
    /// Keeps others from taking the same new keys until the transaction ends.
    pub lock: Option<String>,
    /// The temporary table of the rows to carry, as SQL. It has the columns of the map table that hold keys.
    pub batch: String,
    /// Makes and fills it. Parameters: the first and the last legacy key of a range.
    pub fill: String,
    /// Tells the server how large it has become.
    pub analyze: Option<String>,
    /// Writes the targets' rows.
    pub inserts: Vec<String>,
    /// Tells counters which keys are taken.
    pub counters: Vec<String>,
    /// Takes the temporary table away.
    pub drop: String,
    /// Takes it away after the transaction came to nothing, where that does not do it.
    pub discard: Option<String>,
}

/// Steps that the server can carry, by the name of the map.
pub type SetSteps = BTreeMap<String, SetStep>;

//! What can stop the engine, in words for the operator: where, why, and what to do. Never holds credentials.

use crate::connection::{StoreError, StoreErrorKind};
use crate::removable::{Removable, RemovableKind};

/// The environment variable that names the folder of scratch files.
const SCRATCH: &str = if cfg!(windows) { "TMP" } else { "TMPDIR" };

/// Why a command of the engine stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A database failed.
    #[error("{side} database: {error}")]
    Store {
        /// Which side.
        side: Side,
        /// The fault.
        error: StoreError,
    },
    /// Another runner works on the target.
    #[error("another runner works on this target: {holder}; wait until it ends, or end it, then run again")]
    Held {
        /// Who, and since when.
        holder: String,
    },
    /// Another runner has taken over; nothing of the open batch was committed.
    #[error("this run was taken over by {owner} and has stopped; nothing of its open batch was written")]
    Fenced {
        /// Who holds the target now.
        owner: String,
    },
    /// The journal in the target belongs to another world.
    #[error("the journal in the target does not fit: {}; roll back with what it was made with, or accept the change \
             with --rebind if the rows are the same", differences(.0))]
    OtherWorld(Vec<Difference>),
    /// The journal was written by a version of cutover that this one does not know.
    #[error("the journal in the target has format {found}, this version knows {known}; use the version that wrote it")]
    OtherFormat {
        /// What the journal says.
        found: String,
        /// What this version writes.
        known: u32,
    },
    /// Tables or columns are missing.
    #[error("missing: {}; compare the database with the DDL that the mapping names", .0.join(", "))]
    MissingSchema(Vec<String>),
    /// Tables or columns are missing, and all are there if legacy and target change places.
    #[error("missing: {}; the other way round all is there: are --from and --to swapped?", .0.join(", "))]
    Swapped(Vec<String>),
    /// Rows that were migrated are not in the target any more.
    #[error(
        "map {map}: the row {key} of table {table} that was migrated is gone; was the target emptied or replaced? \
             `cutover verify` lists what is gone, `cutover rollback` forgets it, --rebind accepts it"
    )]
    TargetEmptied {
        /// The map.
        map: String,
        /// The table.
        table: String,
        /// The key in the target.
        key: String,
    },
    /// A map refers to one that is not among those given.
    #[error("map {map} refers to map {step}, which was not given; name it too")]
    UnknownStep {
        /// The map that refers, or `the command`.
        map: String,
        /// The name that is unknown.
        step: String,
    },
    /// The command names a map that is not there.
    #[error("there is no map {map}; the maps are: {}", .known.join(", "))]
    NoSuchMap {
        /// The name that is unknown.
        map: String,
        /// The maps that are there.
        known: Vec<String>,
    },
    /// The command names a reason for which no row can be or is rejected.
    #[error("no row is rejected for {reason}; `cutover status` lists the reasons")]
    NoSuchReason {
        /// The name that is unknown.
        reason: String,
    },
    /// A legacy key is null or not of its kind.
    #[error(
        "map {map}: table {table} has a row with the key {key}, which is null or not of its declared kind; \
             correct the row"
    )]
    KeyUnreadable {
        /// The map.
        map: String,
        /// The base table.
        table: String,
        /// The key as far as it can be read.
        key: String,
    },
    /// A legacy row was read twice.
    #[error(
        "map {map}: the row {key} of table {table} is read more than once, so a join finds several rows or the key \
             is not unique; make the join's condition exact"
    )]
    RowTwice {
        /// The map.
        map: String,
        /// The base table.
        table: String,
        /// The legacy key.
        key: String,
    },
    /// The equation does not hold.
    #[error("map {map}: the count does not add up: {detail}; do not use the target, and report this")]
    Unbalanced {
        /// The map.
        map: String,
        /// The numbers.
        detail: String,
    },
    /// A step broke its contract.
    #[error("map {map}: {detail}; generate the code again, and report this if it stays")]
    BrokenStep {
        /// The map.
        map: String,
        /// What it did.
        detail: String,
    },
    /// Maps that cannot be taken back.
    #[error("cannot be taken back: {}; leave them with --skip-irreversible", .0.join("; "))]
    Irreversible(Vec<String>),
    /// A map that is to be taken back is used by one that stays.
    #[error("map {map} cannot be taken back alone: map {by} refers to it and has rows; take {by} back too")]
    StillReferred {
        /// The map.
        map: String,
        /// The map that refers to it.
        by: String,
    },
    /// What did not fit into memory could not be put aside.
    #[error(
        "scratch files in {} cannot be used: {cause}; make room there, or name another folder in the environment \
             variable {}, then run the same command again",
        folder.display(), SCRATCH
    )]
    Scratch {
        /// The folder.
        folder: std::path::PathBuf,
        /// The cause.
        cause: std::io::Error,
    },
    /// There is no run to pause.
    #[error("no run is at work on this target, so there is nothing to pause or resume")]
    NobodyRuns,
    /// What load mode has taken off cannot be put back. The journal keeps it, so that it can be tried again.
    #[error("{thing} cannot be put back: {error}; {}, then `cutover restore` tries again; `cutover status` lists what is \
             off ({off})", mended(.thing, .error))]
    NotPutBack {
        /// The first such thing.
        thing: Box<Removable>,
        /// How many things are off.
        off: usize,
        /// Why.
        error: StoreError,
    },
    /// A command in load mode failed, and what it had taken off could not be put back then.
    #[error(
        "{error}; what load mode has taken off is off still: `cutover status` lists it, `cutover restore` puts it back"
    )]
    StillOff {
        /// Why the command failed.
        error: Box<RunError>,
    },
    /// The journal lists a thing that was taken off, of a kind that there is not.
    #[error("the journal in the target is damaged: cutover_taken_off holds the kind {found}; correct it by hand")]
    StrangeKind {
        /// What the journal says.
        found: String,
    },
    /// A test made the engine fail here.
    #[error("failpoint {point}")]
    Failpoint {
        /// The point.
        point: &'static str,
    },
}

/// Returns what to do before something can be put back.
fn mended(thing: &Removable, error: &StoreError) -> String {
    match (thing.kind, error.kind) {
        (RemovableKind::ForeignKey, StoreErrorKind::Constraint) => {
            format!(
                "somebody else has written while it was off: correct the rows of {} that refer to nothing",
                thing.table
            )
        }
        _ => "remove the cause".to_string(),
    }
}

/// The two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The legacy database.
    Legacy,
    /// The target database.
    Target,
}

impl std::fmt::Display for Side {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Side::Legacy => "legacy",
            Side::Target => "target",
        })
    }
}

/// One thing in which the journal and the present world differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A database is another one.
    Database {
        /// Which side.
        side: Side,
        /// The identity that the journal knows.
        stored: String,
        /// The identity of the present one.
        now: String,
    },
    /// A map that has carried rows means something else.
    Map(String),
}

/// Returns all differences as a sentence. What a map means is kept as a fingerprint, which tells nobody anything.
fn differences(all: &[Difference]) -> String {
    let maps: Vec<&str> = all
        .iter()
        .filter_map(|difference| match difference {
            Difference::Map(name) => Some(name.as_str()),
            Difference::Database { .. } => None,
        })
        .collect();
    let databases = all.iter().filter_map(|difference| match difference {
        Difference::Database { side, stored, now } => Some(format!("{side} identity was {stored} and is {now} now")),
        Difference::Map(_) => None,
    });
    let changed = match maps.as_slice() {
        [] => None,
        [map] => Some(format!("the rules of map {map} have changed since its rows were carried")),
        several => Some(format!("the rules of maps {} have changed since their rows were carried", several.join(", "))),
    };
    databases.chain(changed).collect::<Vec<_>>().join("; ")
}

/// Names the side of a fault.
pub(crate) trait OnSide<T> {
    fn on(self, side: Side) -> Result<T, RunError>;
}

impl<T> OnSide<T> for Result<T, StoreError> {
    fn on(self, side: Side) -> Result<T, RunError> {
        self.map_err(|error| RunError::Store { side, error })
    }
}

//! What must come out the same on every engine, as legacy and as target.

mod beside;
mod kept;
mod opal;
mod pairs;
mod resume;
mod schema;
mod statements;
mod sync;

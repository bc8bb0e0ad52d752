//! What must come out the same on every engine, as legacy and as target.

mod opal;
mod pairs;
mod resume;
mod schema;

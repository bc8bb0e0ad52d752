//! What must come out the same on every engine, as legacy and as target.

mod beside;
mod encrypted;
mod fifty;
mod guarded;
mod kept;
mod legacy;
mod load;
mod opal;
mod own;
mod pairs;
mod preflight;
mod resume;
mod schema;
mod sets;
mod statements;
mod sync;
mod tls;

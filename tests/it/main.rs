//! Tests across the crates: the command on real files, generated code beside the interpreter, the example's facts.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod again;
mod artefacts;
mod coverage;
mod databases;
mod demo;
mod engines;
mod examples;
mod full;
mod load;
mod maps;
mod output;
mod outsystems;
mod polite;
mod preflight;
mod resume;
mod rollback;
mod schema;
mod status;
mod suite;
mod sync;
mod targets;
mod verdicts;
mod verify;
mod witnesses;

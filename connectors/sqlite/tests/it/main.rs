//! The engine on SQLite files: what it carries, how it survives, what it finds and takes back.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod fixture;
mod found;
mod preflight;
mod rejects;
mod resume;
mod rollback;
mod run;
mod store;
mod sync;
mod verify;
mod world;

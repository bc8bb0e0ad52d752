//! Tests of PostgreSQL as legacy and as target, against a real server.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod amend;
mod fixture;
mod insert;
mod keys;
mod session;
mod unique;
mod values;

//! What the tests across crates share: the command as users start it, databases of the example, rows made up from a
//! seed, and the content of a database as text. The tests themselves lie in `it/`.

#![expect(clippy::unwrap_used, reason = "only tests use this, and there a panic is the message")]

pub mod command;
pub mod content;
pub mod engines;
pub mod legacy;
pub mod opal;
pub mod proxy;
pub mod random;
pub mod rows;
pub mod sql;
pub mod syncing;

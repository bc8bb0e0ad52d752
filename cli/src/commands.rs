//! One file for each command.

mod against;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod generate;
pub(crate) mod init;
pub(crate) mod pause;
pub(crate) mod plan;
pub(crate) mod preflight;
pub(crate) mod restore;
pub(crate) mod rollback;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod status;
pub(crate) mod sync;
pub(crate) mod test;
pub(crate) mod verify;

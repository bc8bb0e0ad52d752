//! What generated migrations and the interpreter call: values, operators, steps, and the engine that carries rows
//! across, verifies them and takes them back. Knows databases only through [`connection::Connection`], and mappings
//! only through [`step::Step`].

mod carry;
pub mod connection;
mod entries;
pub mod error;
pub mod failpoint;
pub mod fingerprint;
mod found;
mod given;
mod journal;
mod links;
mod load;
mod lock;
pub mod observer;
pub mod operators;
mod pace;
mod pause;
mod preflight;
mod print_store;
mod probe;
pub mod read;
mod rejects;
pub mod removable;
mod removal;
pub mod report;
mod rollback;
mod run;
mod scan;
pub mod set;
mod share;
mod statements;
mod status;
pub mod step;
mod step_rollback;
mod step_run;
mod step_sync;
mod suspects;
mod sync;
mod target_rows;
mod unique;
pub mod unique_key;
pub mod value;
mod verify;
mod walk;
mod world;

pub use error::RunError;
pub use load::restore;
pub use observer::{Observer, Silent};
pub use pause::{pause, resume};
pub use preflight::report::{Obligation, PreflightReport, PreflightStep, Sample, Verdict};
pub use preflight::{PreflightOptions, preflight};
pub use rejects::{RejectFilter, RejectList, RejectedRow, rejects};
pub use rollback::{RollbackOptions, rollback};
pub use run::{RunOptions, run};
pub use status::status;
pub use sync::{SyncOptions, sync};
pub use verify::{VerifyOptions, verify};
pub use {chrono, chrono_tz, regex, uuid}; // Generated code names these types.

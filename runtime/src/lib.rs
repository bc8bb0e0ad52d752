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
mod journal;
mod links;
mod lock;
pub mod observer;
pub mod operators;
mod pace;
pub mod report;
mod run;
mod scan;
mod statements;
pub mod step;
mod step_run;
mod unique;
pub mod value;
mod world;

pub use error::RunError;
pub use observer::{Observer, Silent};
pub use run::{RunOptions, run};

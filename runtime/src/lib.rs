//! What generated migrations and the interpreter call: values, operators, steps, and the engine that carries rows
//! across, verifies them and takes them back. Knows databases only through [`connection::Connection`], and mappings
//! only through [`step::Step`].

pub mod connection;
pub mod operators;
pub mod read;
pub mod step;
pub mod value;

pub use {chrono, chrono_tz, regex, uuid}; // Generated code names these types.

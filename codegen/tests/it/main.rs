//! Tests of the backends over a small plan made by hand.

#![allow(clippy::unwrap_used)] // in tests a panic is the message; clippy.toml knows test functions only

mod changed;
mod diagrams;
mod markdown;
mod operators;
mod plan;
mod rust;
mod sql;
mod sqlserver;

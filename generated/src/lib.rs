//! What cutover makes of its examples, compiled. The files lie in a folder for each example and are never edited by
//! hand: `cargo build` renews them.

/// `examples/opal/opal.map`.
#[path = "../opal/mapping.rs"]
#[rustfmt::skip] // Written by prettyplease, whose layout is not rustfmt's.
pub mod opal;

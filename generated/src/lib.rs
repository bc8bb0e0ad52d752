//! What cutover makes of its examples, compiled. The files lie in a folder for each example and are never edited by
//! hand: `cargo build` renews them.

/// `examples/opal/opal.map`.
#[path = "../opal/mapping.rs"]
#[rustfmt::skip] // prettyplease has formatted it; what is committed must be what `cargo build` writes
pub mod opal;

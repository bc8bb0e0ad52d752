//! What cutover makes of its examples, compiled. The files lie in a folder for each example and are never edited by
//! hand: `cargo build` renews them.

/// `examples/outsystems/kern.map`.
#[path = "../kern/mapping.rs"]
#[rustfmt::skip] // as below
pub mod kern;

/// `examples/opal/opal.map`.
#[path = "../opal/mapping.rs"]
#[rustfmt::skip] // prettyplease has formatted it; what is committed must be what `cargo build` writes
pub mod opal;

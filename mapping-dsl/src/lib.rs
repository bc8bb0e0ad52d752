//! The mapping language of cutover: from the text of a `.map` file and two schemas to a checked plan.
//! Pure: no files, no clock, no printing.

pub mod ast;
mod check;
mod compile;
pub mod diagnostic;
pub mod difference;
pub mod draft;
pub mod format;
mod lines;
mod lower;
pub mod names;
pub mod parallel;
pub mod parse;
pub mod plan;
mod resolve;
pub mod schema;
pub mod source;
pub mod types;
pub mod verdict;
mod world;

pub use compile::{Compiled, compile};

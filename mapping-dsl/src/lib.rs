//! The mapping language of cutover: from the text of a `.map` file and two schemas to a checked plan.
//! Pure: no files, no clock, no printing.

pub mod plan;
pub mod schema;
pub mod source;
pub mod types;

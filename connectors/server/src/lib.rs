//! What the connectors to database servers share: URLs and their secrets, and how a batch is written so that a row
//! which the server refuses costs no other.

mod halves;
mod secret;
mod url;

pub use halves::{Draft, Write, by_halves};
pub use secret::{Secret, Sources};
pub use url::{ServerUrl, UrlError};

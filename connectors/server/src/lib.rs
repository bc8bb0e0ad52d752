//! What the connectors to database servers share: URLs and their secrets, how far a connection is encrypted, and how a
//! batch is written so that a row which the server refuses costs no other.

mod encryption;
mod halves;
mod refusal;
mod secret;
mod trust;
mod url;

pub use encryption::{Encryption, Identity, SslMode};
pub use halves::{Draft, Write, by_halves};
pub use secret::{Secret, Sources};
pub use url::{ServerUrl, UrlError};

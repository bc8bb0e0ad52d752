//! Stands in for the crate `webpki-roots`, whose public authorities the driver of MariaDB would trust besides those that a
//! URL names. There are none in this one, so that whom to trust is said by the URL alone.

use rustls_pki_types::{Der, TrustAnchor};

/// The authorities that are trusted without being named. The driver wants one even where it looks at no certificate, so
/// there is one that is nobody: with no key, it has signed nothing.
pub const TLS_SERVER_ROOTS: &[TrustAnchor<'static>] = &[TrustAnchor {
    subject: Der::from_slice(b"nobody"),
    subject_public_key_info: Der::from_slice(&[]),
    name_constraints: None,
}];

//! TLS as `mysql` wants it: by paths of files. What is trusted is said by [`cutover_server::Encryption`].

use cutover_server::{Encryption, SslMode, UrlError};
use mysql::{ClientIdentity, SslOpts};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use std::io::Write;
use tempfile::NamedTempFile;
use webpki_roots::TLS_SERVER_ROOTS;

/// What the driver is told, and a file that must be there until it has connected.
pub(crate) struct Tls {
    pub(crate) options: SslOpts,
    pub(crate) authorities: Option<NamedTempFile>,
}

/// Returns what the driver is to be told. An error is a file that cannot be read or does not hold what it should.
pub(crate) fn options(encryption: &Encryption) -> Result<Tls, UrlError> {
    // The driver takes what the process has as its default, and ends it where two could be meant. One that is set stays.
    let _ = ring::default_provider().install_default();
    let mut tls = Tls { options: SslOpts::default(), authorities: None };
    if let Some(identity) = &encryption.identity {
        identity.read()?;
        let files = ClientIdentity::new(identity.certificate.clone(), identity.key.clone());
        tls.options = tls.options.with_client_identity(Some(files));
    }
    if !encryption.mode.verifies() {
        tls.options = tls.options.with_danger_accept_invalid_certs(true);
        return Ok(tls);
    }
    let trusted = encryption.trusted()?;
    if encryption.authorities.is_some() {
        trusts_only_what_it_is_told(TLS_SERVER_ROOTS)?;
    }
    let file = write(&trusted).map_err(|error| UrlError(format!("the folder for temporary files: {error}")))?;
    tls.options = tls.options.with_root_cert_path(Some(file.path().to_path_buf()));
    tls.options = tls.options.with_danger_skip_domain_validation(encryption.mode == SslMode::VerifyCa);
    tls.authorities = Some(file);
    Ok(tls)
}

/// The driver trusts the authorities of a crate besides; in this workspace there is none that has a key.
fn trusts_only_what_it_is_told(besides: &[TrustAnchor<'_>]) -> Result<(), UrlError> {
    match besides.iter().filter(|authority| !authority.subject_public_key_info.is_empty()).count() {
        0 => Ok(()),
        others => Err(UrlError(format!(
            "this program was built with a driver that trusts {others} public authorities besides those of sslrootcert; \
             replace the crate webpki-roots in its workspace as cutover's own does, or leave sslrootcert out"
        ))),
    }
}

/// Writes what was read from the system, or from the file: so the driver has what was looked at, even where the file is
/// changed in between.
fn write(certificates: &[CertificateDer<'_>]) -> std::io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    for certificate in certificates {
        file.write_all(pem::encode(&pem::Pem::new("CERTIFICATE", certificate.to_vec())).as_bytes())?;
    }
    file.flush()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_trusts_nobody_but_those_it_is_told() {
        assert_eq!(trusts_only_what_it_is_told(TLS_SERVER_ROOTS), Ok(()));
        let somebody = TrustAnchor {
            subject: b"somebody".as_slice().into(),
            subject_public_key_info: b"a key".as_slice().into(),
            name_constraints: None,
        };
        let refused = trusts_only_what_it_is_told(&[somebody]).unwrap_err().to_string();
        assert!(refused.contains("1 public authorities besides those of sslrootcert"), "{refused}");
    }
}

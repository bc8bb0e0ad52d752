//! Certificates and keys out of files, and what rustls is to do with them. Who speaks TLS, and when, is the connectors'
//! affair.

use crate::{Encryption, Identity, SslMode, UrlError};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::path::Path;
use std::sync::Arc;

impl Encryption {
    /// Returns the certificates of the authorities that are trusted: those of the file, else those of the operating
    /// system. An error is a file that cannot be read or holds none, or a system without any.
    pub fn trusted(&self) -> Result<Vec<CertificateDer<'static>>, UrlError> {
        match &self.authorities {
            Some(path) => of_file("sslrootcert", path),
            None => of_system(),
        }
    }

    /// Returns how rustls is to shake hands. An error is a file that cannot be read or does not hold what it should.
    pub fn handshake(&self) -> Result<ClientConfig, UrlError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("ring has suites for all versions of the protocol");
        let judge: Arc<dyn ServerCertVerifier> = match self.mode {
            SslMode::VerifyFull => judge(&self.trusted()?, provider)?,
            SslMode::VerifyCa => {
                Arc::new(Lenient { judge: Some(judge(&self.trusted()?, provider.clone())?), provider })
            }
            SslMode::Disable | SslMode::Prefer | SslMode::Require => Arc::new(Lenient { judge: None, provider }),
        };
        let builder = builder.dangerous().with_custom_certificate_verifier(judge);
        let Some(identity) = &self.identity else { return Ok(builder.with_no_client_auth()) };
        let (certificates, key) = identity.read()?;
        builder
            .with_client_auth_cert(certificates, key)
            .map_err(|error| UrlError(format!("sslcert {}: {error}", identity.certificate.display())))
    }
}

impl Identity {
    /// Reads both files. An error is a file that cannot be read or does not hold what it should.
    pub fn read(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), UrlError> {
        let certificates = of_file("sslcert", &self.certificate)?;
        let text = contents("sslkey", &self.key)?;
        let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
            let path = self.key.display();
            UrlError(format!("sslkey {path}: there is no key in it that is in PEM form and has no passphrase"))
        })?;
        Ok((certificates, key))
    }
}

fn contents(parameter: &str, path: &Path) -> Result<Vec<u8>, UrlError> {
    std::fs::read(path).map_err(|error| UrlError(format!("{parameter} {}: {error}", path.display())))
}

fn of_file(parameter: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, UrlError> {
    let wrong = |what: &str| UrlError(format!("{parameter} {}: {what}", path.display()));
    let text = contents(parameter, path)?;
    let certificates: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&text).collect();
    let certificates = certificates.map_err(|_| wrong("a certificate in it is not in PEM form"))?;
    if certificates.is_empty() {
        return Err(wrong("there is no certificate in PEM form in it (-----BEGIN CERTIFICATE-----)"));
    }
    for certificate in &certificates {
        let mut store = RootCertStore::empty();
        store
            .add(certificate.clone())
            .map_err(|error| wrong(&format!("a certificate in it cannot be read: {error}")))?;
    }
    Ok(certificates)
}

/// What cannot be read is passed over: the file of the system is not the operator's affair.
fn of_system() -> Result<Vec<CertificateDer<'static>>, UrlError> {
    let found = rustls_native_certs::load_native_certs();
    let mut certificates = found.certs;
    certificates.retain(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok());
    if certificates.is_empty() {
        let why = found.errors.first().map_or(String::new(), |error| format!(" ({error})"));
        let cause = format!("the operating system has no certificates of authorities{why}; name a file by sslrootcert");
        return Err(UrlError(cause));
    }
    Ok(certificates)
}

fn judge(
    trusted: &[CertificateDer<'static>],
    provider: Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, UrlError> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(trusted.iter().cloned());
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider)
        .build()
        .map_err(|error| UrlError(format!("the certificates of the authorities cannot be used: {error}")))
}

/// Takes what less than `verify-full` takes: a certificate of a trusted authority whatever host it is for, or, where no
/// authority judges, every one. That whoever answers holds the key to it is proven all the same.
#[derive(Debug)]
struct Lenient {
    judge: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(judge) = &self.judge else { return Ok(ServerCertVerified::assertion()) };
        // The name is the last that is looked at: until then, all else was in order.
        match judge.verify_server_cert(certificate, between, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ServerUrl;

    fn told(parameters: &str) -> String {
        let url = ServerUrl::parse(&format!("postgresql://me:hush@db/shop?{parameters}")).unwrap();
        Encryption::of(&url).unwrap().handshake().unwrap_err().to_string()
    }

    #[test]
    fn files_that_are_missing_or_hold_something_else_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pem");
        let file = path.display();
        let missing = told("sslmode=verify-ca&sslrootcert=/no/such/ca.pem");
        assert!(missing.starts_with("sslrootcert /no/such/ca.pem: No such file"), "{missing}");
        for (text, expected) in [
            ("", "there is no certificate in PEM form in it"),
            ("MIIB\n", "there is no certificate in PEM form in it"),
            ("-----BEGIN CERTIFICATE-----\nMIIB\n", "a certificate in it is not in PEM form"),
            ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "a certificate in it cannot be read"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = told(&format!("sslmode=verify-full&sslrootcert={file}"));
            assert!(error.starts_with(&format!("sslrootcert {file}: {expected}")), "{text}: {error}");
            let error = told(&format!("sslmode=require&sslcert={file}&sslkey={file}"));
            assert!(error.starts_with(&format!("sslcert {file}: {expected}")), "{text}: {error}");
        }
    }
}

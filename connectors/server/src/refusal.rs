//! Why a connection could not be encrypted, in the operator's words, each with what to do about it.

use crate::{Encryption, ServerUrl};
use rustls::{CertificateError, Error};
use std::error::Error as StdError;

impl Encryption {
    /// Says that a server has no TLS though the URL asks for it.
    pub fn not_offered(&self) -> String {
        let mode = self.mode.name();
        format!(
            "the server offers no encryption, which sslmode={mode} asks for; give it a certificate, or write \
             sslmode=prefer where nobody else is on the network"
        )
    }

    /// Says why a handshake failed, if that is what an error, or one below it, tells.
    pub fn refusal(&self, url: &ServerUrl, error: &(dyn StdError + 'static)) -> Option<String> {
        find(error).map(|error| match error {
            Error::InvalidCertificate(why) => self.of_certificate(url, why),
            Error::AlertReceived(why) => {
                format!("the server breaks off the encryption: {why:?}; see what its own log says about that")
            }
            other => format!(
                "the connection cannot be encrypted: {other}; the server needs TLS 1.2 or newer and suites of today"
            ),
        })
    }

    fn of_certificate(&self, url: &ServerUrl, why: &CertificateError) -> String {
        let host = url.parameter("host").or(url.host.as_deref()).unwrap_or("localhost");
        match why {
            CertificateError::UnknownIssuer => format!(
                "the certificate of the server is signed by none of {}; name the file with its authority by sslrootcert",
                self.authorities()
            ),
            // An authority that goes by the same name: mostly the same one, with its next key.
            CertificateError::BadSignature => "the certificate of the server is signed by another key than that of the \
                                               authority; name the file with the authority of today by sslrootcert"
                .to_string(),
            CertificateError::NotValidForNameContext { presented, .. } => format!(
                "the certificate of the server is {}, not for {host}; write the host as the certificate has it",
                names(presented)
            ),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the certificate of the server, or of its authority, has expired; renew it".to_string()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the certificate of the server is not valid yet; look at the clocks of both machines".to_string()
            }
            other if other.to_string().contains("CaUsedAsEndEntity") => {
                "the certificate of the server is that of an authority itself; give the server one that is signed by it \
                 (CA:FALSE)"
                    .to_string()
            }
            other => format!("the certificate of the server cannot be accepted: {other}; give the server another one"),
        }
    }

    fn authorities(&self) -> String {
        match &self.authorities {
            Some(path) => format!("the authorities in {}", path.display()),
            None => "the authorities that the operating system trusts".to_string(),
        }
    }
}

/// Returns the hosts out of `DnsName("a")` and the like.
fn names(presented: &[String]) -> String {
    let plain = |name: &String| {
        let inner = name.split_once('(').map_or(name.as_str(), |(_, rest)| rest.trim_end_matches(')'));
        inner.trim_matches('"').to_string()
    };
    match presented {
        [] => "for no host (it has no subjectAltName)".to_string(),
        names => format!("for {}", names.iter().map(plain).collect::<Vec<_>>().join(", ")),
    }
}

/// Drivers wrap what rustls says, also into errors of input and output, which hide it from those who ask for sources.
fn find<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Error> {
    if let Some(found) = error.downcast_ref::<Error>() {
        return Some(found);
    }
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    let inner = inner.map(|inner| inner as &(dyn StdError + 'static));
    inner.or_else(|| error.source()).and_then(find)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::AlertDescription;
    use rustls::pki_types::ServerName;

    fn told(error: Error) -> String {
        let url = ServerUrl::parse("mysql://me:hush@db.example/shop?sslmode=verify-full&sslrootcert=ca.pem").unwrap();
        let encryption = Encryption::of(&url).unwrap();
        assert!(encryption.not_offered().contains("sslmode=verify-full"));
        let wrapped = std::io::Error::new(std::io::ErrorKind::InvalidData, std::io::Error::other(error));
        encryption.refusal(&url, &wrapped).unwrap()
    }

    #[test]
    fn each_fault_of_a_handshake_has_its_words() {
        let certificate = |why| told(Error::InvalidCertificate(why));
        let named = |presented: &[&str]| {
            let expected = ServerName::try_from("db.example").unwrap();
            let presented = presented.iter().map(ToString::to_string).collect();
            certificate(CertificateError::NotValidForNameContext { expected, presented })
        };
        assert!(certificate(CertificateError::UnknownIssuer).contains("none of the authorities in ca.pem;"));
        assert_eq!(
            named(&["DnsName(\"a.example\")", "IpAddress(127.0.0.1)"]),
            "the certificate of the server is for a.example, 127.0.0.1, not for db.example; write the host as the \
             certificate has it"
        );
        assert!(named(&[]).contains("is for no host (it has no subjectAltName), not for db.example;"));
        assert!(certificate(CertificateError::Expired).contains("has expired"));
        assert!(certificate(CertificateError::NotValidYet).contains("clocks"));
        assert!(certificate(CertificateError::BadEncoding).contains("cannot be accepted"));
        assert!(told(Error::AlertReceived(AlertDescription::HandshakeFailure)).contains("HandshakeFailure"));
        assert!(told(Error::DecryptError).contains("cannot be encrypted"));
    }

    #[test]
    fn other_faults_are_none_of_the_handshake() {
        let url = ServerUrl::parse("mysql://me:hush@db/shop").unwrap();
        let other = std::io::Error::other("no route");
        assert_eq!(Encryption::of(&url).unwrap().refusal(&url, &other), None);
    }
}

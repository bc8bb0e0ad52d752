//! Authorities and certificates, made while tests run: a key that is committed is no key.

use crate::process;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::path::PathBuf;
use tempfile::TempDir;

/// An authority that signs certificates. Its files go with it.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
    folder: TempDir,
}

/// A certificate and the key to it, in PEM form.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

impl Authority {
    /// Makes an authority of that name.
    pub fn new(name: &str) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = called(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), &certificate).unwrap();
        Authority { issuer: Issuer::new(params, key), certificate, folder }
    }

    /// Returns the path of a file with its certificate.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Returns the paths of files with a certificate for a user, and the key to it.
    pub fn user(&self, name: &str) -> (PathBuf, PathBuf) {
        let signed = self.sign(name, &[], ExtendedKeyUsagePurpose::ClientAuth);
        // Tests go on beside each other, and none must find a file that another one is writing.
        let name = format!("{name}-{}", process::next());
        let [certificate, key] = ["pem", "key"].map(|kind| self.folder.path().join(format!("{name}.{kind}")));
        std::fs::write(&certificate, signed.certificate).unwrap();
        std::fs::write(&key, signed.key).unwrap();
        (certificate, key)
    }

    /// Signs a certificate of a server for these hosts.
    pub(crate) fn server(&self, hosts: &[&str]) -> Signed {
        self.sign("a server", hosts, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// Returns its certificate, in PEM form.
    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }

    fn sign(&self, name: &str, hosts: &[&str], purpose: ExtendedKeyUsagePurpose) -> Signed {
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(hosts).unwrap();
        params.distinguished_name = called(name);
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Signed { certificate, key: key.serialize_pem() }
    }
}

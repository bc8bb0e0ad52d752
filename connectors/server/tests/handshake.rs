//! Handshakes in memory, with certificates as people have them: which are taken, and what is said of the others.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use cutover_server::{Encryption, ServerUrl};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConnection, ServerConfig, ServerConnection};
use std::sync::Arc;

const HOST: &str = "db.hospital.test";

/// A server with one certificate.
struct Server {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

fn params(hosts: &[&str], is_ca: IsCa) -> CertificateParams {
    let mut params = CertificateParams::new(hosts.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
    params.is_ca = is_ca;
    params
}

impl Server {
    /// A certificate that nobody else has signed; returns it in PEM form too, to be trusted.
    fn alone(params: &CertificateParams) -> (Server, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        (Server { certificate: certificate.der().clone(), key }, certificate.pem())
    }

    /// A certificate that an authority has signed; returns the authority's in PEM form.
    fn signed(params: &CertificateParams) -> (Server, String) {
        Server::signed_by("The hospital", params)
    }

    fn signed_by(name: &str, params: &CertificateParams) -> (Server, String) {
        let mut above = CertificateParams::new(Vec::new()).unwrap();
        above.distinguished_name.push(DnType::CommonName, name);
        above.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let (key, own) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let pem = above.self_signed(&key).unwrap().pem();
        let certificate = params.signed_by(&own, &Issuer::new(above, key)).unwrap();
        (Server { certificate: certificate.der().clone(), key: own }, pem)
    }

    /// Shakes hands as a URL says that trusts these; returns what is said of it.
    fn shake(&self, mode: &str, trusted: &str) -> Result<(), String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), trusted).unwrap();
        let parameters = match mode {
            "require" => String::new(),
            _ => format!("&sslrootcert={}", file.path().display()),
        };
        let url = ServerUrl::parse(&format!("mysql://me@{HOST}/shop?sslmode={mode}{parameters}")).unwrap();
        let encryption = Encryption::of(&url).unwrap();
        let client = Arc::new(encryption.handshake().unwrap());
        let mut client = ClientConnection::new(client, ServerName::try_from(HOST).unwrap()).unwrap();
        let told = |error: rustls::Error| {
            encryption.refusal(&url, &error).unwrap().replace(&file.path().display().to_string(), "FILE")
        };
        exchange(&mut client, &mut self.answer()).map_err(told)
    }

    fn answer(&self) -> ServerConnection {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key)
            .unwrap();
        ServerConnection::new(Arc::new(config)).unwrap()
    }
}

/// Carries bytes to and fro until the client is content, or is not.
fn exchange(client: &mut ClientConnection, server: &mut ServerConnection) -> Result<(), rustls::Error> {
    while client.is_handshaking() {
        let (mut there, mut back) = (Vec::new(), Vec::new());
        client.write_tls(&mut there).unwrap();
        server.read_tls(&mut there.as_slice()).unwrap();
        server.process_new_packets().unwrap();
        while server.wants_write() {
            server.write_tls(&mut back).unwrap();
        }
        let mut back = back.as_slice();
        while !back.is_empty() {
            client.read_tls(&mut back).unwrap();
            client.process_new_packets()?;
        }
    }
    Ok(())
}

#[track_caller]
fn refused((server, trusted): &(Server, String), modes: &[&str], expected: &str) {
    for mode in modes {
        let told = server.shake(mode, trusted).unwrap_err();
        assert!(told.contains(expected), "{mode}: {told}");
    }
}

#[track_caller]
fn taken((server, trusted): &(Server, String), modes: &[&str]) {
    modes.iter().for_each(|mode| assert_eq!(server.shake(mode, trusted), Ok(()), "{mode}"));
}

const ALL: [&str; 3] = ["require", "verify-ca", "verify-full"];

#[test]
fn what_is_in_order_is_taken_and_a_name_counts_only_where_it_is_asked() {
    taken(&Server::signed(&params(&[HOST, "127.0.0.1"], IsCa::NoCa)), &ALL);
    taken(&Server::signed(&params(&["*.hospital.test"], IsCa::NoCa)), &ALL);
    let other = Server::signed(&params(&["db.clinic.test"], IsCa::NoCa));
    taken(&other, &ALL[..2]);
    refused(&other, &ALL[2..], "is for db.clinic.test, not for db.hospital.test");
    refused(&Server::signed(&params(&[], IsCa::NoCa)), &ALL[2..], "for no host (it has no subjectAltName)");
}

#[test]
fn a_certificate_that_nobody_else_has_signed_is_taken_unless_it_is_an_authority() {
    taken(&Server::alone(&params(&[HOST], IsCa::ExplicitNoCa)), &ALL);
    let authority = Server::alone(&params(&[HOST], IsCa::Ca(BasicConstraints::Unconstrained)));
    taken(&authority, &ALL[..1]);
    refused(&authority, &ALL[1..], "is that of an authority itself; give the server one that is signed by it");
}

#[test]
fn who_is_unknown_or_too_late_is_refused_where_anybody_looks() {
    let (server, _) = Server::signed(&params(&[HOST], IsCa::NoCa));
    let (_, other) = Server::signed_by("Somebody", &params(&[HOST], IsCa::NoCa));
    let unknown = (server, other);
    taken(&unknown, &ALL[..1]);
    refused(&unknown, &ALL[1..], "is signed by none of the authorities in FILE; name the file");
    let (_, renewed) = Server::signed(&params(&[HOST], IsCa::NoCa));
    refused(&(unknown.0, renewed), &ALL[1..], "is signed by another key than that of the authority");
    let (mut late, mut early) = (params(&[HOST], IsCa::NoCa), params(&[HOST], IsCa::NoCa));
    (late.not_before, late.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
    (early.not_before, early.not_after) = (date_time_ymd(2200, 1, 1), date_time_ymd(2201, 1, 1));
    refused(&Server::signed(&late), &ALL[1..], "has expired; renew it");
    refused(&Server::signed(&early), &ALL[1..], "is not valid yet; look at the clocks");
    taken(&Server::signed(&late), &ALL[..1]);
}

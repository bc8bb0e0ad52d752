//! Encrypted connections: each sslmode, and what goes wrong with certificates. The server tells what it sees.

use crate::fixture::{ask, database, text};
use cutover_postgres::{open_legacy, open_target};
use cutover_runtime::connection::{Connection, StoreErrorKind};
use cutover_runtime::value::{Kind, Value};
use cutover_test_servers::{Authority, Database, Kind as Server, encrypted};
use std::path::Path;
use std::sync::OnceLock;

/// The authority of the server that all tests here share, and a database on it; none if there is no server.
fn hospital() -> Option<(&'static Authority, Database)> {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    static SERVER: OnceLock<Option<&'static cutover_test_servers::Server>> = OnceLock::new();
    let authority = AUTHORITY.get_or_init(|| Authority::new("The hospital"));
    let server = (*SERVER.get_or_init(|| encrypted(Server::Postgres, authority)))?;
    Some((authority, Database::on(server)))
}

/// Returns the URL with parameters, for another host or user.
fn url(database: &Database, user: &str, host: &str, parameters: &str) -> String {
    let port = database.server().port().unwrap();
    format!("postgresql://{user}:s3cret@{host}:{port}/{}?{parameters}", database.name())
}

fn file(path: &Path) -> String {
    format!("sslrootcert={}", path.display())
}

/// Returns whether the server says that it encrypts this session.
fn is_encrypted(connection: &mut dyn Connection) -> bool {
    let sql = "SELECT ssl::text, coalesce(version, '') FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let rows = ask(connection, sql, &[Kind::Text, Kind::Text]);
    match (&rows[0][0], &rows[0][1]) {
        (ssl, version) if *ssl == text("true") => {
            assert!([text("TLSv1.2"), text("TLSv1.3")].contains(version), "{version}");
            true
        }
        (ssl, _) => {
            assert_eq!(*ssl, text("false"));
            false
        }
    }
}

/// Returns the message that a URL is refused with; it says what kind of fault and holds no password.
fn refused(url: &str, kind: StoreErrorKind) -> String {
    let error = open_target(url).unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    let told = error.to_string();
    assert!(told.starts_with("postgresql://") && told.matches("postgresql://").count() == 1, "{told}");
    told
}

#[test]
fn each_mode_encrypts_as_it_says_and_so_do_further_connections() {
    let Some((authority, database)) = hospital() else { return };
    let trusted = file(&authority.file());
    for (parameters, expected) in [
        ("sslmode=disable".to_string(), false),
        (String::new(), true),
        ("sslmode=prefer".to_string(), true),
        ("sslmode=require".to_string(), true),
        (format!("sslmode=verify-ca&{trusted}"), true),
        (format!("sslmode=verify-full&{trusted}"), true),
    ] {
        let url = format!("{}?{parameters}", database.url());
        assert_eq!(is_encrypted(&mut open_legacy(&url).unwrap()), expected, "{parameters}");
        let mut target = open_target(&url).unwrap();
        assert_eq!(is_encrypted(&mut target), expected, "{parameters}");
        assert_eq!(is_encrypted(target.another().unwrap().unwrap().as_mut()), expected, "{parameters}");
    }
}

#[test]
fn large_results_and_batches_pass_through_encryption_unharmed() {
    let Some((authority, database)) = hospital() else { return };
    database.run("CREATE TABLE t (id bigint PRIMARY KEY, name text)");
    let url = format!("{}?sslmode=verify-full&{}", database.url(), file(&authority.file()));
    let mut target = open_target(&url).unwrap();
    let rows: Vec<_> = (0..20_000).map(|id| vec![Value::Integer(id), text(&format!("{id}").repeat(20))]).collect();
    target.begin().unwrap();
    target.append("t", &["id".to_string(), "name".to_string()], &rows).unwrap();
    target.commit().unwrap();
    let found =
        ask(&mut open_legacy(&url).unwrap(), "SELECT id, name FROM t ORDER BY id", &[Kind::Integer, Kind::Text]);
    assert!(found == rows, "what was written is not what is read");
}

#[test]
fn a_certificate_that_is_not_to_be_trusted_is_refused_for_its_reason() {
    let Some((authority, database)) = hospital() else { return };
    let (trusted, other) = (file(&authority.file()), Authority::new("Somebody"));
    let port = database.server().port().unwrap();
    let base = |host: &str| database.url().replace("127.0.0.1", host);
    for mode in ["verify-ca", "verify-full"] {
        let told = refused(
            &format!("{}?sslmode={mode}&{}", base("127.0.0.1"), file(&other.file())),
            StoreErrorKind::Encryption,
        );
        let place = format!("postgresql://127.0.0.1:{port}/{}: ", database.name());
        let expected = format!(
            "{place}the certificate of the server is signed by none of the authorities in {}; name the file with its \
             authority by sslrootcert",
            other.file().display()
        );
        assert_eq!(told, expected);
    }
    // The certificate is for 127.0.0.1 and not for its name.
    let told = refused(&format!("{}?sslmode=verify-full&{trusted}", base("localhost")), StoreErrorKind::Encryption);
    assert!(told.contains("is for 127.0.0.1, db.hospital.test, not for localhost; write the host"), "{told}");
    assert!(is_encrypted(&mut open_target(&format!("{}?sslmode=verify-ca&{trusted}", base("localhost"))).unwrap()));
    // Whom the operating system trusts is not known here, but it is not this authority.
    let error = open_target(&format!("{}?sslmode=verify-full", database.url())).unwrap_err();
    assert!(matches!(error.kind, StoreErrorKind::Encryption | StoreErrorKind::Other), "{error}");
    assert!(error.to_string().contains("operating system"), "{error}");
}

#[test]
fn files_and_words_that_cannot_be_used_are_told_before_anything_is_sent() {
    let Some((authority, database)) = hospital() else { return };
    let refused = |parameters: &str| refused(&format!("{}?{parameters}", database.url()), StoreErrorKind::Other);
    let told = refused("sslmode=verify-full&sslrootcert=/no/such/ca.pem");
    assert!(told.contains(": sslrootcert /no/such/ca.pem: No such file"), "{told}");
    let key = authority.user("ann").1;
    let told = refused(&format!("sslmode=verify-ca&{}", file(&key)));
    assert!(told.contains("there is no certificate in PEM form in it"), "{told}");
    let certificate = authority.file();
    let told = refused(&format!("sslcert={0}&sslkey={0}", certificate.display()));
    assert!(told.contains(&format!("sslkey {}: there is no key in it", certificate.display())), "{told}");
    let told = refused("sslmode=always");
    assert!(told.contains("one of disable, prefer, require, verify-ca, verify-full"), "{told}");
}

#[test]
fn a_server_without_tls_is_reached_only_where_the_url_leaves_the_choice() {
    let Some(database) = database("") else { return };
    if !database.server().is_private() {
        return;
    }
    let authority = Authority::new("The hospital");
    for parameters in ["sslmode=require".to_string(), format!("sslmode=verify-full&{}", file(&authority.file()))] {
        let told = refused(&format!("{}?{parameters}", database.url()), StoreErrorKind::Encryption);
        let mode = parameters.split('&').next().unwrap();
        assert!(
            told.contains(&format!("offers no encryption, which {mode} asks for; give it a certificate")),
            "{told}"
        );
    }
    assert!(!is_encrypted(&mut open_target(&database.url()).unwrap()));
    // On a Unix socket there is nobody to hide from.
    let folder = database.server().folder().unwrap().display().to_string();
    let address = format!("@127.0.0.1:{}", database.server().port().unwrap());
    let url = database.url().replace(&address, &format!("@:{}", database.server().port().unwrap()));
    let url = format!("{url}?host={folder}&sslmode=verify-full&{}", file(&authority.file()));
    assert!(!is_encrypted(&mut open_target(&url).unwrap()));
}

#[test]
fn users_whom_the_server_takes_in_one_way_only() {
    let Some((authority, database)) = hospital() else { return };
    database.run(
        "CREATE ROLE walled LOGIN PASSWORD 's3cret'; CREATE ROLE plain LOGIN PASSWORD 's3cret'; CREATE ROLE badge LOGIN",
    );
    let encryption = StoreErrorKind::Encryption;
    let of = |user: &str, parameters: &str| url(&database, user, "127.0.0.1", parameters);
    let told = refused(&of("walled", "sslmode=disable"), encryption);
    assert!(told.contains("no encryption; where the server demands encryption write sslmode=verify-full"), "{told}");
    assert!(is_encrypted(&mut open_target(&of("walled", "")).unwrap()));
    let told = refused(&of("plain", "sslmode=require"), encryption);
    assert!(told.contains("SSL encryption; its pg_hba.conf needs a line"), "{told}");
    let mut plain = open_target(&of("plain", "")).unwrap();
    assert!(!is_encrypted(&mut plain));
    assert!(!is_encrypted(plain.another().unwrap().unwrap().as_mut()));
    // A user who shows a certificate needs no password.
    let shown = |(certificate, key): (std::path::PathBuf, std::path::PathBuf)| {
        format!("sslmode=require&sslcert={}&sslkey={}", certificate.display(), key.display())
    };
    let mut badge = open_target(&of("badge", &shown(authority.user("badge")))).unwrap();
    assert!(is_encrypted(&mut badge));
    let told = refused(&of("badge", &shown(authority.user("other"))), StoreErrorKind::Denied);
    assert!(told.contains("certificate authentication failed"), "{told}");
    refused(&of("badge", "sslmode=require"), StoreErrorKind::Denied);
    let told = refused(&of("badge", &shown(Authority::new("Somebody").user("badge"))), encryption);
    assert!(told.contains("breaks off the encryption"), "{told}");
}

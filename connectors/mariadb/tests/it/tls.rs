//! Encrypted connections: each sslmode, and what goes wrong with certificates. The server tells what it sees.

use crate::fixture::{ask, database, text};
use cutover_mariadb::{open_legacy, open_target};
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
    let server = (*SERVER.get_or_init(|| encrypted(Server::MariaDb, authority)))?;
    Some((authority, Database::on(server)))
}

/// Returns the URL with parameters, for another host or user.
fn url(database: &Database, user: &str, host: &str, parameters: &str) -> String {
    let port = database.server().port().unwrap();
    format!("mysql://{user}:s3cret@{host}:{port}/{}?{parameters}", database.name())
}

fn file(path: &Path) -> String {
    format!("sslrootcert={}", path.display())
}

/// Returns whether the server says that it encrypts this session.
fn is_encrypted(connection: &mut dyn Connection) -> bool {
    let sql = "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME IN ('SSL_CIPHER', \
               'SSL_VERSION') ORDER BY VARIABLE_NAME";
    let rows = ask(connection, sql, &[Kind::Text]);
    let encrypted = [text("TLSv1.2"), text("TLSv1.3")].contains(&rows[1][0]);
    assert_eq!(rows[0][0] == text(""), !encrypted, "{rows:?}");
    encrypted
}

/// Returns the message that a URL is refused with; it says what kind of fault and holds no password.
fn refused(url: &str, kind: StoreErrorKind) -> String {
    let error = open_target(url).unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    let told = error.to_string();
    assert!(told.starts_with("mysql://") && told.matches("mysql://").count() == 1, "{told}");
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
    database.run("CREATE TABLE t (id bigint PRIMARY KEY, name varchar(200))");
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
        let place = format!("mysql://127.0.0.1:{port}/{}: ", database.name());
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
    let socket = database.server().folder().unwrap().join("socket");
    let address = format!("@127.0.0.1:{}", database.server().port().unwrap());
    let url = database.url().replace(&address, "@");
    let url = format!("{url}?socket={}&sslmode=verify-full&{}", socket.display(), file(&authority.file()));
    assert!(!is_encrypted(&mut open_target(&url).unwrap()));
}

#[test]
fn accounts_that_demand_encryption_or_a_certificate() {
    let Some((authority, database)) = hospital() else { return };
    for (user, demand) in [("walled", "SSL"), ("badge", "SUBJECT '/CN=badge'")] {
        database.run(&format!("CREATE USER {user}@'%' IDENTIFIED BY 's3cret' REQUIRE {demand}"));
        database.run(&format!("GRANT ALL ON *.* TO {user}@'%'"));
    }
    let of = |user: &str, parameters: &str| url(&database, user, "127.0.0.1", parameters);
    let told = refused(&of("walled", "sslmode=disable"), StoreErrorKind::Denied);
    assert!(
        told.contains("(error 1045); the connection is not encrypted, which the account or the server may demand;"),
        "{told}"
    );
    assert!(is_encrypted(&mut open_target(&of("walled", "")).unwrap()));
    let shown = |(certificate, key): (std::path::PathBuf, std::path::PathBuf)| {
        format!("sslmode=require&sslcert={}&sslkey={}", certificate.display(), key.display())
    };
    let mut badge = open_target(&of("badge", &shown(authority.user("badge")))).unwrap();
    assert!(is_encrypted(&mut badge));
    refused(&of("badge", &shown(authority.user("other"))), StoreErrorKind::Denied);
    refused(&of("badge", "sslmode=require"), StoreErrorKind::Denied);
    let stranger = open_target(&of("badge", &shown(Authority::new("Somebody").user("badge")))).unwrap_err();
    assert!(matches!(stranger.kind, StoreErrorKind::Encryption | StoreErrorKind::Denied), "{stranger}");
}

#[test]
fn a_server_that_demands_encryption_gets_it() {
    let authority = Authority::new("The hospital");
    let Some(server) = encrypted(Server::MariaDb, &authority) else { return };
    let database = Database::on(server);
    database.run("SET GLOBAL require_secure_transport = ON");
    let told = refused(&format!("{}?sslmode=disable", database.url()), StoreErrorKind::Denied);
    assert!(told.contains("; the connection is not encrypted, which the account or the server may demand;"), "{told}");
    assert!(is_encrypted(&mut open_target(&database.url()).unwrap()));
}

//! Encrypted connections: each sslmode, and what goes wrong with certificates. The server tells what it sees.

use cutover_runtime::connection::{Connection, StoreErrorKind};
use cutover_runtime::value::{Kind, Row, Value};
use cutover_test_servers::{Authority, Database, Server, encrypted};
use cutover_tests::engines::{Engine, Store};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const SERVERS: [Engine; 2] = [Engine::Postgres, Engine::MariaDb];

/// A server that encrypts, and a database on it.
struct Hospital {
    engine: Engine,
    authority: &'static Authority,
    database: Database,
}

/// Returns databases on the servers that all tests here share; none where there is no server.
fn hospitals() -> impl Iterator<Item = Hospital> {
    SERVERS.into_iter().filter_map(hospital)
}

fn hospital(engine: Engine) -> Option<Hospital> {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    static POSTGRES: OnceLock<Option<&'static Server>> = OnceLock::new();
    static MARIADB: OnceLock<Option<&'static Server>> = OnceLock::new();
    let authority = AUTHORITY.get_or_init(|| Authority::new("The hospital"));
    let slot = if engine == Engine::Postgres { &POSTGRES } else { &MARIADB };
    let server = (*slot.get_or_init(|| encrypted(engine.server()?, authority)))?;
    Some(Hospital { engine, authority, database: Database::on(server) })
}

impl Hospital {
    /// Returns the parameter that names its authority.
    fn trusted(&self) -> String {
        file(&self.authority.file())
    }

    /// Returns the URL with parameters, for another host.
    fn url(&self, host: &str, parameters: &str) -> String {
        format!("{}?{parameters}", self.database.url().replace("127.0.0.1", host))
    }

    /// Returns the URL with parameters, for another user.
    fn url_of(&self, user: &str, parameters: &str) -> String {
        let (name, port) = (self.database.name(), self.database.server().port().unwrap());
        format!("{}://{user}:s3cret@127.0.0.1:{port}/{name}?{parameters}", scheme(self.engine))
    }

    fn open(&self, url: &str) -> Box<dyn Connection> {
        self.engine.open_target(url).unwrap()
    }

    fn is_encrypted(&self, url: &str) -> bool {
        is_encrypted(self.engine, &mut *self.open(url))
    }

    fn refused(&self, url: &str, kind: StoreErrorKind) -> String {
        refused(self.engine, url, kind)
    }
}

fn scheme(engine: Engine) -> &'static str {
    if engine == Engine::Postgres { "postgresql" } else { "mysql" }
}

fn file(path: &Path) -> String {
    format!("sslrootcert={}", path.display())
}

/// Returns the parameters by which a user shows a certificate.
fn shown((certificate, key): (PathBuf, PathBuf)) -> String {
    format!("sslmode=require&sslcert={}&sslkey={}", certificate.display(), key.display())
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn ask(connection: &mut dyn Connection, sql: &str, kinds: &[Kind]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut each = |row: Row| {
        rows.push(row);
        Ok(())
    };
    connection.query(sql, &[], kinds, &mut each).unwrap();
    rows
}

/// Returns whether the server says that it encrypts this session: it names the version of the protocol, and only then.
fn is_encrypted(engine: Engine, connection: &mut dyn Connection) -> bool {
    let sql = match engine {
        Engine::Postgres => {
            "SELECT CASE WHEN ssl THEN 'on' ELSE '' END, coalesce(version, '') FROM pg_stat_ssl
             WHERE pid = pg_backend_pid()"
        }
        _ => {
            "SELECT MAX(CASE VARIABLE_NAME WHEN 'SSL_CIPHER' THEN VARIABLE_VALUE END),
                    MAX(CASE VARIABLE_NAME WHEN 'SSL_VERSION' THEN VARIABLE_VALUE END)
             FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME IN ('SSL_CIPHER', 'SSL_VERSION')"
        }
    };
    let rows = ask(connection, sql, &[Kind::Text, Kind::Text]);
    let encrypted = [text("TLSv1.2"), text("TLSv1.3")].contains(&rows[0][1]);
    assert_eq!(rows[0][0] != text(""), encrypted, "{rows:?}");
    encrypted
}

/// Returns the message that a URL is refused with; it says what kind of fault and holds no password.
fn refused(engine: Engine, url: &str, kind: StoreErrorKind) -> String {
    let error = engine.open_target(url).err().expect("it is refused");
    assert_eq!(error.kind, kind, "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    let (told, scheme) = (error.to_string(), format!("{}://", scheme(engine)));
    assert!(told.starts_with(&scheme) && told.matches(&scheme).count() == 1, "{told}");
    told
}

#[test]
fn each_mode_encrypts_as_it_says_and_so_do_further_connections() {
    for hospital in hospitals() {
        let (engine, trusted) = (hospital.engine, hospital.trusted());
        for (parameters, expected) in [
            ("sslmode=disable".to_string(), false),
            (String::new(), true),
            ("sslmode=prefer".to_string(), true),
            ("sslmode=require".to_string(), true),
            (format!("sslmode=verify-ca&{trusted}"), true),
            (format!("sslmode=verify-full&{trusted}"), true),
        ] {
            let label = format!("{engine:?} {parameters}");
            let url = hospital.url("127.0.0.1", &parameters);
            assert_eq!(is_encrypted(engine, &mut *engine.open_legacy(&url).unwrap()), expected, "{label}");
            let mut target = hospital.open(&url);
            assert_eq!(is_encrypted(engine, &mut *target), expected, "{label}");
            assert_eq!(is_encrypted(engine, &mut *target.another().unwrap().unwrap()), expected, "{label}");
        }
    }
}

#[test]
fn large_results_and_batches_pass_through_encryption_unharmed() {
    for hospital in hospitals() {
        hospital.database.run("CREATE TABLE t (id bigint PRIMARY KEY, name varchar(200))");
        let url = hospital.url("127.0.0.1", &format!("sslmode=verify-full&{}", hospital.trusted()));
        let mut target = hospital.open(&url);
        let rows: Vec<_> = (0..20_000).map(|id| vec![Value::Integer(id), text(&format!("{id}").repeat(20))]).collect();
        target.begin().unwrap();
        target.append("t", &["id".to_string(), "name".to_string()], &rows).unwrap();
        target.commit().unwrap();
        let mut legacy = hospital.engine.open_legacy(&url).unwrap();
        let found = ask(&mut *legacy, "SELECT id, name FROM t ORDER BY id", &[Kind::Integer, Kind::Text]);
        assert!(found == rows, "{:?}: what was written is not what is read", hospital.engine);
    }
}

#[test]
fn a_certificate_that_is_not_to_be_trusted_is_refused_for_its_reason() {
    let other = Authority::new("Somebody");
    for hospital in hospitals() {
        let trusted = hospital.trusted();
        for mode in ["verify-ca", "verify-full"] {
            let url = hospital.url("127.0.0.1", &format!("sslmode={mode}&{}", file(&other.file())));
            let (port, name) = (hospital.database.server().port().unwrap(), hospital.database.name());
            let expected = format!(
                "{}://127.0.0.1:{port}/{name}: the certificate of the server is signed by none of the authorities in {}; \
                 name the file with its authority by sslrootcert",
                scheme(hospital.engine),
                other.file().display()
            );
            assert_eq!(hospital.refused(&url, StoreErrorKind::Encryption), expected);
        }
        // The certificate is for 127.0.0.1 and not for its name.
        let url = hospital.url("localhost", &format!("sslmode=verify-full&{trusted}"));
        let told = hospital.refused(&url, StoreErrorKind::Encryption);
        assert!(told.contains("is for 127.0.0.1, db.hospital.test, not for localhost; write the host"), "{told}");
        assert!(hospital.is_encrypted(&hospital.url("localhost", &format!("sslmode=verify-ca&{trusted}"))));
        // Whom the operating system trusts is not known here, but it is not this authority.
        let error = hospital.engine.open_target(&hospital.url("127.0.0.1", "sslmode=verify-full")).err().unwrap();
        assert!(matches!(error.kind, StoreErrorKind::Encryption | StoreErrorKind::Other), "{error}");
        assert!(error.to_string().contains("operating system"), "{error}");
    }
}

#[test]
fn files_and_words_that_cannot_be_used_are_told_before_anything_is_sent() {
    for hospital in hospitals() {
        let refused =
            |parameters: &str| hospital.refused(&hospital.url("127.0.0.1", parameters), StoreErrorKind::Other);
        let told = refused("sslmode=verify-full&sslrootcert=/no/such/ca.pem");
        assert!(told.contains(": sslrootcert /no/such/ca.pem: No such file"), "{told}");
        let key = hospital.authority.user("ann").1;
        let told = refused(&format!("sslmode=verify-ca&{}", file(&key)));
        assert!(told.contains("there is no certificate in PEM form in it"), "{told}");
        let certificate = hospital.authority.file();
        let told = refused(&format!("sslcert={0}&sslkey={0}", certificate.display()));
        assert!(told.contains(&format!("sslkey {}: there is no key in it", certificate.display())), "{told}");
        let told = refused("sslmode=always");
        assert!(told.contains("one of disable, prefer, require, verify-ca, verify-full"), "{told}");
    }
}

#[test]
fn a_server_without_tls_is_reached_only_where_the_url_leaves_the_choice() {
    let authority = Authority::new("The hospital");
    for engine in SERVERS {
        let Some(Store::Server(_, database)) = Store::new(engine) else { continue };
        if !database.server().is_private() {
            continue;
        }
        let trusted = file(&authority.file());
        for parameters in ["sslmode=require".to_string(), format!("sslmode=verify-full&{trusted}")] {
            let told = refused(engine, &format!("{}?{parameters}", database.url()), StoreErrorKind::Encryption);
            let mode = parameters.split('&').next().unwrap();
            let expected = format!("offers no encryption, which {mode} asks for; give it a certificate");
            assert!(told.contains(&expected), "{told}");
        }
        let plain = |url: &str| !is_encrypted(engine, &mut *engine.open_target(url).unwrap());
        assert!(plain(&database.url()));
        // On a Unix socket there is nobody to hide from.
        let folder = database.server().folder().unwrap().display();
        let port = database.server().port().unwrap();
        let (host, socket) = match engine {
            Engine::Postgres => (format!("@:{port}"), format!("host={folder}")),
            _ => ("@".to_string(), format!("socket={folder}/socket")),
        };
        let url = database.url().replace(&format!("@127.0.0.1:{port}"), &host);
        assert!(plain(&format!("{url}?{socket}&sslmode=verify-full&{trusted}")));
    }
}

#[test]
fn users_whom_postgresql_takes_in_one_way_only() {
    let Some(hospital) = hospital(Engine::Postgres) else { return };
    hospital.database.run(
        "CREATE ROLE walled LOGIN PASSWORD 's3cret'; CREATE ROLE plain LOGIN PASSWORD 's3cret'; CREATE ROLE badge LOGIN",
    );
    let encryption = StoreErrorKind::Encryption;
    let of = |user: &str, parameters: &str| hospital.url_of(user, parameters);
    let told = hospital.refused(&of("walled", "sslmode=disable"), encryption);
    assert!(told.contains("no encryption; where the server demands encryption write sslmode=verify-full"), "{told}");
    assert!(hospital.is_encrypted(&of("walled", "")));
    let told = hospital.refused(&of("plain", "sslmode=require"), encryption);
    assert!(told.contains("SSL encryption; its pg_hba.conf needs a line"), "{told}");
    let mut plain = hospital.open(&of("plain", ""));
    assert!(!is_encrypted(hospital.engine, &mut *plain));
    assert!(!is_encrypted(hospital.engine, &mut *plain.another().unwrap().unwrap()));
    // A user who shows a certificate needs no password.
    let authority = hospital.authority;
    assert!(hospital.is_encrypted(&of("badge", &shown(authority.user("badge")))));
    let told = hospital.refused(&of("badge", &shown(authority.user("other"))), StoreErrorKind::Denied);
    assert!(told.contains("certificate authentication failed"), "{told}");
    hospital.refused(&of("badge", "sslmode=require"), StoreErrorKind::Denied);
    let told = hospital.refused(&of("badge", &shown(Authority::new("Somebody").user("badge"))), encryption);
    assert!(told.contains("breaks off the encryption"), "{told}");
}

#[test]
fn accounts_of_mariadb_that_demand_encryption_or_a_certificate() {
    let Some(hospital) = hospital(Engine::MariaDb) else { return };
    for (user, demand) in [("walled", "SSL"), ("badge", "SUBJECT '/CN=badge'")] {
        hospital.database.run(&format!("CREATE USER {user}@'%' IDENTIFIED BY 's3cret' REQUIRE {demand}"));
        hospital.database.run(&format!("GRANT ALL ON *.* TO {user}@'%'"));
    }
    let of = |user: &str, parameters: &str| hospital.url_of(user, parameters);
    let told = hospital.refused(&of("walled", "sslmode=disable"), StoreErrorKind::Denied);
    assert!(
        told.contains("(error 1045); the connection is not encrypted, which the account or the server may demand;"),
        "{told}"
    );
    assert!(hospital.is_encrypted(&of("walled", "")));
    let authority = hospital.authority;
    assert!(hospital.is_encrypted(&of("badge", &shown(authority.user("badge")))));
    hospital.refused(&of("badge", &shown(authority.user("other"))), StoreErrorKind::Denied);
    hospital.refused(&of("badge", "sslmode=require"), StoreErrorKind::Denied);
    let somebody = Authority::new("Somebody");
    let url = of("badge", &shown(somebody.user("badge")));
    let stranger = hospital.engine.open_target(&url).err().unwrap();
    assert!(matches!(stranger.kind, StoreErrorKind::Encryption | StoreErrorKind::Denied), "{stranger}");
}

#[test]
fn a_mariadb_that_demands_encryption_gets_it() {
    let authority = Authority::new("The hospital");
    let engine = Engine::MariaDb;
    let Some(server) = engine.server().and_then(|kind| encrypted(kind, &authority)) else { return };
    let database = Database::on(server);
    database.run("SET GLOBAL require_secure_transport = ON");
    let told = refused(engine, &format!("{}?sslmode=disable", database.url()), StoreErrorKind::Denied);
    assert!(told.contains("; the connection is not encrypted, which the account or the server may demand;"), "{told}");
    assert!(is_encrypted(engine, &mut *engine.open_target(&database.url()).unwrap()));
}

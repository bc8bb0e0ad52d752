//! Over encrypted connections all comes out as over others, and who listens learns nothing. The listener is a proxy that
//! keeps what goes through it.

use crate::engines::opal::{assert_same, content, filled, prepared};
use cutover_test_servers::{Authority, Database, Server, encrypted};
use cutover_tests::command::{Ended, command};
use cutover_tests::engines::{Engine, Store};
use cutover_tests::opal::map;
use cutover_tests::proxy::Proxy;
use std::path::Path;

/// A patient of the sample: the name, an address, an insurance number.
const PATIENT: [&str; 3] = ["Sampleton", "alpha@example.org", "SAMA84522901"];

/// A server that encrypts, and somebody who listens before it.
struct Tapped {
    engine: Engine,
    server: &'static Server,
    proxy: Proxy,
}

impl Tapped {
    fn new(engine: Engine, authority: &Authority) -> Option<Tapped> {
        let server = encrypted(engine.server()?, authority)?;
        Some(Tapped { engine, server, proxy: Proxy::recording(server.port().unwrap()) })
    }

    fn store(&self) -> Store {
        Store::Server(self.engine, Database::on(self.server))
    }

    /// Returns the URL of a database on it by way of whoever listens.
    fn url(&self, store: &Store, parameters: &str) -> String {
        let (direct, tapped) = (self.server.port().unwrap(), self.proxy.port());
        let url = store.url().replace(&format!("127.0.0.1:{direct}/"), &format!("127.0.0.1:{tapped}/"));
        assert_ne!(url, store.url());
        format!("{url}?{parameters}")
    }

    /// Starts to listen anew.
    fn forget(&mut self) {
        self.proxy = Proxy::recording(self.server.port().unwrap());
    }

    /// Asserts that each connection was encrypted: none of them says anything that only sessions say.
    fn learned_nothing(&self) {
        for text in PATIENT.into_iter().chain(["SELECT", "INSERT", "SET ", "cutover_", "COPY"]) {
            let (clear, all) = self.proxy.saw(text);
            assert!(clear == 0 && all >= 2, "{:?}: {text} in {clear} of {all}", self.engine);
        }
    }
}

/// Runs the command on a machine that trusts the authorities in a file, or those that it trusts by itself.
fn cutover(arguments: &[&str], authorities: Option<&Path>) -> Ended {
    let mut command = command();
    command.args(arguments).env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    authorities.map(|path| command.env("SSL_CERT_FILE", path));
    Ended::from(command.output().unwrap())
}

fn run(name: &str, ways: &(String, String), more: &[&str]) -> Ended {
    let map = map().display().to_string();
    cutover(&[&[name, &map, "--from", &ways.0, "--to", &ways.1], more].concat(), None)
}

#[test]
fn the_sample_arrives_the_same_and_nobody_reads_a_name_on_the_way() {
    let authority = Authority::new("The hospital");
    let (Some(mut legacy), Some(postgres)) =
        (Tapped::new(Engine::MariaDb, &authority), Tapped::new(Engine::Postgres, &authority))
    else {
        return;
    };
    let Some(mariadb) = Tapped::new(Engine::MariaDb, &authority) else { return };
    let from = filled(legacy.store());
    let verified = format!("sslmode=verify-full&sslrootcert={}", authority.file().display());
    for mut target in [postgres, mariadb] {
        let [safe, open] = [prepared(target.store()), prepared(target.store())];
        let ways = (legacy.url(&from, &verified), target.url(&safe, &verified));
        let all = ["--max-rejects", "any", "--streams", "3", "--batch", "5"];
        let done = run("run", &ways, &all).with(0);
        assert!(done.out.contains("complete: 42 legacy rows migrated"), "{}", done.out);
        run("verify", &ways, &[]).with(0);
        legacy.learned_nothing();
        target.learned_nothing();

        legacy.forget();
        target.forget();
        let plain = "sslmode=disable";
        let ways = (legacy.url(&from, plain), target.url(&open, plain));
        run("run", &ways, &all).with(0);
        assert_same(&content(&safe), &content(&open), "encrypted, and not");
        // Whoever listens does hear, where there is something to be heard.
        for text in PATIENT {
            assert!(legacy.proxy.saw(text).0 > 0 && target.proxy.saw(text).0 > 0, "{:?}: {text}", target.engine);
        }
        legacy.forget();
    }
}

#[test]
fn the_authorities_of_the_operating_system_count_where_no_file_is_named() {
    let (authority, other) = (Authority::new("The hospital"), Authority::new("Somebody"));
    for engine in [Engine::Postgres, Engine::MariaDb] {
        let Some(tapped) = Tapped::new(engine, &authority) else { return };
        let store = tapped.store();
        store.run("CREATE TABLE patient (id bigint PRIMARY KEY)");
        let url = tapped.url(&store, "sslmode=verify-full");
        let known = cutover(&["schema", &url], Some(&authority.file())).with(0);
        assert!(known.out.contains("patient"), "{engine:?}: {}", known.out);
        cutover(&["schema", &url], Some(&other.file())).with(4).says(&[
            "the certificate of the server is signed by none of the authorities that the operating system trusts",
            "by sslrootcert",
        ]);
    }
}

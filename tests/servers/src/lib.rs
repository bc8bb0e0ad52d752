//! Database servers for tests: one that the environment names, else a private one that is started from the installed
//! binaries, once for each test program, and gone when the program ends. Each test gets databases of its own.
//!
//! `CUTOVER_TEST_POSTGRES_URL` and `CUTOVER_TEST_MARIADB_URL` name servers whose user may create databases. Where there
//! is neither a URL nor a binary, tests are passed over with a line that says so; with `CI` set they fail.

#![expect(clippy::unwrap_used, reason = "only tests use this, and there a panic is the message")]

mod authority;
mod mariadb;
mod postgres;
mod process;

pub use authority::Authority;
pub use process::Server;

use std::sync::OnceLock;

/// The kinds of servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    MariaDb,
}

/// The hosts that the certificate of a server from [`encrypted`] is for.
pub const HOSTS: [&str; 2] = ["127.0.0.1", "db.hospital.test"];

/// What a private server keeps of its commits when something crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: it lives for minutes, and tests want to be done.
    None,
    /// All of them when the server crashes, for the operating system has them; nothing when the machine does.
    Process,
    /// What it does by default, so that benchmarks measure what users get.
    Default,
}

/// A database of its own for a test; dropped with it.
#[derive(Debug)]
pub struct Database {
    server: &'static Server,
    name: String,
}

impl Database {
    /// Returns a new, empty database; none if there is no server to be had.
    pub fn new(kind: Kind) -> Option<Database> {
        Some(Database::on(server(kind)?))
    }

    /// Returns a new, empty database on a server.
    pub fn on(server: &'static Server) -> Database {
        let name = format!("cutover_test_{}_{}", std::process::id(), process::next());
        match server.kind {
            Kind::Postgres => postgres::create(server, &name),
            Kind::MariaDb => mariadb::create(server, &name),
        }
        Database { server, name }
    }

    /// Returns the server it lies on.
    pub fn server(&self) -> &'static Server {
        self.server
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its URL, with the password.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Runs statements in it.
    pub fn run(&self, sql: &str) {
        match self.server.kind {
            Kind::Postgres => postgres::client(self.server, &self.name).batch_execute(sql).unwrap(),
            Kind::MariaDb => mariadb::run(self.server, &self.name, sql),
        }
    }

    /// Makes a schema, on MariaDB a database beside this one, with the tables that the statements make.
    pub fn schema(&self, name: &str, statements: &str) {
        match self.server.kind {
            Kind::Postgres => self.run(&format!("CREATE SCHEMA {name}; SET search_path TO {name}; {statements}")),
            Kind::MariaDb => {
                self.run(&format!("CREATE DATABASE {name}"));
                mariadb::run(self.server, name, statements);
            }
        }
    }

    /// Has the server prepare a statement; returns what it has to say against it.
    pub fn prepare(&self, statement: &str) -> Result<(), String> {
        match self.server.kind {
            Kind::Postgres => postgres::prepare(self.server, &self.name, statement),
            Kind::MariaDb => mariadb::prepare(self.server, &self.name, statement),
        }
    }

    /// Runs a script as the command line client of the server does, which knows more than statements.
    pub fn load(&self, script: &str) {
        let mut client = match self.server.kind {
            Kind::Postgres => postgres::shell(self.server, &self.name),
            Kind::MariaDb => mariadb::shell(self.server, &self.name),
        };
        process::feed(&mut client, script);
    }

    /// Returns the rows of a query, columns separated by `|`, null as `-`.
    pub fn ask(&self, query: &str) -> Vec<String> {
        match self.server.kind {
            Kind::Postgres => postgres::ask(self.server, &self.name, query),
            Kind::MariaDb => mariadb::ask(self.server, &self.name, query),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A private server goes away with all its databases.
        if !self.server.is_private() && !std::thread::panicking() {
            match self.server.kind {
                Kind::Postgres => postgres::drop(self.server, &self.name),
                Kind::MariaDb => mariadb::drop(self.server, &self.name),
            }
        }
    }
}

/// Returns the server of a kind that all tests of this program share; none if there is none to be had.
pub fn server(kind: Kind) -> Option<&'static Server> {
    shared(kind, Durability::None)
}

/// Returns the server of a kind that this program shares. The first caller decides how durable it is.
pub fn shared(kind: Kind, durability: Durability) -> Option<&'static Server> {
    static POSTGRES: OnceLock<Option<Server>> = OnceLock::new();
    static MARIADB: OnceLock<Option<Server>> = OnceLock::new();
    let (slot, variable) = match kind {
        Kind::Postgres => (&POSTGRES, "CUTOVER_TEST_POSTGRES_URL"),
        Kind::MariaDb => (&MARIADB, "CUTOVER_TEST_MARIADB_URL"),
    };
    let found = slot.get_or_init(|| match std::env::var(variable) {
        Ok(url) => Some(Server::named(kind, &url)),
        Err(_) => match start(kind, durability, None) {
            Ok(server) => Some(server),
            Err(why) if std::env::var_os("CI").is_some() => panic!("no {kind:?} server for the tests: {why}"),
            Err(why) => {
                skipped(kind, &why);
                None
            }
        },
    });
    found.as_ref()
}

/// Starts a private server that no other test uses, so that it may be ended; it lives until the program ends. None where
/// the environment names a server, or none can be started.
pub fn own(kind: Kind) -> Option<&'static Server> {
    beside(kind, None)
}

/// Starts a private server that encrypts, by a certificate for [`HOSTS`] that this authority has signed. PostgreSQL takes
/// the user `walled` over encrypted connections only, `plain` over others only, and `badge` by a certificate. None as with
/// [`own`].
pub fn encrypted(kind: Kind, authority: &Authority) -> Option<&'static Server> {
    beside(kind, Some(authority))
}

fn beside(kind: Kind, authority: Option<&Authority>) -> Option<&'static Server> {
    if !server(kind)?.is_private() {
        skipped(kind, "a server that may be ended, or encrypts, has to be a private one");
        return None;
    }
    let server = start(kind, Durability::Process, authority).expect("one was started before");
    Some(Box::leak(Box::new(server)))
}

fn start(kind: Kind, durability: Durability, authority: Option<&Authority>) -> Result<Server, String> {
    match kind {
        Kind::Postgres => postgres::start(durability, authority),
        Kind::MariaDb => mariadb::start(durability, authority),
    }
}

#[expect(clippy::print_stderr, reason = "the one line that says what was passed over")]
fn skipped(kind: Kind, why: &str) {
    eprintln!("passed over, since there is no such {kind:?} server for tests: {why}");
}

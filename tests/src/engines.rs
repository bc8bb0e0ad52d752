//! Databases on every engine, for tests that must come out the same on all of them.

use crate::content::change;
use cutover_mapping_dsl::schema::Dialect;
use cutover_runtime::connection::{Connection, StoreError};
use cutover_runtime::value::{Kind, Row};
use cutover_test_servers::{Database, Kind as Server, own};
use tempfile::TempDir;

/// The engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A database on a PostgreSQL server.
    Postgres,
    /// A database on a MariaDB server.
    MariaDb,
}

impl Engine {
    /// All of them.
    pub const ALL: [Engine; 3] = [Engine::Sqlite, Engine::Postgres, Engine::MariaDb];

    /// Returns its dialect; shown as mappings name it.
    pub fn dialect(self) -> Dialect {
        match self {
            Engine::Sqlite => Dialect::Sqlite,
            Engine::Postgres => Dialect::PostgreSql,
            Engine::MariaDb => Dialect::MariaDb,
        }
    }

    /// Returns what follows the name of a primary key that the database counts up.
    pub fn counter(self) -> &'static str {
        match self {
            Engine::Sqlite => "integer PRIMARY KEY AUTOINCREMENT",
            Engine::Postgres => "bigserial PRIMARY KEY",
            Engine::MariaDb => "bigint AUTO_INCREMENT PRIMARY KEY",
        }
    }

    /// Returns the kind of its servers; none if it has none.
    pub fn server(self) -> Option<Server> {
        match self {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Server::Postgres),
            Engine::MariaDb => Some(Server::MariaDb),
        }
    }

    /// Opens a database by its URL as the legacy side.
    pub fn open_legacy(self, url: &str) -> Result<Box<dyn Connection>, StoreError> {
        Ok(match self {
            Engine::Sqlite => Box::new(cutover_sqlite::open_legacy(path(url))?),
            Engine::Postgres => Box::new(cutover_postgres::open_legacy(url)?),
            Engine::MariaDb => Box::new(cutover_mariadb::open_legacy(url)?),
        })
    }

    /// Opens a database by its URL as the target.
    pub fn open_target(self, url: &str) -> Result<Box<dyn Connection>, StoreError> {
        Ok(match self {
            Engine::Sqlite => Box::new(cutover_sqlite::open_target(path(url))?),
            Engine::Postgres => Box::new(cutover_postgres::open_target(url)?),
            Engine::MariaDb => Box::new(cutover_mariadb::open_target(url)?),
        })
    }
}

/// Returns the file that a URL names.
fn path(url: &str) -> &str {
    url.strip_prefix("sqlite:").unwrap_or(url)
}

/// A database of its own for a test.
#[derive(Debug)]
pub enum Store {
    /// A file in a folder.
    File(TempDir),
    /// One on a server.
    Server(Engine, Database),
}

impl Store {
    /// Returns a new, empty database; none if there is no server for it.
    pub fn new(engine: Engine) -> Option<Store> {
        match engine.server() {
            Some(kind) => Some(Store::Server(engine, Database::new(kind)?)),
            None => {
                let folder = tempfile::tempdir().unwrap();
                std::fs::write(folder.path().join("store.db"), "").unwrap();
                Some(Store::File(folder))
            }
        }
    }

    /// Returns a new, empty database on a server that no other test uses; none if there is none.
    pub fn alone(engine: Engine) -> Option<Store> {
        match engine.server() {
            Some(kind) => Some(Store::Server(engine, Database::on(own(kind)?))),
            None => Store::new(engine),
        }
    }

    /// Returns the engine.
    pub fn engine(&self) -> Engine {
        match self {
            Store::File(_) => Engine::Sqlite,
            Store::Server(engine, _) => *engine,
        }
    }

    /// Returns the URL, as `cutover` takes it.
    pub fn url(&self) -> String {
        match self {
            Store::File(folder) => crate::command::url(&folder.path().join("store.db")),
            Store::Server(_, database) => database.url(),
        }
    }

    /// Runs statements.
    pub fn run(&self, sql: &str) {
        match self {
            Store::File(folder) => change(&folder.path().join("store.db"), sql),
            Store::Server(_, database) => database.run(sql),
        }
    }

    /// Runs a script as the command line client of a server does.
    pub fn load(&self, script: &str) {
        match self {
            Store::File(_) => self.run(script),
            Store::Server(_, database) => database.load(script),
        }
    }

    /// Opens it as the legacy side.
    pub fn legacy(&self) -> Box<dyn Connection> {
        self.engine().open_legacy(&self.url()).unwrap()
    }

    /// Opens it as the target.
    pub fn target(&self) -> Box<dyn Connection> {
        self.engine().open_target(&self.url()).unwrap()
    }

    /// Returns the rows of a query that all engines understand, sorted, columns separated by `|`.
    pub fn ask(&self, query: &str, kinds: &[Kind]) -> Vec<String> {
        let mut rows = Vec::new();
        let mut each = |row: Row| {
            rows.push(row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"));
            Ok(())
        };
        self.target().query(query, &[], kinds, &mut each).unwrap();
        rows.sort();
        rows
    }
}

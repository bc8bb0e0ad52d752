//! Database URLs to connections. A new connector is one arm of each `match`.

use crate::failure::Failure;
use cutover_mapping_dsl::schema::Dialect;
use cutover_runtime::connection::Connection;
use cutover_server::ServerUrl;

/// Which connector a URL is for: a path, or the URL itself.
pub(crate) enum Engine<'u> {
    Sqlite(&'u str),
    Postgres(&'u str),
    MariaDb(&'u str),
}

/// Opens the legacy database for reading.
pub(crate) fn open_legacy(url: &str) -> Result<Box<dyn Connection>, Failure> {
    Ok(match opened(url)? {
        Engine::Sqlite(path) => Box::new(cutover_sqlite::open_legacy(path)?),
        Engine::Postgres(url) => Box::new(cutover_postgres::open_legacy(url)?),
        Engine::MariaDb(url) => Box::new(cutover_mariadb::open_legacy(url)?),
    })
}

/// Opens the target database for writing.
pub(crate) fn open_target(url: &str) -> Result<Box<dyn Connection>, Failure> {
    Ok(match opened(url)? {
        Engine::Sqlite(path) => Box::new(cutover_sqlite::open_target(path)?),
        Engine::Postgres(url) => Box::new(cutover_postgres::open_target(url)?),
        Engine::MariaDb(url) => Box::new(cutover_mariadb::open_target(url)?),
    })
}

/// Returns the tables of a database as DDL, and the dialect of it.
pub(crate) fn ddl(url: &str) -> Result<(Dialect, String), Failure> {
    Ok(match opened(url)? {
        Engine::Sqlite(path) => (Dialect::Sqlite, cutover_sqlite::open_legacy(path)?.ddl()?),
        Engine::Postgres(url) => (Dialect::PostgreSql, cutover_postgres::open_legacy(url)?.ddl()?),
        Engine::MariaDb(url) => (Dialect::MariaDb, cutover_mariadb::open_legacy(url)?.ddl()?),
    })
}

/// Returns whether a text names a database rather than a file.
pub(crate) fn is_url(text: &str) -> bool {
    engine(text).is_ok()
}

/// Returns a URL as messages may show it: without user, password and parameters.
pub(crate) fn place(url: &str) -> String {
    let (address, _) = url.split_once('?').unwrap_or((url, ""));
    match address.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host)),
        None => address.to_string(),
    }
}

/// Returns the engine of a URL that a database can be opened by.
pub(crate) fn opened(url: &str) -> Result<Engine<'_>, Failure> {
    let engine = engine(url)?;
    if let Engine::Postgres(url) | Engine::MariaDb(url) = engine {
        ServerUrl::parse(url).map_err(|error| Failure::environment(format!("{}: {error}", harmless(url))))?;
    }
    Ok(engine)
}

/// Returns what of a URL that cannot be read surely holds no password.
fn harmless(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or((url.split_once(':').map_or("", |(scheme, _)| scheme), ""));
    let address = rest.rsplit_once('@').map_or(rest, |(_, address)| address);
    let address = address.split_once('?').map_or(address, |(address, _)| address);
    // Without an `@` what stands after a colon may be a password, if it is no port.
    match address.split_once(':') {
        Some((_, port)) if !port.bytes().all(|byte| byte.is_ascii_digit()) => format!("{scheme}://…"),
        _ => format!("{scheme}://{address}"),
    }
}

fn engine(url: &str) -> Result<Engine<'_>, Failure> {
    match url.split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => Ok(Engine::Sqlite(path.strip_prefix("//").unwrap_or(path))),
        Some(("postgresql" | "postgres", _)) => Ok(Engine::Postgres(url)),
        Some(("mysql" | "mariadb", _)) => Ok(Engine::MariaDb(url)),
        // The text is not repeated: it may hold a password.
        _ => Err(Failure::usage(
            "a database is named by a URL such as sqlite:legacy.db, postgresql://user@host/database or \
             mysql://user@host/database",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_cannot_be_read_is_named_without_its_password() {
        let told = |url: &str| opened(url).err().map(|failure| failure.to_string()).unwrap_or_default();
        let shape = "the URL of a server is scheme://user@host/database";
        assert_eq!(
            told("postgresql://me:hush@db:5432"),
            format!("postgresql://db:5432: it names no database; {shape}")
        );
        assert_eq!(told("mysql://db/?x=1"), format!("mysql://db/: it names no database; {shape}"));
        for url in ["mysql:hush", "mysql://me:hush", "mysql://me:hu?sh@db:x/y", "postgres://me:hush%zz@db/x"] {
            assert!(told(url).contains("URL") && !told(url).contains("hu"), "{url}: {}", told(url));
        }
    }
}

//! Connects, and sets everything in a session that values or their order could depend on.

use crate::catalogue::Catalogue;
use crate::keys::Keys;
use crate::{Postgres, Transaction, error};
use cutover_runtime::connection::{StoreError, StoreErrorKind};
use cutover_server::{ServerUrl, Sources, UrlError};
use postgres::config::SslMode;
use postgres::error::SqlState;
use postgres::{Config, NoTls};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Where passwords are looked for, as PostgreSQL's own tools do.
const PASSWORDS: Sources =
    Sources { variable: "PGPASSWORD", file_variable: Some("PGPASSFILE"), home_file: Some(".pgpass") };

/// How long a server may take to answer, and how long it may be silent before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(60);

/// What a session is told, whatever server and user are set to.
const SETTINGS: &str = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; \
                        SET extra_float_digits = 3; SET standard_conforming_strings = on; SET lock_timeout = '10s'; \
                        SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
                        SET client_min_messages = 'notice'; \
                        SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'";

/// What the session of a target is told besides. Tables grow from nothing to millions of rows while it lasts, and plans
/// made from what was known of them before would read all of them for each batch. Where there is no other way than to read
/// a table, the server would think that so dear that it compiles the query, each time.
const GROWING: &str = "SET enable_seqscan = off; SET jit = off";

/// Opens a legacy database. It is never written.
pub fn open_legacy(url: &str) -> Result<Postgres, StoreError> {
    let mut postgres = open(url)?;
    postgres.batch("SET default_transaction_read_only = on")?;
    Ok(postgres)
}

/// Opens a target database.
pub fn open_target(url: &str) -> Result<Postgres, StoreError> {
    let mut postgres = open(url)?;
    postgres.batch(GROWING)?;
    Ok(postgres)
}

/// Opens another connection to a target database, for writing beside others.
pub(crate) fn another(url: &ServerUrl) -> Result<Postgres, StoreError> {
    let mut postgres = connect(url.clone())?;
    postgres.batch(GROWING)?;
    postgres.batch("SET lock_timeout = '1s'")?;
    Ok(postgres)
}

fn open(text: &str) -> Result<Postgres, StoreError> {
    connect(ServerUrl::parse(text).map_err(|error| wrong("the database", &error))?)
}

fn wrong(place: &str, error: &UrlError) -> StoreError {
    StoreError { kind: StoreErrorKind::Other, place: place.to_string(), cause: error.to_string() }
}

fn connect(url: ServerUrl) -> Result<Postgres, StoreError> {
    let place = url.place();
    let cut = Arc::new(AtomicBool::new(false));
    let config = configure(&url, cut.clone()).map_err(|error| wrong(&place, &error))?;
    if !matches!(url.parameter("sslmode"), None | Some("disable" | "allow" | "prefer")) {
        let cause = "the URL asks for an encrypted connection".to_string();
        return Err(StoreError { kind: StoreErrorKind::Encryption, place, cause });
    }
    let client = config.connect(NoTls).map_err(|error| error::fault(&place, &error))?;
    let (statements, catalogue, keys) = (HashMap::new(), Catalogue::default(), Keys::default());
    let schema = url.parameter("schema").map(str::to_string);
    let transaction = Transaction::None;
    let mut postgres = Postgres { client, url, place, statements, catalogue, keys, transaction, cut };
    postgres.batch(SETTINGS)?;
    if let Some(schema) = schema {
        postgres.rows("SELECT set_config('search_path', quote_ident($1), false)", &[&schema])?;
    }
    Ok(postgres)
}

fn configure(url: &ServerUrl, cut: Arc<AtomicBool>) -> Result<Config, UrlError> {
    url.allow(&["host", "schema", "sslmode", "password-file"])?;
    let mut config = Config::new();
    config.host(url.parameter("host").or(url.host.as_deref()).unwrap_or("localhost"));
    config.port(url.port.unwrap_or(5432)).dbname(&url.database).ssl_mode(SslMode::Disable);
    let user = url.user.clone().or_else(|| std::env::var("PGUSER").ok()).or_else(|| std::env::var("USER").ok());
    config.user(&user.unwrap_or_else(|| "postgres".to_string()));
    if let Some(password) = PASSWORDS.password(url)? {
        config.password(password.reveal());
    }
    // The name tells a second runner who the first one is.
    config.application_name(&format!("cutover process {}", std::process::id()));
    config.connect_timeout(PATIENCE).tcp_user_timeout(SILENCE).keepalives_idle(SILENCE / 2);
    config.keepalives_interval(PATIENCE).keepalives_retries(3);
    // That a name was cut is news; other notices, such as that a table is there already, are none.
    config.notice_callback(move |notice| {
        if *notice.code() == SqlState::NAME_TOO_LONG {
            cut.store(true, Ordering::Relaxed);
        }
    });
    Ok(config)
}

//! Connects, and sets everything in a session that values or their order could depend on.

use crate::catalogue::Catalogue;
use crate::keys::Keys;
use crate::tls::Tls;
use crate::{Postgres, Transaction, error};
use cutover_runtime::connection::{StoreError, StoreErrorKind};
use cutover_server::{Encryption, ServerUrl, Sources, SslMode, UrlError};
use postgres::config::SslMode as Negotiation;
use postgres::error::SqlState;
use postgres::{Client, Config, NoTls};
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

/// Opens another connection to a target database, for writing beside others. It is encrypted as this one is.
pub(crate) fn another(url: &ServerUrl, encryption: &Encryption) -> Result<Postgres, StoreError> {
    let mut postgres = connect(url.clone(), encryption)?;
    postgres.batch(GROWING)?;
    postgres.batch("SET lock_timeout = '1s'")?;
    Ok(postgres)
}

fn open(text: &str) -> Result<Postgres, StoreError> {
    let url = ServerUrl::parse(text).map_err(|error| wrong("the database", &error))?;
    let encryption = Encryption::of(&url).map_err(|error| wrong(&url.place(), &error))?;
    connect(url, &encryption)
}

fn wrong(place: &str, error: &UrlError) -> StoreError {
    StoreError { kind: StoreErrorKind::Other, place: place.to_string(), cause: error.to_string() }
}

fn connect(url: ServerUrl, encryption: &Encryption) -> Result<Postgres, StoreError> {
    let place = url.place();
    let cut = Arc::new(AtomicBool::new(false));
    let config = configure(&url, cut.clone()).map_err(|error| wrong(&place, &error))?;
    let (client, encryption) = encryption.connect(&mut |encryption| dial(&config, &url, encryption))?;
    let (statements, catalogue, keys) = (HashMap::new(), Catalogue::default(), Keys::default());
    let schema = url.parameter("schema").map(str::to_string);
    let transaction = Transaction::None;
    let mut postgres = Postgres { client, url, encryption, place, statements, catalogue, keys, transaction, cut };
    postgres.batch(SETTINGS)?;
    if let Some(schema) = schema {
        postgres.rows("SELECT set_config('search_path', quote_ident($1), false)", &[&schema])?;
    }
    Ok(postgres)
}

/// Connects once. On a Unix socket nobody listens, and PostgreSQL encrypts nothing there.
fn dial(config: &Config, url: &ServerUrl, encryption: &Encryption) -> Result<Client, StoreError> {
    let fault = |error: &postgres::Error| error::unconnected(url, encryption, error);
    let mut config = config.clone();
    if encryption.mode == SslMode::Disable || host(url).starts_with('/') {
        return config.ssl_mode(Negotiation::Disable).connect(NoTls).map_err(|error| fault(&error));
    }
    let handshake = encryption.handshake().map_err(|error| wrong(&url.place(), &error))?;
    config.ssl_mode(Negotiation::Require).connect(Tls::new(handshake)).map_err(|error| fault(&error))
}

fn host(url: &ServerUrl) -> &str {
    url.parameter("host").or(url.host.as_deref()).unwrap_or("localhost")
}

fn configure(url: &ServerUrl, cut: Arc<AtomicBool>) -> Result<Config, UrlError> {
    url.allow(&["host", "schema", "sslmode", "sslrootcert", "sslcert", "sslkey", "password-file"])?;
    let mut config = Config::new();
    config.host(host(url)).port(url.port.unwrap_or(5432)).dbname(&url.database);
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

//! Connects, and sets everything in a session that values or their order could depend on.

use crate::catalogue::Catalogue;
use crate::charset::Charsets;
use crate::{Limits, MariaDb, error, tls};
use cutover_runtime::connection::{StoreError, StoreErrorKind};
use cutover_server::{Encryption, ServerUrl, Sources, SslMode, UrlError};
use mysql::{Conn, OptsBuilder};
use std::time::Duration;

/// Where passwords are looked for, as MySQL's own tools do.
const PASSWORDS: Sources = Sources { variable: "MYSQL_PWD", file_variable: None, home_file: None };

/// How long a server may take to answer, and how long it may be silent before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(10);
const SILENCE_MS: u32 = 60_000;

/// How many prepared statements are kept.
const STATEMENTS: usize = 128;

/// What a session is told, whatever server and user are set to. Results come in the character set of their column.
const SETTINGS: [&str; 5] = [
    "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin",
    "SET SESSION character_set_results = NULL, SESSION time_zone = '+00:00', SESSION sql_mode = 'STRICT_ALL_TABLES,\
     NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'",
    "SET SESSION innodb_lock_wait_timeout = 10, SESSION lock_wait_timeout = 10, SESSION wait_timeout = 28800, \
     SESSION net_write_timeout = 3600, SESSION net_read_timeout = 3600, SESSION max_error_count = 65535, \
     SESSION default_storage_engine = InnoDB, SESSION autocommit = 1, SESSION foreign_key_checks = 1, SESSION unique_checks = 1",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    // MariaDB alone remembers what a subquery gave, and answers out of that for values that the column's collation calls
    // equal although the subquery tells them apart. To other servers the switch is a comment.
    "SET SESSION sql_safe_updates = 0 /*M!, SESSION optimizer_switch = 'subquery_cache=off' */",
];

/// Opens a legacy database. It is never written.
pub fn open_legacy(url: &str) -> Result<MariaDb, StoreError> {
    let mut mariadb = open(url)?;
    mariadb.run("SET SESSION TRANSACTION READ ONLY")?;
    Ok(mariadb)
}

/// Opens a target database.
pub fn open_target(url: &str) -> Result<MariaDb, StoreError> {
    open(url)
}

/// Opens another connection to a target database, for writing beside others. It is encrypted as this one is.
pub(crate) fn another(url: &ServerUrl, encryption: &Encryption) -> Result<MariaDb, StoreError> {
    let mut mariadb = connect(url.clone(), encryption)?;
    mariadb.run("SET SESSION innodb_lock_wait_timeout = 1, SESSION lock_wait_timeout = 1")?;
    Ok(mariadb)
}

fn open(text: &str) -> Result<MariaDb, StoreError> {
    let url = ServerUrl::parse(text).map_err(|error| wrong("the database", &error))?;
    let encryption = Encryption::of(&url).map_err(|error| wrong(&url.place(), &error))?;
    connect(url, &encryption)
}

fn wrong(place: &str, error: &UrlError) -> StoreError {
    StoreError { kind: StoreErrorKind::Other, place: place.to_string(), cause: error.to_string() }
}

fn connect(url: ServerUrl, encryption: &Encryption) -> Result<MariaDb, StoreError> {
    let place = url.place();
    let options = options(&url).map_err(|error| wrong(&place, &error))?;
    let (conn, encryption) = encryption.connect(&mut |encryption| dial(&options, &url, encryption))?;
    let limits = Limits { packet: 0, increment: 1 };
    let (charsets, catalogue) = (Charsets::default(), Catalogue::default());
    let mut mariadb = MariaDb { conn, url, encryption, place, charsets, catalogue, limits, open: false };
    SETTINGS.iter().try_for_each(|sql| mariadb.run(sql))?;
    mariadb.charsets = charsets_of(&mut mariadb)?;
    mariadb.limits = limits_of(&mut mariadb)?;
    Ok(mariadb)
}

/// Connects once. On a Unix socket nobody listens, and nothing is encrypted there.
fn dial(options: &OptsBuilder, url: &ServerUrl, encryption: &Encryption) -> Result<Conn, StoreError> {
    let mut options = options.clone();
    // The driver reads the file of authorities while it connects.
    let mut authorities = None;
    if encryption.mode != SslMode::Disable && url.parameter("socket").is_none() {
        let tls = tls::options(encryption).map_err(|error| wrong(&url.place(), &error))?;
        (options, authorities) = (options.ssl_opts(Some(tls.options)), tls.authorities);
    }
    let conn = Conn::new(options).map_err(|error| error::unconnected(url, encryption, &error));
    drop(authorities);
    conn
}

fn options(url: &ServerUrl) -> Result<OptsBuilder, UrlError> {
    url.allow(&["socket", "sslmode", "sslrootcert", "sslcert", "sslkey", "password-file"])?;
    let socket = url.parameter("socket").map(str::to_string);
    let host = url.host.clone().unwrap_or_else(|| "localhost".to_string());
    let user = url.user.clone().or_else(|| std::env::var("USER").ok());
    let password = PASSWORDS.password(url)?;
    let mut options = OptsBuilder::new()
        .user(user)
        .pass(password.as_ref().map(|password| password.reveal()))
        .db_name(Some(&url.database))
        .prefer_socket(false)
        .tcp_connect_timeout(Some(PATIENCE))
        .tcp_keepalive_time_ms(Some(SILENCE_MS))
        .tcp_user_timeout_ms(Some(SILENCE_MS))
        .stmt_cache_size(Some(STATEMENTS))
        .secure_auth(true);
    options = match socket {
        Some(path) => options.socket(Some(path)),
        None => options.ip_or_hostname(Some(host)).tcp_port(url.port.unwrap_or(3306)),
    };
    Ok(options)
}

/// Newer servers list collations that fit several character sets in a table of its own.
fn charsets_of(mariadb: &mut MariaDb) -> Result<Charsets, StoreError> {
    let newer = "SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY \
                 WHERE ID IS NOT NULL";
    let older = "SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS WHERE ID IS NOT NULL";
    let rows = match mariadb.texts(newer, &[]) {
        Err(error) if error.kind == StoreErrorKind::OtherSchema => mariadb.texts(older, &[]),
        rows => rows,
    };
    let collation = |row: &Vec<String>| Some((row[0].parse().ok()?, row[1].clone()));
    Ok(Charsets::new(rows?.iter().filter_map(collation)))
}

fn limits_of(mariadb: &mut MariaDb) -> Result<Limits, StoreError> {
    let rows = mariadb.texts("SELECT @@max_allowed_packet, @@session.auto_increment_increment", &[])?;
    let number = |at: usize| rows.first().and_then(|row| row[at].parse::<i64>().ok()).unwrap_or(1);
    Ok(Limits { packet: usize::try_from(number(0)).unwrap_or(usize::MAX), increment: number(1).into() })
}

//! PostgreSQL for tests.

use crate::process::{Owner, PASSWORD, Server, USER, finish, free_port, program};
use crate::{Authority, Durability, Kind};
use postgres::{Client, NoTls, SimpleQueryMessage};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Starts a private server.
pub(crate) fn start(durability: Durability, authority: Option<&Authority>) -> Result<Server, String> {
    let programs = programs().ok_or("no initdb; install postgresql")?;
    let owner = Owner::find("postgres")?;
    let folder = owner.folder()?;
    let (data, secret) = (folder.join("data"), folder.join("password"));
    std::fs::write(&secret, PASSWORD).map_err(|error| error.to_string())?;
    owner.give(&secret)?;
    let mut initdb = owner.command(&programs.join("initdb"), &folder);
    initdb.arg("-D").arg(&data).args(["-U", USER, "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"]);
    initdb.args(["--auth-local=scram-sha-256", "--auth-host=scram-sha-256"]).arg("--pwfile").arg(&secret);
    finish(initdb)?;
    let port = free_port()?;
    let mut arguments: Vec<String> = vec!["-D".into(), data.display().to_string(), "-p".into(), port.to_string()];
    arguments.extend(["-k".into(), folder.display().to_string()]);
    let mut settings = vec!["listen_addresses=127.0.0.1", "max_connections=200", "TimeZone=Asia/Kathmandu"];
    settings.extend(match durability {
        Durability::None => &["fsync=off", "synchronous_commit=off", "full_page_writes=off"][..],
        Durability::Process => &["fsync=off"],
        Durability::Default => &[],
    });
    arguments.extend(settings.into_iter().flat_map(|setting| ["-c".to_string(), setting.to_string()]));
    if let Some(authority) = authority {
        arguments.extend(encrypt(&owner, &folder, &data, authority)?);
    }
    let private = owner.start(&folder, port, &programs.join("postgres"), &arguments, move || answers(port))?;
    Ok(Server::private(Kind::Postgres, "postgresql", private))
}

/// Returns what the server is told so that it encrypts. The first line that fits a connection counts.
fn encrypt(owner: &Owner, folder: &Path, data: &Path, authority: &Authority) -> Result<Vec<String>, String> {
    let files = owner.certify(folder, authority)?;
    let (rules, first) = (
        data.join("pg_hba.conf"),
        "hostnossl all walled all reject\nhostssl all plain all reject\n\
                                                     hostssl all badge all cert\n",
    );
    let rest = std::fs::read_to_string(&rules).map_err(|error| error.to_string())?;
    std::fs::write(&rules, format!("{first}{rest}")).map_err(|error| error.to_string())?;
    let names = ["ssl_cert_file", "ssl_key_file", "ssl_ca_file"];
    let named = names.iter().zip(&files).map(|(name, path)| format!("{name}={}", path.display()));
    let settings = ["ssl=on".to_string()].into_iter().chain(named);
    Ok(settings.flat_map(|setting| ["-c".to_string(), setting]).collect())
}

fn programs() -> Option<PathBuf> {
    let told = Command::new("pg_config").arg("--bindir").output().ok().filter(|output| output.status.success());
    let told = told.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let mut folders: Vec<PathBuf> = told.into_iter().collect();
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    let initdb: Vec<PathBuf> = folders.iter().map(|folder| folder.join("initdb")).collect();
    program(&initdb).and_then(|initdb| initdb.parent().map(Path::to_path_buf))
}

fn answers(port: u16) -> bool {
    let mut config = postgres::Config::new();
    config.host("127.0.0.1").port(port).user(USER).password(PASSWORD).dbname("postgres").connect(NoTls).is_ok()
}

/// Connects to a database.
pub(crate) fn client(server: &Server, database: &str) -> Client {
    let mut client = Client::connect(&server.url(database), NoTls).unwrap();
    client.batch_execute("SET TimeZone = 'UTC'").unwrap();
    client
}

pub(crate) fn create(server: &Server, name: &str) {
    client(server, "postgres").batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).unwrap();
}

pub(crate) fn drop(server: &Server, name: &str) {
    client(server, "postgres").batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).unwrap();
}

/// Returns the command line client for a database; it reads a script from its input.
pub(crate) fn shell(server: &Server, database: &str) -> Command {
    let mut command = Command::new("psql");
    command.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname"]).arg(server.url(database));
    command
}

pub(crate) fn prepare(server: &Server, database: &str, statement: &str) -> Result<(), String> {
    let prepared = client(server, database).prepare(statement);
    prepared.map(|_| ()).map_err(|error| error.as_db_error().map_or(error.to_string(), |told| told.to_string()))
}

pub(crate) fn ask(server: &Server, database: &str, query: &str) -> Vec<String> {
    let messages = client(server, database).simple_query(query).unwrap();
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    rows.map(|row| (0..row.len()).map(|at| row.get(at).unwrap_or("-")).collect::<Vec<_>>().join("|")).collect()
}

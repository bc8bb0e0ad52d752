//! MariaDB for tests.

use crate::process::{Owner, PASSWORD, Server, USER, finish, free_port, program};
use crate::{Authority, Durability, Kind};
use mysql::prelude::Queryable;
use mysql::{Conn, Opts, OptsBuilder, Row, Value};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Starts a private server.
pub(crate) fn start(durability: Durability, authority: Option<&Authority>) -> Result<Server, String> {
    let (install, server) = programs().ok_or("no mariadbd; install mariadb-server")?;
    let owner = Owner::find("mysql")?;
    let folder = owner.folder()?;
    let data = folder.join("data");
    let mut make = owner.command(&install, &folder);
    make.arg("--no-defaults").arg(format!("--datadir={}", data.display())).arg("--skip-test-db");
    make.args(["--auth-root-authentication-method=normal", "--skip-name-resolve"]);
    finish(make)?;
    let (port, socket) = (free_port()?, folder.join("socket"));
    let mut arguments = vec!["--no-defaults".to_string()];
    // Whatever temporary tables lie in the folder for them, a server deletes when it starts, also those of another one.
    let places = [("datadir", &data), ("socket", &socket), ("pid-file", &folder.join("pid")), ("tmpdir", &folder)];
    for (name, path) in places {
        arguments.push(format!("--{name}={}", path.display()));
    }
    let settings = [
        "--bind-address=127.0.0.1",
        "--skip-log-bin",
        "--default-time-zone=+05:45",
        "--max-connections=200",
        "--skip-name-resolve",
        // The defaults of a server without configuration, as Debian has them.
        "--character-set-server=utf8mb4",
        "--collation-server=utf8mb4_general_ci",
    ];
    arguments.extend(settings.map(String::from));
    let fast: &[&str] = match durability {
        Durability::None => &["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync"],
        Durability::Process => &["--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync"],
        Durability::Default => &[],
    };
    arguments.extend(fast.iter().map(|setting| setting.to_string()));
    arguments.push(format!("--port={port}"));
    if let Some(authority) = authority {
        let files = owner.certify(&folder, authority)?;
        let named = ["ssl-cert", "ssl-key", "ssl-ca"].iter().zip(&files);
        arguments.extend(named.map(|(name, path)| format!("--{name}={}", path.display())));
    }
    let private = owner.start(&folder, port, &server, &arguments, {
        let socket = socket.clone();
        move || root(&socket).is_some()
    })?;
    let mut root = root(&socket).ok_or("it answers no more")?;
    let quoted = PASSWORD.replace('\'', "''");
    for host in ["%", "localhost"] {
        let user = format!("'{USER}'@'{host}'");
        root.query_drop(format!("CREATE USER {user} IDENTIFIED BY '{quoted}'")).map_err(|error| error.to_string())?;
        let grant = format!("GRANT ALL ON *.* TO {user} WITH GRANT OPTION");
        root.query_drop(grant).map_err(|error| error.to_string())?;
    }
    Ok(Server::private(Kind::MariaDb, "mysql", private))
}

fn programs() -> Option<(PathBuf, PathBuf)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/bin".into()]).collect();
    let find = |names: [&str; 2]| {
        let candidates = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        program(&candidates.collect::<Vec<_>>())
    };
    Some((find(["mariadb-install-db", "mysql_install_db"])?, find(["mariadbd", "mysqld"])?))
}

fn root(socket: &Path) -> Option<Conn> {
    let opts =
        OptsBuilder::new().user(Some("root")).socket(Some(socket.to_string_lossy())).ip_or_hostname(None::<&str>);
    Conn::new(opts).ok()
}

/// Connects to a database, or to none.
pub(crate) fn client(server: &Server, database: &str) -> Conn {
    let opts = Opts::from_url(&server.url(database).replace("mariadb://", "mysql://")).unwrap();
    let mut client = Conn::new(OptsBuilder::from_opts(opts).prefer_socket(false)).unwrap();
    client.query_drop("SET time_zone = '+00:00', NAMES utf8mb4").unwrap();
    client
}

pub(crate) fn create(server: &Server, name: &str) {
    client(server, "").query_drop(format!("CREATE DATABASE {name}")).unwrap();
}

pub(crate) fn drop(server: &Server, name: &str) {
    client(server, "").query_drop(format!("DROP DATABASE IF EXISTS {name}")).unwrap();
}

pub(crate) fn run(server: &Server, database: &str, sql: &str) {
    if sql.trim().is_empty() {
        return;
    }
    // The server takes several statements at once.
    let mut client = client(server, database);
    let mut result = client.query_iter(sql).unwrap();
    while let Some(set) = result.iter() {
        set.for_each(|row| std::mem::drop(row.unwrap()));
    }
}

/// Returns the command line client for a database; it reads a script from its input.
pub(crate) fn shell(server: &Server, database: &str) -> Command {
    let opts = Opts::from_url(&server.url(database).replace("mariadb://", "mysql://")).unwrap();
    let mut command = Command::new("mariadb");
    command.args(["--no-defaults", "--protocol=tcp", "--default-character-set=utf8mb4"]);
    command.arg(format!("--host={}", opts.get_ip_or_hostname())).arg(format!("--port={}", opts.get_tcp_port()));
    command.arg(format!("--user={}", opts.get_user().unwrap_or_default())).arg(database);
    command.env("MYSQL_PWD", opts.get_pass().unwrap_or_default());
    command
}

pub(crate) fn prepare(server: &Server, database: &str, statement: &str) -> Result<(), String> {
    client(server, database).prep(statement).map(|_| ()).map_err(|error| error.to_string())
}

pub(crate) fn ask(server: &Server, database: &str, query: &str) -> Vec<String> {
    let rows: Vec<Row> = client(server, database).query(query).unwrap();
    let shown = |value: Value| match value {
        Value::NULL => "-".to_string(),
        Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        other => other.as_sql(true),
    };
    rows.into_iter().map(|row| row.unwrap().into_iter().map(shown).collect::<Vec<_>>().join("|")).collect()
}

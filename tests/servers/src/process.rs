//! A server as a process: started as a user who may, stopped by its own watchman, whatever becomes of the tests.

use crate::{Authority, Kind};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The user and password of a private server.
pub(crate) const USER: &str = "cutover";
pub(crate) const PASSWORD: &str = "s3cret/:@?";

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the server again after each signal that its input names. Stops it and removes its folder once its input ends,
/// as it does when the tests end, however they end.
const WATCH: &str = r#"
folder=$1; shift
start() {
  "$@" </dev/null >>"$folder/log" 2>&1 &
  server=$!
  echo $server > "$folder/server.pid"
}
start "$@"
while read -r signal; do
  kill -$signal $server 2>/dev/null
  wait $server
  start "$@"
done
kill -QUIT $server 2>/dev/null; sleep 0.3; kill -KILL $server 2>/dev/null
wait $server
rm -rf "$folder"
"#;

/// A server that tests use.
#[derive(Debug)]
pub struct Server {
    pub(crate) kind: Kind,
    /// `scheme://user:password@host:port`.
    base: String,
    private: Option<Private>,
}

/// A server that was started for these tests.
pub(crate) struct Private {
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    /// Whether it takes connections.
    answers: Box<dyn Fn() -> bool + Send + Sync>,
    /// Whoever holds its input keeps the server alive.
    watchman: Mutex<Child>,
}

impl std::fmt::Debug for Private {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Private").field("folder", &self.folder).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Server {
    /// Takes the server that a URL names; a database in it is cut off.
    pub(crate) fn named(kind: Kind, url: &str) -> Server {
        let (scheme, rest) = url.split_once("://").expect("a URL such as postgresql://user:password@host:port/");
        let base = format!("{scheme}://{}", rest.split('/').next().unwrap_or(rest));
        Server { kind, base, private: None }
    }

    pub(crate) fn private(kind: Kind, scheme: &str, private: Private) -> Server {
        let password: String = PASSWORD.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let base = format!("{scheme}://{USER}:{password}@127.0.0.1:{}", private.port);
        Server { kind, base, private: Some(private) }
    }

    /// Returns the URL of a database on it, with the password.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.base)
    }

    /// Returns whether it was started for these tests.
    pub fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// Returns the port of a private server.
    pub fn port(&self) -> Option<u16> {
        self.private.as_ref().map(|private| private.port)
    }

    /// Ends a private server in the middle of its work, as a crash would, and starts it again. Returns once it answers.
    pub fn crash(&self) {
        let private = self.private.as_ref().expect("only a private server is ours to end");
        // The processes of PostgreSQL hold memory in common; this signal ends all of them at once.
        let signal: &[u8] = if self.kind == Kind::Postgres { b"QUIT\n" } else { b"KILL\n" };
        let mut watchman = private.watchman.lock().unwrap();
        let before = std::fs::read_to_string(private.folder.join("server.pid")).unwrap();
        watchman.stdin.as_mut().unwrap().write_all(signal).unwrap();
        let began = Instant::now();
        let again = || std::fs::read_to_string(private.folder.join("server.pid")).is_ok_and(|pid| pid != before);
        while !(again() && (private.answers)()) {
            assert!(began.elapsed() < PATIENCE, "the server does not come back");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Returns the folder with the socket of a private server.
    pub fn folder(&self) -> Option<&Path> {
        self.private.as_ref().map(|private| private.folder.as_path())
    }
}

/// Returns a number that no other caller gets.
pub(crate) fn next() -> u32 {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// A user whom a server runs as.
pub(crate) struct Owner {
    ids: Option<(u32, u32)>,
}

impl Owner {
    /// Returns the user of that name where the tests run as root, whom servers refuse; else whoever runs the tests.
    pub(crate) fn find(name: &str) -> Result<Owner, String> {
        let probe = tempfile::tempdir().map_err(|error| error.to_string())?;
        let own = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(probe.path()).map_err(|e| e.to_string())?);
        if own != 0 {
            return Ok(Owner { ids: None });
        }
        let users = std::fs::read_to_string("/etc/passwd").map_err(|error| error.to_string())?;
        let line = users.lines().find(|line| line.split(':').next() == Some(name));
        let mut fields = line.ok_or_else(|| format!("there is no user {name}"))?.split(':').skip(2);
        let mut id = || fields.next().and_then(|id| id.parse().ok());
        match (id(), id()) {
            (Some(user), Some(group)) => Ok(Owner { ids: Some((user, group)) }),
            _ => Err(format!("the user {name} has no number")),
        }
    }

    /// Returns a new folder that belongs to this user.
    pub(crate) fn folder(&self) -> Result<PathBuf, String> {
        let folder = tempfile::Builder::new().prefix("cutover-server-").tempdir().map_err(|error| error.to_string())?;
        let path = folder.keep();
        self.give(&path)?;
        Ok(path)
    }

    pub(crate) fn give(&self, path: &Path) -> Result<(), String> {
        let Some((user, group)) = self.ids else { return Ok(()) };
        chown(path, Some(user), Some(group)).map_err(|error| error.to_string())
    }

    /// Puts a certificate of a server, its key and that of its authority into a folder, as files that this user alone
    /// may read. Returns their paths.
    pub(crate) fn certify(&self, folder: &Path, authority: &Authority) -> Result<[PathBuf; 3], String> {
        let signed = authority.server(&crate::HOSTS);
        let texts = [signed.certificate.as_str(), &signed.key, authority.certificate()];
        let paths = ["server.pem", "server.key", "ca.pem"].map(|name| folder.join(name));
        for (path, text) in paths.iter().zip(texts) {
            std::fs::write(path, text).map_err(|error| error.to_string())?;
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(path, private).map_err(|error| error.to_string())?;
            self.give(path)?;
        }
        Ok(paths)
    }

    /// Returns a command that runs as this user.
    pub(crate) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = self.ids {
            command.uid(user).gid(group);
        }
        command.current_dir(folder).env("HOME", folder).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        command
    }

    /// Starts a server and its watchman; `answers` tells whether it is up.
    pub(crate) fn start(
        &self,
        folder: &Path,
        port: u16,
        program: &Path,
        arguments: &[String],
        answers: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Result<Private, String> {
        let mut command = self.command(Path::new("/bin/sh"), folder);
        command.args(["-c", WATCH, "watch"]).arg(folder).arg(program).args(arguments).stdin(Stdio::piped());
        // An interrupt of the tests must reach the watchman by the end of its input, not as a signal.
        command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
        let watchman = Mutex::new(command.spawn().map_err(|error| error.to_string())?);
        let began = Instant::now();
        while !answers() {
            if began.elapsed() > PATIENCE {
                let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                return Err(format!("it does not answer; its log: {log}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Private { folder: folder.to_path_buf(), port, answers: Box::new(answers), watchman })
    }
}

/// Runs a command to its end.
pub(crate) fn finish(mut command: Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let said = || String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned();
    if output.status.success() { Ok(()) } else { Err(said()) }
}

/// Runs a command that reads this from its input, and must end well.
pub(crate) fn feed(command: &mut Command, input: &str) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Returns a port that is free now.
pub(crate) fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    Ok(listener.local_addr().map_err(|error| error.to_string())?.port())
}

/// Returns the first of these paths at which there is a program.
pub(crate) fn program(candidates: &[PathBuf]) -> Option<PathBuf> {
    candidates.iter().find(|path| path.is_file()).cloned()
}

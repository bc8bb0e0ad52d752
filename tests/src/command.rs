//! The command `cutover`, started as a user would start it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Ended {
    /// The exit status.
    pub status: i32,
    /// What it printed.
    pub out: String,
    /// What it printed to the error stream.
    pub err: String,
}

impl Ended {
    /// Takes over what a process left. It must have ended by itself, with a status from the list, without a panic.
    pub fn from(output: Output) -> Ended {
        let status = output.status.code();
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert!(!err.contains("panicked"), "{err}");
        assert!(matches!(status, Some(0..=4)), "{status:?}\n{out}{err}");
        Ended { status: status.unwrap(), out, err }
    }

    /// Asserts the exit status; returns the same for more.
    #[track_caller]
    pub fn with(self, status: i32) -> Ended {
        assert_eq!(self.status, status, "\n{}{}", self.out, self.err);
        self
    }

    /// Asserts that the error stream holds each of these texts.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Ended {
        texts.iter().for_each(|text| assert!(self.err.contains(text), "no `{text}` in: {}{}", self.out, self.err));
        self
    }
}

/// Runs the command to its end.
pub fn cutover<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ended {
    Ended::from(command().args(arguments).output().unwrap())
}

/// Returns the command, to be given arguments; nothing of the caller's environment reaches it that would steer it.
pub fn command() -> Command {
    let mut command = Command::new(binary());
    command.env_remove("CUTOVER_FROM").env_remove("CUTOVER_TO").env_remove("CUTOVER_FAILPOINT");
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Returns the URL of a database file.
pub fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// Returns the path of the command, built once for each process: Cargo tells paths of binaries only to tests of the
/// same package, and a binary left from another day would prove nothing. `CUTOVER_BIN` names another one.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("CUTOVER_BIN").map_or_else(build, PathBuf::from))
}

fn build() -> PathBuf {
    // The test lies in TARGET/PROFILE/deps.
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let profile = match folder.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--package", "cutover-cli", "--profile", profile, "--target-dir"]);
    let built = cargo.arg(folder.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
    assert!(built.success(), "the command cannot be built");
    folder.join("cutover").with_extension(std::env::consts::EXE_EXTENSION)
}

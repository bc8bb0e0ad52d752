//! Databases of the example Opal: made from its schemas, filled with its sample or with rows made up.

use crate::command::{Ended, command, cutover, url};
use crate::content::{change, open};
use cutover_codegen::disk;
use cutover_mapping_dsl::plan::Plan;
use cutover_mapping_dsl::schema::{Dialect, Schema};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// Returns a path below the root of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)
}

/// Returns the path of the mapping.
pub fn map() -> PathBuf {
    repository("examples/opal/opal.map")
}

/// Returns the plan of the mapping.
pub fn plan() -> Plan {
    disk::load(&map()).unwrap().compiled.plan.expect("the example has no errors")
}

/// Returns the statements that make the tables of a schema on SQLite.
pub fn tables(schema: &Schema) -> String {
    crate::sql::tables(schema, Dialect::Sqlite)
}

/// A legacy database and a target in a folder of their own.
#[derive(Debug)]
pub struct Pair {
    folder: TempDir,
}

impl Pair {
    /// Returns the sample, with a target that holds what must be there before a migration.
    pub fn sample() -> Pair {
        let pair = Pair::empty();
        fs::copy(sample().path().join("legacy.db"), pair.legacy()).unwrap();
        pair
    }

    /// Returns a pair whose legacy tables have no rows; nothing there is checked, so that rows may be dirty.
    pub fn empty() -> Pair {
        let folder = tempfile::tempdir().unwrap();
        let pair = Pair { folder };
        let plan = plan();
        fs::write(pair.legacy(), "").unwrap();
        change(&pair.legacy(), &tables(&plan.legacy.schema).replace(" NOT NULL", ""));
        pair.fresh_target();
        pair
    }

    /// Puts a target in place that nothing was migrated into.
    pub fn fresh_target(&self) {
        static TABLES: OnceLock<String> = OnceLock::new();
        let reference = || fs::read_to_string(repository("examples/opal/target-reference.sql")).unwrap();
        let tables = TABLES.get_or_init(|| tables(&plan().target.schema) + &reference());
        fs::write(self.target(), "").unwrap();
        change(&self.target(), &format!("BEGIN; {tables}; COMMIT"));
    }

    /// Returns the path of the legacy database.
    pub fn legacy(&self) -> PathBuf {
        self.folder.path().join("legacy.db")
    }

    /// Returns the path of the target.
    pub fn target(&self) -> PathBuf {
        self.folder.path().join("target.db")
    }

    /// Returns the folder of both.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs statements on the legacy database.
    pub fn on_legacy(&self, sql: &str) {
        change(&self.legacy(), sql);
    }

    /// Runs statements on the target.
    pub fn on_target(&self, sql: &str) {
        change(&self.target(), sql);
    }

    /// Returns the rows of a query on the target.
    pub fn ask(&self, query: &str) -> Vec<String> {
        crate::content::ask(&open(&self.target()), query)
    }

    /// Runs a command with the mapping and both databases, and more arguments.
    pub fn cutover(&self, name: &str, more: &[&str]) -> Ended {
        Ended::from(self.command(name, more).output().unwrap())
    }

    /// Returns that command.
    pub fn command(&self, name: &str, more: &[&str]) -> Command {
        let mut command = command();
        command.arg(name).arg(map()).args(["--from", &url(&self.legacy()), "--to", &url(&self.target())]).args(more);
        command
    }

    /// Migrates everything, however many rows are rejected.
    pub fn run(&self) -> Ended {
        self.cutover("run", &["--max-rejects", "any"]).with(0)
    }
}

/// The sample as the demo makes it.
fn sample() -> &'static TempDir {
    static SAMPLE: OnceLock<TempDir> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        cutover([Path::new("demo"), Path::new("opal"), Path::new("--keep"), folder.path()]).with(0);
        folder
    })
}

//! The arguments of the command.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

const ABOUT: &str = "Compiles mappings between a legacy and a target schema, and carries the rows across, exactly once";

const STATUS_HELP: &str = "Exit status: 0 done, 1 findings (errors, deviations, rejects over budget), 2 usage, \
                           3 more work left, 4 a file or database is not as it must be";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "cutover", version, about = ABOUT, after_help = STATUS_HELP, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Checks mappings against both schemas
    Check(CheckOptions),
    /// Explains the code of a message, or proves what of a mapping can come back
    Explain(ExplainOptions),
    /// Lays mappings out in the one style
    Fmt(FmtOptions),
    /// Compares what two mappings mean
    Diff(DiffOptions),
    /// Drafts a mapping from two schemas, every guess marked
    Init(InitOptions),
    /// Writes Rust, SQL, diagrams and pages for reviewers
    Generate(GenerateOptions),
    /// Shows the steps, their order and what each does
    Plan(PlanOptions),
    /// Asks all pending rows what a run would reject, and writes nothing
    Preflight(PreflightOptions),
    /// Carries all pending rows from the legacy to the target database
    Run(RunOptions),
    /// Tries rejected rows again, and carries all pending rows
    Retry(RetryOptions),
    /// Brings target rows in line with legacy rows that were changed or deleted since
    Sync(SyncOptions),
    /// Shows how a migration stands
    Status(StatusOptions),
    /// Lets the run that is at work pause at its next batch boundary
    Pause(TargetOptions),
    /// Lets a paused run go on
    Resume(TargetOptions),
    /// Puts back indexes and foreign keys that a killed run with --load has left off
    Restore(RestoreOptions),
    /// Compares both databases through the mapping and names every deviation
    Verify(VerifyOptions),
    /// Deletes what was migrated, where it is still as it was written
    Rollback(RollbackOptions),
    /// Runs the examples that a mapping contains
    Test(TestOptions),
    /// Shows how a schema was understood, or translates it
    Schema(SchemaOptions),
    /// Migrates a built-in example on SQLite
    Demo(DemoOptions),
}

/// How diagnostics are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    /// For people.
    Human,
    /// One JSON object a line, in rustc's form.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// Mappings
    #[arg(required = true, value_name = "MAP")]
    pub(crate) maps: Vec<PathBuf>,
    /// How to print findings; json is one object a line, as rustc prints them
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) message_format: MessageFormat,
    /// Compare the DDL of one side with this database and name every difference
    #[arg(long, value_name = "URL")]
    pub(crate) against: Option<String>,
    /// Show for each rule what a preflight has found and pinned to this file [default: NAME.preflight.json beside the
    /// mapping, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) pinned: Option<PathBuf>,
    /// Which side the database is; found by its kind if only one side is of it
    #[arg(long, value_enum, requires = "against")]
    pub(crate) side: Option<SideName>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    /// Codes such as M0604, or a mapping, of which the proof is shown; without any, all codes are listed
    #[arg(value_name = "CODE|MAP")]
    pub(crate) what: Vec<String>,
    /// Only these maps of the mapping
    #[arg(long = "map", value_name = "NAME", value_delimiter = ',')]
    pub(crate) maps: Vec<String>,
    /// Print the proof as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FmtOptions {
    /// Mappings; `-` reads the standard input and prints the result
    #[arg(required = true, value_name = "MAP")]
    pub(crate) maps: Vec<PathBuf>,
    /// Write nothing; list the files that would change, status 1 if there are any
    #[arg(long)]
    pub(crate) check: bool,
    /// Write nothing; show what would change
    #[arg(long)]
    pub(crate) diff: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DiffOptions {
    /// The mapping as it was
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The mapping as it is
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InitOptions {
    /// Legacy schema: a DDL file, or the URL of a database, whose DDL is then saved beside the mapping
    #[arg(value_name = "LEGACY")]
    pub(crate) legacy: PathBuf,
    /// Target schema, in the same way
    #[arg(value_name = "TARGET")]
    pub(crate) target: PathBuf,
    /// Mapping to write, which must not be there yet [default: print it]
    #[arg(long, short, value_name = "FILE.map")]
    pub(crate) output: Option<PathBuf>,
    /// Time zone of the legacy clock, such as America/Toronto
    #[arg(long, value_name = "ZONE")]
    pub(crate) legacy_timezone: Option<String>,
    /// Time zone of the target clock, such as UTC
    #[arg(long, value_name = "ZONE")]
    pub(crate) target_timezone: Option<String>,
    /// Dialect of the legacy DDL; guessed if not given
    #[arg(long, value_enum, value_name = "DIALECT")]
    pub(crate) legacy_as: Option<DialectName>,
    /// Dialect of the target DDL; guessed if not given
    #[arg(long, value_enum, value_name = "DIALECT")]
    pub(crate) target_as: Option<DialectName>,
}

/// What can be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Artefact {
    /// Row types, conversion, steps.
    Rust,
    /// SQL for every dialect.
    Sql,
    /// Diagrams as PlantUML.
    Diagrams,
    /// The same diagrams as Mermaid.
    Mermaid,
    /// Pages for reviewers: everything at a glance, fields, lineage.
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct GenerateOptions {
    /// The mapping
    #[arg(value_name = "MAP")]
    pub(crate) map: PathBuf,
    /// Folder to write to [default: generated/NAME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Only these
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) only: Vec<Artefact>,
    /// Write nothing; status 1 if files are missing or stale
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PlanOptions {
    /// The mapping
    #[arg(value_name = "MAP")]
    pub(crate) map: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The mapping, and the databases of both sides.
#[derive(Debug, Args)]
pub(crate) struct Sides {
    /// The mapping
    #[arg(value_name = "MAP")]
    pub(crate) map: PathBuf,
    /// Legacy database, such as sqlite:legacy.db or mysql://user@host/database?sslmode=verify-full
    #[arg(long, value_name = "URL", env = "CUTOVER_FROM", hide_env_values = true)]
    pub(crate) from: String,
    /// Target database, such as sqlite:target.db or postgresql://user@host/database?sslmode=verify-full
    #[arg(long, value_name = "URL", env = "CUTOVER_TO", hide_env_values = true)]
    pub(crate) to: String,
}

/// How long, and how fast.
#[derive(Debug, Args)]
pub(crate) struct Pacing {
    /// Begin no batch that would not finish in this time, such as 90s, 20m or 2h
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    pub(crate) deadline: Option<Duration>,
    /// Let at most so many rows pass in a second, so that others are not slowed down
    #[arg(long, value_name = "ROWS")]
    pub(crate) max_rate: Option<NonZeroU32>,
}

const PREFLIGHT_HELP: &str = "\
Each pending legacy row is converted as a run would convert it. What would be rejected is counted for each reason that the \
mapping knows, and for each unique key of the target's tables. Nothing is written on either side.

Verdicts: pass, no row would be rejected for it; warn, some would, and in all no more than --max-rejects allows; fail, the run \
would stop; unasked, it cannot be asked before rows are written.

Exit status: 0 nothing would stop the run, 1 it would be stopped, 2 usage, 3 not all rows were asked (deadline, interrupt), \
4 a file or database is not as it must be

Examples:
  cutover preflight opal.map --from sqlite:legacy.db --to sqlite:target.db
  cutover preflight opal.map --max-rejects 100 --for 2h --max-rate 5000
  cutover preflight opal.map --samples 20 --show-values
  cutover preflight opal.map --pin opal.preflight.json";

#[derive(Debug, Args)]
#[command(after_help = PREFLIGHT_HELP)]
pub(crate) struct PreflightOptions {
    #[command(flatten)]
    pub(crate) sides: Sides,
    /// How many rows the run will be allowed to have rejected: a number, or `any`
    #[arg(long, value_name = "N", default_value = "0", value_parser = budget)]
    pub(crate) max_rejects: Budget,
    /// Ask rows that stand rejected too, as `cutover retry` would
    #[arg(long)]
    pub(crate) retry: bool,
    /// Rows that are asked together
    #[arg(long, value_name = "ROWS", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) batch: u32,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
    /// Accept a changed mapping, or other databases than those the target remembers
    #[arg(long)]
    pub(crate) rebind: bool,
    /// Write the counts, without keys and values, to a file that `cutover check` shows, such as opal.preflight.json
    #[arg(long, value_name = "FILE")]
    pub(crate) pin: Option<PathBuf>,
    /// List what no row offends against, too
    #[arg(long)]
    pub(crate) all: bool,
    /// How many rows to show for each reason; all are counted
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) samples: usize,
    /// Show keys and values, which may be personal, instead of their kind and length
    #[arg(long)]
    pub(crate) show_values: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub(crate) sides: Sides,
    /// How many rows may stand rejected before the run stops: a number, or `any`
    #[arg(long, value_name = "N", default_value = "0", value_parser = budget)]
    pub(crate) max_rejects: Budget,
    /// Rows in one transaction
    #[arg(long, value_name = "ROWS", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) batch: u32,
    /// Transactions of a large map at once, each over its own connection, where the target can have several
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) streams: u32,
    /// Take secondary indexes and foreign keys off while rows are carried, and put them back at the end; only where nobody
    /// else writes to the target
    #[arg(long)]
    pub(crate) load: bool,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
    /// Where one server holds both sides, have it carry rows by itself as far as its SQL can say the rules
    #[arg(long)]
    pub(crate) by_server: bool,
    /// Accept a changed mapping, or other databases than those the target remembers
    #[arg(long)]
    pub(crate) rebind: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RetryOptions {
    #[command(flatten)]
    pub(crate) run: RunOptions,
    #[command(flatten)]
    pub(crate) rejects: RejectOptions,
}

/// Which rejected rows.
#[derive(Debug, Args)]
pub(crate) struct RejectOptions {
    /// Only rejected rows of these maps
    #[arg(long = "map", value_name = "NAME", value_delimiter = ',')]
    pub(crate) maps: Vec<String>,
    /// Only rows that were rejected for these reasons
    #[arg(long = "reason", value_name = "NAME", value_delimiter = ',')]
    pub(crate) reasons: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SyncOptions {
    #[command(flatten)]
    pub(crate) sides: Sides,
    /// Only these maps of the mapping
    #[arg(long = "map", value_name = "NAME", value_delimiter = ',')]
    pub(crate) maps: Vec<String>,
    /// Delete target rows whose legacy row is gone, where they are still as they were written and nothing refers to them
    #[arg(long)]
    pub(crate) delete: bool,
    /// Rows that are compared together, and at most written in one transaction
    #[arg(long, value_name = "ROWS", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) batch: u32,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
    /// Accept a changed mapping, or other databases than those the target remembers
    #[arg(long)]
    pub(crate) rebind: bool,
    /// Show values, which may be personal, instead of their kind and length
    #[arg(long)]
    pub(crate) show_values: bool,
    /// How many rows that were left to show; all are counted
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a command that asks the target alone is told.
#[derive(Debug, Args)]
pub(crate) struct TargetOptions {
    /// The mapping; not needed, so that the same arguments do for every command
    #[arg(value_name = "MAP")]
    pub(crate) map: Option<PathBuf>,
    /// Legacy database; not needed
    #[arg(long, value_name = "URL", hide = true)]
    pub(crate) from: Option<String>,
    /// Target database
    #[arg(long, value_name = "URL", env = "CUTOVER_TO", hide_env_values = true)]
    pub(crate) to: String,
}

#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    #[command(flatten)]
    pub(crate) target: TargetOptions,
    /// List the rejected rows instead
    #[arg(long)]
    pub(crate) rejects: bool,
    #[command(flatten)]
    pub(crate) filter: RejectOptions,
    /// Show rejected values, which may be personal, instead of their length
    #[arg(long, requires = "rejects")]
    pub(crate) show_values: bool,
    /// How many rejected rows to list; all are counted
    #[arg(long, value_name = "N", default_value_t = 100, requires = "rejects")]
    pub(crate) limit: usize,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreOptions {
    #[command(flatten)]
    pub(crate) target: TargetOptions,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyOptions {
    #[command(flatten)]
    pub(crate) sides: Sides,
    /// Only these maps of the mapping
    #[arg(long = "map", value_name = "NAME", value_delimiter = ',')]
    pub(crate) maps: Vec<String>,
    /// Kinds of deviations that are none, such as rows that were born in the new system
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_enum)]
    pub(crate) ignore: Vec<Ignored>,
    /// Look at deviating rows again, this long after the first look or later, and report what deviates still
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    pub(crate) settle: Duration,
    /// Show values, which may be personal, instead of their kind and length
    #[arg(long)]
    pub(crate) show_values: bool,
    /// How many deviations to show; all are counted
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A kind of deviation that `verify` passes over.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Ignored {
    /// Legacy rows that are not settled
    Missing,
    /// Rows that are gone from the target
    Lost,
    /// Columns with another value than the mapping gives
    Differs,
    /// Migrated rows that are gone from the legacy side
    LegacyGone,
    /// Migrated rows that would be rejected now
    NoLongerConverts,
    /// Rows of the target that stem from no legacy row
    TargetOnly,
    /// Rows that a condition would write now, and did not
    NotWritten,
    /// Rows that a condition would not write any more
    Superfluous,
}

#[derive(Debug, Args)]
pub(crate) struct RollbackOptions {
    /// The mapping
    #[arg(value_name = "MAP")]
    pub(crate) map: PathBuf,
    /// Legacy database; not needed, since nothing is changed or read there
    #[arg(long, value_name = "URL", hide = true)]
    pub(crate) from: Option<String>,
    /// Target database
    #[arg(long, value_name = "URL", env = "CUTOVER_TO", hide_env_values = true)]
    pub(crate) to: String,
    /// Only these maps of the mapping
    #[arg(long = "map", value_name = "NAME", value_delimiter = ',')]
    pub(crate) maps: Vec<String>,
    /// Legacy rows in one transaction
    #[arg(long, value_name = "ROWS", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) batch: u32,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
    /// Leave maps that cannot be taken back
    #[arg(long)]
    pub(crate) skip_irreversible: bool,
    /// Accept a changed mapping
    #[arg(long)]
    pub(crate) rebind: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TestOptions {
    /// The mapping
    #[arg(value_name = "MAP")]
    pub(crate) map: PathBuf,
    /// Name what no example reaches
    #[arg(long)]
    pub(crate) uncovered: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A dialect as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DialectName {
    /// MariaDB and MySQL.
    #[value(alias = "mysql")]
    Mariadb,
    /// PostgreSQL.
    #[value(alias = "postgres")]
    Postgresql,
    /// SQLite.
    Sqlite,
    /// SQL Server (T-SQL).
    #[value(alias = "mssql", alias = "tsql")]
    Sqlserver,
}

/// A dialect that tables are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WrittenDialect {
    /// MariaDB and MySQL.
    #[value(alias = "mysql")]
    Mariadb,
    /// PostgreSQL.
    #[value(alias = "postgres")]
    Postgresql,
    /// SQLite.
    Sqlite,
}

/// A side as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SideName {
    /// The legacy side.
    Legacy,
    /// The target side.
    Target,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaOptions {
    /// A DDL file, a mapping together with --side, or the URL of a database
    #[arg(value_name = "FILE|URL")]
    pub(crate) file: PathBuf,
    /// Dialect of the DDL file; guessed if not given
    #[arg(long = "as", value_enum, value_name = "DIALECT", conflicts_with = "side")]
    pub(crate) read_as: Option<DialectName>,
    /// Which side of a mapping
    #[arg(long, value_enum)]
    pub(crate) side: Option<SideName>,
    /// Print the tables as DDL of this dialect
    #[arg(long, value_enum)]
    pub(crate) dialect: Option<WrittenDialect>,
    /// List what was passed over, and why
    #[arg(long, conflicts_with = "dialect")]
    pub(crate) skipped: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "dialect")]
    pub(crate) json: bool,
}

/// The examples that the command contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoName {
    /// A hospital's patients and their accounts.
    Opal,
}

#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// Which example
    #[arg(value_enum)]
    pub(crate) name: DemoName,
    /// Keep legacy.db, target.db and the artefacts in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Says of a missing URL that a variable can give it: it may hold a password, which no command line should.
pub(crate) fn with_variables(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else { return error };
    let variables = [("--from", "CUTOVER_FROM"), ("--to", "CUTOVER_TO")];
    let asked = |option: &str| missing.iter().any(|missing| missing.split(' ').next() == Some(option));
    let variables: Vec<&str> = variables.iter().filter(|(option, _)| asked(option)).map(|(_, name)| *name).collect();
    if error.kind() == ErrorKind::MissingRequiredArgument && !variables.is_empty() {
        let tip = format!("the environment can give it too: {}", variables.join(", "));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// How many rejects are allowed; none means any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget(pub(crate) Option<u64>);

fn budget(text: &str) -> Result<Budget, String> {
    match text {
        "any" => Ok(Budget(None)),
        number => number.parse().map(|number| Budget(Some(number))).map_err(|_| "a number, or `any`".to_string()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a time such as 90s, 20m or 2h".to_string();
    let (number, unit) = text.split_at(text.len() - text.chars().last().map_or(0, char::len_utf8));
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match unit {
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        "h" => Ok(Duration::from_secs(number.saturating_mul(3600))),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_have_a_unit() {
        assert_eq!(duration("20m"), Ok(Duration::from_secs(1200)));
        for wrong in ["", "20", "m", "2 h", "é"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}

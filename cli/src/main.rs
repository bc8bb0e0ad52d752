//! The command `cutover`: the only place with arguments, files, a terminal and exit statuses.

mod arguments;
mod commands;
mod database;
mod failure;
mod mapping;
mod output;
mod pinned;
mod progress;
mod set_steps;
mod stop;
mod whole;

use arguments::{Arguments, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::try_parse().unwrap_or_else(|error| arguments::with_variables(error).exit());
    match run(arguments.command) {
        Ok(status) => status.into(),
        Err(failure) => {
            output::error(&failure);
            failure.status().into()
        }
    }
}

fn run(command: Command) -> Result<Status, Failure> {
    match command {
        Command::Check(options) => commands::check::run(&options),
        Command::Explain(options) => commands::explain::run(&options),
        Command::Fmt(options) => commands::fmt::run(&options),
        Command::Diff(options) => commands::diff::run(&options),
        Command::Init(options) => commands::init::run(&options),
        Command::Generate(options) => commands::generate::run(&options),
        Command::Plan(options) => commands::plan::run(&options),
        Command::Preflight(options) => commands::preflight::run(&options),
        Command::Run(options) => commands::run::run(&options, None),
        Command::Retry(options) => commands::run::retry(&options),
        Command::Sync(options) => commands::sync::run(&options),
        Command::Status(options) => commands::status::run(&options),
        Command::Pause(options) => commands::pause::pause(&options),
        Command::Resume(options) => commands::pause::resume(&options),
        Command::Restore(options) => commands::restore::run(&options),
        Command::Verify(options) => commands::verify::run(&options),
        Command::Rollback(options) => commands::rollback::run(&options),
        Command::Test(options) => commands::test::run(&options),
        Command::Schema(options) => commands::schema::run(&options),
        Command::Demo(options) => commands::demo::run(&options),
    }
}

/// How a command ended, as schedulers read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Everything is done.
    Done = 0,
    /// Errors in a mapping, deviations, rejects over budget.
    Findings = 1,
    /// Arguments that make no sense; clap uses the same.
    Usage = 2,
    /// Stopped at a deadline or by the operator; run again.
    MoreWork = 3,
    /// A file or database is not as it must be.
    Environment = 4,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(status as u8)
    }
}

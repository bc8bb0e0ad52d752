//! The SQL backend: one folder per dialect, one file per artefact, one section per step in running order. Meant for
//! both sides on one server. Every file is parsed back in its dialect before it counts as made.

mod carry;
mod changed;
mod counts;
mod deviations;
mod dialect;
mod expression;
mod forward;
mod migration_table;
mod model;
mod pending;
mod places;
mod preflight;
mod read;
mod rollback;
mod run;
mod set;
mod views;

pub use changed::{Asked, changed};
pub use expression::Unsupported;
pub(crate) use read::table_of;
pub use set::{SetStatements, set_statements};

use crate::{EmitError, Files, names};
use askama::Template;
use cutover_mapping_dsl::parallel;
use cutover_mapping_dsl::plan::{Plan, Step};
use cutover_mapping_dsl::schema::Dialect;
use dialect::SqlDialect;
pub(crate) use places::{read_tables, written_tables};

/// What a dialect's file is called, and how it is made.
type Artefact = (&'static str, fn(&Plan, &dyn SqlDialect) -> askama::Result<String>);

/// The files of every dialect, in the order in which they are used.
const ARTEFACTS: [Artefact; 7] = [
    ("preflight", |plan, dialect| preflight::build(plan, dialect).render()),
    ("migration_table", |plan, dialect| migration_table::build(plan, dialect).render()),
    ("pending", |plan, dialect| pending::build(plan, dialect).render()),
    ("forward", forward::render),
    ("rollback", |plan, dialect| rollback::build(plan, dialect).render()),
    ("deviations", |plan, dialect| deviations::build(plan, dialect).render()),
    ("counts", |plan, dialect| counts::build(plan, dialect).render()),
];

/// Returns the dialects in which SQL is made of a plan: those that the command carries rows between, and SQL Server
/// where the target lies in it.
pub fn dialects(plan: &Plan) -> impl Iterator<Item = Dialect> + use<> {
    let own = plan.target.dialect;
    Dialect::WRITTEN.into_iter().chain(Some(own).filter(|own| !Dialect::WRITTEN.contains(own)))
}

/// Files for a server on which nothing but SQL runs.
const ON_SERVER: [Artefact; 3] = [
    ("names", |plan, dialect| places::build(plan, dialect).render()),
    ("run", |plan, dialect| run::build(plan, dialect).render()),
    ("views", |plan, dialect| views::build(plan, dialect).render()),
];

/// Returns the files of a dialect.
pub(crate) fn artefacts(dialect: Dialect) -> impl Iterator<Item = Artefact> {
    let own = ON_SERVER.into_iter().filter(move |_| dialect == Dialect::SqlServer);
    ARTEFACTS.into_iter().chain(own)
}

/// Returns the files of all dialects.
pub fn emit(plan: &Plan) -> Result<Files, EmitError> {
    emit_dialects(plan, &dialects(plan).collect::<Vec<_>>())
}

/// Returns the files of one dialect.
pub fn emit_dialect(plan: &Plan, dialect: Dialect) -> Result<Files, EmitError> {
    emit_dialects(plan, &[dialect])
}

/// Files do not depend on each other, so all processors work on them.
fn emit_dialects(plan: &Plan, dialects: &[Dialect]) -> Result<Files, EmitError> {
    let mut all: Vec<(&dyn SqlDialect, Artefact)> = Vec::new();
    for dialect in dialects {
        all.extend(artefacts(*dialect).map(|artefact| (dialect::of(*dialect), artefact)));
    }
    let made = parallel::map(&all, |(dialect, (artefact, make))| {
        let path = names::sql_file(dialect.dialect().name(), artefact);
        Files::rendered(path, make(plan, *dialect))
    });
    made.into_iter().collect()
}

/// Says whether a whole step can run as set statements in a dialect, and what prevents it.
pub fn pushdown(plan: &Plan, step: &Step, dialect: Dialect) -> Result<(), Vec<Unsupported>> {
    let mut unsupported = forward::unsupported(plan, step, dialect::of(dialect));
    if dialect != Dialect::SqlServer {
        unsupported.extend(step.own_links().map(|(_, link)| Unsupported {
            line: link.line,
            what: "a reference to rows of the same map within one statement".to_string(),
            file: crate::comment::line(&plan.file).into_owned(),
        }));
        unsupported.sort();
    }
    if unsupported.is_empty() { Ok(()) } else { Err(unsupported) }
}

/// Parses the SQL among the files back, each in its dialect. It takes ten times as long as writing them, so build
/// scripts leave it out; the command and the tests do it before a file counts as made.
pub fn parse_back(files: &Files) -> Result<(), EmitError> {
    for dialect in Dialect::ALL {
        let folder = names::sql_file(dialect.name(), "");
        let folder = folder.trim_end_matches(".sql");
        let own = files.iter().filter(|(path, _)| path.starts_with(folder));
        own.into_iter().try_for_each(|(path, text)| check(dialect::of(dialect), path, text))?;
    }
    Ok(())
}

/// Parses a file back, statement by statement. What ends a batch is a word to tools, and no statement.
fn check(dialect: &dyn SqlDialect, file: &str, text: &str) -> Result<(), EmitError> {
    let mut before = 0;
    match dialect.batch_end() {
        "" => check_batch(dialect, file, text, &mut before),
        end => text.split(&format!("\n{end}")).try_for_each(|batch| check_batch(dialect, file, batch, &mut before)),
    }
}

/// Parses what is sent to the server as one; `count` is of statements that stand before it in the file.
fn check_batch(dialect: &dyn SqlDialect, file: &str, text: &str, count: &mut usize) -> Result<(), EmitError> {
    use sqlparser::{parser::Parser, tokenizer::Token};
    let parsing = dialect.parser();
    let broken = |statement, cause: String| EmitError::Broken { file: file.to_string(), statement, cause };
    let text = dialect.readable_by_parser(text);
    let mut parser =
        Parser::new(&*parsing).try_with_sql(&text).map_err(|cause| broken(*count + 1, cause.to_string()))?;
    loop {
        while parser.consume_token(&Token::SemiColon) {}
        if parser.peek_token().token == Token::EOF {
            return Ok(());
        }
        *count += 1;
        parser.parse_statement().map_err(|cause| broken(*count, cause.to_string()))?;
        parser.expect_token(&Token::SemiColon).map_err(|cause| broken(*count, cause.to_string()))?;
    }
}

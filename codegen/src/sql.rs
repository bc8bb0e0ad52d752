//! The SQL backend: one folder per dialect, one file per artefact, one section per step in running order. Meant for
//! both sides on one server. Every file is parsed back in its dialect before it counts as made.

mod changed;
mod counts;
mod deviations;
mod dialect;
mod expression;
mod forward;
mod migration_table;
mod model;
mod pending;
mod read;
mod rollback;
mod set;

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

/// What a dialect's file is called, and how it is made.
type Artefact = (&'static str, fn(&Plan, &dyn SqlDialect) -> askama::Result<String>);

/// The files of each dialect, in the order in which they are used.
pub(crate) const ARTEFACTS: [Artefact; 6] = [
    ("migration_table", |plan, dialect| migration_table::build(plan, dialect).render()),
    ("pending", |plan, dialect| pending::build(plan, dialect).render()),
    ("forward", |plan, dialect| forward::build(plan, dialect).render()),
    ("rollback", |plan, dialect| rollback::build(plan, dialect).render()),
    ("deviations", |plan, dialect| deviations::build(plan, dialect).render()),
    ("counts", |plan, dialect| counts::build(plan, dialect).render()),
];

/// Returns the files of all dialects.
pub fn emit(plan: &Plan) -> Result<Files, EmitError> {
    emit_dialects(plan, &Dialect::WRITTEN)
}

/// Returns the files of one dialect.
pub fn emit_dialect(plan: &Plan, dialect: Dialect) -> Result<Files, EmitError> {
    emit_dialects(plan, &[dialect])
}

/// Files do not depend on each other, so all processors work on them.
fn emit_dialects(plan: &Plan, dialects: &[Dialect]) -> Result<Files, EmitError> {
    let mut all: Vec<(&dyn SqlDialect, Artefact)> = Vec::new();
    for dialect in dialects {
        let dialect = dialect::of(*dialect).ok_or(EmitError::Dialect(*dialect))?;
        all.extend(ARTEFACTS.map(|artefact| (dialect, artefact)));
    }
    let made = parallel::map(&all, |(dialect, (artefact, make))| {
        let path = names::sql_file(dialect.dialect().name(), artefact);
        Files::rendered(path, make(plan, *dialect))
    });
    made.into_iter().collect()
}

/// Says whether a whole step can run as set statements in a dialect, and what prevents it. The
/// list is empty for a dialect in which no SQL is generated at all.
pub fn pushdown(plan: &Plan, step: &Step, dialect: Dialect) -> Result<(), Vec<Unsupported>> {
    let dialect = dialect::of(dialect).ok_or_else(Vec::new)?;
    match forward::unsupported(plan, step, dialect) {
        unsupported if unsupported.is_empty() => Ok(()),
        unsupported => Err(unsupported),
    }
}

/// Parses the SQL among the files back, each in its dialect. It takes ten times as long as writing them, so build
/// scripts leave it out; the command and the tests do it before a file counts as made.
pub fn parse_back(files: &Files) -> Result<(), EmitError> {
    for dialect in Dialect::WRITTEN {
        let folder = names::sql_file(dialect.name(), "");
        let folder = folder.trim_end_matches(".sql");
        let own = files.iter().filter(|(path, _)| path.starts_with(folder));
        let Some(spelling) = dialect::of(dialect) else { continue };
        own.into_iter().try_for_each(|(path, text)| check(spelling, path, text))?;
    }
    Ok(())
}

/// Parses a file back, statement by statement.
fn check(dialect: &dyn SqlDialect, file: &str, text: &str) -> Result<(), EmitError> {
    use sqlparser::{parser::Parser, tokenizer::Token};
    let parsing = dialect.parser();
    let broken = |statement, cause: String| EmitError::Broken { file: file.to_string(), statement, cause };
    let mut parser = Parser::new(&*parsing).try_with_sql(text).map_err(|cause| broken(1, cause.to_string()))?;
    for statement in 1.. {
        while parser.consume_token(&Token::SemiColon) {}
        if parser.peek_token().token == Token::EOF {
            break;
        }
        parser.parse_statement().map_err(|cause| broken(statement, cause.to_string()))?;
        parser.expect_token(&Token::SemiColon).map_err(|cause| broken(statement, cause.to_string()))?;
    }
    Ok(())
}

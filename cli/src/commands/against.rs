//! `cutover check --against`: in what a live database differs from the DDL that a mapping was checked against.

use crate::arguments::{CheckOptions, MessageFormat, SideName};
use crate::failure::Failure;
use crate::mapping::counted;
use crate::{database, output};
use cutover_mapping_dsl::plan::{Plan, Side};
use cutover_mapping_dsl::schema::compare::{Difference, compare};
use cutover_mapping_dsl::schema::{Dialect, read};
use cutover_mapping_dsl::source::FileId;
use serde_json::json;

/// Prints every difference, and returns how many there are.
pub(crate) fn run(plan: &Plan, url: &str, options: &CheckOptions) -> Result<usize, Failure> {
    let (dialect, ddl) = database::ddl(url)?;
    let side = side(plan, dialect, options.side)?;
    let differences = compare(&side.schema, &read::read(FileId(0), &ddl, dialect));
    match options.message_format {
        MessageFormat::Json => differences.iter().for_each(|difference| output::line(&as_json(side, difference))),
        MessageFormat::Human => print(side, url, &differences),
    }
    Ok(differences.len())
}

fn side(plan: &Plan, dialect: Dialect, chosen: Option<SideName>) -> Result<&Side, Failure> {
    let fits = |side: &Side| side.dialect == dialect;
    match (chosen, fits(&plan.legacy), fits(&plan.target)) {
        (Some(SideName::Legacy), true, _) | (None, true, false) => Ok(&plan.legacy),
        (Some(SideName::Target), _, true) | (None, false, true) => Ok(&plan.target),
        (None, true, true) => {
            Err(Failure::usage(format!("both sides of the mapping are {dialect}: say --side legacy or --side target")))
        }
        (Some(_), ..) | (None, false, false) => {
            Err(Failure::usage(format!("the database is {dialect}, and the DDL of the mapping is of another dialect")))
        }
    }
}

fn print(side: &Side, url: &str, differences: &[Difference]) {
    for difference in differences {
        let place = difference.line.map_or(side.file.clone(), |line| format!("{}:{line}", side.file));
        output::line(&format!("{place}: {}: {}", name(difference), difference.what));
    }
    let (good, alert, place) = (output::GOOD, output::ALERT, database::place(url));
    match differences.len() {
        0 => output::line(&format!("{good}ok{good:#} {place} is as {} says", side.file)),
        count => output::note(&format!(
            "{alert}failed{alert:#} {place}: {} from {}",
            counted(count, "difference"),
            side.file
        )),
    }
}

fn name(difference: &Difference) -> String {
    match &difference.column {
        Some(column) => format!("{}.{column}", difference.table),
        None => difference.table.clone(),
    }
}

fn as_json(side: &Side, difference: &Difference) -> String {
    let object = json!({
        "file": side.file, "line": difference.line, "table": difference.table, "column": difference.column,
        "message": difference.what,
    });
    object.to_string()
}

//! `cutover test`: the examples of a mapping.

use crate::arguments::TestOptions;
use crate::failure::Failure;
use crate::mapping::{self, counted};
use crate::{Status, output};
use cutover_interpreter::{ExampleOutcome, run_examples};
use serde_json::json;

pub(crate) fn run(options: &TestOptions) -> Result<Status, Failure> {
    let plan = mapping::load(&options.map)?;
    let outcomes = run_examples(&plan);
    let failed = outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).count();
    if options.json {
        let examples: Vec<_> = outcomes.iter().map(as_json).collect();
        output::json(&json!({ "passed": outcomes.len() - failed, "failed": failed, "examples": examples }));
    } else {
        outcomes.iter().for_each(|outcome| print(outcome, &plan.file));
        output::line(&format!("{} passed, {failed} failed", counted(outcomes.len() - failed, "example")));
    }
    Ok(if failed == 0 { Status::Done } else { Status::Findings })
}

fn as_json(outcome: &ExampleOutcome) -> serde_json::Value {
    json!({
        "map": outcome.map,
        "example": outcome.name,
        "line": outcome.line,
        "passed": outcome.failures.is_empty(),
        "failures": outcome.failures,
    })
}

fn print(outcome: &ExampleOutcome, file: &str) {
    let (good, alert) = (output::GOOD, output::ALERT);
    let place = format!("{} \"{}\" ({file}:{})", outcome.map, outcome.name, outcome.line);
    match outcome.failures.is_empty() {
        true => output::line(&format!("{good}ok{good:#}     {place}")),
        false => {
            output::line(&format!("{alert}failed{alert:#} {place}"));
            outcome.failures.iter().for_each(|failure| output::line(&format!("       {failure}")));
        }
    }
}

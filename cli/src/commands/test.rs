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
    let skipped = outcomes.iter().filter(|outcome| outcome.skipped.is_some()).count();
    let passed = outcomes.len() - failed - skipped;
    if options.json {
        let examples: Vec<_> = outcomes.iter().map(as_json).collect();
        output::json(&json!({ "passed": passed, "failed": failed, "skipped": skipped, "examples": examples }));
    } else {
        outcomes.iter().for_each(|outcome| print(outcome, &plan.file));
        let not_run = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
        output::line(&format!("{} passed, {failed} failed{not_run}", counted(passed, "example")));
    }
    Ok(if failed == 0 { Status::Done } else { Status::Findings })
}

fn as_json(outcome: &ExampleOutcome) -> serde_json::Value {
    json!({
        "map": outcome.map,
        "example": outcome.name,
        "line": outcome.line,
        "passed": outcome.failures.is_empty() && outcome.skipped.is_none(),
        "skipped": outcome.skipped,
        "failures": outcome.failures,
    })
}

fn print(outcome: &ExampleOutcome, file: &str) {
    let (good, alert) = (output::GOOD, output::ALERT);
    let place = format!("{} \"{}\" ({file}:{})", outcome.map, outcome.name, outcome.line);
    if let Some(why) = &outcome.skipped {
        output::line(&format!("skipped {place}: {why}"));
        return;
    }
    match outcome.failures.is_empty() {
        true => output::line(&format!("{good}ok{good:#}     {place}")),
        false => {
            output::line(&format!("{alert}failed{alert:#} {place}"));
            outcome.failures.iter().for_each(|failure| output::line(&format!("       {failure}")));
        }
    }
}

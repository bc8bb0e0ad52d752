//! `cutover test`: the examples of a mapping, and what they reach.

use crate::arguments::TestOptions;
use crate::failure::Failure;
use crate::mapping::{self, counted};
use crate::{Status, output};
use cutover_interpreter::{Coverage, Covered, ExampleOutcome, run_examples};
use serde_json::json;

pub(crate) fn run(options: &TestOptions) -> Result<Status, Failure> {
    let plan = mapping::load(&options.map)?;
    let tested = run_examples(&plan);
    let failed = tested.outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).count();
    let skipped = tested.outcomes.iter().filter(|outcome| outcome.skipped.is_some()).count();
    let passed = tested.outcomes.len() - failed - skipped;
    if options.json {
        let examples: Vec<_> = tested.outcomes.iter().map(example_json).collect();
        let coverage: Vec<_> = tested.coverage.iter().map(coverage_json).collect();
        let counts = json!({
            "passed": passed, "failed": failed, "skipped": skipped, "examples": examples, "coverage": coverage,
        });
        output::json(&counts);
    } else {
        tested.outcomes.iter().for_each(|outcome| print(outcome, &plan.file));
        print_coverage(&tested.coverage, &plan.file, options.uncovered);
        let not_run = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
        output::line(&format!("{} passed, {failed} failed{not_run}", counted(passed, "example")));
    }
    Ok(if failed == 0 { Status::Done } else { Status::Findings })
}

fn example_json(outcome: &ExampleOutcome) -> serde_json::Value {
    json!({
        "map": outcome.map,
        "example": outcome.name,
        "line": outcome.line,
        "passed": outcome.failures.is_empty() && outcome.skipped.is_none(),
        "skipped": outcome.skipped,
        "failures": outcome.failures,
    })
}

fn coverage_json(coverage: &Coverage) -> serde_json::Value {
    let covered = |covered: &Covered| {
        let missed = covered.missed.iter().map(|missed| json!({ "what": missed.what, "line": missed.line }));
        json!({ "reached": covered.reached, "of": covered.of, "missed": missed.collect::<Vec<_>>() })
    };
    json!({
        "map": coverage.map,
        "rules": covered(&coverage.rules),
        "arms": covered(&coverage.arms),
        "reasons": covered(&coverage.reasons),
        "reasons_beyond_examples": coverage.beyond,
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

fn print_coverage(coverage: &[Coverage], file: &str, uncovered: bool) {
    let width = coverage.iter().map(|coverage| coverage.map.chars().count()).max().unwrap_or(0);
    for map in coverage {
        let share = |name: &str, covered: &Covered| format!("{name} {}/{}", covered.reached, covered.of);
        let shares = [share("rules", &map.rules), share("arms", &map.arms), share("reasons", &map.reasons)];
        let name = format!("{}{}", map.map, " ".repeat(width - map.map.chars().count()));
        output::line(&format!("covers {name}  {}", shares.join(", ")));
        for missed in [&map.rules, &map.arms, &map.reasons].iter().flat_map(|covered| &covered.missed) {
            if uncovered {
                output::line(&format!("       not {} ({file}:{})", missed.what, missed.line));
            }
        }
        if uncovered && map.beyond > 0 {
            output::line(&format!(
                "       {} of other rows and unreadable values are not counted",
                counted(map.beyond, "reason")
            ));
        }
    }
    let gaps =
        coverage.iter().flat_map(|map| [&map.rules, &map.arms, &map.reasons]).any(|covered| !covered.missed.is_empty());
    if gaps && !uncovered {
        output::line("--uncovered names what no example reaches");
    }
}

//! The proof of a mapping: for each map its two verdicts, what lowered them and what only the data can decide, and the
//! rules with their classes, ways back and obligations.

use crate::arguments::ExplainOptions;
use crate::failure::Failure;
use crate::{Status, mapping, output};
use anstyle::{AnsiColor, Style};
use cutover_mapping_dsl::plan::Plan;
use cutover_mapping_dsl::verdict::{Answer, Proof, RuleProof, Verdict, prove};
use std::path::Path;

/// For what comes back in part.
const PARTLY: Style = AnsiColor::Yellow.on_default();

pub(super) fn run(file: &str, options: &ExplainOptions) -> Result<Status, Failure> {
    let plan = mapping::load(Path::new(file))?;
    if let Some(unknown) = options.maps.iter().find(|name| plan.place(name).is_none()) {
        let names: Vec<&str> = plan.steps.iter().map(|step| step.name.as_str()).collect();
        return Err(Failure::usage(format!("{} has no map `{unknown}`; it has {}", plan.file, names.join(", "))));
    }
    let wanted = |name: &String| options.maps.is_empty() || options.maps.contains(name);
    let steps = plan.steps.iter().filter(|step| wanted(&step.name));
    let proofs: Vec<Proof> = steps.map(|step| prove(&plan, step)).collect();
    match options.json {
        true => output::json(&proofs),
        false => proofs.iter().enumerate().for_each(|(number, proof)| {
            if number > 0 {
                output::line("");
            }
            print(&plan, proof);
        }),
    }
    Ok(Status::Done)
}

fn print(plan: &Plan, proof: &Proof) {
    let heading = output::HEADING;
    let place = |line: usize| format!("{}:{line}", plan.file);
    output::line(&format!("{heading}{}{heading:#} ({}), {}", proof.map, place(proof.line), proof.class));
    for (name, question, verdict) in [
        ("put", "can a legacy row that is still there be brought up to date from its target rows?", &proof.put),
        ("create", "can a legacy row be made anew from its target rows alone?", &proof.create),
    ] {
        output::line(&format!("{heading}{name}{heading:#}: {question}"));
        let style = style(verdict);
        output::line(&format!("  {style}{verdict}{style:#}"));
        for lost in &verdict.lost {
            output::line(&format!("  - {} ({})", lost.words(), place(lost.line)));
        }
        for condition in &verdict.only_if {
            output::line(&format!("  - only if {} ({})", condition.what, place(condition.line)));
        }
    }
    for stay in &proof.stay {
        output::line(&format!("not spoken of: {} ({})", stay.what, place(stay.line)));
    }
    output::line("");
    let rows: Vec<Vec<String>> = proof.rules.iter().map(row).collect();
    output::table(&["line", "rule", "class", "way back", "obligation"], &rows);
}

fn style(verdict: &Verdict) -> Style {
    match verdict.answer {
        Answer::Exact => output::GOOD,
        Answer::UpTo => PARTLY,
        Answer::Not => output::ALERT,
    }
}

/// Returns a rule as a row of the table.
fn row(rule: &RuleProof) -> Vec<String> {
    let class = match &rule.because {
        Some(operator) => format!("{}: {operator}", rule.class),
        None => rule.class.to_string(),
    };
    vec![
        rule.line.to_string(),
        format!("{} {} {}", short(&rule.rule), rule.arrow, rule.column),
        class,
        rule.inverse.clone(),
        rule.obligations.join("; "),
    ]
}

/// A longer left side is cut in the table; its line says where all of it stands.
fn short(rule: &str) -> String {
    const LONGEST: usize = 48;
    match rule.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &rule[..end]),
        None => rule.to_string(),
    }
}
